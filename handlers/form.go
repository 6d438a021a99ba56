package handlers

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"onramp/fault"
	"onramp/views"
)

// form is what a form sent, in memory only: uploads are small enough never to reach a disk.
type form struct {
	values url.Values
	r      *http.Request
}

// readForm reads a sent form. Values of the address are not part of it. The error is a TooLarge or an
// Invalid fault.
func readForm(r *http.Request) (form, error) {
	var err error
	if isMultipart(r) {
		err = r.ParseMultipartForm(bodyLimit(r)) // all of it fits: nothing spills to a file
	} else {
		err = r.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return form{}, fault.Wrap(err, fault.TooLarge, "That is too much for this form",
			"Certificates, keys and commands are small: at most 64 KB typed, 128 KB with files.")
	case err != nil:
		return form{}, fault.Wrap(err, fault.Invalid, "The form cannot be read", "Go back to the page and send it again.")
	}
	return form{values: r.PostForm, r: r}, nil
}

func isMultipart(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "multipart/form-data"
}

// raw is a field as it was sent; what is not UTF-8, or would move a terminal's cursor, is marked. Rooms refuse
// the mark in names.
func (f form) raw(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(f.values.Get(name), "\uFFFD"))
}

// text is a field of one line, without the blanks around it.
func (f form) text(name string) string { return strings.TrimSpace(f.raw(name)) }

// on reports whether a checkbox was ticked.
func (f form) on(name string) bool { return f.values.Get(name) == "on" }

// bytes is a pasted field, or the uploaded file of the second name where the field is empty; nil for neither.
func (f form) bytes(field, file string) []byte {
	if v := f.values.Get(field); strings.TrimSpace(v) != "" {
		return []byte(v)
	}
	if f.r.MultipartForm == nil {
		return nil
	}
	files := f.r.MultipartForm.File[file]
	if len(files) == 0 || files[0].Size == 0 {
		return nil
	}
	in, err := files[0].Open()
	if err != nil {
		return nil // it is in memory: this cannot fail
	}
	defer in.Close()
	b, err := io.ReadAll(in)
	if err != nil {
		return nil
	}
	return b
}

// pick returns the field when it is one of the allowed values, and the first allowed value when it is empty.
// Anything else is an Invalid fault at the field: only a changed form sends it.
func (f form) pick(name string, allowed ...string) (string, error) {
	v := f.text(name)
	if v == "" {
		return allowed[0], nil
	}
	for _, a := range allowed {
		if a == v {
			return v, nil
		}
	}
	return allowed[0], fault.New(fault.Invalid, "This is not one of the choices", "Choose one of those offered.").In(name)
}

// problems is what is wrong with a form, when all of err is the reader's to repair; anything else
// (a missing migration, a full disk) is given back.
func problems(err error) (views.Problems, error) {
	all := fault.All(err)
	for _, f := range all {
		switch f.Kind {
		case fault.Invalid, fault.Conflict:
		default:
			return nil, err
		}
	}
	return all, nil
}

// rename moves faults from the field names of the room that found them to those of our form.
func rename(err error, fields map[string]string) error {
	var out []error
	for _, f := range fault.All(err) {
		if to, ok := fields[f.Field]; ok {
			f = f.In(to)
		}
		out = append(out, f)
	}
	return errors.Join(out...)
}

// localPath is where to go back to: a path of this portal, or "/" when anything else was asked for.
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}

package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/doctor"
	"onramp/fault"
	"onramp/views"
)

// maxFiles bounds the files of one form.
const maxFiles = 50

// Files are the uploaded files of a name, then what was pasted, in memory only.
func (f Form) Files(upload, paste string) ([]certsvc.File, error) {
	var out []certsvc.File
	if f.r.MultipartForm != nil {
		sent := f.r.MultipartForm.File[upload]
		if len(sent) > maxFiles {
			return nil, fault.New(fault.Invalid, "Too many files", "Choose only the ones you need, 50 at most.").In(upload)
		}
		for _, file := range sent {
			if file.Size == 0 {
				continue
			}
			in, err := file.Open()
			if err != nil {
				return nil, err // it is in memory: this cannot fail
			}
			b, err := io.ReadAll(in)
			_ = in.Close()
			if err != nil {
				return nil, err
			}
			out = append(out, certsvc.File{Name: file.Filename, Content: b})
		}
	}
	if text := f.Values.Get(paste); strings.TrimSpace(text) != "" {
		out = append(out, certsvc.File{Name: "pasted text", Content: []byte(text)})
	}
	return out, nil
}

// DayNumber reads a field of days; empty is 0, the default.
func DayNumber(field, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if text != "" && (err != nil || n == 0) {
		return 0, fault.New(fault.Invalid, "This is not a number of days", "Enter a whole number from 1, such as 365.").In(field)
	}
	return n, nil
}

const (
	// maxTransfer bounds the body of the form of step 6: an input of Temporal's 2 MB, escaped as a browser
	// does, and enough beyond it to say of one of 3 MB that it is too large.
	maxTransfer = 8 << 20
	// maxList bounds the body of an import: a list of migration.MaxListBytes, escaped as a browser does, and enough beyond
	// it to say of one that it is too large.
	maxList = 1 << 20
	// maxFacts bounds the body of the form that judges a facts file.
	maxFacts = 8 << 20
	// MaxShownInput is how much input is sent back to the page when something of the form is refused.
	MaxShownInput = 16 << 10
	// MaxTwinInput is how much input a command to copy holds.
	MaxTwinInput = 4 << 10
)

// bodyLimit is how many bytes a request may send.
func bodyLimit(r *http.Request) int64 {
	if ok, _ := path.Match("/m/*/transfer", r.URL.Path); ok {
		return maxTransfer
	}
	if r.URL.Path == "/migrations/import" {
		return maxList
	}
	if r.URL.Path == "/assess" {
		return maxFacts
	}
	if isMultipart(r) {
		return maxUpload
	}
	return maxBody
}

// Form is what a form sent, in memory only: uploads are small enough never to reach a disk.
type Form struct {
	Values url.Values
	r      *http.Request
}

// sentForm is what ReadForm found, for whoever asks again.
type sentForm struct {
	form Form
	err  error
}

// ReadForm reads a sent form, once. Values of the address are not part of it. The edition that the form carries is
// from then on in the request's context (acts.Saw). The error is a TooLarge or an Invalid fault.
func ReadForm(r *http.Request) (Form, error) {
	rec := RecordOf(r)
	if rec.form == nil {
		f, err := readForm(r)
		rec.form = &sentForm{f, err}
	}
	return rec.form.form, rec.form.err
}

// cameTooSlowly reports whether a form was cut off because the server's time for reading it was over.
func cameTooSlowly(err error) bool {
	var slow slowForm
	return errors.As(err, &slow)
}

type slowForm struct{ error }

func readForm(r *http.Request) (Form, error) {
	var err error
	if isMultipart(r) {
		err = r.ParseMultipartForm(bodyLimit(r)) // all of it fits: nothing spills to a file
	} else {
		err = r.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return Form{}, fault.Wrap(err, fault.TooLarge, "This is too large for this form",
			"Certificates, keys and commands are small: at most 64 KB typed, 128 KB with files.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Form{}, fault.Wrap(slowForm{err}, fault.Invalid, "The form came too slowly", "Onramp waited for the rest of it and then stopped. Go back to the page and send it again; if the connection is slow, send smaller files.")
	case err != nil:
		return Form{}, fault.Wrap(err, fault.Invalid, "The form cannot be read", "Go back to the page and submit it again.")
	}
	if err := misplacedSecret(r.PostForm); err != nil {
		return Form{}, err
	}
	f := Form{Values: r.PostForm, r: r}
	*r = *r.WithContext(acts.Saw(r.Context(), f.Text("saw")))
	return f, nil
}

// takesSecrets are the fields in which a key may stand: it is used, or taken out, and stored nowhere as it is. input is
// a workflow's own.
var takesSecrets = map[string]bool{"cert_pem": true, "key_pem": true, "ca_bundle": true, "ca_pem": true, "leaf_pem": true, "ca_key": true, "lent_key": true,
	"csr": true, "text": true, "ca_text": true, "environment": true, "error_text": true, "command": true, "api_key": true, "ops_key": true, "input": true,
	"source_cert_pem": true, "source_key_pem": true, "source_ca_pem": true, "source_api_key": true,
	"passphrase": true, "ca_passphrase": true, "key_passphrase": true, "password": true}

// misplacedSecret refuses a private key or an API key in any other field: names and reasons are stored and shown. The
// form is not shown again, as it would send the secret back.
func misplacedSecret(values url.Values) error {
	for name, all := range values {
		if takesSecrets[name] {
			continue
		}
		for _, v := range all {
			if doctor.HoldsSecret(v) {
				return fault.New(fault.Invalid, "This is a secret, in a field that takes none", "It was not used and is not kept. Go back, and write something else there; a key belongs in the field for keys.")
			}
		}
	}
	return nil
}

func isMultipart(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "multipart/form-data"
}

// Raw is a field as it was sent; what is not UTF-8, or would move a terminal's cursor, is marked. Rooms refuse
// the mark in names.
func (f Form) Raw(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(f.Values.Get(name), "\uFFFD"))
}

// Text is a field of one line, without the blanks around it.
func (f Form) Text(name string) string { return strings.TrimSpace(f.Raw(name)) }

// On reports whether a checkbox was ticked.
func (f Form) On(name string) bool { return f.Values.Get(name) == "on" }

// Bytes is a pasted field, or the uploaded file of the second name where the field is empty; nil for neither.
func (f Form) Bytes(field, file string) []byte {
	if v := f.Values.Get(field); strings.TrimSpace(v) != "" {
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

// Pick returns the field when it is one of the allowed values, and the first allowed value when it is empty.
// Anything else is an Invalid fault at the field: only a changed form sends it.
func (f Form) Pick(name string, allowed ...string) (string, error) {
	v := f.Text(name)
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

// Query is the text that the address asks to search for, "" for none: valid UTF-8 on one line, at most most bytes.
func Query(r *http.Request, most int) string {
	text := strings.Join(strings.Fields(strings.ToValidUTF8(r.URL.Query().Get("q"), "\uFFFD")), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}

// Problems is what is wrong with a form, when all of err is the reader's to repair; anything else
// (a missing migration, a full disk) is given back.
func Problems(err error) (views.Problems, error) {
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

// LocalPath is where to go back to: a path of this portal, or "/" when anything else was asked for.
func LocalPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}

// Package fault holds the one error made for people.
//
// A Fault says what broke, what is not wrong, what to do and who can do it.
// Its cause (Err) is for the log and never reaches a page or a terminal.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of trouble a Fault is. handlers turn it into an HTTP status,
// cli into an exit code.
type Kind string

// The kinds, with the HTTP status each becomes.
const (
	Invalid     Kind = "invalid"       // 422: the input breaks a rule
	NotFound    Kind = "not-found"     // 404
	NotSignedIn Kind = "not-signed-in" // 401: nobody knows who asks
	Denied      Kind = "denied"        // 403
	Conflict    Kind = "conflict"      // 409: the state does not allow it now
	Gone        Kind = "gone"          // 410: it existed and will not come back
	TooMany     Kind = "too-many"      // 429
	TooLarge    Kind = "too-large"     // 413
	Unavailable Kind = "unavailable"   // 503: a part is not ready or not built in
	Internal    Kind = "internal"      // 500
)

// Fault is an error with a text for people. Title is one line; the other texts are sentences
// and may be empty. No text holds a private key, an API key or the text of Err.
type Fault struct {
	Kind     Kind
	Code     string // id in the fault catalogue, where it has one: "IN-11"
	Field    string // the form field or flag that it belongs to, where it belongs to one
	Title    string // what broke: "The namespace lacks its account ID"
	Cause    string // why
	NotWrong string // what is fine, so that nobody looks there
	Fix      string // what to do next
	Who      string // who can: "developer", "cloud-admin", "network", "platform"
	// Unchanged: nothing was changed. Only an act sets it, for only an act knows (Unchanged).
	Unchanged bool
	Left      string // what was changed all the same and could not be taken back: "The namespace was made."
	Err       error  // for the log only
}

// Error is for logs and Go callers; people are shown the fields.
func (f *Fault) Error() string {
	if f.Err != nil {
		return fmt.Sprintf("%s (%s): %v", f.Title, f.Kind, f.Err)
	}
	return fmt.Sprintf("%s (%s)", f.Title, f.Kind)
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// New returns a Fault of a kind with its title and what to do.
func New(kind Kind, title, fix string) *Fault {
	return &Fault{Kind: kind, Title: title, Fix: fix}
}

// Wrap is New with a cause for the log.
func Wrap(err error, kind Kind, title, fix string) *Fault {
	return &Fault{Kind: kind, Title: title, Fix: fix, Err: err}
}

// In returns a copy that belongs to a form field or flag.
func (f *Fault) In(field string) *Fault {
	c := *f
	c.Field = field
	return &c
}

// From returns the first Fault in err's chain. An error that holds none becomes an Internal
// Fault whose cause is err; nil stays nil.
func From(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Kind: Internal, Title: "Onramp could not do this", Err: err,
		Fix: "Try again. If it happens again, look up the request id in the log."}
}

// All returns every Fault in err: one, or those joined by errors.Join, in order.
func All(err error) []*Fault {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*Fault
		for _, e := range many.Unwrap() {
			out = append(out, All(e)...)
		}
		return out
	}
	return []*Fault{From(err)}
}

// Is reports whether err holds a Fault of the kind.
func Is(err error, kind Kind) bool {
	f := From(err)
	return f != nil && f.Kind == kind
}

// Title returns the title of the Fault in err, or "".
func Title(err error) string {
	if f := From(err); f != nil {
		return f.Title
	}
	return ""
}

// Unchanged returns err saying of each of its Faults that nothing was changed, except of those that have something
// Left. nil stays nil.
func Unchanged(err error) error {
	var out []error
	for _, f := range All(err) {
		c := *f
		c.Unchanged = c.Left == ""
		out = append(out, &c)
	}
	if len(out) == 1 {
		return out[0]
	}
	return errors.Join(out...)
}

// NothingChanged reports whether there are faults and each says that nothing was changed: only an act knows.
func NothingChanged(faults ...*Fault) bool {
	for _, f := range faults {
		if f == nil || !f.Unchanged || f.Left != "" {
			return false
		}
	}
	return len(faults) > 0
}

// Rename returns err with its Faults moved from the fields of the room that found them to others; a field that is not
// among them stays. nil stays nil.
func Rename(err error, fields map[string]string) error {
	var out []error
	for _, f := range All(err) {
		if to, ok := fields[f.Field]; ok {
			f = f.In(to)
		}
		out = append(out, f)
	}
	if len(out) == 1 {
		return out[0]
	}
	return errors.Join(out...)
}

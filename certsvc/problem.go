package certsvc

import (
	"fmt"
	"strings"

	"onramp/fault"
)

// problem is why a part of a text cannot be used: a key of troubles, and what its %s stands for. The zero value is
// none.
type problem struct{ key, about string }

func (p problem) none() bool { return p.key == "" }

// code is the catalogue's id; key "KP-15/jks" stands for KP-15.
func (p problem) code() string {
	code, _, _ := strings.Cut(p.key, "/")
	return code
}

// fault is the problem for people.
func (p problem) fault() *fault.Fault {
	t := troubles[p.key]
	fill := func(s string) string {
		if strings.Contains(s, "%s") {
			return fmt.Sprintf(s, printable(p.about))
		}
		return s
	}
	f := fault.New(fault.Invalid, fill(t.title), fill(t.fix))
	f.Code, f.Cause, f.Who = p.code(), fill(t.cause), "developer"
	return f
}

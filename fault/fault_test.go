package fault

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestFrom(t *testing.T) {
	missing := New(NotFound, "No migration by that name", "Look at the list.")
	for _, tt := range []struct {
		name  string
		err   error
		kind  Kind
		title string
	}{
		{"a fault itself", missing, NotFound, "No migration by that name"},
		{"wrapped on its way up", fmt.Errorf("open the page: %w", missing), NotFound, "No migration by that name"},
		{"moved to a field", missing.In("name"), NotFound, "No migration by that name"},
		{"an error of somebody else", errors.New("disk I/O error"), Internal, "Onramp could not do this"},
	} {
		f := From(tt.err)
		if f.Kind != tt.kind || f.Title != tt.title || !Is(tt.err, tt.kind) || Title(tt.err) != tt.title {
			t.Errorf("%s: From = %s %q, want %s %q", tt.name, f.Kind, f.Title, tt.kind, tt.title)
		}
		if strings.Contains(f.Title+f.Cause+f.Fix, "disk I/O") {
			t.Errorf("%s: the cause is shown to people: %+v", tt.name, f)
		}
	}
	if From(nil) != nil || Title(nil) != "" || Is(nil, Internal) {
		t.Error("no error is not a fault")
	}
}

func TestAllKeepsOrder(t *testing.T) {
	a, b, c := New(Invalid, "a", ""), New(Invalid, "b", ""), New(Invalid, "c", "")
	got := ""
	for _, f := range All(errors.Join(a.In("x"), errors.Join(b, fmt.Errorf("later: %w", c)))) {
		got += f.Title
	}
	if got != "abc" {
		t.Errorf("All = %q, want abc", got)
	}
	if n := len(All(nil)); n != 0 {
		t.Errorf("All(nil) has %d faults", n)
	}
}

func TestInCopies(t *testing.T) {
	a := New(Invalid, "a", "")
	if a.In("name"); a.Field != "" {
		t.Error("In changed the fault it was called on")
	}
}

// TestCauseIsForTheLog: Error holds the cause, unwrapping reaches it.
func TestCauseIsForTheLog(t *testing.T) {
	cause := errors.New("connection refused")
	err := Wrap(cause, Unavailable, "The database does not answer", "Try again.")
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("Error = %q, does not lead to its cause", err.Error())
	}
}

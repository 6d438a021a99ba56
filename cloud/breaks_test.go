package cloud

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"onramp/doctor"
)

// TestBreaks: every switch is whole, leads to a code that the doctor has, and stands where a connection meets it.
func TestBreaks(t *testing.T) {
	if len(Breaks) < 12 {
		t.Errorf("%d switches, want a dozen or more", len(Breaks))
	}
	ids, codes, last := map[string]bool{}, map[string]bool{}, 0
	for _, b := range Breaks {
		e, ok := doctor.Lookup(b.Code)
		if !ok {
			t.Errorf("%s: %s is not in the doctor's catalogue", b.ID, b.Code)
		}
		if ids[b.ID] || codes[b.Code] {
			t.Errorf("%s, %s: twice", b.ID, b.Code)
		}
		ids[b.ID], codes[b.Code] = true, true
		if b.Title == "" || !strings.HasSuffix(b.Does, ".") || !strings.HasSuffix(b.Sees, ".") {
			t.Errorf("%s is incomplete: %+v", b.ID, b)
		}
		if !slices.Contains([]BreakPart{PartWorker, PartNetwork, PartCloud}, b.Part) {
			t.Errorf("%s: part %q", b.ID, b.Part)
		}
		stage := slices.Index(doctor.StageIDs, e.Stage)
		if b.Code == "IN-11" { // of the input's group, but seen when the namespace answers
			stage = slices.Index(doctor.StageIDs, "namespace")
		}
		if e.Code == "SY-03" {
			stage = slices.Index(doctor.StageIDs, "namespace")
		}
		if stage < last {
			t.Errorf("%s: seen at %s, after a later stage", b.ID, e.Stage)
		}
		last = stage
		if got, ok := LookupBreak(b.ID); !ok || got != b {
			t.Errorf("LookupBreak(%q) = %+v, %v", b.ID, got, ok)
		}
	}
	if _, ok := LookupBreak("no-such"); ok {
		t.Error("a switch that is not there was found")
	}
}

// TestBreaksAreDocumented: the table of docs/break.md is Breaks.
func TestBreaksAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/break.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, b := range Breaks {
		fmt.Fprintf(&want, "| %s | %s | %s |\n", b.Title, b.Part, b.Code)
	}
	if !strings.Contains(string(text), want.String()) {
		t.Errorf("the table should be:\n%s", want.String())
	}
}

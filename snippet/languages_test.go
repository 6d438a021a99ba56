package snippet

import (
	"testing"

	"onramp/sdk"
)

// TestLanguages: every language has its row here, in the order to show them.
func TestLanguages(t *testing.T) {
	if len(languages) != len(sdk.Languages) {
		t.Fatalf("%d rows for %d languages", len(languages), len(sdk.Languages))
	}
	for i, l := range sdk.Languages {
		if have := languages[i]; have.id != l.ID || have.name != l.Name {
			t.Errorf("row %d is %s, %s; want %s, %s", i, have.id, have.name, l.ID, l.Name)
		}
	}
}

package transfer

import (
	"testing"

	"onramp/sdk"
)

// TestLanguages: every language's template has its profile, after the built-in worker's.
func TestLanguages(t *testing.T) {
	if len(profiles) != 1+len(sdk.Languages) {
		t.Fatalf("%d profiles for %d languages and the built-in worker", len(profiles), len(sdk.Languages))
	}
	for i, l := range sdk.Languages {
		if have := profiles[1+i]; have.Name != l.ID {
			t.Errorf("profile %d is %s, want %s", 1+i, have.Name, l.ID)
		}
	}
}

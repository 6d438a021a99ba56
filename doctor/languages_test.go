package doctor

import (
	"testing"

	languages "onramp/sdk"
)

// TestLanguages: the check and the decoder know every language's SDK, by the name that people use.
func TestLanguages(t *testing.T) {
	for _, l := range languages.Languages {
		if sdks[l.ID].name != l.Name {
			t.Errorf("%s is called %q, want %q", l.ID, sdks[l.ID].name, l.Name)
		}
	}
}

package acts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOneWayToHandOut: packing, booking, clearing and handing out of what was made is madeSet's alone: an act that did it
// by itself could forget to wipe a key where a write fails.
func TestOneWayToHandOut(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string][]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []string{"Vault.Book(", "booking.Put(", "&madeSet{"} {
			for range strings.Count(string(text), call) {
				calls[call] = append(calls[call], name)
			}
		}
	}
	for _, call := range []string{"Vault.Book(", "booking.Put(", "&madeSet{"} {
		if got := calls[call]; len(got) != 1 || got[0] != "issueset.go" {
			t.Errorf("%s stands in %v, want it once, in issueset.go", call, got)
		}
	}
}

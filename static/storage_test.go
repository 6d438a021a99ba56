package static

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestStorage: what the scripts leave in a browser is which tab was open and whether its person wants to be told: nothing
// of a migration, a key or a person.
// ASVS 14.3.3.
func TestStorage(t *testing.T) {
	kept := regexp.MustCompile(`localStorage\.setItem\(([^)]*)\)`)
	scripts, keeps := 0, 0
	for name, a := range assets().byName {
		if path.Ext(name) != ".js" {
			continue
		}
		scripts++
		text := string(a.plain)
		for _, m := range kept.FindAllStringSubmatch(text, -1) {
			keeps++
			if !slices.Contains([]string{"'tab:' + group, name", "'tell', on ? '1' : ''"}, m[1]) {
				t.Errorf("%s keeps %s", name, m[1])
			}
		}
		if n := strings.Count(text, "localStorage.setItem"); n != len(kept.FindAllString(text, -1)) {
			t.Errorf("%s keeps something else", name)
		}
		for _, other := range []string{"sessionStorage", "indexedDB", "document.cookie", "caches.", "localStorage["} {
			if strings.Contains(text, other) {
				t.Errorf("%s uses %s", name, other)
			}
		}
	}
	if scripts == 0 || keeps != 2 {
		t.Errorf("%d scripts keep %d things", scripts, keeps)
	}
}

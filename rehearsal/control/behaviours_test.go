package control

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/rehearsal.md anew")

const (
	page  = "../../docs/rehearsal.md"
	begin = "<!-- from rehearsal/control/behaviours.go -->\n"
)

// TestBehavioursAreDocumented: the table of docs/rehearsal.md is Behaviours, and every test that it names is there.
func TestBehavioursAreDocumented(t *testing.T) {
	tests := map[string]bool{}
	for _, dir := range []string{".", "..", "../../e2e", "../../certsvc"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
				tests[string(m[1])] = true
			}
		}
	}
	var want strings.Builder
	part := ""
	for _, b := range Behaviours {
		if b.Part != part {
			part = b.Part
			want.WriteString("\n## " + strings.ToUpper(part[:1]) + part[1:] + "\n\n| what | source | here |\n|---|---|---|\n")
		}
		here := "not imitated"
		if b.Test != "" {
			here = "`" + b.Test + "`"
			if !tests[b.Test] {
				t.Errorf("%q: there is no test %s", b.What, b.Test)
			}
		} else if b.Note == "" {
			t.Errorf("%q is not imitated, and nothing says what happens instead", b.What)
		}
		if b.Source == "not documented" {
			here += " (unknown)"
		}
		if b.Note != "" {
			here += ". " + b.Note
		}
		want.WriteString("| " + b.What + " | " + b.Source + " | " + here + " |\n")
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, table, found := strings.Cut(string(text), begin)
	if !found {
		t.Fatalf("%s has no %q", page, begin)
	}
	if *update {
		if err := os.WriteFile(page, []byte(head+begin+want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if table != want.String() {
		t.Errorf("%s is not as Behaviours: go test ./rehearsal/control -run TestBehavioursAreDocumented -update", page)
	}
}

package snippet

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// sibling is a public file or page and the fixtures that have its traits.
type sibling struct {
	kind, source string
	fixtures     []string
}

// siblings reads testdata/field.sources. A file of a repository is written owner/repo path, owner/repo@commit path where
// it has gone since.
func siblings(t *testing.T) []sibling {
	t.Helper()
	b, err := os.ReadFile("testdata/field.sources")
	if err != nil {
		t.Fatal(err)
	}
	var out []sibling
	for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, " | ")
		if len(cells) != 3 {
			t.Fatalf("line %d has %d cells, want 3", i+1, len(cells))
		}
		source := cells[1]
		if repo, path, ok := strings.Cut(source, " "); ok {
			repo, commit, _ := strings.Cut(repo, "@")
			source = "https://github.com/" + repo + "/blob/" + either(commit, "HEAD") + "/" + path
		}
		if !strings.HasPrefix(source, "https://") || strings.Count(source, "/") < 4 {
			t.Errorf("line %d: %q is no address that opens a file or a page", i+1, source)
		}
		out = append(out, sibling{cells[0], source, strings.Fields(cells[2])})
	}
	return out
}

// TestFieldSources: each kind has at least three siblings in public files or pages, each held by a fixture that is no
// sample of the issue alone; docs/field.md lists them.
func TestFieldSources(t *testing.T) {
	fixtures := map[string]bool{}
	for _, f := range fieldFiles(t) {
		fixtures[f.Name] = false
	}
	var page strings.Builder
	var kinds []string
	seen := map[string][]string{}
	for _, s := range siblings(t) {
		if !slices.Contains(kinds, s.kind) {
			kinds = append(kinds, s.kind)
		}
		if slices.Contains(seen[s.kind], s.source) {
			t.Errorf("%s: %s stands there twice", s.kind, s.source)
		}
		if slices.ContainsFunc(s.fixtures, func(f string) bool { return !strings.HasPrefix(f, "row-") }) {
			seen[s.kind] = append(seen[s.kind], s.source)
		}
		for _, f := range s.fixtures {
			if _, ok := fixtures[f]; !ok {
				t.Errorf("%s: field.txtar has no %s", s.kind, f)
			}
			fixtures[f] = true
		}
		fmt.Fprintf(&page, "| %s | %s | %s |\n", s.kind, s.source, strings.Join(s.fixtures, ", "))
	}
	held := 0
	for _, ok := range fixtures {
		if ok {
			held++
		}
	}
	for _, k := range kinds {
		if len(seen[k]) < 3 {
			t.Errorf("%s has %d siblings from public sources, want 3", k, len(seen[k]))
		}
	}
	head := fmt.Sprintf("%d kinds; %d of the %d fixtures have the traits of a file or page that is named here.\n\n| kind | source | fixtures |\n|---|---|---|\n", len(kinds), held, len(fixtures))
	fieldPart(t, "configuration", head+page.String())
}

// fieldPart holds a part of docs/field.md against what a test makes, or writes it with -update.
func fieldPart(t *testing.T, name, text string) {
	t.Helper()
	const page = "../docs/field.md"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	open, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, ok := strings.Cut(string(b), open)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no part %q", page, name)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+open+text+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != text {
		t.Errorf("the part %q of %s is another: write it again with -update", name, page)
	}
}

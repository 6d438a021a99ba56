package static

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

var cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)

// TestCSSBlocksClose: browsers drop the rest of a layer after an unclosed block without a word.
func TestCSSBlocksClose(t *testing.T) {
	names, err := fs.Glob(files, "css/*.css")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d stylesheets: %v", len(names), err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		depth, line := 0, 1
		for _, r := range cssComment.ReplaceAllStringFunc(string(b), func(c string) string { return strings.Repeat("\n", strings.Count(c, "\n")) }) {
			switch r {
			case '\n':
				line++
			case '{':
				depth++
			case '}':
				if depth--; depth < 0 {
					t.Fatalf("%s:%d closes a block that is not open", name, line)
				}
			}
		}
		if depth != 0 {
			t.Errorf("%s leaves %d blocks open", name, depth)
		}
	}
}

var cssString = regexp.MustCompile(`"[^"\n]*"|'[^'\n]*'`)

// TestCSSIsSqueezed: what is served has no comment and no indentation, and no string of the stylesheets holds anything
// that leaving those out would change.
func TestCSSIsSqueezed(t *testing.T) {
	if got := string(squeezed([]byte("@layer a {\n  /* why\n     so */\n  b > c { d: e f;\n    g: h }\n}\n"))); got != "@layer a { b > c { d: e f; g: h } }" {
		t.Errorf("squeezed to %q", got)
	}
	names, err := fs.Glob(files, "css/*.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range cssString.FindAllString(cssComment.ReplaceAllString(string(b), ""), -1) {
			if string(squeezed([]byte(s))) != s {
				t.Errorf("%s: %s would not be served as it is", name, s)
			}
		}
	}
}

var cutting = regexp.MustCompile(`([^{}]+)\{[^{}]*text-overflow: ellipsis`)

// TestOnlyWhatOpensIsCut: text that is cut on a page can be opened there: a stage's own sentence is nowhere else to read.
func TestOnlyWhatOpensIsCut(t *testing.T) {
	names, err := fs.Glob(files, "css/*.css")
	if err != nil {
		t.Fatal(err)
	}
	rules := 0
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range cutting.FindAllStringSubmatch(cssComment.ReplaceAllString(string(b), ""), -1) {
			if rules++; !strings.Contains(m[1], "details:not([open]) > summary ") {
				t.Errorf("%s: %s cuts its text, and nothing says that it opens", name, strings.TrimSpace(m[1]))
			}
		}
	}
	if rules == 0 {
		t.Error("no rule was read")
	}
}

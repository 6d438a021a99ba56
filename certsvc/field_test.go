package certsvc

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var updateField = flag.Bool("update-field", false, "write the table of certificates of docs/field.md again")

// fieldCert is a file as people bring it, made here after a public report: the kind, where it is seen, what is brought,
// the right answer and what looks whether it is given.
type fieldCert struct {
	kind   string
	source string // public; "" is the issue's own sample of the kind
	what   string
	right  string
	check  func(*fieldWorld)
}

// The kinds, in the words of docs/field.md.
const (
	noName      = "a CA without a name"
	caRepairs   = "repairs of the CA's file"
	hiddenWork  = "work hidden inside"
	pathRules   = "path validation"
	caAsClient  = "a CA used as client certificate"
	falseErrors = "false errors"
	unverified  = "signatures that Go cannot verify"
	silent      = "silent success"
	wrongReason = "wrong reason"
	lostNames   = "names"
	jksPassword = "passwords of Java key stores"
)

// fieldCerts are the rows of docs/field.md, by kind.
var fieldCerts = slices.Concat(fieldNames, fieldRepairs, fieldWork, fieldPaths, fieldSignatures, fieldSilence, fieldReasons)

// TestFieldCertificates: what people bring gets its right answer, with fixtures that have the same traits.
func TestFieldCertificates(t *testing.T) {
	w := newFieldWorld(t)
	for i, c := range fieldCerts {
		t.Run(fmt.Sprintf("%02d %s", i, c.kind), func(t *testing.T) {
			c.check(w.within(t))
		})
	}
}

// TestFieldCertificatesPage: the page's table is this one, and every kind has three siblings from public sources.
func TestFieldCertificatesPage(t *testing.T) {
	var b strings.Builder
	siblings, kinds := map[string]int{}, []string{}
	for _, c := range fieldCerts {
		if !slices.Contains(kinds, c.kind) {
			kinds = append(kinds, c.kind)
		}
		if c.source != "" {
			siblings[c.kind]++
		}
	}
	fmt.Fprintf(&b, "%d files of %d kinds.\n\n| kind | source | what is brought | right answer | test (certsvc) |\n|---|---|---|---|---|\n", len(fieldCerts), len(kinds))
	for _, kind := range kinds {
		for i, c := range fieldCerts {
			if c.kind != kind {
				continue
			}
			source := "a sample of the issue"
			if c.source != "" {
				source = c.source
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | `TestFieldCertificates/%02d_%s` |\n", c.kind, source, c.what, c.right, i, strings.ReplaceAll(c.kind, " ", "_"))
		}
		if siblings[kind] < 3 {
			t.Errorf("%s has %d siblings from public sources, want 3", kind, siblings[kind])
		}
	}
	const page, open, end = "../docs/field.md", "<!-- certificates -->\n", "<!-- end of certificates -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), open)
	old, after, whole := strings.Cut(rest, end)
	switch {
	case !ok || !whole:
		t.Fatalf("%s has no table of certificates", page)
	case *updateField:
		if err := os.WriteFile(page, []byte(before+open+b.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case old != b.String():
		t.Errorf("the table of certificates of %s is another: write it again with -update-field", page)
	}
}

func github(at string) string {
	for _, x := range []struct{ sign, way string }{{"#", "/issues/"}, {"!", "/pull/"}} {
		if repository, number, ok := strings.Cut(at, x.sign); ok {
			return "https://github.com/" + repository + x.way + number
		}
	}
	return "https://github.com/" + at
}

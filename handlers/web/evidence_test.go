package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"onramp/doctor"
)

// TestEvidenceHasNames: each name under which the doctor keeps evidence has words of its own, and none has two.
func TestEvidenceHasNames(t *testing.T) {
	label, used := map[string]bool{}, map[string]string{}
	for _, l := range evidenceLabels {
		if label[l.name] {
			t.Errorf("%s is named twice", l.name)
		}
		label[l.name] = true
		if other := used[l.label]; other != "" {
			t.Errorf("%s and %s are both called %q", l.name, other, l.label)
		}
		used[l.label] = l.name
	}
	files, err := os.ReadDir("../../doctor")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), "../../doctor/"+f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			if fn, ok := call.Fun.(*ast.SelectorExpr); !ok || fn.Sel.Name != "see" {
				return true
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				name, _ := strconv.Unquote(lit.Value)
				n++
				if !label[name] {
					t.Errorf("%s keeps the evidence %q, which has no words", f.Name(), name)
				}
			}
			return true
		})
	}
	if n < 80 {
		t.Errorf("only %d names were found: the test looks in the wrong place", n)
	}
}

// TestEvidenceInWords: values as people read them, however they were stored.
func TestEvidenceInWords(t *testing.T) {
	for want, v := range map[string]any{
		"yes": true, "no": false, "alert 48": "alert 48", "48": 48.0, "a, b": []any{"a", "b"}, "none": []any{}, "of 24, step 4": map[string]any{"step": 4.0, "of": 24.0},
		"at (x 1), step 4": map[string]any{"step": 4.0, "at": map[string]any{"x": 1.0}}, "nothing": nil, "1, (2, 3)": []any{1.0, []any{2.0, 3.0}}, "c, d": []string{"c", "d"},
	} {
		if got := EvidenceText(v); got != want {
			t.Errorf("%v is said as %q, want %q", v, got, want)
		}
	}
	got := Evidence(map[string]any{"sent": true, "asked": true, "alert": 48.0, "of_an_older_version": "x"})
	var names []string
	for _, p := range got {
		names = append(names, p.Name+": "+p.Value)
	}
	if want := "The server asked for a certificate: yes | The certificate was sent: yes | TLS alert: 48 | Of an older version: x"; strings.Join(names, " | ") != want {
		t.Errorf("evidence reads %q, want %q", strings.Join(names, " | "), want)
	}
}

// TestEveryFaultHasAPlace: each fault of the catalogue is repaired on a page that its migration has; with an API key it
// is never one of certificates.
func TestEveryFaultHasAPlace(t *testing.T) {
	for _, e := range doctor.Catalogue() {
		for _, auth := range []string{"mtls", "api-key"} {
			p := remedyOf(doctor.Verdict{Code: e.Code, Stage: e.Stage}, auth)
			if p.text == "" || len(p.path) == 0 {
				t.Errorf("%s with %s is repaired nowhere", e.Code, auth)
				continue
			}
			if at := strings.Join(p.path, "/") + "#" + p.anchor; auth == "api-key" && (strings.HasPrefix(at, "certificates") || strings.HasPrefix(at, "upload") || strings.HasSuffix(at, "#key_source")) {
				t.Errorf("%s with an API key leads to %s", e.Code, at)
			}
		}
	}
	for code := range repaired {
		group, _, one := strings.Cut(code, "-")
		if _, ok := doctor.Lookup(code); one && !ok {
			t.Errorf("%s is in the table and not in the catalogue", code)
		}
		if found := false; !one {
			for _, e := range doctor.Catalogue() {
				found = found || e.Group == group
			}
			if !found {
				t.Errorf("%s is no group of the catalogue", code)
			}
		}
	}
}

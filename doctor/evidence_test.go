package doctor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
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
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
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
		"at (x 1), step 4": map[string]any{"step": 4.0, "at": map[string]any{"x": 1.0}}, "nothing": nil, "1, (2, 3)": []any{1.0, []any{2.0, 3.0}}, "c, d": []string{"c", "d"}, "CN=a,O=b; CN=c": []string{"CN=a,O=b", "CN=c"},
	} {
		if got := EvidenceText(v); got != want {
			t.Errorf("%v is said as %q, want %q", v, got, want)
		}
	}
	got := EvidenceWords(map[string]any{"sent": true, "asked": true, "alert": 48.0, "of_an_older_version": "x"})
	var names []string
	for _, p := range got {
		names = append(names, p.Name+": "+p.Value)
	}
	if want := "The server asked for a certificate: yes | The certificate was sent: yes | TLS alert: 48 | Of an older version: x"; strings.Join(names, " | ") != want {
		t.Errorf("evidence reads %q, want %q", strings.Join(names, " | "), want)
	}
}

// TestEvidenceIsPrintedInWords: the report as text says what a stage saw as its page does; a comparison too.
func TestEvidenceIsPrintedInWords(t *testing.T) {
	r := Report{Verdict: Verdict{Code: "CL-03", Stage: "client-cert"}, Stages: []Stage{{ID: "client-cert", Status: Fail, Evidence: map[string]any{"asked": true, "sent": false, "acceptable_cas": []string{"CN=a,O=b", "CN=c"}}}}}
	var b strings.Builder
	if err := WriteText(&b, r, false); err != nil {
		t.Fatal(err)
	}
	said := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{"The server asked for a certificate yes", "The certificate was sent no", "CAs on the server’s list CN=a,O=b; CN=c"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	for _, raw := range []string{"asked true", "sent false", "acceptable cas", "true\n", "false\n"} {
		if strings.Contains(b.String(), raw) {
			t.Errorf("%q is printed in\n%s", raw, b.String())
		}
	}
	if got, want := (Change{"asked", "true", "false"}).Words(), (Change{"The server asked for a certificate", "yes", "no"}); got != want {
		t.Errorf("a change reads %v, want %v", got, want)
	}
	if got := (Change{"acceptable_cas", `["CN=a","CN=b"]`, "48"}).Words(); got.Before != "CN=a, CN=b" || got.After != "48" {
		t.Errorf("a change reads %v", got)
	}
}

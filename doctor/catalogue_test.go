package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// matrix is how many ids each group had at first; the catalogue may hold more.
var matrix = map[string]int{"IN": 20, "KP": 35, "CH": 32, "DN": 12, "TC": 9, "PX": 12, "SV": 12, "PR": 15, "CL": 16,
	"H2": 13, "SY": 9, "NS": 12, "AK": 10, "TQ": 9, "WF": 12}

func TestCatalogueIsWhole(t *testing.T) {
	for group, n := range matrix {
		for i := 1; i <= n; i++ {
			if code := fmt.Sprintf("%s-%02d", group, i); true {
				if _, ok := Lookup(code); !ok {
					t.Errorf("%s of the fault matrix is not in the catalogue", code)
				}
			}
		}
	}
	stages := append(slices.Clone(StageIDs), stageWorkflow)
	who := []string{"developer", "cloud-admin", "network", "platform"}
	seen := map[string]bool{}
	titles := map[string]string{}
	for _, e := range Catalogue() {
		if seen[e.Code] {
			t.Errorf("%s stands twice", e.Code)
		}
		seen[e.Code] = true
		if other := titles[e.Title]; other != "" {
			t.Errorf("%s and %s have the same title %q", e.Code, other, e.Title)
		}
		titles[e.Title] = e.Code
		if e.Title == "" || e.Cause == "" || e.NotWrong == "" || e.Confirm == "" || e.Unseen == "" || len(e.Sources) == 0 || len(e.Fix) == 0 {
			t.Errorf("%s misses a part: %+v", e.Code, e)
		}
		if !strings.HasPrefix(e.Code, e.Group+"-") || !slices.Contains(stages, e.Stage) {
			t.Errorf("%s has group %q, stage %q", e.Code, e.Group, e.Stage)
		}
		for _, f := range e.Fix {
			if !slices.Contains(who, f.Who) || f.Text == "" {
				t.Errorf("%s has a fix without who or text: %+v", e.Code, f)
			}
		}
		for _, code := range e.Related {
			if _, ok := Lookup(code); !ok || code == e.Code {
				t.Errorf("%s is related to %s", e.Code, code)
			}
		}
		if strings.HasSuffix(e.Title, ".") || len(e.Title) > 90 {
			t.Errorf("%s: title %q", e.Code, e.Title)
		}
	}
}

// Every placeholder has a value or a default, so that no brace ever reaches a person.
func TestNoPlaceholderIsLeft(t *testing.T) {
	for _, e := range Catalogue() {
		v := Explain(e.Code, Likely, nil)
		texts := []string{v.Title, v.Cause, v.NotWrong, v.Confirm, v.Unseen}
		for _, f := range v.Fix {
			texts = append(texts, f.Text, f.Command)
		}
		for _, s := range texts {
			if found := regexp.MustCompile(`\{[a-z_]+\}`).FindString(s); found != "" {
				t.Errorf("%s leaves %s in %q", e.Code, found, s)
			}
		}
	}
}

// Every id that this room or the rooms below can give is in the catalogue.
func TestEveryGivenCodeIsInTheCatalogue(t *testing.T) {
	id := regexp.MustCompile(`"((?:IN|KP|CH|DN|TC|PX|SV|PR|CL|H2|SY|NS|AK|TQ|WF|WK)-[0-9]{2})"`)
	files := 0
	for _, room := range []string{".", "../certsvc", "../namespace", "../transfer", "../rehearsal"} {
		paths, err := filepath.Glob(filepath.Join(room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			if strings.HasSuffix(p, "_test.go") {
				continue // a test may speak of an id that nobody gives
			}
			b, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			files++
			for _, m := range id.FindAllStringSubmatch(string(b), -1) {
				if _, ok := Lookup(m[1]); !ok {
					t.Errorf("%s gives %s, which is not in the catalogue", p, m[1])
				}
			}
		}
	}
	if files < 20 {
		t.Errorf("only %d files were read", files)
	}
}

var optionalPart = regexp.MustCompile(`\[\[.*?\]\]`)

// Where the namespace is not known, the decoder says "of that name" in its place: a sentence must call it a namespace.
func TestSentencesWithoutANamespace(t *testing.T) {
	unnamed := func(s string) bool {
		s = optionalPart.ReplaceAllString(s, "") // what is left out there
		for before, rest, ok := strings.Cut(s, "{namespace}"); ok; before, rest, ok = strings.Cut(rest, "{namespace}") {
			if !strings.HasSuffix(before, "amespace ") && !strings.HasSuffix(before, "amespace is ") {
				return true
			}
		}
		return false
	}
	for _, e := range Catalogue() {
		texts := []string{e.Title, e.Cause, e.NotWrong, e.Unseen}
		for _, f := range e.Fix {
			texts = append(texts, f.Text)
		}
		for _, s := range texts {
			if unnamed(s) {
				t.Errorf("%s: %q is no sentence where the namespace is not known", e.Code, s)
			}
		}
	}
}

// What is wrong with an API key is not shown with a client certificate.
func TestKeysAreNotConfirmedWithCertificates(t *testing.T) {
	for _, e := range Catalogue() {
		if e.Group == "AK" && e.Stage == "namespace" && (strings.Contains(e.Confirm, "{cert_path}") || strings.Contains(e.NotWrong, "client certificate")) {
			t.Errorf("%s: %q, %q", e.Code, e.Confirm, e.NotWrong)
		}
	}
	d := Decode("rpc error: code = PermissionDenied desc = caller has insufficient permissions for namespace: `<REDACTED>`")
	if d.Code != "AK-07" || d.Level != Likely || strings.Contains(d.Cause, "of of") || strings.Contains(d.Cause, "on of") || strings.Contains(d.Confirm, ".pem") {
		t.Errorf("%+v", d)
	}
}

func TestExplain(t *testing.T) {
	v := Explain("CL-03", Certain, map[string]string{"namespace": "orders.a1b2c", "issuer": "CN=Acme CA", "ca_path": "my ca's.pem"})
	if v.Code != "CL-03" || v.Stage != "client-cert" || !strings.Contains(v.Cause, "CN=Acme CA") {
		t.Errorf("got %+v", v)
	}
	if c := v.Fix[0].Command; !strings.Contains(c, `'my ca'\''s.pem'`) || !strings.Contains(c, "orders.a1b2c") {
		t.Errorf("command %q is not filled in or not quoted", c)
	}
	if v := Explain("CL-03", Certain, map[string]string{"cause": "Because."}); v.Cause != "Because." {
		t.Errorf("cause was not replaced: %q", v.Cause)
	}
	if v := Explain("XX-99", Certain, nil); v.Code != UnknownCode || v.Level != Unknown {
		t.Errorf("a code that nobody knows became %+v", v)
	}
	if v := Explain(OK, Certain, nil); v.Code != OK || v.Fix == nil || v.Candidates == nil {
		t.Errorf("OK became %+v", v)
	}
}

func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		code, stage string
		want        int
	}{
		{OK, "", 0}, {UnknownCode, "", 1}, {UnknownCode, "grpc", 12}, {"IN-01", "input", 10}, {"KP-06", "pair", 10}, {"CH-26", "chain", 10},
		{"CH-26", "namespace", 14}, {"DN-01", "dns", 11}, {"TC-01", "tcp", 11}, {"PX-08", "tls", 11}, {"PX-09", "client-cert", 11}, {"SV-01", "tls", 12},
		{"PR-01", "tls", 12}, {"SY-03", "grpc", 12}, {"CL-01", "client-cert", 13}, {"AK-03", "namespace", 13}, {"AK-04", "input", 13}, {"NS-01", "namespace", 14},
		{"TQ-01", "task-queue", 15}, {"WF-01", "workflow", 15}, {"WF-01", "task-queue", 15},
	} {
		if got := ExitCode(Verdict{Code: c.code, Stage: c.stage}); got != c.want {
			t.Errorf("%s at %q: exit %d, want %d", c.code, c.stage, got, c.want)
		}
	}
}

// Values of strangers cannot send escapes, break lines or turn the direction of writing.
func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\x1b[31mred": "a�[31mred", "two\nlines": "two lines", "x\u202ey": "x�y", "z\u200bw": "z�w", "\xff": "�", "Grüße": "Grüße",
	} {
		if got := clean(in, 100); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := clean(strings.Repeat("é", 500), 10); len([]rune(got)) != 11 {
		t.Errorf("not cut: %q", got)
	}
}

package snippet

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// fieldFiles are the files of testdata/field.txtar, by name.
func fieldFiles(t *testing.T) []txtar.File {
	t.Helper()
	a, err := txtar.ParseFile("testdata/field.txtar")
	if err != nil {
		t.Fatal(err)
	}
	return a.Files
}

// said is what the judge says of a text, in one line: form, part, address, namespace, the repaired address and
// namespace, and the findings. A finding without a code is its level and the first words of its title.
func said(e Environment) string {
	value := func(what meaning) string {
		for _, v := range e.InEffect {
			if v.What == string(what) {
				return v.Value
			}
		}
		return "-"
	}
	var found []string
	for _, f := range e.Findings {
		s := f.Level + " " + f.Code
		if f.Code == "" {
			words := strings.Fields(f.Title)
			s = f.Level + " “" + strings.Join(words[:min(3, len(words))], " ") + "”"
		}
		if f.To != "" && len(f.To) < 60 {
			s += " → " + f.To
		}
		found = append(found, s)
	}
	repaired := "not repaired"
	if e.request != nil {
		repaired = e.request.Namespace
	}
	return fmt.Sprintf("%s | %s | %s | %s | %s | %s", e.Form, e.Part, value(mAddress), value(mNamespace), repaired, strings.Join(found, "; "))
}

// TestField: configuration of public projects is judged right, or honestly. A text with a setting is never said to have
// none.
func TestField(t *testing.T) {
	want, err := os.ReadFile("testdata/field.want")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for _, f := range fieldFiles(t) {
		e := judgeEnvironment(context.Background(), string(f.Data), EnvChoice{})
		fmt.Fprintf(&got, "%s: %s\n", f.Name, said(e))
		for _, x := range e.Findings {
			if strings.HasPrefix(x.Title, "No Temporal setting") {
				t.Errorf("%s: said to hold nothing", f.Name)
			}
		}
	}
	if *update {
		if err := os.WriteFile("testdata/field.want", got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

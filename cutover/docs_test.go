package cutover

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var writeDocs = flag.Bool("docs", false, "write the table of gates into docs/cutover.md")

// TestDocs: the table of gates in docs/cutover.md is what the code says, and every gate has cases that open and pass it.
func TestDocs(t *testing.T) {
	const file, from, to = "../docs/cutover.md", "<!-- gates -->\n", "<!-- end of gates -->"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), from)
	_, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatal("the page has no place for the table")
	}
	table := "| gate | it passes when | source | can be wrong | going back | proven by |\n|---|---|---|---|---|---|\n"
	for _, g := range GateTexts() {
		proofs := []string{"all has moved → passed"}
		for _, c := range gateCases {
			if c.gate == g.ID {
				proofs = append(proofs, c.name+" → "+c.want.Word())
			}
		}
		if len(proofs) < 3 {
			t.Errorf("%s has too few cases", g.ID)
		}
		table += "| " + strings.Join([]string{"**" + g.ID + "** " + g.Name, g.Rule, g.Source, g.CanBeWrong, g.Back, strings.Join(proofs, "; ")}, " | ") + " |\n"
	}
	want := before + from + table + to + after
	if *writeDocs {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(b) {
		t.Error("docs/cutover.md is not what the code says: go test ./cutover -run TestDocs -docs")
	}
}

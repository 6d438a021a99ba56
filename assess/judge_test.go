package assess

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"onramp/fault"
)

var update = flag.Bool("update", false, "write docs/assess.md's table again")

// TestEachRow: every row, found and not found and not known, after one fact of a well server was changed.
func TestEachRow(t *testing.T) {
	for _, c := range findings {
		t.Run(c.id+"/"+c.name, func(t *testing.T) {
			f := well()
			c.change(f, &f.Namespaces[0])
			found := false
			for _, r := range Judge(f).Rows {
				if r.ID != c.id {
					continue
				}
				found = found || r.Manual == c.manual && r.Automated == c.automated
				if r.Title == "" || r.Rule == "" || r.Source == "" || r.CanBeWrong == "" || r.Subject == "" || r.Evidence == nil || r.Fix == nil {
					t.Errorf("the row lacks a part: %+v", r)
				}
				if (r.Worst() == Warning || r.Worst() == Blocker) && len(r.Fix) == 0 {
					t.Errorf("%s: nothing is said to do", r.Title)
				}
			}
			if !found {
				for _, r := range Judge(f).Rows {
					if r.ID == c.id {
						t.Logf("%s %s: %s", r.Manual, r.Automated, r.Title)
					}
				}
				t.Errorf("no row %s with %s and %s", c.id, c.manual, c.automated)
			}
		})
	}
}

// TestEachRuleIsProved: each rule has a case in which it finds something and one in which it does not, or says why not.
func TestEachRuleIsProved(t *testing.T) {
	neverPass := map[string]string{"P3": "no RPC shows it", "A1": "every server has some way in", "M1": "a rate is always said"}
	neverFinds := map[string]string{"M2": "it only leaves out", "X2": "what is found is not known"}
	neverUnknown := map[string]string{"N2": "a name is always known", "N3": "a name is always known", "N4": "a guess", "A1": "what Onramp needed is known"}
	finds, passes, unknown := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range findings {
		switch w := worse(c.manual, c.automated); w {
		case Pass:
			passes[c.id] = true
		case Unknown:
			unknown[c.id] = true
		default:
			finds[c.id] = true
		}
	}
	for _, r := range rules {
		if !finds[r.id] && neverFinds[r.id] == "" && r.id != "V7" {
			t.Errorf("%s never finds anything in a case", r.id)
		}
		if !passes[r.id] && neverPass[r.id] == "" {
			t.Errorf("%s never passes in a case", r.id)
		}
		if !unknown[r.id] && neverUnknown[r.id] == "" {
			t.Errorf("%s is never unknown in a case", r.id)
		}
	}
	if len(rules) != 55 {
		t.Errorf("there are %d rules", len(rules))
	}
}

// TestNothingReadPassesNothing: of a server that refuses or throttles everything, no row that needs a reading says PASS.
func TestNothingReadPassesNothing(t *testing.T) {
	known := map[string]bool{"N2": true, "N3": true, "N4": true} // by the name alone
	for _, o := range []Outcome{Refused, NotServed, Throttled, OverBudget, Unanswered, Nonsense, Failed, TooLarge, NotAsked} {
		none := Count{Read: o}
		f := &Facts{Schema: FactsSchema, At: moment, Address: "x:1", List: o, Nexus: Endpoints{Listed: o}, Cluster: Cluster{System: o, Info: o, Clusters: o},
			Namespaces: []Namespace{{Name: "payments", Described: o, AttributesR: o, Open: none, Closed: none, TypesRead: o, Schedules: Schedules{Listed: o, Count: none},
				Workers: Workers{Listed: o}, Deployments: none, Rules: none, Batches: none, Activities: none, Reported: none, Histories: true}}}
		for _, r := range Judge(f).Rows {
			if (r.Manual == Pass || r.Automated == Pass) && !known[r.ID] && !(r.ID == "T4" || r.ID == "T3" && o == NotServed) {
				t.Errorf("%s: %s passes: %s", o, r.ID, r.Title)
			}
		}
	}
}

// TestWorstFirst: rows come with the worst first, and exit code and grade follow them.
func TestWorstFirst(t *testing.T) {
	f := well()
	f.Cluster.ServerVersion = "1.20.0"
	f.Namespaces[0].Attributes = attributes(41, "Keyword")
	r := Judge(f)
	for i := 1; i < len(r.Rows); i++ {
		if r.Rows[i].Worst().weight() > r.Rows[i-1].Worst().weight() {
			t.Fatalf("%s %s stands after %s %s", r.Rows[i].ID, r.Rows[i].Worst(), r.Rows[i-1].ID, r.Rows[i-1].Worst())
		}
	}
	if r.ExitCode() != ExitBlocker {
		t.Errorf("exit code %d", r.ExitCode())
	}
	for _, c := range []struct {
		change func(*Facts, *Namespace)
		grade  string
	}{
		{none, "A"},
		{func(_ *Facts, n *Namespace) { n.Attributes = attributes(2, "Keyword") }, "A"},
		{func(_ *Facts, n *Namespace) { n.Samples[1].History.Payload = 3 << 20 }, "B"},
		{func(_ *Facts, n *Namespace) { n.Samples[0].History.Cron = true }, "C"},
	} {
		f := well()
		c.change(f, &f.Namespaces[0])
		if got := Judge(f).Grade; got != c.grade {
			t.Errorf("grade %s, want %s", got, c.grade)
		}
	}
	if got := (Report{Rows: []Row{{Manual: Unknown, Automated: Pass}, {Manual: Info, Automated: Info}}}).ExitCode(); got != ExitUnknown {
		t.Errorf("unknown at worst exits %d", got)
	}
	if got := (Report{Rows: []Row{{Manual: Info, Automated: Pass}}}).ExitCode(); got != 0 {
		t.Errorf("info at worst exits %d", got)
	}
}

// TestNamesAreProposed: a name that may be used stays; the others become one that may, and none is taken twice.
func TestNamesAreProposed(t *testing.T) {
	for in, want := range map[string]string{"My_NS": "my-ns", "default": "main", "1st": "ns-1st", "größe": "gr-e", "": "ns", "a": "a-ns", strings.Repeat("x", 60): strings.Repeat("x", 39), "--": "ns", "<b>": "b-ns"} {
		got := ProposeName(in)
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if _, err := nameAsIs(got); err != nil {
			t.Errorf("%q: the proposal %q breaks a rule: %v", in, got, err)
		}
	}
	f := &Facts{Namespaces: []Namespace{{Name: "my_ns"}, {Name: "my-ns"}, {Name: "My.NS"}}}
	if got := proposals(f); got["my-ns"] != "my-ns" || got["my_ns"] != "my-ns-2" || got["My.NS"] != "my-ns-3" {
		t.Errorf("%v", got)
	}
}

// TestFactsComeBack: a facts file that was written judges as the facts did; what is none is refused.
func TestFactsComeBack(t *testing.T) {
	f := well()
	var file bytes.Buffer
	if err := f.Write(&file); err != nil {
		t.Fatal(err)
	}
	back, err := ReadFacts(&file)
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	if WriteText(&a, Judge(f), false) != nil || WriteText(&b, Judge(back), false) != nil || a.String() != b.String() {
		t.Errorf("the report differs:\n%s\n%s", a.String(), b.String())
	}
	for _, bad := range []string{"", "{}", `{"schema":"onramp.assess/1"}`, "<html>", `{"schema":7}`} {
		if _, err := ReadFacts(strings.NewReader(bad)); err == nil || fault.From(err).Kind != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestNamesAreSafe: escapes, line breaks, HTML and shell in a server's names reach no output as such.
func TestNamesAreSafe(t *testing.T) {
	const evil = "\x1b[31m</td><script>alert(1)</script>\r\n`|$(rm -rf ~)' \u202e"
	f := well()
	n := &f.Namespaces[0]
	n.Name, n.Types[0].Name, n.Queues[0].Name, n.Queues[0].Workflows.N = evil, evil, evil, 0
	n.Attributes = []Attribute{attribute(evil, "Keyword", 0)}
	n.Samples[0].Type, n.Samples[0].WorkflowID, n.Samples[0].HistoryLength = evil, evil, 50000
	f.Cluster.ServerVersion, f.Cluster.Name, f.Address = evil, "=cmd|"+evil, evil
	r := Judge(f)
	var text, markdown, pack, mapping bytes.Buffer
	for _, err := range []error{WriteText(&text, r, false), WriteMarkdown(&markdown, r), WritePack(&pack, f, r), WriteMapping(&mapping, f)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, s := range map[string]string{"text": text.String(), "Markdown": markdown.String(), "mapping": mapping.String(), "commands": Commands(f), "Terraform": Terraform(f)} {
		for _, bad := range []string{"\x1b", "\u202e", "\r"} {
			if strings.Contains(s, bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
	}
	outside := ""
	fenced := false
	for line := range strings.SplitSeq(markdown.String(), "\n") {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		} else if !fenced {
			outside += line + "\n"
		}
	}
	if strings.Contains(outside, "<script") {
		t.Error("Markdown holds HTML")
	}
	if strings.Contains(mapping.String(), "\n=") {
		t.Error("the mapping begins a cell as a formula")
	}
	if !strings.Contains(Commands(f), `'\''`) {
		t.Errorf("the commands do not quote: %s", Commands(f))
	}
}

// TestPage: docs/assess.md lists every check as it stands, with the cases that prove it.
func TestPage(t *testing.T) {
	const begin, end = "<!-- checks: written by go test ./assess -run TestPage -update -->\n", "<!-- end of checks -->"
	real := realProofs(t)
	var b strings.Builder
	b.WriteString("\n| id | what | rule | source | can be wrong | proven by |\n|---|---|---|---|---|---|\n")
	for _, r := range Rules() {
		var cases []string
		for _, c := range findings {
			if c.id != r.ID {
				continue
			}
			v := string(c.manual)
			if c.automated != c.manual {
				v += "/" + string(c.automated)
			}
			cases = append(cases, c.name+" → "+v)
		}
		for _, s := range stubs {
			if v, ok := s.rows[r.ID]; ok {
				cases = append(cases, "*stub: "+s.name+" → "+string(v)+"*")
			}
		}
		if where := real[r.ID]; where != "" {
			cases = append(cases, where)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.ID, r.What, cell(r.Rule), r.Source, cell(r.CanBeWrong), cell(strings.Join(cases, "; ")))
	}
	b.WriteString("\n")
	const file = "../docs/assess.md"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the checks", file)
	}
	want := head + begin + b.String() + end + tail
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(page) {
		t.Errorf("%s is not as the checks are: go test ./assess -run TestPage -update", file)
	}
}

// cell escapes what a table of Markdown would take for more than text.
func cell(s string) string { return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(s) }

// realProofs are the rows that a test shows on a real server, by id: testdata/real.txt, which that test holds to.
func realProofs(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	b, err := os.ReadFile("testdata/real.txt")
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, r := range rules {
		ids = append(ids, r.id)
	}
	for line := range strings.FieldsFuncSeq(string(b), func(r rune) bool { return r == '\n' }) {
		id, where, _ := strings.Cut(line, " ")
		if !slices.Contains(ids, id) {
			t.Errorf("testdata/real.txt: no rule %q", id)
		}
		if out[id] != "" {
			out[id] += "; "
		}
		out[id] += "**" + where + "**"
	}
	return out
}

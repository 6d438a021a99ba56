package assess

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/doctor"
	"onramp/namespace"
)

// moves says what a finding asks to be changed; it makes the grade.
type moves int

const (
	config moves = iota // settings and objects in Temporal Cloud
	code                // the applications' code
	live                // what runs now needs a plan
)

// rule is one check. whole judges the server, each a namespace; a rule has one of them.
type rule struct {
	id, what string // S1 search attributes
	moves    moves
	rule     string // Temporal Cloud's, or what follows from it
	source   string // where that is written
	wrong    string // when the row can be wrong
	whole    func(a *answer, f *Facts)
	each     func(a *answer, f *Facts, n *Namespace)
}

// answer takes the rows of one rule.
type answer struct {
	rule *rule
	in   string            // the namespace
	as   map[string]string // a name in Temporal Cloud for each namespace
	rows []Row
}

// both adds a row whose verdict is the same for both ways to move.
func (a *answer) both(v Verdict, r Row) { r.Manual, r.Automated = v, v; a.add(r) }

func (a *answer) add(r Row) {
	for i, f := range r.Fix {
		if strings.Contains(f.Command, NoAccount) && !strings.Contains(f.Text, accountHere) {
			r.Fix[i].Text += " " + accountHere + " stands for your account ID: the part of a Namespace ID after its dot."
		}
	}
	r.ID, r.Namespace = a.rule.id, either(r.Namespace, a.in)
	r.Rule, r.Source, r.CanBeWrong = a.rule.rule, a.rule.source, a.rule.wrong
	if r.Subject == "" {
		r.Subject = a.rule.what
	}
	a.rows = append(a.rows, r.safe())
}

// unread adds a row of what could not be read: UNKNOWN, and why.
func (a *answer) unread(what string, o Outcome, fix ...Fix) {
	r := Row{Title: what + " could not be read: " + o.because(), Evidence: map[string]any{"outcome": string(o)}, Fix: fix}
	if o == Refused && len(fix) == 0 {
		r.Fix = []Fix{admin("Run the assessment again with an identity that may read this: a reader of the namespace, an administrator of the server for what concerns the whole cluster.", "")}
	}
	a.both(Unknown, r)
}

func developer(text, command string) Fix { return Fix{Who: "developer", Text: text, Command: command} }
func admin(text, command string) Fix     { return Fix{Who: "cloud-admin", Text: text, Command: command} }
func platform(text, command string) Fix  { return Fix{Who: "platform", Text: text, Command: command} }

// Judge makes a report of facts. It asks nobody: the same facts give the same report.
func Judge(f *Facts) Report {
	r := Report{Schema: Schema, Rules: doctor.RulesDate, At: f.At, Rows: []Row{}, RPCs: f.RPCs, Budget: f.Budget, Incomplete: clean(f.Incomplete), TookMS: f.TookMS,
		Source: SourceServer{Address: clean(f.Address), ServerVersion: clean(f.Cluster.ServerVersion), Namespaces: []string{}}}
	for _, n := range f.Namespaces {
		r.Source.Namespaces = append(r.Source.Namespaces, clean(n.Name))
	}
	grade, as := config, proposals(f)
	for i := range rules {
		rows := rules[i].rows(f, as)
		for _, row := range rows {
			if row.Manual == Warning || row.Manual == Blocker {
				grade = max(grade, rules[i].moves)
			}
		}
		r.Rows = append(r.Rows, rows...)
	}
	slices.SortStableFunc(r.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Worst().weight(), a.Worst().weight()), cmp.Compare(b.Manual.weight(), a.Manual.weight()))
	})
	r.Grade = []string{"A", "B", "C"}[grade]
	r.Needs = needsOf(f)
	r.Actions = actionsOf(f)
	r.Drain = DrainOf(f)
	return r
}

// rows are what one rule says of facts; as are the names proposed for namespaces.
func (r *rule) rows(f *Facts, as map[string]string) []Row {
	a := &answer{rule: r, as: as}
	defer func() { nameFindings(a.rows) }()
	if r.whole != nil {
		r.whole(a, f)
		return a.rows
	}
	for i := range f.Namespaces {
		a.in = f.Namespaces[i].Name
		r.each(a, f, &f.Namespaces[i])
	}
	return a.rows
}

// needsOf is what nobody can leave out: a reader who does only what rows ask for would have no namespace and nobody let in.
func needsOf(f *Facts) []Fix {
	if len(f.Namespaces) == 0 {
		return []Fix{}
	}
	return []Fix{
		admin("Create the namespaces and their search attributes.", cleanLines(strings.TrimSpace(Commands(f)))),
		developer("Give every client and worker the new address, its Namespace ID, and a client certificate or an API key. onramp code prints what changes in a language.", codeInGo+clean(proposals(f)[f.Namespaces[0].Name])+NoAccount),
	}
}

// codeInGo begins the command for the change in clients and workers, whose language and namespace a source does not know.
const codeInGo = "onramp code --lang go --namespace "

// For is the report with what a migration knows: the ID of its language, and the Namespace ID for the only namespace there
// is; "" for what it does not know.
func (r Report) For(lang, id string) Report {
	r.Needs = slices.Clone(r.Needs)
	for i, f := range r.Needs {
		old, ok := strings.CutPrefix(f.Command, codeInGo)
		if !ok {
			continue
		}
		if id != "" && len(r.Source.Namespaces) == 1 {
			old = shell(id)
		}
		if lang == "" {
			lang = "go"
		}
		r.Needs[i].Command = "onramp code --lang " + shell(lang) + " --namespace " + old
	}
	return r
}

// GradeMeans says a grade in a sentence.
func GradeMeans(grade string) string {
	switch grade {
	case "A":
		return "Configuration only: create what is listed in Temporal Cloud, and change no code."
	case "B":
		return "Code changes: besides configuration, the applications themselves must change."
	}
	return "Live workflows need a plan: some of what is running does not move or end by itself."
}

// Rules are the ids of all checks, in their order, with what each is about.
func Rules() (out []RuleText) {
	for _, r := range rules {
		out = append(out, RuleText{ID: r.id, What: r.what, Rule: r.rule, Source: r.source, CanBeWrong: r.wrong})
	}
	return out
}

// RuleText is a check as documentation shows it.
type RuleText struct{ ID, What, Rule, Source, CanBeWrong string }

// safe makes every text of a row fit for a terminal, a page and a file: names are a server's, and may hold anything.
func (r Row) safe() Row {
	r.Namespace, r.Subject, r.Title = clean(r.Namespace), clean(r.Subject), clean(r.Title)
	if r.Evidence == nil {
		r.Evidence = map[string]any{}
	}
	r.Evidence = cleanAll(r.Evidence).(map[string]any)
	fixes := []Fix{}
	for _, f := range r.Fix {
		fixes = append(fixes, Fix{Who: f.Who, Text: clean(f.Text), Command: cleanLines(f.Command)})
	}
	r.Fix = fixes
	return r
}

func cleanAll(v any) any {
	switch v := v.(type) {
	case string:
		return clean(v)
	case []string:
		out := make([]string, len(v))
		for i, s := range v {
			out[i] = clean(s)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[clean(k)] = cleanAll(x)
		}
		return out
	case map[string]int:
		out := map[string]any{}
		for k, x := range v {
			out[clean(k)] = x
		}
		return out
	}
	return v
}

// clean replaces what would move a cursor, break a line or turn the direction of writing.
func clean(s string) string { return strings.Map(plainRune, s) }

func cleanLines(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return plainRune(r)
	}, s)
}

func plainRune(r rune) rune {
	if r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0x2028 || r == 0x2029 || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) || r == 0x200e || r == 0x200f {
		return '�'
	}
	return r
}

// again is the command that assesses the same server once more. How Onramp is let in is no part of facts.
func again(f *Facts) string { return "onramp assess --address " + shell(f.Address) }

// shell is a text as one word of a POSIX shell.
func shell(s string) string {
	s = clean(s)
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// accountHere stands for the account ID, which the source does not know.
const accountHere = "ACCOUNT"

// NoAccount ends a Namespace ID in a command whose account is not known.
const NoAccount = "." + accountHere

// ProposeName is a name for a namespace in Temporal Cloud that follows its rules and is near the source's.
func ProposeName(source string) string {
	if source == "default" {
		return "main"
	}
	var b strings.Builder
	for _, r := range strings.ToLower(source) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := strings.Trim(b.String(), "-")
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		s = strings.TrimSuffix("ns-"+s, "-")
	}
	if len(s) > 39 {
		s = strings.TrimRight(s[:39], "-")
	}
	for len(s) < 2 {
		s += "-ns"
	}
	return s
}

// proposals are a name for each namespace, none twice.
func proposals(f *Facts) map[string]string {
	out, taken := map[string]string{}, map[string]bool{}
	for _, n := range f.Namespaces {
		if name, err := nameAsIs(n.Name); err == nil && n.Name != "default" {
			out[n.Name], taken[name] = name, true
		}
	}
	for _, n := range f.Namespaces {
		if out[n.Name] != "" {
			continue
		}
		base := ProposeName(n.Name)
		name := base
		for i := 2; taken[name]; i++ {
			suffix := fmt.Sprintf("-%d", i)
			name = strings.TrimRight(base[:min(len(base), 39-len(suffix))], "-") + suffix
		}
		out[n.Name], taken[name] = name, true
	}
	return out
}

// nameAsIs asks the room namespace whether a name follows Temporal Cloud's rules as it stands.
func nameAsIs(name string) (string, error) {
	id, repairs, err := namespace.ParseID(name + ".a1b2c")
	if err != nil {
		return "", err
	}
	if len(repairs) > 0 || id.Name != name {
		return "", fmt.Errorf("%q was repaired", name)
	}
	return id.Name, nil
}

const day = 24 * time.Hour

// few names some of many: "a, b, c and 4 more".
func few(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// plural is a number with its word.
func plural[N int | int32 | int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if strings.HasSuffix(one, "y") && !strings.HasSuffix(one, "ey") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(one, "y"))
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// size is a number of bytes in words.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return plural(n, "byte")
}

func sortSDKs(s []SDK) {
	slices.SortFunc(s, func(a, b SDK) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version)) })
}

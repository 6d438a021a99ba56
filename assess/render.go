package assess

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"onramp/fault"
)

// whoSays are the people of a fix, as a reader knows them.
var whoSays = map[string]string{"developer": "developer", "cloud-admin": "Temporal Cloud admin", "network": "network team", "platform": "whoever runs the server"}

// Headline is the first sentence of a report: what to do.
func (r Report) Headline() string {
	blockers, warnings, unknown := r.counts(func(row Row) Verdict { return row.Manual })
	autoOnly, _, _ := r.counts(func(row Row) Verdict {
		if row.Manual == Blocker {
			return Pass
		}
		return row.Automated
	})
	tail := ""
	if autoOnly > 0 {
		tail = fmt.Sprintf(" The automated migration is closed to this server (%s); the manual one is not.", plural(autoOnly, "blocker"))
	}
	switch {
	case blockers > 0:
		return fmt.Sprintf("Fix %s before you migrate, then go through %s.", plural(blockers, "blocker"), plural(warnings, "warning")) + tail
	case warnings > 0:
		return gradeAsks(r.Grade) + fmt.Sprintf(" Act on the %s below.", plural(warnings, "warning")) + tail
	case unknown > 0:
		return fmt.Sprintf("Nothing was found that stands in the way. Look yourself at the %s that Onramp could not read.", plural(unknown, "thing")) + tail
	}
	return "Nothing stands in the way. Create a namespace in Temporal Cloud and start there." + tail
}

// gradeAsks is what a grade asks for where nothing blocks, so that the first sentence and the grade agree.
func gradeAsks(grade string) string {
	switch grade {
	case "C":
		return "Nothing blocks the migration, but plan for what is running."
	case "B":
		return "Nothing blocks the migration, but code must change."
	}
	return "Nothing stands in the way."
}

// WordOf is what a report said, by its headline, as a verdict and a word for a row; "" for a text that is none.
func WordOf(headline string) (Verdict, string) {
	switch {
	case strings.HasPrefix(headline, "Fix "):
		return Blocker, "Blocked"
	case strings.HasPrefix(headline, "Nothing ") && (strings.Contains(headline, " Act on the ") || strings.Contains(headline, " Do what the ")): // the second as it was stored before
		return Warning, "Warnings"
	case strings.HasPrefix(headline, "Nothing was found "):
		return Unknown, "Not known"
	case strings.HasPrefix(headline, "Nothing stands in the way. Create a namespace"):
		return Pass, "Ready"
	}
	return "", ""
}

func (r Report) counts(of func(Row) Verdict) (blockers, warnings, unknown int) {
	for _, row := range r.Rows {
		switch of(row) {
		case Blocker:
			blockers++
		case Warning:
			warnings++
		case Unknown:
			unknown++
		}
	}
	return blockers, warnings, unknown
}

// Tally says the counts of one way to move: "1 blocker, 2 warnings, 3 unknown".
func (r Report) Tally(automated bool) string {
	b, w, u := r.counts(func(row Row) Verdict {
		if automated {
			return row.Automated
		}
		return row.Manual
	})
	return fmt.Sprintf("%s, %s, %d unknown", plural(b, "blocker"), plural(w, "warning"), u)
}

// errWriter keeps the first error of many writes.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) print(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.w, format, args...)
	}
}

// WriteText writes a report for a terminal, the worst first; colour marks the verdicts.
func WriteText(w io.Writer, r Report, colour bool) error {
	e := &errWriter{w: w}
	paint := func(v Verdict) string {
		if !colour {
			return string(v)
		}
		return map[Verdict]string{Blocker: "\x1b[31m", Warning: "\x1b[33m", Unknown: "\x1b[35m", Info: "\x1b[36m", Pass: "\x1b[32m"}[v] + string(v) + "\x1b[0m"
	}
	e.print("%s\n\n", r.Headline())
	e.print("Server      %s, Temporal %s\n", r.Source.Address, either(r.Source.ServerVersion, "of a version it does not say"))
	e.print("Namespaces  %s\n", either(few(r.Source.Namespaces, 8), "none"))
	e.print("Grade       %s. %s\n", r.Grade, GradeMeans(r.Grade))
	e.print("Manual      %s\n", r.Tally(false))
	e.print("Automated   %s\n", r.Tally(true))
	total := 0
	for _, n := range r.RPCs {
		total += n
	}
	e.print("Read        %s of at most %d, %s; nothing was changed · rule set %s\n", plural(total, "call"), r.Budget, fault.Took(time.Duration(r.TookMS*float64(time.Millisecond))), r.Rules)
	if r.Incomplete != "" {
		e.print("Incomplete  %s\n", r.Incomplete)
	}
	e.print("\nWhat every migration needs\n")
	for _, f := range r.Needs {
		e.print("  → %s (%s)\n      %s\n", f.Text, either(whoSays[f.Who], f.Who), strings.ReplaceAll(f.Command, "\n", "\n      "))
	}
	for _, v := range []Verdict{Blocker, Warning, Unknown} {
		for _, row := range r.Rows {
			if row.Worst() != v {
				continue
			}
			e.print("\n%s  %s %s%s\n", paint(v), row.ID, row.Subject, inNamespace(row))
			e.print("  %s.%s\n", strings.TrimSuffix(row.Title, "."), ways(row))
			for _, f := range row.Fix {
				e.print("  → %s (%s)\n", f.Text, either(whoSays[f.Who], f.Who))
				for line := range strings.SplitSeq(f.Command, "\n") {
					if line != "" {
						e.print("      %s\n", line)
					}
				}
			}
			if ev := evidence(row.Evidence); ev != "" && v != Unknown {
				e.print("  Seen: %s\n", ev)
			}
			e.print("  Rule: %s (%s)\n", row.Rule, row.Source)
			if v != Unknown {
				e.print("  Can be wrong: %s\n", row.CanBeWrong)
			}
		}
	}
	for _, v := range []Verdict{Info, Pass} {
		first := true
		for _, row := range r.Rows {
			if row.Worst() != v {
				continue
			}
			if first {
				e.print("\n%s\n", paint(v))
				first = false
			}
			e.print("  %-3s %s%s: %s.\n", row.ID, row.Subject, inNamespace(row), strings.TrimSuffix(row.Title, "."))
			if v == Info {
				for _, f := range row.Fix {
					e.print("      → %s\n", f.Text)
					if f.Command != "" {
						e.print("        %s\n", strings.ReplaceAll(f.Command, "\n", "\n        "))
					}
				}
			}
		}
	}
	e.print("\nDrain: %s\n", r.Drain.Sentence(r.At))
	for _, t := range r.Drain.Types {
		e.print("  %s (%s): %d open; %s\n", t.Type, t.Namespace, t.Open, t.Sentence(r.At))
	}
	e.print("\nActions: %s\n  Not in it: %s. Prices: %s\n", r.Actions.Sentence(), strings.Join(r.Actions.Unknown, ", "), r.Actions.Prices)
	if s := r.Actions.Storage.Sentence(); s != "" {
		e.print("Storage: %s\n", s)
	}
	return e.err
}

// Sentence says the storage of a month, "" where nothing is known.
func (s Storage) Sentence() string {
	part := func(v *float64, what string) string {
		if v == nil {
			return "not known " + what
		}
		return fmt.Sprintf("%.3f GiB-hours %s", *v, what)
	}
	if s.Active == nil && s.Retained == nil {
		return ""
	}
	return part(s.Active, "active") + " and " + part(s.Retained, "retained") + " in 30 days, if Temporal Cloud measures the bytes that this server does."
}

func inNamespace(r Row) string {
	if r.Namespace == "" || r.Namespace == r.Subject {
		return ""
	}
	return " in " + r.Namespace
}

// ways says where the two ways to move differ.
func ways(r Row) string {
	if r.Manual == r.Automated {
		return ""
	}
	return fmt.Sprintf(" Manual: %s, automated: %s.", r.Manual, r.Automated)
}

// evidence is a row's evidence on one line, bounded.
func evidence(ev map[string]any) string {
	var parts []string
	for _, k := range sortedKeys(ev) {
		switch v := ev[k].(type) {
		case nil:
		case []string:
			if len(v) > 0 {
				parts = append(parts, k+" "+few(v, 6))
			}
		case map[string]any:
			var in []string
			for _, kk := range sortedKeys(v) {
				in = append(in, fmt.Sprintf("%s %v", kk, v[kk]))
			}
			if len(in) > 0 {
				parts = append(parts, k+" "+few(in, 6))
			}
		case []any: // of a report that was read back
			var in []string
			for _, x := range v {
				in = append(in, fmt.Sprint(x))
			}
			parts = append(parts, k+" "+few(in, 6))
		default:
			parts = append(parts, fmt.Sprintf("%s %v", k, v))
		}
	}
	return few(parts, 12)
}

// Sentence says a whole drain.
func (d Drain) Sentence(now time.Time) string {
	switch {
	case d.Open == 0 && d.Why == "":
		return "No workflow is open: the source can be switched off once starters have moved."
	case d.Nine == nil:
		return fmt.Sprintf("%s open; no date can be given, %s.", plural(d.Open, "workflow"), d.Why)
	}
	s := fmt.Sprintf("%s open. If no new one starts here from now on, nine in ten of each type have ended by %s", plural(d.Open, "workflow"), when(*d.Nine, now))
	if d.Last != nil {
		return s + ", the last by " + when(*d.Last, now) + "."
	}
	return s + "; " + strings.TrimSuffix(d.Why, ".") + "."
}

// Sentence says the drain of one type.
func (t TypeDrain) Sentence(now time.Time) string {
	var parts []string
	if t.Half != nil {
		parts = append(parts, "half by "+when(*t.Half, now))
	}
	if t.Nine != nil {
		parts = append(parts, "nine in ten by "+when(*t.Nine, now))
	}
	if t.Last != nil {
		parts = append(parts, "the last by "+when(*t.Last, now))
	}
	if t.Why != "" {
		parts = append(parts, t.Why)
	}
	return strings.Join(parts, ", ")
}

// WriteMarkdown writes a report as a page of Markdown.
func WriteMarkdown(w io.Writer, r Report) error {
	e := &errWriter{w: w}
	e.print("# What must change to migrate %s to Temporal Cloud\n\n%s\n\n", md(r.Source.Address), md(r.Headline()))
	e.print("| | |\n|---|---|\n| Server | %s, Temporal %s |\n| Namespaces | %s |\n| Grade | %s. %s |\n| Manual migration | %s |\n| Automated migration | %s |\n| Read at | %s · rule set %s |\n",
		md(r.Source.Address), md(either(r.Source.ServerVersion, "unknown")), md(few(r.Source.Namespaces, 20)), r.Grade, GradeMeans(r.Grade), r.Tally(false), r.Tally(true), r.At.UTC().Format("2006-01-02 15:04 UTC"), r.Rules)
	if r.Incomplete != "" {
		e.print("\n**Incomplete.** %s\n", md(r.Incomplete))
	}
	if len(r.Needs) > 0 {
		e.print("\n## What every migration needs\n\n")
	}
	for _, f := range r.Needs {
		e.print("- %s (%s)\n\n%s\n", md(f.Text), either(whoSays[f.Who], f.Who), fence(f.Command))
	}
	for _, v := range []Verdict{Blocker, Warning, Unknown, Info} {
		if !slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Worst() == v }) {
			continue
		}
		e.print("\n## %s\n", v)
		for _, row := range r.Rows {
			if row.Worst() != v {
				continue
			}
			e.print("\n### %s %s%s\n\n%s.%s\n\n", row.ID, md(row.Subject), md(inNamespace(row)), md(strings.TrimSuffix(row.Title, ".")), ways(row))
			for _, f := range row.Fix {
				e.print("- %s (%s)\n", md(f.Text), either(whoSays[f.Who], f.Who))
				if f.Command != "" {
					e.print("\n%s\n", fence(f.Command))
				}
			}
			if m := row.Reviewed; m != nil {
				e.print("\nReviewed by %s on %s as %s", md(m.By), m.At.UTC().Format("2006-01-02"), m.As)
				if m.Why != "" {
					e.print(": %s", md(m.Why))
				}
				e.print("\n")
			}
			if ev := evidence(row.Evidence); ev != "" {
				e.print("\nSeen: %s\n", md(ev))
			}
			e.print("\nRule: %s (%s) Can be wrong: %s\n", md(row.Rule), row.Source, md(row.CanBeWrong))
		}
	}
	e.print("\n## PASS\n\n")
	for _, row := range r.Rows {
		if row.Worst() == Pass {
			e.print("- %s %s%s: %s.\n", row.ID, md(row.Subject), md(inNamespace(row)), md(strings.TrimSuffix(row.Title, ".")))
		}
	}
	e.print("\n## Drain\n\n%s\n", md(r.Drain.Sentence(r.At)))
	if len(r.Drain.Types) > 0 {
		e.print("\n| Namespace | Type | Open | When |\n|---|---|---|---|\n")
		for _, t := range r.Drain.Types {
			e.print("| %s | %s | %d | %s |\n", md(t.Namespace), md(t.Type), t.Open, md(t.Sentence(r.At)))
		}
	}
	e.print("\n## Actions and storage\n\n%s Not in it: %s. [Prices](%s)\n", md(r.Actions.Sentence()), strings.Join(r.Actions.Unknown, ", "), r.Actions.Prices)
	if s := r.Actions.Storage.Sentence(); s != "" {
		e.print("\nStorage: %s\n", s)
	}
	return e.err
}

// md escapes what Markdown and HTML would take for more than text.
func md(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`, "&", "&amp;", "!", `\!`, "~", `\~`, "\n", " ").Replace(s)
}

// fence is a block of code that its text cannot end.
func fence(s string) string {
	mark := "```"
	for strings.Contains(s, mark) {
		mark += "`"
	}
	return mark + "\n" + s + "\n" + mark
}

// Evidence is what was seen for a row, on one line.
func Evidence(r Row) string { return evidence(r.Evidence) }

package doctor

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// marks are what a stage's status looks like in a terminal.
var marks = map[Status]struct{ mark, color string }{
	Pass: {"✓", "32"}, Warn: {"!", "33"}, Fail: {"✗", "31"},
	Skip: {"-", "2"}, NotReached: {"·", "2"}, Running: {"…", "36"},
}

// whoWords are who can do a fix, in words.
var whoWords = map[string]string{
	"developer": "You", "cloud-admin": "A Cloud administrator", "network": "The network team", "platform": "The platform team",
}

// prefixed is a text with a word before it, "" for none.
func prefixed(word, text string) string {
	if text == "" {
		return ""
	}
	return word + text
}

// WriteText writes a report for people: the stages, then the verdict with its cause, what is not
// wrong, the evidence, who can fix it and how to see it yourself. Nothing in the report can send
// escapes to the terminal; color adds ours. The error is the writer's.
func WriteText(w io.Writer, r Report, color bool) error {
	p := &printer{color: color}
	p.line("Checking %s, %s, %s", cmp.Or(r.Target.Address, "no address"), cmp.Or(prefixed("namespace ", r.Target.Namespace), "no namespace"), authWord(r.Target.Auth))
	for _, n := range r.Target.Normalised {
		p.line("  %s  %s repaired: %q is now %q (%s)", p.paint("33", "!"), n.Field, n.From, n.To, n.Code)
	}
	p.line("")
	for _, s := range r.Stages {
		p.stage(s)
	}
	p.line("")
	p.verdict(r)
	p.line("")
	if len(r.NotChecked) > 0 {
		p.line("Not checked: %s.", strings.Join(r.NotChecked, "; "))
	}
	p.line("Tested from %s in %.0f ms, rules of %s.", r.TestedFrom, r.TookMS, r.Rules)
	_, err := io.WriteString(w, p.b.String())
	return err
}

type printer struct {
	b     strings.Builder
	color bool
}

func (p *printer) line(format string, args ...any) {
	for i, a := range args {
		switch a := a.(type) {
		case painted:
			args[i] = string(a)
		case string:
			args[i] = clean(a, maxSentence)
		}
	}
	fmt.Fprintf(&p.b, format+"\n", args...)
}

// painted is a text that may hold our own escapes; everything else is cleaned.
type painted string

func (p *printer) paint(code, s string) painted {
	s = clean(s, maxSentence)
	if !p.color {
		return painted(s)
	}
	return painted("\x1b[" + code + "m" + s + "\x1b[0m")
}

func authWord(auth string) string {
	switch auth {
	case "mtls":
		return "with a client certificate"
	case "api-key":
		return "with an API key"
	}
	return "without certificate or key"
}

func (p *printer) stage(s Stage) {
	m := marks[s.Status]
	took := "        "
	if s.Status == Pass || s.Status == Warn || s.Status == Fail {
		took = fmt.Sprintf("%5.0f ms", s.MS)
	}
	text := s.Summary
	if s.Status == NotReached {
		text = "not reached"
	}
	p.line("  %s %-11s %s  %s", p.paint(m.color, m.mark), s.ID, took, text)
	for _, code := range s.Findings {
		if e, ok := Lookup(code); ok && s.Status == Warn {
			p.line("    %-20s %s: %s", "", code, e.Title)
		}
	}
}

func (p *printer) verdict(r Report) {
	v := r.Verdict
	if v.Code == OK {
		if v.Level == Certain {
			p.line("%s", p.paint("1;32", "Connected. "+v.Title+"."))
		} else {
			p.line("%s", p.paint("1;33", v.Title+"."))
		}
		p.line("%s", v.Cause)
		p.fixes(v)
		if v.Confirm != "" {
			p.line("See it yourself: %s", v.Confirm)
		}
		if v.Unseen != "" {
			p.line("Not covered by this check: %s", v.Unseen)
		}
		return
	}
	p.line("%s", p.paint("1;31", v.Title))
	what := fmt.Sprintf("%s, %s", v.Code, v.Level)
	if v.Code == UnknownCode { // its level is unknown too
		what = "Code: unknown"
	}
	if v.Stage != "" && v.Stage != string(Unknown) {
		what += ", at stage " + v.Stage
	}
	p.line("%s", what)
	p.line("")
	p.line("%s", v.Cause)
	if v.NotWrong != "" {
		p.line("")
		p.line("Not wrong: %s", v.NotWrong)
	}
	p.evidence(r)
	p.fixes(v)
	if len(v.Candidates) > 0 {
		p.line("")
		p.line("From here these look the same")
		for _, c := range v.Candidates {
			p.line("  %s  %s", c.Code, c.Why)
		}
	}
	if v.Confirm != "" {
		p.line("")
		p.line("See it yourself: %s", v.Confirm)
	}
	if v.Unseen != "" {
		p.line("Not covered by this check: %s", v.Unseen)
	}
}

// fixes lists who can do what.
func (p *printer) fixes(v Verdict) {
	if len(v.Fix) == 0 {
		return
	}
	p.line("")
	p.line("What to do")
	for _, f := range v.Fix {
		p.line("  %s: %s", whoWords[f.Who], f.Text)
		if f.Command != "" {
			p.line("      %s", f.Command)
		}
	}
}

// evidence lists what the failed stage saw.
func (p *printer) evidence(r Report) {
	i := slices.IndexFunc(r.Stages, func(s Stage) bool { return s.ID == r.Verdict.Stage })
	if i < 0 || len(r.Stages[i].Evidence) == 0 {
		return
	}
	p.line("")
	p.line("Seen")
	for _, x := range EvidenceWords(r.Stages[i].Evidence) {
		p.line("  %-34s %s", x.Name, x.Value)
	}
}

package views

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"onramp/fault"
)

// path joins segments to an absolute path, each escaped.
func path(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// lastPart is what stands after the last slash of an address: the name of the file it gives.
func lastPart(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }

// documentTitle is what the tab says: the rehearsal is named first, the product last.
func documentTitle(f Frame) string {
	title := "Onramp"
	if f.Title != "" {
		title = f.Title + " · Onramp"
	}
	if f.Rehearsal || f.CloudSide {
		title = "[Rehearsal] " + title
	}
	return title
}

func iconName(f Frame) string {
	if f.Rehearsal || f.CloudSide {
		return "rehearsal.svg"
	}
	return "icon.svg"
}

// themeAttr fixes the theme on <html>; without it the reader's system decides.
func themeAttr(theme string) templ.Attributes {
	if theme == "light" || theme == "dark" {
		return templ.Attributes{"data-theme": theme}
	}
	return nil
}

func currentPage(current bool) templ.Attributes {
	if current {
		return templ.Attributes{"aria-current": "page"}
	}
	return nil
}

func yesNo(b bool) string { return strconv.FormatBool(b) }

// railSummary is the folded rail's one line on a narrow screen.
func railSummary(p RailProps) string {
	for _, s := range p.Steps {
		if s.Current {
			return "Step " + s.Number + " of " + strconv.Itoa(len(p.Steps)) + " · " + p.Done
		}
	}
	return p.Done
}

// in returns the problems that belong to a field.
func (p Problems) in(field string) Problems {
	var out Problems
	for _, f := range p {
		if f != nil && f.Field == field {
			out = append(out, f)
		}
	}
	return out
}

// unchanged reports whether each of them says that nothing was changed: only an act knows.
func (p Problems) unchanged() bool {
	for _, f := range p {
		if f == nil || !f.Unchanged || f.Left != "" {
			return false
		}
	}
	return len(p) > 0
}

// text is what stands at a field: the fix first, because the reader is about to type.
func problemText(f *fault.Fault) string {
	return sentences(either(f.Fix, f.Title), f.Cause)
}

// either returns the first text that is not empty.
func either(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// sentences joins texts, giving each a full stop where it lacks an end.
func sentences(texts ...string) string {
	var b strings.Builder
	for _, t := range texts {
		t = strings.TrimSpace(t)
		if t == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t)
		if !strings.ContainsAny(t[len(t)-1:], ".!?:…") {
			b.WriteByte('.')
		}
	}
	return b.String()
}

// count says how many of a thing: "1 thing to change", "3 things to change".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// percent prints a share of a whole as an SVG length, kept between 0 and 100.
func percent(part, whole float64) string {
	if whole <= 0 || part <= 0 {
		return "0%"
	}
	return strconv.FormatFloat(min(part/whole, 1)*100, 'f', 2, 64) + "%"
}

// who names the person that a fix asks for.
func whoLabel(who string) string {
	switch who {
	case "developer":
		return "Developer"
	case "cloud-admin":
		return "Namespace Admin in Temporal Cloud"
	case "network":
		return "Network team"
	case "platform":
		return "Platform team"
	}
	return who
}

// id makes an id from its parts: letters, digits and hyphens stay, all else becomes a hyphen.
func id(parts ...string) string {
	s := strings.Join(parts, "-")
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, s)
}

// empty reports an install that has no migration yet.
func (p HomeProps) empty() bool { return len(p.Sections) == 0 && p.List == nil }

// noteChoices are the steps that may be noted as done outside.
func noteChoices(p StepsProps) []Choice {
	var cs []Choice
	for _, s := range p.Steps {
		if s.CanNote {
			cs = append(cs, Choice{Value: s.ID, Label: s.Number + ". " + s.Title, Selected: s.ID == p.NoteStep})
		}
	}
	return cs
}

func namespaceHint(rehearsal bool) string {
	if rehearsal {
		return "In a rehearsal any valid ID does; one is filled in for you"
	}
	return "For example payments-prod.a1b2c"
}

func stateOr(s, other State) State {
	if s == "" {
		return other
	}
	return s
}

func lendHint(how string) string {
	return sentences("Onramp holds it in memory for "+either(how, "a few minutes")+" and uses it for the checks and transfers that you start", "Without it, each test asks where the key is")
}

func uploadText(p UploadProps) string {
	if p.Rehearsal {
		return "Open the Cloud side"
	}
	return "Open Temporal Cloud"
}

// bare reports a check that has nothing to open.
func (p StageProps) bare() bool { return len(p.Evidence)+len(p.Findings) == 0 }

// runStep is the number of the part that runs the worker.
func runStep(p CodePageProps) string {
	if len(p.Starter) > 0 {
		return "4"
	}
	return "3"
}

// span is the width of the timeline in seconds: at least to the end of its last bar.
func (p TimelineProps) span() float64 {
	d := p.Span
	for _, r := range p.Rows {
		for _, b := range r.Bars {
			d = max(d, b.End, b.Start)
		}
	}
	return d.Seconds()
}

// x and width place a bar on its lane, as SVG lengths. A bar is never too thin to see.
func (b BarProps) x(span float64) string { return percent(b.Start.Seconds(), span) }

func (b BarProps) width(span float64) string {
	return percent(max((b.End-b.Start).Seconds(), span*0.004), span)
}

// browserOnly hides the whole list of downloads where all it could offer is a key that only the browser
// holds; the script shows it to the page that has the key.
func browserOnly(p KeysProps) templ.Attributes {
	if p.Browser && !p.Bundle && !p.CAKey {
		return templ.Attributes{"data-browser-key": true, "hidden": true}
	}
	return nil
}

// problems are those of every form of the page.
func (p SettingsProps) problems() Problems {
	return append(p.NameProblems[:len(p.NameProblems):len(p.NameProblems)], p.DeleteProblems...)
}

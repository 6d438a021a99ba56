package journey

import (
	"bytes"
	"fmt"
	"strings"

	"onramp/views"
)

// reportMarkdown is a report as Markdown (CommonMark with the tables of GitHub's), with addresses in full.
func reportMarkdown(p views.MigrationReportProps) []byte {
	var b bytes.Buffer
	line := func(format string, texts ...any) { fmt.Fprintf(&b, format+"\n", texts...) }
	pairs := func(ps []views.Pair) {
		line("")
		for _, x := range ps {
			value := markdownText(x.Value)
			if x.Mono {
				value = markdownCode(x.Value)
			}
			if x.URL != "" {
				value += ": " + markdownLink(x.URL)
			}
			line("- %s: %s", x.Name, value)
		}
		line("")
	}
	line("# Migration report: %s\n", markdownText(p.Name))
	line("**%s.** %s\n", markdownText(p.Title), markdownText(p.Text))
	if len(p.Gaps) > 0 {
		line("## What is not proved\n")
		for _, g := range p.Gaps {
			line("- **%s:** %s", markdownText(g.What), markdownText(g.Why))
		}
		line("")
	}
	line("## What was proved, and how\n")
	line("| Step | State | Evidence | When | By | Run |")
	line("|---|---|---|---|---|---|")
	for _, s := range p.Steps {
		run := ""
		if s.Run != nil {
			run = markdownText(s.Run.Text) + " " + markdownLink(s.Run.URL)
		}
		line("| %s\\. %s | %s | %s | %s | %s | %s |", s.Number, markdownText(s.Title), markdownText(s.Word), markdownText(s.Evidence), s.When, markdownText(s.By), run)
	}
	line("")
	if len(p.Certs) > 0 {
		line("## Certificates\n")
		line("| Certificate | Subject | SHA-256 fingerprint | State |")
		line("|---|---|---|---|")
		for _, c := range p.Certs {
			line("| %s | %s | %s | %s |", c.What, markdownText(c.Subject), markdownCode(c.Fingerprint), markdownText(strings.TrimSuffix(c.Word+", "+c.Expires, ", ")))
		}
		line("")
	}
	for _, s := range p.Sections {
		line("## %s", s.Title)
		pairs(s.Pairs)
	}
	line("## About this report")
	pairs(p.About)
	line("It shows what Onramp had observed when it was created. It contains no key, and no workflow input or result.")
	return b.Bytes()
}

// markdownText is a text that somebody typed as Markdown that shows it and does nothing: each sign that Markdown, its
// tables, autolinks, mentions or formulas know is escaped, line ends become blanks.
func markdownText(s string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(s) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		for i, r := range word {
			switch {
			case strings.ContainsRune("\\`*_{}[]()<>#+!|~&:$@^=\"", r), r == '-' && i == 0, r == '.' && (i == 0 || i >= 3 && strings.EqualFold(word[i-3:i], "www")):
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// markdownCode is an identifier as Markdown: code, in a fence that is longer than any in it. In code a bar is another
// thing inside a table than outside, so that what has one is a text.
func markdownCode(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" || strings.Contains(s, "|") {
		return markdownText(s)
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// markdownLink is an address of ours as a link.
func markdownLink(url string) string {
	return "<" + strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", " ", "%20", "`", "%60", "\n", "").Replace(url) + ">"
}

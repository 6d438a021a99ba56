package journey

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"

	"onramp/views"
)

// reportOf is a report in which every text that people can choose is this one.
func reportOf(text string) views.MigrationReportProps {
	run := &views.Link{Text: "Check 3", URL: "http://127.0.0.1:8686/m/a/test/r"}
	return views.MigrationReportProps{Name: text, Title: "4 of 6 steps are done", Text: "What is missing is listed below.",
		Steps:    []views.ReportStepRow{{Number: "1", Title: "Choose the namespace", Word: "Recorded", Evidence: text, When: "29 Nov 2026, 02:48 UTC", By: text, Run: run}},
		Gaps:     []views.ReportGapRow{{What: "Step 5: Change the worker", Why: text}},
		Certs:    []views.ReportCertRow{{What: "CA certificate", Subject: text, Fingerprint: "9f3c", Word: "Expired"}},
		Sections: []views.ReportSection{{Title: "Worker", Pairs: []views.Pair{{Name: "Identity", Value: text, Mono: true}, {Name: "Reported by", Value: text}}}}}
}

// read is what a reader of the Markdown gets: the elements, and the text of those that hold words.
func read(t *testing.T, md []byte) (elements, texts []string) {
	t.Helper()
	var b bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert(md, &b); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data != "code" { // an identifier may be a text instead
			elements = append(elements, n.Data)
		}
		if slices.Contains([]string{"td", "li", "h1"}, n.Data) {
			var text strings.Builder
			for d := range n.Descendants() {
				if d.Type == html.TextNode {
					text.WriteString(d.Data)
				}
			}
			texts = append(texts, text.String())
		}
	}
	return elements, texts
}

// TestMarkdownOfWhatPeopleType: whatever somebody typed is shown as it is, and nothing of it becomes Markdown or HTML.
func TestMarkdownOfWhatPeopleType(t *testing.T) {
	plain, _ := read(t, reportMarkdown(reportOf("harmless")))
	for _, text := range []string{
		"a | b || c", `back\slash \| bar \\| bar`, "`code` ``more`` ```", "`", "ends with `", "**bold** __bold__ *i* _i_ ~~gone~~",
		"<script>alert(1)</script>", "<b>bold</b> &lt; &amp; &#60; <!-- gone -->", "[link](http://evil.example) ![img](http://evil.example/x.png)", "[ref]: http://evil.example",
		"http://evil.example www.evil.example WWW.evil.example https://evil.example/?a=b", "mail@evil.example <mail@evil.example>", "@dana #12 $x^2$ :smile:",
		"# heading", "- item", "+ item", "1. item", "> quote", "---", "===", "| a | b |\n|---|---|\n| c | d |", "line\nbreak\r\nand\ttab", "```\nfence", "    indented",
		"- [ ] task", "![](x)", "\\", "\\`", "a\\", "{% raw %} {{ x }}", "'quoted' \"quoted\" -- ... (c)", "Zahlungen für Köln 支付", "-", ".", "www.", "&copy", "[^1]", "~", "=", "a\u00a0b",
	} {
		elements, texts := read(t, reportMarkdown(reportOf(text)))
		if !slices.Equal(elements, plain) {
			t.Errorf("%q became %v, want %v", text, elements, plain)
		}
		want := strings.Join(strings.Fields(text), " ")
		said := func(how func(got string) bool) bool { return slices.ContainsFunc(texts, how) }
		if texts[0] != "Migration report: "+want {
			t.Errorf("%q: the heading reads %q", text, texts[0])
		}
		for where, ok := range map[string]bool{
			"cell": said(func(got string) bool { return got == want }), "list": said(func(got string) bool { return got == "Step 5: Change the worker: "+want }),
			"code": said(func(got string) bool { return got == "Identity: "+want }), "pair": said(func(got string) bool { return got == "Reported by: "+want }),
		} {
			if !ok {
				t.Errorf("%q: no %s reads so in %q", text, where, texts)
			}
		}
	}
}

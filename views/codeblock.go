package views

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// CodeBlockProps is a block of text to read, copy or download. The zero value is shown nowhere.
type CodeBlockProps struct {
	ID       string   // unique on the page; its <pre> has it
	Name     string   // heading: "ca.pem", "bash", "Fix"
	Label    string   // accessible name when Name alone does not say it: "CA certificate"
	Lang     string   // for the colours: python, go, bash, yaml … ; "" for plain text
	Text     string   // exactly what Copy copies
	Values   []string // the user's own values inside Text, marked so that the eye finds them
	Raw      string   // address of the same as text/plain, "" for none
	Download string   // address of the same as a file, "" for none
	TestID   string   // data-testid of the <pre>
}

// DiffProps is one change of a file, shown line by line with + and − signs.
type DiffProps struct {
	ID     string // unique on the page
	File   string // "run_worker.py"
	Lang   string
	Before string // "" for a new file
	After  string // "" for a removal
	Values []string
}

// Inside <pre> every blank counts, so what stands there is written here and not in a template.

// codeText is the text of a block with its colours.
func codeText(c CodeBlockProps) templ.Component {
	var b strings.Builder
	openPre(&b, c.ID, either(c.Label, c.Name))
	if c.TestID != "" {
		attr(&b, "data-testid", c.TestID)
	}
	b.WriteString("><code>")
	writeTokens(&b, highlight(c.Lang, c.Text, c.Values))
	b.WriteString("</code></pre>")
	return written(b.String())
}

// diffText is a change, one line of the file a line, each with its sign.
func diffText(d DiffProps) templ.Component {
	var b strings.Builder
	openPre(&b, d.ID, "Change of "+d.File)
	attr(&b, "data-copy", d.After)
	b.WriteString("><code>")
	for _, l := range lineDiff(d) {
		switch l.sign {
		case '+':
			b.WriteString(`<ins><span class="sign">+ </span>`)
			writeTokens(&b, l.tokens)
			b.WriteString("\n</ins>")
		case '-':
			b.WriteString(`<del><span class="sign">− </span>`)
			writeTokens(&b, l.tokens)
			b.WriteString("\n</del>")
		default:
			b.WriteString(`<span class="sign">  </span>`)
			writeTokens(&b, l.tokens)
			b.WriteString("\n")
		}
	}
	b.WriteString("</code></pre>")
	return written(b.String())
}

// openPre begins a block that can be reached and scrolled by keyboard, named but no landmark: a page has many; its tag is left open.
func openPre(b *strings.Builder, id, label string) {
	b.WriteString(`<pre tabindex="0" role="group"`)
	attr(b, "id", id)
	attr(b, "aria-label", label)
}

func attr(b *strings.Builder, name, value string) {
	b.WriteString(" " + name + `="` + templ.EscapeString(value) + `"`)
}

func writeTokens(b *strings.Builder, ts []token) {
	for _, t := range ts {
		if t.class == "" {
			b.WriteString(templ.EscapeString(t.text))
			continue
		}
		b.WriteString(`<span class="` + t.class + `">` + templ.EscapeString(t.text) + "</span>")
	}
}

// written is HTML whose every text has been escaped above.
func written(html string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, html)
		return err
	})
}

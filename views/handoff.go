package views

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// HandoffProps is what a Cloud admin is asked to do, for one file that needs no Onramp: WriteHandoff writes the page,
// opened from a disk; HandoffText is the same for mail or chat; HandoffMail a shorter one behind a mailto link.
type HandoffProps struct {
	Task      string // "Add one CA certificate to payments-prod.a1b2c"
	Ask       string // who asks for what, one or two sentences
	Needs     string // the right that is needed
	Rehearsal bool
	Made      string // "29 Nov 2026, 02:40 UTC"
	Link      Link   // where it is done
	Steps     []string

	File     string // name of the certificate's file; "" where there is none
	PEM      string // the certificate
	Facts    []Pair // its subject, fingerprint, expiry …
	Compare  string // how to make sure that it is the right one
	Commands []HandoffCommand

	Changes, Stays []string // what the admin's change does, and what it leaves alone
	Then           string   // what happens afterwards
	Unverified     []string // what this file says and nobody has seen in a live account
}

// HandoffCommand is the same by one tool.
type HandoffCommand struct {
	ID, Tool, Text string
	Notes          []string
}

// HandoffOffer is the part of a page that offers both. Test ids: handoff-file, handoff-text, handoff-mail.
type HandoffOffer struct {
	Lead string
	File Link // its test id is handoff-file
	Text CodeBlockProps
	Mail string // mailto:, "" where the text would not fit into one
	Go   bool   // it is the page's first action
}

// WriteHandoff writes the request as a whole page, to be saved as one file.
func WriteHandoff(ctx context.Context, w io.Writer, p HandoffProps) error {
	return handoffFile(p).Render(ctx, w)
}

//go:embed handoff.css
var handoffStyle string

// handoffPolicy lets the file show its own style and nothing else: no script runs in it and nothing is asked for.
func handoffPolicy() string {
	sum := sha256.Sum256([]byte(handoffStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

func handoffCSS() templ.Component { return written("<style>" + handoffStyle + "</style>") }

// dataURL is a text as the address of a file.
func dataURL(text string) templ.SafeURL {
	return templ.SafeURL("data:application/x-pem-file;base64," + base64.StdEncoding.EncodeToString([]byte(text)))
}

// preText is text in which every blank counts.
func preText(id, label, text string) templ.Component {
	var b strings.Builder
	openPre(&b, id, label)
	b.WriteString(">" + templ.EscapeString(text) + "</pre>")
	return written(b.String())
}

// HandoffText is the request as plain text.
func HandoffText(p HandoffProps) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if p.Rehearsal {
		line("REHEARSAL: nothing here is about a real Temporal Cloud account.\n")
	}
	line("%s\n", p.Task)
	line("%s", p.Ask)
	line("%s\n", p.Needs)
	for i, s := range p.Steps {
		line("%d. %s", i+1, s)
		if i == 0 {
			line("   %s", p.Link.URL)
		}
	}
	line("")
	for _, f := range p.Facts {
		line("%s: %s", f.Name, f.Value)
	}
	if p.PEM != "" {
		line("\nThe certificate. For the commands, save it as %s:\n%s", p.File, strings.TrimRight(p.PEM, "\n"))
	}
	if len(p.Commands) > 0 && !p.Rehearsal { // one: the file has them all
		line("\nOr with %s:\n%s", p.Commands[0].Tool, p.Commands[0].Text)
	}
	for _, s := range p.Stays {
		line("\n%s", s)
	}
	line("\n%s", p.Then)
	return b.String()
}

// MaxMailto is how long a mailto link may be: some mail programs and the systems that start them cut off at about 2,000
// characters (RFC 6068 sets no limit; ShellExecute's INTERNET_MAX_URL_LENGTH is 2,083).
const MaxMailto = 1900

// HandoffMail is a mailto link to a shorter text, which says what to attach; "" where even that is too long.
func HandoffMail(p HandoffProps) string {
	var b strings.Builder
	line := func(s string) { b.WriteString(s + "\r\n") }
	if p.Rehearsal {
		line("REHEARSAL: nothing here is about a real Temporal Cloud account.")
	}
	line(p.Ask)
	line("Everything you need is in the attached file: open it in any browser.")
	line("")
	for _, f := range p.Facts {
		if utf8.RuneCountInString(f.Value) <= 100 {
			line(f.Name + ": " + f.Value)
		}
	}
	line("")
	line(p.Needs)
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	link := "mailto:?subject=" + escape(p.Task) + "&body=" + escape(b.String())
	if len(link) > MaxMailto {
		return ""
	}
	return link
}

func handoffTitle(p HandoffProps) string {
	if p.Rehearsal {
		return "[Rehearsal] " + p.Task
	}
	return p.Task
}

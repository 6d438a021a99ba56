package handlers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// seen is what a person meets on a page, in reading order, a line a block: its text, where links lead, what forms
// send and where to, what is chosen, switched off or hidden, and the state that a colour stands for. How it is marked
// up is left out, as are the bar at the top, the foot and the rail of a migration's steps unless frame is set: many
// pages have the same. It returns too where the page's links lead within the portal.
func seen(t testing.TB, page string, frame bool) (text string, links []string) {
	t.Helper()
	doc, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(false)) // noscript is read too
	check(t, err)
	w := &pageWriter{frame: frame}
	w.walk(doc)
	w.line()
	for n := range doc.Descendants() {
		if to, _, _ := strings.Cut(attr(n, "href"), "#"); n.DataAtom == atom.A && strings.HasPrefix(to, "/") {
			links = append(links, to)
		}
	}
	return w.out.String(), links
}

// pageWriter writes the lines of a page.
type pageWriter struct {
	out   strings.Builder
	now   strings.Builder // the line that is not ended yet
	frame bool
	pre   int // how deep in preformatted text
}

// line ends a line; empty ones are left out.
func (w *pageWriter) line() {
	text := w.now.String()
	w.now.Reset()
	for l := range strings.SplitSeq(text, "\n") {
		if w.pre == 0 {
			l = strings.Join(strings.Fields(l), " ")
		}
		if strings.TrimSpace(l) != "" {
			w.out.WriteString(strings.TrimRight(l, " ") + "\n")
		}
	}
}

// inline are the elements that do not begin a line.
var inline = []atom.Atom{atom.A, atom.Abbr, atom.B, atom.Bdi, atom.Bdo, atom.Cite, atom.Code, atom.Data, atom.Del, atom.Dfn, atom.Em, atom.I, atom.Ins,
	atom.Kbd, atom.Label, atom.Mark, atom.Q, atom.S, atom.Samp, atom.Small, atom.Span, atom.Strong, atom.Sub, atom.Sup, atom.Time, atom.U, atom.Var, atom.Wbr}

func (w *pageWriter) walk(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		text := n.Data
		if w.pre == 0 {
			text = strings.Map(func(r rune) rune {
				if r == '\n' || r == '\t' {
					return ' '
				}
				return r
			}, text)
		}
		w.now.WriteString(text)
		return
	case html.ElementNode:
	default:
		w.inside(n)
		return
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Link, atom.Meta, atom.Template:
		return
	case atom.Svg:
		w.now.WriteString(attr(n, "aria-label"))
		return
	case atom.Br:
		w.line()
		return
	case atom.Img:
		w.now.WriteString(attr(n, "alt"))
		return
	case atom.Option:
		w.line()
		fmt.Fprintf(&w.now, "- %q ", attr(n, "value"))
		w.inside(n)
		w.flags(n, "selected", "disabled")
		w.line()
		return
	case atom.Input, atom.Select, atom.Textarea:
		w.field(n)
		return
	case atom.Header, atom.Footer:
		class := " " + attr(n, "class") + " "
		if !w.frame && (strings.Contains(class, " bar ") || strings.Contains(class, " foot ")) {
			return
		}
	case atom.Nav:
		if !w.frame && attr(n, "id") == "rail" {
			return
		}
	}
	block := !slices.Contains(inline, n.DataAtom)
	if block {
		w.line()
	}
	w.before(n)
	if n.DataAtom == atom.Pre {
		w.pre++
		w.inside(n)
		w.line()
		w.pre--
	} else {
		w.inside(n)
	}
	w.after(n)
	if block {
		w.line()
	}
}

func (w *pageWriter) inside(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c)
	}
}

// before writes what an element is, where that matters to a reader.
func (w *pageWriter) before(n *html.Node) {
	if slices.Contains(inline, n.DataAtom) && w.pre == 0 {
		w.now.WriteString(" ") // texts of neighbours stay apart
	}
	if s := attr(n, "data-s"); s != "" && (n.Parent == nil || attr(n.Parent, "data-s") != s) {
		fmt.Fprintf(&w.now, "(%s) ", s)
	}
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.now.WriteString(strings.Repeat("#", int(n.Data[1]-'0')) + " ")
	case atom.Li, atom.Tr:
		w.now.WriteString("* ")
	case atom.Details:
		fmt.Fprintf(&w.now, "[details%s]", has(n, "open"))
	case atom.Form:
		method := strings.ToUpper(attr(n, "method"))
		fmt.Fprintf(&w.now, "[form %s %s]", method, attr(n, "action"))
	case atom.Noscript:
		w.now.WriteString("[without JavaScript]")
	}
	if has(n, "hidden") != "" {
		w.now.WriteString("[hidden] ")
	}
	if n.DataAtom == atom.Form || n.DataAtom == atom.Details || n.DataAtom == atom.Noscript {
		w.line()
	}
}

// after writes where an element leads.
func (w *pageWriter) after(n *html.Node) {
	switch n.DataAtom {
	case atom.A:
		fmt.Fprintf(&w.now, " <%s>", attr(n, "href"))
	case atom.Button:
		w.now.WriteString(" [button")
		for _, name := range []string{"name", "value", "formaction"} {
			if v := attr(n, name); v != "" {
				fmt.Fprintf(&w.now, " %s=%s", name, v)
			}
		}
		w.now.WriteString("]")
		w.flags(n, "disabled")
	case atom.Time:
		if at := attr(n, "datetime"); at != "" {
			fmt.Fprintf(&w.now, " {%s}", at)
		}
	}
	if label := attr(n, "aria-label"); label != "" && n.DataAtom != atom.Nav {
		fmt.Fprintf(&w.now, " {%s}", label)
	}
	if current := attr(n, "aria-current"); current != "" {
		w.now.WriteString(" (here)")
	}
	if slices.Contains(inline, n.DataAtom) && w.pre == 0 {
		w.now.WriteString(" ")
	}
}

// field writes a field of a form: its name and what it would send.
func (w *pageWriter) field(n *html.Node) {
	w.line()
	kind := n.Data
	if n.DataAtom == atom.Input {
		kind = attr(n, "type")
		if kind == "" {
			kind = "text"
		}
	}
	fmt.Fprintf(&w.now, "[%s %s]", kind, attr(n, "name"))
	switch n.DataAtom {
	case atom.Input:
		value := attr(n, "value")
		if attr(n, "name") == "once" && value != "" {
			value = "ONCE" // random, so that a form sent twice counts once
		}
		if value != "" {
			fmt.Fprintf(&w.now, " %q", value)
		}
	case atom.Textarea:
		var text strings.Builder
		for d := range n.Descendants() {
			text.WriteString(d.Data)
		}
		if text.Len() > 0 {
			fmt.Fprintf(&w.now, " %q", text.String())
		}
	}
	w.flags(n, "checked", "disabled", "readonly", "required", "hidden")
	w.line()
	if n.DataAtom == atom.Select {
		w.inside(n)
	}
}

func (w *pageWriter) flags(n *html.Node, names ...string) {
	for _, name := range names {
		w.now.WriteString(has(n, name))
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// has is " name" for an element that has the attribute, else nothing.
func has(n *html.Node, name string) string {
	if slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name }) {
		return " " + name
	}
	return ""
}

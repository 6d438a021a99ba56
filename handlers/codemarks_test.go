package handlers_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"onramp/snippet"
)

// TestMarksAreTheDifference: in each language the page's changes, without their marks, are the template's text and
// the new text to the letter; what is marked differs, what is not is the same; and the code is coloured.
func TestMarksAreTheDifference(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	d.post(m+"/namespace", "namespace", "orders.a1b2c").to(t)
	for _, lang := range snippet.Langs() {
		for _, auth := range snippet.Auths {
			for _, style := range snippet.Styles {
				c, err := snippet.Write(snippet.Request{Lang: lang, Namespace: "orders.a1b2c", Auth: auth, Style: style})
				check(t, err)
				var befores, reverses []string
				for _, e := range c.Edits {
					befores = append(befores, e.Before)
				}
				for _, e := range c.Reverse {
					reverses = append(reverses, e.After)
				}
				doc, err := html.Parse(strings.NewReader(d.get(m+"/code?lang="+lang+"&auth="+auth+"&style="+style).want(t, 200).body))
				check(t, err)
				seen, back, coloured := 0, 0, 0
				for n := range doc.Descendants() {
					id := attribute(n, "id")
					if n.Data != "pre" || !strings.HasPrefix(id, "edit-") && !strings.HasPrefix(id, "reverse-") {
						continue
					}
					before, after := diffSides(t, n)
					if want := attribute(n, "data-copy"); trimEnd(after) != trimEnd(want) {
						t.Errorf("%s %s %s, %s shows %q, and copies %q", lang, auth, style, id, after, want)
					}
					if strings.HasPrefix(id, "edit-") {
						seen++
						if !slices.ContainsFunc(befores, func(b string) bool { return trimEnd(b) == trimEnd(before) }) {
							t.Errorf("%s %s %s, %s shows as the template's: %q", lang, auth, style, id, before)
						}
					} else {
						back++
						if !slices.ContainsFunc(reverses, func(b string) bool { return trimEnd(b) == trimEnd(after) }) {
							t.Errorf("%s %s %s, %s shows as the way back: %q", lang, auth, style, id, after)
						}
					}
					for s := range n.Descendants() {
						if s.Data == "span" && slices.Contains([]string{"k", "s", "c", "f", "n"}, attribute(s, "class")) {
							coloured++
						}
					}
				}
				if seen != len(c.Edits) || back != len(c.Reverse) || seen == 0 || coloured < 3 {
					t.Errorf("%s %s %s: %d changes and %d ways back, want %d and %d; %d coloured words", lang, auth, style, seen, back, len(c.Edits), len(c.Reverse), coloured)
				}
			}
		}
	}
}

// diffSides reads a change as it is shown: what stood there, and what is to stand there. Lines marked as going and as
// coming between two that stay have none in common.
func diffSides(t *testing.T, pre *html.Node) (before, after string) {
	t.Helper()
	code := pre.FirstChild
	var gone, come []string
	flush := func() {
		for _, l := range gone {
			if slices.Contains(come, l) {
				t.Errorf("%s: the line %q is marked as going and coming, and stays", attribute(pre, "id"), l)
			}
		}
		gone, come = nil, nil
	}
	var l, r strings.Builder
	for n := code.FirstChild; n != nil; n = n.NextSibling {
		switch n.Data {
		case "del":
			gone = append(gone, shownText(n))
			l.WriteString(shownText(n))
		case "ins":
			come = append(come, shownText(n))
			r.WriteString(shownText(n))
		default:
			flush()
			l.WriteString(shownText(n))
			r.WriteString(shownText(n))
		}
	}
	flush()
	return l.String(), r.String()
}

// shownText is the text of a node without the signs before lines.
func shownText(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	if attribute(n, "class") == "sign" {
		return ""
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(shownText(c))
	}
	return b.String()
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// trimEnd drops the last line's end, which a page shows whether or not it is there.
func trimEnd(s string) string { return strings.TrimSuffix(s, "\n") }

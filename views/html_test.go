package views

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// parse reads a page as a browser does.
func parse(t testing.TB, text string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return doc
}

// elements are every element of a page, in order.
func elements(doc *html.Node) []*html.Node {
	var out []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			out = append(out, n)
		}
	}
	return out
}

func attribute(n *html.Node, name string) string {
	v, _ := lookup(n, name)
	return v
}

func lookup(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// textOf is what a reader hears: the text and the labels inside.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// rules are what every page obeys. Each returns what is wrong with a page.
var rules = map[string]func(all []*html.Node) []string{
	"ids are unique":              uniqueIDs,
	"references lead somewhere":   references,
	"headings go down one by one": headings,
	"fields have labels":          labels,
	"links and buttons have names": func(all []*html.Node) []string {
		return each(all, func(n *html.Node) string {
			if (n.Data == "a" || n.Data == "button") && textOf(n) == "" && attribute(n, "aria-label") == "" {
				return "no name"
			}
			return ""
		})
	},
	"nothing inline that the policy forbids": func(all []*html.Node) []string {
		return each(all, func(n *html.Node) string {
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
					return a.Key + "=" + a.Val
				}
			}
			if n.Data == "style" || (n.Data == "script" && (attribute(n, "src") == "" || n.FirstChild != nil)) {
				return "inline"
			}
			return ""
		})
	},
	"nothing from another host": func(all []*html.Node) []string {
		return each(all, func(n *html.Node) string {
			url := attribute(n, "src")
			if n.Data == "link" {
				url = attribute(n, "href")
			}
			if strings.Contains(url, "//") {
				return url
			}
			return ""
		})
	},
	"forms post within Onramp, or search": func(all []*html.Node) []string {
		return each(all, func(n *html.Node) string {
			method := attribute(n, "method")
			if n.Data == "form" && (method != "post" && !(method == "get" && attribute(n, "role") == "search") || !strings.HasPrefix(attribute(n, "action"), "/")) {
				return attribute(n, "method") + " " + attribute(n, "action")
			}
			return ""
		})
	},
	"tables say what their columns are": func(all []*html.Node) []string {
		return each(all, func(n *html.Node) string {
			if n.Data == "th" && attribute(n, "scope") == "" {
				return "no scope"
			}
			return ""
		})
	},
	"drawings are decoration": func(all []*html.Node) []string {
		return each(all, func(n *html.Node) string {
			if n.Data == "svg" && attribute(n, "aria-hidden") != "true" && (n.Parent == nil || n.Parent.Data != "svg") {
				return "not hidden from readers"
			}
			return ""
		})
	},
	"what scrolls can be reached by keyboard": func(all []*html.Node) []string {
		return each(all, func(n *html.Node) string {
			if (n.Data == "pre" || slices.Contains(strings.Fields(attribute(n, "class")), "scroll")) &&
				(attribute(n, "tabindex") != "0" || !slices.Contains([]string{"region", "group"}, attribute(n, "role")) || attribute(n, "aria-label") == "") {
				return "no tabindex, role or label"
			}
			return ""
		})
	},
	"no word touches a time or a link": func(all []*html.Node) []string {
		letter := func(s string, last bool) bool {
			r, _ := utf8.DecodeRuneInString(s)
			if last {
				r, _ = utf8.DecodeLastRuneInString(s)
			}
			return unicode.IsLetter(r)
		}
		return each(all, func(n *html.Node) string {
			if !slices.Contains([]string{"time", "a", "strong", "code"}, n.Data) {
				return ""
			}
			before, after := n.PrevSibling, n.NextSibling
			if before != nil && before.Type == html.TextNode && letter(before.Data, true) || after != nil && after.Type == html.TextNode && letter(after.Data, false) {
				return "beside it is a word without a space"
			}
			return ""
		})
	},
	"the frame is whole": func(all []*html.Node) []string {
		var missing []string
		for _, id := range []string{"main", "say", "alarm", "toast"} {
			if !slices.ContainsFunc(all, func(n *html.Node) bool { return attribute(n, "id") == id }) {
				missing = append(missing, "no #"+id)
			}
		}
		return missing
	},
}

// ASVS 3.6.1.
func TestPagesObeyTheRules(t *testing.T) {
	for _, p := range pages() {
		all := elements(parse(t, render(t, p.html)))
		for name, rule := range rules {
			for _, wrong := range rule(all) {
				t.Errorf("%s: %s: %s", p.name, name, wrong)
			}
		}
	}
}

// The rules themselves: a page that breaks each of them.
func TestRulesSeeWhatIsWrong(t *testing.T) {
	const page = `<html><body onload="x()"><main id="a"><h1>A</h1><h3>C</h3><p id="a" style="x"></p>
		<input name="q"><a href="#nowhere">x</a><button></button><img src="https://else.where/x"><form action="https://else.where"></form>
		<th>x</th><svg></svg><pre>x</pre><script>x</script>at<time>noon</time>by</main></body></html>`
	all := elements(parse(t, strings.Replace(page, "<th>x</th>", "<table><tr><th>x</th></tr></table>", 1)))
	for name, rule := range rules {
		if len(rule(all)) == 0 {
			t.Errorf("%q finds nothing on a page that breaks it", name)
		}
	}
}

func each(all []*html.Node, rule func(*html.Node) string) []string {
	var out []string
	for _, n := range all {
		if wrong := rule(n); wrong != "" {
			out = append(out, fmt.Sprintf("<%s id=%q>: %s", n.Data, attribute(n, "id"), wrong))
		}
	}
	return out
}

func uniqueIDs(all []*html.Node) []string {
	seen := map[string]bool{}
	return each(all, func(n *html.Node) string {
		id, ok := lookup(n, "id")
		switch {
		case !ok:
			return ""
		case id == "" || strings.ContainsAny(id, " \t\n"):
			return "not an id"
		case seen[id]:
			return "twice on the page"
		}
		seen[id] = true
		return ""
	})
}

// references are attributes that name another element of the page.
func references(all []*html.Node) []string {
	ids := map[string]bool{}
	for _, n := range all {
		ids[attribute(n, "id")] = true
	}
	return each(all, func(n *html.Node) string {
		var named []string
		for _, a := range []string{"aria-labelledby", "aria-describedby", "aria-controls", "for", "data-filter"} {
			named = append(named, strings.Fields(attribute(n, a))...)
		}
		if url := attribute(n, "href"); strings.HasPrefix(url, "#") {
			named = append(named, url[1:])
		}
		for _, id := range named {
			if !ids[id] {
				return "names #" + id + ", which is not on the page"
			}
		}
		return ""
	})
}

// headings begin with one h1 and never skip a level.
func headings(all []*html.Node) []string {
	last, tops := 0, 0
	wrong := each(all, func(n *html.Node) string {
		if len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
			return ""
		}
		level := int(n.Data[1] - '0')
		defer func() { last = level }()
		if level == 1 {
			tops++
		}
		if level > last+1 {
			return fmt.Sprintf("%q comes after h%d", textOf(n), last)
		}
		if textOf(n) == "" {
			return "an empty heading"
		}
		return ""
	})
	if tops != 1 {
		wrong = append(wrong, fmt.Sprintf("%d h1", tops))
	}
	return wrong
}

// labels: every field that a person fills in has one, and every group of radios its legend.
func labels(all []*html.Node) []string {
	labelled := map[string]bool{}
	for _, n := range all {
		if n.Data == "label" && textOf(n) != "" {
			labelled[attribute(n, "for")] = true
		}
	}
	return each(all, func(n *html.Node) string {
		switch n.Data {
		case "input", "select", "textarea":
			if attribute(n, "type") != "hidden" && !labelled[attribute(n, "id")] {
				return "no label"
			}
		case "fieldset":
			for c := range n.ChildNodes() {
				if c.Data == "legend" {
					return ""
				}
			}
			return "no legend"
		}
		return ""
	})
}

// rawText is the text inside an element, blank for blank.
func rawText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

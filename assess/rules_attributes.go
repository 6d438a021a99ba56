package assess

import (
	"fmt"
	"onramp/namespace"
	"slices"
	"strings"
)

// attributeRoom is how many custom search attributes of a type a namespace in Temporal Cloud may have, 0 for a type that it
// does not know.
func attributeRoom(kind string) int {
	for _, t := range namespace.AttributeTypes {
		if t.Name == kind {
			return t.Most
		}
	}
	return 0
}

var attributeRules = []rule{
	{id: "S1", what: "search attributes", moves: config,
		rule:   "Custom search attributes must exist before a workflow uses them. A namespace may have 20 each of Bool, Datetime, Double and Int, 40 Keyword, 5 KeywordList and 5 Text.",
		source: docLimits, wrong: "With Elasticsearch the list is the whole cluster's, not this namespace's alone.",
		each: func(a *answer, f *Facts, n *Namespace) {
			switch {
			case n.AttributesR != Read:
				a.unread("The search attributes", n.AttributesR)
				return
			case len(n.Attributes) == 0:
				a.both(Pass, Row{Title: "There is no custom search attribute to create"})
				return
			}
			ev := map[string]any{}
			of := map[string]int{}
			for _, at := range n.Attributes {
				of[at.Type]++
				ev[at.Name] = at.Type
			}
			var over []string
			for _, t := range sortedKeys(of) {
				if room := attributeRoom(t); of[t] > room {
					over = append(over, fmt.Sprintf("%d %s (at most %d)", of[t], t, room))
				}
			}
			to := a.as[n.Name]
			if len(over) > 0 {
				a.both(Blocker, Row{Title: "There are more search attributes than Temporal Cloud allows: " + strings.Join(over, ", "), Evidence: ev,
					Fix: []Fix{developer("Use fewer: see S3 for those that no execution uses, or move some into one KeywordList.", "")}})
				return
			}
			a.both(Warning, Row{Title: plural(len(n.Attributes), "custom search attribute") + " must be created in Temporal Cloud before workers start", Evidence: ev,
				Fix: []Fix{admin("Create them; a workflow that sets an unknown one fails.", AttributeCommand(to+"."+accountHere, n.Attributes))}})
		}},
	{id: "S2", what: "search attribute names", moves: code,
		rule:   "The name of a search attribute has at most 64 characters, of letters, digits, blanks and . , : - _ / @ \\.",
		source: docLimits, wrong: "The documentation's list of characters can be read in two ways, and it does not say whether case matters.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			if n.AttributesR != Read {
				a.unread("The search attributes' names", n.AttributesR)
				return
			}
			var bad []string
			for _, at := range n.Attributes {
				if namespace.AttributeNameRule(at.Name) != "" {
					bad = append(bad, at.Name)
				}
			}
			if len(bad) > 0 {
				a.both(Blocker, Row{Title: plural(len(bad), "name") + " of search attributes cannot be used in Temporal Cloud: " + few(bad, 3), Evidence: map[string]any{"names": bad},
					Fix: []Fix{developer("Give them other names in the code and in queries, before you create them.", "")}})
				return
			}
			a.both(Pass, Row{Title: "The search attributes' names can be used in Temporal Cloud"})
		}},
	{id: "S3", what: "search attributes in use", moves: config,
		rule:   "An attribute that no execution uses need not be created: a namespace has only so many, and they cannot be taken back later.",
		source: docSearch, wrong: "Only executions that retention still keeps are counted: one that is used once a year looks unused.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			if n.AttributesR != Read {
				a.unread("Whether search attributes are used", n.AttributesR)
				return
			}
			var unused, unread []string
			for _, at := range n.Attributes {
				switch {
				case !at.Used.known():
					unread = append(unread, at.Name)
				case at.Used.N == 0:
					unused = append(unused, at.Name)
				}
			}
			if len(unread) > 0 {
				a.both(Unknown, Row{Title: "Whether they are used could not be counted: " + few(unread, 3), Evidence: map[string]any{"names": unread}})
			}
			switch {
			case len(unused) > 0:
				a.both(Info, Row{Title: "No execution in retention uses " + few(unused, 3), Evidence: map[string]any{"names": unused},
					Fix: []Fix{developer("Ask whoever added them before you leave them out.", "")}})
			case len(unread) == 0:
				a.both(Pass, Row{Title: "Every custom search attribute is in use, or there is none"})
			}
		}},
	{id: "S4", what: "lists in Keyword attributes", moves: code,
		rule:   "Since server 1.20 a Keyword holds one value; a list needs a KeywordList.",
		source: docSearch, wrong: "Nobody may write lists: Onramp reads no values.",
		each: func(a *answer, f *Facts, n *Namespace) {
			newer, known := atLeast(f.Cluster.ServerVersion, release{1, 20, 0})
			keyword := slices.ContainsFunc(n.Attributes, func(at Attribute) bool { return at.Type == "Keyword" })
			switch {
			case n.AttributesR != Read || f.Cluster.Info != Read:
				a.unread("Whether Keyword attributes may hold lists", Failed)
			case !keyword:
				a.both(Pass, Row{Title: "There is no custom Keyword attribute"})
			case known && newer || !strings.Contains(f.Cluster.Visibility, "elasticsearch"):
				a.both(Pass, Row{Title: "This server holds one value in a Keyword already"})
			case !known:
				a.unread("The server's version", f.Cluster.System)
			default:
				a.both(Warning, Row{Title: "On this server a Keyword may hold a list; in Temporal Cloud it may not",
					Fix: []Fix{developer("Where the code sets a list, create the attribute as a KeywordList.", "")}})
			}
		}},
}

// AttributeCommand creates search attributes with tcld, one line of a shell.
func AttributeCommand(namespaceID string, attributes []Attribute) string {
	var b strings.Builder
	b.WriteString("tcld namespace search-attributes add --namespace " + shell(namespaceID))
	for _, at := range attributes {
		b.WriteString(" --search-attribute " + shell(at.Name+"="+at.Type))
	}
	return b.String()
}

package config

import (
	"encoding/base64"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yaml reads YAML documents; it reports whether they were read.
func (d *Document) yaml(text string, group int) bool {
	var plain []*node
	ok := false
	if !bareTemplate.MatchString(text) { // to YAML it is a map within a map
		plain, ok = d.yamlDocs(text)
	}
	if !ok && strings.Contains(text, "{{") {
		plain, ok = d.yamlDocs(withoutTemplates(text)) // a template of Helm is YAML only once it is filled
	}
	if !ok || len(plain) == 0 {
		return false
	}
	w := &walker{d: d, refs: everyday}
	for _, n := range plain {
		if f := formOf(n); f != "" && d.texts == 1 {
			d.Form = f
		}
	}
	if d.texts > 1 || d.Form == "" {
		d.Form = either(d.Form, "yaml")
	}
	if d.Form == "compose" {
		w.refs = composed
	}
	for _, n := range plain {
		w.document(n, group)
	}
	return true
}

// formOf tells compose, Kubernetes and GitHub Actions by what only they have.
func formOf(n *node) string {
	switch {
	case n.get("apiVersion") != nil && n.get("kind") != nil:
		return "kubernetes"
	case composeServices(n.get("services")):
		return "compose"
	case n.get("jobs") != nil && n.get("jobs").kind == mapping:
		return "github-actions"
	}
	return ""
}

// composeServices reports whether a map is that of compose's services: the values of charts have one too.
func composeServices(n *node) bool {
	if n == nil || n.kind != mapping {
		return false
	}
	for _, s := range n.kids {
		if s.get("image", "build", "environment", "env_file", "command", "extends", "container_name", "depends_on") != nil {
			return true
		}
	}
	return len(n.kids) == 0
}

// yamlDocs parses documents into trees of which nothing is a reference yet.
func (d *Document) yamlDocs(text string) ([]*node, bool) {
	if flowDeep(text) {
		d.problem("The text is nested too deeply for a configuration.")
		return nil, false
	}
	dec := yaml.NewDecoder(strings.NewReader(text))
	var out []*node
	nodes := d.cost.nodes
	for range 200 {
		var doc yaml.Node
		if err := dec.Decode(&doc); err != nil {
			ok := err.Error() == "EOF"
			if !ok {
				d.cost.nodes = nodes
			}
			return out, ok
		}
		c := &converter{d: d, open: map[*yaml.Node]bool{}}
		n := c.node(&doc, 0)
		if n == nil {
			return out, len(out) > 0
		}
		if n.kind == scalar {
			return nil, false // words, not YAML
		}
		out = append(out, n)
	}
	return out, true
}

// flowDeep bounds YAML's brackets before the parser sees them. Quotes in YAML are quotes only at the start of a
// scalar, so that brackets are counted one by one: as many as a line may open without closing them again.
func flowDeep(text string) bool {
	opened, closed := strings.Count(text, "[")+strings.Count(text, "{"), strings.Count(text, "]")+strings.Count(text, "}")
	return opened-closed > 1000 || opened > 50_000 || strings.Contains(text, strings.Repeat("[", 200)) || strings.Contains(text, strings.Repeat("- ", 200))
}

// converter follows aliases while it copies a tree, and counts what that makes of it.
type converter struct {
	d    *Document
	open map[*yaml.Node]bool
}

func (c *converter) node(y *yaml.Node, depth int) *node {
	if depth > maxDepth {
		c.d.problem("The text is nested too deeply for a configuration.")
		return nil
	}
	n := c.d.grow(&node{line: y.Line})
	if n == nil {
		return nil
	}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) == 0 {
			return n
		}
		return c.node(y.Content[0], depth+1)
	case yaml.AliasNode:
		if y.Alias == nil || c.open[y.Alias] {
			return n
		}
		c.open[y.Alias] = true
		defer delete(c.open, y.Alias)
		return c.node(y.Alias, depth+1)
	case yaml.SequenceNode:
		n.kind = list
		for _, child := range y.Content {
			if k := c.node(child, depth+1); k != nil {
				n.kids = append(n.kids, k)
			}
		}
	case yaml.MappingNode:
		n.kind = mapping
		c.mapping(n, y, depth)
	default:
		c.scalar(n, y)
	}
	return n
}

// mapping copies a map and merges what << names; a key of its own wins.
func (c *converter) mapping(n *node, y *yaml.Node, depth int) {
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		child := c.node(y.Content[i+1], depth+1)
		if child == nil {
			if c.d.stopped() {
				return
			}
			continue
		}
		if key.Value == "<<" && key.Kind == yaml.ScalarNode {
			from := []*node{child}
			if child.kind == list {
				from = child.kids
			}
			for _, f := range from {
				for k := range f.keys {
					if c.d.grow(f) == nil {
						return
					}
					n.put(f.keys[k], f.kids[k], true)
				}
			}
			continue
		}
		n.put(key.Value, child, false)
	}
}

func (c *converter) scalar(n *node, y *yaml.Node) {
	c.d.cost.bytes += len(y.Value)
	switch {
	case y.Tag == "!!null":
		n.value = nil
	case y.Tag == "!Ref":
		n.value = Value{{Ref: y.Value, Raw: "!Ref " + y.Value}}
	case y.Tag == "!Sub":
		n.value = everyday.split(y.Value)
	case y.Tag == "!GetAtt" || y.Tag == "!ImportValue" || y.Tag == "!FindInMap" || y.Tag == "!reference":
		n.value = Elsewhere(y.Tag + " " + y.Value)
	case y.Tag == "!!binary":
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(y.Value), ""))
		n.value = Lit(string(b))
		if err != nil {
			n.value = Elsewhere("")
		}
	default:
		n.value = Lit(filledAgain.Replace(y.Value))
		n.bare = y.Tag == "!!bool" || y.Tag == "!!int" || y.Tag == "!!float"
	}
}

var (
	bareTemplate = regexp.MustCompile(`(?m)(?::|^[ \t]*-)[ \t]+\{\{`)
	templateLine = regexp.MustCompile(`(?m)^([ \t]*)(?:-[ \t]+)?\{\{[^\n]*\}\}[ \t]*$`)
	templateWord = regexp.MustCompile(`\{\{-?[ \t]*(?:/\*|define\b|end\b|if\b|else\b|with\b|range\b|include\b|template\b|toYaml\b|block\b|\$)`)
	templatePart = regexp.MustCompile(`["']?\{\{[^{}\n]*\}\}["']?`)
)

// filledAgain puts the braces of a template back.
var filledAgain = strings.NewReplacer("\u27e6", "{{", "\u27e7", "}}", "\u2223", "|")

// withoutTemplates makes YAML of a Helm template: what stands alone on a line is dropped, and what is a part of a
// value becomes a word that references know.
func withoutTemplates(text string) string {
	text = templateLine.ReplaceAllStringFunc(text, func(s string) string {
		if templateWord.MatchString(s) {
			return ""
		}
		return s
	})
	return templatePart.ReplaceAllStringFunc(text, func(s string) string {
		before, after := "", ""
		if first, last := s[0], s[len(s)-1]; first != last { // a quote at one end belongs to the value around it
			if first == '"' || first == '\'' {
				before = s[:1]
			}
			if last == '"' || last == '\'' {
				after = s[len(s)-1:]
			}
		}
		return before + "\u27e6" + strings.NewReplacer(`"`, "", `'`, "", "{", "", "}", "", "|", "\u2223", ":", "", "#", "", "`", "").Replace(s) + "\u27e7" + after
	})
}

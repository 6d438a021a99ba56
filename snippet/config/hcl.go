package config

import (
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

var looksHCL = regexp.MustCompile(`(?m)^[ \t]*(?:(?:resource|module|variable|locals|provider|terraform|data|output|job|task|group|service|env|environment|set)\b[^=\n:]*\{[ \t]*$|[\w-]+[ \t]*=[ \t]*(?:jsonencode|merge|concat|tomap)\(|[\w-]+[ \t]*=[ \t]*[\[{][ \t]*$|\{?[ \t]*name[ \t]*=[ \t]*"|[a-z][a-z0-9_]*[ \t]+=[ \t]+")`)

// hcl reads Terraform, Nomad and the like; it reports whether the text was read.
func (d *Document) hcl(text string, group int) bool {
	if hclDeep(text) {
		d.problem("The text is nested too deeply for a configuration.")
		return false
	}
	// Elements of a list may be pasted without the list.
	for _, around := range [][2]string{{"", "\n"}, {"settings = [\n", "\n]\n"}, {"settings = {\n", "\n}\n"}} {
		file, diags := hclsyntax.ParseConfig([]byte(around[0]+text+around[1]), "", hcl.Pos{Line: 1 - strings.Count(around[0], "\n"), Column: 1})
		if diags.HasErrors() {
			continue
		}
		body, ok := file.Body.(*hclsyntax.Body)
		if !ok {
			continue
		}
		d.Form = either(d.Form, "hcl")
		h := &terraform{d: d}
		if n := h.body(body, 0); n != nil {
			(&walker{d: d, refs: references{at: everyday.at}, done: true}).document(n, group)
		}
		return true
	}
	return false
}

const (
	maxHeredocs = 200
	maxTokens   = 80_000
)

// hclDeep bounds what the parser of HCL follows by calling itself: brackets, templates, signs and conditions.
func hclDeep(text string) bool {
	if strings.Count(text, "<<") > maxHeredocs {
		return true
	}
	tokens, _ := hclsyntax.LexConfig([]byte(text), "", hcl.InitialPos)
	if len(tokens) > maxTokens {
		return true
	}
	depth, signs, conditions := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			depth--
		case hclsyntax.TokenBang, hclsyntax.TokenMinus:
			signs++
		case hclsyntax.TokenQuestion:
			conditions++
		}
		if depth > maxDepth || signs > 1000 || conditions > 300 {
			return true
		}
	}
	return false
}

// terraform makes a tree of HCL's syntax. What variable and locals blocks say is kept for the references.
type terraform struct{ d *Document }

func (h *terraform) body(b *hclsyntax.Body, depth int) *node {
	n := h.d.grow(&node{kind: mapping})
	if n == nil || depth > maxDepth {
		return nil
	}
	// Attributes is a map: in the order of the text.
	for _, name := range inOrder(b.Attributes) {
		a := b.Attributes[name]
		if child := h.expr(a.Expr, depth+1); child != nil {
			child.line = a.SrcRange.Start.Line
			n.put(name, child, false)
			if depth == 0 {
				h.d.name("var."+name, child) // of a .tfvars file
			}
		}
	}
	for _, block := range b.Blocks {
		child := h.body(block.Body, depth+1)
		if child == nil {
			return n
		}
		child.line = block.TypeRange.Start.Line
		switch {
		case block.Type == "variable" && len(block.Labels) == 1:
			h.d.name("var."+block.Labels[0], child.get("default"))
			continue
		case block.Type == "locals":
			for i, k := range child.keys {
				h.d.name("local."+k, child.kids[i])
			}
		}
		if len(block.Labels) > 0 {
			child.keys, child.kids, child.index = append(child.keys, labelKey), append(child.kids, &node{value: Lit(block.Labels[len(block.Labels)-1])}), nil
		}
		h.several(n, block.Type, child)
	}
	return n
}

// labelKey holds the last label of a block, as a key that no text can have.
const labelKey = "\x00label"

// several makes a list of blocks of one type.
func (h *terraform) several(n *node, key string, child *node) {
	before := n.get(key)
	switch {
	case before == nil:
		n.put(key, &node{kind: list, kids: []*node{child}}, false)
	case before.kind == list:
		before.kids = append(before.kids, child)
	default:
		n.put(key, &node{kind: list, kids: []*node{before, child}}, false)
	}
}

func inOrder(m hclsyntax.Attributes) []string {
	names := sortedKeys(m)
	sortBy(names, func(name string) int { return m[name].SrcRange.Start.Byte })
	return names
}

func (h *terraform) expr(e hclsyntax.Expression, depth int) *node {
	n := h.d.grow(&node{line: e.Range().Start.Line})
	if n == nil || depth > maxDepth {
		return nil
	}
	switch x := e.(type) {
	case *hclsyntax.ObjectConsExpr:
		n.kind = mapping
		for _, item := range x.Items {
			key := h.key(item.KeyExpr)
			if child := h.expr(item.ValueExpr, depth+1); child != nil && key != "" {
				n.put(key, child, false)
			}
		}
	case *hclsyntax.TupleConsExpr:
		n.kind = list
		for _, item := range x.Exprs {
			if child := h.expr(item, depth+1); child != nil {
				n.kids = append(n.kids, child)
			}
		}
	case *hclsyntax.FunctionCallExpr: // jsonencode, merge, concat, tomap: what they are given is in them
		n.kind = list
		for _, arg := range x.Args {
			if child := h.expr(arg, depth+1); child != nil {
				n.kids = append(n.kids, child)
			}
		}
		if len(n.kids) == 1 && n.kids[0].kind != scalar {
			return n.kids[0]
		}
		if len(n.kids) == 0 || n.kids[0].kind == scalar {
			return &node{value: Elsewhere(x.Name + "(…)"), line: n.line}
		}
	case *hclsyntax.ParenthesesExpr:
		return h.expr(x.Expression, depth+1)
	case *hclsyntax.ConditionalExpr:
		n.value = Elsewhere("(depends on a condition)")
	default:
		n.value = h.value(e, depth)
		if l, ok := e.(*hclsyntax.LiteralValueExpr); ok {
			n.bare = l.Val.Type() == cty.Bool || l.Val.Type() == cty.Number
		}
	}
	return n
}

func (h *terraform) key(e hclsyntax.Expression) string {
	if k, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		if name := hcl.ExprAsKeyword(k.Wrapped); name != "" {
			return name
		}
		e = k.Wrapped
	}
	if v := h.value(e, 0); v.Whole() {
		return v.String()
	}
	return ""
}

// value is a literal, a template or a reference.
func (h *terraform) value(e hclsyntax.Expression, depth int) Value {
	switch x := e.(type) {
	case *hclsyntax.TemplateExpr:
		var v Value
		for _, part := range x.Parts {
			if depth < maxDepth {
				v = append(v, h.value(part, depth+1)...)
			}
		}
		if len(v) == 0 {
			return Lit("")
		}
		return v
	case *hclsyntax.TemplateWrapExpr:
		return h.value(x.Wrapped, depth+1)
	case *hclsyntax.LiteralValueExpr:
		switch v := x.Val; {
		case v.IsNull():
			return nil
		case v.Type() == cty.String:
			return everyday.split(v.AsString())
		case v.Type() == cty.Bool:
			return Lit(map[bool]string{true: "true", false: "false"}[v.True()])
		case v.Type() == cty.Number:
			return Lit(v.AsBigFloat().Text('f', -1))
		}
	case *hclsyntax.ScopeTraversalExpr:
		name := dotted(x.Traversal)
		return Value{{Ref: name, Raw: "${" + name + "}", Secret: strings.Contains(name, "secret")}}
	}
	return Elsewhere("(an expression)")
}

func dotted(t hcl.Traversal) string {
	var parts []string
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			parts = append(parts, s.Name)
		case hcl.TraverseAttr:
			parts = append(parts, s.Name)
		}
	}
	return strings.Join(parts, ".")
}

// name keeps what a reference may name.
func (d *Document) name(ref string, n *node) {
	if n != nil && n.kind == scalar && n.value != nil {
		d.named[ref] = n.value
	} else if n != nil && n.kind == mapping {
		for i, k := range n.keys {
			if c := n.kids[i]; c.kind == scalar && c.value != nil {
				d.named[ref+"."+k] = c.value
			}
		}
	}
}

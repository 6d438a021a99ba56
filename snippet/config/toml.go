package config

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// toml reads TOML; it reports whether it was read.
func (d *Document) toml(text string, group int) bool {
	if deep(text, true, "#") {
		d.problem("The text is nested too deeply for a configuration.")
		return false
	}
	var p unstable.Parser
	p.Reset([]byte(text))
	root := d.grow(&node{kind: mapping})
	at, line, counted := root, 1, 0
	for root != nil && p.NextExpression() {
		if d.stopped() {
			break
		}
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			if at = d.descend(root, keyOf(e)); at == nil {
				return true
			}
			if e.Kind == unstable.ArrayTable {
				next := d.grow(&node{kind: mapping})
				if next == nil {
					return true
				}
				at.kind = list
				at.keys, at.index = nil, nil
				at.kids = append(at.kids, next)
				at = next
			}
		case unstable.KeyValue:
			if it := e.Key(); it.Next() { // places only grow
				if to := int(it.Node().Raw.Offset); to > counted && to <= len(text) {
					line += strings.Count(text[counted:to], "\n")
					counted = to
				}
			}
			d.tomlPair(at, e, line, 0)
		}
	}
	if err := p.Error(); err != nil {
		where := ""
		if pe, ok := err.(*unstable.ParserError); ok && len(pe.Highlight) > 0 {
			where = fmt.Sprintf(" See line %d.", p.Shape(p.Range(pe.Highlight)).Start.Line)
		}
		d.problem("The text looks like TOML but is not valid." + where)
		return false
	}
	d.Form = either(d.Form, "toml")
	(&walker{d: d, refs: everyday, toml: true}).document(root, group)
	return true
}

func keyOf(n *unstable.Node) []string {
	var out []string
	for it := n.Key(); it.Next(); {
		out = append(out, string(it.Node().Data))
	}
	return out
}

// descend makes the tables of a dotted key.
func (d *Document) descend(at *node, keys []string) *node {
	if len(keys) > maxDepth {
		d.problem("The text is nested too deeply for a configuration.")
		return nil
	}
	for _, k := range keys {
		if at.kind == list && len(at.kids) > 0 {
			at = at.kids[len(at.kids)-1]
		}
		next := at.get(k)
		if next == nil {
			if next = d.grow(&node{kind: mapping}); next == nil {
				return nil
			}
			at.kind = mapping
			at.put(k, next, false)
		}
		at = next
	}
	return at
}

func (d *Document) tomlPair(at *node, e *unstable.Node, line, depth int) {
	keys := keyOf(e)
	if len(keys) == 0 || depth > maxDepth {
		return
	}
	if at = d.descend(at, keys[:len(keys)-1]); at == nil {
		return
	}
	if n := d.tomlNode(e.Value(), line, depth); n != nil {
		at.put(keys[len(keys)-1], n, false)
	}
}

func (d *Document) tomlNode(v *unstable.Node, line, depth int) *node {
	n := d.grow(&node{line: line})
	if n == nil || depth > maxDepth {
		return nil
	}
	switch v.Kind {
	case unstable.Array:
		n.kind = list
		for it := v.Children(); it.Next(); {
			if k := d.tomlNode(it.Node(), line, depth+1); k != nil {
				n.kids = append(n.kids, k)
			}
		}
	case unstable.InlineTable:
		n.kind = mapping
		for it := v.Children(); it.Next(); {
			d.tomlPair(n, it.Node(), line, depth+1)
		}
	default:
		n.value, n.bare = Lit(string(v.Data)), v.Kind != unstable.String
	}
	return n
}

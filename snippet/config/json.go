package config

import (
	"encoding/json"
	"regexp"
	"sort"
	"strings"

	"github.com/tailscale/hujson"
)

// json reads JSON, with the comments and last commas that application settings may have; also a part of an object.
func (d *Document) json(text string, group int) bool {
	trimmed := strings.TrimSpace(text)
	if deep(text, false, "//", "/*") {
		d.problem("The text is nested too deeply for a configuration.")
		return false
	}
	value, err := hujson.Parse([]byte(trimmed))
	if err != nil && strings.HasPrefix(trimmed, `"`) {
		value, err = hujson.Parse([]byte("{" + strings.TrimSuffix(trimmed, ",") + "}"))
	}
	if err != nil && unquotedTemplate.MatchString(trimmed) {
		value, err = hujson.Parse([]byte(unquotedTemplate.ReplaceAllString(trimmed, `$1"$2"`)))
	}
	if err != nil {
		return false
	}
	first := 1 + strings.Count(text[:strings.Index(text, trimmed)], "\n")
	var ends []int // of the lines
	for i := range len(trimmed) {
		if trimmed[i] == '\n' {
			ends = append(ends, i)
		}
	}
	n := d.jsonNode(value, func(at int) int { return first + sort.SearchInts(ends, at) })
	if n == nil || n.kind == scalar {
		return n == nil && d.cost.full
	}
	d.Form = either(d.Form, "json")
	(&walker{d: d, refs: everyday}).document(n, group)
	return true
}

// unquotedTemplate is a number or list that a template puts into JSON.
var unquotedTemplate = regexp.MustCompile(`([:\[,]\s*)((?:\$\{[^{}"\n]*\}|\{\{[^{}"\n]*\}\}))`)

// jsonNode copies a tree; line tells the line of a place.
func (d *Document) jsonNode(v hujson.Value, line func(at int) int) *node {
	n := d.grow(&node{line: line(v.StartOffset)})
	if n == nil {
		return nil
	}
	switch x := v.Value.(type) {
	case *hujson.Object:
		n.kind = mapping
		for _, m := range x.Members {
			child := d.jsonNode(m.Value, line)
			if child == nil {
				return n
			}
			if key, ok := m.Name.Value.(hujson.Literal); ok {
				n.put(key.String(), child, false)
			}
		}
	case *hujson.Array:
		n.kind = list
		for _, e := range x.Elements {
			child := d.jsonNode(e, line)
			if child == nil {
				return n
			}
			n.kids = append(n.kids, child)
		}
	case hujson.Literal:
		switch x.Kind() {
		case '"':
			n.value = Lit(x.String())
		case 'n':
		default:
			n.value, n.bare = Lit(string(x)), true
		}
	}
	return n
}

// jsonIn reports whether a text is a JSON object or list.
func jsonIn(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) > 1 && (s[0] == '{' || s[0] == '[') && len(s) < 64<<10 && !deep(s, false) && json.Valid([]byte(s))
}

package config

import (
	"slices"
	"strings"
)

// node is a part of a tree that a format's own parser read.
type node struct {
	kind  kind
	value Value    // of a scalar
	bare  bool     // a number or a truth value
	keys  []string // of a map; the child of keys[i] is kids[i]
	kids  []*node
	line  int
	index map[string]int // of keys, once there are many
}

type kind byte

const (
	scalar kind = iota
	mapping
	list
)

// grow counts a node and returns it, or nil when the tree has become too big.
func (d *Document) grow(n *node) *node {
	d.cost.nodes++
	if d.cost.nodes > maxNodes {
		d.full()
		return nil
	}
	return n
}

// get is the child of a key, nil for none.
func (n *node) get(keys ...string) *node {
	if n == nil || n.kind != mapping {
		return nil
	}
	for _, key := range keys {
		if i := n.find(key); i >= 0 {
			return n.kids[i]
		}
	}
	return nil
}

// find is the place of a key, -1 for none.
func (n *node) find(key string) int {
	if n.index == nil && len(n.keys) > 16 {
		n.index = make(map[string]int, 2*len(n.keys))
		for i, k := range n.keys {
			n.index[k] = i
		}
	}
	if n.index != nil {
		if i, ok := n.index[key]; ok {
			return i
		}
		return -1
	}
	return slices.Index(n.keys, key)
}

// text is the literal text under a key, "" for none.
func (n *node) text(keys ...string) string {
	c := n.get(keys...)
	if c == nil || c.kind != scalar || !c.value.Whole() {
		return ""
	}
	return c.value.String()
}

// words are the texts of a node and of what is in it, to tell what a thing is.
func (n *node) words(depth int) []string {
	if n == nil || depth > 3 {
		return nil
	}
	if n.kind == scalar {
		s := n.value.String()
		if len(s) > 200 {
			s = s[:200]
		}
		return []string{s}
	}
	var out []string
	for i, k := range n.kids {
		if i > 20 {
			break
		}
		out = append(out, k.words(depth+1)...)
	}
	return out
}

// put sets a key of a map; a later value replaces an earlier one unless keep is set.
func (n *node) put(key string, child *node, keep bool) {
	if i := n.find(key); i >= 0 {
		if !keep {
			n.kids[i] = child
		}
		return
	}
	if n.index != nil {
		n.index[key] = len(n.keys)
	}
	n.keys, n.kids = append(n.keys, key), append(n.kids, child)
}

// identifier reports whether a name can be a variable's.
func identifier(s string) bool {
	if s == "" || len(s) > 200 || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for _, r := range s {
		if r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}

// upper reports whether a name is written as variables are.
func upper(s string) bool { return identifier(s) && strings.ToUpper(s) == s }

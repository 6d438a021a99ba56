package config

import (
	"regexp"
	"strings"
)

// Bicep has no Go library. This reads what settings are made of: objects, lists, strings, param and var. All other
// expressions are values that the text does not hold.

var looksBicep = regexp.MustCompile(`(?m)^[ \t]*(?:(?:param|targetScope|module|resource)[ \t]+\w+[^{}\n]*'|var[ \t]+\w+[ \t]*=|@(?:secure|description|allowed)\(|value:[ \t]*'|secretRef:[ \t]*'|name:[ \t]*'[^'\n]*'[ \t]*$)`)

type bicep struct {
	d    *Document
	text string
	at   int
	line int
}

// bicep reads Bicep; it reports whether it found an object or list.
func (d *Document) bicep(text string, group int) bool {
	b := &bicep{d: d, text: text, line: 1}
	root := d.grow(&node{kind: mapping})
	if root == nil {
		return true
	}
	found := false
	for b.at < len(b.text) && !d.stopped() {
		b.blank(true)
		key := b.word()
		if key == "" {
			if strings.HasPrefix(b.text[b.at:], "{") || strings.HasPrefix(b.text[b.at:], "[") {
				b.keep(root, "settings", b.value(0))
				found = true
				continue
			}
			b.skip()
			continue
		}
		switch key {
		case "param", "var":
			name := b.word()
			if b.until('=') {
				if n := b.value(0); n != nil {
					d.name(name, n)
					b.keep(root, name, n)
					found = found || n.kind != scalar
				}
			}
		case "resource", "module":
			name := b.word()
			if b.until('=') {
				if n := b.value(0); n != nil && n.kind == mapping {
					n.put(labelKey, &node{value: Lit(name)}, true)
					b.keep(root, "resource", &node{kind: list, kids: []*node{n}})
					found = true
				}
			}
		default:
			if b.next() == ':' {
				b.at++
				if n := b.value(0); n != nil {
					b.keep(root, key, n)
					found = true
				}
			}
		}
	}
	if !found {
		return false
	}
	d.Form = either(d.Form, "bicep")
	(&walker{d: d, refs: everyday, done: true}).document(root, group)
	return true
}

// keep puts a value under a key; several of one key become a list.
func (b *bicep) keep(n *node, key string, child *node) {
	if child != nil {
		(&terraform{d: b.d}).several(n, key, child)
	}
}

// blank passes blanks and comments, and line breaks where all is set.
func (b *bicep) blank(all bool) {
	for b.at < len(b.text) {
		rest := b.text[b.at:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == ',':
			b.at++
		case rest[0] == '\n' && all:
			b.at++
			b.line++
		case strings.HasPrefix(rest, "//"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			b.at += n
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest, "*/")
			if n < 0 {
				b.at = len(b.text)
				return
			}
			b.line += strings.Count(rest[:n], "\n")
			b.at += n + 2
		default:
			return
		}
	}
}

// skip passes to the end of the line.
func (b *bicep) skip() {
	if n := strings.IndexByte(b.text[b.at:], '\n'); n >= 0 {
		b.at += n
		return
	}
	b.at = len(b.text)
}

// word is a name or a quoted key.
func (b *bicep) word() string {
	b.blank(false)
	if b.next() == '\'' {
		v := b.string()
		if v.Whole() {
			return v.String()
		}
		return ""
	}
	from := b.at
	for b.at < len(b.text) && (b.text[b.at] == '_' || b.text[b.at] == '-' && b.at > from || letter(b.text[b.at])) {
		b.at++
	}
	return b.text[from:b.at]
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// next is the next character behind blanks, 0 at the end.
func (b *bicep) next() byte {
	b.blank(false)
	if b.at >= len(b.text) {
		return 0
	}
	return b.text[b.at]
}

// until passes a character that stands on this line.
func (b *bicep) until(c byte) bool {
	for b.at < len(b.text) && b.text[b.at] != '\n' {
		if b.text[b.at] == '\'' {
			b.string()
			continue
		}
		b.at++
		if b.text[b.at-1] == c {
			return true
		}
	}
	return false
}

func (b *bicep) value(depth int) *node {
	if depth > maxDepth {
		b.d.problem("The text is nested too deeply for a configuration.")
		b.at = len(b.text)
		return nil
	}
	c := b.next()
	n := b.d.grow(&node{line: b.line})
	if n == nil {
		b.at = len(b.text)
		return nil
	}
	switch {
	case c == '{':
		b.at++
		n.kind = mapping
		b.object(n, depth)
	case c == '[' && !strings.HasPrefix(strings.TrimLeft(b.text[b.at+1:], " \t\n"), "for "):
		b.at++
		n.kind = list
		for b.at < len(b.text) {
			b.blank(true)
			if b.next() == ']' {
				b.at++
				return n
			}
			before := b.at
			if k := b.value(depth + 1); k != nil {
				n.kids = append(n.kids, k)
			}
			if b.at == before {
				b.at++
			}
		}
	case c == '\'':
		n.value = b.string()
		if rest := b.peek(); rest != 0 && !strings.ContainsRune("\n]},)?:/", rune(rest)) {
			n.value = Elsewhere("(an expression)")
			b.expression()
		}
	default:
		if b.call(n, depth) {
			break
		}
		n.value = b.other()
		n.bare = n.value.Whole()
	}
	return b.condition(n, depth)
}

// peek is the next character behind blanks, not behind a comma.
func (b *bicep) peek() byte {
	i := b.at
	for i < len(b.text) && (b.text[i] == ' ' || b.text[i] == '\t') {
		i++
	}
	if i >= len(b.text) {
		return 0
	}
	return b.text[i]
}

// call reads concat([…], […]) and the like: what a function is given is in it.
func (b *bicep) call(n *node, depth int) bool {
	start := b.at
	if b.word() == "" || b.at >= len(b.text) || b.text[b.at] != '(' {
		b.at = start
		return false
	}
	b.at++
	n.kind = list
	for b.at < len(b.text) {
		b.blank(true)
		if b.next() == ')' {
			b.at++
			break
		}
		before := b.at
		if k := b.value(depth + 1); k != nil && k.kind != scalar {
			n.kids = append(n.kids, k)
		}
		if b.at == before {
			b.at++
		}
	}
	if len(n.kids) == 0 {
		n.kind, n.value = scalar, Elsewhere("(an expression)")
		b.expression()
	}
	return true
}

// condition reads what stands behind a question mark: a list or object may be in either branch.
func (b *bicep) condition(n *node, depth int) *node {
	if b.peek() != '?' || depth > maxDepth {
		return n
	}
	b.next()
	b.at++
	both := &node{kind: list, line: n.line}
	for {
		b.blank(true)
		before := b.at
		if k := b.value(depth + 1); k != nil && k.kind != scalar {
			both.kids = append(both.kids, k)
		}
		b.blank(true)
		if b.at == before || b.next() != ':' {
			break
		}
		b.at++
	}
	if len(both.kids) == 0 {
		return &node{value: Elsewhere("(depends on a condition)"), line: n.line}
	}
	return both
}

func (b *bicep) object(n *node, depth int) {
	for b.at < len(b.text) {
		b.blank(true)
		if b.next() == '}' {
			b.at++
			return
		}
		before := b.at
		key := b.word()
		if key != "" && b.next() == ':' {
			b.at++
			if k := b.value(depth + 1); k != nil {
				n.put(key, k, false)
			}
			continue
		}
		if b.at == before {
			b.at++
		}
	}
}

// string reads '…', with ${…} in it, or ”'…”'.
func (b *bicep) string() Value {
	if strings.HasPrefix(b.text[b.at:], "'''") {
		end := strings.Index(b.text[b.at+3:], "'''")
		if end < 0 {
			b.at = len(b.text)
			return nil
		}
		s := b.text[b.at+3 : b.at+3+end]
		b.at += end + 6
		b.line += strings.Count(s, "\n")
		return Lit(strings.TrimPrefix(s, "\n"))
	}
	b.at++
	var v Value
	var s strings.Builder
	for b.at < len(b.text) {
		rest := b.text[b.at:]
		switch {
		case rest[0] == '\'' || rest[0] == '\n':
			if rest[0] == '\'' {
				b.at++
			}
			if s.Len() > 0 || len(v) == 0 {
				v = append(v, Part{Text: s.String()})
			}
			return v
		case rest[0] == '\\' && len(rest) > 1:
			s.WriteString(map[byte]string{'n': "\n", 't': "\t", 'r': "\r"}[rest[1]])
			if strings.IndexByte("ntr", rest[1]) < 0 {
				s.WriteByte(rest[1])
			}
			b.at += 2
		case strings.HasPrefix(rest, "${"):
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				b.at = len(b.text)
				return v
			}
			if s.Len() > 0 {
				v = append(v, Part{Text: s.String()})
				s.Reset()
			}
			p := Part{Raw: rest[:end+1]}
			if name := rest[2:end]; bicepName.MatchString(name) {
				p.Ref = name
			}
			v = append(v, p)
			b.at += end + 1
		default:
			s.WriteByte(rest[0])
			b.at++
		}
	}
	return v
}

var bicepName = regexp.MustCompile(`^[A-Za-z_][\w.]*$`)

// other reads a name or an expression.
func (b *bicep) other() Value {
	from := b.at
	b.expression()
	raw := strings.TrimSpace(b.text[from:b.at])
	switch {
	case raw == "true" || raw == "false" || raw == "null" || raw != "" && strings.Trim(raw, "0123456789") == "":
		return Lit(strings.TrimPrefix(raw, "null"))
	case bicepName.MatchString(raw):
		return Value{{Ref: raw, Raw: "${" + raw + "}"}}
	}
	return Elsewhere("(an expression)")
}

// expression passes what is no literal: to the end of the line, of the object or of the list that it stands in.
func (b *bicep) expression() {
	depth := 0
	for b.at < len(b.text) {
		switch c := b.text[b.at]; c {
		case '\'':
			before := b.at
			b.string()
			if b.at <= before {
				b.at++
			}
			continue
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth == 0 {
				return
			}
			depth--
		case '?', ':':
			if depth == 0 {
				return
			}
		case ',', '\n':
			if depth == 0 {
				return
			}
			if c == '\n' {
				b.line++
			}
		}
		b.at++
	}
}

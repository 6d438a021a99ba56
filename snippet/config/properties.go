package config

import (
	"regexp"
	"strings"

	"github.com/magiconair/properties"
)

var (
	dottedKey   = regexp.MustCompile(`(?m)^[ \t]*%?[A-Za-z][\w-]*(?:\.[\w\-\[\]"]+)+[ \t]*=`)
	codeLine    = regexp.MustCompile(`(?m)^[ \t]*[\w.]+[ \t]*=[ \t]*(?:"[^"\n]*"|'[^'\n]*');[ \t]*$`) // Nix, C# and the like: a semicolon is no part of it
	anotherPart = regexp.MustCompile(`(?m)^[#!]---[ \t]*$`)
)

// properties reads Java's properties, in the parts of a multi-document file; it reports whether they were read.
func (d *Document) properties(text string, group int) bool {
	loader := properties.Loader{Encoding: properties.UTF8, DisableExpansion: true}
	d.Form = either(d.Form, "properties")
	before := 0
	for _, part := range anotherPart.Split(text, 200) {
		lines := keyLines(part)
		p, err := loader.LoadBytes([]byte(part))
		if err != nil {
			return false
		}
		at := group
		for _, key := range []string{"spring.config.activate.on-profile", "spring.profiles"} {
			if name, ok := p.Get(key); ok {
				at = d.group("profile", name, group)
			}
		}
		for _, key := range p.Keys() {
			if d.stopped() {
				return true
			}
			value, _ := p.Get(key)
			to, path := at, key
			if rest, ok := strings.CutPrefix(key, "%"); ok { // Quarkus
				if profile, name, ok := strings.Cut(rest, "."); ok {
					to, path = d.group("profile", profile, group), name
				}
			}
			d.add(Setting{Name: path[strings.LastIndex(path, ".")+1:], Path: path, Value: everyday.split(value), Group: to, Line: before + lines[key], Via: "key"})
		}
		before += strings.Count(part, "\n")
	}
	return true
}

// keyLines are the lines on which the keys of a part stand, from 1.
func keyLines(part string) map[string]int {
	out := map[string]int{}
	for i, l := range strings.Split(part, "\n") {
		l = strings.TrimSpace(l)
		if end := strings.IndexAny(l, "=: \t"); end > 0 {
			out[l[:end]] = i + 1
		}
	}
	return out
}

package config

import (
	"regexp"
	"strings"

	"github.com/magiconair/properties"
)

var (
	dottedKey   = regexp.MustCompile(`(?m)^[ \t]*%?[A-Za-z][\w-]*(?:\.[\w\-\[\]"]+)+[ \t]*=`)
	anotherPart = regexp.MustCompile(`(?m)^[#!]---[ \t]*$`)
)

// properties reads Java's properties, in the parts of a multi-document file; it reports whether they were read.
func (d *Document) properties(text string, group int) bool {
	loader := properties.Loader{Encoding: properties.UTF8, DisableExpansion: true}
	d.Form = either(d.Form, "properties")
	for _, part := range anotherPart.Split(text, 200) {
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
			d.add(Setting{Name: path[strings.LastIndex(path, ".")+1:], Path: path, Value: everyday.split(value), Group: to, Via: "key"})
		}
	}
	return true
}

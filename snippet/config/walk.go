package config

import (
	"regexp"
	"slices"
	"strings"
)

// walker finds settings in a tree: pairs of name and value, keys with their value, NAME=value in lists.
type walker struct {
	d    *Document
	refs references
	done bool // the format's own parser found the references
	toml bool // a profile is a table profile.NAME
}

// Keys whose map or list holds things that have settings of their own, and what such a thing is called.
var holders = map[string]string{
	"services": "service", "containers": "container", "initContainers": "container", "containerDefinitions": "container",
	"container_definitions": "container", "ContainerDefinitions": "container", "sidecars": "container", "workers": "service",
	"functions": "function", "jobs": "job", "steps": "step", "apps": "service", "components": "service", "processes": "service",
	"resource": "resource", "module": "resource", "task": "task", "group": "service", "service": "service", "Resources": "resource", "container": "container",
	"template": "template",
}

// profileMaps are the keys under which tools keep the places that they connect to, each under its name.
var profileMaps = map[string]bool{"profiles": true, "contexts": true, "environments": true, "env": true}

// ofPlaces reports whether a node is a map of maps of which one has an address.
func (n *node) ofPlaces() bool {
	if n.kind != mapping || len(n.kids) == 0 {
		return false
	}
	some := false
	for _, k := range n.kids {
		if k == nil || k.kind != mapping {
			return false
		}
		at := k.get("address", "target_host", "host_port", "hostPort")
		some = some || at != nil && at.kind == scalar && !strings.ContainsAny(at.value.String(), " ()\"")
	}
	return some
}

// Keys of lists in which a lone name takes its value from where the program is started.
var lists = map[string]bool{"environment": true, "env": true, "envVars": true, "env_vars": true, "environmentVariables": true, "Env": true, "ENV": true, "args": false}

var (
	nameKeys  = []string{"name", "key", "Name", "Key", "variable", "envVarName", "secretKey"}
	valueKeys = []string{"value", "Value", "default", "valueFrom", "value_from", "ValueFrom", "sync", "fromService", "fromDatabase", "fromGroup", "generateValue", "secretRef", "secret", "scope", "value_source", "fromSecret", "secretName", "valueSource", "previewValue", "remoteRef"}
)

// document reads one document into a group.
func (w *walker) document(n *node, group int) {
	if name := profileOf(n); name != "" {
		group = w.d.group("profile", name, group)
	}
	if w.object(n, group) {
		return
	}
	if n.get("Resources") != nil && n.get("Parameters") != nil { // CloudFormation
		p := n.get("Parameters")
		for i, k := range p.keys {
			w.d.name(k, p.kids[i].get("Default"))
			p.kids[i].keys, p.kids[i].kids, p.kids[i].index = nil, nil, nil
		}
	}
	w.walk(n, nil, group, 0)
}

// profileOf is the profile of Spring for which a document is.
func profileOf(n *node) string {
	for _, path := range [][]string{{"spring", "config", "activate", "on-profile"}, {"spring", "profiles"}, {"spring.config.activate.on-profile"}, {"spring.profiles"}, {"spring.config.activate", "on-profile"}, {"spring", "config.activate.on-profile"}} {
		at := n
		for _, k := range path[:len(path)-1] {
			at = at.get(k)
		}
		if s := at.text(path[len(path)-1]); s != "" {
			return s
		}
	}
	return ""
}

func (w *walker) walk(n *node, path []string, group, depth int) {
	if n == nil || depth > maxDepth+8 || w.d.stopped() {
		return
	}
	switch n.kind {
	case list:
		for _, k := range n.kids {
			w.item(k, path, group, depth)
		}
	case mapping:
		if w.pair(n, group) {
			return
		}
		for i, key := range n.keys {
			w.child(key, n.kids[i], path, group, depth)
		}
	}
}

// item reads one element of a list.
func (w *walker) item(k *node, path []string, group, depth int) {
	if k.kind != scalar {
		w.walk(k, path, group, depth+1)
		return
	}
	s := k.value.String()
	if s == "" {
		return
	}
	last := "" // a list that stands for itself was cut out of an environment
	if len(path) > 0 {
		last = path[len(path)-1]
	}
	switch name, value, ok := strings.Cut(s, "="); {
	case ok && identifier(name):
		w.set(Setting{Name: name, Group: group, Line: k.line, Via: "env"}, &node{value: w.value(Lit(value)), line: k.line})
	case !ok && lists[last] && identifier(s):
		w.d.add(Setting{Name: s, Value: Value{{Ref: s, Raw: "(set elsewhere)"}}, Group: group, Line: k.line, Via: "env"})
	case ok && strings.HasPrefix(s, "-"):
		w.d.flag(strings.TrimLeft(name, "-"), w.value(Lit(value)), group, k.line)
	case last == "command" || last == "args" || last == "entrypoint":
		w.args(k, path, group)
	}
}

// args remembers a word of a container's command.
func (w *walker) args(k *node, _ []string, group int) {
	g := &w.d.Groups[group]
	if len(g.Hints) < 40 {
		g.Hints = append(g.Hints, k.value.String())
	}
}

// pair reads {name: A, value: b} and its kin.
func (w *walker) pair(n *node, group int) bool {
	name := n.text(nameKeys...)
	if !identifier(name) && !(strings.Contains(name, ".") && n.get("value") != nil) {
		return false
	}
	value := n.get("value", "Value", "default")
	if value == nil && n.get(valueKeys...) == nil {
		return false
	}
	for _, k := range n.keys {
		if holders[k] != "" && k != "service" && k != "container" {
			return false // a thing with a name
		}
	}
	s := Setting{Name: name, Group: group, Line: n.line, Via: "env", Pair: true}
	from := n.get("valueFrom", "value_from", "value_source", "valueSource")
	switch {
	case value != nil && value.kind == scalar && value.value != nil:
		w.set(s, value)
	case from != nil && w.want(s, from):
	default:
		raw := "(set elsewhere)"
		at := n.get("secretRef", "secret", "fromSecret", "secretName", "valueFrom", "remoteRef")
		s.Value = Value{{Raw: raw, Secret: at != nil || n.get("sync") != nil}}
		if at != nil && at.kind == scalar {
			s.Value[0].Store = at.value.String()
		}
		w.d.add(s)
	}
	return true
}

// child reads what stands under a key.
func (w *walker) child(key string, k *node, path []string, group, depth int) {
	if k == nil || key == labelKey {
		return
	}
	if kind := holders[key]; kind != "" && w.members(kind, k, group, depth) {
		return
	}
	switch {
	case w.toml && key == "profile" && depth == 0 && k.kind == mapping:
		for i, name := range k.keys {
			g := w.d.group("profile", name, group)
			w.d.Groups[g].Hints = append(w.d.Groups[g].Hints, "toml")
			w.walk(k.kids[i], nil, g, depth+1)
		}
		return
	case profileMaps[key] && k.ofPlaces():
		for i, name := range k.keys {
			g := w.d.group("profile", name, group)
			w.d.Groups[g].Hints = append(w.d.Groups[g].Hints, "places")
			w.walk(k.kids[i], nil, g, depth+1)
		}
		return
	case strings.HasPrefix(key, "%") && k.kind == mapping: // Quarkus
		w.walk(k, path, w.d.group("profile", key[1:], group), depth+1)
		return
	case strings.HasPrefix(key, "x-") && len(path) == 0 && w.d.Form == "compose":
		w.walk(k, path, w.d.group("template", key, 0), depth+1)
		return
	case key == "env_file" || key == "envFrom" || key == "envFromSecret" || key == "EnvironmentFile" || key == "secret_environment_variables":
		w.d.Open = true
	case key == "image" || key == "command" || key == "entrypoint" || key == "cmd" || key == "dockerCommand" || key == "startCommand" || key == "container_name" || key == "build":
		g := &w.d.Groups[group]
		if words := k.words(0); len(g.Hints)+len(words) < 60 {
			g.Hints = append(g.Hints, words...)
		}
	case key == "type" && k.kind == scalar:
		w.d.Groups[group].Hints = append(w.d.Groups[group].Hints, k.value.String())
	}
	if k.kind == mapping && upper(key) && described(k) {
		s := Setting{Name: key, Group: group, Line: k.line, Via: "env"}
		if v := k.get("value", "default", "Value", "Default"); v != nil && v.kind == scalar && v.value != nil {
			w.set(s, v)
			return
		}
		s.Value = Value{{Raw: "(set elsewhere)"}}
		w.d.add(s)
		return
	}
	if k.kind != scalar {
		w.walk(k, append(slices.Clip(path), key), group, depth+1)
		return
	}
	s := Setting{Name: key, Path: strings.Join(append(slices.Clip(path), key), "."), Group: group, Line: k.line, Via: "key"}
	if len(path) > 0 && lists[path[len(path)-1]] || upper(key) {
		s.Via = "env"
	}
	w.set(s, k)
}

// described reports whether a map says things about a variable: app.json of Heroku and the like do.
func described(n *node) bool {
	for _, k := range n.keys {
		switch k {
		case "value", "default", "Value", "Default", "description", "required", "generator", "sensitive", "type", "secret", "fromSecret", "valueFrom":
		default:
			return false
		}
	}
	return len(n.keys) > 0
}

// members reads a map or list of things, each into a group of its own; it reports whether it was one.
func (w *walker) members(kind string, k *node, group, depth int) bool {
	if k.kind == scalar {
		return false
	}
	for _, m := range k.kids {
		if m.kind == scalar {
			return false
		}
	}
	if k.kind == mapping && (kind == "service" || kind == "template" || kind == "container") && !slices.ContainsFunc(k.kids, func(m *node) bool { return m.kind == mapping }) {
		return false
	}
	if k.kind == mapping && (kind == "container" || kind == "template" || kind == "task") && k.get("name", "image", "env", "spec", "metadata", "containers", "environment") != nil {
		return false // one thing, not a map of them
	}
	if kind == "template" {
		return false
	}
	for i, m := range k.kids {
		name := ""
		if k.kind == mapping {
			name = k.keys[i]
		}
		if own := m.text("name", "Name", "key", "id", labelKey, "container_name"); own != "" && (name == "" || labelled(m)) {
			name = own
		}
		if m.get(labelKey) != nil {
			name = m.text(labelKey)
		}
		if kind == "resource" && w.pair(m, group) {
			continue
		}
		g := w.d.group(kind, name, group)
		if g == group && len(w.d.Groups) >= maxGroups {
			w.d.full()
			return true
		}
		if m.kind == list {
			for _, inner := range m.kids {
				own := g
				if l := inner.text(labelKey); l != "" {
					own = w.d.group(kind, l, group)
				}
				w.walk(inner, nil, own, depth+1)
			}
			continue
		}
		w.walk(m, nil, g, depth+1)
	}
	return true
}

func labelled(m *node) bool { return m.get(labelKey) != nil }

// value finds the references in a value, unless the format's parser did.
func (w *walker) value(v Value) Value {
	if w.done || !v.Whole() {
		return v
	}
	return w.refs.split(v.String())
}

var fileName = regexp.MustCompile(`\.(?:ya?ml|json|toml|properties|env|conf|sh|ini)$|^\.env|^(?:run|script|config|env_vars|secrets|content|user_data|command)$`)

// set takes a setting whose value is a node. A value that is a file of its own, or JSON, is read as one.
func (w *walker) set(s Setting, n *node) {
	if s.Line == 0 {
		s.Line = n.line
	}
	if n.value == nil {
		s.Value = Value{{Ref: s.Name, Raw: "(set elsewhere)"}}
		if s.Via == "key" {
			s.Value = nil
		}
		w.d.add(s)
		return
	}
	if text := n.value.String(); n.value.Whole() && (strings.Contains(text, "\n") && (fileName.MatchString(s.Name) || strings.Contains(text, "TEMPORAL_") || strings.Contains(strings.ToLower(text), "temporal")) && !strings.Contains(text, "-----BEGIN") || jsonIn(text)) {
		form := w.d.Form
		w.d.text(text, s.Group, max(0, n.line-1+min(1, strings.Count(text, "\n"))))
		w.d.Form = form
		return
	}
	s.Value, s.Bare = w.value(n.value), n.bare
	w.d.add(s)
}

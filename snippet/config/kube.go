package config

import (
	"encoding/base64"
	"strings"
)

// table is what a ConfigMap or Secret holds.
type table struct {
	values map[string]Value
	keys   []string
	line   map[string]int
	used   bool
}

// want is a setting whose value stands in a table.
type want struct {
	at         int // place in Settings, -1 for all keys of the table
	kind, name string
	key        string
}

// object reads a Kubernetes object; it reports whether n is one that needs more than a walk.
func (w *walker) object(n *node, group int) bool {
	kind := n.text("kind")
	if n.get("apiVersion") == nil || kind == "" {
		return false
	}
	name := n.get("metadata").text("name")
	switch kind {
	case "ConfigMap", "Secret":
		w.table(kind, name, n, group)
		return true
	case "List":
		if items := n.get("items"); items != nil {
			for _, k := range items.kids {
				w.document(k, group)
			}
		}
		return true
	}
	own := w.d.group("object", strings.TrimSpace(kind+" "+name), group)
	w.d.Groups[own].Hints = append(w.d.Groups[own].Hints, kind, n.text("apiVersion"))
	for i, k := range n.keys {
		if k != "metadata" && k != "apiVersion" && k != "kind" {
			w.child(k, n.kids[i], nil, own, 0)
		}
	}
	return true
}

// table keeps a ConfigMap or Secret. What it holds are also settings, of a group that is only a template: programs take
// them by naming it. A file in it is read where it stands.
func (w *walker) table(kind, name string, n *node, group int) {
	t := table{values: map[string]Value{}, line: map[string]int{}}
	for _, part := range []string{"data", "stringData"} {
		data := n.get(part)
		if data == nil || data.kind != mapping {
			continue
		}
		for i, key := range data.keys {
			k := data.kids[i]
			if k.kind != scalar || k.value == nil {
				continue
			}
			v := w.value(k.value)
			if kind == "Secret" && part == "data" && v.Whole() {
				b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(v.String()), ""))
				v = Lit(string(b))
				if err != nil {
					v = Elsewhere("")
				}
			}
			t.values[key], t.line[key] = v, k.line+w.d.line
			t.keys = append(t.keys, key)
		}
	}
	if typ := n.text("type"); kind == "Secret" && typ != "" {
		t.values["\x00type"] = Lit(typ)
	}
	w.d.bundle[kind+"/"+name] = t
}

// want notes that a setting takes its value from a table, or says that it lies in a secret.
func (w *walker) want(s Setting, from *node) bool {
	for _, ref := range []struct{ kind, a, b string }{{"ConfigMap", "configMapKeyRef", "config_map_key_ref"}, {"Secret", "secretKeyRef", "secret_key_ref"}} {
		r := from.get(ref.a, ref.b)
		if r != nil && r.kind == list && len(r.kids) == 1 {
			r = r.kids[0]
		}
		if r == nil {
			continue
		}
		s.Value = Value{{Raw: "(set elsewhere)", Secret: ref.kind == "Secret", Store: r.text("name") + "/" + r.text("key")}}
		w.d.wants = append(w.d.wants, want{at: len(w.d.Settings), kind: ref.kind, name: r.text("name"), key: r.text("key")})
		w.d.add(s)
		return true
	}
	return false
}

// fetch puts in the values that settings take from tables, whichever came first. A table that nothing in the text
// names is taken for the settings of all.
func (d *Document) fetch() {
	for _, w := range d.wants {
		t, ok := d.bundle[w.kind+"/"+w.name]
		if !ok || w.at >= len(d.Settings) {
			continue
		}
		t.used = true
		d.bundle[w.kind+"/"+w.name] = t
		if v, ok := t.values[w.key]; ok {
			d.Settings[w.at].Value = v
		}
	}
	for _, id := range sortedKeys(d.bundle) {
		t := d.bundle[id]
		kind, name, _ := strings.Cut(id, "/")
		group := 0
		if t.used {
			group = d.group("template", kind+" "+name, 0)
		}
		for _, key := range t.keys {
			s := Setting{Name: key, Value: t.values[key], Group: group, Line: t.line[key], Via: "key"}
			if identifier(key) {
				s.Via = "env"
			}
			if v := t.values[key]; v.Whole() && strings.Contains(v.String(), "\n") && fileName.MatchString(key) {
				form := d.Form
				d.text(v.String(), group, t.line[key])
				d.Form = form
				continue
			}
			d.add(s)
		}
	}
}

// Tables returns the names of the Secrets in the text with their keys, in the order of the names.
func (d *Document) Tables(kind string) map[string][]string {
	out := map[string][]string{}
	for id, t := range d.bundle {
		if name, ok := strings.CutPrefix(id, kind+"/"); ok {
			out[name] = t.keys
		}
	}
	return out
}

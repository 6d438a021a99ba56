package snippet

import (
	"fmt"
	"regexp"
	"strings"

	"onramp/snippet/config"
)

// branch is a tree of keys, to write settings that were given as one.
type branch struct {
	key   string
	leaf  *oneSetting
	below []*branch
}

// tree puts settings with dots in their names into a tree, in their order.
func tree(list []oneSetting) *branch {
	root := &branch{}
	for i := range list {
		at := root
		keys := strings.Split(list[i].name, ".")
		if len(keys) > 60 {
			continue
		}
		for n, key := range keys {
			var next *branch
			for _, b := range at.below {
				if b.key == key && b.leaf == nil {
					next = b
				}
			}
			if next == nil || n == len(keys)-1 {
				next = &branch{key: key}
				at.below = append(at.below, next)
			}
			at = next
		}
		at.leaf = &list[i]
	}
	return root
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][\w-]*$`)

func yamlKey(k string) string {
	if plainKey.MatchString(k) {
		return k
	}
	return quoteYAML(k)
}

// yamlValue writes a value of YAML; in compose and Kubernetes a dollar that is none of a reference is doubled.
func (r *rewriting) yamlValue(s oneSetting) string {
	if s.secret {
		return quoteYAML(hidden)
	}
	if s.bare {
		return s.value.String()
	}
	var b strings.Builder
	for _, p := range s.value {
		text := p.Text
		switch r.form {
		case "compose":
			text = strings.ReplaceAll(text, "$", "$$")
		case "kubernetes":
			if strings.Contains(text, "$(") || strings.Contains(text, "$$") {
				text = strings.ReplaceAll(text, "$", "$$")
			}
		}
		b.WriteString(text + p.Raw)
	}
	return quoteYAML(b.String())
}

func (r *rewriting) yaml() string {
	var b strings.Builder
	if r.beside != nil {
		b.WriteString(r.beside.yaml() + "---\n")
	}
	b.WriteString(r.note("#"))
	pairs := len(r.list) > 0 && r.list[0].pair
	switch {
	case r.group.Kind == "object" && len(r.group.Hints) > 1 && !pairs:
		kind, name, _ := strings.Cut(r.group.Name, " ")
		fmt.Fprintf(&b, "apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n", quoteYAML(r.group.Hints[1]), kind, quoteYAML(name))
		r.yamlBranch(&b, tree(r.list), "")
	case r.form == "compose" && r.group.Kind == "service":
		b.WriteString("services:\n  " + yamlKey(r.group.Name) + ":\n    environment:\n")
		r.yamlMap(&b, r.list, "      ", "environment.")
	case r.form == "kubernetes" && pairs:
		b.WriteString("env:\n")
		r.yamlPairs(&b, "  ", "name")
	case r.form == "github-actions" && r.env():
		b.WriteString("env:\n")
		r.yamlMap(&b, r.list, "  ", "env.")
	case pairs:
		b.WriteString("envVars:\n")
		r.yamlPairs(&b, "  ", "key")
	case r.group.Kind == "profile":
		fmt.Fprintf(&b, "spring:\n  config:\n    activate:\n      on-profile: %s\n", quoteYAML(r.group.Name))
		t := tree(r.list)
		for i, below := range t.below { // spring is open already
			if below.key == "spring" {
				r.yamlBranch(&b, below, "  ")
				t.below = append(t.below[:i], t.below[i+1:]...)
				break
			}
		}
		r.yamlBranch(&b, t, "")
	default:
		r.yamlBranch(&b, tree(r.list), "")
	}
	return b.String()
}

func (r *rewriting) yamlMap(b *strings.Builder, list []oneSetting, indent, cut string) {
	for _, s := range list {
		name := strings.TrimPrefix(s.name, cut)
		if s.elsewhere() {
			fmt.Fprintf(b, "%s%s: # set elsewhere\n", indent, yamlKey(name))
			continue
		}
		fmt.Fprintf(b, "%s%s: %s\n", indent, yamlKey(name), r.yamlValue(s))
	}
}

func (r *rewriting) yamlPairs(b *strings.Builder, indent, key string) {
	for _, s := range r.list {
		fmt.Fprintf(b, "%s- %s: %s\n", indent, key, yamlKey(s.name))
		switch {
		case s.elsewhere() && r.form == "kubernetes":
			store, item, _ := strings.Cut(s.value[0].Store, "/")
			kind := map[bool]string{true: "secretKeyRef", false: "configMapKeyRef"}[s.value[0].Secret]
			fmt.Fprintf(b, "%s  valueFrom:\n%s    %s: {name: %s, key: %s}\n", indent, indent, kind, quoteYAML(store), quoteYAML(item))
		case s.elsewhere():
			fmt.Fprintf(b, "%s  sync: false\n", indent)
		default:
			fmt.Fprintf(b, "%s  value: %s\n", indent, r.yamlValue(s))
		}
	}
}

func (r *rewriting) yamlBranch(b *strings.Builder, at *branch, indent string) {
	for _, below := range at.below {
		if below.leaf == nil {
			fmt.Fprintf(b, "%s%s:\n", indent, yamlKey(below.key))
			if below.key == "triggers" && r.group.Kind == "object" { // a list of KEDA's
				var item strings.Builder
				r.yamlBranch(&item, below, indent+"    ")
				b.WriteString(strings.Replace(item.String(), indent+"    ", indent+"  - ", 1))
				continue
			}
			r.yamlBranch(b, below, indent+"  ")
			continue
		}
		if below.leaf.elsewhere() {
			fmt.Fprintf(b, "%s%s: # set elsewhere\n", indent, yamlKey(below.key))
			continue
		}
		fmt.Fprintf(b, "%s%s: %s\n", indent, yamlKey(below.key), r.yamlValue(*below.leaf))
	}
}

func (r *rewriting) json() string {
	var b strings.Builder
	if len(r.list) > 0 && r.list[0].pair {
		r.jsonPairs(&b)
		return b.String()
	}
	r.jsonBranch(&b, tree(r.list), "")
	b.WriteString("\n")
	return b.String()
}

func (r *rewriting) jsonPairs(b *strings.Builder) {
	var values, secrets []string
	for _, s := range r.list {
		switch {
		case !s.elsewhere():
			values = append(values, fmt.Sprintf("    { \"name\": %s, \"value\": %s }", quoteYAML(s.name), quoteYAML(s.shown())))
		default:
			secrets = append(secrets, fmt.Sprintf("    { \"name\": %s, \"valueFrom\": %s }", quoteYAML(s.name), quoteYAML(s.value[0].Store)))
		}
	}
	b.WriteString("{\n  \"environment\": [\n" + strings.Join(values, ",\n") + "\n  ]")
	if len(secrets) > 0 {
		b.WriteString(",\n  \"secrets\": [\n" + strings.Join(secrets, ",\n") + "\n  ]")
	}
	b.WriteString("\n}\n")
}

func (r *rewriting) jsonBranch(b *strings.Builder, at *branch, indent string) {
	b.WriteString("{")
	for i, below := range at.below {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(b, "\n%s  %s: ", indent, quoteYAML(below.key))
		if below.leaf == nil {
			r.jsonBranch(b, below, indent+"  ")
			continue
		}
		if below.leaf.bare && !below.leaf.secret {
			b.WriteString(below.leaf.shown())
			continue
		}
		if below.leaf.elsewhere() {
			b.WriteString("null")
			continue
		}
		b.WriteString(quoteYAML(below.leaf.shown()))
	}
	b.WriteString("\n" + indent + "}")
}

// toml writes a profile of temporal.toml.
func (r *rewriting) toml() string {
	var b strings.Builder
	b.WriteString(r.note("#"))
	name := either(r.group.Name, "default")
	var file, table, before []string
	for _, s := range r.list {
		text := quoteTOML(s.shown())
		if s.bare && !s.secret {
			text = s.shown()
		}
		rest, inTable := strings.CutPrefix(s.name, "tls.")
		switch {
		case plainName(s.name) && strings.HasPrefix(s.name, "TEMPORAL_"):
			if !s.elsewhere() {
				before = append(before, "# "+s.name+"="+strings.ReplaceAll(s.shown(), "\n", " "))
			}
		case inTable:
			table = append(table, yamlKey(rest)+" = "+text)
		default:
			file = append(file, dottedKey(s.name)+" = "+text)
		}
	}
	for _, l := range before {
		b.WriteString(l + "\n")
	}
	fmt.Fprintf(&b, "[profile.%s]\n", yamlKey(name))
	for _, l := range file {
		b.WriteString(l + "\n")
	}
	if len(table) > 0 {
		fmt.Fprintf(&b, "\n[profile.%s.tls]\n%s\n", yamlKey(name), strings.Join(table, "\n"))
	}
	return b.String()
}

func dottedKey(name string) string {
	keys := strings.Split(name, ".")
	for i, k := range keys {
		keys[i] = yamlKey(k)
	}
	return strings.Join(keys, ".")
}

// tomlTables writes TOML of another program, such as fly.toml.
func (r *rewriting) tomlTables() string {
	var b strings.Builder
	b.WriteString(r.note("#"))
	tables, order := map[string][]string{}, []string{}
	for _, s := range r.list {
		table, key := "env", strings.TrimPrefix(s.name, "env.")
		if at := strings.LastIndexByte(key, '.'); at > 0 {
			table, key = key[:at], key[at+1:]
		}
		if tables[table] == nil {
			order = append(order, table)
		}
		line := yamlKey(key) + " = " + quoteTOML(s.shown())
		if s.elsewhere() {
			line = "# " + s.name + " is set elsewhere"
		}
		tables[table] = append(tables[table], line)
	}
	for _, t := range order {
		b.WriteString("[" + dottedKey(t) + "]\n" + strings.Join(tables[t], "\n") + "\n")
	}
	return b.String()
}

// interpolated writes a text of HCL or Bicep, its references as written.
func interpolated(s oneSetting, quote string) string {
	if s.secret {
		return quote + hidden + quote
	}
	if s.bare {
		return s.shown()
	}
	var b strings.Builder
	b.WriteString(quote)
	for _, p := range s.value {
		text := p.Text
		if quote == `"` {
			text = quoteYAML(text)
			text = text[1 : len(text)-1]
			text = strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
		} else {
			text = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "${", `\${`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text)
		}
		b.WriteString(text + p.Raw)
	}
	b.WriteString(quote)
	return b.String()
}

func (r *rewriting) hcl() string {
	var b strings.Builder
	b.WriteString(r.note("#"))
	if len(r.list) > 0 && r.list[0].pair {
		var values, secrets strings.Builder
		for _, s := range r.list {
			if s.elsewhere() {
				fmt.Fprintf(&secrets, "  { name = %s, valueFrom = %s },\n", quoteYAML(s.name), interpolated(oneSetting{value: config.Lit(s.value[0].Store)}, `"`))
				continue
			}
			fmt.Fprintf(&values, "  { name = %s, value = %s },\n", quoteYAML(s.name), interpolated(s, `"`))
		}
		b.WriteString("environment = [\n" + values.String() + "]\n")
		if secrets.Len() > 0 {
			b.WriteString("secrets = [\n" + secrets.String() + "]\n")
		}
		return b.String()
	}
	r.hclBranch(&b, tree(r.list), "")
	return b.String()
}

func (r *rewriting) hclBranch(b *strings.Builder, at *branch, indent string) {
	for _, below := range at.below {
		key := below.key
		if !plainKey.MatchString(key) {
			key = quoteYAML(key)
			if indent == "" {
				key = "settings"
			}
		}
		switch {
		case below.leaf == nil:
			fmt.Fprintf(b, "%s%s = {\n", indent, key)
			r.hclBranch(b, below, indent+"  ")
			fmt.Fprintf(b, "%s}\n", indent)
		case below.leaf.elsewhere():
			fmt.Fprintf(b, "%s# %s is set elsewhere\n", indent, key)
		default:
			fmt.Fprintf(b, "%s%s = %s\n", indent, key, interpolated(*below.leaf, `"`))
		}
	}
}

func (r *rewriting) bicep() string {
	var b strings.Builder
	b.WriteString(r.note("//"))
	if len(r.list) > 0 && r.list[0].pair {
		b.WriteString("env: [\n")
		for _, s := range r.list {
			fmt.Fprintf(&b, "  {\n    name: '%s'\n", s.name)
			if s.elsewhere() {
				fmt.Fprintf(&b, "    secretRef: %s\n", interpolated(oneSetting{value: config.Lit(s.value[0].Store)}, "'"))
			} else {
				fmt.Fprintf(&b, "    value: %s\n", interpolated(s, "'"))
			}
			b.WriteString("  }\n")
		}
		b.WriteString("]\n")
		return b.String()
	}
	r.bicepBranch(&b, tree(r.list), "")
	return b.String()
}

func (r *rewriting) bicepBranch(b *strings.Builder, at *branch, indent string) {
	for _, below := range at.below {
		key := below.key
		if !plainName(key) {
			key = "'" + strings.ReplaceAll(key, "'", `\'`) + "'"
		}
		if below.leaf == nil {
			fmt.Fprintf(b, "%s%s: {\n", indent, key)
			r.bicepBranch(b, below, indent+"  ")
			fmt.Fprintf(b, "%s}\n", indent)
			continue
		}
		if !below.leaf.elsewhere() {
			fmt.Fprintf(b, "%s%s: %s\n", indent, key, interpolated(*below.leaf, "'"))
		}
	}
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

package snippet

import (
	"slices"
	"strings"

	"onramp/snippet/config"
)

// rewriting is what was given, repaired, on its way to being written in the form in which it was given.
type rewriting struct {
	form, dialect string
	exports       bool
	group         config.Group
	list          []oneSetting
	hidden        bool // a secret was left out
	commands      []string
}

// oneSetting is one line of the repaired version. A value that is a reference as a whole is at another place.
type oneSetting struct {
	name   string // of a variable, or the keys with dots
	value  config.Value
	pair   bool
	secret bool // a secret's value is never written
	env    bool
	bare   bool // a number or a truth value
	origin config.Origin
}

// rewriting collects the settings of the part that was judged: those that are known, and all others that are
// Temporal's by their name. What must not be there is left out; values have their repairs.
func (j *judgement) rewriting() *rewriting {
	r := &rewriting{form: j.Form, dialect: j.doc.Dialect, exports: j.doc.Exports, group: j.doc.Groups[j.part], commands: j.doc.Commands}
	cloud := !local(j.host())
	at := map[string]int{}
	for _, g := range j.related(j.part) {
		if g != j.part {
			continue
		}
		resolver, settings := j.doc.Resolver(g)
		for i, s := range settings {
			k, known := j.doc.of(s)
			if !known && !slices.Contains(tokens(s.Path), "temporal") || s.Value == nil || s.Via == "flag" || s.Via == "profile" {
				continue
			}
			if cloud && k.what == mServerCA && !systemRoots(s.Value.String()) && k.set != "own" || k.what == mNoVerify && on(s.Value.String()) || k.what == mTLS && k.set == "standard" || k.set == "ops" && !j.has(mAPIKey) && !j.has(mCert) {
				continue
			}
			out := oneSetting{name: s.Name, value: s.Value, pair: s.Pair, env: s.Via == "env" && (s.Pair || s.Path == s.Name), bare: s.Bare, origin: s.From}
			if !out.env {
				out.name = s.Path
			}
			if fixed, ok := j.fixed[s.ID]; ok {
				out.value, out.bare = config.Lit(fixed), false
			} else if !resolvedAlike(resolver, settings, i) {
				out.value = resolver.Value(i)
			}
			if k.what == mAddress || k.what == mNamespace || k.what == mCert || k.what == mKey {
				out.value = trim(out.value)
			}
			text := out.value.String()
			out.secret = (k.what.secret() || looksSecret(text)) && (out.value.Whole() || looksSecret(text) && !secretReference(out.value))
			r.hidden = r.hidden || out.secret
			if n, ok := at[out.name]; ok {
				r.list[n] = out
				continue
			}
			at[out.name] = len(r.list)
			r.list = append(r.list, out)
		}
	}
	for _, v := range j.added {
		r.list = append(r.list, oneSetting{name: v.Name, value: config.Lit(v.Value), env: plainName(v.Name) && strings.ToUpper(v.Name) == v.Name, pair: len(r.list) > 0 && r.list[0].pair})
	}
	if opsOnly := j.has(mOpsKey, "ops") && !j.has(mAPIKey) && !j.has(mCert); opsOnly {
		r.hidden = true
		r.list = append(r.list, oneSetting{name: "TEMPORAL_API_KEY", value: config.Lit(hidden), secret: true, env: true, pair: len(r.list) > 0 && r.list[0].pair})
	}
	return r
}

// resolvedAlike reports whether what a setting's references name is written beside it, so that they may stay.
func resolvedAlike(r *config.Resolver, settings []config.Setting, i int) bool {
	for _, p := range settings[i].Value {
		if p.Raw == "" || p.Ref == "" {
			continue
		}
		beside := slices.ContainsFunc(settings, func(s config.Setting) bool { return s.Name == p.Ref && s.ID != settings[i].ID })
		if beside && !slices.Contains(tokens(p.Ref), "temporal") {
			return false // it is not repeated in the repaired version
		}
		if !beside && r.Value(i).String() != settings[i].Value.String() {
			return false
		}
		if beside && r.Value(i).Whole() {
			return false
		}
	}
	return true
}

// secretReference reports whether a value only names where a secret lies.
func secretReference(v config.Value) bool {
	return len(v) == 1 && v[0].Secret
}

func trim(v config.Value) config.Value {
	if !v.Whole() {
		return v
	}
	return config.Lit(strings.TrimSpace(v.String()))
}

// text writes the settings in their form.
func (r *rewriting) text() string {
	switch r.form {
	case "toml":
		if r.group.Kind == "profile" || !r.env() {
			return r.toml()
		}
		return r.tomlTables()
	case "json":
		return r.json()
	case "hcl":
		return r.hcl()
	case "bicep":
		return r.bicep()
	case "properties":
		return r.properties()
	case "yaml", "compose", "kubernetes", "github-actions":
		return r.yaml()
	}
	if n := r.oneCommand(); n > 0 {
		return r.command(n)
	}
	return r.lines()
}

// oneCommand is the command that all settings stand in, 0 for none.
func (r *rewriting) oneCommand() int {
	n := 0
	for _, s := range r.list {
		if s.origin.Command == 0 && s.origin.Flag != "added" || n != 0 && s.origin.Command != n {
			return 0
		}
		n = s.origin.Command
	}
	return n
}

// command writes the settings as options of the command that sets them.
func (r *rewriting) command(n int) string {
	var b strings.Builder
	b.WriteString(r.note("#"))
	b.WriteString("# with its other options as before\n" + masked(r.commands[n-1]))
	for i := 0; i < len(r.list); {
		o := r.list[i].origin
		var words []string
		for ; i < len(r.list) && r.list[i].origin == o; i++ {
			words = append(words, r.list[i].name+"="+r.list[i].shown())
		}
		next := " \\\n  "
		switch {
		case o.Flag == "--environment" || o.Flag == "Variables":
			b.WriteString(next + "--environment " + quoteBash("Variables={"+strings.Join(words, ",")+"}"))
		case o.List && o.Flag != "":
			b.WriteString(next + o.Flag + " " + quoteWord(strings.Join(words, ",")))
		case o.Flag == "-e" || o.Flag == "--env" || strings.HasPrefix(o.Flag, "--from-") || o.Flag == "--set":
			for _, w := range words {
				b.WriteString(next + o.Flag + " " + quoteWord(w))
			}
		default:
			if o.Flag != "" {
				b.WriteString(next + o.Flag)
			}
			for _, w := range words {
				b.WriteString(next + quoteWord(w))
			}
		}
	}
	return b.String() + "\n"
}

// quoteWord quotes a word for a shell and leaves its variables variables.
func quoteWord(s string) string {
	if strings.Contains(s, "$") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`").Replace(s) + `"`
	}
	if strings.HasPrefix(s, hidden) || !strings.ContainsAny(s, " \t\n'\"\\`&;|<>()*?[]#~!{}") {
		return s
	}
	return quoteBash(s)
}

// env reports whether the settings are variables, not keys of a tree.
func (r *rewriting) env() bool {
	return !slices.ContainsFunc(r.list, func(s oneSetting) bool { return !s.env && strings.Contains(s.name, ".") })
}

// note is the comment about secrets, behind a comment's mark.
func (r *rewriting) note(mark string) string {
	if !r.hidden {
		return ""
	}
	return mark + " " + hidden + " stands for a secret that you gave: put it in again.\n"
}

// elsewhere reports whether a value cannot be written because the text does not hold it.
func (s oneSetting) elsewhere() bool {
	return !s.secret && len(s.value) == 1 && strings.HasPrefix(s.value[0].Raw, "(")
}

// shown is the text of a value: dots for a secret.
func (s oneSetting) shown() string {
	if s.secret {
		return hidden
	}
	return s.value.String()
}

func (r *rewriting) lines() string {
	var b strings.Builder
	b.WriteString(r.note(map[string]string{"cmd": "REM", "": "#"}[map[bool]string{true: "cmd", false: ""}[r.dialect == "cmd"]]))
	if r.dialect == "systemd" {
		b.WriteString("[Service]\n")
	}
	for _, s := range r.list {
		if s.elsewhere() {
			b.WriteString(map[bool]string{true: "REM ", false: "# "}[r.dialect == "cmd"] + s.name + " is set elsewhere\n")
			continue
		}
		b.WriteString(r.line(s) + "\n")
	}
	return b.String()
}

func (r *rewriting) line(s oneSetting) string {
	whole := s.secret || s.value.Whole()
	text := s.shown()
	switch r.dialect {
	case "powershell":
		if !whole {
			return "$env:" + s.name + ` = "` + text + `"`
		}
		return "$env:" + s.name + " = " + quotePowerShell(text)
	case "cmd":
		return `set "` + s.name + "=" + text + `"`
	case "fish":
		if !whole {
			return "set -gx " + s.name + ` "` + doubled(s.value) + `"`
		}
		return "set -gx " + s.name + " " + quoteFish(text)
	case "systemd":
		return "Environment=" + quoteSystemd(s.name, text)
	}
	before := ""
	switch {
	case r.form == "dockerfile":
		before = "ENV "
	case r.exports || r.group.Kind == "command" || !plainName(s.name):
		before = "export "
	}
	if !plainName(s.name) {
		return "# " + s.name + "=" + strings.ReplaceAll(text, "\n", " ")
	}
	if !whole {
		return before + s.name + `="` + doubled(s.value) + `"`
	}
	return before + s.name + "=" + quoteBash(text)
}

// doubled is a value between double quotes of a shell, its references as written.
func doubled(v config.Value) string {
	var b strings.Builder
	for _, p := range v {
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(p.Text))
		b.WriteString(p.Raw)
	}
	return b.String()
}

func (r *rewriting) properties() string {
	var b strings.Builder
	b.WriteString(r.note("#"))
	for _, s := range r.list {
		name := s.name
		if r.group.Kind == "profile" && strings.Contains(name, "quarkus") {
			name = "%" + r.group.Name + "." + name
		}
		text := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\f", `\f`).Replace(s.shown())
		if strings.HasPrefix(text, " ") {
			text = `\` + text
		}
		b.WriteString(name + "=" + text + "\n")
	}
	if r.group.Kind == "profile" && !strings.Contains(b.String(), "%"+r.group.Name) {
		return "spring.config.activate.on-profile=" + r.group.Name + "\n" + b.String()
	}
	return b.String()
}

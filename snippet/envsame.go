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
	beside        *rewriting // the connection of a worker deployment
}

// oneSetting is one line of the repaired version. A value that is a reference as a whole is at another place.
type oneSetting struct {
	name   string // of a variable, or the keys with dots
	value  config.Value
	pair   bool
	secret bool // a secret's value is never written
	env    bool
	bare   bool   // a number or a truth value
	given  string // the name as it was written
	origin config.Origin
}

// rewriting collects the settings of the part that was judged: those that are known, and all others that are
// Temporal's by their name. What must not be there is left out; values have their repairs.
func (j *judgement) rewriting() *rewriting {
	related := j.related(j.part)
	r := j.rewrite(j.part)
	if len(related) > 1 {
		r.beside = j.rewrite(related[1])
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

// rewrite collects the settings of one group.
func (j *judgement) rewrite(group int) *rewriting {
	r := &rewriting{form: j.Form, dialect: j.doc.Dialect, exports: j.doc.Exports, group: j.doc.Groups[group], commands: j.doc.Commands}
	if looksSecret(r.group.Name) {
		r.group.Name = "name"
	}
	at := map[string]int{}
	resolver, settings := j.doc.Resolver(group)
	for i, s := range settings {
		k, known := j.doc.of(s)
		if !known && !slices.Contains(tokens(s.Path), "temporal") || s.Value == nil || secretName(s) || j.unwanted(k, s) {
			continue
		}
		out := oneSetting{name: s.Name, value: s.Value, pair: s.Pair, env: s.Via == "env" && (s.Pair || s.Path == s.Name), bare: s.Bare, origin: s.From, given: s.Name}
		if !out.env {
			out.name = s.Path
		}
		if k.set == "file" {
			out.name = flatKey(out.name)
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
	return r
}

// unwanted reports whether a setting must not be in the repaired version.
func (j *judgement) unwanted(k known, s config.Setting) bool {
	value := s.Value.String()
	switch {
	case k.what == mServerCA:
		return !local(j.host()) && !systemRoots(value) && k.set != "own"
	case k.what == mNoVerify:
		return on(value)
	case k.what == mTLS:
		return k.set == "standard"
	}
	return k.set == "ops" && !j.has(mAPIKey) && !j.has(mCert)
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
	if fileProfile(r.group) {
		return r.toml()
	}
	switch r.form {
	case "toml":
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
	if r.inCommands() {
		return r.commandLines()
	}
	return r.lines()
}

// inCommands reports whether all settings stand in commands.
func (r *rewriting) inCommands() bool {
	return len(r.list) > 0 && !slices.ContainsFunc(r.list, func(s oneSetting) bool { return s.origin.Command == 0 })
}

// commandLines writes the settings as options of the commands that set them.
func (r *rewriting) commandLines() string {
	var b strings.Builder
	b.WriteString(r.note("#"))
	b.WriteString("# with the other options as before\n")
	for i := 0; i < len(r.list); {
		n := r.list[i].origin.Command
		b.WriteString(masked(r.commands[n-1]))
		for i < len(r.list) && r.list[i].origin.Command == n {
			o := r.list[i].origin
			from := i
			for i < len(r.list) && r.list[i].origin == o {
				i++
			}
			b.WriteString(option(o, r.list[from:i]))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// option writes settings as one option of a command.
func option(o config.Origin, list []oneSetting) string {
	var b strings.Builder
	var words []string
	for _, s := range list {
		words = append(words, s.name+"="+s.shown())
	}
	const next = " \\\n  "
	switch {
	case o.JSON:
		var object strings.Builder
		(&rewriting{}).jsonBranch(&object, tree(list), "")
		b.WriteString(next + o.Flag + " " + quoteBash(object.String()))
	case o.Flag == "--environment" || o.Flag == "Variables":
		b.WriteString(next + "--environment " + quoteBash("Variables={"+strings.Join(words, ",")+"}"))
	case o.List && o.Flag != "":
		b.WriteString(next + o.Flag + " " + quoteWord(strings.Join(words, ",")))
	case o.Flag == "--prop" || o.Flag == "-k" || o.Flag == "--key":
		for _, s := range list {
			b.WriteString(next + o.Flag + " " + quoteWord(s.given) + map[string]string{"-k": " -v "}[o.Flag] + map[bool]string{true: " --value "}[o.Flag != "-k"] + quoteWord(s.shown()))
		}
	case o.Flag == "pair":
		for _, s := range list {
			b.WriteString(" " + quoteWord(either(s.given, s.name)) + " " + quoteWord(s.shown()))
		}
	case o.Flag == "-e" || o.Flag == "--env" || strings.HasPrefix(o.Flag, "--from-") || o.Flag == "--set":
		for _, w := range words {
			b.WriteString(next + o.Flag + " " + quoteWord(w))
		}
	default:
		if o.Flag != "" && !strings.HasPrefix(list[0].given, "--") {
			b.WriteString(next + o.Flag)
		}
		for n, w := range words {
			if strings.HasPrefix(list[n].given, "--") {
				w = list[n].given + " " + quoteWord(list[n].shown())
				b.WriteString(next + w)
				continue
			}
			b.WriteString(next + quoteWord(w))
		}
	}
	return b.String()
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

// Package config reads the settings of a program from the texts in which people keep them: shell lines and commands,
// .env files, compose, Kubernetes, Helm, Terraform, Bicep, task definitions, application settings, temporal.toml and
// the like. It knows the formats and nothing of what a setting means.
package config

import (
	"context"
	"strings"
)

// Bounds of what is read. Nothing that a person pastes comes near them.
const (
	MaxText   = 256 << 10 // bytes of a text
	maxShell  = 64 << 10  // bytes that the shell's parser gets at once
	maxDepth  = 64        // maps and lists within each other
	maxNodes  = 40_000    // of a tree, aliases and merged keys counted where they are used
	maxFound  = 20_000    // settings
	maxGroups = 200       // services, profiles, branches and the like
	maxTexts  = 3         // texts within texts, such as a file in a ConfigMap
)

// Document is what a text says.
type Document struct {
	Form     string    // lines, yaml, compose, kubernetes, github-actions, toml, json, hcl, bicep, properties or dockerfile
	Markdown bool      // the text is Markdown with several code blocks: each is a group with a Form of its own
	Dialect  string    // of lines: shell, dotenv, powershell, cmd, fish, systemd; "" elsewhere
	Settings []Setting // in the order of the text
	Groups   []Group   // Groups[0] is the whole text
	Problems []string  // what could not be read, and why, in words for a person; no value of the text is in them
	Open     bool      // more is set in places that the text only names: env_file, envFrom of another object, a secret store

	Commands []string // programs with the words before their first option, of commands that set something
	Code     bool     // lines are a program's or a module's: what is not in them may be anywhere else
	Exports  bool     // the lines of a shell export what they set

	named  map[string]Value // what references in the text may name beside settings: var.x, local.x, a Bicep parameter
	bundle map[string]table // ConfigMaps and Secrets by kind and name
	wants  []want           // settings whose value stands in one of them
	other  map[string]int   // settings by name, for what a part takes from outside; made when first asked for
	origin Origin           // of the command that is read
	cost   cost
	texts  int // how deep in texts within texts
	line   int // lines before the text that is read, where it stands within another
	ctx    context.Context
}

// Group is a part of a text whose settings belong together. Parent is the group around it; its settings hold here too.
type Group struct {
	Kind, Name string // service, container, profile, branch, job, step, command, resource, function, template or block
	Form       string // of a block of Markdown
	Parent     int
	Hints      []string // image, command and the like: what tells a worker from a web interface
}

// Setting is one name with its value.
type Setting struct {
	Name  string // as written: TEMPORAL_ADDRESS, or the last of the keys
	Path  string // the keys from its group to it, with dots; Name alone for a variable
	Value Value
	Quote byte // the quote around the value where it matters, else 0
	Group int
	Line  int    // of the text, from 1; 0 where it is not known
	Via   string // "env" where it is certainly a variable, "key" in a tree, "flag" of a command, "profile" of the temporal CLI
	ID    int    // its place in Document.Settings
	Bare  bool   // the format has it as a number or a truth value, not as text
	From  Origin // of a setting in a command
	Pair  bool   // it stands as a pair of name and value, not as a key with its value
}

// Origin is where in a command a setting stands. Command is the place in Document.Commands counted from 1, 0 for none;
// Flag is the option that it belongs to, "" for none, or "pair" where name and value are words of their own; List is set
// where the option takes several with commas, JSON where they stand in a JSON object.
type Origin struct {
	Command    int
	Flag       string
	List, JSON bool
}

// Value is a text with references in it.
type Value []Part

// Defaulted reports whether the value is what a reference falls back to: the variable that it names may hold another.
func (v Value) Defaulted() bool {
	for _, p := range v {
		if p.Raw == "" && p.Default != "" {
			return true
		}
	}
	return false
}

// Part is literal text, or a reference. Raw is the reference as written. Ref is "" for what no text can tell, such as
// a command's output. Where Secret is set, the value lies in a store of secrets; Store says where, as far as the text
// does: name/key of a Kubernetes Secret, or the name of another store's secret.
type Part struct {
	Text, Ref, Default, Raw, Store string
	HasDefault, Secret             bool
}

// Lit is a value without references.
func Lit(s string) Value { return Value{{Text: s}} }

// Program is how the judge shows a value that a program's code makes.
const Program = "(a program's code)"

// Elsewhere is a value that the text does not hold; raw is how it says so.
func Elsewhere(raw string) Value { return Value{{Raw: either(raw, "(set elsewhere)")}} }

// String is the value as written.
func (v Value) String() string {
	var b strings.Builder
	for _, p := range v {
		b.WriteString(p.Text)
		b.WriteString(p.Raw)
	}
	return b.String()
}

// Whole reports whether nothing of the value is a reference.
func (v Value) Whole() bool {
	for _, p := range v {
		if p.Raw != "" {
			return false
		}
	}
	return true
}

// cost counts what reading took, so that a text of a few bytes cannot grow.
type cost struct {
	nodes int
	bytes int
	full  bool
}

// Read reads a text of at most MaxText bytes; it ends early when ctx ends. It never fails: what it could not read is
// in Problems.
func Read(ctx context.Context, text string) *Document {
	d := &Document{ctx: ctx, Groups: []Group{{}}, named: map[string]Value{}, bundle: map[string]table{}}
	if len(text) > MaxText {
		d.problem("The text is too long for a configuration.")
		return d
	}
	text = Clean(text)
	if !d.markdown(text, 0) {
		d.text(text, 0, 0)
	}
	d.fetch()
	return d
}

// text reads a text, or one within another, into a group. line is how many lines of the text around it stand before it.
func (d *Document) text(text string, group, line int) {
	if d.texts >= maxTexts || d.stopped() {
		return
	}
	d.texts++
	d.line += line
	defer func() { d.texts--; d.line -= line }()
	read(d, text, group)
}

func (d *Document) stopped() bool { return d.cost.full || d.ctx.Err() != nil }

func (d *Document) problem(s string) {
	for _, p := range d.Problems {
		if p == s {
			return
		}
	}
	d.Problems = append(d.Problems, s)
}

// add takes a setting.
func (d *Document) add(s Setting) {
	if len(d.Settings) >= maxFound {
		d.full()
		return
	}
	if s.Path == "" {
		s.Path = s.Name
	}
	s.ID = len(d.Settings)
	if s.Line > 0 {
		s.Line += d.line
	}
	if s.From.Command == 0 {
		s.From = d.origin
	}
	d.Settings = append(d.Settings, s)
	if strings.Contains(s.Value.String(), "-D") && (s.Via == "env" || upper(s.Name)) {
		d.systemProperties(s)
	}
}

// systemProperties reads those of Java in the value of a variable, such as JAVA_TOOL_OPTIONS or what a start
// script hands to java: each is a setting of its own.
func (d *Document) systemProperties(of Setting) {
	for _, w := range of.Value.words() {
		text := w.String()
		name, _, ok := strings.Cut(strings.TrimPrefix(text, "-D"), "=")
		if !strings.HasPrefix(text, "-D") || !ok || !strings.Contains(name, ".") || len(d.Settings) >= maxFound {
			continue
		}
		line := max(0, of.Line-d.line) // add counts them again
		d.add(Setting{Name: name, Value: cutValue(w, len("-D")+len(name)+1), Group: of.Group, Line: line, Via: "key", From: of.From})
	}
}

// words takes a value apart at its blanks; a reference is part of the word that it stands in.
func (v Value) words() []Value {
	var out []Value
	var word Value
	end := func() {
		if len(word) > 0 {
			out = append(out, word)
			word = nil
		}
	}
	for _, p := range v {
		if p.Raw != "" {
			word = append(word, p)
			continue
		}
		for i, text := range strings.FieldsFunc(p.Text, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }) {
			if i > 0 || strings.ContainsAny(p.Text[:1], " \t\n\r") {
				end()
			}
			word = append(word, Part{Text: text})
		}
		if p.Text != "" && strings.ContainsAny(p.Text[len(p.Text)-1:], " \t\n\r") {
			end()
		}
	}
	end()
	return out
}

func (d *Document) full() {
	if !d.cost.full {
		d.cost.full = true
		d.problem("The text contains more than a configuration should, or expands when its references are followed. Only part of it was read.")
	}
}

// AddNamed makes settings of what the format has beside settings: variables with a default, parameters. It reports
// whether there was any.
func (d *Document) AddNamed() bool {
	for _, name := range sortedKeys(d.named) {
		d.add(Setting{Name: name, Value: d.named[name], Via: "key"})
	}
	return len(d.named) > 0
}

// group makes a group within another, or returns the one of that name that is there.
func (d *Document) group(kind, name string, parent int) int {
	for i, g := range d.Groups {
		if g.Kind == kind && g.Name == name && g.Parent == parent && i > 0 && name != "" {
			return i
		}
	}
	if len(d.Groups) >= maxGroups {
		return parent
	}
	d.Groups = append(d.Groups, Group{Kind: kind, Name: name, Parent: parent})
	return len(d.Groups) - 1
}

// In reports whether group g is group of, or lies in it.
func (d *Document) In(g, of int) bool {
	for range maxDepth {
		if g == of {
			return true
		}
		if g == 0 {
			return false
		}
		g = d.Groups[g].Parent
	}
	return false
}

// For returns the settings that hold in a group: its own and those of the groups around it, in the order of the text.
func (d *Document) For(g int) []Setting {
	holds := make([]bool, len(d.Groups)) // a walk up for each group, not for each setting
	for of := range holds {
		holds[of] = d.In(g, of)
	}
	n := 0
	for i := range d.Settings {
		if holds[d.Settings[i].Group] {
			n++
		}
	}
	out := make([]Setting, 0, n)
	for i := range d.Settings {
		if holds[d.Settings[i].Group] {
			out = append(out, d.Settings[i])
		}
	}
	return out
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

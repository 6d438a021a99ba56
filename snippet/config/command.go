package config

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call reads a command: the assignments before it, and what its words set.
func (s *script) call(c *syntax.CallExpr, group int) {
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			s.assign(a, group)
		}
		return
	}
	for _, a := range c.Assigns {
		s.assign(a, group)
	}
	words := make([]argument, 0, len(c.Args))
	for _, w := range c.Args {
		v, quote := s.word(w)
		words = append(words, argument{value: v, quote: quote, raw: s.source(w)})
	}
	s.d.command(words, s.line(c), group)
}

// argument is a word of a command.
type argument struct {
	value Value
	quote byte
	raw   string
}

func (a argument) text() string { return a.value.String() }

// words reads the words of a line that no parser took.
func (d *Document) words(list []string, line, group int) {
	var args []argument
	for _, w := range list {
		w = strings.Trim(w, `"'`)
		args = append(args, argument{value: everyday.split(w), raw: w})
	}
	d.command(args, line, group)
}

// clis are the programs whose flags name an address or a namespace.
var clis = []string{"temporal", "tctl", "tcld", "omes"}

// starters run a program with an environment of its own; the flags and words that name it.
var starters = map[string][]string{
	"docker": {"--name"}, "podman": {"--name"}, "nerdctl": {"--name"}, "gcloud": {"deploy", "update"}, "az": {"-n", "--name"},
	"aws": {"--function-name", "--service"}, "kubectl": nil, "flyctl": nil, "fly": nil, "heroku": nil,
}

// command reads what the words of a command set. Commands that start a program make a group when they say its name.
func (d *Document) command(words []argument, line, group int) {
	for len(words) > 0 && (words[0].text() == "sudo" || words[0].text() == "exec" || words[0].text() == "&") {
		words = words[1:]
	}
	if len(words) == 0 {
		return
	}
	if first := words[0].text(); (first == "source" || first == ".") && len(words) > 1 {
		d.Open = true // more is set in the file that it reads
		return
	}
	program := strings.TrimSuffix(path.Base(strings.ReplaceAll(words[0].text(), `\`, "/")), ".exe")
	before, open := len(d.Settings), d.Open
	d.Commands = append(d.Commands, lead(words))
	d.origin = Origin{Command: len(d.Commands)}
	defer func() {
		d.origin = Origin{}
		if len(d.Settings) == before {
			d.Commands = d.Commands[:len(d.Commands)-1]
		} else if program != "docker" && program != "podman" && program != "nerdctl" && program != "set" && program != "env" {
			d.Open = true // a command changes some settings and leaves others as they are
		} else {
			d.Open = d.Open || open
		}
	}()
	own := group
	if flags, ok := starters[program]; ok {
		if name := named(words, flags); name != "" && (program != "docker" || len(words) > 1 && words[1].text() == "run") {
			own = d.group("command", name, group)
			g := &d.Groups[own]
			for _, w := range words[1:] {
				if t := w.text(); len(g.Hints) < 40 && !strings.Contains(t, "=") && len(t) < 100 {
					g.Hints = append(g.Hints, t)
				}
			}
		}
	}
	for i := 0; i < len(words) && !d.stopped(); i++ {
		d.word(words, i, program, line, own)
	}
	if len(d.Settings) == before && program == "set" && len(words) == 3 && identifier(words[1].text()) {
		d.add(Setting{Name: words[1].text(), Value: words[2].value, Quote: words[2].quote, Group: group, Line: line, Via: "env"}) // fish
	}
}

// lead are a command's words before its first option or setting.
func lead(words []argument) string {
	var out []string
	for _, w := range words {
		t := w.text()
		if strings.HasPrefix(t, "-") || len(out) > 0 && (strings.ContainsAny(t, ".:") || upper(t)) || strings.ContainsAny(t, "=\n\"'$`{}") || len(t) > 60 || len(out) > 6 {
			break
		}
		out = append(out, t)
	}
	return strings.Join(out, " ")
}

// named is the value behind one of a command's flags.
func named(words []argument, flags []string) string {
	for i, w := range words {
		flag, value, joined := strings.Cut(w.text(), "=")
		if !slices.Contains(flags, flag) {
			continue
		}
		if joined {
			return value
		}
		if i+1 < len(words) && !strings.HasPrefix(words[i+1].text(), "-") {
			return words[i+1].text()
		}
	}
	return ""
}

// Flags of commands that read a store of secrets: NAME=where it lies.
var secretFlags = regexp.MustCompile(`^--(?:set|update)-secrets$|^--secrets?$`)

// word reads one word of a command.
func (d *Document) word(words []argument, i int, program string, line, group int) {
	w := words[i]
	text := w.text()
	flag, previous := "", ""
	if i > 0 {
		previous = words[i-1].text()
	}
	switch {
	case strings.HasPrefix(text, "-D") && strings.Contains(text, "="): // Java
		name, value, _ := strings.Cut(text[2:], "=")
		d.add(Setting{Name: name, Value: everyday.split(value), Group: group, Line: line, Via: "key"})
		return
	case strings.HasPrefix(text, "-"):
		name, _, joined := strings.Cut(text, "=")
		flag = name
		if slices.Contains(clis, program) || strings.Contains(strings.ToLower(name), "temporal") {
			v := Value(nil)
			if joined {
				v = cutValue(w.value, len(name)+1)
			} else if i+1 < len(words) {
				v = words[i+1].value
			}
			d.flag(strings.TrimLeft(name, "-"), v, group, line)
		}
		if name == "--env-file" || name == "--env-vars-file" || name == "--set-env-vars-file" {
			d.Open = true
		}
		if !joined {
			if len(text) > 2 && text[1] == 'e' && program != "az" && identifier(strings.SplitN(text[2:], "=", 2)[0]) && strings.Contains(text, "=") {
				d.assignments(argument{value: cutValue(w.value, 2), quote: w.quote}, "", line, group)
			}
			return
		}
		w = argument{value: cutValue(w.value, len(name)+1), quote: w.quote, raw: w.raw}
		if strings.HasPrefix(text, "-e") && !strings.HasPrefix(text, "--") && identifier(name[2:]) {
			w = argument{value: cutValue(words[i].value, 2), quote: w.quote}
		}
	case strings.HasPrefix(previous, "-") && !strings.Contains(previous, "="):
		flag = previous
	}
	text = w.text()
	if jsonIn(text) && w.value.Whole() {
		form := d.Form
		d.origin.Flag, d.origin.JSON = flag, true
		d.text(text, group, max(0, line-1))
		d.Form = form
		return
	}
	d.origin = Origin{Command: d.origin.Command, Flag: flag}
	if (flag == "-e" || flag == "--env") && !strings.Contains(text, "=") && identifier(text) && (program == "docker" || program == "podman" || program == "nerdctl") {
		d.add(Setting{Name: text, Value: Value{{Ref: text, Raw: "(set elsewhere)"}}, Group: group, Line: line, Via: "env"})
		return
	}
	d.origin = Origin{Command: d.origin.Command, Flag: "pair"}
	if set, v := setBy(words, i, program); set && temporalName(text) {
		d.add(Setting{Name: text, Value: v.value, Quote: v.quote, Group: group, Line: line, Via: viaOf(text)})
		return
	}
	if i >= 2 && previous == "set" && identifier(text) && (strings.Contains(text, "_") || upper(text)) && i+1 < len(words) && !strings.HasPrefix(words[i+1].text(), "-") && program != "temporal" {
		d.add(Setting{Name: text, Value: words[i+1].value, Quote: words[i+1].quote, Group: group, Line: line, Via: "env"}) // doppler secrets set A b
		return
	}
	if i >= 2 && previous == "set" && strings.Contains(text, ":") && program == "dotnet" && i+1 < len(words) {
		d.add(Setting{Name: text, Value: words[i+1].value, Group: group, Line: line, Via: "key"}) // dotnet user-secrets set A:B c
		return
	}
	if i >= 2 && previous == "set" && program == "temporal" && strings.Contains(text, ".") && i+1 < len(words) { // temporal env set dev.address b
		_, key, _ := strings.Cut(text, ".")
		d.add(Setting{Name: text, Path: strings.ReplaceAll(key, "-", "_"), Value: words[i+1].value, Group: group, Line: line, Via: "profile"})
		return
	}
	d.origin.Flag = flag
	if (flag == "-k" || flag == "--key" || flag == "--prop") && program == "temporal" && i+2 < len(words) && (words[i+1].text() == "-v" || words[i+1].text() == "--value") {
		d.add(Setting{Name: text, Path: strings.ReplaceAll(text, "-", "_"), Value: words[i+2].value, Group: group, Line: line, Via: "profile"})
		return
	}
	d.assignments(w, flag, line, group)
}

var (
	pairStart = regexp.MustCompile(`(?:^|[,;|\s{])["']?([A-Za-z_][\w.:]*)=`)
	delimiter = regexp.MustCompile(`^\^([^\^]{1,3})\^`)
)

// assignments takes NAME=value apart, also several in one word: A=1,B=2 and Variables={A=1,B=2}.
func (d *Document) assignments(w argument, flag string, line, group int) {
	text := w.text()
	if len(text) > 32<<10 || !strings.Contains(text, "=") {
		return
	}
	secret := secretFlags.MatchString(flag)
	if m := delimiter.FindStringSubmatch(text); m != nil { // gcloud topic escaping
		d.origin.Flag, d.origin.List = flag, true
		for _, one := range strings.Split(text[len(m[0]):], m[1]) {
			d.one(one, w, secret, line, group)
		}
		return
	}
	inner, braces := strings.CutPrefix(text, "Variables=")
	if braces {
		text = strings.TrimSuffix(strings.TrimPrefix(inner, "{"), "}")
	}
	// Only some flags take lists; elsewhere a comma is a part of the value, unless an upper-case name follows.
	starts := pairStart.FindAllStringSubmatchIndex(text, -1)
	if len(starts) == 0 || starts[0][0] > 0 && !strings.ContainsAny(text[:starts[0][0]+1], "{ ") {
		return
	}
	d.origin.Flag = flag
	if braces && flag == "" {
		d.origin.Flag = "Variables"
	}
	list := braces || strings.Contains(flag, "env") || secret || strings.Contains(flag, "set") || strings.Contains(flag, "settings")
	var cuts []int
	for n, s := range starts {
		name := text[s[2]:s[3]]
		sep := byte(0)
		if s[2] > 0 {
			sep = text[s[2]-1]
		}
		if n == 0 || list && (sep == ',' || sep == ';' || sep == '|') || upper(name) && strings.Contains(name, "_") && sep == ',' || sep == ' ' && upper(name) && strings.Contains(name, "_") {
			cuts = append(cuts, s[2])
		}
	}
	d.origin.List = len(cuts) > 1 || braces || secret
	for n, from := range cuts {
		to := len(text)
		if n+1 < len(cuts) {
			to = cuts[n+1]
			to = from + len(strings.TrimRight(text[from:to], ",;| "))
		}
		if len(cuts) == 1 && !braces && from == 0 {
			name, _, _ := strings.Cut(text, "=")
			v := cutValue(w.value, len(name)+1)
			if secret {
				v = Value{{Raw: v.String(), Secret: true}}
			} else if v.Whole() && secretRef.MatchString(v.String()) {
				v = Value{{Raw: v.String(), Secret: true}}
			}
			d.add(Setting{Name: strings.TrimSpace(name), Value: v, Quote: w.quote, Group: group, Line: line, Via: viaOf(name)})
			return
		}
		d.one(text[from:to], w, secret, line, group)
	}
}

func viaOf(name string) string {
	if identifier(name) {
		return "env"
	}
	return "key"
}

func (d *Document) one(text string, w argument, secret bool, line, group int) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return
	}
	v := everyday.split(strings.Trim(value, `"'`))
	if w.quote == '\'' {
		v = Lit(value)
	}
	if secret {
		v = Value{{Raw: value, Secret: true}}
	}
	d.add(Setting{Name: strings.Trim(name, `"' `), Value: v, Group: group, Line: line, Via: viaOf(name)})
}

// flag takes a command's flag that may name an address, a namespace or a file.
func (d *Document) flag(name string, v Value, group, line int) {
	if v == nil {
		v = Lit("")
	}
	d.add(Setting{Name: "--" + name, Path: name, Value: v, Group: group, Line: line, Via: "flag"})
}

// temporalName reports whether a name is said to be of Temporal: temporalAddress, Parameters:temporal-address.
func temporalName(s string) bool {
	return strings.Contains(strings.ToLower(s), "temporal") && settable.MatchString(s)
}

var settable = regexp.MustCompile(`^[A-Za-z_][\w:.-]*$`)

// setBy reports whether word i is a name that a command sets, "pulumi config set --secret NAME value", and to what: the
// word after it, or what gh is given for a body.
func setBy(words []argument, i int, program string) (bool, argument) {
	from := i - 1
	for from > 0 && strings.HasPrefix(words[from].text(), "--") && !strings.Contains(words[from].text(), "=") {
		from--
	}
	if from < 1 || words[from].text() != "set" || program == "temporal" {
		return false, argument{}
	}
	if program == "gh" {
		for n, w := range words[i+1:] {
			flag, _, joined := strings.Cut(w.text(), "=")
			switch {
			case flag != "--body" && flag != "-b":
			case joined:
				return true, argument{value: cutValue(w.value, len(flag)+1), quote: w.quote}
			case i+2+n < len(words):
				return true, words[i+2+n]
			}
		}
		return true, argument{value: Value{{Raw: "(set elsewhere)"}}}
	}
	if i+1 < len(words) && !strings.HasPrefix(words[i+1].text(), "-") {
		return true, words[i+1]
	}
	return false, argument{}
}

// cutValue drops the first n bytes of a value.
func cutValue(v Value, n int) Value {
	var out Value
	for _, p := range v {
		if n == 0 {
			out = append(out, p)
			continue
		}
		if p.Raw != "" {
			n = max(0, n-len(p.Raw))
			continue
		}
		k := min(n, len(p.Text))
		n -= k
		if p.Text = p.Text[k:]; p.Text != "" {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return Lit("")
	}
	return out
}

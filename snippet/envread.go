package snippet

import (
	"encoding/base64"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"gopkg.in/yaml.v3"
)

// assignment is one variable, or one key of temporal.toml, as it was pasted.
type assignment struct {
	known
	name    string
	value   string
	unknown bool // the value is elsewhere: in a secret, or in a variable that was not pasted
}

// pasted is what was read of a text.
type pasted struct {
	form     string
	all      []assignment
	profiles []string // of temporal.toml
	broken   string   // why the text could not be read as what it looks like
}

var (
	looksTOML = regexp.MustCompile(`(?m)^[ \t]*\[[ \t]*profile[ \t]*\.`)
	looksYAML = regexp.MustCompile(`(?m)^[ \t]*(?:-[ \t]+)?(?:apiVersion|kind|services|environment|env|envFrom|jobs|stringData|name|TEMPORAL_[A-Z0-9_]+)[ \t]*:(?:[ \t]|$)`)
)

// readEnvironment finds every variable that it knows in a text of any of the forms.
func readEnvironment(text string) pasted {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	if at := looksTOML.FindStringIndex(text); at != nil {
		p := pasted{form: "toml"}
		p.lines(text[:at[0]])
		p.toml(text[at[0]:])
		return p
	}
	if looksYAML.MatchString(text) {
		p := pasted{form: "yaml"}
		if p.yaml(text) {
			return p
		}
		p.lines(text)
		return p
	}
	p := pasted{form: "lines"}
	p.lines(text)
	return p
}

// add takes a variable if its name is known; a later value of the same name replaces an earlier one in a shell.
func (p *pasted) add(name, value string, unknown bool) {
	if k, ok := vocabulary[name]; ok {
		p.all = append(p.all, assignment{k, name, value, unknown})
	}
}

// setters are the ways to set a variable on a line: name and value.
var setters = []*regexp.Regexp{
	regexp.MustCompile(`^(?i:\$env:)([A-Za-z_]\w*)\s*=\s*(.*)$`),                                                                    // PowerShell
	regexp.MustCompile(`^(?i:\[(?:System\.)?Environment\]::SetEnvironmentVariable)\(\s*['"](\w+)['"]\s*,\s*(.*?)\s*(?:,[^,]*)?\)$`), // PowerShell, for good
	regexp.MustCompile(`^set\s+(?:-{1,2}[a-zA-Z-]+\s+)+([A-Za-z_]\w*)\s+(.*)$`),                                                     // fish
	regexp.MustCompile(`^(?i:setx)\s+([A-Za-z_]\w*)\s+(.*?)(?:\s+/[mM])?$`),                                                         // cmd, for good
	regexp.MustCompile(`^(?i:set)\s+"([A-Za-z_]\w*)=(.*)"$`),                                                                        // cmd
	regexp.MustCompile(`^(?i:set)\s+([A-Za-z_]\w*)=(.*)$`),                                                                          // cmd
	regexp.MustCompile(`^Environment="([A-Za-z_]\w*)=(.*)"$`),                                                                       // systemd
	regexp.MustCompile(`^(?:(?:export|declare -x|typeset -x|env|ENV|-e|--env|Environment)[ =]\s*)?([A-Za-z_]\w*)\s*=\s*(.*)$`),      // bash, .env, Dockerfile, docker run
	regexp.MustCompile(`^(?:-\s+)?["']?([A-Za-z_]\w*)["']?:\s+(.*?),?$`),                                                            // YAML or JSON that is broken elsewhere
}

// lines reads settings line by line; a quoted value may go on over several lines.
func (p *pasted) lines(text string) {
	rest := strings.Split(text, "\n")
	for len(rest) > 0 {
		line := strings.TrimSpace(rest[0])
		rest = rest[1:]
		for _, prompt := range []string{"$ ", "> ", "# ", "% "} {
			if after, ok := strings.CutPrefix(line, prompt); ok && (prompt != "# " || strings.HasPrefix(after, "export ")) {
				line = strings.TrimSpace(after)
			}
		}
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//") || strings.HasPrefix(line, ";") {
			continue
		}
		for _, one := range several(line) {
			rest = p.line(one, rest)
		}
	}
}

// line reads one setting; its value may go on in the lines after it. It returns the lines that are left.
func (p *pasted) line(line string, rest []string) []string {
	for _, re := range setters {
		m := re.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		value := m[2]
		for len(rest) > 0 && openQuote(value) {
			value += "\n" + rest[0]
			rest = rest[1:]
		}
		p.set(m[1], value)
		break
	}
	return rest
}

var (
	another = regexp.MustCompile(`\s["']?TEMPORAL_\w+=`)
	option  = regexp.MustCompile(`\s+(?:-e|--env|\\)?$`)
)

// several takes settings apart that share a line: export A=1 B=2, Environment="A=1" "B=2", docker run -e A=1 -e B=2.
func several(line string) []string {
	at := append(another.FindAllStringIndex(line, -1), []int{len(line), len(line)})
	if len(at) == 1 {
		return []string{line}
	}
	var out []string
	from, quote := 0, ""
	docker := strings.Contains(line, " -e ") || strings.Contains(line, " --env ")
	for _, a := range at {
		one := option.ReplaceAllString(line[from:a[0]], "")
		if docker && !strings.Contains(one, `="`) && !strings.Contains(one, "='") {
			one, _, _ = strings.Cut(one, " ") // the image and its command follow
		}
		if strings.Contains(one, "=") {
			out = append(out, strings.TrimSuffix(one, quote))
		}
		from, quote = a[0]+1, ""
		if from < len(line) && (line[from] == '"' || line[from] == '\'') {
			quote = line[from : from+1]
			from++
		}
	}
	return out
}

// openQuote reports whether a value begins with a quote and does not end it.
func openQuote(value string) bool {
	for _, q := range []string{`"`, `'`} {
		if after, ok := strings.CutPrefix(value, q); ok {
			if strings.Count(strings.ReplaceAll(after, `\`+q, ""), q) == 0 {
				return true
			}
		}
	}
	return false
}

var variableRef = regexp.MustCompile(`\$\{(\w+)(?::?-([^}]*))?\}|\$env:(\w+)|\$(\w+)|%(\w+)%`)

// set takes a value off its quotes and puts in the variables that were pasted before.
func (p *pasted) set(name, raw string) {
	value, literal := unquoted(raw)
	unknown := false
	if !literal {
		value = variableRef.ReplaceAllStringFunc(value, func(ref string) string {
			m := variableRef.FindStringSubmatch(ref)
			for _, a := range slices.Backward(p.all) {
				if a.name == m[1]+m[3]+m[4]+m[5] && !a.unknown {
					return a.value
				}
			}
			if m[2] != "" {
				return m[2]
			}
			unknown = true
			return ref
		})
	}
	p.add(name, value, unknown)
}

// unquoted takes a value as far as it reaches on its line, without its quotes, and says whether it stood
// between single quotes. Backslashes stay: in a path they are Windows'.
func unquoted(raw string) (string, bool) {
	raw = strings.TrimSpace(raw)
	for _, q := range []string{`'`, `"`} {
		after, ok := strings.CutPrefix(raw, q)
		if !ok {
			continue
		}
		if end := strings.LastIndex(after, q); end >= 0 {
			after = after[:end]
		}
		return strings.NewReplacer(`'\''`, `'`, `\"`, `"`, `\$`, `$`, `''`, `'`).Replace(after), q == `'`
	}
	value, _, _ := strings.Cut(raw, " #")
	value, _, _ = strings.Cut(value, "; ")
	value, _, _ = strings.Cut(value, " && ")
	return strings.TrimSpace(strings.TrimSuffix(value, ";")), false
}

// yaml reads variables anywhere in YAML documents: compose, Kubernetes, GitHub Actions, or a part of one.
func (p *pasted) yaml(text string) bool {
	dec := yaml.NewDecoder(strings.NewReader(text))
	for range 100 {
		var doc any
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return len(p.all) > 0
		}
		if err != nil {
			p.broken = "The text looks like YAML and is not: was its indentation lost in copying?"
			p.all = nil
			return false
		}
		m, _ := doc.(map[string]any)
		switch {
		case m["services"] != nil:
			p.form = "compose"
		case m["apiVersion"] != nil:
			p.form = "kubernetes"
		case m["jobs"] != nil:
			p.form = "github-actions"
		}
		p.walk(doc, m["kind"] == "Secret", 0)
	}
	return len(p.all) > 0
}

// walk looks for NAME: value, - NAME=value, and name/value pairs.
func (p *pasted) walk(node any, encoded bool, depth int) {
	if depth > 50 {
		return
	}
	switch n := node.(type) {
	case []any:
		for _, v := range n {
			if s, ok := v.(string); ok {
				if name, value, ok := strings.Cut(s, "="); ok {
					p.scalar(name, value)
				} else {
					p.add(s, "", true) // taken from the shell
				}
				continue
			}
			p.walk(v, encoded, depth+1)
		}
	case map[string]any:
		if name, ok := n["name"].(string); ok {
			if value, ok := n["value"]; ok {
				p.scalar(name, value)
			} else if n["valueFrom"] != nil {
				p.add(name, "", true)
			}
		}
		for _, k := range sortedKeys(n) {
			v := n[k]
			switch {
			case encoded && k == "data":
				data, _ := v.(map[string]any)
				for _, name := range sortedKeys(data) {
					s, _ := data[name].(string)
					b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
					p.add(name, string(b), err != nil)
				}
			case vocabulary[k] != known{}:
				p.scalar(k, v)
			default:
				p.walk(v, encoded, depth+1)
			}
		}
	}
}

// scalar takes a value of YAML, in which compose doubles a dollar and GitHub has expressions.
func (p *pasted) scalar(name string, v any) {
	switch v := v.(type) {
	case nil:
		p.add(name, "", true)
	case string:
		if strings.Contains(v, "${{") || strings.Contains(v, "$(") {
			p.add(name, v, true)
			return
		}
		if p.form == "compose" && strings.Contains(v, "$$") {
			p.add(name, strings.ReplaceAll(v, "$$", "$"), false)
			return
		}
		if variableRef.MatchString(v) {
			p.set(name, `"`+v+`"`)
			return
		}
		p.add(name, v, false)
	case bool:
		p.add(name, map[bool]string{true: "true", false: "false"}[v], false)
	case int:
		p.add(name, map[int]string{0: "0", 1: "1"}[v], false)
	}
}

// toml reads the profiles of temporal.toml: the one that TEMPORAL_PROFILE names, else default, else the only one.
func (p *pasted) toml(text string) {
	var doc struct{ Profile map[string]map[string]any }
	if _, err := toml.Decode(text, &doc); err != nil {
		p.broken = "The text looks like temporal.toml and is not TOML."
		var at toml.ParseError
		if errors.As(err, &at) {
			p.broken = "The text looks like temporal.toml and is not TOML: see " + strings.TrimSuffix(at.Position.String(), ".") + " of its part with the profiles."
		}
		return
	}
	p.profiles = sortedKeys(doc.Profile)
	name := "default"
	for _, a := range p.all {
		if a.what == mProfile && a.value != "" {
			name = a.value
		}
	}
	profile, ok := doc.Profile[name]
	if !ok && len(p.profiles) == 1 {
		profile = doc.Profile[p.profiles[0]]
	}
	for _, k := range sortedKeys(profile) {
		if table, ok := profile[k].(map[string]any); ok && k == "tls" {
			for _, key := range sortedKeys(table) {
				p.key("tls."+key, table[key])
			}
			continue
		}
		p.key(k, profile[k])
	}
}

func (p *pasted) key(key string, v any) {
	what, ok := profileKeys[key]
	if !ok {
		return
	}
	switch v := v.(type) {
	case string:
		p.all = append(p.all, assignment{known{"file", what}, key, v, false})
	case bool:
		if key == "tls.disabled" {
			v = !v
		}
		p.all = append(p.all, assignment{known{"file", what}, key, map[bool]string{true: "true", false: "false"}[v], false})
	}
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

package config

import (
	"regexp"
	"strings"
)

// setters are the ways to set a variable on a line that no shell's parser reads: name and value.
var setters = []struct {
	dialect string
	at      *regexp.Regexp
	refs    references
}{
	{"powershell", regexp.MustCompile(`^(?i:\$env:)([A-Za-z_]\w*)\s*=\s*(.*)$`), power},
	{"powershell", regexp.MustCompile(`^(?i:\[(?:System\.)?Environment\]::SetEnvironmentVariable)\(\s*['"](\w+)['"]\s*,\s*(.*?)\s*(?:,[^,]*)?\)$`), power},
	{"program", regexp.MustCompile(`^(?:(?:System\.)?Environment\.SetEnvironmentVariable|os\.[Ss]etenv|os\.environ\.setdefault|putenv)\(\s*['"]([A-Za-z_]\w*)['"]\s*,\s*(.*?)\s*\);?$`), everyday},
	{"program", regexp.MustCompile(`^(?:os\.environ|ENV|process\.env)\[['"]([A-Za-z_]\w*)['"]\]\s*(?:\|\|)?=\s*(.*?);?$`), everyday},
	{"program", regexp.MustCompile(`^process\.env\.([A-Za-z_]\w*)\s*(?:\?\?|\|\|)?=\s*(.*?);?$`), everyday},
	{"powershell", regexp.MustCompile(`^(?i:Set-Item|New-Item|si)\s+(?:-Path\s+)?(?i:env:)\\?(\w+)\s+(?:-Value\s+)?(.*)$`), power},
	{"powershell variable", regexp.MustCompile(`^\$([A-Za-z_]\w*)\s*=\s*(.*)$`), power},
	{"fish", regexp.MustCompile(`^set\s+(?:-{1,2}[a-zA-Z-]+\s+)+([A-Za-z_]\w*)\s+(.*)$`), everyday},
	{"cmd", regexp.MustCompile(`^@?(?i:setx)\s+"?([A-Za-z_]\w*)"?\s+(.*?)(?:\s+/[mM])?$`), percent},
	{"cmd", regexp.MustCompile(`^@?(?i:set)\s+"([A-Za-z_]\w*)=(.*)"$`), percent},
	{"cmd", regexp.MustCompile(`^@?(?i:set)\s+([A-Za-z_]\w*)=(.*)$`), percent},
	{"dockerfile", regexp.MustCompile(`^(?:ENV|ARG)\s+([A-Za-z_]\w*)\s+([^=\s].*)$`), everyday},
}

// several are lines that hold one or more NAME=value behind a word.
var several = regexp.MustCompile(`^(?:Environment=|PassEnvironment=|(?:ENV|ARG)\s+|(?:env|setenv)\s+)(.*)$`)

// supervised is supervisor's line of variables, NAME="value" with commas between them, in which %(ENV_NAME)s is a
// variable of supervisor's own (supervisord.org/configuration.html, "environment").
var (
	supervised    = regexp.MustCompile(`^environment\s*=\s*([A-Za-z_]\w*=.*)$`)
	supervisorRef = regexp.MustCompile(`%\(ENV_(\w+)\)s`)
)

var (
	assigns = regexp.MustCompile(`^(?:export\s+|declare\s+-x\s+|typeset\s+-x\s+)?([A-Za-z_]\w*)=(.*)$`)
	spaced  = regexp.MustCompile(`^(?:export\s+)?["']?([A-Za-z_][\w.-]*)["']?\s*(?:=|:(?:\s|$))\s*(.*?),?$`)
	makes   = regexp.MustCompile(`^(?:export\s+|override\s+)?([A-Za-z_]\w*)\s*(\?|::?)=\s*(.*)$`) // make's, and Go's
	prompts = []string{"$ ", "> ", "% ", "PS> "}
	section = regexp.MustCompile(`^\[[\w .:-]+\]$`)
)

// lines reads settings line by line: what a shell's parser takes goes to it in one piece.
func (d *Document) lines(text string, group int) {
	d.Form = either(d.Form, "lines")
	var piece strings.Builder
	first := 1
	flush := func() {
		if piece.Len() > 0 {
			d.shell(piece.String(), first, group)
			piece.Reset()
		}
	}
	inPEM := false
	rest, number, root := text, 0, !assignLine.MatchString(text)
	for rest != "" && !d.stopped() {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		number++
		trimmed := unprompt(strings.TrimSpace(line), root)
		for at := number; len(trimmed) < maxShell && rest != "" && continued(trimmed) && number-at < 200; {
			var more string
			more, rest, _ = strings.Cut(rest, "\n")
			number++
			trimmed = strings.TrimRight(trimmed[:len(trimmed)-1], " \t") + " " + strings.TrimSpace(more)
		}
		if strings.Contains(line, "-----BEGIN ") {
			inPEM = true
		}
		if strings.Contains(line, "-----END ") {
			inPEM = false
		}
		if !inPEM && d.special(trimmed, number, group) { // base64 is free to begin with //
			flush()
			first = number + 1
			continue
		}
		if piece.Len() == 0 {
			first = number
		}
		piece.WriteString(trimmed)
		piece.WriteByte('\n')
	}
	flush()
}

// continued reports whether a line goes on by PowerShell's backtick or cmd's caret.
func continued(line string) bool {
	return strings.HasSuffix(line, " `") && strings.Count(line, "`") == 1 || strings.HasSuffix(line, " ^")
}

// unprompt takes off what a terminal writes before a command. Root's sign is a comment's, so root says that nothing
// else in the text sets a variable.
func unprompt(line string, root bool) string {
	for _, p := range prompts {
		if after, ok := strings.CutPrefix(line, p); ok {
			return strings.TrimSpace(after)
		}
	}
	if after, ok := strings.CutPrefix(line, "# "); ok && root && strings.HasPrefix(after, "export ") {
		return after
	}
	return line
}

// special reads a line that belongs to no POSIX shell.
func (d *Document) special(line string, number, group int) bool {
	switch {
	case strings.HasPrefix(line, ";") && !strings.HasPrefix(line, ";;") || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "REM ") || strings.HasPrefix(line, "rem ") || strings.HasPrefix(line, "::"):
		return true
	case section.MatchString(line):
		return true
	case strings.HasPrefix(line, "EnvironmentFile="):
		d.Open = true
		return true
	}
	for _, s := range setters {
		m := s.at.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if s.dialect == "powershell variable" {
			value, _ := unquote(m[2], "powershell")
			d.named[m[1]] = s.refs.split(value)
			return true
		}
		if s.dialect != "program" {
			d.dialect(s.dialect)
		} else if q := strings.TrimSpace(m[2]); q == "" || q[0] != '"' && q[0] != '\'' {
			d.add(Setting{Name: m[1], Value: Elsewhere(Program), Group: group, Line: number, Via: "env"})
			return true
		}
		value, quote := unquote(m[2], s.dialect)
		v := s.refs.split(value)
		switch {
		case quote == '\'':
			v = Lit(value)
		case s.dialect == "powershell" && quote == 0 && strings.HasPrefix(value, "("):
			v = Value{{Raw: value}} // what a command gives
		}
		d.add(Setting{Name: m[1], Value: v, Quote: quote, Group: group, Line: number, Via: "env"})
		return true
	}
	if m := supervised.FindStringSubmatch(line); m != nil {
		d.assignments(argument{value: Lit(supervisorRef.ReplaceAllString(m[1], "$${$1}"))}, "environment", number, group)
		return true
	}
	if m := several.FindStringSubmatch(line); m != nil && strings.Contains(m[1], "=") {
		if strings.HasPrefix(line, "Environment=") {
			d.dialect("systemd")
		}
		d.shell(m[1]+"\n", number, group)
		return true
	}
	return false
}

func (d *Document) dialect(s string) { d.Dialect = either(d.Dialect, s) }

// unquote takes a value off its quotes, and says which they were.
func unquote(raw, dialect string) (string, byte) {
	raw = strings.TrimSpace(raw)
	if len(raw) < 2 || raw[0] != '"' && raw[0] != '\'' {
		if dialect != "cmd" {
			raw, _, _ = strings.Cut(raw, " #")
			raw = strings.TrimSuffix(strings.TrimSpace(raw), ";")
		}
		return raw, 0
	}
	q := raw[0]
	end := strings.LastIndexByte(raw, q)
	if end == 0 {
		return raw, 0
	}
	inner := raw[1:end]
	switch {
	case dialect == "powershell" && q == '\'':
		inner = strings.ReplaceAll(inner, "''", "'")
	case dialect == "powershell":
		inner = strings.NewReplacer("`\"", `"`, "`$", "$", "``", "`", "`n", "\n").Replace(inner)
	case dialect == "fish" && q == '\'':
		inner = strings.NewReplacer(`\\`, `\`, `\'`, "'").Replace(inner)
	default:
		inner = strings.NewReplacer(`\"`, `"`, `\$`, `$`).Replace(inner)
	}
	return inner, q
}

var (
	tableRow  = regexp.MustCompile("^\\|[ \t]*`?([A-Z][A-Z0-9_]+)`?[ \t]*\\|")
	tableRule = regexp.MustCompile(`^[ \t]*\|?[ \t]*:?-{2,}`)
	annotated = regexp.MustCompile(`(?m)^[ \t]*([A-Za-z_]\w*)[ \t]*:[ \t]*(?:str|int|bool|float|SecretStr|FilePath|Path|Optional\[\w+\])(?:[ \t]*\|[ \t]*None)?(?:[ \t]*=[ \t]*(.*))?$`)
	codeValue = regexp.MustCompile(`^[\w.]+\(|process\.env|\?\?|\|\||os\.environ|getenv|\bENV\[`)
)

// fallbacks are the ways in which code reads a variable and says what holds where it is not set.
var fallbacks = []*regexp.Regexp{
	regexp.MustCompile(`^(?:[\w.]*(?:config|[gG]etenv|env|Env)|os\.environ\.get|ENV\.fetch|\w*env\.\w+)\(\s*['"]\w+['"]\s*,\s*(?:default\s*=\s*)?(?:"([^"]+)"|'([^']+)')\s*\)[;,]?$`),
	regexp.MustCompile("^`\\$\\{\\s*process\\.env\\.\\w+\\s*(?:\\?\\?|\\|\\|)\\s*(?:\"([^\"`]+)\"|'([^'`]+)')\\s*\\}`[;,]?$"),
	regexp.MustCompile(`^(?:process\.env(?:\.\w+|\[['"]\w+['"]\])|ENV\[['"]\w+['"]\]|os\.environ\.get\(['"]\w+['"]\))\s*(?:\?\?|\|\||\bor\b)\s*(?:"([^"]+)"|'([^']+)')[;,]?$`),
}

// fallback is the value of a setting that code reads from the environment: what it names for the case that the
// variable is not set, or one that is set elsewhere.
func fallback(code string) Value {
	for _, f := range fallbacks {
		if m := f.FindStringSubmatch(code); m != nil {
			value := m[1] + m[2]
			return Value{{Text: value, Default: value}}
		}
	}
	return Elsewhere(Program)
}

// loose reads lines that no parser took: .env files with blanks, text that is broken elsewhere.
func (d *Document) loose(text string, first, group int) {
	rest, number, column := text, first-1, 1
	for rest != "" && !d.stopped() {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		number++
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "- "))
		if strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "|") && tableRule.MatchString(rest) { // the head of a table of Markdown
			column = valueColumn(line)
		}
		if m := tableRow.FindStringSubmatch(line); m != nil {
			d.Open = true // a table of a text about a configuration does not hold all of it
			if cells := cellsOf(line); column > 0 && column < len(cells) && cells[column] != "" && !tableRule.MatchString(cells[column]) {
				d.add(Setting{Name: m[1], Value: everyday.split(cells[column]), Group: group, Line: number, Via: "env"})
			}
			continue
		}
		if m := annotated.FindStringSubmatch(line); m != nil { // of a Python class: what holds if no variable is set
			v := Elsewhere(Program)
			if value, quote := unquote(m[2], "dotenv"); quote != 0 {
				v = Value{{Text: value, Default: value}}
			}
			d.add(Setting{Name: m[1], Value: v, Group: group, Line: number, Via: "env"})
			continue
		}
		if m := makes.FindStringSubmatch(line); m != nil {
			d.Code = true
			value, quote := unquote(m[3], "dotenv")
			v := everyday.split(value)
			switch {
			case quote == 0 && codeValue.MatchString(value):
				v = fallback(value)
			case m[2] == "?" && v.Whole(): // unless the environment has it
				v = Value{{Text: value, Default: value}}
			}
			d.add(Setting{Name: m[1], Value: v, Quote: quote, Group: group, Line: number, Via: "env"})
			continue
		}
		m := assigns.FindStringSubmatch(line)
		d.Exports = d.Exports || m != nil && strings.HasPrefix(line, "export ")
		if m == nil {
			m = spaced.FindStringSubmatch(line)
		}
		if m == nil {
			if len(line) < 4<<10 && strings.ContainsAny(line, "=") {
				d.words(strings.Fields(line), number, group)
			}
			continue
		}
		raw := m[2]
		if len(raw) > 0 && (raw[0] == '"' || raw[0] == '\'') && strings.LastIndexByte(raw, raw[0]) == 0 {
			// A quoted value may go on in the lines after it.
			if end := strings.IndexByte(rest, raw[0]); end >= 0 && end < 16<<10 {
				number += strings.Count(rest[:end], "\n")
				raw += "\n" + rest[:end+1]
				rest = rest[end+1:]
				_, rest, _ = strings.Cut(rest, "\n")
				number++
			}
		}
		value, quote := unquote(raw, "dotenv")
		if quote == 0 && value != "" && strings.Trim(value, "({[ ") == "" && !temporalName(m[1]) {
			continue // code's brace: what it opens stands on the lines after it
		}
		v := everyday.split(value)
		d.Code = d.Code || quote == 0 && codeValue.MatchString(value) || quote != 0 && strings.HasSuffix(raw, string(quote)+";")
		switch {
		case quote == 0 && codeValue.MatchString(value):
			v = fallback(value)
		case quote == '\'':
			v = Lit(value)
		}
		d.add(Setting{Name: m[1], Value: v, Quote: quote, Group: group, Line: number, Via: "env"})
	}
}

var (
	cloudHead = regexp.MustCompile(`(?i)\bcloud\b|\bprod`)
	valueHead = regexp.MustCompile(`(?i)^(?:values?|default(?: values?)?|examples?|sample|setting|set to|production|cloud)$`)
	wordsHead = regexp.MustCompile(`(?i)desc|required|type|mean|purpose|what|note|use|used|comment`)
)

// valueColumn is the column of a table that holds the values of its variables, 0 for none.
func valueColumn(head string) int {
	cells := cellsOf(head)
	for i, c := range cells { // of several columns of values, the one for Temporal Cloud
		if i > 0 && cloudHead.MatchString(c) && !wordsHead.MatchString(c) {
			return i
		}
	}
	for i, c := range cells {
		if i > 0 && valueHead.MatchString(c) {
			return i
		}
	}
	if len(cells) > 1 && !wordsHead.MatchString(cells[1]) {
		return 1
	}
	return 0
}

// cellsOf are the cells of a row of a table.
func cellsOf(row string) []string {
	cells := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|")
	for i, c := range cells {
		cells[i] = strings.Trim(strings.TrimSpace(c), "`*")
	}
	return cells
}

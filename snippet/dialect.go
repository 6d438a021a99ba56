package snippet

import (
	"regexp"
	"strings"
)

// dialect is the shell in which a pasted command is written.
type dialect struct {
	name  string
	next  string // between two flags
	quote func(string) string
}

// dialectOf tells the shell by what only it has: its line continuation and its variables.
func dialectOf(command string) dialect {
	switch {
	case strings.Contains(command, "$env:") || strings.Contains(command, "`\n"):
		return dialect{"powershell", " `\n  ", quotePowerShell}
	case strings.Contains(command, "^\n") || cmdVariable.MatchString(command):
		return dialect{"cmd", " ^\n  ", quoteArgument}
	}
	return dialect{"bash", " \\\n  ", quoteBash}
}

var cmdVariable = regexp.MustCompile(`%[A-Za-z_][A-Za-z0-9_]*(?::[^%\n]*)?%`)

// word is one word of a command: as written, and without its quotes. Variables stay as they are.
type word struct{ raw, value string }

// variable reports whether the word's value is known only to the shell.
func (w word) variable() bool {
	return strings.Contains(w.value, "$") && !strings.HasPrefix(w.raw, "'") || cmdVariable.MatchString(w.value)
}

// words splits a command as a shell does, far enough for flags and their values: quotes, backslashes of
// bash, and the line continuations of bash, cmd and PowerShell.
func words(command string, d dialect) []word {
	command = strings.NewReplacer("\r\n", "\n", "\\\r\n", " ").Replace(command)
	for _, c := range []string{"\\\n", "^\n", "`\n"} {
		command = strings.ReplaceAll(command, c, " ")
	}
	var out []word
	var raw, value strings.Builder
	quote, in := rune(0), false
	runes := []rune(command)
	end := func() {
		if in {
			out = append(out, word{raw.String(), value.String()})
		}
		raw.Reset()
		value.Reset()
		in = false
	}
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		if quote == 0 && (r == ' ' || r == '\t' || r == '\n') {
			end()
			continue
		}
		raw.WriteRune(r)
		in = true
		escape := i+1 < len(runes) && r == '\\' &&
			(d.name == "bash" && (quote == 0 || quote == '"' && strings.ContainsRune("\"\\$`", runes[i+1])) || d.name == "cmd" && runes[i+1] == '"')
		switch {
		case escape:
			i++
			raw.WriteRune(runes[i])
			value.WriteRune(runes[i])
		case quote == r && d.name == "powershell" && i+1 < len(runes) && runes[i+1] == r:
			i++
			raw.WriteRune(r)
			value.WriteRune(r)
		case quote == r:
			quote = 0
		case quote == 0 && (r == '"' || r == '\'' && d.name != "cmd"):
			quote = r
		default:
			value.WriteRune(r)
		}
	}
	end()
	return out
}

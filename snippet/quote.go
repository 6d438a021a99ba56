package snippet

import (
	"encoding/json"
	"regexp"
	"strings"
)

// bare is what no holder gives a meaning to.
var bare = regexp.MustCompile(`^[A-Za-z0-9_./:@+,-]+$`)

// quoteBash quotes for bash, zsh and sh: between single quotes nothing has a meaning
// (POSIX.1-2024, Shell Command Language 2.2.2).
func quoteBash(s string) string {
	if bare.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// quoteFish quotes for fish: between single quotes only \' and \\ have a meaning
// (fish documentation, The fish language, Quotes).
func quoteFish(s string) string {
	if bare.MatchString(s) {
		return s
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// powerQuotes are the characters that PowerShell takes for a single quote; doubled they stand for
// themselves (about_Quoting_Rules; System.Management.Automation CharExtensions.IsSingleQuote).
var powerQuotes = strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛")

func quotePowerShell(s string) string { return "'" + powerQuotes.Replace(s) + "'" }

// quoteCmd returns the argument of `set` for cmd.exe, and whether the value can be written: between the
// quotes of set "NAME=value" all but %, " and a line break stands for itself (cmd /?, set /?).
func quoteCmd(name, value string) (string, bool) {
	return `set "` + name + "=" + value + `"`, !strings.ContainsAny(value, "%\"\r\n")
}

// quoteDotenv writes a value so that docker compose, python-dotenv, Node and bash's `source` read it
// alike, and reports whether there is such a way. Their rules differ: python-dotenv undoes \\ and \' between
// single quotes and expands ${…} anywhere, Node's loader knows no escapes but \n between double quotes.
func quoteDotenv(s string) (string, bool) {
	switch {
	case s == "" || bare.MatchString(s):
		return s, true
	case strings.ContainsAny(s, "'\r") || strings.Contains(s, `\\`) || strings.HasSuffix(s, `\`) || strings.Contains(s, "${"):
		return "", false
	case strings.Contains(s, "\n"):
		return `"` + strings.ReplaceAll(s, "\n", `\n`) + `"`, !strings.ContainsAny(s, "\"\\$`")
	}
	return "'" + s + "'", true
}

// quoteYAML writes a double-quoted YAML scalar: JSON's escapes are YAML's (YAML 1.2.2 §5.7).
func quoteYAML(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""` // a string always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// quoteCompose is quoteYAML with $ doubled: compose expands variables after it has read the YAML
// (Compose file reference, Interpolation).
func quoteCompose(s string) string { return quoteYAML(strings.ReplaceAll(s, "$", "$$")) }

// quoteKubernetes is quoteYAML with $ doubled where Kubernetes would give it a meaning: it expands $(NAME)
// in a value and writes $$ as one $ (Pod v1, env.value).
func quoteKubernetes(s string) string {
	if strings.Contains(s, "$(") || strings.Contains(s, "$$") {
		s = strings.ReplaceAll(s, "$", "$$")
	}
	return quoteYAML(s)
}

// quoteActions is quoteYAML with ${{ as an expression that gives it (GitHub Actions, Expressions).
func quoteActions(s string) string { return quoteYAML(strings.ReplaceAll(s, "${{", "${{ '${{' }}")) }

// quoteSystemd writes one assignment of Environment=: C escapes between double quotes, % doubled
// (systemd.exec(5), systemd.syntax(7), systemd.unit(5) Specifiers).
func quoteSystemd(name, value string) string {
	return `"` + name + "=" + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "%", "%%").Replace(value) + `"`
}

// quoteTOML writes a basic string: its escapes are a superset of JSON's (TOML 1.0).
func quoteTOML(s string) string { return strings.ReplaceAll(quoteYAML(s), "\x7f", `\u007f`) }

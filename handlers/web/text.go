package web

import (
	"fmt"
	"strings"
	"time"
)

// ShellNames are where the environment can be held, as the reader knows them.
var ShellNames = map[string]string{"bash": "bash, zsh", "fish": "fish", "powershell": "PowerShell", "cmd": "cmd", "dotenv": ".env",
	"compose": "Compose", "kubernetes": "Kubernetes", "systemd": "systemd", "github-actions": "GitHub Actions", "toml": "temporal.toml"}

// ShellLangs are the languages that colour a holder's text.
var ShellLangs = map[string]string{"compose": "yaml", "kubernetes": "yaml", "github-actions": "yaml", "systemd": "ini", "toml": "toml",
	"powershell": "powershell", "cmd": "batch", "fish": "fish"}

// Either returns the first text that is not empty.
func Either(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// Day is a date as people write it: "12 Nov 2026".
func Day(t time.Time) string { return t.Local().Format("2 Jan 2006") }

// Moment is a date with the time of day: "12 Nov 2026, 10:42".
func Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 Jan 2006, 15:04")
}

// Stamp is a time for machines.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Took is a duration at the precision people care for: "0.4 ms", "155 ms", "2.6 s", "3 min 10 s".
func Took(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}

// Millis is took for a number of milliseconds.
func Millis(ms float64) string { return Took(time.Duration(ms * float64(time.Millisecond))) }

// Ago says how long something is past: "12 s ago", "3 h ago", "2 days ago".
func Ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

// Many is a count with its noun: "1 worker", "3 workers".
func Many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// Grouped writes a fingerprint in groups of four, for eyes.
func Grouped(hex string) string {
	var b strings.Builder
	for i, c := range hex {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// LangNames are the SDK languages, in the order offered.
var LangNames = []struct{ ID, Name string }{
	{"python", "Python"}, {"go", "Go"}, {"typescript", "TypeScript"}, {"java", "Java"},
	{"dotnet", ".NET"}, {"ruby", "Ruby"}, {"php", "PHP"},
}

// LangName is the name of a language as people write it; an unknown id is its own name.
func LangName(id string) string {
	for _, l := range LangNames {
		if l.ID == id {
			return l.Name
		}
	}
	return id
}

// AuthName is how workers sign in, in words.
func AuthName(auth string) string {
	if auth == "api-key" {
		return "API key"
	}
	return "mTLS"
}

// Cell keeps a spreadsheet from taking a text that somebody else chose for a formula.
func Cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

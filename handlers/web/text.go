package web

import (
	"fmt"
	"strings"
	"time"

	"onramp/custody"
	"onramp/sdk"
	"onramp/views"
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

// Moment is views.Moment.
func Moment(t time.Time) string { return views.Moment(t) }

// Stamp is a time for machines.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Took is views.Took.
func Took(d time.Duration) string { return views.Took(d) }

// Millis is Took for a number of milliseconds.
func Millis(ms float64) string { return Took(time.Duration(ms * float64(time.Millisecond))) }

// Ago says how long t is past now: views.Ago.
func Ago(now, t time.Time) string { return views.Ago(now.Sub(t)) }

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

// LangName is the name of a language as people write it; an unknown id is its own name.
func LangName(id string) string { return sdk.Name(id) }

// AuthName is how workers sign in, in words.
func AuthName(auth string) string {
	if auth == "api-key" {
		return "API key"
	}
	return "mTLS"
}

// Cell keeps a spreadsheet from taking a text that somebody else chose for a formula.
func Cell(s string) string { return custody.Cell(s) }

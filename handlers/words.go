package handlers

import (
	"fmt"
	"strings"
	"time"
)

// day is a date as people write it: "12 Nov 2026".
func day(t time.Time) string { return t.Local().Format("2 Jan 2006") }

// moment is a date with the time of day: "12 Nov 2026, 10:42".
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 Jan 2006, 15:04")
}

// stamp is a time for machines.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// took is a duration at the precision people care for: "0.4 ms", "155 ms", "2.6 s", "3 min 10 s".
func took(d time.Duration) string {
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

// millis is took for a number of milliseconds.
func millis(ms float64) string { return took(time.Duration(ms * float64(time.Millisecond))) }

// ago says how long something is past: "12 s ago", "3 h ago", "2 days ago".
func ago(now, t time.Time) string {
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

// many is a count with its noun: "1 worker", "3 workers".
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// grouped writes a fingerprint in groups of four, for eyes.
func grouped(hex string) string {
	var b strings.Builder
	for i, c := range hex {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// langNames are the SDK languages, in the order offered.
var langNames = []struct{ id, name string }{
	{"python", "Python"}, {"go", "Go"}, {"typescript", "TypeScript"}, {"java", "Java"},
	{"dotnet", ".NET"}, {"ruby", "Ruby"}, {"php", "PHP"},
}

func langName(id string) string {
	for _, l := range langNames {
		if l.id == id {
			return l.name
		}
	}
	return id
}

func authName(auth string) string {
	if auth == "api-key" {
		return "API key"
	}
	return "mTLS"
}

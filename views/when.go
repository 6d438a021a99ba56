package views

import (
	"fmt"
	"onramp/fault"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Times and durations are said in one way on every page, by the functions of this file and of fault's.

// Moment is a date with the time of day and its zone, in the zone of the computer that Onramp runs on: "12 Nov 2026,
// 10:42 UTC". The zero time is "".
func Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 Jan 2006, 15:04 MST")
}

// Took is how long something took, fault.Took's words.
func Took(d time.Duration) string { return fault.Took(d) }

// Ago says how long something is past: "just now", "12 seconds ago", "1 minute ago", "3 hours ago", "2 days ago".
func Ago(d time.Duration) string {
	switch {
	case d < time.Second:
		return "just now"
	case d < time.Minute:
		d = d.Truncate(time.Second)
	case d < time.Hour:
		d = d.Truncate(time.Minute)
	case d < 48*time.Hour:
		return count(int(d.Hours()), "hour ago", "hours ago")
	default:
		d = d.Truncate(24 * time.Hour)
	}
	return fault.Lasts(d) + " ago"
}

// zones is a moment in both zones, for whoever points at it: in UTC and in that of the computer that Onramp runs on,
// which is named once where it is the same. The script puts the reader's own in the second place. "" for what is no
// RFC 3339 time.
func zones(stamp string) string {
	t, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return ""
	}
	const layout = "2 Jan 2006, 15:04:05 MST"
	utc, local := t.UTC().Format(layout), t.Local().Format(layout)
	if utc == local {
		return utc
	}
	return utc + " · " + local
}

// counted is what the script shows of a time that it counts on: whole seconds.
func counted(ms int64) string {
	s := ms / 1000
	if s < 60 {
		return fmt.Sprintf("%d s", s)
	}
	return fmt.Sprintf("%d min %d s", s/60, s%60)
}

// momentAttrs are the attributes of a moment beside its stamp.
func momentAttrs(stamp string, class []string) templ.Attributes {
	a := templ.Attributes{}
	if z := zones(stamp); z != "" {
		a["title"] = z
	}
	if len(class) > 0 {
		a["class"] = strings.Join(class, " ")
	}
	return a
}

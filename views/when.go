package views

import (
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Times and durations are said in one way on every page, by the functions of this file.

// Moment is a date with the time of day and its zone, in the zone of the computer that Onramp runs on: "12 Nov 2026,
// 10:42 UTC". The zero time is "".
func Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 Jan 2006, 15:04 MST")
}

// Took is how long something took, as precisely as people care: "0.4 ms", "155 ms", "2.4 s", "3 min 10 s", "2 h 5 min".
// Nothing or less is "".
func Took(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute-50*time.Millisecond: // which is said as a minute
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// Lasts is a length of time in words, for sentences: "1 minute", "1 minute 30 seconds", "2 days". It names the two
// largest units that are not 0, whole seconds at least.
func Lasts(d time.Duration) string {
	var parts []string
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := int(d / u.unit); n > 0 && len(parts) < 2 {
			parts = append(parts, count(n, u.name, u.name+"s"))
			d -= time.Duration(n) * u.unit
		} else if len(parts) > 0 {
			break
		}
	}
	if len(parts) == 0 {
		return "less than a second"
	}
	return strings.Join(parts, " ")
}

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
	return Lasts(d) + " ago"
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

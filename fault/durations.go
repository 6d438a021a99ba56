package fault

import (
	"fmt"
	"strings"
	"time"
)

// Durations are said in one way in every room, by the functions of this file; what time.Duration writes itself
// ("1h0m0s") is for Go.

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

// Lasts is a length of time in words, for sentences: "250 milliseconds", "1 minute", "1 minute 30 seconds", "2 days". It
// names the two largest units that are not 0, of a second and more whole seconds. Nothing or less is "no time".
func Lasts(d time.Duration) string {
	switch {
	case d <= 0:
		return "no time"
	case d < time.Millisecond:
		return "less than a millisecond"
	case d < time.Second:
		return many(d, time.Millisecond, "millisecond")
	}
	var parts []string
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if d >= u.unit {
			parts = append(parts, many(d, u.unit, u.name))
			d %= u.unit
		} else if len(parts) > 0 {
			break
		}
		if len(parts) == 2 {
			break
		}
	}
	return strings.Join(parts, " ")
}

// Left is how long something still lasts, as Lasts says it, in whole seconds rounded up, at least one: who comes back
// after it does not come too early.
func Left(d time.Duration) string {
	if whole := d.Truncate(time.Second); whole < d {
		d = whole + time.Second
	}
	return Lasts(max(d, time.Second))
}

func many(d, unit time.Duration, name string) string {
	n := int64(d / unit)
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}

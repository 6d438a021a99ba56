package transfer

import (
	"fmt"
	"strings"
	"time"
)

// Line is the event as one line of a terminal: time of day, event id, and what happened.
func (e Event) Line() string {
	var b strings.Builder
	b.WriteString(e.At.Local().Format("15:04:05.000"))
	if e.ID > 0 {
		fmt.Fprintf(&b, " %4d", e.ID)
	} else {
		b.WriteString("     ")
	}
	fmt.Fprintf(&b, "  %s", oneLine(e.Text))
	if e.Type != "" && (e.Event == KindWorkflow || e.Event == KindActivity) {
		fmt.Fprintf(&b, "  (%s)", e.Type)
	}
	if e.Event == KindEnd && e.Result != nil {
		fmt.Fprintf(&b, ": %s", oneLine(fmt.Sprint(e.Result)))
	}
	return b.String()
}

// oneLine keeps what others wrote from breaking or colouring the terminal.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// wait is how long until something, for people: "0.5 s", "2 min".
func wait(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}

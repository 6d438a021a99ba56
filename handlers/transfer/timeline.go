package transfer

import (
	"fmt"
	"strings"
	"time"

	"onramp/handlers/web"
	"onramp/transfer"
	"onramp/views"
)

// maxBars is how many attempts a timeline draws.
const maxBars = 200

func (t *transferState) timeline() views.TimelineProps {
	all := t.Bars()
	var p views.TimelineProps
	if len(all) == 0 {
		return p
	}
	bars := all[max(len(all)-maxBars, 0):]
	details := rowDetails(all)
	at := map[string]int{}
	for _, b := range bars {
		bar := timelineBar(b, t.live(), t.Elapsed())
		p.Span = max(p.Span, bar.End)
		i, ok := at[b.Activity]
		if !ok {
			i = len(p.Rows)
			at[b.Activity] = i
			p.Rows = append(p.Rows, views.TimelineRow{Label: activityName(b.Activity), Detail: details[b.Activity]})
		}
		p.Rows[i].Bars = append(p.Rows[i].Bars, bar)
	}
	p.Text, p.Ticks = web.Either(web.Took(p.Span), "0 ms")+" from the first event to the last", web.TimeTicks(p.Span)
	if n := len(all) - len(bars); n > 0 {
		p.Text += "; " + web.Many(n, "older attempt is", "older attempts are") + " not drawn"
	}
	return p
}

// timelineBar draws an attempt. One that has not ended goes as far as the log has come; one that no worker has taken is
// a wait.
func timelineBar(b transfer.Bar, live bool, elapsed time.Duration) views.BarProps {
	p := views.BarProps{Queued: b.Queued, Due: b.Due, Start: b.Start, End: b.End, State: barState(b.State), Word: string(b.State), Text: barText(b)}
	if b.End > 0 {
		return p
	}
	p.Live, p.Waits = live, b.State == transfer.StateScheduled
	p.End = max(b.Start+time.Millisecond, elapsed)
	return p
}

// activityName is an activity's name as people say it: "withdraw" and "WithdrawActivity" are Withdraw.
func activityName(s string) string { return web.UpperFirst(s) }

func barState(s transfer.ActivityState) views.State {
	switch s {
	case transfer.StateCompleted:
		return views.Good
	case transfer.StateFailed, transfer.StateTimedOut:
		return views.Bad
	case transfer.StateCanceled:
		return views.Warn
	case transfer.StateRunning:
		return views.Busy
	}
	return views.Idle
}

func barText(b transfer.Bar) string {
	var waits []string
	if d := b.Due - b.Queued; d >= time.Millisecond {
		waits = append(waits, web.Took(d)+" until it was due")
	}
	if d := b.Start - b.Due; d >= time.Millisecond {
		waits = append(waits, web.Took(d)+" for a worker")
	}
	text := fmt.Sprintf("attempt %d %s", b.Attempt, strings.ReplaceAll(string(b.State), "-", " "))
	if len(waits) > 0 {
		text = fmt.Sprintf("attempt %d waited %s; %s", b.Attempt, strings.Join(waits, " and "), strings.ReplaceAll(string(b.State), "-", " "))
	}
	if b.End > 0 {
		text += " after " + web.Either(web.Took(b.End-b.Start), "0 ms")
	}
	if b.Failure != "" {
		text += ": " + b.Failure
	}
	return text
}

// rowDetails are, by activity, how long it took in all and its highest attempt.
func rowDetails(bars []transfer.Bar) map[string]string {
	spent, attempt, out := map[string]time.Duration{}, map[string]int{}, map[string]string{}
	for _, b := range bars {
		if b.End > 0 {
			spent[b.Activity] += b.End - b.Start
		}
		attempt[b.Activity] = max(attempt[b.Activity], b.Attempt)
	}
	for name, n := range attempt {
		out[name] = rowDetail(spent[name], n)
	}
	return out
}

// rowDetail sums a lane up: "0.4 s · attempt 2".
func rowDetail(all time.Duration, attempt int) string {
	text := web.Took(all)
	if attempt > 1 {
		text = strings.TrimPrefix(text+fmt.Sprintf(" · attempt %d", attempt), " · ")
	}
	return text
}

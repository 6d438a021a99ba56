package transfer

import "time"

// Bars derives the timeline from the events so far: one bar for every attempt of every activity that was
// seen, in the order in which they began. Times are relative to the first event of the workflow's history.
func Bars(events []Event) []Bar {
	b := bars{open: map[string]int{}}
	for _, e := range events {
		switch {
		case e.Type == "WorkflowExecutionStarted" && b.zero.IsZero():
			b.zero = e.At
		case e.ActivityID != "" && (e.Event == "activity" || e.Event == "pending"):
			b.add(e)
		}
	}
	if b.all == nil {
		return []Bar{}
	}
	return b.all
}

type bars struct {
	zero time.Time
	all  []Bar
	open map[string]int // the newest bar of each activity, by its ID
}

func (b *bars) add(e Event) {
	i, known := b.open[e.ActivityID]
	attempt := e.Attempt
	if attempt == 0 && known {
		attempt = b.all[i].Attempt
	}
	switch {
	case !known:
		i = b.begin(e, max(attempt, 1))
	case attempt > b.all[i].Attempt: // the one before has ended
		b.end(i, e)
		i = b.begin(e, attempt)
	}
	bar := &b.all[i]
	switch e.State {
	case stateScheduled, stateRunning:
		if bar.State == stateScheduled || bar.State == stateRunning {
			bar.State = e.State
		}
		if e.Since != nil && e.State == stateRunning {
			bar.Start = b.at(*e.Since)
		}
	case stateCompleted, stateFailed, stateTimedOut, stateCanceled:
		bar.State, bar.End = e.State, max(b.at(e.At), bar.Start+1) // 0 would mean that it still runs
		if e.State == stateFailed || e.State == stateTimedOut {
			bar.Failure = e.Failure
		}
	}
}

// begin adds a bar for an attempt: from when it runs or, until then, from when it is due.
func (b *bars) begin(e Event, attempt int) int {
	start := b.at(e.At)
	switch {
	case e.Since != nil && e.State == stateRunning:
		start = b.at(*e.Since)
	case e.NextRetry != nil:
		start = b.at(*e.NextRetry)
	}
	b.all = append(b.all, Bar{Activity: e.Activity, Start: start, Attempt: attempt, State: stateScheduled})
	b.open[e.ActivityID] = len(b.all) - 1
	return len(b.all) - 1
}

// end closes a bar because a later attempt was seen, whose event tells why this one failed.
func (b *bars) end(i int, e Event) {
	bar := &b.all[i]
	if bar.State != stateScheduled && bar.State != stateRunning {
		return
	}
	if e.LastStart != nil && bar.State == stateScheduled { // it ran between two looks
		bar.Start = b.at(*e.LastStart)
	}
	end := b.at(e.At)
	if e.LastEnd != nil {
		end = b.at(*e.LastEnd)
	}
	bar.End, bar.State, bar.Failure = max(end, bar.Start+1), stateFailed, e.Failure
	if e.Data["timeout"] == true {
		bar.State = stateTimedOut
	}
}

func (b *bars) at(t time.Time) time.Duration {
	if b.zero.IsZero() {
		b.zero = t
	}
	return max(t.Sub(b.zero), 0)
}

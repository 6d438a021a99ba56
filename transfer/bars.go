package transfer

import "time"

// bars are the attempts of all activities, as State.Add tells of them.
type bars struct {
	zero time.Time // first event of the workflow's history
	all  []Bar
	open map[string]int // the newest bar of each activity, by its ID
}

// begins notes the first event of the workflow's history.
func (b *bars) begins(at time.Time) {
	if b.zero.IsZero() {
		b.zero = at
	}
}

// add takes in an event of an activity.
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
		ended := b.all[i].End
		i = b.begin(e, attempt)
		b.all[i].Queued = min(ended, b.all[i].Start)
	}
	bar := &b.all[i]
	switch e.State {
	case StateScheduled, StateRunning:
		if !final(bar.State) {
			bar.State = e.State
		}
		if e.Since != nil && e.State == StateRunning {
			bar.started(b.at(*e.Since))
		}
	case StateCompleted, StateFailed, StateTimedOut, StateCanceled:
		bar.State, bar.End = e.State, max(b.at(e.At), bar.Start+1) // 0 would mean that it still runs
		if e.State == StateFailed || e.State == StateTimedOut {
			bar.Failure = e.Failure
		}
	}
}

// begin adds a bar for an attempt: from when it runs or, until then, from when it is due.
func (b *bars) begin(e Event, attempt int) int {
	start := b.at(e.At)
	switch {
	case e.Since != nil && e.State == StateRunning:
		start = b.at(*e.Since)
	case e.NextRetry != nil:
		start = b.at(*e.NextRetry)
	}
	b.all = append(b.all, Bar{Activity: e.Activity, Queued: start, Due: start, Start: start, Attempt: attempt, State: StateScheduled})
	if b.open == nil {
		b.open = map[string]int{}
	}
	b.open[e.ActivityID] = len(b.all) - 1
	return len(b.all) - 1
}

// end closes a bar because a later attempt was seen, whose event tells why this one failed.
func (b *bars) end(i int, e Event) {
	bar := &b.all[i]
	if final(bar.State) {
		return
	}
	if e.LastStart != nil && bar.State == StateScheduled { // it ran between two looks
		bar.started(b.at(*e.LastStart))
	}
	end := b.at(e.At)
	if e.LastEnd != nil {
		end = b.at(*e.LastEnd)
	}
	bar.End, bar.State, bar.Failure = max(end, bar.Start+1), StateFailed, e.Failure
	if e.Data.Timeout.Is {
		bar.State = StateTimedOut
	}
}

// started notes when a worker took the attempt: what the server says of when it was due is never later.
func (b *Bar) started(at time.Duration) {
	b.Start, b.Due = at, min(b.Due, at)
	b.Queued = min(b.Queued, b.Due)
}

func (b *bars) at(t time.Time) time.Duration {
	b.begins(t)
	return max(t.Sub(b.zero), 0)
}

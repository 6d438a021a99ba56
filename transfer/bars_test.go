package transfer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ms = time.Millisecond

// told makes events as a run tells them, times after the workflow's start.
type told struct{ activity, id string }

func (a told) history(kind string, state ActivityState, at time.Duration, attempt int, failure string) Event {
	return Event{Event: "activity", Type: kind, At: zero.Add(at), Activity: a.activity, ActivityID: a.id, Attempt: attempt, State: state, Failure: failure}
}

func (a told) pending(state ActivityState, at time.Duration, attempt int, failure string) Event {
	return Event{Event: "pending", At: zero.Add(at), Activity: a.activity, ActivityID: a.id, Attempt: attempt, State: state, Failure: failure}
}

func (e Event) with(change func(*Event)) Event { change(&e); return e }

func point(at time.Duration) *time.Time { t := zero.Add(at); return &t }

func TestBars(t *testing.T) {
	begin := Event{Event: "workflow", Type: "WorkflowExecutionStarted", At: zero}
	w, d := told{"withdraw", "5"}, told{"deposit", "11"}
	tests := map[string]struct {
		events []Event
		want   []Bar
	}{
		"nothing":    {nil, []Bar{}},
		"no history": {[]Event{{Event: "worker", At: zero}, begin, {Event: "end", At: zero}}, []Bar{}},
		"scheduled":  {[]Event{begin, w.history("ActivityTaskScheduled", StateScheduled, 10*ms, 1, "")}, []Bar{{Activity: "withdraw", Queued: 10 * ms, Due: 10 * ms, Start: 10 * ms, Attempt: 1, State: StateScheduled}}},
		"running": {[]Event{begin, w.history("ActivityTaskScheduled", StateScheduled, 10*ms, 1, ""),
			w.pending(StateRunning, 12*ms, 1, "").with(func(e *Event) { e.Since = point(11 * ms) })},
			[]Bar{{Activity: "withdraw", Queued: 10 * ms, Due: 10 * ms, Start: 11 * ms, Attempt: 1, State: StateRunning}}},
		"done": {[]Event{begin, w.history("ActivityTaskScheduled", StateScheduled, 10*ms, 1, ""),
			w.history("ActivityTaskStarted", StateRunning, 12*ms, 1, "").with(func(e *Event) { e.Since = point(12 * ms) }),
			w.history("ActivityTaskCompleted", StateCompleted, 30*ms, 0, "")},
			[]Bar{{Activity: "withdraw", Queued: 10 * ms, Due: 10 * ms, Start: 12 * ms, End: 30 * ms, Attempt: 1, State: StateCompleted}}},
		"done at once is still seen to have ended": {[]Event{begin, w.history("ActivityTaskScheduled", StateScheduled, 0, 1, ""), w.history("ActivityTaskCompleted", StateCompleted, 0, 0, "")},
			[]Bar{{Activity: "withdraw", End: 1, Attempt: 1, State: StateCompleted}}},
		"retry, then good": {[]Event{begin, w.history("ActivityTaskScheduled", StateScheduled, 10*ms, 1, ""),
			w.pending(StateScheduled, 25*ms, 2, "no answer").with(func(e *Event) {
				e.LastStart, e.LastEnd, e.NextRetry = point(12*ms), point(20*ms), point(520*ms)
			}),
			w.pending(StateRunning, 600*ms, 2, "no answer").with(func(e *Event) { e.Since, e.LastEnd = point(530*ms), point(20*ms) }),
			w.history("ActivityTaskStarted", StateRunning, 530*ms, 2, "no answer").with(func(e *Event) { e.Since = point(530 * ms) }),
			w.history("ActivityTaskCompleted", StateCompleted, 700*ms, 0, "")},
			[]Bar{{Activity: "withdraw", Queued: 10 * ms, Due: 10 * ms, Start: 12 * ms, End: 20 * ms, Attempt: 1, State: StateFailed, Failure: "no answer"},
				{Activity: "withdraw", Queued: 20 * ms, Due: 520 * ms, Start: 530 * ms, End: 700 * ms, Attempt: 2, State: StateCompleted}}},
		"two attempts between two looks": {[]Event{begin, w.history("ActivityTaskScheduled", StateScheduled, 10*ms, 1, ""),
			w.pending(StateRunning, 12*ms, 1, "").with(func(e *Event) { e.Since = point(12 * ms) }),
			w.pending(StateRunning, 90*ms, 3, "late").with(func(e *Event) {
				e.Since, e.LastEnd, e.Data = point(80*ms), point(70*ms), Data{Timeout: Timeout{Is: true}}
			})},
			[]Bar{{Activity: "withdraw", Queued: 10 * ms, Due: 10 * ms, Start: 12 * ms, End: 70 * ms, Attempt: 1, State: StateTimedOut, Failure: "late"},
				{Activity: "withdraw", Queued: 70 * ms, Due: 80 * ms, Start: 80 * ms, Attempt: 3, State: StateRunning}}},
		"refused for good": {[]Event{begin, w.history("ActivityTaskScheduled", StateScheduled, 10*ms, 1, ""), w.history("ActivityTaskFailed", StateFailed, 20*ms, 0, "invalid account")},
			[]Bar{{Activity: "withdraw", Queued: 10 * ms, Due: 10 * ms, Start: 10 * ms, End: 20 * ms, Attempt: 1, State: StateFailed, Failure: "invalid account"}}},
		"cancelled while it waits for its retry": {[]Event{begin, w.history("ActivityTaskScheduled", StateScheduled, 10*ms, 1, ""),
			w.history("ActivityTaskCancelRequested", "", 20*ms, 0, ""), w.history("ActivityTaskCanceled", StateCanceled, 30*ms, 0, "")},
			[]Bar{{Activity: "withdraw", Queued: 10 * ms, Due: 10 * ms, Start: 10 * ms, End: 30 * ms, Attempt: 1, State: StateCanceled}}},
		"two activities at once": {[]Event{begin, w.history("ActivityTaskScheduled", StateScheduled, 10*ms, 1, ""), d.history("ActivityTaskScheduled", StateScheduled, 11*ms, 1, ""),
			w.history("ActivityTaskCompleted", StateCompleted, 20*ms, 0, ""), d.history("ActivityTaskTimedOut", StateTimedOut, 40*ms, 0, "too slow")},
			[]Bar{{Activity: "withdraw", Queued: 10 * ms, Due: 10 * ms, Start: 10 * ms, End: 20 * ms, Attempt: 1, State: StateCompleted},
				{Activity: "deposit", Queued: 11 * ms, Due: 11 * ms, Start: 11 * ms, End: 40 * ms, Attempt: 1, State: StateTimedOut, Failure: "too slow"}}},
		"clocks that disagree never give a negative time": {[]Event{begin, w.history("ActivityTaskScheduled", StateScheduled, -5*ms, 1, ""), w.history("ActivityTaskCompleted", StateCompleted, -9*ms, 0, "")},
			[]Bar{{Activity: "withdraw", End: 1, Attempt: 1, State: StateCompleted}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var s State
			for _, e := range tt.events {
				s.Add(e, e.At)
			}
			if diff := cmp.Diff(tt.want, s.Bars()); diff != "" {
				t.Errorf("bars (-want +got):\n%s", diff)
			}
		})
	}
}

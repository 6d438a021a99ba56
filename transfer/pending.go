package transfer

import (
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// pendings tells what changed in the pending activities since they were last looked at.
func (r *run) pendings(d *workflowservice.DescribeWorkflowExecutionResponse) {
	if d.GetWorkflowExecutionInfo().GetExecution().GetRunId() != r.plan.runID {
		return // another run of the same workflow ID
	}
	for _, p := range d.GetPendingActivities() {
		a := r.acts[p.GetActivityId()]
		if a == nil || a.closed { // history has not told of it yet, or knows better
			continue
		}
		if e, ok := r.pending(p, a); ok {
			r.moved = r.s.o.Now()
			r.say(e)
		}
		r.pendingFault(p)
	}
	if t := d.GetPendingWorkflowTask(); r.failing && t.GetAttempt() > 1 {
		e := Event{Event: "pending", Type: "WorkflowTask", Attempt: int(t.GetAttempt()), Text: fmt.Sprintf("The worker tries the workflow's code again: attempt %d", t.GetAttempt())}
		if n := len(r.events); n == 0 || r.events[n-1].Type != e.Type || r.events[n-1].Attempt != e.Attempt {
			r.say(e)
		}
	}
}

// pending is the event of one pending activity; false when nothing changed.
func (r *run) pending(p *workflowpb.PendingActivityInfo, a *act) (Event, bool) {
	now := r.s.o.Now()
	e := Event{Event: "pending", At: now, Activity: a.name, ActivityID: p.GetActivityId(), Attempt: int(p.GetAttempt()), State: stateScheduled, Data: map[string]any{}}
	causes := chain(p.GetLastFailure())
	e.Failure = sentence(causes)
	if len(causes) > 0 {
		e.Data["causes"] = causes
	}
	if timedOut(causes) {
		e.Data["timeout"] = true
	}
	if t := p.GetLastAttemptCompleteTime(); t.IsValid() {
		at := t.AsTime()
		e.LastEnd = &at
	}
	e.put("worker", p.GetLastWorkerIdentity())
	e.put("max_attempts", int(p.GetMaximumAttempts()))
	key := ""
	switch state := p.GetState(); {
	case p.GetPaused() || state == enumspb.PENDING_ACTIVITY_STATE_PAUSED:
		e.Text = a.name + " is paused: somebody stopped its retries"
		key = "paused"
	case state == enumspb.PENDING_ACTIVITY_STATE_STARTED, state == enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED, state == enumspb.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED:
		e.State = stateRunning
		if t := p.GetLastStartedTime(); t.IsValid() {
			at := t.AsTime()
			e.Since, e.At = &at, at
		}
		e.Text = fmt.Sprintf("%s is running, attempt %d", a.name, e.Attempt)
		if h := p.GetHeartbeatDetails(); h != nil {
			e.put("heartbeat", decode(h))
			e.Text += ", last heartbeat: " + oneLine(string(encode(decode(h))))
			e.At = p.GetLastHeartbeatTime().AsTime()
			key = textOf(h)
		}
		if state == enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED {
			e.Text, key = a.name+" is asked to stop", "cancel"
		}
	case e.Attempt > 1:
		if t := p.GetNextAttemptScheduleTime(); t.IsValid() && t.AsTime().After(now) {
			at := t.AsTime()
			e.NextRetry = &at
		}
		if t := p.GetLastStartedTime(); t.IsValid() {
			at := t.AsTime()
			e.LastStart = &at
		}
		if e.LastEnd != nil {
			e.At = *e.LastEnd
		}
		e.Text = fmt.Sprintf("%s: attempt %d failed: %s", a.name, e.Attempt-1, e.Failure)
		if e.NextRetry != nil {
			e.Text += fmt.Sprintf("; attempt %d in %s", e.Attempt, wait(e.NextRetry.Sub(now)))
		}
	default: // the first attempt waits: ActivityTaskScheduled said so
		return Event{}, false
	}
	// Between two looks a worker may take it and give it back: then it waits anew.
	if e.State == stateScheduled && (a.state != stateScheduled || a.tries != e.Attempt) {
		a.fresh = now
		if e.NextRetry != nil {
			a.fresh = *e.NextRetry
		}
	}
	a.state, a.tries = e.State, e.Attempt
	r.died = timedOut(causes) && e.State == stateScheduled
	key = fmt.Sprintf("%s/%d/%s/%s", e.State, e.Attempt, e.Failure, key)
	if key == a.last {
		return Event{}, false
	}
	a.last = key
	return e, true
}

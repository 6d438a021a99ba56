package transfer

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// pendings tells what changed in the pending activities since they were last looked at.
func (r *run) pendings(d *workflowservice.DescribeWorkflowExecutionResponse) {
	if d.GetWorkflowExecutionInfo().GetExecution().GetRunId() != r.plan.runID {
		return // another run of the same workflow ID
	}
	for _, p := range d.GetPendingActivities() {
		a := r.state.activity(p.GetActivityId())
		if a == nil || a.Ended() { // history has not told of it yet, or knows better
			continue
		}
		if e, key, ok := r.pending(p, a.Name); ok && r.told[a.ID] != key {
			r.told[a.ID] = key
			r.say(e)
		}
		r.pendingFault(p)
	}
	if t := d.GetPendingWorkflowTask(); r.state.Failing && t.GetAttempt() > 1 {
		e := Event{Event: KindPending, Type: "WorkflowTask", Attempt: int(t.GetAttempt()), Text: fmt.Sprintf("The worker is retrying the workflow's code: attempt %d", t.GetAttempt())}
		if key := fmt.Sprint(e.Attempt); r.told[e.Type] != key {
			r.told[e.Type] = key
			r.say(e)
		}
	}
}

// pending is the event of one pending activity, and a key that is the same for events that say the same; false when
// the history says as much.
func (r *run) pending(p *workflowpb.PendingActivityInfo, name string) (Event, string, bool) {
	now := r.s.o.Now()
	causes := chain(p.GetLastFailure())
	e := Event{Event: KindPending, At: now, Activity: name, ActivityID: p.GetActivityId(), Attempt: int(p.GetAttempt()), State: StateScheduled, Failure: sentence(causes),
		LastEnd: timeOf(p.GetLastAttemptCompleteTime()),
		Data:    Data{Causes: causes, Timeout: Timeout{Is: timedOut(causes)}, Worker: p.GetLastWorkerIdentity(), MaxAttempts: int(p.GetMaximumAttempts())}}
	key := ""
	switch state := p.GetState(); {
	case p.GetPaused() || state == enumspb.PENDING_ACTIVITY_STATE_PAUSED:
		e.Text = name + " is paused: someone stopped its retries"
		key = "paused"
	case state == enumspb.PENDING_ACTIVITY_STATE_STARTED, state == enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED, state == enumspb.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED:
		e.State = StateRunning
		if e.Since = timeOf(p.GetLastStartedTime()); e.Since != nil {
			e.At = *e.Since
		}
		e.Text = runningText(e)
		if h := p.GetHeartbeatDetails(); h != nil {
			e.Data.Heartbeat = shown(h)
			e.Text += ", last heartbeat: " + oneLine(string(encode(decode(h))))
			e.At = momentOf(p.GetLastHeartbeatTime())
			key = textOf(h)
		}
		if state == enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED {
			e.Text, key = name+" is asked to stop", "cancel"
		}
	case e.Attempt > 1:
		if t := timeOf(p.GetNextAttemptScheduleTime()); t != nil && t.After(now) {
			e.NextRetry = t
		}
		e.LastStart = timeOf(p.GetLastStartedTime())
		if e.LastEnd != nil {
			e.At = *e.LastEnd
		}
		e.Text = attemptFailed(e)
		if e.NextRetry != nil {
			e.Text += fmt.Sprintf("; attempt %d in %s", e.Attempt, wait(e.NextRetry.Sub(now)))
		}
	default: // the first attempt waits: ActivityTaskScheduled said so
		return Event{}, "", false
	}
	return e, fmt.Sprintf("%s/%d/%s/%s", e.State, e.Attempt, e.Failure, key), true
}

// timeOf is a time that the server tells; nil when it does not.
func timeOf(t *timestamppb.Timestamp) *time.Time {
	if !t.IsValid() {
		return nil
	}
	at := t.AsTime()
	return &at
}

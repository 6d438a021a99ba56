package transfer

import (
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/fault"
)

// ActivityState is how an activity, or an attempt of it, stands.
type ActivityState string

const (
	StateScheduled ActivityState = "scheduled"
	StateRunning   ActivityState = "running"
	StateCompleted ActivityState = "completed"
	StateFailed    ActivityState = "failed"
	StateTimedOut  ActivityState = "timed-out"
	StateCanceled  ActivityState = "canceled"
)

// translator turns Temporal's history into the log's events. It remembers which activity an event is
// about, because Temporal names it only once.
type translator struct {
	activities map[int64]scheduled // by the id of ActivityTaskScheduled
}

type scheduled struct{ name, id string }

// momentOf is a time that a server tells, the zero time where it is none that JSON can write: only years 1 to 9999 are.
func momentOf(t *timestamppb.Timestamp) time.Time {
	if !t.IsValid() {
		return time.Time{}
	}
	return t.AsTime()
}

// event translates one history event.
func (t *translator) event(h *historypb.HistoryEvent) Event {
	e := Event{Event: "workflow", At: momentOf(h.GetEventTime()), ID: h.GetEventId(), Type: h.GetEventType().String()}
	if !t.activity(&e, h) && !t.closing(&e, h) {
		t.workflow(&e, h)
	}
	if e.Text == "" {
		e.Text = words(e.Type)
	}
	return e
}

// activity fills in the events of activities; false for all others.
func (t *translator) activity(e *Event, h *historypb.HistoryEvent) bool {
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		a := h.GetActivityTaskScheduledEventAttributes()
		if t.activities == nil {
			t.activities = map[int64]scheduled{}
		}
		t.activities[h.GetEventId()] = scheduled{a.GetActivityType().GetName(), a.GetActivityId()}
		t.about(e, h.GetEventId(), StateScheduled, "scheduled")
		e.Attempt = 1
		e.Data.Input = shown(a.GetInput())
		e.Data.TaskQueue = a.GetTaskQueue().GetName()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		a := h.GetActivityTaskStartedEventAttributes()
		t.about(e, a.GetScheduledEventId(), StateRunning, fmt.Sprintf("started, attempt %d", a.GetAttempt()))
		e.Attempt = int(a.GetAttempt())
		at := e.At
		e.Since = &at
		e.Data.Worker = a.GetIdentity()
		if f := a.GetLastFailure(); f != nil {
			e.Text += ", after: " + e.fail(f)
		}
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		a := h.GetActivityTaskCompletedEventAttributes()
		t.about(e, a.GetScheduledEventId(), StateCompleted, "completed")
		e.Data.Result = shown(a.GetResult())
		e.Data.Worker = a.GetIdentity()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		a := h.GetActivityTaskFailedEventAttributes()
		t.about(e, a.GetScheduledEventId(), StateFailed, "failed for good: ")
		e.Text += e.fail(a.GetFailure())
		e.Data.Worker = a.GetIdentity()
		e.Data.RetryState = a.GetRetryState().String()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		a := h.GetActivityTaskTimedOutEventAttributes()
		t.about(e, a.GetScheduledEventId(), StateTimedOut, "timed out: ")
		e.Text += e.fail(a.GetFailure())
		e.Data.RetryState = a.GetRetryState().String()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED:
		t.about(e, h.GetActivityTaskCancelRequestedEventAttributes().GetScheduledEventId(), "", "is asked to stop")
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
		t.about(e, h.GetActivityTaskCanceledEventAttributes().GetScheduledEventId(), StateCanceled, "cancelled")
	default:
		return false
	}
	return true
}

// about says which activity an event is about and what became of it.
func (t *translator) about(e *Event, scheduledID int64, state ActivityState, what string) {
	a := t.activities[scheduledID]
	e.Event, e.Activity, e.ActivityID, e.State = KindActivity, a.name, a.id, state
	e.Text = or(a.name, "An activity") + " " + what
}

// closing fills in the events that end a workflow; false for all others.
func (t *translator) closing(e *Event, h *historypb.HistoryEvent) bool {
	closed, next := closing(h)
	if !closed {
		return false
	}
	e.Data.NewRunID = next
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		e.Text = "Workflow completed"
		e.Data.Result = decode(h.GetWorkflowExecutionCompletedEventAttributes().GetResult())
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		e.Text = "Workflow failed: " + e.fail(h.GetWorkflowExecutionFailedEventAttributes().GetFailure())
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		e.Text = "Workflow timed out"
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		e.Text = "Workflow cancelled"
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		a := h.GetWorkflowExecutionTerminatedEventAttributes()
		e.Text = "Workflow terminated"
		if r := a.GetReason(); r != "" {
			e.Text += ": " + shorten(r)
		}
		e.Data.By = a.GetIdentity()
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		e.Text = "Workflow continues in a new run"
	}
	return true
}

// workflow fills in what is left.
func (t *translator) workflow(e *Event, h *historypb.HistoryEvent) {
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		a := h.GetWorkflowExecutionStartedEventAttributes()
		e.Text = fmt.Sprintf("Workflow %s started on task queue %s", a.GetWorkflowType().GetName(), a.GetTaskQueue().GetName())
		e.Data.WorkflowID = a.GetWorkflowId()
		e.Data.RunID = a.GetOriginalExecutionRunId()
		e.Data.WorkflowType = a.GetWorkflowType().GetName()
		e.Data.TaskQueue = a.GetTaskQueue().GetName()
		e.Data.StartedBy = a.GetIdentity()
		e.Data.Arguments = len(a.GetInput().GetPayloads())
		e.Data.Input = shown(a.GetInput())
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
		a := h.GetWorkflowTaskScheduledEventAttributes()
		e.Text, e.Attempt = "The next step waits for a worker", int(a.GetAttempt())
		e.Data.TaskQueue = a.GetTaskQueue().GetName()
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED:
		e.Text = "A worker picked up the task"
		e.Data.Worker = h.GetWorkflowTaskStartedEventAttributes().GetIdentity()
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
		e.Text = "The worker decided the next step"
		e.Data.Worker = h.GetWorkflowTaskCompletedEventAttributes().GetIdentity()
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED:
		a := h.GetWorkflowTaskFailedEventAttributes()
		e.Text = "The worker could not run the workflow's code: " + e.fail(a.GetFailure())
		e.Data.Cause = a.GetCause().String()
		e.Data.Worker = a.GetIdentity()
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
		a := h.GetWorkflowTaskTimedOutEventAttributes()
		e.Text = "The worker did not answer in time (" + a.GetTimeoutType().String() + " timeout)"
		e.Data.Timeout = Timeout{true, a.GetTimeoutType().String()}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
		a := h.GetWorkflowExecutionCancelRequestedEventAttributes()
		e.Text = "Someone asked the workflow to stop"
		e.Data.By = a.GetIdentity()
		e.Data.Reason = a.GetCause()
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
		a := h.GetWorkflowExecutionSignaledEventAttributes()
		e.Text = "Signal " + a.GetSignalName()
		e.Data.Input = shown(a.GetInput())
	case enumspb.EVENT_TYPE_TIMER_STARTED:
		a := h.GetTimerStartedEventAttributes()
		e.Text = fmt.Sprintf("Timer %s started: %s", a.GetTimerId(), fault.Lasts(a.GetStartToFireTimeout().AsDuration()))
	case enumspb.EVENT_TYPE_TIMER_FIRED:
		e.Text = fmt.Sprintf("Timer %s fired", h.GetTimerFiredEventAttributes().GetTimerId())
	case enumspb.EVENT_TYPE_MARKER_RECORDED:
		e.Text = "Marker " + h.GetMarkerRecordedEventAttributes().GetMarkerName()
	}
}

// fail records a failure and returns it as one sentence.
func (e *Event) fail(f *failurepb.Failure) string {
	if f == nil {
		return ""
	}
	causes := chain(f)
	e.Failure = sentence(causes)
	e.Data.Causes = causes
	return e.Failure
}

// words spaces out a name: "ChildWorkflowExecutionStarted" is "Child workflow execution started".
func words(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && 'A' <= r && r <= 'Z' {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// textOf is the raw text of payloads, for looking something up in them.
func textOf(ps *commonpb.Payloads) string {
	var b strings.Builder
	for _, p := range ps.GetPayloads() {
		b.Write(p.GetData())
		b.WriteByte('\n')
	}
	return b.String()
}

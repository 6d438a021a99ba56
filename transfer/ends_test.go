package transfer

import (
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"onramp/doctor"
)

// TestEndedFromOutside: a workflow that somebody stopped, or that ran out of time, says so.
func TestEndedFromOutside(t *testing.T) {
	for name, tt := range map[string]struct {
		last *historypb.HistoryEvent
		code string
	}{
		"terminated": {&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, Attributes: &historypb.HistoryEvent_WorkflowExecutionTerminatedEventAttributes{
			WorkflowExecutionTerminatedEventAttributes: &historypb.WorkflowExecutionTerminatedEventAttributes{Reason: "no"}}}, "WF-16"},
		"cancelled": {&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, Attributes: &historypb.HistoryEvent_WorkflowExecutionCanceledEventAttributes{
			WorkflowExecutionCanceledEventAttributes: &historypb.WorkflowExecutionCanceledEventAttributes{}}}, "WF-16"},
		"out of time": {&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, Attributes: &historypb.HistoryEvent_WorkflowExecutionTimedOutEventAttributes{
			WorkflowExecutionTimedOutEventAttributes: &historypb.WorkflowExecutionTimedOutEventAttributes{}}}, "WF-17"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.add(append(aTransfer(), tt.last)...)
			res := f.watch(quick(time.Minute), own).end()
			if res.Verdict.Code != tt.code || res.AsExpected {
				t.Errorf("ended %s with %s, want %s", res.Status, res.Verdict.Code, tt.code)
			}
			complete(t, res.Verdict)
		})
	}
}

// TestFailedAsNobodyTookIt: a workflow of others that failed because no worker took its activity in time is not blamed on
// its code: the queue is named, as likely.
func TestFailedAsNobodyTookIt(t *testing.T) {
	f := newFake(t)
	late := activityFailure("ship", timeoutFailure(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START))
	f.add(ran(activityOn("ship-activities", "5", "ship"),
		&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, Attributes: &historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes{
			ActivityTaskTimedOutEventAttributes: &historypb.ActivityTaskTimedOutEventAttributes{ScheduledEventId: 5, Failure: timeoutFailure(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START)}}},
		&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
			WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{Failure: late}}})...)
	v := f.watch(quick(time.Minute), theirs).end().Verdict
	if v.Code != noPoller || v.Level != doctor.Likely || !strings.Contains(v.Cause, "The activity ship waited in the task queue ship-activities") {
		t.Errorf("%s (%s): %s. %s", v.Code, v.Level, v.Title, v.Cause)
	}
	complete(t, v)
}

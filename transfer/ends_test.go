package transfer

import (
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
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

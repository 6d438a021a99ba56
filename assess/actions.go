package assess

import (
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// bill adds the actions that one event stands for (docs.temporal.io/evaluate/cloud/actions, read in November 2026). Unsure
// are those of which that page does not say whether they are billed. What leaves no event, such as queries, heartbeats and
// rejected updates, is not seen.
func (r *reading) bill(e *historypb.HistoryEvent) {
	h := r.h
	switch e.GetEventType() {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		a := e.GetWorkflowExecutionStartedEventAttributes()
		_, scheduled := a.GetSearchAttributes().GetIndexedFields()["TemporalScheduledById"]
		switch {
		case a.GetParentWorkflowExecution() != nil && a.GetContinuedExecutionRunId() == "": // billed at the parent
		case a.GetContinuedExecutionRunId() != "" && a.GetInitiator() == enums.CONTINUE_AS_NEW_INITIATOR_WORKFLOW: // billed at the run before
		case a.GetContinuedExecutionRunId() != "":
			h.Unsure++ // a run that cron or a retry made
		case scheduled:
			h.Actions += 3
		default:
			h.Actions++
		}
	case enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
		h.Actions += 2
	case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		h.Actions += float64(max(e.GetActivityTaskStartedEventAttributes().GetAttempt()-1, 0))
	case enums.EVENT_TYPE_WORKFLOW_TASK_FAILED:
		if e.GetWorkflowTaskFailedEventAttributes().GetCause() == enums.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW {
			h.Actions++
		}
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, enums.EVENT_TYPE_TIMER_STARTED,
		enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, enums.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED,
		enums.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED:
		h.Actions++
	case enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		fields := e.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes().GetIndexedFields()
		if _, version := fields["TemporalChangeVersion"]; !version || len(fields) > 1 {
			h.Actions++
		}
	case enums.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED:
		h.Unsure++ // a memo's update: the server's metric counts it, the page does not
	case enums.EVENT_TYPE_MARKER_RECORDED:
		task := taskOf(e)
		if r.markers == nil {
			r.markers = map[int64]bool{}
		}
		if !r.markers[task] { // all markers of one workflow task are one action
			r.markers[task] = true
			h.Actions++
		}
	case enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
		h.Actions += float64(e.GetWorkflowTaskCompletedEventAttributes().GetMeteringMetadata().GetNonfirstLocalActivityExecutionAttempts())
	}
}

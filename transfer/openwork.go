package transfer

import (
	"maps"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// openWork is what a workflow's history tells of the workflow itself, and what has begun in it and not ended. The zero
// value is a workflow of which no event is known.
type openWork struct {
	lastID int64
	lastAt time.Time // of the newest event, by the server's clock

	kind, queue string
	startedBy   string
	arguments   int
	begun       time.Time
	backoff     time.Duration // until the first workflow task is due
	cron        string
	initiator   enumspb.ContinueAsNewInitiator
	tasks       int // workflow tasks that a worker completed

	failed    *historypb.WorkflowTaskFailedEventAttributes // the newest workflow task failed; nil when it did not
	died      bool                                         // a worker let the newest workflow task time out
	cancelled bool                                         // somebody asked the workflow to stop
	bad       string                                       // the last that the code was told, where that is a failure

	activities map[string]openActivity // by activity ID
	timers     map[int64]openTimer     // by the id of TimerStarted
	children   map[int64]openChild     // by the id of StartChildWorkflowExecutionInitiated
	updates    map[int64]string        // names, by the id of WorkflowExecutionUpdateAccepted
	externals  map[int64]string        // what another workflow is told, by the id of the event
}

type openActivity struct{ kind, queue string }

type openTimer struct {
	id  string
	due time.Time // by the server's clock
}

type openChild struct{ id, kind, queue, namespace string }

// add takes in the next event of the history.
func (o *openWork) add(h *historypb.HistoryEvent) {
	o.lastID, o.lastAt = h.GetEventId(), momentOf(h.GetEventTime())
	o.learnBad(h)
	if o.addTask(h) || o.addTimer(h) || o.addChild(h) || o.addExternal(h) {
		return
	}
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		a := h.GetWorkflowExecutionStartedEventAttributes()
		o.kind, o.queue, o.startedBy, o.begun = a.GetWorkflowType().GetName(), a.GetTaskQueue().GetName(), a.GetIdentity(), o.lastAt
		o.backoff, o.cron, o.initiator = a.GetFirstWorkflowTaskBackoff().AsDuration(), a.GetCronSchedule(), a.GetInitiator()
		o.arguments = len(a.GetInput().GetPayloads())
		o.activities, o.timers, o.children = map[string]openActivity{}, map[int64]openTimer{}, map[int64]openChild{}
		o.updates, o.externals = map[int64]string{}, map[int64]string{}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
		o.cancelled = true
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		a := h.GetActivityTaskScheduledEventAttributes()
		put(&o.activities, a.GetActivityId(), openActivity{a.GetActivityType().GetName(), a.GetTaskQueue().GetName()})
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		put(&o.updates, h.GetEventId(), h.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetName())
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
		delete(o.updates, h.GetWorkflowExecutionUpdateCompletedEventAttributes().GetAcceptedEventId())
	}
}

// learnBad keeps a failure until the code is told something else.
func (o *openWork) learnBad(h *historypb.HistoryEvent) {
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
		enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED, enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
	case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED:
		a := h.GetStartChildWorkflowExecutionFailedEventAttributes()
		o.bad = "its child workflow " + a.GetWorkflowId() + " could not be started (" + a.GetCause().String() + ")"
	case enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED:
		o.bad = "its child workflow " + h.GetChildWorkflowExecutionFailedEventAttributes().GetWorkflowExecution().GetWorkflowId() + " failed"
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		o.bad = "an activity failed: " + sentence(chain(h.GetActivityTaskFailedEventAttributes().GetFailure()))
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		o.bad = "an activity timed out"
	case enumspb.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED:
		a := h.GetSignalExternalWorkflowExecutionFailedEventAttributes()
		o.bad = "its signal did not reach the workflow " + a.GetWorkflowExecution().GetWorkflowId() + " (" + a.GetCause().String() + ")"
	case enumspb.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED:
		a := h.GetRequestCancelExternalWorkflowExecutionFailedEventAttributes()
		o.bad = "its request to stop did not reach the workflow " + a.GetWorkflowExecution().GetWorkflowId() + " (" + a.GetCause().String() + ")"
	case enumspb.EVENT_TYPE_NEXUS_OPERATION_FAILED:
		o.bad = "a Nexus operation failed"
	default:
		o.bad = ""
	}
}

func (o *openWork) addTask(h *historypb.HistoryEvent) bool {
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED:
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
		o.failed, o.died = nil, false
		o.tasks++
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED:
		o.failed, o.died = h.GetWorkflowTaskFailedEventAttributes(), false
		if harmless[o.failed.GetCause().String()] {
			o.failed = nil
		}
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
		o.died = h.GetWorkflowTaskTimedOutEventAttributes().GetTimeoutType() != enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START
	default:
		return false
	}
	return true
}

func (o *openWork) addTimer(h *historypb.HistoryEvent) bool {
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_TIMER_STARTED:
		a := h.GetTimerStartedEventAttributes()
		put(&o.timers, h.GetEventId(), openTimer{a.GetTimerId(), o.lastAt.Add(a.GetStartToFireTimeout().AsDuration())})
	case enumspb.EVENT_TYPE_TIMER_FIRED:
		delete(o.timers, h.GetTimerFiredEventAttributes().GetStartedEventId())
	case enumspb.EVENT_TYPE_TIMER_CANCELED:
		delete(o.timers, h.GetTimerCanceledEventAttributes().GetStartedEventId())
	default:
		return false
	}
	return true
}

func (o *openWork) addChild(h *historypb.HistoryEvent) bool {
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
		a := h.GetStartChildWorkflowExecutionInitiatedEventAttributes()
		put(&o.children, h.GetEventId(), openChild{a.GetWorkflowId(), a.GetWorkflowType().GetName(), a.GetTaskQueue().GetName(), a.GetNamespace()})
	case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED:
		delete(o.children, h.GetStartChildWorkflowExecutionFailedEventAttributes().GetInitiatedEventId())
	case enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED:
		delete(o.children, h.GetChildWorkflowExecutionCompletedEventAttributes().GetInitiatedEventId())
	case enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED:
		delete(o.children, h.GetChildWorkflowExecutionFailedEventAttributes().GetInitiatedEventId())
	case enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED:
		delete(o.children, h.GetChildWorkflowExecutionCanceledEventAttributes().GetInitiatedEventId())
	case enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT:
		delete(o.children, h.GetChildWorkflowExecutionTimedOutEventAttributes().GetInitiatedEventId())
	case enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED:
		delete(o.children, h.GetChildWorkflowExecutionTerminatedEventAttributes().GetInitiatedEventId())
	default:
		return false
	}
	return true
}

func (o *openWork) addExternal(h *historypb.HistoryEvent) bool {
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
		a := h.GetSignalExternalWorkflowExecutionInitiatedEventAttributes()
		put(&o.externals, h.GetEventId(), "that its signal "+a.GetSignalName()+" reaches workflow "+a.GetWorkflowExecution().GetWorkflowId())
	case enumspb.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED:
		delete(o.externals, h.GetExternalWorkflowExecutionSignaledEventAttributes().GetInitiatedEventId())
	case enumspb.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED:
		delete(o.externals, h.GetSignalExternalWorkflowExecutionFailedEventAttributes().GetInitiatedEventId())
	case enumspb.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
		a := h.GetRequestCancelExternalWorkflowExecutionInitiatedEventAttributes()
		put(&o.externals, h.GetEventId(), "that its request to stop reaches workflow "+a.GetWorkflowExecution().GetWorkflowId())
	case enumspb.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
		delete(o.externals, h.GetExternalWorkflowExecutionCancelRequestedEventAttributes().GetInitiatedEventId())
	case enumspb.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED:
		delete(o.externals, h.GetRequestCancelExternalWorkflowExecutionFailedEventAttributes().GetInitiatedEventId())
	default:
		return false
	}
	return true
}

// clone is a copy that no later event changes.
func (o *openWork) clone() openWork {
	c := *o
	c.activities, c.timers, c.children = maps.Clone(o.activities), maps.Clone(o.timers), maps.Clone(o.children)
	c.updates, c.externals = maps.Clone(o.updates), maps.Clone(o.externals)
	return c
}

func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

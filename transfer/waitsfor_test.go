package transfer

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	protocolpb "go.temporal.io/api/update/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/doctor"
)

// begins is the first event of somebody's workflow.
func begins(change func(*historypb.WorkflowExecutionStartedEventAttributes)) *historypb.HistoryEvent {
	a := &historypb.WorkflowExecutionStartedEventAttributes{WorkflowType: &commonpb.WorkflowType{Name: "Invoice"}, WorkflowId: "w", Identity: "9@shop",
		TaskQueue: &taskqueuepb.TaskQueue{Name: "orders"}, OriginalExecutionRunId: fakeRun}
	if change != nil {
		change(a)
	}
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: a}}
}

// ran is a history up to where a worker ran the workflow's code once.
func ran(more ...*historypb.HistoryEvent) []*historypb.HistoryEvent {
	return append([]*historypb.HistoryEvent{begins(nil), taskIsScheduled(), taskIsStarted(), taskIsDone()}, more...)
}

func activityOn(queue, id, name string) *historypb.HistoryEvent {
	h := activityIsScheduled(id, name, `"a"`)
	h.GetActivityTaskScheduledEventAttributes().TaskQueue = &taskqueuepb.TaskQueue{Name: queue}
	return h
}

func timerBegins(id string, d time.Duration) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_TIMER_STARTED, Attributes: &historypb.HistoryEvent_TimerStartedEventAttributes{
		TimerStartedEventAttributes: &historypb.TimerStartedEventAttributes{TimerId: id, StartToFireTimeout: durationpb.New(d)}}}
}

func timerEnds(started int64) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_TIMER_FIRED, Attributes: &historypb.HistoryEvent_TimerFiredEventAttributes{
		TimerFiredEventAttributes: &historypb.TimerFiredEventAttributes{StartedEventId: started}}}
}

func updateBegins(name string) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, Attributes: &historypb.HistoryEvent_WorkflowExecutionUpdateAcceptedEventAttributes{
		WorkflowExecutionUpdateAcceptedEventAttributes: &historypb.WorkflowExecutionUpdateAcceptedEventAttributes{AcceptedRequest: &protocolpb.Request{Input: &protocolpb.Input{Name: name}}}}}
}

func updateEnds(accepted int64) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, Attributes: &historypb.HistoryEvent_WorkflowExecutionUpdateCompletedEventAttributes{
		WorkflowExecutionUpdateCompletedEventAttributes: &historypb.WorkflowExecutionUpdateCompletedEventAttributes{AcceptedEventId: accepted}}}
}

// history is the open work of events 10 ms apart.
func historyOf(events []*historypb.HistoryEvent) openWork {
	o := openWork{}
	for i, h := range events {
		h.EventId = int64(i + 1)
		h.EventTime = timestamppb.New(zero.Add(time.Duration(i) * 10 * time.Millisecond))
		o.add(h)
	}
	return o
}

// a minute after zero, when everything below is looked at.
var later = zero.Add(time.Minute)

func at(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(later.Add(d)) }

// pollsAs is a queue with workers that polled a second ago: "kind", "kind deployment build".
func pollsAs(name string, workers ...string) queueSeen {
	q := queueSeen{survey: survey{queue: name, at: later}, builds: map[version]string{}}
	for _, w := range workers {
		parts := strings.Fields(w + " - -")
		q.pollers = append(q.pollers, Poller{Identity: "7@host", Kind: parts[0], LastAccess: later.Add(-time.Second)})
		v := version{}
		if parts[1] != "-" {
			v = version{parts[1], parts[2]}
		}
		q.builds[v] = "7@host"
	}
	return q
}

func routedTo(q queueSeen, deployment, build string) *queueSeen {
	q.routed, q.current = true, version{deployment, build}
	return &q
}

func pointer(q queueSeen) *queueSeen { return &q }

func pendingActivity(change func(*workflowpb.PendingActivityInfo)) *workflowpb.PendingActivityInfo {
	p := &workflowpb.PendingActivityInfo{ActivityId: "5", ActivityType: &commonpb.ActivityType{Name: "ship"}, State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 1, ScheduledTime: at(-time.Minute)}
	if change != nil {
		change(p)
	}
	return p
}

func inQueue() *workflowpb.PendingWorkflowTaskInfo {
	return &workflowpb.PendingWorkflowTaskInfo{State: enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED, Attempt: 1, ScheduledTime: at(-time.Minute)}
}

func pinned(build string) *workflowpb.WorkflowExecutionInfo {
	return &workflowpb.WorkflowExecutionInfo{VersioningInfo: &workflowpb.WorkflowExecutionVersioningInfo{Behavior: enumspb.VERSIONING_BEHAVIOR_PINNED,
		DeploymentVersion: &deploymentpb.WorkerDeploymentVersion{DeploymentName: "shop", BuildId: build}}}
}

type described = workflowservice.DescribeWorkflowExecutionResponse

func withActivities(all ...*workflowpb.PendingActivityInfo) *described {
	return &described{PendingActivities: all}
}

var ends = regexp.MustCompile(`(?i)terminat|cancel|reset\b|end the one|delete|start another`)

// TestWaitsFor: recorded histories and descriptions of workflows that are not Onramp's, what they wait for, and whether
// that is healthy.
func TestWaitsFor(t *testing.T) {
	const unhandled = enumspb.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
	aChild := &workflowpb.PendingChildExecutionInfo{WorkflowId: "w-child", RunId: fakeRun2, WorkflowTypeName: "Pick", InitiatedId: 5}
	childOf := func(f facts) map[string]child {
		f.now, f.patience = later, time.Second
		return map[string]child{"w-child": {facts: &f}}
	}
	nexus := func(change func(*workflowpb.PendingNexusOperationInfo)) *described {
		p := &workflowpb.PendingNexusOperationInfo{Endpoint: "prices", Service: "Quotes", Operation: "get", Attempt: 3}
		change(p)
		return &described{PendingNexusOperations: []*workflowpb.PendingNexusOperationInfo{p}}
	}
	failing := func(arguments int, kind, message string) []*historypb.HistoryEvent {
		return []*historypb.HistoryEvent{begins(func(a *historypb.WorkflowExecutionStartedEventAttributes) {
			if arguments > 0 {
				a.Input = jsonPayloads(`"a"`)
			}
		}), taskIsScheduled(), taskIsStarted(), taskHasFailed(unhandled, appFailure(kind, message, nil))}
	}
	unknownCode := "unknown"
	tests := map[string]struct {
		history   []*historypb.HistoryEvent
		described *described
		tasks     *queueSeen
		queues    []queueSeen
		children  map[string]child
		health    health
		code      string
		says      string
	}{
		"a signal":                      {history: ran(), health: healthy, code: "OK", says: "for a signal or an update"},
		"a signal, after a timer fired": {history: ran(timerBegins("5", time.Millisecond), timerEnds(5), taskIsScheduled(), taskIsStarted(), taskIsDone()), health: healthy, code: "OK", says: "signal"},
		"a timer":                       {history: ran(timerBegins("5", time.Hour)), health: healthy, code: "OK", says: "until 2026-11-22 10:00:00 UTC"},
		"a timer that is late":          {history: ran(timerBegins("5", time.Second)), health: unclear, code: unknownCode, says: "A timer is late"},
		"an update":                     {history: ran(updateBegins("set-price")), health: healthy, code: "OK", says: "in its update set-price"},
		"a signal, after an update":     {history: ran(updateBegins("set-price"), updateEnds(5)), health: healthy, code: "OK", says: "for a signal"},
		"no task, and no code that ran": {history: []*historypb.HistoryEvent{begins(nil)}, health: unclear, code: unknownCode, says: "no task"},
		"a start delay": {history: []*historypb.HistoryEvent{begins(func(a *historypb.WorkflowExecutionStartedEventAttributes) {
			a.FirstWorkflowTaskBackoff = durationpb.New(time.Hour)
		})}, health: healthy, code: "OK", says: "its first task is due at 2026-11-22 10:00:00 UTC"},
		"a start delay that is over": {history: []*historypb.HistoryEvent{begins(func(a *historypb.WorkflowExecutionStartedEventAttributes) {
			a.FirstWorkflowTaskBackoff = durationpb.New(time.Second)
		})}, health: unclear, code: unknownCode, says: "late"},
		"a cron time": {history: []*historypb.HistoryEvent{begins(func(a *historypb.WorkflowExecutionStartedEventAttributes) {
			a.FirstWorkflowTaskBackoff, a.CronSchedule = durationpb.New(3*time.Hour), "0 12 * * *"
		})}, health: healthy, code: "OK", says: `"0 12 * * *": the first task of this run is due at 2026-11-22 12:00:00 UTC`},
		"the retry of a failed run": {history: []*historypb.HistoryEvent{begins(func(a *historypb.WorkflowExecutionStartedEventAttributes) {
			a.FirstWorkflowTaskBackoff, a.Initiator = durationpb.New(time.Hour), enumspb.CONTINUE_AS_NEW_INITIATOR_RETRY
		})}, health: healthy, code: "OK", says: "next attempt"},
		"a paused workflow":                    {history: ran(), described: &described{WorkflowExtendedInfo: &workflowpb.WorkflowExecutionExtendedInfo{PauseInfo: &workflowpb.WorkflowExecutionPauseInfo{Identity: "ada", Reason: "audit"}}}, health: healthy, code: "OK", says: "paused by ada (audit)"},
		"a worker that has the task":           {history: ran(taskIsScheduled(), taskIsStarted()), described: &described{PendingWorkflowTask: &workflowpb.PendingWorkflowTaskInfo{State: enumspb.PENDING_WORKFLOW_TASK_STATE_STARTED, Attempt: 1, StartedTime: at(-2 * time.Second)}}, health: healthy, code: "OK", says: "a local activity"},
		"no worker":                            {history: []*historypb.HistoryEvent{begins(nil), taskIsScheduled()}, described: &described{PendingWorkflowTask: inQueue()}, tasks: pointer(pollsAs("orders")), health: stuck, code: "TQ-01", says: "orders"},
		"a worker for activities only":         {history: []*historypb.HistoryEvent{begins(nil), taskIsScheduled()}, described: &described{PendingWorkflowTask: inQueue()}, tasks: pointer(pollsAs("orders", "activity")), health: stuck, code: "TQ-10", says: "orders"},
		"a worker that does not take it":       {history: []*historypb.HistoryEvent{begins(nil), taskIsScheduled()}, described: &described{PendingWorkflowTask: inQueue()}, tasks: pointer(pollsAs("orders", "workflow")), health: unclear, code: "TQ-04", says: "7@host"},
		"versions, none of them current":       {history: []*historypb.HistoryEvent{begins(nil), taskIsScheduled()}, described: &described{PendingWorkflowTask: inQueue()}, tasks: pointer(pollsAs("orders", "workflow shop b1")), health: stuck, code: "TQ-06", says: "shop:b1"},
		"another version is current":           {history: []*historypb.HistoryEvent{begins(nil), taskIsScheduled()}, described: &described{PendingWorkflowTask: inQueue()}, tasks: routedTo(pollsAs("orders", "workflow shop b2"), "shop", "b1"), health: stuck, code: "TQ-06", says: "the current version shop:b1, but no worker of that version polls"},
		"a version current, workers have none": {history: []*historypb.HistoryEvent{begins(nil), taskIsScheduled()}, described: &described{PendingWorkflowTask: inQueue()}, tasks: routedTo(pollsAs("orders", "workflow"), "shop", "b1"), health: stuck, code: "TQ-06", says: "7@host polls it as no version"},
		"pinned to a version that has gone":    {history: ran(taskIsScheduled()), described: &described{PendingWorkflowTask: inQueue(), WorkflowExecutionInfo: pinned("b1")}, tasks: routedTo(pollsAs("orders", "workflow shop b2"), "shop", "b2"), health: stuck, code: "TQ-06", says: "pinned to version shop:b1"},
		"pinned to a version that polls":       {history: ran(taskIsScheduled()), described: &described{PendingWorkflowTask: inQueue(), WorkflowExecutionInfo: pinned("b1")}, tasks: routedTo(pollsAs("orders", "workflow shop b1"), "shop", "b2"), health: unclear, code: "TQ-04", says: "7@host"},

		"an activity that runs": {history: ran(activityOn("orders", "5", "ship")), described: withActivities(pendingActivity(func(p *workflowpb.PendingActivityInfo) {
			p.State, p.LastStartedTime, p.LastWorkerIdentity = enumspb.PENDING_ACTIVITY_STATE_STARTED, at(-50*time.Second), "7@host"
		})), health: healthy, code: "OK", says: "ship has run on 7@host since 2026-11-22 09:00:10 UTC"},
		"an activity that is asked to stop": {history: ran(activityOn("orders", "5", "ship")), described: withActivities(pendingActivity(func(p *workflowpb.PendingActivityInfo) {
			p.State, p.LastStartedTime = enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED, at(-50*time.Second)
		})), health: healthy, code: "OK", says: "ship"},
		"an activity on its own queue, which nobody polls": {history: ran(activityOn("ship-activities", "5", "ship")), described: withActivities(pendingActivity(nil)), queues: []queueSeen{pollsAs("ship-activities"), pollsAs("orders", "workflow", "activity")}, health: stuck, code: "TQ-01", says: "The activity ship is in the task queue ship-activities"},
		"an activity on a queue polled for workflows":      {history: ran(activityOn("orders", "5", "ship")), described: withActivities(pendingActivity(nil)), queues: []queueSeen{pollsAs("orders", "workflow")}, health: stuck, code: "TQ-05", says: "orders"},
		"an activity behind another": {history: ran(activityOn("orders", "5", "ship"), activityOn("orders", "6", "ship")), described: withActivities(pendingActivity(nil), pendingActivity(func(p *workflowpb.PendingActivityInfo) {
			p.ActivityId, p.State = "6", enumspb.PENDING_ACTIVITY_STATE_STARTED
		})), queues: []queueSeen{pollsAs("orders", "activity")}, health: healthy, code: "OK", says: "until a worker has capacity"},
		"an activity that fails": {history: ran(activityOn("orders", "5", "ship")), described: withActivities(pendingActivity(func(p *workflowpb.PendingActivityInfo) {
			p.Attempt, p.NextAttemptScheduleTime, p.LastFailure = 7, at(20*time.Second), appFailure("Carrier", "503", nil)
		})), health: trying, code: "WF-21", says: "Attempt 6 failed: Carrier: 503. Temporal makes attempt 7 at 2026-11-22 09:01:20 UTC"},
		"an activity that cannot read an answer": {history: ran(activityOn("orders", "5", "ship")), described: withActivities(pendingActivity(func(p *workflowpb.PendingActivityInfo) {
			p.Attempt, p.NextAttemptScheduleTime, p.LastFailure = 2, at(20*time.Second), appFailure("", "cannot deserialize the carrier's answer", nil)
		})), health: trying, code: "WF-21", says: "the carrier's answer"},
		"an activity that is not registered": {history: ran(activityOn("orders", "5", "ship")), described: withActivities(pendingActivity(func(p *workflowpb.PendingActivityInfo) {
			p.Attempt, p.NextAttemptScheduleTime, p.LastFailure = 2, at(20*time.Second), appFailure("", "unable to find activityType=ship. Supported types: [Ship]", nil)
		})), health: stuck, code: "WF-02", says: "it knows Ship"},
		"an activity that one of two workers does not know": {history: ran(activityOn("orders", "5", "ship")), described: withActivities(pendingActivity(func(p *workflowpb.PendingActivityInfo) {
			p.Attempt, p.NextAttemptScheduleTime, p.LastFailure = 2, at(20*time.Second), appFailure("", `Activity Type "ship" is not registered with a worker. Known types are: charge`, nil)
		})), queues: []queueSeen{pollsAs("orders", "activity", "activity")}, health: trying, code: "WF-02", says: "it knows charge"},
		"an activity whose next attempt nobody takes": {history: ran(activityOn("ship-activities", "5", "ship")), described: withActivities(pendingActivity(func(p *workflowpb.PendingActivityInfo) {
			p.Attempt, p.NextAttemptScheduleTime, p.LastFailure = 2, at(-50*time.Second), timeoutFailure(enumspb.TIMEOUT_TYPE_HEARTBEAT)
		})), queues: []queueSeen{pollsAs("ship-activities")}, health: unclear, code: "TQ-04", says: "ship-activities"},
		"an activity whose result is too large": {history: ran(activityOn("orders", "5", "ship")), described: withActivities(pendingActivity(func(p *workflowpb.PendingActivityInfo) {
			p.Attempt, p.NextAttemptScheduleTime, p.LastFailure = 4, at(20*time.Second), appFailure("PayloadsTooLarge", "[TMPRL1103] Attempted to upload payloads with size that exceeded the error limit.", nil)
		})), health: trying, code: "WF-04", says: "The activity ship returns more than Temporal accepts"},
		"a paused activity": {history: ran(activityOn("orders", "5", "ship")), described: withActivities(pendingActivity(func(p *workflowpb.PendingActivityInfo) {
			p.State, p.Paused = enumspb.PENDING_ACTIVITY_STATE_PAUSED, true
		})), health: healthy, code: "OK", says: "which is paused"},
		"a queue that was not seen":    {history: ran(activityOn("orders", "5", "ship")), described: withActivities(pendingActivity(nil)), health: unclear, code: unknownCode, says: "was not seen"},
		"an activity and a timer":      {history: ran(activityOn("orders", "5", "ship"), timerBegins("6", time.Hour)), described: withActivities(pendingActivity(func(p *workflowpb.PendingActivityInfo) { p.State = enumspb.PENDING_ACTIVITY_STATE_STARTED })), health: healthy, code: "OK", says: "for the activity ship and for a timer until"},
		"a stuck activity and a timer": {history: ran(activityOn("gone", "5", "ship"), timerBegins("6", time.Hour)), described: withActivities(pendingActivity(nil)), queues: []queueSeen{pollsAs("gone")}, health: stuck, code: "TQ-01", says: "gone"},

		"a child that waits for a signal": {history: ran(), described: &described{PendingChildren: []*workflowpb.PendingChildExecutionInfo{aChild}}, children: childOf(facts{open: historyOf(ran()), described: &described{}, quiet: time.Minute}), health: healthy, code: "OK", says: "for the child workflow Pick (w-child)"},
		"a child that nobody runs":        {history: ran(), described: &described{PendingChildren: []*workflowpb.PendingChildExecutionInfo{aChild}}, children: childOf(facts{open: historyOf([]*historypb.HistoryEvent{begins(func(a *historypb.WorkflowExecutionStartedEventAttributes) { a.TaskQueue.Name = "child-queue" }), taskIsScheduled()}), described: &described{PendingWorkflowTask: inQueue()}, tasks: pointer(pollsAs("child-queue")), quiet: time.Minute}), health: stuck, code: "TQ-01", says: "its child workflow Pick (w-child) on the task queue child-queue"},
		"a child whose type is not known": {history: ran(), described: &described{PendingChildren: []*workflowpb.PendingChildExecutionInfo{aChild}}, children: childOf(facts{open: historyOf(failing(1, "", "unable to find workflow type: Pick. Supported types: [Pack]")), described: &described{}}), health: stuck, code: "WF-01", says: "does not know the workflow type Pick; it knows Pack"},
		"a child that cannot be seen":     {history: ran(), described: &described{PendingChildren: []*workflowpb.PendingChildExecutionInfo{aChild}}, children: map[string]child{"w-child": {err: errors.New("Request unauthorized.")}}, health: unclear, code: unknownCode, says: "Request unauthorized."},
		"a child that not at this one":    {history: ran(), described: &described{PendingChildren: []*workflowpb.PendingChildExecutionInfo{aChild}}, health: healthy, code: "OK", says: "not at this one"},

		"a Nexus operation that runs": {history: ran(), described: nexus(func(p *workflowpb.PendingNexusOperationInfo) { p.State = enumspb.PENDING_NEXUS_OPERATION_STATE_STARTED }), health: healthy, code: "OK", says: "Quotes/get at the endpoint prices"},
		"a Nexus operation that fails": {history: ran(), described: nexus(func(p *workflowpb.PendingNexusOperationInfo) {
			p.State, p.LastAttemptFailure, p.NextAttemptScheduleTime = enumspb.PENDING_NEXUS_OPERATION_STATE_BACKING_OFF, appFailure("", "upstream timeout", nil), at(time.Minute)
		}), health: trying, code: "WF-22", says: "upstream timeout"},
		"a Nexus operation sent again": {history: ran(), described: nexus(func(p *workflowpb.PendingNexusOperationInfo) {
			p.State, p.LastAttemptFailure = enumspb.PENDING_NEXUS_OPERATION_STATE_SCHEDULED, appFailure("", "upstream timeout", nil)
		}), health: trying, code: "WF-22", says: "the previous attempt failed: upstream timeout. Attempt 3 is on its way"},
		"a Nexus operation not taken": {history: ran(), described: nexus(func(p *workflowpb.PendingNexusOperationInfo) {
			p.State = enumspb.PENDING_NEXUS_OPERATION_STATE_SCHEDULED
		}), health: unclear, code: unknownCode, says: "nobody has answered"},
		"a Nexus operation held back": {history: ran(), described: nexus(func(p *workflowpb.PendingNexusOperationInfo) {
			p.State, p.BlockedReason = enumspb.PENDING_NEXUS_OPERATION_STATE_BLOCKED, "The circuit breaker is open."
		}), health: unclear, code: "WF-22", says: "The circuit breaker is open. It retries"},
		"a Nexus operation of tomorrow": {history: ran(), described: nexus(func(p *workflowpb.PendingNexusOperationInfo) { p.State = 99 }), health: unclear, code: unknownCode, says: "does not know"},

		"a search attribute that is not there": {history: []*historypb.HistoryEvent{begins(nil), taskIsScheduled(), taskIsStarted(), taskHasFailed(enumspb.WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES,
			appFailure("", "BadSearchAttributes: Namespace orders.a1b2c has no mapping defined for search attribute CustomerTier", nil))}, health: stuck, code: "WF-06", says: "CustomerTier"},
		"a search attribute of another type": {history: []*historypb.HistoryEvent{begins(nil), taskIsScheduled(), taskIsStarted(), taskHasFailed(enumspb.WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES,
			appFailure("", "BadSearchAttributes: invalid value for search attribute Amount of type Int", nil))}, health: stuck, code: "WF-18", says: "of type Int"},
		"the sandbox":                           {history: failing(0, "RestrictedWorkflowAccessError", "Cannot access os.environ.get from inside a workflow."), health: stuck, code: "WF-18", says: "os.environ.get"},
		"a deadlock, no input":                  {history: failing(0, "_DeadlockError", "[TMPRL1101] Potential deadlock detected: workflow didn't yield within 2 second(s)."), health: stuck, code: "WF-18", says: "TMPRL1101"},
		"undefined, no input":                   {history: failing(0, "TypeError", "Cannot read properties of undefined (reading 'amount')"), health: stuck, code: "WF-18", says: "undefined"},
		"an inner call, no input":               {history: failing(0, "TypeError", "price() missing 1 required positional argument: 'order'"), health: stuck, code: "WF-18", says: "price()"},
		"the word non-deterministic":            {history: failing(1, "", "rule engine is non-deterministic for this order"), health: stuck, code: "WF-18", says: "rule engine"},
		"code that changed":                     {history: failing(1, "", "[TMPRL1100] nondeterministic workflow: history event is TimerStarted"), health: stuck, code: "WF-03", says: "TMPRL1100"},
		"a failure long ago":                    {history: append(failing(1, "", "boom"), taskIsScheduled(), taskIsStarted(), taskIsDone()), health: healthy, code: "OK", says: "signal"},
		"a task that was given back harmlessly": {history: ran(taskIsScheduled(), taskIsStarted(), taskHasFailed(enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND, nil), taskIsScheduled(), taskIsStarted()), described: &described{PendingWorkflowTask: &workflowpb.PendingWorkflowTaskInfo{State: enumspb.PENDING_WORKFLOW_TASK_STATE_STARTED, Attempt: 1}}, health: healthy, code: "OK", says: "has the task"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := facts{now: later, quiet: time.Minute, patience: 10 * time.Second, open: historyOf(tt.history), described: tt.described, tasks: tt.tasks, queues: map[string]queueSeen{}, children: tt.children}
			if f.described == nil {
				f.described = &described{}
			}
			for _, q := range tt.queues {
				f.queues[q.queue] = q
			}
			got := waitsFor(f, testValues())
			v := got.verdict
			if got.health != tt.health || v.Code != tt.code || !strings.Contains(v.Title+" "+v.Cause, tt.says) {
				t.Errorf("health %d, %s (%s) %s: %s, want health %d, %s with %q", got.health, v.Code, v.Level, v.Title, v.Cause, tt.health, tt.code, tt.says)
			}
			if is := strings.HasPrefix(v.Title, "Not stuck: it waits "); is != (tt.health == healthy) {
				t.Errorf("title %q", v.Title)
			}
			for _, f := range v.Fix {
				if ends.MatchString(f.Text + " " + f.Command) {
					t.Errorf("advises to end it: %+v", f)
				}
			}
			if v.Code != doctor.OK {
				complete(t, v)
			}
		})
	}
}

// TestFailureThatWasSwallowed: a workflow with nothing pending whose code was last told of a failure may wait for a person,
// or hang: that it waits for a signal is then only likely.
func TestFailureThatWasSwallowed(t *testing.T) {
	failed := func() *historypb.HistoryEvent {
		return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED, Attributes: &historypb.HistoryEvent_StartChildWorkflowExecutionFailedEventAttributes{
			StartChildWorkflowExecutionFailedEventAttributes: &historypb.StartChildWorkflowExecutionFailedEventAttributes{WorkflowId: "w-child", Cause: enumspb.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS}}}
	}
	for name, tt := range map[string]struct {
		history []*historypb.HistoryEvent
		level   doctor.Level
		says    string
	}{
		"last": {ran(failed(), taskIsScheduled(), taskIsStarted(), taskIsDone()), doctor.Likely, "w-child could not be started (WorkflowAlreadyExists)"},
		"a signal to nobody": {ran(&historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, Attributes: &historypb.HistoryEvent_SignalExternalWorkflowExecutionFailedEventAttributes{
			SignalExternalWorkflowExecutionFailedEventAttributes: &historypb.SignalExternalWorkflowExecutionFailedEventAttributes{WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: "not-there"},
				Cause: enumspb.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND}}}, taskIsScheduled(), taskIsStarted(), taskIsDone()), doctor.Likely, "its signal did not reach the workflow not-there"},
		"before a signal": {ran(failed(), timerBegins("6", time.Second), timerEnds(6), taskIsScheduled(), taskIsStarted(), taskIsDone()), doctor.Certain, "for a signal"},
	} {
		v := waitsFor(facts{now: later, quiet: time.Minute, patience: time.Second, open: historyOf(tt.history), described: &described{}}, testValues()).verdict
		if v.Code != doctor.OK || v.Level != tt.level || !strings.Contains(v.Title+v.Cause, tt.says) {
			t.Errorf("%s: %s (%s) %s: %s", name, v.Code, v.Level, v.Title, v.Cause)
		}
	}
}

// TestFailingTaskOfAnother: advice for an input that is missing or unreadable is about the code and the next workflow, and
// never with the transfer's own input.
func TestFailingTaskOfAnother(t *testing.T) {
	for message, want := range map[string]struct {
		arguments int
		code      string
		level     doctor.Level
	}{
		"Invoice.run() missing 1 required positional argument: 'order'":                           {0, "WF-13", doctor.Likely},
		"wrong number of arguments (given 0, expected 1)":                                         {0, "WF-13", doctor.Likely},
		"Workflow Invoice given 0 parameter(s), but more than that are required by the signature": {0, "WF-13", doctor.Certain},
		"Failed decoding arguments":                                                               {1, "WF-14", doctor.Certain},
		"unable to decode the workflow function input payload with error: payload item 0":         {1, "WF-14", doctor.Certain},
		"[TMPRL1101] Potential deadlock detected: workflow didn't yield within 2 second(s).":      {1, "WF-18", doctor.Likely},
		"cannot construct instance of Price":                                                      {1, "WF-18", doctor.Certain},
		"unknown encoding binary/encrypted":                                                       {1, "WF-05", doctor.Likely},
	} {
		o := openWork{queue: "orders", arguments: want.arguments, failed: &historypb.WorkflowTaskFailedEventAttributes{Failure: &failurepb.Failure{Message: message}}}
		v := failingTask(o, testValues())
		if v.Code != want.code || v.Level != want.level {
			t.Errorf("%q: %s (%s), want %s (%s)", message, v.Code, v.Level, want.code, want.level)
		}
		for _, f := range v.Fix {
			if f.Command != "" || strings.Contains(f.Text, "amount") {
				t.Errorf("%q: fix %+v", message, f)
			}
		}
	}
}

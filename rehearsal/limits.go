//go:build !lean

package rehearsal

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/time/rate"
	"google.golang.org/grpc"

	"onramp/cloud"
)

// limits are the rates of docs.temporal.io/cloud/limits that a namespace has, each on its own. Temporal Cloud's first ones
// hold unless others are asked for.
type limits struct {
	per cloud.Limits

	mu     sync.Mutex
	spaces map[string]*budget
}

// budget is what one namespace may still do.
type budget struct{ actions, schedules, visibility *rate.Limiter }

func newLimits(asked cloud.Limits) *limits {
	return &limits{per: limitsOf(asked), spaces: map[string]*budget{}}
}

// limitsOf are limits with Temporal Cloud's first ones where none is asked for.
func limitsOf(l cloud.Limits) cloud.Limits {
	return cloud.Limits{Actions: cmp.Or(l.Actions, cloud.FirstLimits.Actions), Schedules: cmp.Or(l.Schedules, cloud.FirstLimits.Schedules),
		Visibility: cmp.Or(l.Visibility, cloud.FirstLimits.Visibility)}
}

// Limits are those of each namespace.
func (c *Cloud) Limits() cloud.Limits { return limitsOf(c.o.Limits) }

func (l *limits) of(namespace string) *budget {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.spaces[namespace]
	if b == nil {
		b = &budget{limiter(l.per.Actions), limiter(l.per.Schedules), limiter(l.per.Visibility)}
		l.spaces[namespace] = b
	}
	return b
}

// limiter lets what passes in a second pass at once: Temporal Cloud's throttling is not instantaneous either.
func limiter(second int) *rate.Limiter {
	if second < 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(second), second)
}

// intercept counts what a call does and refuses it beyond the limits, as Temporal Cloud does: ResourceExhausted, which SDKs
// retry. Polls are refused first; what workers report is never refused, and counts.
func (l *limits) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	named, ok := req.(interface{ GetNamespace() string })
	call, ours := strings.CutPrefix(info.FullMethod, workflowService)
	if !ok || !ours || named.GetNamespace() == "" {
		return next(ctx, req)
	}
	b, now := l.of(named.GetNamespace()), time.Now()
	switch {
	case visibilityCalls[call] && !b.visibility.AllowN(now, 1):
		return nil, exhausted(enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT)
	case scheduleCalls[call] && !b.schedules.AllowN(now, 1):
		return nil, exhausted(enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT)
	case strings.HasPrefix(call, "Poll") && b.actions.Limit() != rate.Inf && b.actions.TokensAt(now) < 1:
		return nil, exhausted(enums.RESOURCE_EXHAUSTED_CAUSE_APS_LIMIT)
	}
	n := actionsOf(call, req)
	if n == 0 || b.actions.AllowN(now, n) {
		return next(ctx, req)
	}
	if reports[call] {
		b.actions.ReserveN(now, min(n, b.actions.Burst()))
		return next(ctx, req)
	}
	return nil, exhausted(enums.RESOURCE_EXHAUSTED_CAUSE_APS_LIMIT)
}

// exhausted is what Temporal Cloud answers beyond a limit (temporalio/temporal common/rpc/interceptor/namespace_rate_limit.go).
func exhausted(why enums.ResourceExhaustedCause) error {
	return &serviceerror.ResourceExhausted{Cause: why, Scope: enums.RESOURCE_EXHAUSTED_SCOPE_NAMESPACE, Message: "namespace rate limit exceeded"}
}

func set(calls ...string) map[string]bool {
	out := map[string]bool{}
	for _, c := range calls {
		out[c] = true
	}
	return out
}

// visibilityCalls are those that docs.temporal.io/cloud/limits lists under the visibility limit.
var visibilityCalls = set("ListWorkflowExecutions", "ListOpenWorkflowExecutions", "ListClosedWorkflowExecutions", "CountWorkflowExecutions",
	"ListSchedules", "CountSchedules", "ListBatchOperations", "GetWorkerTaskReachability", "DescribeTaskQueue",
	"ListDeployments", "GetDeploymentReachability", "ListWorkerDeployments", "ListActivityExecutions", "CountActivityExecutions")

// scheduleCalls are requests about schedules. Which of them Temporal Cloud counts is not told.
var scheduleCalls = set("CreateSchedule", "UpdateSchedule", "PatchSchedule", "DeleteSchedule")

// reports are what workers tell of finished work; refusing it would only make more work.
var reports = set("RespondWorkflowTaskCompleted", "RecordActivityTaskHeartbeat", "RecordActivityTaskHeartbeatById")

// actionsOf are the actions in a call (docs.temporal.io/cloud/actions), as far as a call shows them: what a schedule, a
// timer or a retry does by itself is not counted.
func actionsOf(call string, req any) int {
	switch call {
	case "StartWorkflowExecution", "SignalWorkflowExecution", "ExecuteMultiOperation", "ResetWorkflowExecution", "QueryWorkflow", "UpdateWorkflowExecution",
		"StartActivityExecution", "RecordActivityTaskHeartbeat", "RecordActivityTaskHeartbeatById", "CreateSchedule", "StartNexusOperationExecution":
		return 1
	case "SignalWithStartWorkflowExecution":
		return 2
	case "RespondWorkflowTaskCompleted":
		done, ok := req.(*workflowservice.RespondWorkflowTaskCompletedRequest)
		if !ok {
			return 0
		}
		n, marked := 0, false
		for _, c := range done.GetCommands() {
			switch c.GetCommandType() {
			case enums.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK, enums.COMMAND_TYPE_START_TIMER, enums.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
				enums.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION, enums.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, enums.COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION:
				n++
			case enums.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
				n += 2
			case enums.COMMAND_TYPE_RECORD_MARKER:
				if !marked {
					n, marked = n+1, true // local activities and side effects: one for a workflow task
				}
			}
		}
		return n
	}
	return 0
}

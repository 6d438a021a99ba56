//go:build !lean

package rehearsal

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"onramp/cloud"
)

// TestIDReuse: of eight starts of one ID at once that end the one before, one is let in, and the others are told that
// they were too many (docs.temporal.io/cloud/limits). Another ID is free, and a start that joins the run there is none.
func TestIDReuse(t *testing.T) {
	c := sharedCloud(t)
	ca := newCA(t, "ours")
	id := newNamespace(t, c, ca)
	cl := mustDial(t, c, id, ca.leaf(t).pair(), "")
	start := func(workflow string, p enums.WorkflowIdConflictPolicy) error {
		_, err := cl.WorkflowService().StartWorkflowExecution(testContext(t), &workflowservice.StartWorkflowExecutionRequest{Namespace: id.String(), WorkflowId: workflow,
			WorkflowType: workflowType("greet"), TaskQueue: taskQueue("nobody"), RequestId: randomID(), WorkflowIdConflictPolicy: p})
		return err
	}
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() { errs[i] = start("one", enums.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING) })
	}
	all.Wait()
	in := 0
	for _, err := range errs {
		var many *serviceerror.ResourceExhausted
		switch {
		case err == nil:
			in++
		case !errors.As(err, &many) || !strings.Contains(err.Error(), "Too many restarts for workflow one"):
			t.Errorf("refused with %v", err)
		}
	}
	if in < 1 || in > 2 { // two where the second came a second after the first
		t.Errorf("%d of 8 were let in", in)
	}
	if err := start("two", enums.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING); err != nil {
		t.Errorf("another ID: %v", err)
	}
	var there *serviceerror.WorkflowExecutionAlreadyStarted
	if err := start("two", enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL); !errors.As(err, &there) {
		t.Errorf("a duplicate: %v", err)
	}
	for range 3 {
		if err := start("two", enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING); err != nil {
			t.Errorf("joins the run that is there: %v", err)
		}
	}
}

// TestLimits: what is beyond a limit is refused with Temporal Cloud's words, each namespace has its own, and without a
// limit nothing is refused.
func TestLimits(t *testing.T) {
	c := started(t, Options{Limits: cloud.Limits{Actions: 5, Schedules: 2, Visibility: 3}})
	if got, want := newCloud(t, Options{}).Limits(), (cloud.Limits{Actions: 500, Schedules: 10, Visibility: 30}); got != want {
		t.Errorf("by itself %+v, want %+v", got, want)
	}
	free := started(t, Options{Limits: cloud.Limits{Actions: cloud.Unlimited, Schedules: cloud.Unlimited, Visibility: cloud.Unlimited}})
	for _, tt := range []struct {
		name  string
		most  int
		cause enums.ResourceExhaustedCause
		call  func(client.Client, string) error
	}{
		{"actions", 5, enums.RESOURCE_EXHAUSTED_CAUSE_APS_LIMIT, func(cl client.Client, ns string) error {
			_, err := cl.WorkflowService().StartWorkflowExecution(testContext(t), &workflowservice.StartWorkflowExecutionRequest{Namespace: ns, WorkflowId: randomID(),
				WorkflowType: workflowType("greet"), TaskQueue: taskQueue("nobody"), RequestId: randomID()})
			return err
		}},
		{"schedules", 2, enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, func(cl client.Client, ns string) error {
			_, err := cl.WorkflowService().DeleteSchedule(testContext(t), &workflowservice.DeleteScheduleRequest{Namespace: ns, ScheduleId: "none"})
			var missing *serviceerror.NotFound
			if errors.As(err, &missing) {
				err = nil
			}
			return err
		}},
		{"visibility", 3, enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, func(cl client.Client, ns string) error {
			_, err := cl.WorkflowService().CountWorkflowExecutions(testContext(t), &workflowservice.CountWorkflowExecutionsRequest{Namespace: ns})
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ca := newCA(t, "ours")
			id, neighbour := newNamespace(t, c, ca), newNamespace(t, c, ca)
			cl := mustDial(t, c, id, ca.leaf(t).pair(), "")
			let := 0
			var err error
			for err == nil && let < 1000 {
				if err = tt.call(cl, id.String()); err == nil {
					let++
				}
			}
			var many *serviceerror.ResourceExhausted
			if let < tt.most || !errors.As(err, &many) || many.Cause != tt.cause || many.Error() != "namespace rate limit exceeded" {
				t.Errorf("after %d: %#v", let, err)
			}
			if err := tt.call(mustDial(t, c, neighbour, ca.leaf(t).pair(), ""), neighbour.String()); err != nil {
				t.Errorf("the neighbour: %v", err)
			}
			open := newNamespace(t, free, ca)
			cl = mustDial(t, free, open, ca.leaf(t).pair(), "")
			for range 3 * tt.most {
				if err := tt.call(cl, open.String()); err != nil {
					t.Fatalf("without a limit: %v", err)
				}
			}
		})
	}
}

func workflowType(name string) *common.WorkflowType { return &common.WorkflowType{Name: name} }

func taskQueue(name string) *taskqueue.TaskQueue { return &taskqueue.TaskQueue{Name: name} }

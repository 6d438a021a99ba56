package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// shape is a workflow of somebody else's that waits, and what `onramp transfer --follow` may say of it.
type shape struct {
	name    string
	start   func(id string) error // starts the workflow
	code    string
	says    string // in title or cause
	healthy bool   // that it is said to be not stuck, and nothing is advised
	long    string // how long it is followed; "" for 12s
}

// advised are the words of an advice that ends or throws away a workflow.
var advised = regexp.MustCompile(`(?i)terminat|cancel|reset\b|end the one|delete`)

// follower follows shapes in a rehearsal.
type follower struct {
	t *testing.T
	h rehearsalLine
	c client.Client
}

func (f *follower) started(id, queue, kind string, args ...any) error {
	return f.begin(client.StartWorkflowOptions{ID: id, TaskQueue: queue}, kind, args...)
}

func (f *follower) begin(o client.StartWorkflowOptions, kind string, args ...any) error {
	_, err := f.c.ExecuteWorkflow(f.t.Context(), o, kind, args...)
	return err
}

// reaches waits until the history of a workflow holds an event.
func (f *follower) reaches(id string, kind enums.EventType) error {
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	all := f.c.GetWorkflowHistory(ctx, id, "", true, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for all.HasNext() {
		e, err := all.Next()
		if err != nil {
			return err
		}
		if e.GetEventType() == kind {
			return nil
		}
	}
	return fmt.Errorf("%s ended without %s", id, kind)
}

// pinnedToGone starts a workflow that is pinned to a version, lets a worker of the next version take that one's place,
// and gives the workflow something to do.
func (f *follower) pinnedToGone(id string, register func(worker.Worker)) error {
	const queue = "versioned-gone"
	build := func(n string) worker.Worker {
		w := worker.New(f.c, queue, worker.Options{DeploymentOptions: worker.DeploymentOptions{UseVersioning: true, DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
			Version: worker.WorkerDeploymentVersion{DeploymentName: "gone-app", BuildID: n}}})
		register(w)
		return w
	}
	first, next := build("build-1"), build("build-2")
	if err := first.Start(); err != nil {
		return err
	}
	var err error
	within(f.t, "the server knows the first version", func() bool {
		err = f.begin(client.StartWorkflowOptions{ID: id, TaskQueue: queue, VersioningOverride: &client.PinnedVersioningOverride{
			Version: worker.WorkerDeploymentVersion{DeploymentName: "gone-app", BuildID: "build-1"}}}, "signalFlow")
		return err == nil || !strings.Contains(err.Error(), "is not present in task queue")
	})
	if err == nil {
		err = f.reaches(id, enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
	}
	first.Stop()
	if err != nil {
		return err
	}
	if err := next.Start(); err != nil {
		return err
	}
	f.t.Cleanup(next.Stop)
	return f.c.SignalWorkflow(f.t.Context(), id, "", "approve", nil)
}

// works runs a worker in this process.
func (f *follower) works(queue string, o worker.Options, register func(worker.Worker)) {
	f.t.Helper()
	w := worker.New(f.c, queue, o)
	register(w)
	if err := w.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(w.Stop)
}

// goShapes are those of the Go SDK.
func (f *follower) goShapes() []shape {
	const shop = "shop"
	all := func(w worker.Worker) {
		for name, flow := range map[string]any{"shipFlow": shipFlow, "failFlow": failFlow, "unknownActivityFlow": unknownActivityFlow, "otherQueueFlow": otherQueueFlow, "fanOutFlow": fanOutFlow,
			"signalFlow": signalFlow, "timerFlow": timerFlow, "timerAndActivityFlow": timerAndActivityFlow, "updateFlow": updateFlow, "childFlow": childFlow, "grandchildFlow": grandchildFlow,
			"panicFlow": panicFlow, "deadlockFlow": deadlockFlow, "retriedFlow": retriedFlow, "againFlow": againFlow, "againChildFlow": againChildFlow, "localFlow": localFlow, "MoneyTransfer": otherTransferFlow} {
			w.RegisterWorkflowWithOptions(flow, workflow.RegisterOptions{Name: name})
		}
		w.RegisterActivityWithOptions(slowShip, activity.RegisterOptions{Name: "slowShip"})
		w.RegisterActivityWithOptions(failingShip, activity.RegisterOptions{Name: "failingShip"})
	}
	f.works(shop, worker.Options{}, all)
	f.works("flows-only", worker.Options{DisableRegistrationAliasing: true, LocalActivityWorkerOnly: true}, all)
	f.works("one-at-a-time", worker.Options{MaxConcurrentActivityExecutionSize: 1}, func(w worker.Worker) {
		w.RegisterActivityWithOptions(slowShip, activity.RegisterOptions{Name: "slowShip"})
	})
	f.works("versioned", worker.Options{DeploymentOptions: worker.DeploymentOptions{UseVersioning: true, DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
		Version: worker.WorkerDeploymentVersion{DeploymentName: "shop-app", BuildID: "build-1"}}}, all)
	f.works("versioned-current", worker.Options{DeploymentOptions: worker.DeploymentOptions{UseVersioning: true, DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
		Version: worker.WorkerDeploymentVersion{DeploymentName: "other-app", BuildID: "build-1"}}}, all)
	plain := func(queue, kind string, args ...any) func(string) error {
		return func(id string) error { return f.started(id, queue, kind, args...) }
	}
	return []shape{
		{"a slow activity", plain(shop, "shipFlow", "a"), "OK", "slowShip", true, ""},
		{"a slow activity of a workflow that is called MoneyTransfer", plain(shop, "MoneyTransfer"), "OK", "slowShip", true, ""},
		{"an activity on a queue that nobody polls", plain(shop, "otherQueueFlow", "ship-activities"), "TQ-01", "ship-activities", false, ""},
		{"an activity on a queue polled for workflows", plain(shop, "otherQueueFlow", "flows-only"), "TQ-05", "flows-only", false, ""},
		{"an activity that keeps failing and is retried", plain(shop, "failFlow", "a"), "WF-21", "the carrier answers 503", false, ""},
		{"an activity that the worker does not know", plain(shop, "unknownActivityFlow", "a"), "WF-02", "weigh", false, ""},
		{"more activities than slots", plain(shop, "fanOutFlow", "one-at-a-time"), "OK", "slowShip", true, ""},
		{"a signal", plain(shop, "signalFlow"), "OK", "signal", true, ""},
		{"a timer", plain(shop, "timerFlow"), "OK", "timer", true, ""},
		{"a timer and an activity", plain(shop, "timerAndActivityFlow"), "OK", "for the activity slowShip and for a timer", true, ""},
		{"a local activity", plain(shop, "localFlow"), "OK", "local activity", true, ""},
		{"a child workflow on a queue that nobody polls", plain(shop, "childFlow", "child-queue", "signalFlow"), "TQ-01", "child-queue", false, ""},
		{"a child workflow that waits for a signal", plain(shop, "childFlow", shop, "signalFlow"), "OK", "child workflow signalFlow", true, ""},
		{"a child workflow that was continued as new", plain(shop, "againChildFlow"), "OK", "is not stuck: it waits for a signal", true, ""},
		{"a child workflow that its worker does not know", plain(shop, "childFlow", shop, "Invoice"), "WF-01", "Invoice", false, ""},
		{"a child workflow whose code panics", plain(shop, "childFlow", shop, "panicFlow"), "WF-18", "no price table", false, ""},
		{"a grandchild on a queue that nobody polls", plain(shop, "grandchildFlow", "child-queue-2"), "TQ-01", "child-queue-2", false, ""},
		{"a panic", plain(shop, "panicFlow"), "WF-18", "no price table", false, ""},
		{"a deadlock", plain(shop, "deadlockFlow"), "WF-18", "TMPRL1101", false, ""},
		{"a workflow that its worker does not know", plain(shop, "Invoice"), "WF-01", "Invoice", false, ""},
		{"no worker", plain("nobody", "signalFlow"), "TQ-01", "nobody", false, ""},
		{"after it was continued as new", plain(shop, "againFlow", 2), "OK", "signal", true, ""},
		{"a start delay", func(id string) error {
			return f.begin(client.StartWorkflowOptions{ID: id, TaskQueue: shop, StartDelay: time.Hour}, "signalFlow")
		}, "OK", "start", true, ""},
		{"a cron time", func(id string) error {
			return f.begin(client.StartWorkflowOptions{ID: id, TaskQueue: shop, CronSchedule: "0 12 1 1 *"}, "signalFlow")
		}, "OK", "cron", true, ""},
		{"the next try of a retry policy", func(id string) error {
			return f.begin(client.StartWorkflowOptions{ID: id, TaskQueue: shop, RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Hour}}, "retriedFlow")
		}, "OK", "next attempt", true, ""},
		{"an update", func(id string) error {
			if err := f.started(id, shop, "updateFlow"); err != nil {
				return err
			}
			_, err := f.c.UpdateWorkflow(f.t.Context(), client.UpdateWorkflowOptions{WorkflowID: id, UpdateName: "set-price", WaitForStage: client.WorkflowUpdateStageAccepted})
			return err
		}, "OK", "set-price", true, ""},
		{"a paused activity", func(id string) error {
			if err := f.started(id, shop, "failFlow", "a"); err != nil {
				return err
			}
			if err := f.reaches(id, enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED); err != nil {
				return err
			}
			_, err := f.c.WorkflowService().PauseActivity(f.t.Context(), &workflowservice.PauseActivityRequest{Namespace: f.h.Namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: id},
				Identity: "ada@example.com", Reason: "the carrier is on strike", Activity: &workflowservice.PauseActivityRequest_Type{Type: "failingShip"}})
			return err
		}, "OK", "paused by ada@example.com", true, ""},
		{"a versioned queue without a current version", plain("versioned", "signalFlow"), "TQ-06", "shop-app:build-1", false, ""},
		{"pinned to the version of its worker", func(id string) error {
			return f.begin(client.StartWorkflowOptions{ID: id, TaskQueue: "versioned-current", VersioningOverride: &client.PinnedVersioningOverride{
				Version: worker.WorkerDeploymentVersion{DeploymentName: "other-app", BuildID: "build-1"}}}, "signalFlow")
		}, "OK", "signal", true, ""},
		{"pinned to a version whose workers have gone", func(id string) error { return f.pinnedToGone(id, all) }, "TQ-06", "pinned to version gone-app:build-1", false, "170s"},
	}
}

// program starts a worker that is a program of its own.
func (f *follower) program(queue string, env []string, command ...string) {
	f.t.Helper()
	startsPolling(f.t, f.h, queue, func() *process {
		return start(f.t, "", cleanEnv(append(env, "QUEUE="+queue, "ADDRESS="+f.h.Address, "NAMESPACE="+f.h.Namespace, "CERT="+f.h.Cert, "KEY="+f.h.Key,
			"ROOT="+f.h.ServerRoot)...), command[0], command[1:]...)
	})
}

// pythonShapes are those of the Python SDK.
func (f *follower) pythonShapes() []shape {
	f.t.Helper()
	const queue = "python-shop"
	f.program(queue, []string{"PYTHONDONTWRITEBYTECODE=1"}, pythonTool(f.t, "python"), "testdata/follow/worker.py")
	plain := func(kind string, args ...any) func(string) error {
		return func(id string) error { return f.started(id, queue, kind, args...) }
	}
	return []shape{
		{"a slow activity", plain("PackFlow", "a"), "OK", "pack", true, ""},
		{"an activity that fails in the words of a missing input", plain("WeighFlow", "a"), "WF-21", "the scale wants", false, ""},
		{"an activity on a queue that nobody polls", plain("OtherQueueFlow"), "TQ-01", "pack-activities", false, ""},
		{"a signal", plain("ApprovalFlow"), "OK", "signal", true, ""},
		{"a setting that a workflow reads", plain("RegionFlow"), "WF-18", "SHOP_REGION", false, ""},
		{"a call that blocks", plain("BlockingFlow"), "WF-18", "TMPRL1101", false, ""},
		{"a call within it that lacks an argument", plain("PriceFlow"), "WF-18", "price()", false, ""},
		{"an input that is missing", plain("PackFlow"), "WF-13", "missing 1 required positional argument", false, ""},
		{"a child workflow on a queue that nobody polls", plain("ParentFlow"), "TQ-01", "approvals", false, ""},
		{"a workflow that its worker does not know", plain("Invoice"), "WF-01", "Invoice", false, ""},
	}
}

// typescriptShapes are those of the TypeScript SDK.
func (f *follower) typescriptShapes() []shape {
	f.t.Helper()
	const queue = "ts-shop"
	dir := f.t.TempDir()
	modules, err := filepath.Abs("node_modules")
	for _, name := range []string{"flows.js", "worker.js"} {
		b, readErr := os.ReadFile(filepath.Join("testdata", "follow", name))
		err = errors.Join(err, readErr, os.WriteFile(filepath.Join(dir, name), b, 0o644))
	}
	if err = errors.Join(err, os.Symlink(modules, filepath.Join(dir, "node_modules"))); err != nil {
		f.t.Fatal(err)
	}
	f.program(queue, []string{"MODULES=" + dir, "FLOWS=" + filepath.Join(dir, "flows.js")}, "node", filepath.Join(dir, "worker.js"))
	plain := func(kind string, args ...any) func(string) error {
		return func(id string) error { return f.started(id, queue, kind, args...) }
	}
	return []shape{
		{"a slow activity", plain("packFlow", "a"), "OK", "pack", true, ""},
		{"an activity that keeps failing and is retried", plain("weighFlow", "a"), "WF-21", "the scale is offline", false, ""},
		{"an activity on a queue that nobody polls", plain("otherQueueFlow"), "TQ-01", "ts-pack-activities", false, ""},
		{"a signal", plain("approvalFlow"), "OK", "signal", true, ""},
		{"a timer", plain("timerFlow"), "OK", "timer", true, ""},
		{"an order without a price", plain("undefinedFlow", "a"), "WF-18", "undefined", false, ""},
		{"a child workflow on a queue that nobody polls", plain("parentFlow"), "TQ-01", "ts-approvals", false, ""},
		{"a workflow that its worker does not know", plain("invoice"), "WF-01", "invoice", false, ""},
	}
}

// TestFollowForeign: workflows of other applications, healthy and stuck, run by real workers. What is said of a healthy
// one is that it is not stuck; nobody is told to end anything.
func TestFollowForeign(t *testing.T) {
	h, _ := hold(t)
	f := &follower{t, h, h.dial(t)}
	shapes := map[string][]shape{"go": f.goShapes(), "python": f.pythonShapes(), "typescript": f.typescriptShapes()}
	var mu sync.Mutex
	var rows []string
	wrong, ends := 0, 0
	t.Run("shapes", func(t *testing.T) {
		for lang, all := range shapes {
			for i, s := range all {
				t.Run(lang+", "+s.name, func(t *testing.T) {
					t.Parallel()
					id := fmt.Sprintf("%s-%d", lang, i)
					if err := s.start(id); err != nil {
						t.Fatal(err)
					}
					a := run(t, cleanEnv(), "transfer", "--follow", "--workflow-id", id, "--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert,
						"--tls-key-path", h.Key, "--tls-ca-path", h.ServerRoot, "--patience", "3s", "--timeout", cmp.Or(s.long, "12s"), "--json")
					events := transferEvents(t, a.out)
					v := events[len(events)-1].Verdict
					if v == nil {
						t.Fatalf("no verdict:\n%s\n%s", a.out, a.err)
					}
					right := v.Code == s.code && strings.Contains(v.Title+" "+v.Cause, s.says) && (a.code == 0) == s.healthy && strings.HasPrefix(v.Title, "Not stuck") == s.healthy
					end := false
					for _, e := range events {
						if e.Verdict == nil {
							continue
						}
						end = end || slices.ContainsFunc(e.Verdict.Fix, func(f struct{ Who, Text, Command string }) bool { return advised.MatchString(f.Text + " " + f.Command) })
						if e.Event == "diagnosis" && s.healthy && e.Verdict.Code != "OK" {
							right = false
						}
					}
					mu.Lock()
					defer mu.Unlock()
					rows = append(rows, fmt.Sprintf("| %s | %s | %s %s | %s | %s |", lang, s.name, v.Code, v.Level, v.Title, v.Cause))
					if !right {
						wrong++
						t.Errorf("exit %d, want %s with %q\n%s\n%s", a.code, s.code, s.says, a.out, a.err)
					}
					if end {
						ends++
						t.Errorf("advises to end it:\n%s", a.out)
					}
				})
			}
		}
	})
	slices.Sort(rows)
	t.Logf("%d shapes, %d wrong, %d told to end it\n%s", len(rows), wrong, ends, strings.Join(rows, "\n"))
}

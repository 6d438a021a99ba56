package e2e

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	nexuspb "go.temporal.io/api/nexus/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

var writeProofs = flag.Bool("proofs", false, "write assess/testdata/real.txt again")

// assessed is onramp.assess/1 as far as these tests read it.
type assessed struct {
	Schema string
	Source struct {
		Address       string
		ServerVersion string `json:"server_version"`
		Namespaces    []string
	}
	Rows []struct {
		ID, Namespace, Subject, Manual, Automated, Title, Rule, Source string
		Evidence                                                       map[string]any
		Fix                                                            []struct{ Who, Text, Command string }
		CanBeWrong                                                     string `json:"can_be_wrong"`
	}
	Grade   string
	Drain   map[string]any
	Actions map[string]any
	RPCs    map[string]int
	Verdict *struct{ Code, Title string }
}

// row is the verdict of a row, "manual/automated" where they differ; "" where there is none.
func (a assessed) row(id, namespace string) string {
	for _, r := range a.Rows {
		if r.ID == id && r.Namespace == namespace {
			if r.Manual != r.Automated {
				return r.Manual + "/" + r.Automated
			}
			return r.Manual
		}
	}
	return ""
}

func assess(t *testing.T, want int, args ...string) (assessed, string) {
	t.Helper()
	a := run(t, cleanEnv(), append([]string{"assess", "--json"}, args...)...)
	if a.code != want {
		t.Fatalf("exit %d, want %d: %s\n%s", a.code, want, a.out, a.err)
	}
	var got assessed
	if err := json.Unmarshal([]byte(a.out), &got); err != nil {
		t.Fatalf("%v: %s", err, a.out)
	}
	return got, a.out + a.err
}

const secretText = "CANARY-4f1d"

// sourceFlows are workflows that do what a migration must know of.
func sourceFlows(w worker.Worker) {
	options := func(ctx workflow.Context) workflow.Context {
		ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute, HeartbeatTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{InitialInterval: 50 * time.Millisecond, BackoffCoefficient: 1}})
	}
	flow := func(name string, f any) { w.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name}) }
	flow("Transfer", func(ctx workflow.Context, in string) (string, error) {
		if err := workflow.ExecuteLocalActivity(options(ctx), "Note").Get(ctx, nil); err != nil {
			return "", err
		}
		return secretText, workflow.ExecuteActivity(options(ctx), "Note").Get(ctx, nil)
	})
	flow("Wait", func(ctx workflow.Context) error { workflow.GetSignalChannel(ctx, "go").Receive(ctx, nil); return nil })
	flow("Entity", func(ctx workflow.Context, n int) error {
		if n < 2 {
			return workflow.NewContinueAsNewError(ctx, "Entity", n+1)
		}
		workflow.GetSignalChannel(ctx, "go").Receive(ctx, nil)
		return nil
	})
	flow("Again", func(workflow.Context) error { return nil })
	flow("Nightly", func(workflow.Context) error { return nil })
	flow("Order", func(ctx workflow.Context) error {
		return workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: "order-child"}), "Wait").Get(ctx, nil)
	})
	flow("Reaches", func(ctx workflow.Context) error {
		_ = workflow.SignalExternalWorkflow(ctx, "waits", "", "hello", nil).Get(ctx, nil)
		//lint:ignore SA1019 that a source still uses it is what is assessed
		return workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{Namespace: "My_NS", WorkflowID: "elsewhere", TaskQueue: "nobody"}), "Wait").GetChildWorkflowExecution().Get(ctx, nil)
	})
	flow("Stuck", func(ctx workflow.Context) error { return workflow.ExecuteActivity(options(ctx), "Fails").Get(ctx, nil) })
	flow("Beats", func(ctx workflow.Context) error { return workflow.ExecuteActivity(options(ctx), "Beats").Get(ctx, nil) })
	w.RegisterActivityWithOptions(func(context.Context) (string, error) { return secretText, nil }, activity.RegisterOptions{Name: "Note"})
	w.RegisterActivityWithOptions(func(context.Context) error { return errors.New(secretText) }, activity.RegisterOptions{Name: "Fails"})
	w.RegisterActivityWithOptions(func(ctx context.Context) error {
		activity.RecordHeartbeat(ctx, secretText)
		<-ctx.Done()
		return ctx.Err()
	}, activity.RegisterOptions{Name: "Beats"})
}

// TestAssessDevServer: the official dev server with a worker and workflows of every kind: each row is what it should be, no
// payload is in any output, no call but reads is made; and an empty one has none of it.
func TestAssessDevServer(t *testing.T) {
	address := devServer(t, "--namespace", "My_NS", "--search-attribute", "CustomerId=Keyword", "--search-attribute", "Unused=Int",
		"--dynamic-config-value", "limit.blobSize.error=8388608", "--dynamic-config-value", "system.enableCrossNamespaceCommands=true")
	c, err := client.Dial(client.Options{HostPort: address, Logger: quietLog})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w := worker.New(c, "shop", worker.Options{})
	sourceFlows(w)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	begin := func(o client.StartWorkflowOptions, flow string, args ...any) {
		t.Helper()
		if o.TaskQueue == "" {
			o.TaskQueue = "shop"
		}
		if _, err := c.ExecuteWorkflow(t.Context(), o, flow, args...); err != nil {
			t.Fatal(err)
		}
	}
	customer := temporal.NewSearchAttributeKeyKeyword("CustomerId")
	for i := range 25 {
		in := secretText
		if i == 3 {
			in += strings.Repeat("x", 3<<20)
		}
		begin(client.StartWorkflowOptions{ID: fmt.Sprint("transfer-", i), Memo: map[string]any{"note": secretText}, TypedSearchAttributes: temporal.NewSearchAttributes(customer.ValueSet(secretText))}, "Transfer", in)
	}
	begin(client.StartWorkflowOptions{ID: "waits", WorkflowExecutionTimeout: time.Hour}, "Wait")
	begin(client.StartWorkflowOptions{ID: "entity"}, "Entity", 0)
	begin(client.StartWorkflowOptions{ID: "nightly", CronSchedule: "0 3 * * *"}, "Nightly")
	begin(client.StartWorkflowOptions{ID: "order"}, "Order")
	begin(client.StartWorkflowOptions{ID: "reaches"}, "Reaches")
	begin(client.StartWorkflowOptions{ID: "stuck"}, "Stuck")
	begin(client.StartWorkflowOptions{ID: "beats"}, "Beats")
	begin(client.StartWorkflowOptions{ID: "lonely <b>", TaskQueue: "nobody"}, "Wait")
	if _, err := c.ScheduleClient().Create(t.Context(), client.ScheduleOptions{ID: "billing", Overlap: enums.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL, Note: secretText,
		Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Hour}}}, Action: &client.ScheduleWorkflowAction{ID: "bill", Workflow: "Nightly", TaskQueue: "shop", Args: []any{secretText}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.OperatorService().CreateNexusEndpoint(t.Context(), &operatorservice.CreateNexusEndpointRequest{Spec: &nexuspb.EndpointSpec{Name: "outside",
		Target: &nexuspb.EndpointTarget{Variant: &nexuspb.EndpointTarget_External_{External: &nexuspb.EndpointTarget_External{Url: "http://localhost:9/x"}}}}}); err != nil {
		t.Fatal(err)
	}
	within(t, "the workflows are where they should be", func() bool {
		n, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Completed' AND WorkflowType IN ('Transfer', 'Reaches')"})
		stuck, err2 := c.DescribeWorkflowExecution(t.Context(), "stuck", "")
		beats, err3 := c.DescribeWorkflowExecution(t.Context(), "beats", "")
		return err == nil && err2 == nil && err3 == nil && n.GetCount() == 26 && len(stuck.PendingActivities) == 1 && stuck.PendingActivities[0].Attempt > 12 &&
			len(beats.PendingActivities) == 1 && len(beats.PendingActivities[0].GetHeartbeatDetails().GetPayloads()) == 1
	})

	// One workflow ID is started again as soon as its run has ended, until two starts are within a second.
	soon := client.StartWorkflowOptions{ID: "again", TaskQueue: "shop"}
	var before time.Time
	within(t, "one workflow ID is started twice within a second", func() bool {
		run, err := c.ExecuteWorkflow(t.Context(), soon, "Again")
		if err != nil || run.Get(t.Context(), nil) != nil {
			t.Fatal(err)
		}
		d, err := c.DescribeWorkflowExecution(t.Context(), "again", run.GetRunID())
		if err != nil {
			t.Fatal(err)
		}
		at := d.GetWorkflowExecutionInfo().GetStartTime().AsTime()
		ok := !before.IsZero() && at.Sub(before) < time.Second
		before = at
		return ok
	})
	within(t, "visibility knows that they have ended", func() bool {
		n, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running' AND WorkflowType = 'Again'"})
		return err == nil && n.GetCount() == 0
	})

	dir := t.TempDir()
	code := t.TempDir()
	if err := os.WriteFile(filepath.Join(code, "list.py"), []byte("from temporalio.client import Client\nquery = \"WorkflowType = '"+secretText+"' ORDER BY StartTime\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	facts, pack, markdown := filepath.Join(dir, "facts.json"), filepath.Join(dir, "pack.zip"), filepath.Join(dir, "report.md")
	got, said := assess(t, 21, "--address", address, "--namespace", "default", "--namespace", "My_NS", "--rate", "50", "--histories", "40", "--code", code, "--facts", facts, "--pack", pack, "--markdown", markdown)
	busy := map[string]string{"V1": "PASS", "V2": "PASS", "V3": "INFO", "V4": "PASS", "V5": "PASS", "V6": "PASS/INFO", "V7": "PASS", "N1": "PASS", "X1": "BLOCKER", "M2": "PASS", "Q1": "WARNING", "A1": "INFO", "A2": "UNKNOWN", "Z1": "UNKNOWN", "M1": "INFO"}
	busyIn := map[string]string{"N3": "WARNING", "N5": "PASS", "N6": "PASS", "N7": "PASS", "N8": "BLOCKER", "S1": "WARNING", "S2": "PASS", "S3": "INFO", "S4": "PASS", "W1": "INFO", "W2": "PASS", "W3": "WARNING/PASS",
		"W4": "WARNING/INFO", "W5": "WARNING/PASS", "W6": "WARNING/PASS", "W7": "BLOCKER", "W8": "WARNING/PASS", "W9": "WARNING/PASS", "W10": "WARNING", "H1": "PASS", "H2": "PASS", "H3": "PASS", "H4": "PASS",
		"P1": "BLOCKER", "P2": "WARNING", "P4": "INFO", "P5": "PASS", "C1": "INFO", "C2": "WARNING", "C3": "PASS", "C4": "WARNING", "T1": "WARNING", "T2": "PASS", "T3": "PASS", "T4": "PASS", "X2": "PASS", "X3": "INFO"}
	for id, want := range busy {
		if v := got.row(id, ""); v != want {
			t.Errorf("%s: %q, want %q", id, v, want)
		}
	}
	for id, want := range busyIn {
		if v := got.row(id, "default"); v != want {
			t.Errorf("%s: %q, want %q", id, v, want)
		}
	}
	if v := got.row("N2", "My_NS"); v != "WARNING" {
		t.Errorf("N2: %q", v)
	}
	if got.Grade != "C" || got.Schema != "onramp.assess/1" || len(got.Source.Namespaces) != 2 {
		t.Errorf("%+v", got.Source)
	}
	all := said
	for _, f := range []string{facts, markdown} {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all += string(b)
	}
	all += everyFile(t, pack)
	text := run(t, cleanEnv(), "assess", "--from", facts)
	if all += text.out; text.code != 21 || !strings.HasPrefix(text.out, "Fix ") {
		t.Errorf("judged again: exit %d, %.100s", text.code, text.out)
	}
	if strings.Contains(all, secretText) || strings.Contains(text.out, "\x1b") {
		t.Error("a payload or an escape is in an output")
	}
	if st, err := os.Stat(facts); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("facts: %v %v", st.Mode(), err)
	}
	for rpc := range got.RPCs {
		if !strings.HasPrefix(rpc, "Get") && !strings.HasPrefix(rpc, "List") && !strings.HasPrefix(rpc, "Describe") && !strings.HasPrefix(rpc, "Count") {
			t.Errorf("%s was called", rpc)
		}
	}

	// A namespace that is not there, and an empty server.
	missing, _ := assess(t, 14, "--address", address, "--namespace", "nowhere", "--rate", "50")
	if missing.Verdict == nil || missing.Verdict.Code != "NS-01" {
		t.Errorf("%+v", missing.Verdict)
	}
	empty, _ := assess(t, 20, "--address", devServer(t), "--rate", "50")
	calm := map[string]string{"N3": "WARNING", "S1": "PASS", "W1": "PASS", "W3": "PASS", "W6": "PASS", "W9": "PASS", "W10": "PASS", "C1": "PASS", "C2": "PASS", "C4": "PASS", "T1": "PASS", "P4": "PASS"}
	for id, want := range calm {
		if v := empty.row(id, "default"); v != want {
			t.Errorf("an empty server, %s: %q, want %q", id, v, want)
		}
	}
	if v := empty.row("X1", ""); v != "PASS" {
		t.Errorf("an empty server, X1: %q", v)
	}

	var lines []string
	for _, m := range []map[string]string{busy, busyIn, {"N2": "WARNING"}} {
		for id, v := range m {
			proof := id + " the official dev server, busy → " + v
			if other := calm[id]; other != "" && m["V1"] == "" {
				proof += ", empty → " + other
			}
			lines = append(lines, proof)
		}
	}
	slices.Sort(lines)
	const file = "../assess/testdata/real.txt"
	want := strings.Join(lines, "\n") + "\n"
	if *writeProofs {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != want {
		t.Errorf("%s is not what this test shows: go test -run TestAssessDevServer -proofs (%v)", file, err)
	}
}

// everyFile is all that a zip holds.
func everyFile(t *testing.T, file string) (all string) {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all += f.Name + "\n" + string(b)
		r.Close()
	}
	return all
}

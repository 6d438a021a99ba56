package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// crossed is onramp.cutover.status/1 and watch/1 as far as these tests read them.
type crossed struct {
	Schema         string
	Source, Target struct {
		Open struct{ N int64 }
		RPCs map[string]int
	}
	Gates []struct{ ID, State, Title string }
	Next  string
	Meter struct {
		Open  int64
		First int64 `json:"open_at_first"`
		Types []struct {
			Type   string
			Open   int64
			First  int64 `json:"open_at_first"`
			Closed int64 `json:"closed_1h"`
		}
	}
	Twins      []struct{ WorkflowID, StartedBy string }
	Stragglers []struct {
		Identity string
		Starts   int
	}
	Back string
}

func (c crossed) states() string {
	var out []string
	for _, g := range c.Gates {
		out = append(out, g.ID+" "+g.State)
	}
	return strings.Join(out, ", ")
}

// sides are the flags that name both sides.
func sides(source string, h rehearsalLine) []string {
	return []string{"--address", source, "--namespace", "default", "--target-address", h.Address, "--target-namespace", h.Namespace,
		"--target-tls-cert-path", h.Cert, "--target-tls-key-path", h.Key, "--target-tls-ca-path", h.ServerRoot, "--rate", "50"}
}

// cross runs a subcommand of onramp cutover, which must end with an exit code, and reads its JSON.
func cross(t *testing.T, want int, args ...string) (crossed, answer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	a := runCommand(t, ctx, "", cleanEnv(), program, append(append([]string{"cutover"}, args...), "--json")...)
	if a.code != want {
		t.Fatalf("onramp cutover %s: exit %d, want %d: %s\n%s", args[0], a.code, want, a.out, a.err)
	}
	var got crossed
	if err := json.Unmarshal([]byte(a.out), &got); err != nil {
		t.Fatalf("%v: %s", err, a.out)
	}
	return got, a
}

// invoices is a worker of the Python SDK: an Invoice waits to be paid.
const invoices = `
import asyncio, os
from temporalio import workflow
from temporalio.client import Client, TLSConfig
from temporalio.worker import Worker

@workflow.defn(name="Invoice")
class Invoice:
    def __init__(self): self.paid = False
    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.paid)
        return "paid"
    @workflow.signal
    def pay(self) -> None: self.paid = True

async def main():
    tls, read = False, lambda name: open(os.environ[name], "rb").read()
    if os.environ.get("CERT"):
        tls = TLSConfig(server_root_ca_cert=read("ROOT"), client_cert=read("CERT"), client_private_key=read("KEY"))
    c = await Client.connect(os.environ["ADDRESS"], namespace=os.environ["NS"], tls=tls, identity="billing-py")
    await Worker(c, task_queue="billing", workflows=[Invoice]).run()

if __name__ == "__main__":
    asyncio.run(main())
`

func pythonWorker(t *testing.T, h rehearsalLine) *process {
	t.Helper()
	file := filepath.Join(t.TempDir(), "worker.py")
	if err := os.WriteFile(file, []byte(invoices), 0o644); err != nil {
		t.Fatal(err)
	}
	env := cleanEnv("ADDRESS="+h.Address, "NS="+h.Namespace, "CERT="+h.Cert, "KEY="+h.Key, "ROOT="+h.ServerRoot)
	return startsPolling(t, h, "billing", func() *process { return start(t, "", env, pythonTool(t, "python"), file) }, workflowTasks)
}

func goWorker(t *testing.T, h rehearsalLine) (w worker.Worker, c client.Client) {
	t.Helper()
	c = h.dial(t)
	w = worker.New(c, "shop", worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		workflow.GetSignalChannel(ctx, "pay").Receive(ctx, nil)
		return nil
	}, workflow.RegisterOptions{Name: "Order"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	return w, c
}

// TestCutover: a source and a target with workers of the Go and Python SDKs. Gates open and pass as the facts change,
// twins and stragglers are found, and the meter is the truth at the end.
func TestCutover(t *testing.T) {
	source := devServer(t, "--search-attribute", "CustomerId=Keyword", "--dynamic-config-value", "matching.PollerHistoryTTL=\"8s\"")
	old := rehearsalLine{Address: source, Namespace: "default"}
	ops, _ := holdOps(t)
	h := ops.rehearsalLine
	oldWorker, c := goWorker(t, old)
	stopped := false
	defer func() {
		if !stopped {
			oldWorker.Stop()
		}
	}()
	oldPython := pythonWorker(t, old)
	customer := temporal.NewSearchAttributeKeyKeyword("CustomerId")
	begin := func(c client.Client, id, queue, flow string) {
		t.Helper()
		o := client.StartWorkflowOptions{ID: id, TaskQueue: queue}
		if id == "order-1" {
			o.TypedSearchAttributes = temporal.NewSearchAttributes(customer.ValueSet(secretText))
		}
		if _, err := c.ExecuteWorkflow(t.Context(), o, flow); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"order-1", "order-2", "order-3"} {
		begin(c, id, "shop", "Order")
	}
	cron, err := client.Dial(client.Options{HostPort: source, Identity: "7@cron-box <b>", Logger: quietLog})
	if err != nil {
		t.Fatal(err)
	}
	defer cron.Close()
	begin(cron, "invoice-1", "billing", "Invoice")
	begin(cron, "invoice-2", "billing", "Invoice")
	both := sides(source, h)
	within(t, "the source lists its workflows", func() bool {
		got, _ := cross(t, 20, append([]string{"status", "--window", "1h"}, both...)...)
		return got.Meter.Open == 5 && len(got.Meter.Types) == 2
	})

	// Nothing has moved. The assessment, the attribute, the workers and the canary are missing.
	got, said := cross(t, 20, append([]string{"status", "--window", "1h"}, both...)...)
	if want := "G0 open, G1 passed, G2 open, G3 open, G4 open, G6 open, G7 passed, G9 open, G10 open"; got.states() != want || !strings.Contains(got.Back, "costs nothing") {
		t.Errorf("%s\nwant %s\n%s", got.states(), want, said.out)
	}
	for _, m := range []map[string]int{got.Source.RPCs, got.Target.RPCs} {
		for rpc := range m {
			if !strings.HasPrefix(rpc, "Get") && !strings.HasPrefix(rpc, "List") && !strings.HasPrefix(rpc, "Describe") && !strings.HasPrefix(rpc, "Count") {
				t.Errorf("%s was called", rpc)
			}
		}
	}

	// The person does what the gates ask for.
	facts := filepath.Join(t.TempDir(), "facts.json")
	if a := run(t, cleanEnv(), "assess", "--address", source, "--namespace", "default", "--rate", "50", "--facts", facts); a.code != 20 {
		t.Fatalf("assess: exit %d\n%s", a.code, a.err)
	}
	if a := run(t, cleanEnv(), "cloud", "attributes", "add", h.Namespace, "CustomerId=Keyword", "--yes", "--server", ops.Control.Address, "--tls-ca-path", h.ServerRoot, "--api-key-path", ops.Control.APIKey); a.code != 0 {
		t.Fatalf("cloud attributes add: exit %d\n%s\n%s", a.code, a.out, a.err)
	}
	newWorker, there := goWorker(t, h)
	defer newWorker.Stop()
	pythonWorker(t, h)
	begin(there, "canary", "shop", "Order")
	if err := there.SignalWorkflow(t.Context(), "canary", "", "pay", nil); err != nil {
		t.Fatal(err)
	}
	if err := there.GetWorkflow(t.Context(), "canary", "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	both = append(both, "--window", "1h")
	whole := append([]string{"--assessment", facts, "--warnings-reviewed-by", "Ada"}, both...)
	within(t, "the gates before the starters pass", func() bool {
		got, said = cross(t, 20, append([]string{"status"}, whole...)...)
		return strings.HasPrefix(got.states(), "G0 passed, G1 passed, G2 passed, G3 passed, G4 passed, G6 open, G7 passed")
	})

	// Who still starts work at the source, and a client that signals with start at the target alone.
	who, _ := cross(t, 20, append([]string{"stragglers"}, both...)...)
	starts := map[string]int{}
	for _, s := range who.Stragglers {
		starts[s.Identity] = s.Starts
	}
	if len(starts) != 2 || starts["7@cron-box <b>"] != 2 {
		t.Errorf("stragglers: %v", starts)
	}
	if _, err := there.SignalWithStartWorkflow(t.Context(), "order-3", "hello", nil, client.StartWorkflowOptions{TaskQueue: "shop"}, "Order"); err != nil {
		t.Fatal(err)
	}
	two := both[:len(both)-2]
	within(t, "the twin is found", func() bool {
		a := run(t, cleanEnv(), append([]string{"cutover", "twins"}, two...)...)
		return a.code == 21 && strings.Contains(a.out, "order-3: Order at the source")
	})
	red, _ := cross(t, 21, append([]string{"status"}, whole...)...)
	if !strings.Contains(red.states(), "G7 red") || red.Next != "G6" {
		t.Errorf("%s, next %s", red.states(), red.Next)
	}
	cross(t, 0, append([]string{"twins", "--acknowledge", "order-3"}, two...)...)
	if err := there.TerminateWorkflow(t.Context(), "order-3", "", "the source's goes on"); err != nil {
		t.Fatal(err)
	}
	within(t, "the twin is gone", func() bool {
		return run(t, cleanEnv(), append([]string{"cutover", "twins"}, two...)...).code == 0
	})

	// It drains, and is watched.
	watch := start(t, "", cleanEnv(), program, append([]string{"cutover", "watch", "--every", "2s", "--json"}, whole...)...)
	var at crossed
	next := func() {
		t.Helper()
		if err := json.Unmarshal([]byte(watch.line(`^\{.*\}$`)[0]), &at); err != nil || at.Schema != "onramp.cutover.watch/1" {
			t.Fatalf("%v: %+v", err, at)
		}
	}
	if next(); at.Meter.Open != 5 || at.Meter.First != 5 {
		t.Errorf("the first look: %+v", at.Meter)
	}
	for _, id := range []string{"order-1", "order-2", "order-3", "invoice-1", "invoice-2"} {
		if err := c.SignalWorkflow(t.Context(), id, "", "pay", nil); err != nil {
			t.Fatal(err)
		}
	}
	for at.Meter.Open > 0 {
		next()
	}
	closed := int64(0)
	for _, x := range at.Meter.Types {
		closed += x.Closed
		if x.Open != 0 || x.First == 0 {
			t.Errorf("%+v", x)
		}
	}
	for _, id := range []string{"order-1", "order-2", "order-3", "invoice-1", "invoice-2"} {
		d, err := c.DescribeWorkflowExecution(t.Context(), id, "")
		if err != nil || d.GetWorkflowExecutionInfo().GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			t.Errorf("the truth of %s: %v %v", id, d.GetWorkflowExecutionInfo().GetStatus(), err)
		}
	}
	if closed != 5 || at.Meter.First != 5 {
		t.Errorf("the meter: %d of %d ended", closed, at.Meter.First)
	}
	if err := watch.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-watch.ended
	if code := watch.cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(watch.output(), "nothing was changed") {
		t.Errorf("SIGINT: exit %d\n%s", code, watch.output())
	}

	// The source's workers end, the starters have moved: all gates pass.
	oldWorker.Stop()
	stopped = true
	oldPython.kill()
	quiet := time.Now()
	within(t, "all gates pass", func() bool {
		if time.Since(quiet) < 12*time.Second {
			return false
		}
		begin(there, "new-"+time.Now().Format("150405.000"), "shop", "Order")
		a := runCommand(t, t.Context(), "", cleanEnv(), program, append(append([]string{"cutover", "status"}, whole[:len(whole)-2]...), "--window", "8s", "--silent", "8s", "--task-queue", "shop", "--task-queue", "billing")...)
		if a.code != 0 {
			t.Logf("exit %d\n%s", a.code, a.out)
			return false
		}
		t.Log("\n" + a.out)
		return strings.Contains(a.out, "All 9 gates passed") && strings.Contains(a.out, "counted twice 1 minute") && !strings.Contains(a.out, "\x1b") && !strings.Contains(a.out, secretText)
	})
}

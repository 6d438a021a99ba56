package transfer

import (
	"errors"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	workerpb "go.temporal.io/api/worker/v1"

	"onramp/doctor"
)

func testValues() values {
	return values{"task_queue": "orders", "workflow_type": "MoneyTransfer", "workflow_id": "w", "namespace": "payments.a1b2c", "address": "payments.a1b2c.tmprl.cloud:7233",
		"input": `{"amount":250}`, "failure": "…"}
}

// TestClassify: what workers of the SDKs answer, as they print it, and what it means. With an input and
// without, because the same words mean different things.
func TestClassify(t *testing.T) {
	const unhandled = enumspb.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
	tests := []struct {
		name      string
		cause     enumspb.WorkflowTaskFailedCause
		message   string
		arguments int
		code      string
		level     doctor.Level
		says      string
	}{
		{"go, unknown type", unhandled, "unable to find workflow type: MoneyTransfer. Supported types: [Invoice, Refund]", 1, "WF-01", doctor.Certain, "it knows Invoice, Refund"},
		{"python, unknown type", unhandled, "Workflow class MoneyTransfer is not registered on this worker, available workflows: Invoice", 1, "WF-01", doctor.Certain, "it knows Invoice"},
		{"python, unknown type, no input", unhandled, "Workflow class MoneyTransfer is not registered on this worker, available workflows: Invoice", 0, "WF-01", doctor.Certain, ""},
		{"typescript, unknown type", unhandled, "Failed to initialize workflow of type 'MoneyTransfer': no such function is exported by the workflow bundle", 1, "WF-01", doctor.Certain, ""},
		{"java, unknown type", unhandled, `Unknown workflow type "MoneyTransfer". Known types are [MoneyTransferWorkflow]`, 1, "WF-01", doctor.Certain, "it knows MoneyTransferWorkflow"},
		{"dotnet, unknown type", unhandled, "Workflow type MoneyTransfer is not registered on this worker, available workflows: MoneyTransferWorkflow", 1, "WF-01", doctor.Certain, ""},
		{"php, unknown type", unhandled, `Workflow with the specified name "MoneyTransfer" was not registered`, 1, "WF-01", doctor.Certain, ""},
		{"go, changed code", enumspb.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR, "[TMPRL1100] nondeterministic workflow: history event is ActivityTaskScheduled, replay command is StartTimer", 1, "WF-03", doctor.Certain, ""},
		{"python, changed code", unhandled, "[TMPRL1100] Nondeterminism error: Activity machine does not handle this event", 1, "WF-03", doctor.Certain, ""},
		{"changed code, no input", enumspb.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR, "", 0, "WF-03", doctor.Certain, ""},
		{"python, no input", unhandled, "MoneyTransfer.run() missing 1 required positional argument: 'payment_details'", 0, "WF-13", doctor.Certain, ""},
		{"dotnet, no input", unhandled, "Workflow MoneyTransferWorkflow given 0 parameter(s), but more than that are required by the signature", 0, "WF-13", doctor.Certain, ""},
		{"ruby, no input", unhandled, "wrong number of arguments (given 0, expected 1)", 0, "WF-13", doctor.Certain, ""},
		{"typescript, no input", unhandled, "Cannot read properties of undefined (reading 'amount')", 0, "WF-13", doctor.Likely, ""},
		{"python, Go's keys", unhandled, "Failed decoding arguments", 1, "WF-14", doctor.Certain, ""},
		{"python, one key too many", unhandled, "PaymentDetails.__init__() missing 4 required positional arguments: 'source_account', 'target_account', 'amount', and 'reference_id'", 1, "WF-14", doctor.Certain, ""},
		{"python, too few arguments", unhandled, "MoneyTransfer.run() missing 1 required positional argument: 'options'", 1, "WF-14", doctor.Likely, ""},
		{"go, a text where a number should be", unhandled, "unable to decode the workflow function input payload with error: payload item 0: unable to decode: json: cannot unmarshal string into Go struct field, function name: MoneyTransfer", 1, "WF-14", doctor.Certain, ""},
		{"java, other keys", unhandled, `Unrecognized field "source_account" (class CoreTransactionDetails)`, 1, "WF-14", doctor.Certain, ""},
		{"go, a codec's payload", unhandled, "payload item 0: encoding binary/encrypted: payload encoding is not supported", 1, "WF-05", doctor.Likely, ""},
		{"too large", enumspb.WORKFLOW_TASK_FAILED_CAUSE_PAYLOADS_TOO_LARGE, "Payloads too large", 1, "WF-04", doctor.Certain, ""},
		{"a bug", unhandled, "division by zero", 1, "WF-18", doctor.Certain, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := classify(tt.cause, []Cause{{Kind: "application", Message: tt.message}}, tt.arguments, testValues())
			if got.Code != tt.code || got.Level != tt.level {
				t.Errorf("%s (%s), want %s (%s)", got.Code, got.Level, tt.code, tt.level)
			}
			if !strings.Contains(got.Cause, tt.says) {
				t.Errorf("cause %q, want %q in it", got.Cause, tt.says)
			}
			complete(t, got)
		})
	}
}

// complete checks what every verdict must have.
func complete(t *testing.T, v doctor.Verdict) {
	t.Helper()
	if v.Title == "" || v.Cause == "" || len(v.Fix) == 0 || v.Stage != "workflow" && v.Stage != "task-queue" && v.Code != "OK" {
		t.Errorf("incomplete verdict %+v", v)
	}
	for _, text := range append([]string{v.Title, v.Cause, v.NotWrong}, fixes(v)...) {
		if i := strings.Index(text, "{"); i >= 0 && !strings.Contains(text, `{"`) {
			t.Errorf("unfilled text %q", text)
		}
	}
}

func fixes(v doctor.Verdict) []string {
	var out []string
	for _, f := range v.Fix {
		out = append(out, f.Text, f.Command)
	}
	return out
}

// TestCatalogue: every id that a transfer's verdict can have is explained.
func TestCatalogue(t *testing.T) {
	for _, code := range []string{noPoller, nearMiss, otherNamespace, workerGone, noActivities, otherVersion, stillLocal, unknownType, unknownAct, changedCode, tooLarge,
		codecMissing, missingInput, wrongInput, ownFailure, stopped, outOfTime, taskFails, noWorkflow, foreignQueue, "NS-01", "NS-02", "H2-03", "SY-04", "AK-09"} {
		if _, ok := doctor.Lookup(code); !ok {
			t.Errorf("%s is not in the catalogue", code)
		}
	}
}

func TestActivityFault(t *testing.T) {
	for message, code := range map[string]string{
		"unable to find activityType=Withdraw. Supported types: [withdraw, deposit]":                                     "WF-02",
		"Activity function withdraw for workflow MoneyTransfer is not registered on this worker, available activities: ": "WF-02",
		"Activity function withdraw is not registered on this Worker, available activities: [\"a\"]":                     "WF-02",
		"Activity Type \"Withdraw\" is not registered with a worker. Known types are: Deposit":                           "WF-02",
		"Activity with the specified name \"banking.withdraw\" was not registered":                                       "WF-02",
		"payload item 0: encoding binary/encrypted: payload encoding is not supported":                                   "WF-05",
		"Failed decoding arguments":                          "WF-14",
		"account number 99-999 is invalid":                   "",
		"the bank did not answer in time (attempt 1)":        "",
		"Insufficient funds: account 85-150 holds 2000":      "",
		"connection refused while calling activity services": "",
	} {
		v, ok := activityFault([]Cause{{Kind: "application", Message: message}}, "withdraw", testValues())
		if ok != (code != "") || v.Code != code {
			t.Errorf("%q: %q, want %q", message, v.Code, code)
		}
		if ok {
			complete(t, v)
		}
	}
}

func TestWaiting(t *testing.T) {
	now := time.Now()
	poller := func(kind string, ago time.Duration) Poller {
		return Poller{Identity: "7@host", Kind: kind, LastAccess: now.Add(-ago)}
	}
	at := func(queue string, pollers ...Poller) survey { return survey{at: now, queue: queue, pollers: pollers} }
	tests := map[string]struct {
		survey     survey
		activities bool
		died       bool
		code       string
		level      doctor.Level
		says       string
	}{
		"nobody":                          {at("orders"), false, false, "TQ-01", doctor.Certain, ""},
		"nobody for an activity":          {at("orders"), true, false, "TQ-01", doctor.Certain, ""},
		"another case":                    {survey{at: now, queue: "orders", near: []found{{queue: "Orders", identity: "7@host"}}}, false, false, "TQ-02", doctor.Likely, `"Orders"`},
		"a blank":                         {survey{at: now, queue: "orders", near: []found{{queue: "orders ", identity: "7@host"}}}, false, false, "TQ-02", doctor.Likely, `"orders "`},
		"on the local server":             {survey{at: now, queue: "orders", others: []found{{queue: "orders", where: "namespace default on localhost:7233", local: true, identity: "7@host"}}}, false, false, "TQ-07", doctor.Certain, "localhost:7233"},
		"in another namespace":            {survey{at: now, queue: "orders", others: []found{{queue: "orders", where: "namespace b.c on b.c.tmprl.cloud:7233", identity: "7@host"}}}, false, false, "TQ-03", doctor.Certain, "namespace b.c"},
		"gone":                            {at("orders", poller(workflowPoller, 2*time.Minute)), false, false, "TQ-04", doctor.Likely, ""},
		"gone for activities":             {at("orders", poller(workflowPoller, 2*time.Minute), poller(activityPoller, 2*time.Minute)), true, false, "TQ-04", doctor.Likely, ""},
		"died a moment ago":               {at("orders", poller(workflowPoller, 20*time.Second)), false, true, "TQ-04", doctor.Likely, "stopped answering"},
		"workflows only":                  {at("orders", poller(workflowPoller, 0)), true, false, "TQ-05", doctor.Certain, ""},
		"workflows only, activities left": {at("orders", poller(workflowPoller, 0), poller(activityPoller, 3*time.Minute)), true, false, "TQ-05", doctor.Certain, ""},
		"activities only":                 {at("orders", poller(activityPoller, 0)), false, false, "TQ-10", doctor.Certain, ""},
		"activities, workflows left":      {at("orders", poller(activityPoller, 0), poller(workflowPoller, 3*time.Minute)), false, false, "TQ-04", doctor.Likely, ""},
		"far names only":                  {survey{at: now, queue: "orders", rest: []string{"billing"}}, false, false, "TQ-01", doctor.Certain, ""},
		"polls, but does not take it":     {at("orders", poller(workflowPoller, 0)), false, false, "TQ-04", doctor.Likely, "7@host asked orders"},
		"idle for a minute is alive":      {at("orders", poller(workflowPoller, time.Minute)), false, false, "TQ-04", doctor.Likely, "slots"},
		"cannot be asked":                 {survey{at: now, queue: "orders", err: errors.New("Request unauthorized.")}, false, false, "unknown", doctor.Unknown, "Request unauthorized."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := waiting(tt.survey, tt.activities, tt.died, testValues())
			if got.Code != tt.code || got.Level != tt.level || !strings.Contains(got.Cause, tt.says) {
				t.Errorf("%s (%s): %s, want %s (%s) with %q", got.Code, got.Level, got.Cause, tt.code, tt.level, tt.says)
			}
			complete(t, got)
		})
	}
}

// TestStuck plays the cases in which a transfer of one's own worker does not move, against a server, with
// GiveUp: the run ends with the verdict.
func TestStuck(t *testing.T) {
	unhandled := func(message string) *failurepb.Failure { return appFailure("TypeError", message, nil) }
	tests := map[string]struct {
		play  func(*fake)
		code  string
		level doctor.Level
	}{
		"no poller": {func(f *fake) { f.add(started("orders", "1"), taskIsScheduled()) }, "TQ-01", doctor.Certain},
		"another case": {func(f *fake) {
			f.poll(workflowPoller, "Orders", "7@host", 0)
			f.poll(workflowPoller, "ORDERS", "8@host", 0)
			f.add(started("orders", "1"), taskIsScheduled())
		}, "TQ-02", doctor.Likely},
		"the tutorial's queue": {func(f *fake) {
			f.poll(workflowPoller, "TRANSFER_MONEY_TASK_QUEUE", "7@host", 0)
			f.add(started("orders", "1"), taskIsScheduled())
		}, "TQ-02", doctor.Likely},
		"the only worker polls a name that is nothing like it": {func(f *fake) {
			f.workers = []*workerpb.WorkerListInfo{{TaskQueue: "something-else", WorkerIdentity: "7@host", SdkName: "temporal-python", SdkVersion: "1.35.0", Status: enumspb.WORKER_STATUS_RUNNING}}
			f.add(started("orders", "1"), taskIsScheduled())
		}, "TQ-01", doctor.Certain},
		"a near name that only the worker's heartbeat tells": {func(f *fake) {
			f.workers = []*workerpb.WorkerListInfo{{TaskQueue: "ordres", WorkerIdentity: "7@host", SdkName: "temporal-python", SdkVersion: "1.35.0", Status: enumspb.WORKER_STATUS_RUNNING}}
			f.add(started("orders", "1"), taskIsScheduled())
		}, "TQ-02", doctor.Likely},
		"the worker has gone": {func(f *fake) {
			f.poll(workflowPoller, "orders", "7@host", 3*time.Minute)
			f.add(started("orders", "1"), taskIsScheduled())
		}, "TQ-04", doctor.Likely},
		"the worker died with the task": {func(f *fake) {
			f.poll(workflowPoller, "orders", "7@host", 10*time.Second)
			f.add(started("orders", "1"), taskIsScheduled(), taskIsStarted(), taskHasTimedOut(), taskIsScheduled())
		}, "TQ-04", doctor.Likely},
		"no worker for activities": {func(f *fake) {
			f.poll(workflowPoller, "orders", "7@host", 0)
			f.add(started("orders", "1"), taskIsScheduled(), taskIsStarted(), taskIsDone(), activityIsScheduled("5", "withdraw", `"85-150 43-812"`))
		}, "TQ-05", doctor.Certain},
		"no input": {func(f *fake) {
			f.add(started("orders"), taskIsScheduled(), taskIsStarted(), taskHasFailed(enumspb.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE, unhandled("MoneyTransfer.run() missing 1 required positional argument: 'payment_details'")))
		}, "WF-13", doctor.Certain},
		"unknown type, then tried again": {func(f *fake) {
			f.attempt = 3
			f.poll(workflowPoller, "orders", "7@host", 0)
			f.add(started("orders", "1"), taskIsScheduled(), taskIsStarted(), taskHasFailed(enumspb.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE, unhandled("unable to find workflow type: X. Supported types: [A]")), taskIsScheduled())
		}, "WF-01", doctor.Certain},
		"wrong keys, without an error": {func(f *fake) {
			f.poll(workflowPoller, "orders", "7@host", 0)
			f.add(started("orders", `{"source_account":"85-150"}`), taskIsScheduled(), taskIsStarted(), taskIsDone(), activityIsScheduled("5", "Withdraw", `{"SourceAccount":"","TargetAccount":"","Amount":250,"ReferenceID":""}`))
		}, "WF-14", doctor.Likely},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			tt.play(f)
			req := own
			req.GiveUp = true
			w := f.watch(quick(50*time.Millisecond), req)
			res := w.end()
			if res.Verdict.Code != tt.code || res.Verdict.Level != tt.level || res.Status != Running || res.AsExpected {
				t.Errorf("ended %s with %s (%s), want %s (%s); events:\n%s", res.Status, res.Verdict.Code, res.Verdict.Level, tt.code, tt.level, listing(w.all))
			}
			n := 0
			for _, e := range w.all {
				if e.Event == "diagnosis" {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%d diagnoses, want one:\n%s", n, listing(w.all))
			}
			complete(t, res.Verdict)
			if code := doctor.ExitCode(res.Verdict); code != 15 {
				t.Errorf("exit code %d, want 15", code)
			}
		})
	}
}

// TestFailingTaskKeepsItsDiagnosis: a worker that tries a workflow's code in vain is not "a worker that does
// not take the task", however long it goes on. The attempts are told.
func TestFailingTaskKeepsItsDiagnosis(t *testing.T) {
	f := newFake(t)
	f.poll(workflowPoller, "orders", "7@host", 0)
	f.attempt = 2
	f.add(started("orders", "1"), taskIsScheduled(), taskIsStarted(),
		taskHasFailed(enumspb.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE, appFailure("", "unable to find workflow type: X. Supported types: [A]", nil)), taskIsScheduled())
	w := f.watch(quick(20*time.Millisecond), own)
	for n := int32(2); n < 12; n++ { // one every 10 ms: several times Patience
		f.change(func() { f.attempt = n })
		w.until("attempt", func(e Event) bool { return e.Event == "pending" && e.Attempt == int(n) })
	}
	w.stop()
	if res := w.end(); res.Verdict.Code != "WF-01" || res.Status != Running {
		t.Errorf("ended %+v", res)
	}
	for _, e := range w.all {
		if e.Event == "diagnosis" && e.Verdict.Code != "WF-01" {
			t.Errorf("a second opinion: %+v", e)
		}
	}
}

// TestRecovers: a diagnosis is taken back when a worker comes, and the transfer ends well.
func TestRecovers(t *testing.T) {
	f := newFake(t)
	f.add(aTransfer()[:2]...)
	w := f.watch(quick(30*time.Millisecond), own)
	if e := w.until("diagnosis", func(e Event) bool { return e.Event == "diagnosis" }); e.Verdict == nil || e.Verdict.Code != "TQ-01" {
		t.Errorf("diagnosis %+v", e)
	}
	f.poll(workflowPoller, "orders", "7@host", 0)
	f.add(append(aTransfer()[2:], completed(`"done"`))...)
	w.until("note", func(e Event) bool { return e.Event == "note" })
	if res := w.end(); res.Verdict.Code != "OK" || res.Status != Completed {
		t.Errorf("ended %+v", res)
	}
}

// TestEnds: how a workflow closed, what was wanted, and the verdict.
func TestEnds(t *testing.T) {
	refusal := hasFailed(appFailure("TransferFailed", "transfer failed, nothing was withdrawn", activityFailure("withdraw", appFailure("InvalidAccountError", "account number 99-999 is invalid", nil))))
	tests := []struct {
		name     string
		scenario Scenario
		last     func() *failurepb.Failure
		code     string
		status   string
		expected bool
	}{
		{"success completes", Success, nil, "OK", Completed, true},
		{"success fails", Success, func() *failurepb.Failure { return refusal.GetWorkflowExecutionFailedEventAttributes().GetFailure() }, "WF-15", Failed, false},
		{"invalid account fails", InvalidAccount, func() *failurepb.Failure { return refusal.GetWorkflowExecutionFailedEventAttributes().GetFailure() }, "OK", Failed, true},
		{"refund fails", Refund, func() *failurepb.Failure { return refusal.GetWorkflowExecutionFailedEventAttributes().GetFailure() }, "OK", Failed, true},
		{"refund completes", Refund, nil, "unknown", Completed, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.add(aTransfer()...)
			if tt.last == nil {
				f.add(completed(`"done"`))
			} else {
				f.add(hasFailed(tt.last()))
			}
			req := own
			req.Scenario = tt.scenario
			res := f.watch(quick(time.Minute), req).end()
			if res.Verdict.Code != tt.code || res.Status != tt.status || res.AsExpected != tt.expected {
				t.Errorf("ended %s (as expected: %v) with %+v", res.Status, res.AsExpected, res.Verdict)
			}
			if tt.last != nil && res.Failure != "transfer failed, nothing was withdrawn: InvalidAccountError: account number 99-999 is invalid" {
				t.Errorf("failure %q", res.Failure)
			}
		})
	}
}

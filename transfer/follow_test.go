package transfer

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// aTransfer is the history of a good transfer, up to where the deposit is done.
func aTransfer() []*historypb.HistoryEvent {
	return []*historypb.HistoryEvent{
		started("orders", `{"source_account":"85-150"}`), taskIsScheduled(), taskIsStarted(), taskIsDone(),
		activityIsScheduled("5", "withdraw", `{"source_account":"85-150"}`), activityIsStarted(5, 1), activityIsDone(5, `"W1"`),
		taskIsScheduled(), taskIsStarted(), taskIsDone(),
		activityIsScheduled("11", "deposit", `{"source_account":"85-150"}`), activityIsStarted(11, 1), activityIsDone(11, `"D1"`),
	}
}

var own = Request{Worker: "own", Template: "python", TaskQueue: "orders"}

// ids are the history event ids that were told, in order.
func ids(events []Event) []int64 {
	var out []int64
	for _, e := range events {
		if e.ID > 0 {
			out = append(out, e.ID)
		}
	}
	return out
}

func upTo(n int64) []int64 {
	var out []int64
	for i := int64(1); i <= n; i++ {
		out = append(out, i)
	}
	return out
}

func TestFollowTellsEveryEvent(t *testing.T) {
	f := newFake(t)
	f.poll(workflowPoller, "orders", "7@host", 0)
	w := f.watch(quick(time.Minute), own)
	for _, h := range append(aTransfer(), completed(`"Transfer complete (transaction IDs: W1, D1)"`)) {
		f.add(h)
		w.until("event", func(e Event) bool { return e.ID == h.GetEventId() })
	}
	res := w.end()
	if diff := cmp.Diff(upTo(14), ids(w.all)); diff != "" {
		t.Errorf("event ids (-want +got):\n%s", diff)
	}
	want := Result{WorkflowID: "w", RunID: fakeRun, TaskQueue: "orders", Type: "MoneyTransfer", Status: Completed, AsExpected: true,
		Result: "Transfer complete (transaction IDs: W1, D1)", Verdict: fineVerdict("The transfer completed"),
		Bars: []Bar{{Activity: "withdraw", Queued: 40 * time.Millisecond, Due: 40 * time.Millisecond, Start: 50 * time.Millisecond, End: 60 * time.Millisecond, Attempt: 1, State: StateCompleted},
			{Activity: "deposit", Queued: 100 * time.Millisecond, Due: 100 * time.Millisecond, Start: 110 * time.Millisecond, End: 120 * time.Millisecond, Attempt: 1, State: StateCompleted}}}
	if diff := cmp.Diff(want, res, cmpopts.IgnoreFields(Result{}, "TookMS")); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	last := w.all[len(w.all)-1]
	if last.Event != "end" || last.Status != Completed || last.Result != want.Result || last.Verdict == nil || last.Verdict.Code != "OK" {
		t.Errorf("last event %+v", last)
	}
	if e := w.all[0]; e.Event != "worker" || e.Text != "7@host polls orders" {
		t.Errorf("first event %+v", e)
	}
}

// TestStart: what goes to Temporal is what the template's worker understands, and cannot pay twice.
func TestStart(t *testing.T) {
	f := newFake(t)
	f.startErr = []error{serviceerror.NewUnavailable("restarting"), serviceerror.NewUnavailable("restarting")}
	f.add(append(aTransfer(), completed("null"))...)
	req := own
	req.Template, req.Details.ReferenceID = "go", "T-1"
	res := f.watch(quick(time.Minute), req).end()
	if res.Status != Completed || len(f.starts) != 3 {
		t.Fatalf("ended %+v after %d starts", res, len(f.starts))
	}
	for _, s := range f.starts {
		if s.GetRequestId() == "" || s.GetRequestId() != f.starts[0].GetRequestId() {
			t.Errorf("request IDs %q and %q: a lost answer would start it twice", f.starts[0].GetRequestId(), s.GetRequestId())
		}
		if s.GetWorkflowIdReusePolicy() != enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE || s.GetWorkflowIdConflictPolicy() != enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING {
			t.Errorf("policies %v and %v: a reload would pay twice", s.GetWorkflowIdReusePolicy(), s.GetWorkflowIdConflictPolicy())
		}
		if got, want := string(s.GetInput().GetPayloads()[0].GetData()), `{"SourceAccount":"85-150","TargetAccount":"43-812","Amount":250,"ReferenceID":"T-1"}`; got != want {
			t.Errorf("input %s, want %s", got, want)
		}
	}
}

// TestStartedBefore: a workflow ID that was used is followed, whether it runs or has ended.
func TestStartedBefore(t *testing.T) {
	for name, prepare := range map[string]func(*fake){
		"running": func(f *fake) { f.again = true },
		"ended": func(f *fake) {
			f.startErr = []error{serviceerror.NewWorkflowExecutionAlreadyStarted("Workflow execution already finished.", "", fakeRun)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			prepare(f)
			f.add(append(aTransfer(), completed(`"done"`))...)
			w := f.watch(quick(time.Minute), own)
			res := w.end()
			if res.Status != Completed || res.RunID != fakeRun {
				t.Errorf("ended %+v", res)
			}
			for _, e := range w.all {
				if e.Event == "started" && e.Data.Again {
					return
				}
			}
			t.Errorf("nothing says that it was started before:\n%s", listing(w.all))
		})
	}
}

// TestResume: polls that fail, tokens that a new server does not know and answers that come twice leave
// neither gap nor duplicate.
func TestResume(t *testing.T) {
	for name, trouble := range map[string]func(*fake){
		"unavailable": func(f *fake) { f.broken, f.failures = serviceerror.NewUnavailable("connection lost"), 3 },
		"deadline":    func(f *fake) { f.broken, f.failures = serviceerror.NewDeadlineExceeded("too slow"), 1 },
		"new server":  func(f *fake) { f.broken, f.failures = serviceerror.NewInvalidArgument("Invalid NextPageToken."), 1 },
		"repeated":    func(f *fake) { f.repeat = true },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			w := f.watch(quick(time.Minute), own)
			all := append(aTransfer(), completed(`"done"`))
			f.add(all[:6]...)
			w.until("event 6", func(e Event) bool { return e.ID == 6 })
			f.change(func() { trouble(f) })
			f.add(all[6:9]...)
			w.until("event 9", func(e Event) bool { return e.ID == 9 })
			f.change(func() { trouble(f) })
			f.add(all[9:]...)
			if res := w.end(); res.Status != Completed {
				t.Errorf("ended %+v", res)
			}
			if diff := cmp.Diff(upTo(14), ids(w.all)); diff != "" {
				t.Errorf("event ids (-want +got):\n%s", diff)
			}
			if f.broken == nil {
				return
			}
			var connected []bool
			for _, e := range w.all {
				if e.Event == "note" {
					connected = append(connected, *e.Data.Connected)
				}
			}
			if want := []bool{false, true, false, true}; !cmp.Equal(connected, want) {
				t.Errorf("notes of connection %v, want %v", connected, want)
			}
		})
	}
}

// TestNextRun: a workflow that goes on in a new run is followed there, its ids begin again.
func TestNextRun(t *testing.T) {
	f := newFake(t)
	w := f.watch(quick(time.Minute), own)
	f.add(started("orders", "1"), taskIsScheduled())
	w.until("event 2", func(e Event) bool { return e.ID == 2 })
	f.change(func() {
		f.events = append(f.events, &historypb.HistoryEvent{EventId: 3, EventTime: timestamppb.New(zero), EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
			Attributes: &historypb.HistoryEvent_WorkflowExecutionContinuedAsNewEventAttributes{WorkflowExecutionContinuedAsNewEventAttributes: &historypb.WorkflowExecutionContinuedAsNewEventAttributes{NewExecutionRunId: fakeRun2}}})
	})
	w.typ("WorkflowExecutionContinuedAsNew")
	f.change(func() { f.events = nil })
	f.add(started("orders", "1"), completed(`"second"`))
	res := w.end()
	if res.RunID != fakeRun2 || res.Result != "second" || res.Status != Completed {
		t.Errorf("ended %+v", res)
	}
}

// TestPending: what history does not tell until an activity ends comes from the pending activities.
func TestPending(t *testing.T) {
	f := newFake(t)
	w := f.watch(quick(time.Minute), own)
	f.add(aTransfer()[:5]...)
	w.typ("ActivityTaskScheduled")
	at := func(ms int) *timestamppb.Timestamp {
		return timestamppb.New(zero.Add(time.Duration(ms) * time.Millisecond))
	}
	soon := time.Now().Add(time.Hour).UTC()
	info := func(change func(*workflowpb.PendingActivityInfo)) {
		p := &workflowpb.PendingActivityInfo{ActivityId: "5", ActivityType: &commonpb.ActivityType{Name: "withdraw"}, MaximumAttempts: 10}
		change(p)
		f.change(func() { f.pending = []*workflowpb.PendingActivityInfo{p} })
	}
	pending := func() Event {
		t.Helper()
		return w.until("pending", func(e Event) bool { return e.Event == "pending" })
	}

	info(func(p *workflowpb.PendingActivityInfo) {
		p.State, p.Attempt, p.LastStartedTime = enumspb.PENDING_ACTIVITY_STATE_STARTED, 1, at(60)
	})
	if e := pending(); e.Text != "withdraw is running, attempt 1" || e.State != StateRunning || !e.Since.Equal(at(60).AsTime()) {
		t.Errorf("first attempt: %+v", e)
	}
	info(func(p *workflowpb.PendingActivityInfo) {
		p.State, p.Attempt, p.LastStartedTime, p.LastAttemptCompleteTime = enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, 2, at(60), at(80)
		p.LastFailure, p.NextAttemptScheduleTime, p.CurrentRetryInterval = appFailure("BankTimeoutError", "no answer", nil), timestamppb.New(soon), durationpb.New(time.Hour)
	})
	e := pending()
	if e.Attempt != 2 || e.Failure != "BankTimeoutError: no answer" || e.NextRetry == nil || !e.NextRetry.Equal(soon) || e.State != StateScheduled {
		t.Errorf("retry: %+v", e)
	}
	info(func(p *workflowpb.PendingActivityInfo) {
		p.State, p.Attempt, p.LastStartedTime, p.LastFailure = enumspb.PENDING_ACTIVITY_STATE_STARTED, 4, at(200), timeoutFailure(enumspb.TIMEOUT_TYPE_HEARTBEAT)
		p.HeartbeatDetails, p.LastHeartbeatTime = jsonPayloads(`{"step":3}`), at(210)
	})
	if e := pending(); e.Attempt != 4 || e.Text != `withdraw is running, attempt 4, last heartbeat: {"step":3}` || !e.Data.Timeout.Is {
		t.Errorf("fourth attempt: %+v", e)
	}
	asked := f.polls
	f.add(activityIsStarted(5, 4), activityIsDone(5, `"W1"`), activityIsScheduled("8", "deposit", "1"))
	w.typ("ActivityTaskCompleted")
	w.typ("ActivityTaskScheduled")
	f.change(func() { // the first is still in the answers, and different: history knows better
		f.pending[0] = &workflowpb.PendingActivityInfo{ActivityId: "5", State: enumspb.PENDING_ACTIVITY_STATE_STARTED, Attempt: 5}
		f.pending = append(f.pending, &workflowpb.PendingActivityInfo{ActivityId: "8", State: enumspb.PENDING_ACTIVITY_STATE_STARTED, Attempt: 1, LastStartedTime: at(100)})
	})
	if e := pending(); e.Activity != "deposit" {
		t.Errorf("told of an activity that had ended: %+v", e)
	}
	f.add(activityIsStarted(8, 1), activityIsDone(8, `"D1"`), completed(`"done"`))
	res := w.end()
	if n := f.polls - asked; n > 20 {
		t.Errorf("%d history polls for three answers", n)
	}
	due := soon.Sub(zero.Add(10 * time.Millisecond)) // the third attempt was never seen
	want := []Bar{
		{Activity: "withdraw", Queued: 40 * time.Millisecond, Due: 40 * time.Millisecond, Start: 50 * time.Millisecond, End: 70 * time.Millisecond, Attempt: 1, State: StateFailed, Failure: "BankTimeoutError: no answer"},
		{Activity: "withdraw", Queued: 70 * time.Millisecond, Due: due, Start: due, End: due + 1, Attempt: 2, State: StateTimedOut, Failure: "activity timeout (Heartbeat timeout)"},
		{Activity: "withdraw", Queued: 50 * time.Millisecond, Due: 50 * time.Millisecond, Start: 50 * time.Millisecond, End: 60 * time.Millisecond, Attempt: 4, State: StateCompleted},
		{Activity: "deposit", Queued: 70 * time.Millisecond, Due: 70 * time.Millisecond, Start: 80 * time.Millisecond, End: 90 * time.Millisecond, Attempt: 1, State: StateCompleted},
	}
	if diff := cmp.Diff(want, res.Bars); diff != "" {
		t.Errorf("bars (-want +got):\n%s", diff)
	}
}

// TestInterrupted: when the caller leaves, the last event says that the transfer goes on.
func TestInterrupted(t *testing.T) {
	f := newFake(t)
	w := f.watch(quick(time.Minute), own)
	f.add(aTransfer()...)
	w.until("event 13", func(e Event) bool { return e.ID == 13 })
	w.stop()
	res := w.end()
	if res.Status != Running || res.AsExpected || res.Verdict.Code != "unknown" {
		t.Errorf("ended %+v", res)
	}
}

// TestFollowOnly starts nothing and learns queue and type from the workflow.
func TestFollowOnly(t *testing.T) {
	f := newFake(t)
	f.add(append(aTransfer(), completed(`"done"`))...)
	res := f.watch(quick(time.Minute), Request{FollowOnly: true, WorkflowID: "theirs"}).end()
	if len(f.starts) != 0 || res.Status != Completed || !res.AsExpected || res.TaskQueue != "orders" || res.Type != "MoneyTransfer" || res.RunID != fakeRun {
		t.Errorf("after %d starts: %+v", len(f.starts), res)
	}
	missing := newFake(t)
	res = missing.watch(quick(time.Minute), Request{FollowOnly: true, WorkflowID: "theirs"}).end()
	if res.Status != NotFound || res.Verdict.Code != noWorkflow {
		t.Errorf("a workflow that is not there: %+v", res)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var events []Event
	req := own
	req.Target = f.target
	res := quick(time.Minute).Run(ctx, req, func(es []Event) { events = append(events, es...) })
	if res.Status != NotStarted || len(events) != 1 || events[0].Event != "end" {
		t.Errorf("ended %+v with events:\n%s", res, listing(events))
	}
}

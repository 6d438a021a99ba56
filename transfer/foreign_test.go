package transfer

import (
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/doctor"
)

// theirs asks to follow somebody's workflow, as `onramp transfer --follow` does.
var theirs = Request{FollowOnly: true, Worker: "own", WorkflowID: "w", GiveUp: true}

// running makes the fake's workflow one whose worker runs the activity with id 5.
func running(d *workflowservice.DescribeWorkflowExecutionResponse) {
	d.PendingWorkflowTask = nil
	d.PendingActivities = []*workflowpb.PendingActivityInfo{pendingActivity(func(p *workflowpb.PendingActivityInfo) {
		p.State, p.LastStartedTime = enumspb.PENDING_ACTIVITY_STATE_STARTED, at(0)
	})}
}

// TestFollowHealthy: a workflow of others whose activity takes its time, with an input that is no account. It is not
// stuck, GiveUp does not give up, and it is followed to its end.
func TestFollowHealthy(t *testing.T) {
	f := newFake(t)
	f.change(func() { f.describe = running })
	f.add(ran(activityOn("orders", "5", "ship"))...)
	w := f.watch(quick(20*time.Millisecond), theirs)
	e := w.until("diagnosis", func(e Event) bool { return e.Event == "diagnosis" })
	if e.Verdict.Code != doctor.OK || e.Verdict.Title != "Not stuck: it waits for the activity ship" || e.Outcome() != UnderWay {
		t.Errorf("diagnosis %+v", e)
	}
	f.looked(10) // the same is told once
	f.add(activityIsStarted(5, 1), activityIsDone(5, `"A"`), completed(`"done"`))
	if res := w.end(); res.Status != Completed || !res.AsExpected || res.Verdict.Title != "The workflow completed" {
		t.Errorf("ended %+v", res)
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
}

// TestFollowLeftHealthy: whoever stops watching a healthy workflow is told that it is one, and not that it has ended.
func TestFollowLeftHealthy(t *testing.T) {
	f := newFake(t)
	f.change(func() { f.describe = running })
	f.add(ran(activityOn("orders", "5", "ship"))...)
	w := f.watch(quick(20*time.Millisecond), theirs)
	w.until("diagnosis", func(e Event) bool { return e.Event == "diagnosis" })
	w.stop()
	if res := w.end(); res.Status != Running || res.AsExpected || res.Verdict.Code != doctor.OK {
		t.Errorf("ended %+v", res)
	}
}

// TestFollowStuck: an activity lies in a queue of its own that nobody polls, while the workflow's is polled. The tutorial's
// queue is no near name of somebody else's; another spelling is.
func TestFollowStuck(t *testing.T) {
	for queue, code := range map[string]string{"TRANSFER_MONEY_TASK_QUEUE": noPoller, "SHIP-ACTIVITIES": nearMiss} {
		f := newFake(t)
		f.change(func() {
			f.describe = func(d *workflowservice.DescribeWorkflowExecutionResponse) {
				d.PendingWorkflowTask = nil
				d.PendingActivities = []*workflowpb.PendingActivityInfo{pendingActivity(nil)}
			}
		})
		f.poll(workflowPoller, "orders", "7@host", 0)
		f.poll(activityPoller, "orders", "7@host", 0)
		f.poll(activityPoller, queue, "8@host", 0)
		f.add(ran(activityOn("ship-activities", "5", "ship"))...)
		res := f.watch(quick(20*time.Millisecond), theirs).end()
		if res.Status != Running || res.Verdict.Code != code || doctor.ExitCode(res.Verdict) != 15 {
			t.Errorf("%s is polled: ended %+v", queue, res)
		}
		if code == nearMiss && (len(res.Verdict.Fix) != 1 || res.Verdict.Fix[0].Command != "") {
			t.Errorf("advises to start another one: %+v", res.Verdict.Fix)
		}
	}
}

// TestWhoseTransfer: the transfer's expectations hold for what Onramp or the tutorial started, and for nothing else.
func TestWhoseTransfer(t *testing.T) {
	start := func(kind, queue, by string) *historypb.HistoryEvent {
		return begins(func(a *historypb.WorkflowExecutionStartedEventAttributes) {
			a.WorkflowType.Name, a.TaskQueue, a.Identity = kind, &taskqueuepb.TaskQueue{Name: queue}, by
		})
	}
	for name, tt := range map[string]struct {
		first *historypb.HistoryEvent
		ours  bool
	}{
		"Onramp's":                   {start("MoneyTransfer", "orders", identity), true},
		"the tutorial's":             {start("MoneyTransfer", "TRANSFER_MONEY_TASK_QUEUE", "7@laptop"), true},
		"another's of the same name": {start("MoneyTransfer", "orders", "9@shop"), false},
		"another's on such a queue":  {start("money_transfer", "TRANSFER_MONEY_TASK_QUEUE", "9@shop"), false},
		"another's on queue default": {start("Invoice", "default", "9@shop"), false},
	} {
		r := &run{}
		r.startedAs(tt.first)
		if r.ours != tt.ours {
			t.Errorf("%s: ours %v, want %v", name, r.ours, tt.ours)
		}
	}
}

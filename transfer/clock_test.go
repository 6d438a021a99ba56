package transfer

import (
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workerpb "go.temporal.io/api/worker/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/doctor"
)

// TestClockOff: a worker reports its own time. What it says of its clock is told with the worker, and blamed for
// a task that ended after its time, not for one that failed by itself.
func TestClockOff(t *testing.T) {
	late := appFailure("", "context deadline exceeded", nil)
	for name, tt := range map[string]struct {
		report time.Duration // of the worker, from our time
		says   string        // with the worker
		fails  bool          // after its time
		code   string        // "" for none
	}{
		"ahead, and late":             {15 * time.Minute, "The clock of 7@host is about 15 min ahead.", true, "WF-10"},
		"behind, and late":            {-15 * time.Minute, "The clock of 7@host is about 15 min behind.", true, "WF-10"},
		"ahead, but not late":         {15 * time.Minute, "ahead", false, ""},
		"right":                       {-40 * time.Second, "", true, ""},
		"a report that was held up":   {-90 * time.Second, "", true, ""},
		"a second ahead, on the way":  {time.Second, "", true, ""},
		"a worker that never reports": {0, "", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.poll(workflowPoller, "orders", "7@host", 0)
			f.poll(activityPoller, "orders", "7@host", 0)
			f.change(func() {
				f.workers = []*workerpb.WorkerListInfo{{WorkerInstanceKey: "k", WorkerIdentity: "7@host", TaskQueue: "orders", SdkName: "temporal-go", Status: enumspb.WORKER_STATUS_RUNNING}}
				if tt.report != 0 {
					f.reports = map[string]time.Time{"k": time.Now().Add(tt.report)}
				}
			})
			f.add(aTransfer()[:5]...)
			failure := late
			if !tt.fails {
				failure = appFailure("", "the bank is closed", nil)
			}
			p := &workflowpb.PendingActivityInfo{ActivityId: "5", ActivityType: &commonpb.ActivityType{Name: "withdraw"}, State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 2, LastFailure: failure,
				LastAttemptCompleteTime: timestamppb.Now(), NextAttemptScheduleTime: timestamppb.New(time.Now().Add(time.Hour))}
			f.change(func() { f.pending = []*workflowpb.PendingActivityInfo{p} })
			w := f.watch(quick(time.Second), own)
			seen := w.until("worker", func(e Event) bool { return e.Event == "worker" })
			if !strings.Contains(seen.Text, tt.says) || tt.says == "" && strings.Contains(seen.Text, "clock") {
				t.Errorf("with the worker: %q, want %q", seen.Text, tt.says)
			}
			w.until("the failing attempt", func(e Event) bool { return e.Event == "pending" && e.Failure != "" })
			if tt.code != "" {
				e := w.until("diagnosis", func(e Event) bool { return e.Event == "diagnosis" })
				if e.Verdict.Code != tt.code || e.Verdict.Level != doctor.Likely || !strings.Contains(e.Verdict.Cause, tt.says) {
					t.Errorf("diagnosis %+v", e.Verdict)
				}
			}
			w.stop()
			w.end()
			for _, e := range w.all {
				if tt.code == "" && e.Event == "diagnosis" {
					t.Errorf("a diagnosis without ground: %+v", e.Verdict)
				}
			}
		})
	}
}

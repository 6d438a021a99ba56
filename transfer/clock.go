package transfer

import (
	"context"
	"fmt"
	"regexp"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
)

const (
	// clockSlack is how far ahead a worker's clock may seem before it is told: more than the way of a message.
	clockSlack = 30 * time.Second
	// reportEvery is how often an SDK's worker reports, by its own clock. One that polled a moment ago and
	// whose last report is older than two of them has a clock that is behind.
	reportEvery = 60 * time.Second
)

// skewed is a worker whose clock differs from ours.
type skewed struct {
	identity string
	ahead    time.Duration // negative: behind
}

// text says so; "" for a clock that is right.
func (s skewed) text() string {
	switch {
	case s.ahead > 0:
		return fmt.Sprintf("The clock of %s is about %s ahead.", oneLine(s.identity), wait(s.ahead))
	case s.ahead < 0:
		return fmt.Sprintf("The clock of %s is about %s behind.", oneLine(s.identity), wait(-s.ahead))
	}
	return ""
}

// clock compares the clocks of a queue's workers with ours by the reports that they send, which carry their own
// time. Not every server and SDK has them: then the clocks count as right.
func clock(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace string, v survey, now func() time.Time) skewed {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	resp, err := svc.ListWorkers(ctx, &workflowservice.ListWorkersRequest{Namespace: namespace, PageSize: 100})
	if err != nil {
		return skewed{}
	}
	asked := 0
	for _, w := range resp.GetWorkers() {
		if w.GetTaskQueue() != v.queue || w.GetStatus() != enumspb.WORKER_STATUS_RUNNING || asked == 3 {
			continue
		}
		asked++
		info, err := svc.DescribeWorker(ctx, &workflowservice.DescribeWorkerRequest{Namespace: namespace, WorkerInstanceKey: w.GetWorkerInstanceKey()})
		if err != nil {
			continue
		}
		report := info.GetWorkerInfo().GetWorkerHeartbeat().GetHeartbeatTime()
		if !report.IsValid() || report.AsTime().Unix() == 0 {
			continue
		}
		ahead := report.AsTime().Sub(now())
		if ahead > clockSlack || ahead < -2*reportEvery-clockSlack && v.polls(w.GetWorkerIdentity()) {
			return skewed{identity: w.GetWorkerIdentity(), ahead: ahead}
		}
	}
	return skewed{}
}

// polls reports whether a worker asked for tasks within the last minute.
func (v survey) polls(identity string) bool {
	for _, p := range v.pollers {
		if p.Identity == identity && v.at.Sub(p.LastAccess) <= stale {
			return true
		}
	}
	return false
}

// sayLate: an activity that found its time over when it began.
var sayLate = regexp.MustCompile(`(?i)deadline exceeded|complete after timeout`)

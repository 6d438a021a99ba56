package assess

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

const (
	// reuseInterval is how soon one workflow ID can be started again in Temporal Cloud: docs.temporal.io/cloud/limits.
	reuseInterval = time.Second
	maxStarts     = 25000 // runs whose starts are compared
	maxKeptID     = 250   // bytes of an ID that is kept, to ask for the run
	maxRestarts   = 5     // runs that are asked for
)

// starts are the runs that were listed, by the hash of their workflow ID.
type starts struct {
	by    map[[16]byte][]begun
	seen  map[[16]byte]bool // runs
	older bool              // there are closed runs that were not listed
	cut   bool              // a run could not be taken in
}

type begun struct {
	workflowID, runID string // "" where they are too long to be kept
	at                time.Time
	goesOn            bool // it continued as new: what follows was not started by anybody
}

func short(s string) (h [16]byte) {
	sum := sha256.Sum256([]byte(s))
	return [16]byte(sum[:16])
}

func (s *starts) add(e *workflowpb.WorkflowExecutionInfo) {
	if s.by == nil {
		s.by, s.seen = map[[16]byte][]begun{}, map[[16]byte]bool{}
	}
	id, run := e.GetExecution().GetWorkflowId(), short(e.GetExecution().GetRunId())
	switch {
	case s.seen[run]:
		return
	case len(s.seen) >= maxStarts || !e.GetStartTime().IsValid():
		s.cut = true
		return
	}
	s.seen[run] = true
	b := begun{at: e.GetStartTime().AsTime(), goesOn: e.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW}
	if len(id) <= maxKeptID && len(e.GetExecution().GetRunId()) <= maxKeptID {
		b.workflowID, b.runID = id, e.GetExecution().GetRunId()
	}
	at := short(id)
	s.by[at] = append(s.by[at], b)
}

// follower is a run that began soon after another of its workflow ID.
type follower struct {
	begun
	after time.Duration
}

// soon are the runs that began within reuseInterval of the one before, which did not continue as them; the latest first.
func (s *starts) soon() (out []follower) {
	for _, runs := range s.by {
		slices.SortFunc(runs, func(a, b begun) int { return a.at.Compare(b.at) })
		for i := 1; i < len(runs); i++ {
			if after := runs[i].at.Sub(runs[i-1].at); after < reuseInterval && !runs[i-1].goesOn {
				out = append(out, follower{runs[i], after})
			}
		}
	}
	slices.SortFunc(out, func(a, b follower) int {
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.workflowID, b.workflowID), cmp.Compare(a.runID, b.runID))
	})
	return out
}

// reuse looks for workflow IDs that were started again within a second. A run of a chain, by retry, cron or reset, was not
// started: which it is, the server says of one run at a time.
func (w *workflows) reuse(ctx context.Context) {
	r := &w.n.Reuse
	r.Read, r.Runs, r.Found = w.n.TypesRead, len(w.starts.seen), []Restart{}
	switch {
	case r.Read != Read:
	case !w.n.Closed.known():
		r.Read = w.n.Closed.Read
	case w.n.Closed.N > 0:
		r.Read = w.n.ClosedTypes
	}
	r.Whole = w.n.TypesWhole && !w.starts.older && !w.starts.cut
	for i, f := range w.starts.soon() {
		if i >= maxRestarts || f.runID == "" {
			r.Unsure++
			continue
		}
		d, err := w.c.wf.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: w.n.Name,
			Execution: &commonpb.WorkflowExecution{WorkflowId: f.workflowID, RunId: f.runID}}, most)
		switch first := d.GetWorkflowExecutionInfo().GetFirstRunId(); {
		case err != nil || first == "":
			r.Unsure++
		case first == f.runID:
			r.Found = append(r.Found, Restart{WorkflowID: bound(f.workflowID), After: f.after.Seconds()})
		}
	}
}

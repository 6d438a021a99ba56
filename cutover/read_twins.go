package cutover

import (
	"context"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/assess"
)

// twins finds workflow IDs that are open on both sides: by comparing both lists where the target's is short enough, else by
// asking the target for the source's IDs. What visibility says is then described on both sides, for it lags.
func (r *Reader) twins(ctx context.Context) {
	f := r.facts
	t := &f.Twins
	if f.Target.Reached != assess.Read {
		t.Read = f.Target.Reached
		return
	}
	r.tell("twins", r.target)
	byID := make(map[string]listed, len(r.opened))
	for _, x := range r.opened {
		byID[x.id] = x
	}
	t.Whole = f.TypesWhole
	var there []listed
	switch {
	case len(byID) == 0:
		t.Read = f.Source.Open.Read
	case f.Target.Open.Known() && f.Target.Open.N <= maxListed/4:
		var whole bool
		there, whole, t.Read = r.target.list(ctx, running, maxListed/4+pageSize)
		t.Whole = t.Whole && whole
	default:
		there = r.asked(ctx, byID)
	}
	t.Looked = len(byID)
	seen := map[string]bool{}
	for _, x := range there {
		here, both := byID[x.id]
		if !both || seen[x.id] {
			continue
		}
		seen[x.id] = true
		if len(t.Found) >= maxTwins {
			t.More++
			continue
		}
		if twin, still := r.confirm(ctx, here, x); still {
			t.Found = append(t.Found, twin)
		}
	}
}

// asked asks the target for the source's open IDs, so many at a time.
func (r *Reader) asked(ctx context.Context, byID map[string]listed) (there []listed) {
	t := &r.facts.Twins
	var batch []string
	flush := func() bool {
		if len(batch) == 0 {
			return true
		}
		found, whole, outcome := r.target.list(ctx, running+" AND WorkflowId IN ("+strings.Join(batch, ", ")+")", batchOfIDs*2)
		t.Read, t.Whole = outcome, t.Whole && whole
		there, batch = append(there, found...), batch[:0]
		return outcome == assess.Read
	}
	for _, id := range sortedKeys(byID) {
		q, ok := assess.Quoted(id)
		if !ok || len(id) > 1024 {
			t.Whole = false
			continue
		}
		if batch = append(batch, q); len(batch) == batchOfIDs && !flush() {
			t.Whole = false
			return there
		}
	}
	if !flush() {
		t.Whole = false
	}
	return there
}

// confirm describes an ID on both sides. still is false where one of them has closed.
func (r *Reader) confirm(ctx context.Context, here, there listed) (twin Twin, still bool) {
	twin = Twin{WorkflowID: assess.Name(here.id), SourceType: here.typ, TargetType: there.typ, SourceStart: here.start, TargetStart: there.start, SourceRun: here.run, TargetRun: there.run}
	for _, at := range r.facts.Said.Acknowledged {
		twin.Acknowledged = twin.Acknowledged || at == twin.WorkflowID
	}
	twin.Confirmed = true
	for _, s := range []*side{r.source, r.target} {
		switch open, outcome := r.isOpen(ctx, s, here.id); {
		case outcome == assess.NotThere, outcome == assess.Read && !open:
			return twin, false
		case outcome != assess.Read:
			twin.Confirmed = false
		}
	}
	twin.StartedBy = r.startOf(ctx, r.target, there.id, there.run).identity
	return twin, true
}

// isOpen asks for the current run of an ID.
func (r *Reader) isOpen(ctx context.Context, s *side, id string) (open bool, outcome assess.Outcome) {
	d, err := s.wf.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: s.ns, Execution: &commonpb.WorkflowExecution{WorkflowId: id}}, assess.Most)
	st := d.GetWorkflowExecutionInfo().GetStatus()
	return st == enums.WORKFLOW_EXECUTION_STATUS_RUNNING || st == enums.WORKFLOW_EXECUTION_STATUS_PAUSED, assess.OutcomeOf(err)
}

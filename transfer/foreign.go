package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/doctor"
)

// A transfer's expectations (its input, its activities, its times) hold for one that Onramp started or that says it is
// one. Of every other workflow that is followed, only Temporal knows what it waits for, and it is asked.

// startedAs learns from the first event of a followed workflow whether it is a transfer.
func (r *run) startedAs(h *historypb.HistoryEvent) {
	a := h.GetWorkflowExecutionStartedEventAttributes()
	if a == nil || r.ours {
		return
	}
	r.ours = a.GetIdentity() == identity || slices.ContainsFunc(profiles, func(p Profile) bool {
		return p.TaskQueue != "" && p.WorkflowType == a.GetWorkflowType().GetName() && p.TaskQueue == a.GetTaskQueue().GetName()
	})
}

// Bounds of a look at somebody's workflow: it may have thousands of activities and children.
const (
	mostQueues   = 5
	mostChildren = 5
	mostDepth    = 2  // children of children are looked at, theirs are not
	mostPages    = 20 // of a child's history
)

// onlooker looks at workflows of one server. It changes nothing there.
type onlooker struct {
	svc       workflowservice.WorkflowServiceClient
	now       func() time.Time // this computer's clock
	ahead     time.Duration    // of the server's
	patience  time.Duration
	elsewhere func(queue string) []found
}

// errMoves: a workflow went on while it was looked at.
var errMoves = errors.New("the workflow goes on")

// look collects what is known of a workflow whose history was read up to open. errMoves when the description does not
// belong to that history.
func (l onlooker) look(ctx context.Context, namespace string, w *commonpb.WorkflowExecution, open openWork, depth int) (*facts, error) {
	asking, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	d, err := l.svc.DescribeWorkflowExecution(asking, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: namespace, Execution: w})
	if err != nil {
		return nil, err
	}
	info := d.GetWorkflowExecutionInfo()
	closed := info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING && info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
	if n := info.GetHistoryLength(); closed || n > open.lastID { // a history may end with a try of a failing task that does not count
		return nil, errMoves
	}
	f := &facts{now: l.now().Add(-l.ahead), patience: l.patience, namespace: namespace, open: open, described: d, queues: map[string]queueSeen{}, children: map[string]child{}}
	f.quiet = f.now.Sub(open.lastAt)
	if d.GetPendingWorkflowTask().GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED {
		q := seeQueue(ctx, l.svc, namespace, open.queue, workflowPoller, l.now)
		if depth == 0 && q.err == nil && len(q.pollers) == 0 {
			q.others = l.elsewhere(open.queue)
		}
		f.tasks = &q
	}
	for _, p := range d.GetPendingActivities() {
		queue := or(open.activities[p.GetActivityId()].queue, open.queue)
		if _, seen := f.queues[queue]; seen || len(f.queues) == mostQueues || p.GetState() != enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
			continue
		}
		f.queues[queue] = seeQueue(ctx, l.svc, namespace, queue, activityPoller, l.now)
	}
	for i, p := range d.GetPendingChildren() {
		if i == mostChildren || depth == mostDepth {
			break
		}
		f.children[p.GetWorkflowId()] = l.child(ctx, or(open.children[p.GetInitiatedId()].namespace, namespace), p, depth+1)
	}
	return f, nil
}

// child reads a child workflow's history and looks at it.
func (l onlooker) child(ctx context.Context, namespace string, p *workflowpb.PendingChildExecutionInfo, depth int) child {
	w := &commonpb.WorkflowExecution{WorkflowId: p.GetWorkflowId(), RunId: p.GetRunId()}
	if w.RunId == "" { // it is being started
		return child{moves: true}
	}
	asking, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	open, token := openWork{}, []byte(nil)
	for range mostPages {
		resp, err := l.svc.GetWorkflowExecutionHistory(asking, &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: namespace, Execution: w, NextPageToken: token, SkipArchival: true})
		if err != nil {
			return child{err: err}
		}
		next := ""
		for _, h := range resp.GetHistory().GetEvents() {
			open.add(h)
			_, next = closing(h)
		}
		token = resp.GetNextPageToken()
		switch {
		case next != "": // what is pending is its first run
			w.RunId, open, token = next, openWork{}, nil
		case len(token) == 0:
			f, err := l.look(ctx, namespace, w, open, depth)
			if errors.Is(err, errMoves) {
				return child{moves: true}
			}
			return child{facts: f, err: err}
		}
	}
	return child{}
}

// lookAt is run.question of somebody's workflow: what it waits for.
func (r *run) lookAt(ctx context.Context) func() func() {
	l := onlooker{svc: r.svc, now: r.s.o.Now, ahead: r.state.Ahead, patience: r.s.o.Patience,
		elsewhere: func(queue string) []found { return r.s.elsewhere(ctx, r.req.Elsewhere, queue) }}
	open, vals, heard := r.open.clone(), r.values(), r.heard
	w := &commonpb.WorkflowExecution{WorkflowId: r.plan.workflowID, RunId: r.plan.runID}
	return func() func() {
		f, err := l.look(ctx, r.place.namespace, w, open, 0)
		if err != nil {
			return func() {} // it goes on, or the connection is lost: either is told elsewhere
		}
		f.quiet = max(f.quiet, r.s.o.Now().Sub(heard))
		found := waitsFor(*f, vals)
		return func() {
			if r.open.lastID == open.lastID && r.state.Lost == "" {
				r.found(found)
			}
		}
	}
}

// found tells what a workflow waits for, once. Only what is certain not to go on by itself makes GiveUp give up.
func (r *run) found(f finding) {
	if d := r.state.Diagnosis; f.health == trying && d != nil && d.Code == f.verdict.Code && d.Title == f.verdict.Title {
		return // only the attempt is another
	}
	if f.health != stuck {
		r.giveUpAt = time.Time{}
	}
	r.diagnoses(f.verdict, "", f.health == stuck, max(r.s.beat.grace, r.s.o.Patience))
}

// failing tells why the worker cannot run somebody's workflow, once all that is known is taken in: what failed long ago
// is history.
func (r *run) failing() {
	if r.ours || r.open.failed == nil {
		return
	}
	v := failingTask(r.open, r.values())
	r.diagnoses(v, sentence(chain(r.open.failed.GetFailure())), true, max(r.s.beat.grace, r.s.o.Patience))
}

// notTaken is the verdict of a workflow that failed because no worker took one of its activities in time.
func (r *run) notTaken(v values) doctor.Verdict {
	which := "An activity waited in its task queue too long"
	for _, a := range r.state.Activities {
		if open, ok := r.open.activities[a.ID]; ok && a.State == StateTimedOut {
			v["task_queue"] = open.queue
			which = fmt.Sprintf("The activity %s waited in the task queue %s", oneLine(a.Name), oneLine(open.queue))
		}
	}
	v["title"] = "No worker took an activity in time"
	v["cause"] = which + " until its schedule-to-start timeout, and that failed the workflow: nobody polled the queue, or its workers were at capacity."
	v["not_wrong"] = "The workflow's own code ran correctly."
	out := doctor.Explain(noPoller, doctor.Likely, v)
	out.Candidates = append(out.Candidates, doctor.Candidate{Code: workerGone, Why: "Its workers had no room for a task of this kind."})
	return out
}

// ended is the verdict of somebody's workflow that did not complete: what its failure means is its own affair.
func (r *run) ended(status string) doctor.Verdict {
	vals := r.values()
	vals["failure"] = or(r.state.Failure, "no reason was given")
	switch status {
	case Failed:
		switch {
		case sayEntryInput.MatchString(r.state.Failure) && len(r.state.Activities) == 0:
			vals["cause"] = "The input does not have the shape that the workflow's code declares: " + vals["failure"]
			out := doctor.Explain(wrongInput, doctor.Certain, vals)
			out.Fix = []doctor.Fix{{Who: "developer", Text: "Start another one with the input that the code expects."}}
			return out
		case sayUnknownActivity.MatchString(r.state.Failure):
			out, _ := activityFault([]Cause{{Message: r.state.Failure}}, "of the workflow", vals)
			return out
		case sayNotTaken.MatchString(r.state.Failure):
			return r.notTaken(vals)
		}
		return doctor.Explain(ownFailure, doctor.Certain, vals)
	case TimedOut:
		out := doctor.Explain(outOfTime, doctor.Certain, vals)
		if d := r.state.Diagnosis; d != nil && d.Code != doctor.OK {
			out.Cause += " Before that: " + d.Title + ". " + d.Cause
		}
		return out
	}
	out := doctor.Explain(stopped, doctor.Certain, vals)
	out.Fix = []doctor.Fix{{Who: "developer", Text: "If that was not intended, ask who did it: the events show the name and the reason given."}}
	return out
}

package transfer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"onramp/doctor"
)

// run is one transfer being started and followed. Its fields belong to the goroutine that called Run.
type run struct {
	s      *Service
	req    Request
	emit   func([]Event)
	began  time.Time
	plan   plan
	place  place
	client client.Client
	svc    workflowservice.WorkflowServiceClient
	stops  []func()

	running bool // when it was found
	ours    bool // a transfer that Onramp started, or that says it is one

	open  openWork  // of the run of the workflow that is followed now
	heard time.Time // when the history brought something last

	state     State
	unsaid    []Event // in state, and not handed on yet
	translate translator
	told      map[string]string // by activity: what was told last, to tell only changes
	clock     skewed            // the worker whose clock is off
	feedLost  bool
	asked     bool // why the connection is lost
	giveUpAt  time.Time
}

// play is the whole of Run.
func (r *run) play(ctx context.Context) Result {
	defer func() {
		for _, stop := range slices.Backward(r.stops) { // the worker before its connection
			stop()
		}
	}()
	if err := Validate(r.req); err != nil {
		return r.end(NotStarted, ofFault(err))
	}
	r.plan = makePlan(r.req)
	var err error
	if r.place, err = prepare(r.req.Target); err != nil {
		return r.end(NotStarted, r.s.ofTarget(ctx, r.req.Target, err))
	}
	var done func()
	r.client, done, err = r.s.connect(ctx, r.req.Target, r.place)
	if err != nil {
		return r.end(NotStarted, r.s.ofError(ctx, r.req, err, r.values()))
	}
	r.stops = append(r.stops, done)
	r.svc = r.client.WorkflowService()
	if v := r.ready(ctx); v != nil {
		if r.req.FollowOnly && v.Code == noWorkflow {
			return r.end(NotFound, *v)
		}
		return r.end(NotStarted, *v)
	}
	return r.follow(ctx)
}

// follow watches the workflow until it has closed, GiveUp gives up, or ctx ends.
func (r *run) follow(ctx context.Context) Result {
	inner, cancel := context.WithCancel(ctx)
	history := make(chan batch)
	go r.s.followHistory(inner, r.place, r.plan.workflowID, r.plan.runID, history)
	described, surveyed := make(chan *workflowservice.DescribeWorkflowExecutionResponse, 1), make(chan func(), 1)
	diagnosed := make(chan doctor.Verdict, 1)
	var asking sync.WaitGroup
	defer func() {
		cancel()
		for range history { // the feed has ended when it has closed the channel
		}
		asking.Wait()
	}()

	r.state.Moved = r.s.o.Now()
	r.heard = r.state.Moved
	describing, surveying := false, false
	describeAt, describedAt, surveyAt := time.Time{}, time.Time{}, r.state.Moved.Add(r.s.o.Patience)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		r.flush()
		now := r.s.o.Now()
		if interval := r.interval(now); interval == 0 {
			describeAt = time.Time{}
		} else if describeAt.IsZero() { // most activities have ended before the first look
			describeAt = now.Add(r.s.beat.pending)
		}
		timer.Reset(until(now, describing, describeAt, surveying, surveyAt, r.giveUpAt))
		select {
		case b, open := <-history:
			if !open {
				if ctx.Err() != nil {
					return r.interrupted()
				}
				return r.closed()
			}
			if b.gone != nil {
				return r.end(NotFound, r.s.ofError(ctx, r.req, b.gone, r.values()))
			}
			r.take(b)
			surveyAt = r.state.Moved.Add(r.s.o.Patience)
			if r.lostForLong() {
				r.asked = true
				vals := r.values()
				asking.Go(func() { diagnosed <- r.s.ofError(inner, r.req, b.lost, vals) })
			}
		case d := <-described:
			describing = false
			answered := r.s.o.Now()
			// A server that is slow to answer is asked less: a tenth of the time at most.
			describeAt = answered.Add(max(r.interval(answered), r.s.beat.pending, 9*answered.Sub(describedAt)))
			if d != nil {
				if describedAt.After(r.state.LostSince) { // the long poll may stay silent for long
					r.back()
				}
				r.pendings(d)
			}
		case tell := <-surveyed:
			surveying = false
			surveyAt = r.s.o.Now().Add(max(r.s.o.Patience, r.s.beat.slow))
			tell()
		case v := <-diagnosed:
			if r.state.Lost != "" {
				r.diagnose(v, "", 2*r.s.o.Patience)
			}
		case <-timer.C:
		case <-ctx.Done():
			return r.interrupted()
		}
		now = r.s.o.Now()
		if d := r.state.Diagnosis; r.req.GiveUp && d != nil && !r.giveUpAt.IsZero() && !now.Before(r.giveUpAt) {
			return r.end(Running, *d)
		}
		if !describing && !describeAt.IsZero() && !now.Before(describeAt) {
			describing, describedAt = true, now
			asking.Go(func() { described <- r.describe(inner) })
		}
		if !surveying && !now.Before(surveyAt) {
			if !r.waits() {
				surveyAt = now.Add(r.s.o.Patience)
				continue
			}
			surveying = true
			ask := r.question(inner)
			asking.Go(func() { surveyed <- ask() })
		}
	}
}

// question is why the workflow does not move: to be asked elsewhere, and what it returns to be called here.
func (r *run) question(ctx context.Context) func() func() {
	if !r.ours {
		return r.lookAt(ctx)
	}
	queue := r.plan.queue
	return func() func() {
		v := look(ctx, r.svc, r.place.namespace, queue, true, r.s.o.Now)
		if fresh, _ := v.count(workflowPoller); fresh == 0 && v.err == nil {
			v.others = r.s.elsewhere(ctx, r.req.Elsewhere, queue)
		}
		return func() { r.stuck(v) }
	}
}

// until is how long the loop may sleep.
func until(now time.Time, describing bool, describeAt time.Time, surveying bool, surveyAt, giveUpAt time.Time) time.Duration {
	d := time.Hour
	sooner := func(t time.Time) {
		if !t.IsZero() {
			d = min(d, max(t.Sub(now), time.Millisecond))
		}
	}
	if !describing {
		sooner(describeAt)
	}
	if !surveying {
		sooner(surveyAt)
	}
	sooner(giveUpAt)
	return d
}

// interval is how often to ask for pending activities now; 0 is not at all.
func (r *run) interval(now time.Time) time.Duration {
	switch {
	case r.state.Failing || r.state.Lost != "":
		return r.s.beat.slow
	case len(r.state.Pending()) == 0:
		return 0
	case now.Sub(r.state.Moved) > 30*time.Second:
		return r.s.beat.slow
	}
	return r.s.beat.pending
}

// describe asks for pending activities; nil when the answer got lost.
func (r *run) describe(ctx context.Context) *workflowservice.DescribeWorkflowExecutionResponse {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	resp, err := r.svc.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: r.place.namespace,
		Execution: &commonpb.WorkflowExecution{WorkflowId: r.plan.workflowID}})
	if err != nil {
		return nil
	}
	return resp
}

// take handles what the feed brought.
func (r *run) take(b batch) {
	switch {
	case b.lost != nil:
		if !r.feedLost { // once, although describe may get through meanwhile
			r.feedLost = true
			r.say(Event{Event: KindNote, Text: "The connection to " + r.place.address + " was lost; trying again. The " + r.noun() + " itself continues in Temporal.",
				Failure: answerOf(b.lost), Data: Data{Connected: new(bool)}})
		}
	case b.back:
		r.feedLost = false
		r.back()
	case b.run != "":
		r.plan.runID, r.translate, r.told, r.open = b.run, translator{}, map[string]string{}, openWork{}
		r.say(Event{Event: KindNote, Text: "The workflow continues in run " + b.run, Data: r.names()})
	}
	for _, h := range b.events {
		r.history(h)
	}
	if len(b.events) > 0 {
		r.heard = r.s.o.Now()
		r.failing()
	}
}

// back tells that the connection is there again, once.
func (r *run) back() {
	if r.state.Lost == "" {
		return
	}
	r.asked = false
	yes := true
	r.say(Event{Event: KindNote, Text: "Connected again; nothing was missed", Data: Data{Connected: &yes}})
}

// lostForLong reports whether it is time to ask why the connection does not come back.
func (r *run) lostForLong() bool {
	return r.state.Lost != "" && !r.asked && r.s.o.Now().Sub(r.state.LostSince) >= r.s.o.Patience
}

// history tells one history event and what follows from it.
func (r *run) history(h *historypb.HistoryEvent) {
	e := r.translate.event(h)
	r.open.add(h)
	if e.Type == "WorkflowExecutionStarted" {
		r.startedAs(h)
		r.plan.workflowType, r.plan.queue = e.Data.WorkflowType, or(e.Data.TaskQueue, r.plan.queue)
	}
	if d := r.state.Diagnosis; e.Type == "WorkflowTaskCompleted" && d != nil && d.Code != doctor.OK {
		r.say(Event{Event: KindNote, Text: "It continues: a worker took the task and could run it"})
	}
	r.say(e)
	if e.Type == "WorkflowTaskFailed" && r.state.Failing && r.ours {
		vals := r.values()
		vals["failure"] = e.Failure
		r.diagnose(classify(h.GetWorkflowTaskFailedEventAttributes().GetCause(), e.Data.Causes, r.state.Arguments, vals), e.Failure, r.s.beat.grace)
	}
	r.checkInput(h)
}

// end tells the last event and makes the result.
func (r *run) end(status string, v doctor.Verdict) Result {
	v = doctor.Complete(v, r.req.Target)
	res := Result{WorkflowID: r.plan.workflowID, RunID: r.plan.runID, TaskQueue: r.plan.queue, Type: r.plan.workflowType, Status: status,
		AsExpected: v.Code == doctor.OK && status != Running, Result: r.state.Result, Failure: r.state.Failure, Bars: r.state.Bars(), Verdict: v,
		TookMS: float64(r.s.o.Now().Sub(r.began).Microseconds()) / 1000}
	e := Event{Event: KindEnd, Status: status, Result: r.state.Result, Failure: r.state.Failure, Verdict: &v, Text: v.Title}
	if status != NotStarted || r.plan.workflowID != "" {
		e.Data = r.names()
	}
	if book, ok := r.s.bank.Statement(r.plan.workflowID); ok && !r.plan.own {
		e.Data.Ledger = &book
		if r.state.Closed { // while the workflow runs, its money does too
			r.s.bank.Forget(r.plan.workflowID)
		}
	}
	r.tell(e)
	return res
}

// interrupted is the end of a run whose ctx ended first.
func (r *run) interrupted() Result {
	if d := r.state.Diagnosis; d != nil {
		return r.end(Running, *d)
	}
	return r.end(Running, unexplained(values{"title": "The " + r.noun() + " was still running when Onramp stopped following it",
		"cause": "Onramp no longer follows it; it continues in Temporal.", "fix": "Follow it again by its workflow ID " + r.plan.workflowID + "."}))
}

// closed is the end of a run whose workflow has closed.
func (r *run) closed() Result {
	vals := r.values()
	vals["failure"] = r.state.Failure
	status, want := r.state.Status, r.plan.scenario.ends()
	if r.req.FollowOnly && r.req.Scenario == "" {
		want = Completed
	}
	switch {
	case !r.ours && status == Completed:
		return r.end(status, fineVerdict("The workflow completed"))
	case !r.ours:
		return r.end(status, r.ended(status))
	case status == want && want == Failed:
		return r.end(status, fineVerdict("The transfer failed, as this scenario should"))
	case status == want:
		return r.end(status, fineVerdict("The transfer completed"))
	case status == Completed:
		return r.end(status, unexplained(values{"title": "The transfer completed although it should have failed",
			"cause": fmt.Sprintf("Scenario %s ends %s with a bank like the templates'.", r.plan.scenario, want), "fix": "If your bank accepts these accounts and amounts, this is fine."}))
	case status == Failed:
		if v, ok := activityFault([]Cause{{Message: r.state.Failure}}, "of the transfer", vals); ok {
			return r.end(status, v)
		}
		return r.end(status, doctor.Explain(ownFailure, doctor.Certain, vals))
	case status == TimedOut:
		if d := r.state.Diagnosis; d != nil {
			return r.end(status, *d)
		}
		return r.end(status, doctor.Explain(outOfTime, doctor.Certain, vals))
	}
	return r.end(status, doctor.Explain(stopped, doctor.Certain, vals))
}

// noun is what is followed.
func (r *run) noun() string {
	if r.ours {
		return "transfer"
	}
	return "workflow"
}

// say tells one event; it is handed on with what else the same answer of the server brought.
func (r *run) say(e Event) {
	now := r.s.o.Now()
	if e.At.IsZero() {
		e.At = now
	}
	r.state.Add(e, now)
	if r.state.Diagnosis == nil {
		r.giveUpAt = time.Time{}
	}
	r.unsaid = append(r.unsaid, e)
}

// tell tells one event at once.
func (r *run) tell(e Event) {
	r.say(e)
	r.flush()
}

// flush hands on what was said.
func (r *run) flush() {
	if len(r.unsaid) > 0 && r.emit != nil {
		r.emit(r.unsaid)
	}
	r.unsaid = nil
}

package transfer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"onramp/doctor"
)

// run is one transfer being started and followed. Its fields belong to the goroutine that called Run.
type run struct {
	s      *Service
	req    Request
	emit   func(Event)
	began  time.Time
	plan   plan
	place  place
	client client.Client
	svc    workflowservice.WorkflowServiceClient
	stops  []func()

	running bool // when it was found

	events    []Event
	translate translator
	acts      map[string]*act
	status    string // set by the closing event
	result    any
	failure   string

	arguments int       // the workflow was started with
	clock     skewed    // the worker whose clock is off
	task      taskState // of the workflow task
	failing   bool      // the worker's code could not run the last one
	died      bool      // a worker let a task time out
	moved     time.Time // last progress
	diagnosis *doctor.Verdict
	lostSince time.Time
	feedLost  bool
	asked     bool // why the connection is lost
	giveUpAt  time.Time
}

// taskState is where the workflow task is.
type taskState int

const (
	taskNone taskState = iota
	taskScheduled
	taskStarted
)

// act is what is known of one activity.
type act struct {
	name   string
	closed bool
	last   string // what was told last, to tell only changes
	state  string
	fresh  time.Time // since when it waits for a worker: scheduled and due
	tries  int       // attempts that were looked at
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
		return r.end(NotStarted, ofFault(err))
	}
	dialing, cancel := context.WithTimeout(ctx, startTimeout)
	var done func()
	r.client, done, err = r.s.dial(dialing, r.place)
	cancel()
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
	described, surveyed := make(chan *workflowservice.DescribeWorkflowExecutionResponse, 1), make(chan survey, 1)
	diagnosed := make(chan doctor.Verdict, 1)
	var asking sync.WaitGroup
	defer func() {
		cancel()
		for range history { // the feed has ended when it has closed the channel
		}
		asking.Wait()
	}()

	r.moved = r.s.o.Now()
	describing, surveying := false, false
	describeAt, describedAt, surveyAt := time.Time{}, time.Time{}, r.moved.Add(r.s.o.Patience)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := r.s.o.Now()
		if interval := r.interval(now); interval == 0 {
			describeAt = time.Time{}
		} else if describeAt.IsZero() {
			describeAt = now
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
			surveyAt = r.moved.Add(r.s.o.Patience)
			if r.lostForLong() {
				r.asked = true
				vals := r.values()
				asking.Go(func() { diagnosed <- r.s.ofError(inner, r.req, b.lost, vals) })
			}
		case d := <-described:
			describing = false
			describeAt = r.s.o.Now().Add(max(r.interval(r.s.o.Now()), r.s.beat.pending))
			if d != nil {
				if describedAt.After(r.lostSince) { // the long poll may stay silent for long
					r.back()
				}
				r.pendings(d)
			}
		case v := <-surveyed:
			surveying = false
			surveyAt = r.s.o.Now().Add(max(r.s.o.Patience, r.s.beat.slow))
			r.stuck(v)
		case v := <-diagnosed:
			if !r.lostSince.IsZero() {
				r.diagnose(v, "", 2*r.s.o.Patience)
			}
		case <-timer.C:
		case <-ctx.Done():
			return r.interrupted()
		}
		now = r.s.o.Now()
		if r.req.GiveUp && r.diagnosis != nil && !r.giveUpAt.IsZero() && !now.Before(r.giveUpAt) {
			return r.end(Running, *r.diagnosis)
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
			queue := r.plan.queue
			asking.Go(func() {
				v := look(inner, r.svc, r.place.namespace, queue, true, r.s.o.Now)
				if fresh, _ := v.count(workflowPoller); fresh == 0 && v.err == nil {
					v.others = r.s.elsewhere(inner, r.req.Elsewhere, queue)
				}
				surveyed <- v
			})
		}
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
	if r.failing || !r.lostSince.IsZero() {
		return r.s.beat.slow
	}
	for _, a := range r.acts {
		if !a.closed {
			if now.Sub(r.moved) > 30*time.Second {
				return r.s.beat.slow
			}
			return r.s.beat.pending
		}
	}
	return 0
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
			r.feedLost, r.lostSince = true, r.s.o.Now()
			r.say(Event{Event: "note", Text: "The connection to " + r.place.address + " was lost; trying again. The transfer itself goes on in Temporal.",
				Failure: answerOf(b.lost), Data: map[string]any{"connected": false}})
		}
	case b.back:
		r.feedLost = false
		r.back()
	case b.run != "":
		r.plan.runID, r.translate, r.acts, r.task, r.failing, r.status = b.run, translator{}, map[string]*act{}, taskNone, false, ""
		r.say(Event{Event: "note", Text: "The workflow goes on in run " + b.run, Data: r.names()})
	}
	for _, h := range b.events {
		r.history(h)
	}
}

// back tells that the connection is there again, once.
func (r *run) back() {
	if r.lostSince.IsZero() {
		return
	}
	r.lostSince, r.asked, r.moved = time.Time{}, false, r.s.o.Now()
	r.recovered("")
	r.say(Event{Event: "note", Text: "Connected again; nothing was missed", Data: map[string]any{"connected": true}})
}

// lostForLong reports whether it is time to ask why the connection does not come back.
func (r *run) lostForLong() bool {
	return !r.lostSince.IsZero() && !r.asked && r.s.o.Now().Sub(r.lostSince) >= r.s.o.Patience
}

// history tells one history event and learns from it.
func (r *run) history(h *historypb.HistoryEvent) {
	e := r.translate.event(h)
	r.moved = r.s.o.Now()
	r.learn(h, &e)
	r.say(e)
	if e.Type == "WorkflowTaskFailed" && r.failing {
		a := h.GetWorkflowTaskFailedEventAttributes()
		vals := r.values()
		vals["failure"] = e.Failure
		r.diagnose(classify(a.GetCause(), chain(a.GetFailure()), r.arguments, vals), e.Failure, r.s.beat.grace)
	}
	if e.Type == "ActivityTaskScheduled" {
		r.checkInput(h)
	}
}

// learn keeps what later decisions need.
func (r *run) learn(h *historypb.HistoryEvent, e *Event) {
	if e.Status != "" {
		r.status, r.result, r.failure = e.Status, e.Result, e.Failure
		e.Status, e.Result = "", nil // those belong to "end"; Type says the same
		if r.result != nil {
			e.putData("result", r.result)
		}
	}
	switch h.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		a := h.GetWorkflowExecutionStartedEventAttributes()
		r.arguments = len(a.GetInput().GetPayloads())
		r.plan.workflowType, r.plan.queue = a.GetWorkflowType().GetName(), or(a.GetTaskQueue().GetName(), r.plan.queue)
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
		r.task = taskScheduled
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED:
		r.task = taskStarted
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
		r.task, r.failing, r.died = taskNone, false, false
		r.recovered("It goes on: a worker took the task and could run it")
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED:
		r.task, r.failing = taskNone, !harmless[h.GetWorkflowTaskFailedEventAttributes().GetCause()]
	case enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
		r.task = taskScheduled
		r.died = h.GetWorkflowTaskTimedOutEventAttributes().GetTimeoutType() != enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START
	}
	if e.ActivityID == "" {
		return
	}
	a := r.acts[e.ActivityID]
	if a == nil {
		a = &act{name: e.Activity, fresh: r.moved}
		r.acts[e.ActivityID] = a
	}
	switch e.State {
	case stateCompleted, stateFailed, stateTimedOut, stateCanceled:
		a.closed = true
	}
	if e.State != "" {
		a.state = e.State
	}
}

// end tells the last event and makes the result.
func (r *run) end(status string, v doctor.Verdict) Result {
	res := Result{WorkflowID: r.plan.workflowID, RunID: r.plan.runID, TaskQueue: r.plan.queue, Type: r.plan.workflowType, Status: status,
		AsExpected: v.Code == "OK", Result: r.result, Failure: r.failure, Bars: Bars(r.events), Verdict: v,
		TookMS: float64(r.s.o.Now().Sub(r.began).Microseconds()) / 1000}
	e := Event{Event: "end", Status: status, Result: r.result, Failure: r.failure, Verdict: &v, Text: v.Title}
	if status != NotStarted || r.plan.workflowID != "" {
		e.Data = r.names()
	}
	if book, ok := r.s.bank.Statement(r.plan.workflowID); ok && !r.plan.own {
		e.putData("ledger", book)
		if r.status != "" { // while the workflow runs, its money does too
			r.s.bank.Forget(r.plan.workflowID)
		}
	}
	r.say(e)
	return res
}

// interrupted is the end of a run whose ctx ended first.
func (r *run) interrupted() Result {
	if r.diagnosis != nil {
		return r.end(Running, *r.diagnosis)
	}
	return r.end(Running, unexplained(values{"title": "The transfer was still running when watching ended",
		"cause": "Nobody waits for it here any more; in Temporal it goes on.", "fix": "Follow it again by its workflow ID " + r.plan.workflowID + "."}))
}

// closed is the end of a run whose workflow has closed.
func (r *run) closed() Result {
	vals := r.values()
	vals["failure"] = r.failure
	want := r.plan.scenario.ends()
	if r.req.FollowOnly && r.req.Scenario == "" {
		want = Completed
	}
	switch {
	case r.status == want && want == Failed:
		return r.end(r.status, fineVerdict("The transfer failed as it should"))
	case r.status == want:
		return r.end(r.status, fineVerdict("The transfer completed"))
	case r.status == Completed:
		return r.end(r.status, unexplained(values{"title": "The transfer completed although it should have failed",
			"cause": fmt.Sprintf("Scenario %s ends %s with a bank like the templates'.", r.plan.scenario, want), "fix": "If your bank accepts these accounts and amounts, all is well."}))
	case r.status == Failed:
		if v, ok := activityFault([]Cause{{Message: r.failure}}, "of the transfer", vals); ok {
			return r.end(r.status, v)
		}
		return r.end(r.status, doctor.Explain(ownFailure, doctor.Certain, vals))
	case r.status == TimedOut:
		if r.diagnosis != nil {
			return r.end(r.status, *r.diagnosis)
		}
		return r.end(r.status, doctor.Explain(outOfTime, doctor.Certain, vals))
	}
	return r.end(r.status, doctor.Explain(stopped, doctor.Certain, vals))
}

// say tells one event.
func (r *run) say(e Event) {
	if e.At.IsZero() {
		e.At = r.s.o.Now()
	}
	if len(e.Data) == 0 {
		e.Data = nil
	}
	r.events = append(r.events, e)
	if r.emit != nil {
		r.emit(e)
	}
}

// putData is put for an event whose Data may be nil.
func (e *Event) putData(key string, v any) {
	if e.Data == nil {
		e.Data = map[string]any{}
	}
	e.put(key, v)
}

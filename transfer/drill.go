package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/status"

	"onramp/doctor"
)

// The bounds of a drill: enough for a picture, too little to hurt anybody's namespace (500 actions a
// second is Cloud's default, docs.temporal.io/cloud/limits; a transfer is about 10).
const (
	maxDrillCount       = 2000
	maxDrillRate        = 50
	maxDrillConcurrency = 200
	maxDrillTime        = 10 * time.Minute
)

// Drill asks for many transfers at a steady rate: an open loop, in which a slow server does not slow the
// starts down.
type Drill struct {
	Request             // what each transfer is; WorkflowID, RunID, FollowOnly and Elsewhere are not used
	Count       int     // transfers, 1 to 2000; default 20
	Rate        float64 // starts a second, up to 50; default 5
	Concurrency int     // at most so many at once, up to 200; default 50. What is over waits, and the waiting counts
	// Time is when to stop whatever is left; default and at most 10 minutes.
	Time time.Duration
}

// DrillProgress is how far a drill is.
type DrillProgress struct {
	Planned, Started, Done, Failed int
	Elapsed                        time.Duration
}

// DrillReport is what a drill measured.
type DrillReport struct {
	Address   string          `json:"address"`
	Namespace string          `json:"namespace"`
	Planned   int             `json:"planned"`
	Done      int             `json:"done"` // ended as the scenario should
	Failed    int             `json:"failed"`
	Throttled int             `json:"throttled"` // answers of a rate limit; the starts waited
	Errors    []DrillError    `json:"errors"`    // by kind, the most frequent first
	Latencies []Latency       `json:"latencies"` // total, starting, first-task, decisions, then one for each activity, withdraw before deposit
	Money     string          `json:"money,omitempty"`
	TookMS    float64         `json:"took_ms"`
	Verdict   *doctor.Verdict `json:"verdict,omitempty"` // why it could not begin
}

// DrillError counts failures of one kind.
type DrillError struct {
	Kind  string `json:"kind"` // a gRPC code, or a workflow's status
	Count int    `json:"count"`
	Text  string `json:"text"` // the first one's
}

// sample is one transfer of a drill.
type sample struct {
	spans map[string]time.Duration
	kind  string // "" when it ended as it should
	text  string
}

// CheckDrill fills in a drill's defaults and says what is wrong with it before anything is started: Invalid
// faults with the fields count, rate, concurrency, time, task-queue, and those of Validate.
func CheckDrill(d Drill) (Drill, error) {
	if d.Count == 0 {
		d.Count = 20
	}
	if d.Rate == 0 {
		d.Rate = 5
	}
	if d.Concurrency == 0 {
		d.Concurrency = 50
	}
	if d.Time == 0 {
		d.Time = maxDrillTime
	}
	d.WorkflowID, d.RunID, d.FollowOnly, d.Elsewhere = "", "", false, nil
	err := Validate(d.Request)
	bound := func(field, what string, v, limit float64) {
		if !(v > 0 && v <= limit) { // so that NaN is none of them
			err = errors.Join(err, invalid(field, fmt.Sprintf("A drill cannot have %s of %v", what, v), fmt.Sprintf("Enter a value above 0 and up to %v.", limit)))
		}
	}
	bound("count", "A count", float64(d.Count), maxDrillCount)
	bound("rate", "A rate", d.Rate, maxDrillRate)
	bound("concurrency", "A concurrency", float64(d.Concurrency), maxDrillConcurrency)
	bound("time", "A time in seconds", d.Time.Seconds(), maxDrillTime.Seconds())
	if d.Scenario == Slow {
		err = errors.Join(err, invalid("scenario", "A drill cannot run the slow scenario", "Choose success, flaky or refund."))
	}
	if d.Worker != "own" && d.TaskQueue != "" {
		err = errors.Join(err, invalid("task-queue", "A drill of the built-in worker has its own task queue", "Leave the task queue out."))
	}
	return d, err
}

// Drill runs many transfers and measures them. progress, where it is not nil, is called from one
// goroutine, at most five times a second. When ctx ends, transfers under way are terminated and the
// report holds what was measured. Errors are faults of the request or, when nothing could be started, in
// the report's verdict.
func (s *Service) Drill(ctx context.Context, d Drill, progress func(DrillProgress)) (DrillReport, error) {
	d, err := CheckDrill(d)
	if err != nil {
		return DrillReport{}, err
	}
	p, err := prepare(d.Target)
	if err != nil {
		v := doctor.Complete(s.ofTarget(ctx, d.Target, err), d.Target)
		return DrillReport{Address: d.Target.Address, Namespace: d.Target.Namespace, Planned: d.Count, Errors: []DrillError{}, Latencies: []Latency{}, Verdict: &v}, nil
	}
	began := s.o.Now()
	rep := DrillReport{Address: p.address, Namespace: p.namespace, Planned: d.Count, Errors: []DrillError{}, Latencies: []Latency{}}
	refuse := func(err error) (DrillReport, error) {
		v := doctor.Complete(s.ofError(ctx, d.Request, err, values{"namespace": p.namespace, "address": p.address}), d.Target)
		rep.Verdict = &v
		return rep, nil
	}
	c, done, err := s.connect(ctx, d.Target, p)
	if err != nil {
		return refuse(err)
	}
	defer done()
	plan, bank := makePlan(d.Request), NewBank() // in memory: the disk is not what a drill measures
	if !plan.own {
		end, err := startWorker(c, plan.queue, plan.workflowType, bank)
		if err != nil {
			return refuse(err)
		}
		defer end()
	}
	ctx, stop := context.WithTimeout(ctx, d.Time)
	defer stop()
	x := &drill{s: s, d: d, svc: c.WorkflowService(), namespace: p.namespace, plan: plan, began: began, bank: bank, gate: &gate{}}
	samples := x.run(ctx, progress)
	x.report(&rep, samples)
	rep.TookMS = float64(s.o.Now().Sub(began).Microseconds()) / 1000
	return rep, nil
}

type drill struct {
	s         *Service
	d         Drill
	svc       workflowservice.WorkflowServiceClient
	namespace string
	plan      plan
	began     time.Time
	bank      *Bank
	gate      *gate

	mu    sync.Mutex
	now   DrillProgress
	money int // books that do not add up
}

// run starts the transfers on their beat and waits for them.
func (x *drill) run(ctx context.Context, progress func(DrillProgress)) []sample {
	samples := make([]sample, x.d.Count)
	slots := make(chan struct{}, x.d.Concurrency)
	var all sync.WaitGroup
	ended := make(chan struct{})
	x.now.Planned = x.d.Count
	all.Go(func() {
		gap := time.Duration(float64(time.Second) / x.d.Rate)
		first := time.Now()
		for i := range x.d.Count {
			due := first.Add(time.Duration(i) * gap)
			if !sleep(ctx, time.Until(due)) {
				samples[i] = sample{kind: "not started", text: "the drill was stopped"}
				continue
			}
			all.Go(func() { // measured from when it was due: waiting for a slot or for a rate limit counts
				select {
				case slots <- struct{}{}:
				case <-ctx.Done():
					samples[i] = sample{kind: "not started", text: "the drill was stopped"}
					return
				}
				x.count(func(p *DrillProgress) { p.Started++ })
				samples[i] = x.one(ctx, i, due)
				<-slots
				x.count(func(p *DrillProgress) {
					if samples[i].kind == "" {
						p.Done++
					} else {
						p.Failed++
					}
				})
			})
		}
	})
	go func() { all.Wait(); close(ended) }()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	tell := func() {
		if progress != nil {
			x.mu.Lock()
			p := x.now
			x.mu.Unlock()
			p.Elapsed = x.s.o.Now().Sub(x.began)
			progress(p)
		}
	}
	for {
		select {
		case <-tick.C:
			tell()
		case <-ended:
			tell()
			return samples
		}
	}
}

func (x *drill) count(do func(*DrillProgress)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	do(&x.now)
}

// one starts a transfer, waits for its end and measures it.
func (x *drill) one(ctx context.Context, i int, due time.Time) sample {
	r := &run{s: x.s, plan: x.plan, place: place{namespace: x.namespace}, svc: x.svc}
	r.plan.workflowID = fmt.Sprintf("%s-%d", x.plan.workflowID, i)
	exec := &commonpb.WorkflowExecution{WorkflowId: r.plan.workflowID}
	for try := 1; ; try++ {
		if !x.gate.pass(ctx) {
			return sample{kind: "not started", text: "the drill was stopped"}
		}
		_, err := r.start(ctx)
		var busy *serviceerror.ResourceExhausted
		if err == nil {
			x.gate.open()
			break
		}
		if errors.As(err, &busy) && try < 20 && ctx.Err() == nil {
			x.gate.close(x.s.beat.throttle)
			continue
		}
		if ctx.Err() != nil { // it may have been started, only the answer came too late
			x.clear(exec)
		}
		return failedCall(err)
	}
	exec.RunId = r.plan.runID
	starting := time.Since(due)
	events, err := x.history(ctx, exec)
	total := time.Since(due)
	if err != nil {
		x.clear(exec)
		return failedCall(err)
	}
	out := measure(events, x.plan.scenario.ends())
	out.spans[spanTotal], out.spans[spanStarting] = total, starting
	x.balance(r.plan, out)
	return out
}

// history reads a run's history up to its closing event.
func (x *drill) history(ctx context.Context, exec *commonpb.WorkflowExecution) ([]*historypb.HistoryEvent, error) {
	ctx, stop := context.WithCancel(ctx)
	batches := make(chan batch)
	go x.s.feed(x.svc, x.namespace, exec.GetWorkflowId(), exec.GetRunId()).read(ctx, batches)
	defer func() {
		stop()
		for range batches { // the feed has ended when it has closed the channel
		}
	}()
	var all []*historypb.HistoryEvent
	failures := 0
	for b := range batches {
		switch {
		case b.gone != nil:
			return nil, b.gone
		case b.back:
			failures = 0
		case b.lost != nil:
			if failures++; failures > 5 {
				return nil, b.lost
			}
		}
		all = append(all, b.events...)
		if n := len(all); n > 0 {
			if closed, _ := closing(all[n-1]); closed {
				return all, nil
			}
		}
	}
	return nil, status.FromContextError(ctx.Err()).Err()
}

// clear ends a transfer that nobody waits for any more.
func (x *drill) clear(exec *commonpb.WorkflowExecution) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var gone *serviceerror.NotFound
	if _, err := x.svc.TerminateWorkflowExecution(ctx, &workflowservice.TerminateWorkflowExecutionRequest{Namespace: x.namespace,
		WorkflowExecution: exec, Identity: identity, Reason: "the drill was stopped"}); err != nil && !errors.As(err, &gone) {
		x.s.o.Log.Warn("a drill's transfer was left running", "workflow", exec.GetWorkflowId(), "err", err)
	}
	x.bank.Forget(exec.GetWorkflowId())
}

// balance compares the bank's book with how the transfer ended.
func (x *drill) balance(p plan, out sample) {
	if p.own {
		return
	}
	book, ok := x.bank.Statement(p.workflowID)
	x.bank.Forget(p.workflowID)
	paid := 0
	if out.kind == "" && p.scenario.ends() == Completed {
		paid = p.details.Amount
	}
	if len(p.details.SourceAccount) == 0 || !ok { // custom input, or refused before the book was opened
		return
	}
	if book.InTransit != 0 || book.Balances[TargetAccount] != openingTarget+paid || book.Balances[SourceAccount] != openingSource-paid {
		x.mu.Lock()
		x.money++
		x.mu.Unlock()
	}
}

// gate holds starts back while the server's rate limit asks for it.
type gate struct {
	mu    sync.Mutex
	until time.Time
	pause time.Duration
	shut  int
}

// pass waits until the gate is open.
func (g *gate) pass(ctx context.Context) bool {
	for {
		g.mu.Lock()
		d := time.Until(g.until)
		g.mu.Unlock()
		if d <= 0 {
			return ctx.Err() == nil
		}
		if !sleep(ctx, d) {
			return false
		}
	}
}

// close shuts the gate for twice as long as the last time, at most ten seconds.
func (g *gate) close(first time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut++
	if time.Now().Before(g.until) { // somebody else was told so too
		return
	}
	g.pause = min(max(2*g.pause, first), 10*time.Second)
	g.until = time.Now().Add(g.pause)
}

// open forgets how long the last pause was.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pause = 0
}

// failedCall is the sample of a call that was refused.
func failedCall(err error) sample {
	return sample{kind: status.Code(serviceerror.ToStatus(err).Err()).String(), text: answerOf(err)}
}

// The spans of a transfer beside its activities. By this computer's clock: the whole, from when it was due until its
// end arrived; and until the start was answered. By the server's: until a worker took the first step; and what
// deciding took, from each further step's scheduling, and from the first one's start, until it was completed.
const (
	spanTotal     = "total"
	spanStarting  = "starting"
	spanFirstTask = "first-task"
	spanDecisions = "decisions"
)

// measure takes a history's times, by the server's clock: the spans above, and others named after their activities,
// from scheduled to ended.
func measure(events []*historypb.HistoryEvent, want string) sample {
	out := sample{spans: map[string]time.Duration{}}
	var t translator
	var begin, step time.Time
	due := map[string]time.Time{}
	for _, h := range events {
		e := t.event(h)
		switch {
		case e.Type == "WorkflowExecutionStarted":
			begin = e.At
		case e.Type == "WorkflowTaskScheduled":
			step = e.At
		case e.Type == "WorkflowTaskStarted" && out.spans[spanFirstTask] == 0:
			out.spans[spanFirstTask] = e.At.Sub(begin)
			step = e.At
		case e.Type == "WorkflowTaskCompleted":
			out.spans[spanDecisions] += e.At.Sub(step)
		case e.Type == "ActivityTaskScheduled":
			due[e.ActivityID] = e.At
		case final(e.State) && e.State != StateCanceled:
			out.spans[e.Activity] += e.At.Sub(due[e.ActivityID])
		}
		if status := e.closes(); status != "" && status != want {
			out.kind, out.text = status, or(e.Failure, e.Text)
		}
	}
	return out
}

// report counts and sorts the samples.
func (x *drill) report(rep *DrillReport, samples []sample) {
	kinds := map[string]*DrillError{}
	spans := map[string][]time.Duration{}
	for _, s := range samples {
		if s.kind == "" {
			rep.Done++
		} else {
			rep.Failed++
			if kinds[s.kind] == nil {
				kinds[s.kind] = &DrillError{Kind: s.kind, Text: s.text}
			}
			kinds[s.kind].Count++
		}
		for name, d := range s.spans {
			spans[name] = append(spans[name], d)
		}
	}
	for _, e := range kinds {
		rep.Errors = append(rep.Errors, *e)
	}
	slices.SortFunc(rep.Errors, func(a, b DrillError) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	rep.Latencies = latencies(spans)
	rep.Throttled = x.gate.shut
	if !x.plan.own {
		rep.Money = "all balances match"
		if x.money > 0 {
			rep.Money = fmt.Sprintf("%d balances do not match", x.money)
		}
	}
}

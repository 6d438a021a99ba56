package cutover

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/assess"
)

// rest reads what only a whole look has.
func (r *Reader) rest(ctx context.Context) {
	f := r.facts
	if r.o.Check != nil {
		r.tell("the connection", r.target)
		f.Check = r.o.Check(ctx)
	}
	r.counts(ctx)
	ready := readiness{r}
	ready.pollers(ctx)
	r.meter(ctx)
	ready.attributes(ctx)
	ready.canaries(ctx)
	r.second(ctx)
}

// readiness reads whether the target is ready for the source's work.
type readiness struct{ *Reader }

// counts are the counts that sides are compared by.
func (r *Reader) counts(ctx context.Context) {
	f := r.facts
	r.tell("closed workflows", r.source)
	f.Source.ClosedHour, f.Source.ClosedDay = r.source.count(ctx, since("CloseTime", f.At.Add(-time.Hour))), r.source.count(ctx, since("CloseTime", f.At.Add(-24*time.Hour)))
	f.Silence = Silence{Starts: r.source.count(ctx, since("StartTime", f.At.Add(-f.Silent))), Closes: r.source.count(ctx, since("CloseTime", f.At.Add(-f.Silent)))}
	if r.last != nil {
		f.Before = &Before{At: r.last.At, Open: r.last.Source.Open, Looks: r.looks, Starts: r.source.count(ctx, since("StartTime", r.last.At)), Closes: r.source.count(ctx, since("CloseTime", r.last.At))}
	}
	r.closed, r.closedWhole, _ = r.source.list(ctx, "ExecutionStatus != 'Running'", maxClosed)
	f.StuckN = r.source.count(ctx, running+" AND TemporalReportedProblems IS NOT NULL")
	if f.StuckN.Known() && f.StuckN.N > 0 {
		stuck, _, _ := r.source.list(ctx, running+" AND TemporalReportedProblems IS NOT NULL", 20)
		for _, x := range stuck {
			f.Stuck = append(f.Stuck, assess.Name(x.id))
		}
	}
	batches, err := r.source.wf.ListBatchOperations(ctx, &workflowservice.ListBatchOperationsRequest{Namespace: r.source.ns, PageSize: 100}, assess.Most)
	f.Batches = assess.CountOf(0, err)
	for _, b := range batches.GetOperationInfo() {
		if b.GetState() == enums.BATCH_OPERATION_STATE_RUNNING {
			f.Batches.N++
		}
	}
	if f.Target.Reached == assess.Read {
		r.tell("starts", r.target)
		f.Target.ClosedHour, f.Target.ClosedDay = r.target.count(ctx, since("CloseTime", f.At.Add(-time.Hour))), r.target.count(ctx, since("CloseTime", f.At.Add(-24*time.Hour)))
		f.Target.Starts = r.target.count(ctx, since("StartTime", f.At.Add(-f.Window))+" AND "+external)
	}
}

// pollers looks who polls the task queues of the source's work, on both sides.
func (r readiness) pollers(ctx context.Context) {
	f := r.facts
	r.tell("task queues", r.source)
	for _, x := range r.opened {
		if q := r.queue(x.queue, "workflow"); q != nil {
			q.Open++
		}
	}
	for _, x := range r.closed[:min(len(r.closed), pageSize)] {
		if f.At.Sub(x.close) < 24*time.Hour {
			r.queue(x.queue, "workflow")
		}
	}
	for _, q := range r.o.Queues {
		r.queue(q, "workflow")
	}
	for _, name := range sortedKeys(r.queues) { // a worker of workflows does activities too, as a rule
		r.queue(r.queues[name].Name, "workflow")
		r.queue(r.queues[name].Name, "activity")
	}
	for _, key := range sortedKeys(r.queues) {
		q := r.queues[key]
		q.Source = r.polled(ctx, r.source, q)
		if f.Target.Reached == assess.Read {
			q.Target = r.polled(ctx, r.target, q)
		} else {
			q.Target = Polled{Read: f.Target.Reached, BacklogR: f.Target.Reached, Identities: []string{}}
		}
		f.Queues = append(f.Queues, *q)
	}
}

func (r readiness) polled(ctx context.Context, s *side, q *Queue) Polled {
	kind := enums.TASK_QUEUE_TYPE_WORKFLOW
	if q.Kind == "activity" {
		kind = enums.TASK_QUEUE_TYPE_ACTIVITY
	}
	d, err := s.wf.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{Namespace: s.ns, TaskQueue: &taskqueuepb.TaskQueue{Name: q.Name, Kind: enums.TASK_QUEUE_KIND_NORMAL},
		TaskQueueType: kind, ReportStats: true}, assess.Most)
	p := Polled{Read: assess.OutcomeOf(err), N: len(d.GetPollers()), Identities: []string{}, BacklogR: assess.NotServed}
	for i, one := range d.GetPollers() {
		if i < 3 {
			p.Identities = append(p.Identities, assess.Name(one.GetIdentity()))
		}
		if at := one.GetLastAccessTime(); at.IsValid() && at.AsTime().After(p.Freshest) {
			p.Freshest = at.AsTime().UTC()
		}
	}
	if st := d.GetStats(); st != nil {
		p.Backlog, p.BacklogR = st.GetApproximateBacklogCount(), assess.Read
		if p.Backlog < 0 {
			p.BacklogR = assess.Nonsense
		}
	}
	return p
}

// described is what a description of an open run said, and when.
type described struct {
	at time.Time
	o  Oldest
}

// describedFor is how long a description is shown before it is asked for again.
const describedFor = 5 * time.Minute

// meter folds what is open and what closed by type, describes the oldest of each, and estimates the drain.
func (r *Reader) meter(ctx context.Context) {
	f := r.facts
	r.tell("oldest workflows", r.source)
	by := r.types()
	if r.looks == 1 || len(r.first) == 0 {
		for typ, runs := range by {
			r.first[typ] = int64(len(runs))
		}
	}
	names := sortedKeys(by)
	for typ := range r.first {
		if _, open := by[typ]; !open {
			names = append(names, typ)
		}
	}
	slices.Sort(names)
	unpolled := map[string]bool{}
	for _, q := range f.Queues {
		if q.Kind == "workflow" && q.Source.Read == assess.Read && q.Source.N == 0 {
			unpolled[q.Name] = true
		}
	}
	reach := f.At
	for _, x := range r.closed {
		if x.close.Before(reach) {
			reach = x.close
		}
	}
	n := assess.Namespace{Name: r.source.ns, Retention: f.Source.Retention, Open: f.Source.Open, TypesRead: f.Source.Open.Read, TypesWhole: f.TypesWhole}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(len(by[b]), len(by[a])) })
	for i, name := range names {
		runs := by[name]
		t := Type{Name: name, Open: assess.Count{N: int64(len(runs)), Read: f.Source.Open.Read}, First: r.first[name], Unpolled: []string{}, Partial: !r.closedWhole && f.At.Sub(reach) < 24*time.Hour}
		at := assess.Type{Name: name, Open: t.Open, Ages: []float64{}, Closed: []assess.Closed{}, ClosedR: assess.Read, Window: f.Source.Retention.Seconds()}
		if !f.TypesWhole && t.Open.Known() {
			at.Open.N++ // not every one is known
		}
		if !r.closedWhole {
			at.Window = f.At.Sub(reach).Seconds()
		}
		for _, x := range runs {
			at.Ages = append(at.Ages, max(f.At.Sub(x.start), 0).Seconds())
			if unpolled[x.queue] && !slices.Contains(t.Unpolled, x.queue) {
				t.Unpolled = append(t.Unpolled, x.queue)
			}
		}
		for _, x := range r.closed {
			if x.typ != name || x.close.Before(x.start) {
				continue
			}
			ago := f.At.Sub(x.close)
			if ago <= time.Hour {
				t.Closed1++
			}
			if ago <= 24*time.Hour {
				t.Closed24++
			}
			if len(at.Closed) < 500 {
				at.Closed = append(at.Closed, assess.Closed{Lived: x.close.Sub(x.start).Seconds(), Before: max(ago, 0).Seconds(), Status: x.status})
				if len(at.Closed) == 500 {
					at.Window = min(at.Window, ago.Seconds())
				}
			}
		}
		if len(runs) > 0 && i < maxOldest {
			x := oldestOf(runs)
			o := r.oldest(ctx, x)
			t.Oldest = &o
			st := r.startOf(ctx, r.source, x.id, x.run)
			switch {
			case st.cron:
				t.Endless = "cron"
			case st.goesOn:
				t.Endless = "continues as new"
			}
			n.Samples = append(n.Samples, assess.Sample{Type: name, Open: true, Described: o.Described, Expires: o.Expires, Chained: st.goesOn, History: &assess.History{Cron: st.cron}})
		}
		f.Types = append(f.Types, t)
		n.Types = append(n.Types, at)
	}
	f.Drain = assess.DrainOf(&assess.Facts{At: f.At, Namespaces: []assess.Namespace{n}})
}

func (r *Reader) oldest(ctx context.Context, x listed) Oldest {
	key := x.id + "\x00" + x.run
	if d, ok := r.old[key]; ok && r.facts.At.Sub(d.at) < describedFor && d.o.Described == assess.Read {
		return d.o
	}
	d, err := r.source.wf.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: r.source.ns, Execution: &commonpb.WorkflowExecution{WorkflowId: x.id, RunId: x.run}}, assess.Most)
	o := Oldest{WorkflowID: assess.Name(x.id), RunID: assess.Name(x.run), Start: x.start, Described: assess.OutcomeOf(err)}
	if err == nil {
		st := d.GetWorkflowExecutionInfo().GetStatus()
		o.Closed = st != enums.WORKFLOW_EXECUTION_STATUS_RUNNING && st != enums.WORKFLOW_EXECUTION_STATUS_PAUSED
		o.Events = max(d.GetWorkflowExecutionInfo().GetHistoryLength(), 0)
		for _, a := range d.GetPendingActivities() {
			if a.GetAttempt() > o.Attempt {
				o.Attempt, o.Activity = a.GetAttempt(), assess.Name(a.GetActivityType().GetName())
			}
		}
		o.Nexus, o.Children = len(d.GetPendingNexusOperations()), len(d.GetPendingChildren())
		if t := d.GetWorkflowExtendedInfo().GetExecutionExpirationTime(); t.IsValid() && t.AsTime().Year() > 1970 {
			at := t.AsTime().UTC()
			o.Expires = &at
		}
	}
	if len(r.old) > 10000 {
		r.old = map[string]described{}
	}
	r.old[key] = described{r.facts.At, o}
	return o
}

// attributes asks the target for each custom search attribute of the source.
func (r readiness) attributes(ctx context.Context) {
	f := r.facts
	if r.last != nil && len(r.last.Attributes) > 0 && !slices.ContainsFunc(r.last.Attributes, func(a Attribute) bool { return a.AtTarget != assess.Read }) {
		f.Attributes = r.last.Attributes // they cannot be taken back
		return
	}
	r.tell("search attributes", r.source)
	a, err := r.source.op.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: r.source.ns}, assess.Most)
	if err != nil {
		f.Attributes = append(f.Attributes, Attribute{Used: assess.Count{Read: assess.OutcomeOf(err)}})
		return
	}
	for _, name := range sortedKeys(a.GetCustomAttributes()) {
		if len(f.Attributes) >= maxTypes {
			break
		}
		query := "`" + strings.ReplaceAll(name, "`", "") + "` IS NOT NULL"
		at := Attribute{Name: assess.Name(name), Type: typeOf(a.GetCustomAttributes()[name]), Used: r.source.count(ctx, query), AtTarget: f.Target.Reached}
		if f.Target.Reached == assess.Read {
			_, err := r.target.wf.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: r.target.ns, Query: query}, assess.Most)
			at.AtTarget = assess.OutcomeOf(err)
			// What a server says of one that it does not know (go.temporal.io/server, common/persistence/visibility/store/query/resolve.go);
			// that Temporal Cloud says the same is not verified.
			if err != nil && strings.Contains(strings.ToLower(err.Error()), "invalid search attribute") {
				at.AtTarget = assess.NotThere
			}
		}
		f.Attributes = append(f.Attributes, at)
	}
}

// typeOf is a type as tcld writes it.
func typeOf(t enums.IndexedValueType) string {
	if t == enums.INDEXED_VALUE_TYPE_KEYWORD_LIST {
		return "KeywordList"
	}
	return t.String()
}

// moneyTransfer are the workflow types of the official templates' transfer.
var moneyTransfer = []string{"MoneyTransfer", "moneyTransfer", "money_transfer", "MoneyTransferWorkflow"}

// canaries looks for work that completed at the target.
func (r readiness) canaries(ctx context.Context) {
	f := r.facts
	f.CanariesR = f.Target.Reached
	if f.Target.Reached != assess.Read {
		return
	}
	r.tell("a first workflow", r.target)
	var done []listed
	done, _, f.CanariesR = r.target.list(ctx, "ExecutionStatus = 'Completed'", 200)
	known := r.types()
	for _, x := range r.closed {
		known[x.typ] = append(known[x.typ], x)
	}
	for _, x := range done {
		if _, ours := known[x.typ]; (!ours && !slices.Contains(moneyTransfer, x.typ)) || len(f.Canaries) >= 5 {
			continue
		}
		st := r.startOf(ctx, r.target, x.id, x.run)
		f.Canaries = append(f.Canaries, Canary{WorkflowID: assess.Name(x.id), Type: x.typ, Closed: x.close, StartedBy: st.identity, WorkedBy: st.worker, Read: st.read})
	}
}

// second counts the source's open workflows again where there seemed to be none: counts are approximate and lag.
func (r *Reader) second(ctx context.Context) {
	f := r.facts
	defer func() {
		if f.Source.Open.N > 0 {
			r.lastOpen = r.opened[:min(len(r.opened), 20)]
		}
	}()
	if !f.Source.Open.Known() || f.Source.Open.N > 0 || len(r.opened) > 0 {
		r.zeroSince = time.Time{}
		return
	}
	now := r.o.Now()
	if r.zeroSince.IsZero() {
		r.zeroSince = now
	}
	if now.Sub(r.zeroSince) < r.o.Between {
		if !r.o.Wait {
			return
		}
		r.tell("nothing is open; counting again in a moment", r.source)
		select {
		case <-ctx.Done():
			return
		case <-time.After(r.o.Between - now.Sub(r.zeroSince)):
		}
	}
	s := &Second{Open: r.source.count(ctx, running), After: r.o.Now().Sub(r.zeroSince), StillOpen: []string{}}
	named := r.lastOpen
	if len(named) == 0 {
		named = r.closed[:min(len(r.closed), 10)]
	}
	for _, x := range named {
		open, outcome := r.isOpen(ctx, r.source, x.id)
		s.Described++
		switch {
		case outcome == assess.NotThere: // its retention is over
		case outcome != assess.Read:
			s.Failed++
		case open:
			s.StillOpen = append(s.StillOpen, assess.Name(x.id))
		}
	}
	f.Second = s
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

package assess

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// workflows reads one namespace's executions, schedules and task queues.
type workflows struct {
	c          *collector
	n          *Namespace
	types      map[string]*Type
	queues     map[string]*Queue
	openRuns   []candidate // open runs to look at closely, the oldest of each type first
	closedRuns []candidate
	starts     starts
}

// candidate is a run that may be sampled.
type candidate struct {
	workflowID, runID, typ, status string
	start                          time.Time
	open, largest                  bool
	bytes                          int64
}

func (w *workflows) list(ctx context.Context, query string, size int32, token []byte) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return w.c.wf.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: w.n.Name, Query: query, PageSize: size, NextPageToken: token}, most)
}

const running = "ExecutionStatus = 'Running'"

// open lists the open runs: their types, ages and task queues, and counts each type. Visibility cannot group by type
// (go.temporal.io/server, common/persistence/visibility/store/query), so the types are learnt by listing.
func (w *workflows) open(ctx context.Context) {
	w.n.Open = w.c.count(ctx, w.n.Name, running)
	var token []byte
	listed := 0
	for listed < maxOpenListed {
		page, err := w.list(ctx, running, pageSize, token)
		w.n.TypesRead = outcomeOf(err)
		if err != nil {
			break
		}
		for _, e := range page.GetExecutions() {
			w.see(e)
		}
		listed += len(page.GetExecutions())
		token = page.GetNextPageToken()
		if len(token) == 0 || len(page.GetExecutions()) == 0 {
			w.n.TypesWhole = len(token) == 0
			break
		}
	}
	for _, t := range w.types {
		slices.Sort(t.Ages)
		t.Open = Count{N: int64(t.listed()), Read: w.n.TypesRead}
	}
	if w.n.TypesWhole {
		return
	}
	// The list was cut: what it cannot say is asked by type, the most frequent first.
	for _, t := range w.sortedTypes() {
		at := w.types[t.Name]
		at.Open = Count{Read: NotAsked}
		if q, ok := quoted(t.Name); ok {
			at.Open = w.c.count(ctx, w.n.Name, running+" AND WorkflowType = "+q)
		}
	}
}

func (t *Type) listed() int { return len(t.Ages) + t.dropped }

// see takes one open run into its type, and nothing of its memo or attributes.
func (w *workflows) see(e *workflowpb.WorkflowExecutionInfo) {
	w.starts.add(e)
	t := w.typeOf(e.GetType().GetName())
	w.longest(e)
	q := w.queue(e.GetTaskQueue())
	if q != nil {
		q.HasOpen = true
	}
	if t == nil || !e.GetStartTime().IsValid() {
		return
	}
	start := e.GetStartTime().AsTime()
	age := max(w.c.f.At.Sub(start), 0)
	if len(t.Ages) < maxAges {
		t.Ages = append(t.Ages, age.Seconds())
	} else {
		t.dropped++
		if i := int(age.Seconds()) % maxAges; t.Ages[i] < age.Seconds() { // the oldest must not be lost
			t.Ages[i] = age.Seconds()
		}
	}
	if age > 7*24*time.Hour {
		t.Older7++
	}
	if age > 30*24*time.Hour {
		t.Older30++
	}
	if e.GetExecutionTime().IsValid() && e.GetExecutionTime().AsTime().Sub(start) > time.Second {
		t.Cronlike++
	}
	if t.Oldest == nil || start.Before(t.Oldest.Start) {
		t.Oldest = &Oldest{WorkflowID: bound(e.GetExecution().GetWorkflowId()), RunID: bound(e.GetExecution().GetRunId()), Start: start.UTC()}
	}
	w.consider(candidate{workflowID: e.GetExecution().GetWorkflowId(), runID: e.GetExecution().GetRunId(), typ: t.Name, status: "Running", start: start, open: true})
}

// consider keeps a few open runs of each type: the oldest, which say most about draining.
func (w *workflows) consider(c candidate) {
	const each = 3
	youngest, n := -1, 0
	for i, o := range w.openRuns {
		if o.typ != c.typ {
			continue
		}
		n++
		if youngest < 0 || o.start.After(w.openRuns[youngest].start) {
			youngest = i
		}
	}
	switch {
	case n < each && len(c.workflowID) <= maxNames:
		w.openRuns = append(w.openRuns, c)
	case n >= each && c.start.Before(w.openRuns[youngest].start):
		w.openRuns[youngest] = c
	}
}

func (w *workflows) typeOf(name string) *Type {
	name = bound(name)
	t := w.types[name]
	if t == nil && len(w.types) < maxTypes {
		t = &Type{Name: name, Ages: []float64{}, Closed: []Closed{}}
		w.types[name] = t
	}
	return t
}

func (w *workflows) queue(name string) *Queue {
	name = bound(name)
	if name == "" {
		return nil
	}
	q := w.queues[name]
	if q == nil {
		if len(w.queues) >= maxQueues {
			w.n.QueuesMore = true
			return nil
		}
		q = &Queue{Name: name}
		w.queues[name] = q
	}
	return q
}

func (w *workflows) longest(e *workflowpb.WorkflowExecutionInfo) {
	for what, s := range map[string]string{"workflow ID": e.GetExecution().GetWorkflowId(), "workflow type": e.GetType().GetName(), "task queue": e.GetTaskQueue()} {
		w.n.LongestID[what] = max(w.n.LongestID[what], len(s))
	}
}

// closed counts what has closed within retention and samples each type: how long runs lived, and since when the sample holds
// every run that closed.
func (w *workflows) closed(ctx context.Context) {
	const ended = "ExecutionStatus != 'Running'"
	w.n.Closed = w.c.count(ctx, w.n.Name, ended)
	if w.n.Closed.known() && w.n.Closed.N > 0 {
		// Types that are not open now still need code, and count in what it costs.
		page, err := w.list(ctx, ended, pageSize, nil)
		w.n.ClosedTypes = outcomeOf(err)
		for _, e := range page.GetExecutions() {
			w.typeOf(e.GetType().GetName())
			w.longest(e)
			w.starts.add(e)
		}
		w.starts.older = err != nil || len(page.GetNextPageToken()) > 0
	}
	for _, t := range w.sortedTypes() {
		w.closedOf(ctx, w.types[t.Name])
	}
}

func (w *workflows) closedOf(ctx context.Context, t *Type) {
	q, ok := quoted(t.Name)
	if !ok {
		return
	}
	page, err := w.list(ctx, "WorkflowType = "+q+" AND ExecutionStatus != 'Running'", maxClosed, nil)
	t.ClosedR = outcomeOf(err)
	executions := page.GetExecutions()
	var newest []candidate
	var largest candidate
	for _, e := range executions[:min(len(executions), maxClosed)] {
		w.starts.add(e)
		start, end := e.GetStartTime(), e.GetCloseTime()
		if !start.IsValid() || !end.IsValid() || end.AsTime().Before(start.AsTime()) || e.GetHistorySizeBytes() < 0 {
			continue
		}
		t.Closed = append(t.Closed, Closed{Lived: end.AsTime().Sub(start.AsTime()).Seconds(), Before: max(w.c.f.At.Sub(end.AsTime()).Seconds(), 0),
			Status: e.GetStatus().String(), Bytes: e.GetHistorySizeBytes()})
		c := candidate{workflowID: e.GetExecution().GetWorkflowId(), runID: e.GetExecution().GetRunId(), typ: t.Name, status: e.GetStatus().String(), start: start.AsTime(), bytes: e.GetHistorySizeBytes()}
		if c.bytes > largest.bytes && len(c.workflowID) <= maxNames {
			largest = c
		}
		if len(newest) < 3 && len(c.workflowID) <= maxNames {
			newest = append(newest, c)
		}
	}
	// The newest say what a run does, the largest what is too large.
	for i, c := range newest {
		if largest.bytes > 0 && c.runID == largest.runID {
			newest[i].largest, largest.bytes = true, 0
		}
	}
	if largest.bytes > 0 {
		largest.largest = true
		newest = slices.Insert(newest[:min(len(newest), 2)], min(len(newest), 1), largest)
	}
	if len(w.closedRuns) < 3*maxTypes {
		w.closedRuns = append(w.closedRuns, newest...)
	}
	// Visibility lists the newest close first, so that a sample that was cut is whole since its oldest close.
	switch {
	case err != nil:
	case len(page.GetNextPageToken()) == 0:
		t.Window = w.n.Retention.Seconds()
	case slices.IsSortedFunc(t.Closed, func(a, b Closed) int { return cmp.Compare(a.Before, b.Before) }) && len(t.Closed) > 0:
		t.Window = t.Closed[len(t.Closed)-1].Before
	}
	t.Started = w.c.count(ctx, w.n.Name, fmt.Sprintf("WorkflowType = %s AND StartTime > '%s'", q, w.c.f.At.Add(-7*24*time.Hour).Format(time.RFC3339)))
}

// sortedTypes are the types, those with the most open runs first.
func (w *workflows) sortedTypes() (types []Type) {
	for _, name := range sortedKeys(w.types) {
		types = append(types, *w.types[name])
	}
	slices.SortStableFunc(types, func(a, b Type) int { return cmp.Compare(b.Open.N, a.Open.N) })
	return types
}

func (w *workflows) sortedQueues() (queues []Queue) {
	queues = []Queue{}
	for _, name := range sortedKeys(w.queues) {
		queues = append(queues, *w.queues[name])
	}
	return queues
}

// sample looks closely at open runs, the oldest of each type, and reads the histories of a few runs, open and closed by turns.
func (w *workflows) sample(ctx context.Context) {
	slices.SortStableFunc(w.openRuns, func(a, b candidate) int { return a.start.Compare(b.start) })
	open, closed := turns(w.openRuns), turns(w.closedRuns)
	open = open[:min(len(open), max(w.c.o.Histories, 20))]
	w.n.Histories = w.c.o.Histories > 0
	for _, c := range open {
		w.n.Samples = append(w.n.Samples, w.describe(ctx, c))
	}
	// Half of the histories are of open runs, half of closed ones, as far as there are so many.
	fromClosed := min(len(closed), max(w.c.o.Histories/2, w.c.o.Histories-len(open)))
	for _, c := range closed[:fromClosed] {
		w.n.Samples = append(w.n.Samples, Sample{WorkflowID: bound(c.workflowID), RunID: bound(c.runID), Type: c.typ, Status: c.status, Start: c.start.UTC(), Largest: c.largest})
	}
	left := w.c.o.Histories - fromClosed
	for i := range w.n.Samples {
		s := &w.n.Samples[i]
		if s.Open {
			if left <= 0 || s.Described == NotThere {
				continue
			}
			left--
		}
		s.History = w.history(ctx, s)
		for _, q := range s.History.Queues {
			if at := w.queue(q); at != nil {
				at.ForTasks = true
			}
		}
	}
}

// turns orders candidates so that each type has its first before any has its second.
func turns(all []candidate) (out []candidate) {
	nth := map[string]int{}
	type turn struct {
		c candidate
		n int
	}
	var ts []turn
	for _, c := range all {
		ts = append(ts, turn{c, nth[c.typ]})
		nth[c.typ]++
	}
	slices.SortStableFunc(ts, func(a, b turn) int { return cmp.Compare(a.n, b.n) })
	for _, t := range ts {
		out = append(out, t.c)
	}
	return out
}

// describe looks at one open run.
func (w *workflows) describe(ctx context.Context, c candidate) Sample {
	s := Sample{WorkflowID: bound(c.workflowID), RunID: bound(c.runID), Type: c.typ, Open: true, Status: "Running", Start: c.start.UTC()}
	d, err := w.c.wf.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: w.n.Name,
		Execution: &commonpb.WorkflowExecution{WorkflowId: c.workflowID, RunId: c.runID}}, most)
	s.Described = outcomeOf(err)
	if err != nil {
		return s
	}
	i, x := d.GetWorkflowExecutionInfo(), d.GetWorkflowExtendedInfo()
	s.HistoryLength, s.HistorySize = i.GetHistoryLength(), i.GetHistorySizeBytes()
	if s.HistoryLength < 0 || s.HistorySize < 0 {
		s.Described = Nonsense
		return s
	}
	if t := x.GetExecutionExpirationTime(); t.IsValid() && t.AsTime().Year() > 1970 {
		at := t.AsTime().UTC()
		s.Expires = &at
	}
	if t := x.GetOriginalStartTime(); t.IsValid() && t.AsTime().Year() > 1970 {
		s.Original = t.AsTime().UTC()
	}
	s.Chained = i.GetFirstRunId() != "" && i.GetFirstRunId() != i.GetExecution().GetRunId()
	s.ForeignParent = i.GetParentNamespaceId() != "" && w.n.ID != "" && i.GetParentNamespaceId() != w.n.ID
	s.Children, s.Pending = map[string]int{}, map[string]int{}
	for _, k := range d.GetPendingChildren() {
		s.Children[closePolicy(k.GetParentClosePolicy())]++
	}
	for _, a := range d.GetPendingActivities() {
		s.MaxAttempt = max(s.MaxAttempt, a.GetAttempt())
		if len(a.GetHeartbeatDetails().GetPayloads()) > 0 {
			s.Heartbeats++
		}
	}
	for what, n := range map[string]int{"activities": len(d.GetPendingActivities()), "child workflows": len(d.GetPendingChildren()), "Nexus operations": len(d.GetPendingNexusOperations())} {
		if n > 0 {
			s.Pending[what] = n
		}
	}
	for _, k := range sortedKeys(i.GetSearchAttributes().GetIndexedFields()) {
		s.SearchKeys = append(s.SearchKeys, bound(k))
	}
	for _, k := range sortedKeys(i.GetMemo().GetFields()) {
		s.MemoKeys = append(s.MemoKeys, bound(k))
	}
	s.SearchKeys, s.MemoKeys = s.SearchKeys[:min(len(s.SearchKeys), 100)], s.MemoKeys[:min(len(s.MemoKeys), 100)]
	return s
}

func closePolicy(p enums.ParentClosePolicy) string {
	switch p {
	case enums.PARENT_CLOSE_POLICY_ABANDON:
		return "ABANDON"
	case enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL:
		return "REQUEST_CANCEL"
	}
	return "TERMINATE"
}

package cutover

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/assess"
)

// start is what the first events of a run say of its start; it never changes.
type start struct {
	read     assess.Outcome
	identity string
	worker   string // who completed its first workflow task
	external bool   // nothing says that it goes on from an earlier run
	cron     bool
	goesOn   bool     // it goes on from an earlier run of its chain
	queues   []string // of its first activities
}

// firstEvents is how many events of a run are read: its start and what its first workflow task asked for.
const firstEvents = 20

// startOf reads the first events of a run, once. Of them it keeps names only.
func (r *Reader) startOf(ctx context.Context, s *side, id, run string) start {
	key := s.name + "\x00" + id + "\x00" + run
	if x, ok := r.seen[key]; ok {
		return x
	}
	page, err := s.wf.GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: s.ns,
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run}, MaximumPageSize: firstEvents}, assess.Most)
	x := start{read: assess.OutcomeOf(err)}
	for _, e := range page.GetHistory().GetEvents()[:min(len(page.GetHistory().GetEvents()), firstEvents)] {
		switch e.GetEventType() {
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
			a := e.GetWorkflowExecutionStartedEventAttributes()
			x.identity, x.cron = assess.Name(a.GetIdentity()), a.GetCronSchedule() != ""
			x.goesOn = a.GetContinuedExecutionRunId() != ""
			reset := run != "" && a.GetOriginalExecutionRunId() != "" && a.GetOriginalExecutionRunId() != run
			x.external = !x.goesOn && !reset && a.GetParentWorkflowExecution() == nil
		case enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			if x.worker == "" {
				x.worker = assess.Name(e.GetWorkflowTaskCompletedEventAttributes().GetIdentity())
			}
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			if q := assess.Name(e.GetActivityTaskScheduledEventAttributes().GetTaskQueue().GetName()); q != "" && !slices.Contains(x.queues, q) {
				x.queues = append(x.queues, q)
			}
		}
	}
	if err == nil && len(page.GetHistory().GetEvents()) == 0 {
		x.read = assess.Nonsense
	}
	if x.read == assess.Read && len(r.seen) < 20000 {
		r.seen[key] = x
	}
	return x
}

// starts looks who still starts work at the source.
func (r *Reader) starts(ctx context.Context) {
	f := r.facts
	r.tell("new starts", r.source)
	f.Window, f.WindowFrom = r.window(ctx)
	from := f.At.Add(-f.Window)
	query := since("StartTime", from) + " AND " + external
	f.Source.Starts = r.source.count(ctx, query)
	s := &f.Starts
	var runs []listed
	runs, _, s.Read = r.source.list(ctx, query, maxStarts)
	if !f.Source.Starts.Known() {
		s.Read = f.Source.Starts.Read
	}
	slices.SortStableFunc(runs, func(a, b listed) int { return b.start.Compare(a.start) })
	who := map[string]*Straggler{}
	for _, x := range runs[:min(len(runs), r.o.Histories)] {
		at := r.startOf(ctx, r.source, x.id, x.run)
		s.Looked++
		for _, q := range at.queues {
			r.queue(q, "activity")
		}
		switch {
		case at.read != assess.Read:
			s.Unread++
			continue
		case !at.external:
			s.Continued++
			continue
		}
		s.External++
		s.ByType[x.typ]++
		w := who[at.identity]
		if w == nil {
			w = &Straggler{Identity: at.identity, Types: []string{}, Latest: x.start, Example: assess.Name(x.id)}
			who[at.identity] = w
		}
		w.Starts++
		if !slices.Contains(w.Types, x.typ) && len(w.Types) < 20 {
			w.Types = append(w.Types, x.typ)
		}
	}
	s.More = max(f.Source.Starts.N, int64(len(runs))) - int64(s.Looked)
	for _, w := range who {
		s.Who = append(s.Who, *w)
	}
	slices.SortFunc(s.Who, func(a, b Straggler) int {
		if a.Starts != b.Starts {
			return b.Starts - a.Starts
		}
		return strings.Compare(a.Identity, b.Identity)
	})
	s.Scheduled = r.source.count(ctx, since("StartTime", from)+" AND TemporalScheduledById IS NOT NULL")
	page, err := r.source.wf.ListSchedules(ctx, &workflowservice.ListSchedulesRequest{Namespace: r.source.ns, MaximumPageSize: pageSize}, assess.Most)
	s.SchedR, s.SchedMore = assess.OutcomeOf(err), len(page.GetNextPageToken()) > 0
	for _, e := range page.GetSchedules() {
		if !e.GetInfo().GetPaused() && len(s.Schedules) < 200 {
			s.Schedules = append(s.Schedules, Schedule{ID: assess.Name(e.GetScheduleId())})
		}
	}
}

// The window for starts, where a person gave none.
const (
	leastWindow = time.Hour
	gaps        = 3 // times the longest quiet gap
)

// window is how far back starts are looked for, and why so far: three times the longest time of the last week in which
// nothing was started.
func (r *Reader) window(ctx context.Context) (w time.Duration, why string) {
	if r.o.Window > 0 {
		return r.o.Window, "as asked for"
	}
	if r.last != nil && r.last.Window > 0 {
		return r.last.Window, r.last.WindowFrom
	}
	runs, whole, outcome := r.source.list(ctx, since("StartTime", r.facts.At.Add(-week))+" AND "+external, maxStarts)
	if outcome != assess.Read || len(runs) < 3 {
		return 24 * time.Hour, "a day, for too few starts of the last week are known to tell how often there are any"
	}
	slices.SortFunc(runs, func(a, b listed) int { return a.start.Compare(b.start) })
	longest := time.Duration(0)
	for i := 1; i < len(runs); i++ {
		longest = max(longest, runs[i].start.Sub(runs[i-1].start))
	}
	w = min(max(gaps*longest, leastWindow), week).Round(time.Minute)
	why = whyWindow(longest)
	if !whole {
		why += fmt.Sprintf(", of the %d starts that were listed", len(runs))
	}
	return w, why
}

// whyWindow says how a window follows from the longest quiet gap.
func whyWindow(longest time.Duration) string {
	if gaps*longest < leastWindow {
		return fmt.Sprintf("the minimum, for three times the longest quiet gap of the last week, %s, is less", spell(longest))
	}
	return fmt.Sprintf("three times the longest quiet gap of the last week, %s", spell(longest))
}

func (r *Reader) queue(name, kind string) *Queue {
	if name == "" {
		return nil
	}
	key := name + "\x00" + kind
	q := r.queues[key]
	if q == nil && len(r.queues) < 2*maxQueues {
		q = &Queue{Name: name, Kind: kind}
		r.queues[key] = q
	}
	return q
}

package cutover

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/assess"
	"onramp/fault"
)

// Options are what a Reader looks at, how far back, and how fast.
type Options struct {
	Namespace       string        // at the source
	TargetNamespace string        // in Temporal Cloud
	Window          time.Duration // how far back starts are looked for; 0: by the longest quiet gap of the last week
	Silent          time.Duration // how long the source must be silent in the end; 0: seven days
	Between         time.Duration // between the two counts of a source that seems drained; 0: a minute
	Wait            bool          // wait for the second count within the same look
	Queues          []string      // task queues besides those that open work names
	Histories       int           // first events to read of starts; 0: 40
	Rate            float64       // calls a second to each side; 0: 2
	Budget          int           // calls of one look to each side; 0: 1000
	Said            Said
	Assessment      *Assessed
	// Check, where it is set, asks the doctor whether a worker would connect to the target.
	Check func(context.Context) *Checked
	// Progress, where it is set, is told what is being read; it must not block.
	Progress func(Progress)
	Now      func() time.Time // default time.Now
}

// Progress says where a look is. Calls are of both sides.
type Progress struct {
	Phase string `json:"phase"`
	Side  string `json:"side"` // source or target
	Calls int    `json:"calls"`
}

// Part is what a look is about.
type Part int

// The parts of a look.
const (
	All Part = iota
	OnlyTwins
	OnlyStragglers
)

// What a look keeps at most, so that its memory is bounded whatever a server says.
const (
	pageSize   = 1000
	maxListed  = 20000 // open runs of a side that are listed
	maxClosed  = 3000  // closed runs of the source that are listed
	maxTypes   = 200
	maxOldest  = 60 // types whose oldest run is described
	maxQueues  = 30
	maxTwins   = 50 // that are described
	maxStarts  = 2000
	batchOfIDs = 50
	week       = 7 * 24 * time.Hour
)

// Reader reads both sides, look after look. It keeps what a later look takes differences from.
type Reader struct {
	o              Options
	source, target *side
	facts          *Facts // of the look under way
	first          map[string]int64
	last           *Facts
	looks          int
	zeroSince      time.Time // since when the source counted no open workflow, look after look
	lastOpen       []listed  // a few that were open
	seen           map[string]start
	old            map[string]described
	queues         map[string]*Queue // of the look under way, by kind and name
	opened         []listed          // open at the source, of the look under way
	closed         []listed
	closedWhole    bool
}

// side is one of the two, behind its door.
type side struct {
	name, address, ns string
	door              *assess.Door
	wf                workflowservice.WorkflowServiceClient
	op                operatorservice.OperatorServiceClient
}

func newSide(name string, conn grpc.ClientConnInterface, address, ns string, o Options) *side {
	d := assess.NewDoor(conn, assess.Options{Rate: o.Rate, Budget: o.Budget})
	return &side{name: name, address: address, ns: ns, door: d, wf: workflowservice.NewWorkflowServiceClient(d), op: operatorservice.NewOperatorServiceClient(d)}
}

// End is one end of a cut-over: a connection, and the address as the user calls it.
type End struct {
	Conn    grpc.ClientConnInterface
	Address string
}

// NewReader makes a Reader of a source and a target.
func NewReader(source, target End, o Options) *Reader {
	if o.Silent <= 0 {
		o.Silent = week
	}
	if o.Between <= 0 {
		o.Between = time.Minute
	}
	if o.Histories <= 0 {
		o.Histories = 40
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	return &Reader{o: o, source: newSide("source", source.Conn, source.Address, o.Namespace, o), target: newSide("target", target.Conn, target.Address, o.TargetNamespace, o),
		first: map[string]int64{}, seen: map[string]start{}, old: map[string]described{}}
}

// Validate says what is wrong with options that a person gave, by the names of the flags.
func (o Options) Validate() error {
	bad := func(field, title, fix string) error { return fault.New(fault.Invalid, title, fix).In(field) }
	switch {
	case o.TargetNamespace == "":
		return bad("target-namespace", "The target's namespace is missing", "Give the Namespace ID in Temporal Cloud, name.account.")
	case len(o.Namespace) > 1000 || len(o.TargetNamespace) > 1000:
		return bad("namespace", "This is not the name of a namespace", "Give the namespace's name, such as default.")
	case o.Window < 0 || o.Window > 90*24*time.Hour:
		return bad("window", "This is not a window to look for starts in", "Give a duration of at most 2160h, such as 1h.")
	case o.Silent < 0 || o.Silent > 90*24*time.Hour:
		return bad("silent", "This is not a time to be silent for", "Give a duration of at most 2160h, such as 168h.")
	case len(o.Queues) > maxQueues:
		return bad("task-queue", "These are too many task queues", fmt.Sprintf("Give at most %d.", maxQueues))
	}
	return assess.Options{Rate: o.Rate, Budget: o.Budget, Histories: o.Histories}.Validate()
}

// Look reads both sides once. The error is not nil only where nothing can be said of the source (assess.Unreachable), or
// where both sides are one; what else cannot be read is in the facts as such. Where ctx ends, Look returns what it has.
func (r *Reader) Look(ctx context.Context, part Part) (*Facts, error) {
	began := r.o.Now()
	r.looks++
	r.source.door.Refill()
	r.target.door.Refill()
	r.queues, r.opened, r.closed, r.closedWhole = map[string]*Queue{}, nil, nil, false
	f := &Facts{Schema: FactsSchema, At: began.UTC().Truncate(time.Second), Silent: r.o.Silent, Assessment: r.o.Assessment, Said: r.o.Said,
		Source: Half{Address: r.source.address, Namespace: r.source.ns}, Target: Half{Address: r.target.address, Namespace: r.target.ns},
		Attributes: []Attribute{}, Queues: []Queue{}, Canaries: []Canary{}, Types: []Type{}, Stuck: []string{},
		Starts: Starts{Who: []Straggler{}, ByType: map[string]int{}, Schedules: []Schedule{}}, Twins: Twins{Found: []Twin{}}}
	r.facts = f
	if err := r.ends(ctx, part); err != nil {
		return nil, err
	}
	r.open(ctx, part)
	if part != OnlyTwins {
		r.starts(ctx)
	}
	if part != OnlyStragglers {
		r.twins(ctx)
	}
	if part == All {
		r.rest(ctx)
	}
	f.Source.RPCs, f.Incomplete = r.ended(ctx, r.source)
	var why string
	f.Target.RPCs, why = r.ended(ctx, r.target)
	f.Incomplete = strings.TrimSpace(f.Incomplete + " " + why)
	if ctx.Err() != nil {
		f.Incomplete = "Reading was stopped before it ended."
	}
	f.TookMS = float64(r.o.Now().Sub(began).Microseconds()) / 1000
	r.last = f
	r.tell("done", r.source)
	return f, nil
}

func (r *Reader) ended(ctx context.Context, s *side) (map[string]int, string) {
	calls, why := s.door.Counted()
	if why == "" || ctx.Err() != nil || s == r.target && r.facts.Target.Reached != assess.Read {
		return calls, ""
	}
	return calls, strings.ToUpper(s.name[:1]) + s.name[1:] + ": " + why
}

func (r *Reader) tell(phase string, s *side) {
	if r.o.Progress == nil {
		return
	}
	total := 0
	for _, x := range []*side{r.source, r.target} {
		calls, _ := x.door.Counted()
		for _, n := range calls {
			total += n
		}
	}
	r.o.Progress(Progress{Phase: phase, Side: s.name, Calls: total})
}

// ends reads what both servers say of themselves.
func (r *Reader) ends(ctx context.Context, part Part) error {
	r.tell("the server", r.source)
	h := &r.facts.Source
	sys, err := r.source.wf.GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{}, assess.Most)
	h.Reached, h.ServerVersion = assess.OutcomeOf(err), assess.Name(sys.GetServerVersion())
	switch h.Reached {
	case assess.Unanswered, assess.Refused, assess.NotServed, assess.Throttled:
		return &assess.Unreachable{Err: err, Refused: h.Reached == assess.Refused, NotTemporal: h.Reached == assess.NotServed}
	}
	info, _ := r.source.wf.GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{}, assess.Most)
	h.ClusterID = assess.Name(info.GetClusterId())
	d, err := r.source.wf.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: r.source.ns}, assess.Most)
	if assess.OutcomeOf(err) == assess.NotThere {
		return &assess.Unreachable{Err: err, Namespace: r.source.ns}
	}
	h.Retention = d.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
	if part == OnlyStragglers { // they are at the source alone
		return nil
	}
	r.tell("the server", r.target)
	t := &r.facts.Target
	sys, err = r.target.wf.GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{}, assess.Most)
	t.Reached, t.ServerVersion = assess.OutcomeOf(err), assess.Name(sys.GetServerVersion())
	if t.Reached != assess.Read {
		return nil
	}
	info, _ = r.target.wf.GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{}, assess.Most) // refused in Temporal Cloud
	t.ClusterID = assess.Name(info.GetClusterId())
	if r.source.ns == r.target.ns && (h.ClusterID != "" && h.ClusterID == t.ClusterID || r.source.address == r.target.address) {
		return fault.New(fault.Invalid, "Source and target are the same namespace of the same server", "Give the server that your application leaves as --address and --namespace, and the namespace in Temporal Cloud as --target-address and --target-namespace.").In("target-address")
	}
	return nil
}

func (s *side) count(ctx context.Context, query string) assess.Count {
	c, err := s.wf.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.ns, Query: query}, assess.Most)
	return assess.CountOf(c.GetCount(), err)
}

// listed is what is kept of a run that visibility lists: no memo and no attributes.
type listed struct {
	id, run, typ, queue, status string
	start, close                time.Time
}

// list pages through the executions of a query, at most so many. whole says that there are no more.
func (s *side) list(ctx context.Context, query string, most int) (out []listed, whole bool, outcome assess.Outcome) {
	var token []byte
	for len(out) < most {
		page, err := s.wf.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: s.ns, Query: query, PageSize: int32(min(pageSize, most)), NextPageToken: token}, assess.Most)
		if outcome = assess.OutcomeOf(err); err != nil {
			return out, false, outcome
		}
		for _, e := range page.GetExecutions() {
			if len(out) >= most {
				return out, false, outcome
			}
			x := listed{id: e.GetExecution().GetWorkflowId(), run: e.GetExecution().GetRunId(), typ: assess.Name(e.GetType().GetName()), queue: assess.Name(e.GetTaskQueue()), status: e.GetStatus().String()}
			if e.GetStartTime().IsValid() {
				x.start = e.GetStartTime().AsTime().UTC()
			}
			if e.GetCloseTime().IsValid() {
				x.close = e.GetCloseTime().AsTime().UTC()
			}
			out = append(out, x)
		}
		token = page.GetNextPageToken()
		if len(token) == 0 {
			return out, true, outcome
		}
		if len(page.GetExecutions()) == 0 {
			return out, false, outcome
		}
	}
	return out, false, outcome
}

const running = "ExecutionStatus = 'Running'"

// external leaves out runs that a parent or a schedule started. Servers know the parent's since 1.23.
const external = "ParentWorkflowId IS NULL AND TemporalScheduledById IS NULL"

func stamp(t time.Time) string { return "'" + t.UTC().Format(time.RFC3339) + "'" }

func since(field string, t time.Time) string { return field + " > " + stamp(t) }

// open counts and lists what is open at the source, and counts the target's.
func (r *Reader) open(ctx context.Context, part Part) {
	f := r.facts
	r.tell("open workflows", r.source)
	f.Source.Open = r.source.count(ctx, running)
	if part == OnlyStragglers {
		return
	}
	var outcome assess.Outcome
	r.opened, f.TypesWhole, outcome = r.source.list(ctx, running, maxListed)
	if outcome != assess.Read {
		f.TypesWhole = false
	}
	if f.Target.Reached == assess.Read {
		r.tell("open workflows", r.target)
		f.Target.Open = r.target.count(ctx, running)
		if o := f.Target.Open.Read; o == assess.Refused || o == assess.NotThere || o == assess.Unanswered {
			f.Target.Reached = o
		}
	}
}

// types folds the open runs by their type.
func (r *Reader) types() map[string][]listed {
	by := map[string][]listed{}
	for _, x := range r.opened {
		if _, known := by[x.typ]; known || len(by) < maxTypes {
			by[x.typ] = append(by[x.typ], x)
		}
	}
	return by
}

func oldestOf(runs []listed) listed {
	return slices.MinFunc(runs, func(a, b listed) int { return a.start.Compare(b.start) })
}

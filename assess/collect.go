package assess

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/fault"
)

// Options are what a Collector may ask, how fast, and how much.
type Options struct {
	Namespaces []string // what to assess; empty: all that can be listed, system namespaces excepted
	Histories  int      // histories to sample in a namespace; 0: none
	Rate       float64  // calls a second; 0: 2
	Budget     int      // calls of the whole run; 0: 1000
	// Progress, where it is set, is told what is being read and how many calls were made; it must not block.
	Progress func(Progress)
	Now      func() time.Time // default time.Now
	patience time.Duration    // for one call
	pause    time.Duration    // after the server throttled
}

// DefaultRate and DefaultBudget are what a run takes where nothing else is asked: a self-hosted namespace may get no more
// than ten visibility calls a second (go.temporal.io/server, frontend.namespaceRPS.visibility).
const (
	DefaultRate   = 2.0
	DefaultBudget = 1000
)

// Progress says where a run is. Calls never exceeds Budget.
type Progress struct {
	Phase     string `json:"phase"`
	Namespace string `json:"namespace"`
	Done      int    `json:"namespaces_done"`
	Of        int    `json:"namespaces"`
	Calls     int    `json:"calls"`
	Budget    int    `json:"budget"`
}

// What a run keeps at most, so that its memory is bounded whatever the server says.
const (
	maxNamespaces = 1000 // listed; each is assessed as far as the budget goes
	maxNames      = 1024 // bytes of a name: Temporal's own limit is 1000 (limit.maxIDLength)
	maxTypes      = 500
	maxOpenListed = 20000 // open runs of a namespace that are listed
	maxAges       = 2000  // open ages kept of a type
	maxClosed     = 200   // closed runs kept of a type
	maxQueues     = 60
	maxSchedules  = 5000
	maxDescribed  = 30 // schedules that are described
	maxMessage    = 16 << 20
	pageSize      = 1000
)

// collector is one run.
type collector struct {
	o    Options
	door *door
	wf   workflowservice.WorkflowServiceClient
	op   operatorservice.OperatorServiceClient
	f    *Facts
	at   Progress
}

// Collect reads a server into Facts. address is what the user calls it. The error is not nil only where nothing can be said
// of the server: it is no Temporal server, it cannot be reached, it refuses this identity, or a named namespace is not there;
// what else cannot be read is in the facts as such. Where ctx ends, Collect returns what it has read with Incomplete set.
func Collect(ctx context.Context, conn grpc.ClientConnInterface, address string, o Options) (*Facts, error) {
	o = o.orDefault()
	d := &door{conn: conn, limiter: rate.NewLimiter(rate.Limit(o.Rate), 1), patient: o.patience, pause: o.pause, left: o.Budget, share: o.Budget, calls: map[string]int{}}
	began := o.Now()
	c := &collector{o: o, door: d, wf: workflowservice.NewWorkflowServiceClient(d), op: operatorservice.NewOperatorServiceClient(d),
		f:  &Facts{Schema: FactsSchema, At: began.UTC().Truncate(time.Second), Address: address, Budget: o.Budget, Namespaces: []Namespace{}, System: []string{}},
		at: Progress{Budget: o.Budget}}
	d.onCall = func(n int) {
		c.at.Calls = n
		c.tell()
	}
	if err := c.cluster(ctx); err != nil {
		return nil, err
	}
	names := c.names(ctx)
	c.at.Of = len(names)
	for i, name := range names {
		c.at.Done = i
		if d.over() || ctx.Err() != nil {
			c.f.Skipped = len(names) - i
			break
		}
		d.part(len(names) - i)
		n, err := c.namespace(ctx, name)
		if err != nil {
			return nil, err
		}
		c.f.Namespaces = append(c.f.Namespaces, n)
	}
	c.at.Done = len(names)
	c.phase("done", "")
	calls, stopped := d.counted()
	c.f.RPCs, c.f.TookMS = calls, float64(o.Now().Sub(began).Microseconds())/1000
	switch {
	case ctx.Err() != nil:
		c.f.Incomplete = "Reading was stopped before it ended."
	case errors.Is(stopped, errStopped):
		c.f.Incomplete = "The server throttled Onramp, so it stopped asking. Run it again with a lower --rate."
	case errors.Is(stopped, errGone):
		c.f.Incomplete = "The server stopped answering."
	case d.left <= 0:
		c.f.Incomplete = fmt.Sprintf("The budget of %d calls was used up. Run it again with a larger --budget, or for one --namespace.", o.Budget)
	}
	return c.f, nil
}

func (o Options) orDefault() Options {
	if o.Rate <= 0 {
		o.Rate = DefaultRate
	}
	if o.Budget <= 0 {
		o.Budget = DefaultBudget
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.patience <= 0 {
		o.patience = 15 * time.Second
	}
	if o.pause <= 0 {
		o.pause = 2 * time.Second
	}
	return o
}

func (c *collector) phase(what, namespace string) {
	c.at.Phase, c.at.Namespace = what, namespace
	c.tell()
}

func (c *collector) tell() {
	if c.o.Progress != nil {
		c.o.Progress(c.at)
	}
}

// most bounds an answer's size: larger ones fail, and are not taken for throttling.
var most = grpc.MaxCallRecvMsgSize(maxMessage)

// cluster reads what the server says of itself, and whether it is one.
func (c *collector) cluster(ctx context.Context) error {
	c.phase("server", "")
	sys, err := c.wf.GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{}, most)
	c.f.Cluster.System = outcomeOf(err)
	switch c.f.Cluster.System {
	case Read:
		c.f.Cluster.ServerVersion = bound(sys.GetServerVersion())
	case Unanswered:
		return &Unreachable{Err: err}
	}
	info, err2 := c.wf.GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{}, most)
	c.f.Cluster.Info = outcomeOf(err2)
	if c.f.Cluster.Info == Unanswered {
		return &Unreachable{Err: err2}
	}
	if c.f.Cluster.System == Refused && c.f.Cluster.Info == Refused {
		return &Unreachable{Err: err, Refused: true}
	}
	if c.f.Cluster.System == NotServed && c.f.Cluster.Info == NotServed {
		return &Unreachable{Err: err, NotTemporal: true}
	}
	if c.f.Cluster.Info == Read {
		k := &c.f.Cluster
		k.ServerVersion = either(k.ServerVersion, bound(info.GetServerVersion()))
		k.ID, k.Name = bound(info.GetClusterId()), bound(info.GetClusterName())
		k.Shards, k.Persistence, k.Visibility = info.GetHistoryShardCount(), bound(info.GetPersistenceStore()), bound(info.GetVisibilityStore())
		k.InitialFailover, k.Increment = info.GetInitialFailoverVersion(), info.GetFailoverVersionIncrement()
	}
	clusters, err := c.op.ListClusters(ctx, &operatorservice.ListClustersRequest{PageSize: 100}, most)
	c.f.Cluster.Clusters = outcomeOf(err)
	for _, k := range clusters.GetClusters()[:min(len(clusters.GetClusters()), 100)] {
		c.f.Cluster.Remote = append(c.f.Cluster.Remote, bound(k.GetClusterName()))
	}
	nexus, err := c.op.ListNexusEndpoints(ctx, &operatorservice.ListNexusEndpointsRequest{PageSize: 200}, most)
	c.f.Nexus.Listed = outcomeOf(err)
	for _, e := range nexus.GetEndpoints()[:min(len(nexus.GetEndpoints()), 200)] {
		to := e.GetSpec().GetTarget()
		c.f.Nexus.Endpoints = append(c.f.Nexus.Endpoints, Endpoint{Name: bound(e.GetSpec().GetName()), External: to.GetExternal() != nil,
			Namespace: bound(to.GetWorker().GetNamespace()), Queue: bound(to.GetWorker().GetTaskQueue())})
	}
	return nil
}

// Unreachable is the error of a server of which nothing can be said.
type Unreachable struct {
	Err         error
	NotTemporal bool   // it answers as a server of something else
	Namespace   string // a named namespace that is not there
	Refused     bool   // it refuses this identity
}

// Error implements error.
func (u *Unreachable) Error() string {
	switch {
	case u.NotTemporal:
		return "no Temporal server: " + u.Err.Error()
	case u.Namespace != "":
		return "namespace not found: " + u.Namespace
	}
	return u.Err.Error()
}

// Unwrap returns the cause.
func (u *Unreachable) Unwrap() error { return u.Err }

// names lists the namespaces and returns those to assess.
func (c *collector) names(ctx context.Context) (names []string) {
	c.phase("namespaces", "")
	var token []byte
	for {
		page, err := c.wf.ListNamespaces(ctx, &workflowservice.ListNamespacesRequest{PageSize: 200, NextPageToken: token}, most)
		c.f.List = outcomeOf(err)
		if err != nil {
			break
		}
		for _, n := range page.GetNamespaces() {
			name := bound(n.GetNamespaceInfo().GetName())
			switch state := n.GetNamespaceInfo().GetState(); {
			case IsSystem(name):
				c.f.System = append(c.f.System, name)
				continue
			case state == enums.NAMESPACE_STATE_DELETED || name == "":
				continue
			}
			c.f.Listed++
			if len(names) < maxNamespaces {
				names = append(names, name)
			}
		}
		token = page.GetNextPageToken()
		if len(token) == 0 {
			break
		}
		if c.f.Listed >= maxNamespaces || len(page.GetNamespaces()) == 0 {
			c.f.More = true
			break
		}
	}
	c.f.System = c.f.System[:min(len(c.f.System), 20)]
	if len(c.o.Namespaces) > 0 {
		return slices.Clone(c.o.Namespaces)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// IsSystem reports a namespace of the server itself, which is not the user's to move.
func IsSystem(name string) bool {
	return name == "temporal-system" || strings.HasPrefix(name, "temporal-sys-")
}

// namespace reads one namespace, the most useful facts first.
func (c *collector) namespace(ctx context.Context, name string) (Namespace, error) {
	n := Namespace{Name: name, Attributes: []Attribute{}, Types: []Type{}, Samples: []Sample{}, Queues: []Queue{}, LongestID: map[string]int{}}
	c.phase("namespace", name)
	d, err := c.wf.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name}, most)
	n.Described = outcomeOf(err)
	if n.Described == NotThere && len(c.o.Namespaces) > 0 {
		return n, &Unreachable{Err: err, Namespace: name}
	}
	if err == nil {
		n.describe(d)
	}
	a, err := c.op.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: name}, most)
	n.AttributesR = outcomeOf(err)
	for _, k := range sortedKeys(a.GetCustomAttributes()) {
		if len(n.Attributes) >= maxTypes {
			break
		}
		n.Attributes = append(n.Attributes, Attribute{Name: bound(k), Type: attributeType(a.GetCustomAttributes()[k])})
	}
	w := &workflows{c: c, n: &n, queues: map[string]*Queue{}, types: map[string]*Type{}}
	c.phase("open workflows", name)
	w.open(ctx)
	c.phase("schedules", name)
	w.schedules(ctx)
	c.phase("closed workflows", name)
	w.closed(ctx)
	c.phase("samples", name)
	w.sample(ctx)
	c.phase("task queues", name)
	w.pollers(ctx)
	c.phase("search attributes", name)
	w.others(ctx)
	for i := range n.Attributes {
		at := &n.Attributes[i]
		at.Used = c.count(ctx, name, "`"+strings.ReplaceAll(at.Name, "`", "")+"` IS NOT NULL")
	}
	c.phase("workflow IDs", name)
	w.reuse(ctx)
	n.Types = w.sortedTypes()
	n.Queues = w.sortedQueues()
	return n, nil
}

func (n *Namespace) describe(d *workflowservice.DescribeNamespaceResponse) {
	n.ID = bound(d.GetNamespaceInfo().GetId())
	cfg := d.GetConfig()
	n.Retention = cfg.GetWorkflowExecutionRetentionTtl().AsDuration()
	n.Archival = Archival{History: archival(cfg.GetHistoryArchivalState()), Visibility: archival(cfg.GetVisibilityArchivalState())}
	n.Global = d.GetIsGlobalNamespace()
	for _, k := range d.GetReplicationConfig().GetClusters()[:min(len(d.GetReplicationConfig().GetClusters()), 20)] {
		n.Clusters = append(n.Clusters, bound(k.GetClusterName()))
	}
	if l := d.GetNamespaceInfo().GetLimits(); l != nil {
		n.Limits = &Limits{Blob: l.GetBlobSizeLimitError(), Memo: l.GetMemoSizeLimitError()}
	}
	n.Standalone = d.GetNamespaceInfo().GetCapabilities().GetStandaloneActivities()
}

func archival(s enums.ArchivalState) string {
	switch s {
	case enums.ARCHIVAL_STATE_ENABLED:
		return "enabled"
	case enums.ARCHIVAL_STATE_DISABLED:
		return "disabled"
	}
	return "unset"
}

// attributeType is a type as the temporal CLI and tcld write it.
func attributeType(t enums.IndexedValueType) string {
	if t == enums.INDEXED_VALUE_TYPE_KEYWORD_LIST {
		return "KeywordList"
	}
	return t.String()
}

// count asks for a number of executions. A negative one is nonsense.
func (c *collector) count(ctx context.Context, namespace, query string) Count {
	r, err := c.wf.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace, Query: query}, most)
	return counted(r.GetCount(), err)
}

func counted(n int64, err error) Count {
	switch {
	case err != nil:
		return Count{Read: outcomeOf(err)}
	case n < 0:
		return Count{Read: Nonsense}
	}
	return Count{N: n, Read: Read}
}

// bound keeps a name within maxNames bytes of valid UTF-8.
func bound(s string) string {
	if len(s) > maxNames {
		s = s[:maxNames]
	}
	return strings.ToValidUTF8(s, string(utf8.RuneError))
}

// quoted is a text as a value in a list filter. A name that a filter cannot hold is not asked for: ok is false.
func quoted(s string) (text string, ok bool) {
	if strings.ContainsAny(s, "'\\\x00") {
		if strings.ContainsAny(s, "\"\\\x00") {
			return "", false
		}
		return `"` + s + `"`, true
	}
	return "'" + s + "'", true
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func sorted(seq iter.Seq[string]) []string { return slices.Sorted(seq) }

func sortedKeys[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Validate says what is wrong with options that a person gave.
func (o Options) Validate() error {
	switch {
	case o.Rate < 0 || o.Rate > 50:
		return fault.New(fault.Invalid, "This is not a rate for reading a server", "Give calls a second, from 0.1 to 50.").In("rate")
	case o.Rate > 0 && o.Rate < 0.1:
		return fault.New(fault.Invalid, "This rate is too low to come to an end", "Give calls a second, from 0.1 to 50.").In("rate")
	case o.Budget < 0 || o.Budget > 100000:
		return fault.New(fault.Invalid, "This is not a budget of calls", "Give a number from 10 to 100000.").In("budget")
	case o.Budget > 0 && o.Budget < 10:
		return fault.New(fault.Invalid, "This budget is too small to read anything", "Give a number from 10 to 100000.").In("budget")
	case o.Histories < 0 || o.Histories > 1000:
		return fault.New(fault.Invalid, "This is not a number of histories", "Give a number from 0 to 1000.").In("histories")
	}
	for _, n := range o.Namespaces {
		if n == "" || len(n) > maxNames {
			return fault.New(fault.Invalid, "This is not the name of a namespace", "Give the namespace's name at the source, such as default.").In("namespace")
		}
	}
	return nil
}

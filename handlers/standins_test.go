package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/doctor"
	"onramp/fault"
	"onramp/namespace"
	"onramp/transfer"
)

// steps lets a test send what a run emits, one at a time.
type steps[T any] struct {
	next chan T
	end  chan struct{}
	once sync.Once
}

func newSteps[T any]() *steps[T] { return &steps[T]{next: make(chan T), end: make(chan struct{})} }

func (s *steps[T]) close() { s.once.Do(func() { close(s.end) }) }

// emit hands on what the test sends until it closes.
func (s *steps[T]) emit(ctx context.Context, to func(T)) {
	for {
		select {
		case v := <-s.next:
			to(v)
		case <-s.end:
			return
		case <-ctx.Done():
			return
		}
	}
}

// checker is a Checker whose stages all pass, up to the one where code falls.
type checker struct {
	hand   *steps[doctor.Stage]
	byHand bool
	code   string
	asked  *atomic.Int64
}

func (c checker) Run(ctx context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report {
	c.asked.Add(1)
	r := doctor.Report{Schema: doctor.Schema, Verdict: doctor.Explain(doctor.OK, doctor.Certain, nil), TestedFrom: "here", Rules: doctor.RulesDate, TookMS: 12,
		Target: doctor.ReportTarget{Address: t.Address, Namespace: t.Namespace, Auth: "mtls"}}
	if c.byHand {
		c.hand.emit(ctx, emit)
		if ctx.Err() != nil {
			r.Verdict = doctor.Verdict{Code: doctor.UnknownCode, Level: doctor.Unknown}
		}
		return r
	}
	for _, f := range t.InputFaults {
		r.Verdict = doctor.Explain(f.Code, doctor.Certain, nil)
	}
	if c.code != "" {
		r.Verdict = doctor.Explain(c.code, doctor.Certain, nil)
	}
	reached := true
	for _, id := range doctor.StageIDs {
		s := doctor.Stage{ID: id, Status: doctor.NotReached, Findings: []string{}}
		if reached {
			emit(doctor.Stage{ID: id, Status: doctor.Running})
			s.Status, s.MS, s.Summary = doctor.Pass, 1.5, "fine"
			if r.Verdict.Stage == id {
				s.Status, s.Summary, reached = doctor.Fail, "broken", false
				s.Evidence = map[string]any{"wanted": "trust", "seen": "alert 48", "also": []any{"a", "b"}}
				s.Findings = []string{r.Verdict.Code}
			}
			emit(s)
		}
		r.Stages = append(r.Stages, s)
	}
	return r
}

// transferer is a Transfers whose workflow completes.
type transferer struct {
	hand    *steps[transfer.Event]
	byHand  bool
	ops     *operations
	pollers func(context.Context, transfer.Request) ([]transfer.Poller, error)
	detect  func(context.Context, transfer.Request) (transfer.Detected, error)
	asked   *atomic.Int64
}

var _ acts.Transfers = transferer{}

func (f transferer) Pollers(ctx context.Context, req transfer.Request) ([]transfer.Poller, error) {
	f.asked.Add(1)
	if f.pollers == nil {
		return nil, nil
	}
	return f.pollers(ctx, req)
}

func (f transferer) Detect(ctx context.Context, req transfer.Request) (transfer.Detected, error) {
	f.asked.Add(1)
	if f.detect == nil {
		return transfer.Detected{}, nil
	}
	return f.detect(ctx, req)
}

func (f transferer) Run(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result {
	f.asked.Add(1)
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	res := transfer.Result{WorkflowID: req.WorkflowID, RunID: "run-1", Status: "COMPLETED", AsExpected: true, Result: "done W-1 D-1", TookMS: 800,
		Verdict: doctor.Explain(doctor.OK, doctor.Certain, nil)}
	if f.byHand {
		f.hand.emit(ctx, func(e transfer.Event) { emit([]transfer.Event{e}) })
		if ctx.Err() != nil { // stopped in the middle
			res.Status, res.AsExpected = "RUNNING", false
		}
		return res
	}
	for i, e := range []transfer.Event{
		{Event: "worker", Text: "The built-in worker polls q-1", Data: transfer.Data{TaskQueue: "q-1", BuiltIn: true, Worker: "me@here"}},
		{Event: "workflow", ID: 1, Type: "WorkflowExecutionStarted", Text: "Started", Data: transfer.Data{WorkflowID: req.WorkflowID}},
		{Event: "activity", ID: 5, Type: "ActivityTaskScheduled", Activity: "withdraw", ActivityID: "5", Attempt: 1, State: "scheduled", Text: "Withdraw"},
		{Event: "activity", ID: 7, Type: "ActivityTaskCompleted", Activity: "withdraw", ActivityID: "5", Attempt: 1, State: "completed", Text: "Withdrawn"},
		{Event: "workflow", ID: 11, Type: "WorkflowExecutionCompleted", Text: "Complete"},
		{Event: "end", Status: "COMPLETED", Result: "done W-1 D-1"},
	} {
		e.At = at.Add(time.Duration(i) * 100 * time.Millisecond)
		emit([]transfer.Event{e})
	}
	return res
}

// fakeCloud is a rehearsal cloud in memory that judges bundles by the same rules as the real one.
type fakeCloud struct {
	mu      sync.Mutex
	state   cloud.State
	spaces  map[namespace.ID]cloud.Namespace
	broken  bool   // Namespaces panics
	waits   func() // Namespaces does; nil for not
	callers cloud.Callers
	on      map[string][]string // switches, by Namespace ID
	account fakeAccount
	changed atomic.Int64 // how often it was told to change something
	asked   atomic.Int64 // how often it was asked what a real one must be dialled for
}

// fakeAccount is a practised account, which may have both sign-in methods at once.
type fakeAccount struct {
	cloud.Adjustments
	both atomic.Bool
}

func (a *fakeAccount) BothMethods() bool { return a.both.Load() }
func (a *fakeAccount) SetBothMethods(_ context.Context, on bool) error {
	a.both.Store(on)
	return nil
}

func newFakeCloud() *fakeCloud {
	return &fakeCloud{state: cloud.State{Phase: "ready", Took: 360 * time.Millisecond}, spaces: map[namespace.ID]cloud.Namespace{}}
}

func (c *fakeCloud) State() cloud.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}
func (c *fakeCloud) Address() string      { return "localhost:7299" }
func (c *fakeCloud) Limits() cloud.Limits { return cloud.FirstLimits }
func (c *fakeCloud) KeyAddress() string   { return "localhost:7298" }
func (c *fakeCloud) RootPEM() []byte      { return []byte("root") }
func (c *fakeCloud) TrustFiles(dir string) (map[string]string, error) {
	c.changed.Add(1)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return map[string]string{"SSL_CERT_FILE": filepath.Join(dir, "trust.pem"), "NODE_EXTRA_CA_CERTS": filepath.Join(dir, "server-root.pem")}, nil
}

func (c *fakeCloud) CreateNamespace(_ context.Context, id namespace.ID) error {
	c.changed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.spaces[id]; !ok {
		c.spaces[id] = cloud.Namespace{ID: id, Created: time.Now()}
	}
	return nil
}

func (c *fakeCloud) DeleteNamespace(_ context.Context, id namespace.ID) error {
	c.changed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.spaces, id)
	return nil
}

func (c *fakeCloud) TakeBackCAs(context.Context, cloud.Namespace) error {
	return fault.New(fault.Unavailable, "The stand-in takes nothing back", "Let no write fail that this is about.")
}

func (c *fakeCloud) ChangeCAs(_ context.Context, id namespace.ID, change func(cloud.Namespace, cloud.Callers) ([]byte, error)) (cloud.Namespace, error) {
	c.changed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	ns, ok := c.spaces[id]
	if !ok {
		return ns, fault.New(fault.NotFound, "There is no such namespace", "Create it.")
	}
	pem, err := change(ns, c.callers)
	if err != nil {
		return ns, err
	}
	certs, lints := certsvc.LintBundle(pem, time.Now())
	var errs []error
	for _, l := range lints {
		if l.Severity == certsvc.SevError {
			errs = append(errs, fault.New(fault.Invalid, l.Text, l.Fix))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return ns, err
	}
	ns.CAs, ns.BundlePEM, ns.Bytes = nil, string(pem), len(pem)
	for _, x := range certs {
		ns.CAs = append(ns.CAs, cloud.CA{Subject: certsvc.SubjectOf(x), Fingerprint: certsvc.Fingerprint(x), NotAfter: x.NotAfter})
	}
	c.spaces[id] = ns
	return ns, nil
}

func (c *fakeCloud) ChangeFilters(_ context.Context, id namespace.ID, change func(cloud.Namespace) ([]byte, error)) (cloud.Namespace, error) {
	return c.change(id, func(ns *cloud.Namespace) (err error) {
		filters, err := change(*ns)
		if err == nil {
			ns.Filters = filters
		}
		return err
	})
}

func (c *fakeCloud) ChangeAuth(_ context.Context, id namespace.ID, change func(cloud.Namespace, cloud.Callers) (string, error)) (cloud.Namespace, error) {
	return c.change(id, func(ns *cloud.Namespace) (err error) {
		auth, err := change(*ns, c.callers)
		if err == nil {
			ns.Auth = auth
		}
		return err
	})
}

func (c *fakeCloud) change(id namespace.ID, how func(*cloud.Namespace) error) (cloud.Namespace, error) {
	c.changed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	ns, ok := c.spaces[id]
	if !ok {
		return ns, fault.New(fault.NotFound, "There is no such namespace", "Create it.")
	}
	if err := how(&ns); err != nil {
		return cloud.Namespace{}, err
	}
	c.spaces[id] = ns
	return ns, nil
}

// fakeKey is the API key that fakeCloud gives: whoever finds it in a place has found a leak.
const fakeKey = "eyJhbGciOiJub25lIn0.eyJqdGkiOiJhIn0.canary-api-key-canary-api-key-canary"

func (c *fakeCloud) CreateAPIKey(_ context.Context, id namespace.ID, name string, life time.Duration) (cloud.NewKey, cloud.Namespace, error) {
	c.changed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	ns := c.spaces[id]
	if name == "" {
		return cloud.NewKey{}, ns, fault.New(fault.Invalid, "The API key needs a name", "Give one.").In("key_name")
	}
	made := cloud.Key{ID: fmt.Sprint("key", len(ns.Keys)+1), Name: name, Created: time.Now(), Expires: time.Now().Add(life)}
	ns.Keys = append(ns.Keys, made)
	c.spaces[id] = ns
	return cloud.NewKey{Key: made, Secret: certsvc.NewSecret([]byte(fakeKey))}, ns, nil
}

func (c *fakeCloud) DeleteAPIKey(_ context.Context, id namespace.ID, keyID string, may func(cloud.Callers) error) (cloud.Namespace, error) {
	c.changed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	ns := c.spaces[id]
	if may != nil {
		if err := may(c.callers); err != nil {
			return ns, err
		}
	}
	ns.Keys = slices.DeleteFunc(ns.Keys, func(k cloud.Key) bool { return k.ID == keyID })
	c.spaces[id] = ns
	return ns, nil
}

func (c *fakeCloud) Namespaces(context.Context) ([]cloud.Namespace, error) {
	c.asked.Add(1)
	if c.waits != nil {
		c.waits()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		panic("a defect with a secret: hunter2")
	}
	return slices.Collect(maps.Values(c.spaces)), nil
}

func (c *fakeCloud) Namespace(_ context.Context, id namespace.ID) (cloud.Namespace, error) {
	c.asked.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	ns, ok := c.spaces[id]
	if !ok {
		return ns, fault.New(fault.NotFound, "There is no such namespace", "Create it.")
	}
	return ns, nil
}

func (c *fakeCloud) see(callers cloud.Callers) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.callers = callers
}

func (c *fakeCloud) Callers(context.Context, namespace.ID) (cloud.Callers, error) {
	c.asked.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.callers, nil
}

func (c *fakeCloud) Reset(context.Context) error {
	c.changed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.spaces)
	return nil
}

func (c *fakeCloud) snapshot() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.spaces)
}

package acts

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/doctor"
	"onramp/fault"
	"onramp/namespace"
	"onramp/transfer"
)

// standIn is a rehearsal cloud in memory, with Cloud's rule for bundles: one that is not good is refused, none too.
type standIn struct {
	seen   []cloud.Caller // who calls every namespace
	f      *fuse
	mu     sync.Mutex
	spaces map[string]*space
	keys   int

	meanwhile *cloud.Key  // what somebody else makes while a key is made
	pending   *cloud.Plan // what an earlier start has sent to the control plane
	restart   error       // why it does not start again after a reset
	onReset   func()      // what happens meanwhile; nil for nothing
}

type space struct {
	cloud.Namespace
	before []byte // the bundle before its last change
	taken  bool   // it was changed, and can be taken back
	broken []string
}

func newStandIn(f *fuse) *standIn { return &standIn{f: f, spaces: map[string]*space{}} }

func (c *standIn) State() cloud.State   { return cloud.State{Phase: "ready"} }
func (c *standIn) Address() string      { return "localhost:7233" }
func (c *standIn) Limits() cloud.Limits { return cloud.FirstLimits }
func (c *standIn) KeyAddress() string   { return "localhost:7234" }
func (c *standIn) RootPEM() []byte      { return nil }
func (c *standIn) TrustFiles(string) (map[string]string, error) {
	return map[string]string{}, nil
}

func (c *standIn) Reset(ctx context.Context) error {
	if err := c.f.elsewhere("Reset"); err != nil {
		return fault.Unchanged(err)
	}
	if c.onReset != nil {
		c.onReset()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spaces = map[string]*space{}
	return errors.Join(ctx.Err(), c.restart)
}

func (c *standIn) Namespaces(context.Context) (out []cloud.Namespace, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spaces {
		out = append(out, s.Namespace)
	}
	return out, nil
}

func (c *standIn) Namespace(_ context.Context, id namespace.ID) (cloud.Namespace, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.space(id)
	if err != nil {
		return cloud.Namespace{}, err
	}
	return s.Namespace, nil
}

func (c *standIn) space(id namespace.ID) (*space, error) {
	if s := c.spaces[id.String()]; s != nil {
		return s, nil
	}
	return nil, fault.New(fault.NotFound, "There is no such namespace", "Make it first.")
}

func (c *standIn) CreateNamespace(_ context.Context, id namespace.ID) error {
	if err := c.f.elsewhere("CreateNamespace"); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.spaces[id.String()] == nil {
		c.spaces[id.String()] = &space{Namespace: cloud.Namespace{ID: id, Auth: cloud.AuthMTLS}}
	}
	return nil
}

func (c *standIn) DeleteNamespace(_ context.Context, id namespace.ID) error {
	if err := c.f.elsewhere("DeleteNamespace"); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.spaces, id.String())
	return nil
}

func (c *standIn) change(what string, id namespace.ID, how func(*space) error) (cloud.Namespace, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.space(id)
	if err != nil {
		return cloud.Namespace{}, err
	}
	if err := c.f.elsewhere(what); err != nil {
		return cloud.Namespace{}, err
	}
	if err := how(s); err != nil {
		return cloud.Namespace{}, err
	}
	return s.Namespace, nil
}

func (s *space) save(pem []byte) error {
	cas, bad := certsvc.LintBundle(pem, time.Now())
	if err := join(refusals(bad, "")...); err != nil {
		return err
	}
	if len(cas) == 0 {
		return fault.New(fault.Invalid, "The bundle is empty", "Give a CA.")
	}
	s.before, s.taken = []byte(s.BundlePEM), true
	s.hold(pem, cas...)
	return nil
}

func (s *space) hold(pem []byte, cas ...*x509.Certificate) {
	s.BundlePEM, s.Bytes, s.CAs = string(pem), len(pem), nil
	for _, x := range cas {
		s.CAs = append(s.CAs, cloud.CA{Subject: certsvc.SubjectOf(x), Fingerprint: certsvc.Fingerprint(x), NotAfter: x.NotAfter})
	}
}

// SetCAs saves a bundle behind Onramp's back.
func (c *standIn) SetCAs(_ context.Context, id namespace.ID, pem []byte) (cloud.Namespace, error) {
	return c.change("SetCAs", id, func(s *space) error { return s.save(pem) })
}

func (c *standIn) ChangeCAs(_ context.Context, id namespace.ID, how func(cloud.Namespace, cloud.Callers) ([]byte, error)) (cloud.Namespace, error) {
	return c.change("ChangeCAs", id, func(s *space) error {
		pem, err := how(s.Namespace, c.callers())
		if err != nil {
			return err
		}
		return s.save(pem)
	})
}

func (c *standIn) TakeBackCAs(_ context.Context, after cloud.Namespace) error {
	_, err := c.change("TakeBackCAs", after.ID, func(s *space) error {
		if !s.taken || s.BundlePEM != after.BundlePEM {
			return fault.New(fault.Conflict, "The bundle was changed again", "Look at it.")
		}
		cas, _ := certsvc.LintBundle(s.before, time.Now())
		s.hold(s.before, cas...)
		s.taken = false
		return nil
	})
	return err
}

func (c *standIn) ChangeFilters(_ context.Context, id namespace.ID, how func(cloud.Namespace) ([]byte, error)) (cloud.Namespace, error) {
	return c.change("ChangeFilters", id, func(s *space) error {
		filters, err := how(s.Namespace)
		if err == nil {
			s.Filters = bytes.Clone(filters)
		}
		return err
	})
}

func (c *standIn) ChangeAuth(_ context.Context, id namespace.ID, how func(cloud.Namespace, cloud.Callers) (string, error)) (cloud.Namespace, error) {
	return c.change("ChangeAuth", id, func(s *space) error {
		auth, err := how(s.Namespace, c.callers())
		if err == nil {
			s.Auth = auth
		}
		return err
	})
}

func (c *standIn) CreateAPIKey(_ context.Context, id namespace.ID, name string, life time.Duration) (cloud.NewKey, cloud.Namespace, error) {
	var made cloud.Key
	ns, err := c.change("CreateAPIKey", id, func(s *space) error {
		c.keys++
		made = cloud.Key{ID: fmt.Sprint("key-", c.keys), Name: name}
		s.Keys = append([]cloud.Key{made}, s.Keys...)
		if c.meanwhile != nil { // somebody else makes one before this one's maker hears of it
			s.Keys = append([]cloud.Key{*c.meanwhile}, s.Keys...)
		}
		return nil
	})
	if err != nil {
		return cloud.NewKey{}, ns, err
	}
	return cloud.NewKey{Key: made, Secret: certsvc.NewSecret([]byte(fmt.Sprint("api-key-canary-", c.keys)))}, ns, nil
}

func (c *standIn) DeleteAPIKey(_ context.Context, id namespace.ID, keyID string, may func(cloud.Callers) error) (cloud.Namespace, error) {
	return c.change("DeleteAPIKey", id, func(s *space) error {
		if may != nil {
			if err := may(c.callers()); err != nil {
				return err
			}
		}
		s.Keys = slices.DeleteFunc(slices.Clone(s.Keys), func(k cloud.Key) bool { return k.ID == keyID })
		return nil
	})
}

// callers are who a test says, else nobody, watched for long enough.
func (c *standIn) callers() cloud.Callers {
	now := time.Now()
	return cloud.Callers{Since: now.Add(-24 * time.Hour), At: now, List: c.seen}
}

func (c *standIn) Callers(context.Context, namespace.ID) (cloud.Callers, error) {
	return c.callers(), nil
}

func (c *standIn) Broken() map[string][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string][]string{}
	for id, s := range c.spaces {
		if len(s.broken) > 0 {
			out[id] = slices.Clone(s.broken)
		}
	}
	return out
}

func (c *standIn) SetBreak(_ context.Context, id namespace.ID, breakID string, on bool) error {
	_, err := c.change("SetBreak", id, func(s *space) error {
		s.broken = slices.DeleteFunc(slices.Clone(s.broken), func(b string) bool { return b == breakID })
		if on {
			s.broken = append(s.broken, breakID)
		}
		return nil
	})
	return err
}

func (c *standIn) Bend(_ namespace.ID, s cloud.Setup) (cloud.Setup, error) { return s, nil }
func (c *standIn) BreakAddress(namespace.ID, string) string                { return "" }

// state is everything in it, as text.
func (c *standIn) state() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for id, s := range c.spaces {
		out = append(out, fmt.Sprintf("cloud %s: auth %s, bundle %x, filters %s, keys %v, broken %v", id, s.Auth, s.BundlePEM, s.Filters, s.Keys, s.broken))
	}
	slices.Sort(out)
	return out
}

// passing is a checker whose checks pass.
type passing struct{}

func (passing) Run(_ context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report {
	return passed(t)
}

func passed(t doctor.Target) doctor.Report {
	auth := cloud.AuthMTLS
	if t.APIKey != "" {
		auth = cloud.AuthAPIKey
	}
	r := doctor.Report{Schema: doctor.Schema, Rules: doctor.RulesDate, TestedFrom: "here", At: time.Now().UTC(), Verdict: doctor.Explain(doctor.OK, doctor.Certain, nil),
		Target: doctor.ReportTarget{Address: t.Address, Namespace: t.Namespace, ServerName: t.ServerName, Auth: auth}}
	for _, id := range doctor.StageIDs {
		r.Stages = append(r.Stages, doctor.Stage{ID: id, Status: doctor.Pass, Evidence: map[string]any{}, Findings: []string{}})
	}
	return r
}

// workflows are transfers that complete, once hold is open where it is set.
type workflows struct {
	f     *fuse
	mu    sync.Mutex
	hold  chan struct{}
	held  int      // how many have waited for it
	asked []string // to cancel, to terminate
	used  [][]byte // the keys of what acts asked for
	no    error    // what is asked is refused
}

func (x *workflows) wait(ctx context.Context) {
	x.mu.Lock()
	hold := x.hold
	if hold != nil {
		x.held++
	}
	x.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
		}
	}
}

// let lets go those that begin while do works, but not the first that is held.
func (x *workflows) let(do func()) {
	set := func(to chan struct{}) (was chan struct{}, held int) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if was, held = x.hold, x.held; held > 0 || to != nil {
			x.hold = to
		}
		return was, held
	}
	hold, held := set(nil)
	for ; held == 0; _, held = set(nil) {
		time.Sleep(time.Millisecond)
	}
	do()
	set(hold)
}

// use notes the key of a request.
func (x *workflows) use(r transfer.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.used = append(x.used, bytes.Clone(r.Target.KeyPEM))
}

func (x *workflows) Run(ctx context.Context, req transfer.Request, _ func([]transfer.Event)) transfer.Result {
	x.wait(ctx)
	if ctx.Err() != nil {
		return transfer.Result{WorkflowID: req.WorkflowID, RunID: "r-1", Status: "RUNNING"}
	}
	return transfer.Result{WorkflowID: req.WorkflowID, RunID: "r-1", Status: "COMPLETED", AsExpected: true, Verdict: doctor.Verdict{Code: doctor.OK}}
}

func (x *workflows) Drill(_ context.Context, d transfer.Drill, _ func(transfer.DrillProgress)) (transfer.DrillReport, error) {
	return transfer.DrillReport{Planned: d.Count, Done: d.Count}, nil
}

func (x *workflows) ask(what string, r transfer.Request) error {
	x.use(r)
	if err := x.f.elsewhere(what); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.no != nil {
		return x.no
	}
	x.asked = append(x.asked, what+" "+r.WorkflowID)
	return nil
}

func (x *workflows) Cancel(_ context.Context, r transfer.Request) error {
	return x.ask("Cancel", r)
}

func (x *workflows) Terminate(_ context.Context, r transfer.Request, _ string) error {
	return x.ask("Terminate", r)
}

func (x *workflows) History(_ context.Context, r transfer.Request, to io.Writer) error {
	x.use(r)
	_, err := io.WriteString(to, "{}")
	return err
}

func (x *workflows) Pollers(context.Context, transfer.Request) ([]transfer.Poller, error) {
	return []transfer.Poller{{Identity: "7@box", LastAccess: time.Now(), Kind: "workflow"}}, nil
}

func (x *workflows) Detect(context.Context, transfer.Request) (transfer.Detected, error) {
	return transfer.Detected{}, nil
}

//go:build !lean

package rehearsal

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/taskqueue/v1"
	"google.golang.org/grpc/peer"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/namespace"
	"onramp/rehearsal/control"
)

// What the book holds at most; identities and task queues are whatever callers say.
const (
	maxCallers      = 2000
	maxCallerQueues = 5
	maxCallerText   = 200 // bytes
)

// callers is the gate's book: which client certificate or API key each connection and each call used, and when. A
// change of a bundle or of keys that depends on it is made under its lock, so nobody comes in between.
type callers struct {
	now func() time.Time
	own func(address string) bool

	mu    sync.Mutex
	since time.Time
	open  map[string]*visit // by remote address
	rows  map[callerKey]*cloud.Caller
}

type callerKey struct {
	namespace, leaf, identity string
	key                       string // ID of the API key, "" with a certificate
	own                       bool   // Onramp itself: a program of the same name is another caller
}

// visit is one open connection.
type visit struct {
	namespace string // whose endpoint it dialled, "" for localhost and regional endpoints
	keyed     bool   // it signs in with API keys, one with each call
	regional  bool   // it dialled a regional endpoint
	region    string // which: "aws-us-east-1"
	tied      string // the namespace of its first call that was let in, over localhost
	chain     []*x509.Certificate
	caller    cloud.Caller // its certificate, and when it came
	last      callerKey    // of its last call that said who calls
	keys      map[callerKey]bool
	unnamed   int64 // its calls so far that are written down under no identity
}

func newCallers(now func() time.Time, own func(address string) bool) *callers {
	if own == nil {
		own = func(string) bool { return false }
	}
	b := &callers{now: now, own: own}
	b.forget()
	return b
}

// forget begins a new book.
func (b *callers) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.since, b.open, b.rows = b.now(), map[string]*visit{}, map[callerKey]*cloud.Caller{}
}

// begin says from when on nobody can be missing.
func (b *callers) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.since = b.now()
}

// enter writes down a connection whose handshake is done, until it closes.
func (b *callers) enter(c *caller, v *visit, state tls.ConnectionState) {
	at := b.now()
	v.keys = map[callerKey]bool{}
	v.caller = cloud.Caller{First: at, Last: at, Own: b.own(c.RemoteAddr().String())}
	if v.chain = state.PeerCertificates; len(v.chain) > 0 {
		v.caller.Leaf, v.caller.LeafSubject = certsvc.Fingerprint(v.chain[0]), certsvc.SubjectOf(v.chain[0])
	}
	if v.regional {
		r, _ := namespace.LookupRegion(serverName(state.ServerName)) // forClient has found it
		v.region = r.ID
	}
	if len(state.VerifiedChains) > 0 {
		root := state.VerifiedChains[0][len(state.VerifiedChains[0])-1]
		v.caller.CA, v.caller.CASubject = certsvc.Fingerprint(root), certsvc.SubjectOf(root)
	}
	who := c.RemoteAddr().String()
	b.mu.Lock()
	b.open[who] = v
	b.mu.Unlock()
	c.whenClosed(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.open[who] == v {
			delete(b.open, who)
		}
	})
}

// visitOf is the connection of a call, nil for one that is not in the book; b.mu is held.
func (b *callers) visitOf(ctx context.Context) *visit {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	return b.open[p.Addr.String()]
}

// binds reports whether a call with this verdict belongs to the namespace of its connection. Over localhost that is the
// one of its first call that was let in: in Temporal Cloud the server name chooses it. b.mu is held.
func (b *callers) binds(ctx context.Context, ns string, v verdict) bool {
	visit := b.visitOf(ctx)
	if visit == nil || visit.namespace != "" || visit.regional || ns == "" {
		return true
	}
	if visit.tied == "" && v == allowed {
		visit.tied = ns
	}
	return visit.tied == "" || visit.tied == ns
}

// signsInWithKeys reports whether a call's connection came in where API keys are shown.
func (b *callers) signsInWithKeys(ctx context.Context) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.visitOf(ctx)
	return v != nil && v.keyed
}

// inRegion reports whether a namespace is served where a call's connection was made to: a regional endpoint knows the
// namespaces of its region.
func (b *callers) inRegion(ctx context.Context, s *space) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.visitOf(ctx)
	return v == nil || v.region == "" || slices.Contains(control.RegionsOf(s.rest), v.region)
}

// call writes down one call and what became of it; b.mu is held.
func (b *callers) call(ctx context.Context, ns string, request any, v verdict) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return
	}
	visit := b.open[p.Addr.String()]
	if visit == nil || visit.keyed || ns == "" && visit.namespace == "" {
		return
	}
	key := callerKey{namespace: cmp.Or(ns, visit.namespace), leaf: visit.caller.Leaf, identity: identityOf(request), own: visit.caller.Own}
	if key.identity == "" && visit.last.namespace == key.namespace {
		key.identity = visit.last.identity // the call does not say who calls, an earlier one did
	}
	row := b.row(visit, key)
	if key.identity != "" {
		visit.last = key
		b.name(visit, key, row)
	}
	if v != allowed {
		row.Refused++
		return
	}
	row.Calls++
	if key.identity == "" {
		visit.unnamed++
	}
	row.Last = b.now()
	queued(row, request)
}

// keyCall writes down one call that was let in with an API key; b.mu is held. A connection has the key of its last call.
func (b *callers) keyCall(ctx context.Context, ns string, request any, id string) {
	visit := b.visitOf(ctx)
	if visit == nil {
		return
	}
	key := callerKey{namespace: ns, identity: identityOf(request), key: id, own: visit.caller.Own}
	if key.identity == "" && visit.last.namespace == ns && visit.last.key == id {
		key.identity = visit.last.identity
	}
	row := b.row(visit, key)
	visit.last = key
	row.Calls++
	row.Last = b.now()
	queued(row, request)
}

// row is the row of a caller, made where there is none; b.mu is held.
func (b *callers) row(v *visit, key callerKey) *cloud.Caller {
	row := b.rows[key]
	if row == nil {
		b.makeRoom()
		r := v.caller
		r.Identity, r.KeyID, r.First, r.Last = key.identity, key.key, b.now(), time.Time{}
		row = &r
		b.rows[key] = row
	}
	v.keys[key] = true
	return row
}

// queued adds the task queue of a request.
func queued(row *cloud.Caller, request any) {
	if q := queueOf(request); q != "" && len(row.TaskQueues) < maxCallerQueues && !slices.Contains(row.TaskQueues, q) {
		row.TaskQueues = append(slices.Clone(row.TaskQueues), q) // a copy: lists that were handed out stay
	}
}

// name gives the calls that a connection made before it said who calls to the row of its identity: SDKs ask
// for the server's abilities first, without a name.
func (b *callers) name(v *visit, key callerKey, row *cloud.Caller) {
	before := callerKey{namespace: key.namespace, leaf: key.leaf, own: key.own}
	r := b.rows[before]
	if v.unnamed == 0 || r == nil || !v.keys[before] {
		return
	}
	row.Calls, r.Calls, v.unnamed = row.Calls+v.unnamed, r.Calls-v.unnamed, 0
	if r.First.Before(row.First) {
		row.First = r.First
	}
	delete(v.keys, before)
	if r.Calls <= 0 && r.Refused == 0 {
		delete(b.rows, before)
	}
}

// makeRoom forgets the row that was quiet for longest when the book is full.
func (b *callers) makeRoom() {
	if len(b.rows) < maxCallers {
		return
	}
	var oldest callerKey
	for k, r := range b.rows {
		if o := b.rows[oldest]; o == nil || r.Last.Before(o.Last) {
			oldest = k
		}
	}
	delete(b.rows, oldest)
}

// of returns the callers of a namespace; b.mu is held.
func (b *callers) of(s *space) cloud.Callers {
	out := cloud.Callers{Since: b.since, At: b.now()}
	id := s.id.String()
	rows := map[callerKey]*cloud.Caller{}
	for k, r := range b.rows {
		if k.namespace == id {
			copied := *r
			rows[k] = &copied
		}
	}
	for _, v := range b.open {
		if v.keyed {
			if r := rows[v.last]; r != nil && v.last.key != "" {
				r.Open++
			}
			continue
		}
		called := false
		for k := range v.keys {
			if r := rows[k]; r != nil {
				r.Open++
				called = true
			}
		}
		// One that has made no call may still make it to any namespace that trusts it.
		if called || v.namespace != id && (v.namespace != "" || len(v.keys) > 0 || !s.trusts(v.chain, out.At)) {
			continue
		}
		k := callerKey{namespace: id, leaf: v.caller.Leaf, own: v.caller.Own}
		if r := rows[k]; r == nil {
			copied := v.caller
			rows[k] = &copied
		} else if v.caller.Last.After(r.Last) {
			r.Last = v.caller.Last
		}
		rows[k].Open++
	}
	for _, r := range rows {
		out.List = append(out.List, *r)
	}
	slices.SortFunc(out.List, func(x, y cloud.Caller) int {
		return cmp.Or(strings.Compare(x.CASubject, y.CASubject), strings.Compare(x.CA, y.CA), strings.Compare(x.Leaf, y.Leaf), strings.Compare(x.KeyID, y.KeyID), strings.Compare(x.Identity, y.Identity))
	})
	return out
}

// identityOf is how a request names its caller, "" when it does not.
func identityOf(request any) string {
	if r, ok := request.(interface{ GetIdentity() string }); ok {
		return callerText(r.GetIdentity())
	}
	return ""
}

// queueOf is the task queue that a request is about, for a sticky one that of the worker.
func queueOf(request any) string {
	r, ok := request.(interface{ GetTaskQueue() *taskqueue.TaskQueue })
	if !ok {
		return ""
	}
	q := r.GetTaskQueue()
	return callerText(cmp.Or(q.GetNormalName(), q.GetName()))
}

func callerText(s string) string {
	if len(s) > maxCallerText {
		s = s[:maxCallerText]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// Callers returns who calls a namespace with which client certificate or API key, since the cloud started.
func (c *Cloud) Callers(ctx context.Context, id namespace.ID) (cloud.Callers, error) {
	if err := c.Ready(ctx); err != nil {
		return cloud.Callers{}, err
	}
	s, err := c.space(id)
	if err != nil {
		return cloud.Callers{}, err
	}
	c.gate.callers.mu.Lock()
	defer c.gate.callers.mu.Unlock()
	return c.gate.callers.of(s), nil
}

// ChangeCAs is SetCAs with what change makes of the present bundle and its callers: nobody comes in, makes
// a call or changes the bundle between the look and the change. An error of change changes nothing.
func (c *Cloud) ChangeCAs(ctx context.Context, id namespace.ID, change func(cloud.Namespace, cloud.Callers) ([]byte, error)) (cloud.Namespace, error) {
	var shown cloud.Namespace
	err := c.change(ctx, func(*server) error {
		old, err := c.space(id)
		if err != nil {
			return err
		}
		c.gate.callers.mu.Lock()
		defer c.gate.callers.mu.Unlock()
		bundle, err := change(old.shown(), c.gate.callers.of(old))
		if err != nil {
			return err
		}
		s, err := c.trusting(old, bundle)
		if err != nil {
			return err
		}
		shown = s.shown()
		return c.commit(c.realm.Load().with(s))
	})
	if err != nil {
		return cloud.Namespace{}, err
	}
	return shown, nil
}

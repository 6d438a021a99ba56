package acts

import (
	"context"
	"sync"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// OpsFor is how long a Cloud Ops API key stays in memory.
const OpsFor = 15 * time.Minute

// OpsClient is Temporal Cloud's control plane with a person's key (cloudops.Client).
type OpsClient interface {
	cloud.Looker
	cloud.Planner
	cloud.Applier
	cloud.KeyMaker
	// Pending is the oldest change that was sent for a migration before (cloud.Plan.For) and whose end nobody saw; false for
	// none.
	Pending(migration string) (cloud.Plan, bool)
	Close() error // forgets the key
}

// OpsPlace opens the control plane of a kind of place.
type OpsPlace struct {
	Server string // host:port, as people are shown it
	// Open returns a client with a key, which it takes over. Nothing is dialled yet. Errors are faults.
	Open func(key certsvc.Secret) (OpsClient, error)
	// OwnKey makes a key of the place's own for an account; nil where people bring theirs.
	OwnKey func(account string) (certsvc.Secret, error)
}

// OpsState is what a person sees of the control plane with the key that they gave for a migration.
type OpsState struct {
	Server   string
	Until    time.Time
	Who      cloud.Identity
	List     []cloud.Listed
	Regions  []cloud.Region
	Detail   *cloud.Detail // of the migration's namespace; nil where there is none, or it cannot be seen
	NotSeen  error         // why it cannot
	Plan     *cloud.Plan   // worked out and not made
	Sending  bool          // a plan is being made
	Progress cloud.Operation
	Applied  *cloud.Applied // what came of the last one
	Failed   error          // why it did not come to its good end
	Waits    *cloud.KeyPlan // an API key that was made and that nobody has yet (TakeOpsKey); nil for none
}

// opsDesk holds the keys of the Cloud Ops API that people gave, each with what was seen with it, in memory only.
type opsDesk struct {
	mu     sync.Mutex // guards what follows
	all    map[custody.Held]*opsSession
	closed bool
	work   sync.WaitGroup // plans that are being made
}

type opsSession struct {
	client OpsClient
	state  OpsState
	from   string  // the namespace that the migration had when state.Plan was worked out; "" for none
	wish   OpsWish // what state.Plan is for
	timer  *time.Timer
	done   chan struct{} // closed when a plan was made; nil before
	made   *madeKey      // nil where no API key waits
}

// madeKey is an API key that waits to be taken, once.
type madeKey struct {
	cloud.MadeKey
	plan cloud.Plan
}

// keep holds a session in the place of one before it.
func (o *opsDesk) keep(key custody.Held, s *opsSession) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = map[custody.Held]*opsSession{}
	}
	o.drop(key)
	if o.closed {
		_ = s.client.Close() // it was not used yet
		return
	}
	s.timer = time.AfterFunc(OpsFor, func() { o.expire(key, s) })
	o.all[key] = s
}

// drop forgets a key; one that a plan is being made with goes at its end. The caller holds the lock.
func (o *opsDesk) drop(key custody.Held) bool {
	s := o.all[key]
	if s == nil {
		return false
	}
	s.timer.Stop()
	delete(o.all, key)
	if s.made != nil { // nobody has it: the journal has its operation, and the next one that is made deletes it
		clear(s.made.Secret.Reveal())
		s.made, s.state.Waits = nil, nil
	}
	if !s.state.Sending {
		_ = s.client.Close() // nobody calls any more
	}
	return true
}

func (o *opsDesk) expire(key custody.Held, s *opsSession) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all[key] == s {
		o.drop(key)
	}
}

// forget drops the keys that one person, or with "" everybody, gave for a migration.
func (o *opsDesk) forget(person, migration string) (any bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for key := range o.all {
		if key.Migration == migration && (person == "" || key.Person == person) {
			any = o.drop(key) || any
		}
	}
	return any
}

// close forgets every key and waits for the plans that are being made: what was sent is in the journal.
func (o *opsDesk) close() {
	o.mu.Lock()
	o.closed = true
	for key := range o.all {
		o.drop(key)
	}
	o.mu.Unlock()
	o.work.Wait()
}

// of is a person's session for a migration.
func (o *opsDesk) of(key custody.Held) (*opsSession, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s := o.all[key]; s != nil {
		return s, nil
	}
	return nil, fault.New(fault.Conflict, "Onramp has no Cloud Ops API key of yours for this migration", "Give it again: Onramp forgets each after 15 minutes.")
}

// change changes what a session shows.
func (o *opsDesk) change(s *opsSession, f func(*OpsState)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f(&s.state)
}

// waiting is a Conflict fault while an API key of the namespace waits for somebody else to take it: making another would
// delete it.
func (o *opsDesk) waiting(mine *opsSession, ns namespace.ID) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.all {
		if s.made != nil && s.made.plan.Namespace == ns {
			text := "Somebody has just made an API key in this namespace and has not taken it yet"
			if s == mine {
				text = "The API key that was just made waits to be shown"
			}
			return fault.New(fault.Conflict, text, "Take it first, or wait 15 minutes.")
		}
	}
	return nil
}

// opsKey names what a person holds.
func opsKey(by Actor, id string) custody.Held { return by.Holds(id, "ops") }

// State is what the actor sees of the control plane; false when Onramp has no key of theirs for this migration. It dials
// nothing.
func (c CloudOps) State(by Actor, id string) (OpsState, bool) {
	c.ops.mu.Lock()
	defer c.ops.mu.Unlock()
	s := c.ops.all[opsKey(by, id)]
	if s == nil {
		return OpsState{}, false
	}
	return s.state, true
}

// Place is the control plane of a kind of place; Open is nil where there is none.
func (c CloudOps) Place(practice bool) OpsPlace {
	if practice {
		return c.o.RehearsalOps
	}
	return c.o.CloudOps
}

// mayChange is nil when the actor may plan or make a change of the migration's namespace: in a rehearsal, where the key is
// the portal's and may do everything, not of one that another team uses too (Book.Free).
func (c CloudOps) mayChange(ctx context.Context, by Actor, v migration.View, kind string) error {
	if !v.Migration.Mode.Can().Practice || kind == cloud.KindCreate || v.Namespace == nil {
		return nil
	}
	return c.Free(ctx, by, v.Namespace.Namespace)
}

// HeldBundle is the CA bundle of a migration's namespace as the actor's key in memory showed it; false where none did.
func (c CloudOps) HeldBundle(by Actor, v migration.View) ([]byte, bool) {
	st, given := c.State(by, v.Migration.ID)
	if !given || st.Detail == nil || v.Namespace == nil || st.Detail.Name != v.Namespace.Namespace || st.Detail.Unreadable {
		return nil, false
	}
	return st.Detail.BundlePEM, true
}

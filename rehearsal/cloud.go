//go:build !lean

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"onramp/cloud"
	"onramp/fault"
)

// Cloud is the rehearsal cloud: a Temporal server in this process behind a door that behaves as Temporal
// Cloud's. It is safe for concurrent use.
type Cloud struct {
	o         Options
	authority *authority
	door      *door
	keyDoor   *door // its local names take API keys
	moved     bool  // the door has another port than at the start before, which somebody else has
	gate      *gate
	realm     atomic.Pointer[realm]

	life  context.Context // ends with Close
	end   context.CancelFunc
	tasks sync.WaitGroup // starts and resets that run
	once  sync.Once      // Close
	ended error          // what Close found

	// work is held by who changes the namespaces or the server: one at a time.
	work     chan struct{}
	keeper   keeper
	lock     *os.File // of Dir, while a server runs on it
	server   *server
	watch    *watch
	practice *practice

	rigMu sync.Mutex
	rigs  map[rigKey]rig // of the switches that are on; changed while work is held
	idle  *doorway       // sends callers away while a start has failed

	mu      sync.Mutex
	phase   cloud.Phase
	err     error
	began   time.Time
	took    time.Duration
	changed chan struct{} // closed when the phase changes
	queued  int           // starts and resets that have not finished
	resets  int           // resets that have not begun
	// forgotten is told of a reset; nil for nobody.
	forgotten func() error
	// deleted is told of a namespace that is deleted; nil for nobody.
	deleted func(id string) error
	closed  bool
}

// stopWithin is how long Close waits for the server.
const stopWithin = 10 * time.Second

// startWithin bounds what a start waits for; it takes well under a second.
const startWithin = 60 * time.Second

// New returns a Cloud that listens on Options.Addr and has not started: callers wait until it has. The
// only errors are faults about the address.
func New(o Options) (*Cloud, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	host, port, err := net.SplitHostPort(o.Addr)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fault.Wrap(err, fault.Invalid, fmt.Sprintf("The rehearsal cloud cannot listen on %q", o.Addr),
			"Use a loopback address with a port, such as 127.0.0.1:0: the rehearsal is for this machine.").In("rehearsal-addr")
	}
	a, err := newAuthority("Onramp rehearsal server root")
	if err != nil {
		return nil, fault.From(err)
	}
	inside, err := newInternode()
	if err != nil {
		return nil, fault.From(err)
	}
	d, moved, err := openKept(host, port, o.PortFile)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "Cannot listen on "+o.Addr,
			"Another program uses it (another Onramp?). Choose another address for the rehearsal; port 0 picks a free one.").In("rehearsal-addr")
	}
	k, _, err := openKept(host, "0", keyFile(o.PortFile)) // the port that was asked for is the first door's
	if err != nil {
		return nil, fault.Wrap(errors.Join(err, d.close()), fault.Unavailable, "Cannot listen on another port of "+host,
			"The rehearsal has a second address for API keys, and no port is free for it.").In("rehearsal-addr")
	}
	k.leadInto(d)
	c := &Cloud{o: o, authority: a, door: d, keyDoor: k, work: make(chan struct{}, 1), keeper: keeper{dir: o.Dir}, phase: cloud.Off, changed: make(chan struct{}), rigs: map[rigKey]rig{}}
	if c.practice, err = newPractice(o.Now()); err != nil {
		return nil, fault.From(errors.Join(err, k.close(), d.close()))
	}
	if c.moved = moved; moved {
		o.Log.Warn("another program has the port that the rehearsal cloud had; it has a new one", "address", c.Address())
	}
	c.gate = &gate{authority: a, inside: inside, realm: c.realm.Load, now: o.Now, callers: newCallers(o.Now, o.Own)}
	c.gate.lenient.Store(o.Lenient)
	c.realm.Store(newRealm(nil, false))
	c.life, c.end = context.WithCancel(context.Background())
	return c, nil
}

// Address is where programs dial it: "localhost:PORT", the same for the life of the Cloud.
func (c *Cloud) Address() string { return fmt.Sprintf("localhost:%d", c.door.port()) }

// KeyAddress is where programs dial that sign in with an API key and name no server: "localhost:PORT", the same for the
// life of the Cloud. It stands for a regional endpoint, and for the endpoint of a namespace that takes API keys.
func (c *Cloud) KeyAddress() string { return fmt.Sprintf("localhost:%d", c.keyDoor.port()) }

// keyFile keeps the port of the second door.
func keyFile(file string) string {
	if file == "" {
		return ""
	}
	return file + "-keys"
}

// Serves reports whether an address is one of the rehearsal cloud's: of its doors, or of a switch that has an address of its
// own. It never waits.
func (c *Cloud) Serves(at netip.AddrPort) bool {
	if !at.Addr().IsLoopback() {
		return false
	}
	if p := int(at.Port()); p == c.door.port() || p == c.keyDoor.port() {
		return true
	}
	c.rigMu.Lock()
	defer c.rigMu.Unlock()
	for _, r := range c.rigs {
		if r.address == at.String() {
			return true
		}
	}
	return false
}

// RootPEM is the root under which its server certificates stand, new for each Cloud.
func (c *Cloud) RootPEM() []byte { return c.authority.rootPEM }

// State says how far it is.
func (c *Cloud) State() cloud.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := cloud.State{Phase: c.phase, Err: c.err, Took: c.took, Moved: c.moved}
	if c.phase == cloud.Starting {
		s.Took = time.Since(c.began)
	}
	return s
}

// StartBackground starts it and returns at once. Where it runs already, or starts, it does nothing; after
// a failure it tries again.
func (c *Cloud) StartBackground() { c.begin(false) }

// Start is StartBackground and Ready.
func (c *Cloud) Start(ctx context.Context) error {
	c.begin(false)
	return c.Ready(ctx)
}

// Ready waits until it is ready, at most until ctx ends. Errors are Unavailable faults: it is off, its
// start failed, or it still starts.
func (c *Cloud) Ready(ctx context.Context) error {
	for {
		c.mu.Lock()
		phase, err, changed, closed := c.phase, c.err, c.changed, c.closed
		c.mu.Unlock()
		switch {
		case closed:
			return unavailable("The rehearsal cloud has stopped", "Onramp is closing. Start it again.")
		case phase == cloud.Ready:
			return nil
		case phase == cloud.Failed:
			return err
		case phase == cloud.Off:
			return unavailable("The rehearsal cloud is off", "Start Onramp with --rehearsal=on.")
		}
		select {
		case <-changed:
		case <-ctx.Done():
			f := unavailable("The rehearsal cloud is still starting", "Wait a few seconds, then try again.")
			f.Err = context.Cause(ctx)
			return f
		}
	}
}

// Reset forgets every namespace and workflow: the server starts again on an empty database, at the same
// address. It also repairs a rehearsal whose start failed. When ctx ends first, the reset goes on. An Unchanged fault when
// it is closing.
func (c *Cloud) Reset(ctx context.Context) error {
	if !c.begin(true) {
		return fault.Unchanged(c.Ready(ctx))
	}
	return c.Ready(ctx)
}

// Close stops it and returns when all is over, at most after 10 s. The second call returns what the first
// one did.
func (c *Cloud) Close() error {
	c.once.Do(func() {
		c.mu.Lock()
		c.closed = true
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
		c.end()
		done := make(chan error, 1)
		go func() {
			c.tasks.Wait()
			c.work <- struct{}{}
			// Nobody comes in any more, then the server stops.
			done <- errors.Join(c.welcome(), c.keyDoor.close(), c.door.close(), c.halt())
		}()
		select {
		case c.ended = <-done:
		case <-time.After(stopWithin):
			c.ended = errors.New("the Temporal server has not stopped in time")
		}
		if c.ended != nil {
			c.ended = fault.Wrap(c.ended, fault.Internal, "The rehearsal cloud did not stop cleanly", "Nothing to do: the process is about to end.")
		}
	})
	return c.ended
}

func unavailable(title, fix string) *fault.Fault { return fault.New(fault.Unavailable, title, fix) }

// begin starts it in the background, with fresh on an empty database, unless that has begun already; false when it is
// closing.
func (c *Cloud) begin(fresh bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return false
	case fresh && c.resets > 0, !fresh && (c.phase == cloud.Ready || c.phase == cloud.Starting):
		return true
	}
	if fresh {
		c.resets++
	}
	c.queued++
	c.began = time.Now()
	c.enter(cloud.Starting, nil)
	c.tasks.Go(func() { c.boot(fresh) })
	return true
}

// enter changes the phase; c.mu is held.
func (c *Cloud) enter(phase cloud.Phase, err error) {
	c.phase, c.err = phase, err
	close(c.changed)
	c.changed = make(chan struct{})
}

// boot stops what runs and starts a server.
func (c *Cloud) boot(fresh bool) {
	c.work <- struct{}{}
	defer func() { <-c.work }()
	c.mu.Lock()
	if fresh {
		c.resets--
	}
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(c.life, startWithin)
	defer cancel()
	err := c.open(ctx, fresh)
	if err != nil {
		err = errors.Join(err, c.halt())
		if c.life.Err() == nil {
			c.o.Log.Error("the rehearsal cloud did not start", "cause", err)
		}
		c.idle = c.door.turnAway()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queued--
	switch {
	case err != nil:
		c.enter(cloud.Failed, c.failure(err))
	case c.queued == 0 && c.phase == cloud.Starting:
		c.took = time.Since(c.began)
		c.enter(cloud.Ready, nil)
		c.o.Log.Info("the rehearsal cloud is ready", "address", c.Address(), "after", c.took)
	}
}

func (c *Cloud) failure(err error) error {
	if f := fault.From(err); f.Kind != fault.Internal {
		return f
	}
	return &fault.Fault{Kind: fault.Unavailable, Title: "The rehearsal cloud did not start", Err: err,
		Cause: "The embedded Temporal server reported an error; the log has it.", NotWrong: "Migrations that talk to Temporal Cloud itself are not touched.",
		Fix: "Reset the rehearsal: it starts again empty. If it fails again, look into the log."}
}

// open stops what runs and starts a server with the namespaces that were saved, or with none; c.work is
// held.
func (c *Cloud) open(ctx context.Context, fresh bool) error {
	both := c.realm.Load().both
	err := c.halt()
	if err != nil {
		c.o.Log.Warn("the rehearsal cloud did not stop cleanly", "cause", err)
	}
	if c.o.Dir != "" {
		if err := os.MkdirAll(c.o.Dir, 0o700); err != nil {
			return err
		}
		if c.lock, err = lockDir(c.o.Dir); err != nil {
			return err
		}
		if err := private(c.o.Dir); err != nil {
			return err
		}
	}
	var r *realm
	if fresh {
		if saved, err := c.keeper.load(); err != nil {
			c.o.Log.Warn("the saved rehearsal cannot be read; it is forgotten", "cause", err)
		} else {
			both = both || saved.both
		}
		if r, err = c.keeper.forget(both); err == nil {
			err = tellForgotten(c)
		}
	} else {
		r, err = c.keeper.load()
	}
	if err != nil {
		return err
	}
	r.both = r.both || c.o.BothMethods
	if err := c.keeper.sweep(); err != nil {
		c.o.Log.Warn("an old rehearsal database stays behind", "cause", err)
	}
	w := &watch{tell: c.broke}
	l := serverLog{c.o.Log, w}
	db := memoryDatabase(l)
	if c.o.Dir != "" {
		if db, err = fileDatabase(c.keeper.database(), l); err != nil {
			return err
		}
	}
	s, err := startServer(ctx, db, c.door.way(), c.gate, l, c.o)
	if err != nil {
		return err
	}
	c.server, c.watch = s, w
	for _, sp := range r.spaces() {
		if err := s.register(ctx, sp.id.String()); err != nil {
			return err
		}
	}
	r = r.breaking(c.practice)
	rigAll(ctx, c, s, r)
	c.realm.Store(r)
	c.gate.callers.begin()
	return w.begin()
}

// halt stops the server, if one runs; c.work is held.
func (c *Cloud) halt() error {
	err := c.welcome()
	unrigAll(c)
	if c.server != nil {
		c.watch.end()
		err = errors.Join(err, c.server.close())
		c.server, c.watch = nil, nil
	}
	c.realm.Store(newRealm(nil, false))
	c.gate.callers.forget()
	if c.lock != nil {
		err = errors.Join(err, c.lock.Close())
		c.lock = nil
	}
	return err
}

// welcome ends the turning away of callers after a failed start; c.work is held.
func (c *Cloud) welcome() error {
	if c.idle == nil {
		return nil
	}
	defer func() { c.idle = nil }()
	return c.idle.Close()
}

// broke notes that the running server takes itself to be at its end.
func (c *Cloud) broke(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.enter(cloud.Failed, c.failure(err))
	}
}

// watch listens to the fatal messages of one server: one during the start makes the start fail, a later
// one is told, one during the stop is no news.
type watch struct {
	tell func(error)

	mu      sync.Mutex
	started bool
	over    bool
	err     error
}

func (w *watch) fatal(message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || w.err != nil {
		return
	}
	w.err = errors.New("temporal server: " + message)
	if w.started {
		w.tell(w.err)
	}
}

// begin ends the start; it returns what went wrong in it.
func (w *watch) begin() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.started = true
	return w.err
}

// end says that the server is being stopped: what it complains about from now on is our doing.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

func (w *watch) ended() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

package runs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"onramp/fault"
)

// BulkState is where many checks that were asked for together are.
type BulkState string

// The states. What has ended never changes.
const (
	BulkRunning     BulkState = "running"
	BulkDone        BulkState = "done"
	BulkCanceled    BulkState = "canceled"
	BulkInterrupted BulkState = "interrupted" // Onramp stopped in the middle
)

// RowState is where one of them is.
type RowState string

// The states of a row. One that was not reached says so by its title.
const (
	RowWaiting     RowState = "waiting"
	RowRunning     RowState = "running"
	RowPassed      RowState = "passed"
	RowFailed      RowState = "failed"
	RowReached     RowState = "reached" // without a key: as far as the server's TLS, and that is well
	RowLeft        RowState = "left"    // there was nothing to check, or it could not begin
	RowRefused     RowState = "refused" // this portal may not dial it
	RowCanceled    RowState = "canceled"
	RowInterrupted RowState = "interrupted"
)

// BulkRow is the check of one migration among many.
type BulkRow struct {
	Nr          int // from 1
	MigrationID string
	State       RowState
	Title       string
	RunID       string // of the run with its details; "" for none
	Ended       time.Time
}

// Over reports whether nothing will become of it any more.
func (r BulkRow) Over() bool { return r.State != RowWaiting && r.State != RowRunning }

// Bulk are checks of many migrations that a person asked for together.
type Bulk struct {
	ID      string
	Person  string // custody.Actor.Person of who asked
	By      string
	State   BulkState
	Started time.Time
	Ended   time.Time
	Rows    []BulkRow
}

// Over reports whether it has ended.
func (b Bulk) Over() bool { return b.State != BulkRunning }

// Count counts the rows in some states.
func (b Bulk) Count(in ...RowState) (n int) {
	for _, r := range b.Rows {
		if slices.Contains(in, r.State) {
			n++
		}
	}
	return n
}

// BulkStore keeps checks of many. What a method was told to write is durable when it returns. NotFound faults for an
// unknown id; a row that is about a migration that who asks does not see is not there.
type BulkStore interface {
	Bulk(ctx context.Context, id string) (Bulk, error)
	SetBulkRow(ctx context.Context, id string, r BulkRow) error
	// EndBulk ends a running one, and with it the rows that are not over.
	EndBulk(ctx context.Context, id string, state BulkState, at time.Time, rest RowState) error
	// InterruptBulks ends all that are running: who carried them out is gone.
	InterruptBulks(ctx context.Context, at time.Time) error
}

// The bounds of checks of many: rows of one, checks at once in one, and how many go on in all.
const (
	MaxBulk  = 500
	bulkWide = 4
	maxBulks = 4
)

// BulkOptions of Bulks.
type BulkOptions struct {
	Store BulkStore        // required
	Log   *slog.Logger     // default: discard
	Now   func() time.Time // default time.Now
}

// Bulks carries checks of many out, some at a time. It is safe for concurrent use; Close may be called twice.
type Bulks struct {
	o     BulkOptions
	ctx   context.Context
	stop  context.CancelFunc
	work  sync.WaitGroup
	woken Fanout[string]

	mu     sync.Mutex // guards what follows
	closed bool
	live   map[string]*liveBulk
}

type liveBulk struct {
	person   string
	cancel   context.CancelFunc
	canceled bool
}

// NewBulks returns Bulks; it is an error to leave out a required option.
func NewBulks(o BulkOptions) (*Bulks, error) {
	if o.Store == nil {
		return nil, errors.New("runs: BulkOptions.Store is required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &Bulks{o: o, live: map[string]*liveBulk{}}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b, nil
}

func (b *Bulks) now() time.Time { return b.o.Now().UTC().Round(0) }

// Resume marks what a process that is gone has left as interrupted. One process alone uses a store.
func (b *Bulks) Resume(ctx context.Context) error { return b.o.Store.InterruptBulks(ctx, b.now()) }

// Close ends what is under way and waits for it.
func (b *Bulks) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.stop()
	b.work.Wait()
	return nil
}

// Begin books a place, writes the rows by add and checks each by do, a few at a time, in the background. do says by said
// what a row is doing, and returns how it ended. TooMany while the person has one under way, or too many go on;
// Unavailable while Onramp stops.
func (b *Bulks) Begin(ctx context.Context, want Bulk, do func(ctx context.Context, r BulkRow, said func(BulkRow)) BulkRow, add func(context.Context, Bulk) error) (Bulk, error) {
	want.ID, want.State, want.Started = NewID(), BulkRunning, b.now()
	for i := range want.Rows {
		want.Rows[i].Nr, want.Rows[i].State = i+1, RowWaiting
	}
	ctx2, l, err := b.book(want)
	if err != nil {
		return Bulk{}, err
	}
	if err := add(ctx, want); err != nil {
		b.drop(want.ID)
		l.cancel()
		b.work.Done()
		return Bulk{}, err
	}
	go b.carryOut(ctx2, l, want, do)
	return want, nil
}

func (b *Bulks) book(want Bulk) (context.Context, *liveBulk, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, nil, fault.New(fault.Unavailable, "Onramp is stopping", "Start it again, then repeat this.")
	}
	for _, l := range b.live {
		if l.person == want.Person {
			return nil, nil, fault.New(fault.TooMany, "You have checks of many migrations under way", "Wait until they have ended, or cancel them.")
		}
	}
	if len(b.live) >= maxBulks {
		return nil, nil, fault.New(fault.TooMany, "Others have checks of many migrations under way", "Wait until some have ended, then try again.")
	}
	ctx, cancel := context.WithCancel(b.ctx)
	l := &liveBulk{person: want.Person, cancel: cancel}
	b.live[want.ID] = l
	b.work.Add(1)
	return ctx, l, nil
}

func (b *Bulks) drop(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.live, id)
}

func (b *Bulks) carryOut(ctx context.Context, l *liveBulk, bulk Bulk, do func(context.Context, BulkRow, func(BulkRow)) BulkRow) {
	defer b.work.Done()
	defer l.cancel()
	rows := make(chan BulkRow)
	var workers sync.WaitGroup
	for range min(bulkWide, len(bulk.Rows)) {
		workers.Go(func() {
			for r := range rows {
				r.State = RowRunning
				b.write(ctx, bulk.ID, r)
				r = b.guarded(ctx, r, func(r BulkRow) BulkRow {
					return do(ctx, r, func(now BulkRow) { b.write(ctx, bulk.ID, now) })
				})
				if ctx.Err() == nil || r.Over() && r.State != RowCanceled {
					r.Ended = b.now()
					b.write(ctx, bulk.ID, r)
				}
			}
		})
	}
feed:
	for _, r := range bulk.Rows {
		select {
		case rows <- r:
		case <-ctx.Done():
			break feed
		}
	}
	close(rows)
	workers.Wait()
	state, rest := BulkDone, RowLeft
	b.mu.Lock()
	switch {
	case l.canceled:
		state, rest = BulkCanceled, RowCanceled
	case ctx.Err() != nil:
		state, rest = BulkInterrupted, RowInterrupted
	}
	b.mu.Unlock()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	if err := b.o.Store.EndBulk(end, bulk.ID, state, b.now(), rest); err != nil {
		b.o.Log.Error("the end of many checks was not written", "bulk", bulk.ID, "err", err)
	}
	b.drop(bulk.ID)
	b.woken.Wake(bulk.ID)
}

// guarded does one row; a panic in it ends the row, not the process.
func (b *Bulks) guarded(ctx context.Context, r BulkRow, do func(BulkRow) BulkRow) (out BulkRow) {
	defer func() {
		if p := recover(); p != nil {
			b.o.Log.Error("a check of many broke", "migration", r.MigrationID, "panic", p)
			out = r
			out.State, out.Title = RowLeft, "Onramp could not finish this check"
		}
	}()
	if ctx.Err() != nil {
		return r
	}
	return do(r)
}

func (b *Bulks) write(ctx context.Context, id string, r BulkRow) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	if err := b.o.Store.SetBulkRow(ctx, id, r); err != nil {
		b.o.Log.Error("a row of many checks was not written", "bulk", id, "err", err)
	}
	b.woken.Wake(id)
}

// Cancel ends one under way after the checks that are at it now; Conflict when it has ended.
func (b *Bulks) Cancel(id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.live[id]
	if !ok {
		return fault.New(fault.Conflict, "These checks have ended", "Load the page again.")
	}
	l.canceled = true
	l.cancel()
	return nil
}

// Listen wakes who looks at one; leave ends it.
func (b *Bulks) Listen(id string) (wake <-chan struct{}, leave func()) { return b.woken.Listen(id) }

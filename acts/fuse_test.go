package acts

import (
	"context"
	"errors"
	"sync"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/store"
)

// fuse breaks one write: the at-th of those that it sees.
type fuse struct {
	mu    sync.Mutex
	at    int // 0: none
	seen  int
	after bool // the store's write happens, and its error comes all the same
	// stays: from the broken write on, everything outside the store fails too, so that nothing can be taken back.
	stays bool
	last  string       // what was broken
	gone  string       // who made links and may do nothing any more
	maker func() error // fails to read who made a link; nil for never
}

var errDisk = errors.New("the disk is full")

func broken() error {
	return fault.Wrap(errDisk, fault.Unavailable, "The data directory cannot be written", "Free space on its disk, then try again.")
}

func (f *fuse) set(at int, after, stays bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.seen, f.after, f.stays, f.last = at, 0, after, stays, ""
}

func (f *fuse) blown() (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last, f.last != ""
}

// store is a write of the store.
func (f *fuse) store(what string, do func() error) error {
	f.mu.Lock()
	f.seen++
	hit, after := f.seen == f.at, f.after
	if hit {
		f.last = what
	}
	f.mu.Unlock()
	if hit && !after {
		return broken()
	}
	if err := do(); err != nil {
		return err
	}
	if hit {
		return broken()
	}
	return nil
}

// elsewhere is a change outside the store: it fails before it is done, or not at all.
func (f *fuse) elsewhere(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.after {
		return nil
	}
	f.seen++
	if f.seen == f.at || f.stays && f.last != "" {
		if f.last == "" {
			f.last = what
		}
		return fault.New(fault.Unavailable, "The rehearsal cloud does not answer", "Try again.")
	}
	return nil
}

// failing is the database with a fuse before each write of an act.
type failing struct {
	*store.DB
	f *fuse
}

func (s failing) AddMigration(ctx context.Context, m migration.Migration, rs ...custody.Record) error {
	return s.f.store("AddMigration", func() error { return s.DB.AddMigration(ctx, m, rs...) })
}

func (s failing) ChangeMigration(ctx context.Context, m migration.Migration, rs ...custody.Record) error {
	return s.f.store("ChangeMigration", func() error { return s.DB.ChangeMigration(ctx, m, rs...) })
}

func (s failing) DeleteMigration(ctx context.Context, id string, rs ...custody.Record) error {
	return s.f.store("DeleteMigration", func() error { return s.DB.DeleteMigration(ctx, id, rs...) })
}

func (s failing) Record(ctx context.Context, facts []migration.Fact, rs []custody.Record) (out []migration.Fact, err error) {
	err = s.f.store("Record", func() (err error) { out, err = s.DB.Record(ctx, facts, rs); return err })
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s failing) AddRun(ctx context.Context, r runs.Run, rs ...custody.Record) (out runs.Run, err error) {
	err = s.f.store("AddRun", func() (err error) { out, err = s.DB.AddRun(ctx, r, rs...); return err })
	if err != nil {
		return runs.Run{}, err
	}
	return out, nil
}

func (s failing) AddEnded(ctx context.Context, r runs.Run, what func(runs.Run) (runs.Run, []runs.Entry, []migration.Fact), rs ...custody.Record) (out runs.Run, err error) {
	err = s.f.store("AddEnded", func() (err error) { out, err = s.DB.AddEnded(ctx, r, what, rs...); return err })
	if err != nil {
		return runs.Run{}, err
	}
	return out, nil
}

func (s failing) Missed(ctx context.Context, id string, m custody.Miss, forget time.Time, r custody.Record) error {
	return s.f.store("Missed", func() error { return s.DB.Missed(ctx, id, m, forget, r) })
}

func (s failing) Unlocked(ctx context.Context, id, person string, r custody.Record) error {
	return s.f.store("Unlocked", func() error { return s.DB.Unlocked(ctx, id, person, r) })
}

func (s failing) AddRecords(ctx context.Context, rs ...custody.Record) error {
	return s.f.store("AddRecords", func() error { return s.DB.AddRecords(ctx, rs...) })
}

func (s failing) KeepKey(ctx context.Context, k custody.Sealed, r custody.Record) error {
	return s.f.store("KeepKey", func() error { return s.DB.KeepKey(ctx, k, r) })
}

func (s failing) DropKey(ctx context.Context, id string, r custody.Record) error {
	return s.f.store("DropKey", func() error { return s.DB.DropKey(ctx, id, r) })
}

// failingBoards are the boards with a fuse before each write.
type failingBoards struct {
	store.Boards
	f *fuse
}

func (s failingBoards) AddMigrations(ctx context.Context, list []migration.Made, rs ...custody.Record) error {
	return s.f.store("AddMigrations", func() error { return s.Boards.AddMigrations(ctx, list, rs...) })
}

func (s failingBoards) AddBulk(ctx context.Context, b runs.Bulk, rs ...custody.Record) error {
	return s.f.store("AddBulk", func() error { return s.Boards.AddBulk(ctx, b, rs...) })
}

// links are the links of a database whose writes fail as failing's do.
type links struct {
	store.Handoffs
	f *fuse
}

// Maker is somebody of the tests, who may do everything until they are gone.
func (s links) Maker(_ context.Context, person string) (Actor, error) {
	if s.f.maker != nil {
		if err := s.f.maker(); err != nil {
			return Actor{}, err
		}
	}
	a := Actor{Person: person, Name: person}
	if s.f.gone != person {
		a.Role = custody.Owner
	}
	if person == dana.Person {
		a.Role, a.Teams = min(a.Role, dana.Role), dana.Teams
	}
	return a, nil
}

func (s links) RecordHandoff(ctx context.Context, l migration.HandoffLink, facts []migration.Fact, rs []custody.Record) (out []migration.Fact, err error) {
	err = s.f.store("RecordHandoff", func() (err error) { out, err = s.Handoffs.RecordHandoff(ctx, l, facts, rs); return err })
	if err != nil {
		return nil, err
	}
	return out, nil
}

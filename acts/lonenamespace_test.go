package acts

import (
	"context"
	"runtime"
	"testing"

	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
	"onramp/namespace"
)

// leavingStore is a store whose reader closes the page right after a migration was deleted.
type leavingStore struct {
	Store
	leave context.CancelFunc
}

func (s leavingStore) DeleteMigration(ctx context.Context, id string, rs ...custody.Record) error {
	defer s.leave()
	return s.Store.DeleteMigration(ctx, id, rs...)
}

// spaces are namespaces that answer only while ctx goes on, and tell of each look.
type spaces struct {
	*standIn
	looked func()
}

func (s spaces) Namespace(ctx context.Context, id namespace.ID) (cloud.Namespace, error) {
	ns, err := s.standIn.Namespace(ctx, id)
	if s.looked != nil {
		s.looked()
	}
	return ns, err
}

func (s spaces) DeleteNamespace(ctx context.Context, id namespace.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.standIn.DeleteNamespace(ctx, id)
}

// TestDeleteFromAClosedTab: the namespace that a migration alone uses goes with it, also when its reader has left.
func TestDeleteFromAClosedTab(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.made(migration.Rehearsal, cloud.AuthMTLS)
	ctx, leave := context.WithCancel(w.ctx)
	w.Acts.Book.store = leavingStore{w.Acts.Book.store, leave}
	w.Acts.Places.o.Rehearsal.Namespaces = spaces{standIn: w.cloud}
	w.must(w.Migrations.Delete(ctx, dana, w.m.ID, "Payments"))
	if left := w.cloud.state(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestNamespaceOfTwo: a namespace that another migration is just being set to does not go with the one that has it.
func TestNamespaceOfTwo(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.made(migration.Rehearsal, cloud.AuthMTLS)
	other, err := w.Migrations.Create(w.ctx, dana, "Orders", "go", migration.Rehearsal, cloud.AuthMTLS)
	w.must(err)
	drop := func() { w.must(w.Migrations.Delete(w.ctx, dana, w.m.ID, "Payments")) }
	done, gone := false, make(chan struct{})
	w.Acts.Places.o.Rehearsal.Namespaces = spaces{w.cloud, func() {
		if done {
			return
		}
		done = true
		go func() { defer close(gone); drop() }() // it waits until the other has its namespace
		select {
		case <-gone:
		case <-w.waiting("payments.a2dd6"):
		}
	}}
	w.must(second(w.Migrations.SetNamespace(w.ctx, dana, other.ID, "payments.a2dd6", "")))
	<-gone
	if left := w.cloud.state(); len(left) != 1 {
		t.Errorf("a namespace that a migration uses is gone: %v", left)
	}
}

// waiting is closed once two hold or wait for a namespace.
func (w *world) waiting(ns string) <-chan struct{} {
	two := make(chan struct{})
	go func() {
		defer close(two)
		for l := &w.Acts.Book.using; ; runtime.Gosched() {
			l.mu.Lock()
			n := l.all[ns]
			enough := n != nil && n.users > 1
			l.mu.Unlock()
			if enough {
				return
			}
		}
	}()
	return two
}

// slowSpaces are namespaces whose making and deleting waits.
type slowSpaces struct {
	*standIn
	began, on chan struct{}
}

func (s slowSpaces) CreateNamespace(ctx context.Context, id namespace.ID) error {
	s.began <- struct{}{}
	<-s.on
	return s.standIn.CreateNamespace(ctx, id)
}

func (s slowSpaces) DeleteNamespace(ctx context.Context, id namespace.ID) error {
	s.began <- struct{}{}
	<-s.on
	return s.standIn.DeleteNamespace(ctx, id)
}

// TestNobodyWaitsForAnothersCloud: while the cloud makes or deletes a namespace of one migration, another migration is
// written to, and the same one too.
func TestNobodyWaitsForAnothersCloud(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(w *world) error
		same bool // the migration is there meanwhile
	}{
		{"making one", func(w *world) error {
			return second(w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, "slow.a2dd6", ""))
		}, true},
		{"deleting one", func(w *world) error { return w.Migrations.Delete(w.ctx, dana, w.m.ID, "Payments") }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			other, err := w.Migrations.Create(w.ctx, omar, "Orders", "go", migration.Rehearsal, cloud.AuthMTLS)
			w.must(err)
			w.made(migration.Rehearsal, cloud.AuthMTLS)
			slow := slowSpaces{w.cloud, make(chan struct{}), make(chan struct{})}
			w.Acts.Places.o.Rehearsal.Namespaces = slow
			ended := make(chan error, 1)
			go func() { ended <- tt.do(w) }()
			<-slow.began
			w.must(second(w.Migrations.Note(w.ctx, omar, other.ID, migration.StepCode, "by hand")))
			if tt.same {
				w.must(second(w.Migrations.Note(w.ctx, omar, w.m.ID, migration.StepCode, "by hand")))
			}
			close(slow.on)
			w.must(<-ended)
			if n := len(w.Acts.Book.writing.all) + len(w.Acts.Book.using.all); n > 0 {
				t.Errorf("%d locks are kept that nobody holds", n)
			}
		})
	}
}

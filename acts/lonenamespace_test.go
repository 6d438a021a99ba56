package acts

import (
	"context"
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
	done := false
	w.Acts.Places.o.Rehearsal.Namespaces = spaces{w.cloud, func() {
		if d := w.Acts.Book; !done && d.writing.TryLock() { // nothing keeps the deletion from coming in between
			d.writing.Unlock()
			done = true
			drop()
		}
	}}
	w.must(second(w.Migrations.SetNamespace(w.ctx, dana, other.ID, "payments.a2dd6", "")))
	if !done {
		done = true
		drop()
	}
	if left := w.cloud.state(); len(left) != 1 {
		t.Errorf("a namespace that a migration uses is gone: %v", left)
	}
}

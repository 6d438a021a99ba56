package acts

import (
	"context"
	"testing"
	"time"

	"onramp/migration"
	"onramp/transfer"
)

// slowLook sees nobody at first; from the second look on it answers only when it is given up, or with what then says.
type slowLook struct {
	*workflows
	looked chan struct{} // receives as each look begins
	then   chan error    // nil: no answer
	seen   bool
}

func (s *slowLook) Pollers(ctx context.Context, _ transfer.Request) ([]transfer.Poller, error) {
	if !s.seen {
		s.seen = true
		return nil, nil
	}
	select {
	case s.looked <- struct{}{}:
	default:
	}
	select {
	case err := <-s.then:
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func forgotten(d *desk) bool {
	d.watches.mu.Lock()
	defer d.watches.mu.Unlock()
	return len(d.watches.all) == 0
}

// TestWatchEnds: a look for a worker that goes on is given up at the stop, when its key is taken back and when its
// migration is deleted, and then it is forgotten.
func TestWatchEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(w *world, s *slowLook) error
	}{
		{"stop", func(w *world, _ *slowLook) error { return w.Acts.Close() }},
		{"deleted", func(w *world, _ *slowLook) error { return w.Migrations.Delete(w.ctx, dana, w.m.ID, "Payments") }},
		{"no key any more", func(w *world, s *slowLook) error { s.then <- nil; return w.Keys.TakeBack(w.ctx, dana, w.m.ID) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.issuedIn(migration.Cloud)
			d := w.Acts.Checks.desk
			s := &slowLook{workflows: w.flows, looked: make(chan struct{}, 1), then: make(chan error, 1)}
			d.o.Transfers, d.watches.every = s, time.Millisecond
			wake, leave := d.changes.Listen(w.m.ID)
			defer leave()
			w.must(second(w.Checks.WatchForWorker(w.ctx, dana, w.m.ID, "")))
			<-s.looked
			done := make(chan error, 1)
			go func() { done <- tt.end(w, s) }()
			patience := time.After(10 * time.Second)
			select {
			case err := <-done:
				w.must(err)
			case <-patience:
				t.Fatal("it waits for a look that nobody gives up")
			}
			for !forgotten(d) {
				select {
				case <-wake:
				case <-patience:
					t.Fatal("the look is still there")
				}
			}
			w.end()
		})
	}
}

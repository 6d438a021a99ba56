package limit

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fill occupies a Limiter with n pieces of work until the returned function is called.
func fill(l *Limiter, n int) (release func()) {
	held, started := make(chan struct{}), sync.WaitGroup{}
	var done sync.WaitGroup
	started.Add(n)
	for range n {
		done.Go(func() {
			_ = l.Do(context.Background(), 0, func(context.Context) error { started.Done(); <-held; return nil })
		})
	}
	started.Wait()
	return func() { close(held); done.Wait() }
}

func TestNeverMoreThanSlotsOrMemory(t *testing.T) {
	for _, tt := range []struct {
		name         string
		slots        int
		memory       int64
		atOnce, asks int
	}{
		{"slots", 3, 0, 3, 20},
		{"memory", 10, 40, 2, 20},     // 100 bytes hold two of 40
		{"all of it", 10, 100, 1, 10}, // one alone
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(Options{Memory: 100, Slots: tt.slots, Queue: 100, Wait: time.Hour})
				var mu sync.Mutex
				var now, most int
				var all sync.WaitGroup
				for range tt.asks {
					all.Go(func() {
						if err := l.Do(t.Context(), tt.memory, func(context.Context) error {
							mu.Lock()
							now++
							most = max(most, now)
							mu.Unlock()
							<-time.After(time.Second) // the bubble's clock: it moves when everybody waits
							mu.Lock()
							now--
							mu.Unlock()
							return nil
						}); err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
				if most != tt.atOnce {
					t.Errorf("%d pieces ran at once, want %d", most, tt.atOnce)
				}
			})
		})
	}
}

// TestRefusals: what is not admitted never begins, and says why.
func TestRefusals(t *testing.T) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tt := range []struct {
		name    string
		ctx     func(t *testing.T) context.Context
		running int
		waiting int
		memory  int64
		want    error
		after   time.Duration
	}{
		{"more than all", nil, 0, 0, 101, ErrTooMuch, 0},
		{"the caller left before", func(*testing.T) context.Context { return gone }, 0, 0, 0, context.Canceled, 0},
		{"the queue is full", nil, 2, 3, 0, ErrBusy, 0},
		{"the wait is too long", nil, 2, 0, 0, ErrBusy, time.Minute},
		{"the caller leaves while it waits", func(t *testing.T) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			t.Cleanup(cancel)
			return ctx
		}, 2, 0, 0, context.DeadlineExceeded, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(Options{Memory: 100, Slots: 2, Queue: 3, Wait: time.Minute})
				release := fill(l, tt.running)
				var waiters sync.WaitGroup
				for range tt.waiting {
					waiters.Go(func() { _ = l.Do(t.Context(), 0, func(context.Context) error { return nil }) })
				}
				synctest.Wait()
				if l.Waiting() != tt.waiting {
					t.Fatalf("%d wait, want %d", l.Waiting(), tt.waiting)
				}
				ctx := t.Context()
				if tt.ctx != nil {
					ctx = tt.ctx(t)
				}
				began, ran := time.Now(), false
				err := l.Do(ctx, tt.memory, func(context.Context) error { ran = true; return nil })
				if !errors.Is(err, tt.want) || ran || time.Since(began) != tt.after {
					t.Errorf("got %v after %v, ran %v; want %v after %v", err, time.Since(began), ran, tt.want, tt.after)
				}
				release()
				waiters.Wait()
				if err := l.Do(t.Context(), 100, func(context.Context) error { return nil }); err != nil || l.Waiting() != 0 {
					t.Errorf("afterwards: %v, %d waiting", err, l.Waiting())
				}
			})
		})
	}
}

// TestWork: what is admitted has a context that ends, gives its share back whatever happens, and may ask again.
func TestWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{Memory: 100, Slots: 1, Time: time.Second})
		began := time.Now()
		err := l.Do(t.Context(), 0, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("work ended with %v after %v", err, time.Since(began))
		}
		func() {
			defer func() { _ = recover() }()
			_ = l.Do(t.Context(), 100, func(context.Context) error { panic("inside") })
		}()
		depth := 0
		if err := l.Do(t.Context(), 100, func(ctx context.Context) error {
			depth++
			return l.Do(ctx, 100, func(context.Context) error { depth++; return nil })
		}); err != nil || depth != 2 {
			t.Errorf("after a panic, nested: %v, depth %d", err, depth)
		}
	})
}

package transfer

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// settle waits until a count is down to what it should be.
func settle(t *testing.T, what string, count func() int, want int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for count() > want {
		if time.Now().After(deadline) {
			t.Fatalf("%d %s after 10 s, want at most %d", count(), what, want)
		}
		runtime.Gosched()
	}
}

func (s *Service) watchedNow() int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return len(s.hub.all)
}

// TestWatchTogether: a thousand watchers of one transfer cost one long poll, each sees every event, those
// who come late too, and nothing stays behind when they have left.
func TestWatchTogether(t *testing.T) {
	f := newFake(t)
	s := quick(time.Minute)
	f.add(aTransfer()[:5]...)
	before := runtime.NumGoroutine()
	req := Request{Target: f.target, WorkflowID: "w"}
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]int{}
	ready := make(chan struct{}, 1000)
	watch := func() {
		var all []Event
		for e := range s.Watch(t.Context(), req) {
			all = append(all, e)
			if e.ID == 5 {
				ready <- struct{}{}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		seen[fmt.Sprint(ids(all), all[len(all)-1].Status)]++
	}
	for range 990 {
		wg.Go(watch)
	}
	for range 990 {
		<-ready
	}
	polls := func() int { f.mu.Lock(); defer f.mu.Unlock(); return f.polls }
	if n := polls(); n > 3 {
		t.Errorf("%d history polls for 990 watchers of 5 events", n)
	}
	f.add(aTransfer()[5:]...)
	for range 10 {
		wg.Go(watch)
	}
	f.add(completed(`"done"`))
	wg.Wait()
	if diff := cmp.Diff(map[string]int{fmt.Sprint(upTo(14), Completed): 1000}, seen); diff != "" {
		t.Errorf("what was seen by how many (-want +got):\n%s", diff)
	}
	settle(t, "watched workflows", s.watchedNow, 0)
	settle(t, "goroutines", runtime.NumGoroutine, before+5)
}

// TestWatchKeys: watchers of different credentials never share what one of them may see.
func TestWatchKeys(t *testing.T) {
	f := newFake(t)
	base := Request{Target: f.target, WorkflowID: "w"}
	other := base
	other.Target.APIKey = "another"
	run := base
	run.RunID = fakeRun
	keys := map[string]bool{}
	for _, r := range []Request{base, other, run, {Target: f.target, WorkflowID: "w2"}} {
		keys[watchKey(r)] = true
	}
	if len(keys) != 4 {
		t.Errorf("%d keys for four requests", len(keys))
	}
	if watchKey(base) != watchKey(Request{Target: f.target, WorkflowID: "w", Template: "python", Scenario: Refund}) {
		t.Error("the same workflow has two keys")
	}
}

// TestWatchMany: 200 workflows at once; when the last watcher of one leaves, its following ends.
func TestWatchMany(t *testing.T) {
	f := newFake(t)
	f.add(aTransfer()...)
	s := quick(time.Minute)
	ctx, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	there := make(chan struct{}, 200)
	for i := range 200 {
		wg.Go(func() {
			for e := range s.Watch(ctx, Request{Target: f.target, WorkflowID: fmt.Sprintf("w-%d", i)}) {
				if e.ID == 13 {
					there <- struct{}{}
				}
			}
		})
	}
	for range 200 {
		select {
		case <-there:
		case <-time.After(20 * time.Second):
			t.Fatal("not every workflow was seen within 20 s")
		}
	}
	if n := s.watchedNow(); n != 200 {
		t.Errorf("%d workflows are followed, want 200", n)
	}
	leave()
	wg.Wait()
	settle(t, "watched workflows", s.watchedNow, 0)
}

// BenchmarkWatch is how long an event takes from Temporal's answer to the last of a thousand watchers.
func BenchmarkWatch(b *testing.B) {
	f := newFake(b)
	s := quick(time.Minute)
	f.add(started("orders", "1"))
	const watchers = 1000
	got := make(chan int64, watchers*8)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range watchers {
		wg.Go(func() {
			for e := range s.Watch(ctx, Request{Target: f.target, WorkflowID: "w"}) {
				if e.ID > 0 {
					got <- e.ID
				}
			}
		})
	}
	all := func() {
		for range watchers {
			<-got
		}
	}
	all()
	for b.Loop() {
		f.add(taskIsScheduled())
		all()
	}
	b.StopTimer()
	cancel()
	wg.Wait()
}

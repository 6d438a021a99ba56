package transfer

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workerpb "go.temporal.io/api/worker/v1"
)

func (s *Service) feedsNow() int {
	s.feeds.mu.Lock()
	defer s.feeds.mu.Unlock()
	return len(s.feeds.all)
}

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

// TestRunsShareOneLongPoll: a thousand runs that follow one workflow, with and without its run ID, read its history
// once; the run that began to read may leave first; who comes late misses nothing and hears nothing of a
// connection that was lost and found before; nothing stays behind when they have left.
func TestRunsShareOneLongPoll(t *testing.T) {
	const early, late = 990, 10
	f := newFake(t)
	s := quick(time.Minute)
	s.beat.pending = time.Hour // the history alone
	f.add(aTransfer()[:5]...)
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen, notes := map[string]int{}, map[string]int{}
	at5, at7 := make(chan struct{}, early+late), make(chan struct{}, early+late)
	follow := func(runID string) {
		var all []Event
		s.Run(t.Context(), Request{Target: f.target, Worker: "own", FollowOnly: true, WorkflowID: "w", RunID: runID}, func(es []Event) {
			all = append(all, es...)
			for _, e := range es {
				switch e.ID {
				case 5:
					at5 <- struct{}{}
				case 7:
					at7 <- struct{}{}
				}
			}
		})
		mu.Lock()
		defer mu.Unlock()
		seen[fmt.Sprint(ids(all), all[len(all)-1].Status)]++
		for _, e := range all {
			if e.Event == "note" {
				notes[e.Text]++
			}
		}
	}
	for i := range early {
		wg.Go(func() { follow([]string{"", fakeRun}[i%2]) })
	}
	for range early {
		<-at5
	}
	if n := s.feedsNow(); n != 1 {
		t.Errorf("%d histories are read for %d runs that follow one workflow, want 1", n, early)
	}
	f.mu.Lock()
	polls := f.polls
	f.mu.Unlock()
	if polls > 3 {
		t.Errorf("%d history polls for %d who follow 5 events", polls, early)
	}
	f.change(func() { f.broken, f.failures = serviceerror.NewUnavailable("connection lost"), 1 }) // and found again
	f.add(aTransfer()[5:7]...)
	for range early {
		<-at7
	}
	for range late {
		wg.Go(func() { follow("") })
	}
	for range late {
		<-at5
	}
	f.add(aTransfer()[7:]...)
	f.add(completed(`"done"`))
	wg.Wait()
	want := fmt.Sprint(upTo(14), Completed)
	if len(seen) != 1 || seen[want] != early+late {
		t.Errorf("what was seen by how many: %v, want %s by %d", seen, want, early+late)
	}
	for text, n := range notes {
		if n > early {
			t.Errorf("%q was told to %d runs, %d of them came later", text, n, late)
		}
	}
	settle(t, "histories being read", s.feedsNow, 0)
	settle(t, "goroutines", runtime.NumGoroutine, before+5)
}

// TestPlaceKeys: who follows with other credentials never shares what one of them may see.
func TestPlaceKeys(t *testing.T) {
	base := newFake(t).target
	other := base
	other.APIKey = "another"
	again := base
	if placeKey(base) == placeKey(other) || placeKey(base) != placeKey(again) {
		t.Error("two ways in have one key, or one has two")
	}
}

// TestDetected: which template polls is said with the evidence for it.
func TestDetected(t *testing.T) {
	for _, tt := range []struct{ name, queue, identity, sdk, want, why string }{
		{"the SDK tells its name", "TRANSFER_MONEY_TASK_QUEUE", "77@box", "temporal-go 1.36.0", "go", "temporal-go 1.36.0"},
		{"the Go SDK's identity", "TRANSFER_MONEY_TASK_QUEUE", "77@box@", "", "go", "Go SDK's way"},
		{"the queue alone", "TRANSFER_MONEY_TASK_QUEUE", "77@box", "", "python", "a worker polls"},
		{"another template's queue", "money-transfer", "77@box", "temporal-ruby 1.3.0", "ruby", "temporal-ruby"},
		{"nobody", "money-transfer", "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			if tt.identity != "" {
				f.poll(workflowPoller, tt.queue, tt.identity, time.Second)
			}
			if name, version, ok := strings.Cut(tt.sdk, " "); ok {
				f.workers = []*workerpb.WorkerListInfo{{TaskQueue: tt.queue, WorkerIdentity: tt.identity, SdkName: name, SdkVersion: version, Status: enumspb.WORKER_STATUS_RUNNING}}
			}
			got, err := quick(time.Minute).Detect(t.Context(), Request{Target: f.target, Worker: "own"})
			if err != nil {
				t.Fatal(err)
			}
			if got.Template != tt.want || !strings.Contains(got.Evidence, tt.why) || tt.want != "" && got.TaskQueue != tt.queue {
				t.Errorf("Detect = %+v, want template %q on %s because of %q", got, tt.want, tt.queue, tt.why)
			}
			if tt.want != "" && !slices.ContainsFunc(got.Pollers, func(p Poller) bool { return p.Identity == tt.identity }) {
				t.Errorf("pollers %v lack %s", got.Pollers, tt.identity)
			}
		})
	}
}

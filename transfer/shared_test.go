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
	workerpb "go.temporal.io/api/worker/v1"
)

func (s *Service) feedsNow() int {
	s.feeds.mu.Lock()
	defer s.feeds.mu.Unlock()
	return len(s.feeds.all)
}

// TestRunsShareOneLongPoll: runs and watchers of one workflow, with and without its run ID, read its history
// once; the run that began to read may leave first; who comes late misses nothing and hears nothing of a
// connection that was lost and found before.
func TestRunsShareOneLongPoll(t *testing.T) {
	f := newFake(t)
	s := quick(time.Minute)
	f.add(aTransfer()[:5]...)
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen, notes := map[string]int{}, map[string]int{}
	at5 := make(chan struct{}, 100)
	follow := func(runID string) {
		var all []Event
		s.Run(t.Context(), Request{Target: f.target, Worker: "own", FollowOnly: true, WorkflowID: "w", RunID: runID}, func(e Event) {
			all = append(all, e)
			if e.ID == 5 {
				at5 <- struct{}{}
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
	for i := range 20 {
		wg.Go(func() { follow([]string{"", fakeRun}[i%2]) })
	}
	wg.Go(func() {
		for e := range s.Watch(t.Context(), Request{Target: f.target, WorkflowID: "w"}) {
			if e.ID == 5 {
				at5 <- struct{}{}
			}
		}
	})
	for range 21 {
		<-at5
	}
	if n := s.feedsNow(); n != 1 {
		t.Errorf("%d histories are read for 20 runs and a watcher of one workflow, want 1", n)
	}
	f.mu.Lock()
	polls := f.polls
	f.mu.Unlock()
	if polls > 3 {
		t.Errorf("%d history polls for 21 who follow 5 events", polls)
	}
	f.change(func() { f.failures = 1 }) // the connection is lost, and found again
	f.add(aTransfer()[5:7]...)
	deadline := time.Now().Add(10 * time.Second)
	for {
		f.mu.Lock()
		over := f.failures == 0
		f.mu.Unlock()
		if over || time.Now().After(deadline) {
			break
		}
		runtime.Gosched()
	}
	for range 5 {
		wg.Go(func() { follow("") })
	}
	for range 5 {
		<-at5
	}
	f.add(aTransfer()[7:]...)
	f.add(completed(`"done"`))
	wg.Wait()
	want := fmt.Sprint(upTo(14), Completed)
	if len(seen) != 1 || seen[want] != 25 {
		t.Errorf("what was seen by how many: %v, want %s by 25", seen, want)
	}
	for text, n := range notes {
		if n > 20 {
			t.Errorf("%q was told to %d runs, 5 of them came later", text, n)
		}
	}
	settle(t, "histories being read", s.feedsNow, 0)
	settle(t, "goroutines", runtime.NumGoroutine, before+5)
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

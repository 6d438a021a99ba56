package e2e

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const budgetWatchers = time.Second // p95, event to the last of a thousand watchers (docs/BENCHMARKS.md)

// pushed is one event as it reached one watcher.
type pushed struct {
	id       string
	at, seen time.Time
}

var pushedEvent = regexp.MustCompile(`id="event-(\d+)".*?<time[^>]* datetime="([^"]+)"`)

// watchRun reads a run's event stream to its end and tells each row of the event list that is pushed. open is
// called once the stream is there. ActivityTaskStarted is left out: the server writes it only when the activity has
// ended, with the time it began at.
func watchRun(ctx context.Context, c *http.Client, url string, open func(), each func(pushed)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	open()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 0, 16<<10), 1<<20)
	for lines.Scan() {
		now, line := time.Now(), lines.Text()
		if line == "event: end" {
			return nil
		}
		for _, m := range pushedEvent.FindAllStringSubmatch(line, -1) {
			if at, err := time.Parse(time.RFC3339Nano, m[2]); err == nil && !strings.Contains(line, "ActivityTaskStarted") {
				each(pushed{m[1], at, now})
			}
		}
	}
	return lines.Err()
}

var feedAddress = regexp.MustCompile(`<live-feed[^>]* src="([^"]+)"`)

// feedOf is the address of a run page's event stream.
func feedOf(t testing.TB, v *visitor, run string) string {
	t.Helper()
	m := feedAddress.FindSubmatch(v.get(run).ok(t, "the run's page").body)
	if m == nil {
		t.Fatalf("%s has no stream", run)
	}
	return v.base + strings.ReplaceAll(string(m[1]), "&amp;", "&")
}

// goroutinesOf reads the portal's own count.
func goroutinesOf(t testing.TB, v *visitor) int {
	t.Helper()
	return int(metricOf(t, v, "go_goroutines"))
}

// metricOf reads a number without labels from /metrics.
func metricOf(t testing.TB, v *visitor, name string) float64 {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindSubmatch(v.get("/metrics").ok(t, "metrics").body)
	if m == nil {
		t.Fatalf("/metrics has no %s", name)
	}
	n, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// heapAfterGC is what the portal's heap holds in MB after its next collections; an idle program has one every two
// minutes. Two are waited for: what pools hold survives the first.
func heapAfterGC(b *testing.B, v *visitor) float64 {
	b.Helper()
	const collections = "go_gc_duration_seconds_count"
	since := metricOf(b, v, collections)
	for n := range 2 {
		within(b, "a collection", func() bool { return metricOf(b, v, collections) > since+float64(n) })
	}
	return metricOf(b, v, "go_memstats_heap_inuse_bytes") / (1 << 20)
}

// BenchmarkThousandWatchers: a thousand open event streams of one slow transfer; each event's time to each of them
// beside the budget, and what is left of goroutines and memory when they have gone. That they share one history
// long poll is shown by transfer's TestWatchMany and TestShared.
func BenchmarkThousandWatchers(b *testing.B) {
	const watchers = 1000
	p := openPortal(b, b.TempDir(), "127.0.0.1:0", "--log-level", "error")
	v := visit(b, p.url)
	c := connect(b, v)
	v.ended(v.upload(c.m+"/transfer", c.transfer("success", "warm")...).ok(b, "a first transfer").path) // the server is warm then
	idle, before, heap := goroutinesOf(b, v), resident(b, p.cmd.Process.Pid), heapAfterGC(b, v)
	web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: -1}}
	var mu sync.Mutex
	var took []time.Duration
	most, full := 0, 0.0
	for b.Loop() {
		run := v.upload(c.m+"/transfer", c.transfer("slow", fmt.Sprintf("watchers-%d", b.N))...).ok(b, "start a slow transfer").path
		feed := feedOf(b, v, run)
		var all, opened sync.WaitGroup
		opened.Add(watchers)
		ready := make(chan struct{})
		for range watchers {
			all.Go(func() {
				var once sync.Once
				open := func() { once.Do(opened.Done) }
				defer open()
				err := watchRun(b.Context(), web, feed, open, func(e pushed) {
					select {
					case <-ready:
						mu.Lock()
						took = append(took, e.seen.Sub(e.at))
						mu.Unlock()
					default: // what was there before all had come
					}
				})
				if err != nil {
					b.Error(err)
				}
			})
		}
		opened.Wait()
		close(ready)
		most, full = max(most, goroutinesOf(b, v)-idle), max(full, resident(b, p.cmd.Process.Pid))
		all.Wait()
	}
	if len(took) < watchers*5 {
		b.Fatalf("only %d events were pushed to %d watchers", len(took), watchers)
	}
	within(b, "the portal's goroutines are back", func() bool { return goroutinesOf(b, v) <= idle+watchers/10 })
	b.ReportMetric(float64(len(took)), "pushes")
	ms(b, "p50", percentile(took, 50), budgetWatchers)
	ms(b, "p95", percentile(took, 95), budgetWatchers)
	b.ReportMetric(float64(most)/watchers, "goroutines/watcher")
	b.ReportMetric(float64(goroutinesOf(b, v)-idle), "goroutines-left")
	b.ReportMetric(full-before, "MB-more-while-watched")
	b.ReportMetric(resident(b, p.cmd.Process.Pid)-before, "MB-more-after")
	b.ReportMetric(heapAfterGC(b, v)-heap, "heap-MB-more-after-GC")
}

// BenchmarkTwoHundredTransfers: two hundred transfers that somebody else's worker does, all followed and watched at
// once, and all let go at once; each event's time to its watcher beside the budget. What stood in a history before its
// watcher came is page load and does not count.
func BenchmarkTwoHundredTransfers(b *testing.B) {
	const transfers = 200
	p := openPortal(b, b.TempDir(), "127.0.0.1:0", "--log-level", "error")
	v := visit(b, p.url)
	c := connect(b, v)
	own := ownWorker(b, p, v, c)
	web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: -1}}
	var mu sync.Mutex
	var took []time.Duration
	var lasted time.Duration
	round := 0
	for b.Loop() {
		round++
		var feeds []string
		var pushes []pushed
		for i := range transfers {
			id := fmt.Sprintf("other-%d-%d", round, i)
			if _, err := own.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "others"}, "Others"); err != nil {
				b.Fatal(err)
			}
			feeds = append(feeds, feedOf(b, v, v.upload(c.m+"/transfer/follow", c.withKey("workflow_id", id)...).ok(b, "follow "+id).path))
		}
		var all, opened sync.WaitGroup
		opened.Add(transfers)
		ended := make([]bool, transfers)
		for i, feed := range feeds {
			all.Go(func() {
				var once sync.Once
				open := func() { once.Do(opened.Done) }
				defer open()
				err := watchRun(b.Context(), web, feed, open, func(e pushed) {
					mu.Lock()
					pushes = append(pushes, e)
					mu.Unlock()
				})
				if err != nil {
					b.Error(err)
				}
				ended[i] = err == nil
			})
		}
		opened.Wait()
		letGo := time.Now()
		for i := range transfers {
			all.Go(func() {
				if err := own.SignalWorkflow(b.Context(), fmt.Sprintf("other-%d-%d", round, i), "", "go", nil); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
		lasted = max(lasted, time.Since(letGo))
		for _, e := range pushes {
			if e.at.After(letGo) {
				took = append(took, e.seen.Sub(e.at))
			}
		}
		for i, ok := range ended {
			if !ok {
				b.Errorf("watcher %d did not see the end", i)
			}
		}
	}
	if len(took) < transfers*5 {
		b.Fatalf("only %d events were pushed for %d transfers", len(took), transfers)
	}
	b.ReportMetric(float64(len(took)), "pushes")
	ms(b, "p50", percentile(took, 50), budgetWatchers)
	ms(b, "p95", percentile(took, 95), budgetWatchers)
	b.ReportMetric(lasted.Seconds(), "s-for-all")
}

// ownWorker is a worker of the Go SDK with a workflow that waits for a word and then runs three activities.
func ownWorker(b *testing.B, p *portal, v *visitor, c connected) client.Client {
	b.Helper()
	cl := dialRehearsal(b, p, v, c)
	w := worker.New(cl, "others", worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		workflow.GetSignalChannel(ctx, "go").Receive(ctx, nil)
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		for range 3 {
			if err := workflow.ExecuteActivity(ctx, "Pay").Get(ctx, nil); err != nil {
				return err
			}
		}
		return nil
	}, workflow.RegisterOptions{Name: "Others"})
	w.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: "Pay"})
	if err := w.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.Stop)
	return cl
}

// rootsOf is the root under which the portal's rehearsal cloud stands.
func rootsOf(b testing.TB, p *portal) *x509.CertPool {
	b.Helper()
	root, err := os.ReadFile(filepath.Join(p.data, "rehearsal-trust", "trust.pem"))
	if err != nil {
		b.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	return roots
}

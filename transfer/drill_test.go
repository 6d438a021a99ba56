package transfer

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.temporal.io/api/serviceerror"

	"onramp/fault"
)

// ownDrill is a small drill of one's own worker against the fake.
func ownDrill(f *fake) Drill {
	req := own
	req.Target = f.target
	return Drill{Request: req, Count: 20, Rate: 50}
}

func quickDrills() *Service {
	s := quick(time.Minute)
	s.beat.throttle = 5 * time.Millisecond
	return s
}

func spanNames(ls []Latency) string {
	return strings.Join(names(ls, func(l Latency) string { return l.Name }), " ")
}

func TestDrill(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.add(append(aTransfer(), completed(`"done"`))...)
	var last DrillProgress
	rep, err := quickDrills().Drill(t.Context(), ownDrill(f), func(p DrillProgress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	if rep.Planned != 20 || rep.Done != 20 || rep.Failed != 0 || rep.Throttled != 0 || len(rep.Errors) != 0 || rep.Namespace != "default" {
		t.Errorf("report %+v", rep)
	}
	if last.Done != 20 || last.Started != 20 {
		t.Errorf("last progress %+v", last)
	}
	if got, want := spanNames(rep.Latencies), "total starting first-task decisions withdraw deposit"; got != want {
		t.Errorf("latencies of %q, want %q", got, want)
	}
	// The fake's events are 10 ms apart.
	want := Latency{Name: "withdraw", Count: 20, Min: 20, P50: 20, P90: 20, P95: 20, NoP99: "needs 100 transfers, this drill has 20", Max: 20, Buckets: []Bucket{{UpTo: 22.63, Count: 20}}}
	if diff := cmp.Diff(want, rep.Latencies[4]); diff != "" {
		t.Errorf("withdraw (-want +got):\n%s", diff)
	}
	seen := map[string]bool{}
	for _, s := range f.starts {
		seen[s.GetWorkflowId()] = true
	}
	if len(seen) != 20 {
		t.Errorf("%d workflow IDs for 20 transfers", len(seen))
	}
}

// TestDrillIsAnOpenLoop: transfers are started on their beat although none before has ended.
func TestDrillIsAnOpenLoop(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.add(aTransfer()...)
	go func() {
		for {
			f.mu.Lock()
			n, changed := len(f.starts), f.changed
			f.mu.Unlock()
			if n == 20 {
				f.add(completed(`"done"`))
				return
			}
			select {
			case <-changed:
			case <-t.Context().Done():
				return
			}
		}
	}()
	rep, err := quickDrills().Drill(t.Context(), ownDrill(f), nil)
	if err != nil || rep.Done != 20 || len(f.starts) != 20 {
		t.Errorf("%d started, report %+v, %v", len(f.starts), rep, err)
	}
	if rep.TookMS > 5000 {
		t.Errorf("took %v ms: the starts waited for the ends", rep.TookMS)
	}
}

// TestDrillRateLimit: the server's "too fast" is heard, the transfers come later, none is lost.
func TestDrillRateLimit(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.add(append(aTransfer(), completed(`"done"`))...)
	for range 3 {
		f.startErr = append(f.startErr, serviceerror.NewResourceExhausted(0, "namespace rate limit exceeded"))
	}
	rep, err := quickDrills().Drill(t.Context(), ownDrill(f), nil)
	if err != nil || rep.Done != 20 || rep.Throttled != 3 || len(f.starts) != 23 {
		t.Errorf("%d started, report %+v, %v", len(f.starts), rep, err)
	}
}

func TestDrillErrorsByKind(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.add(append(aTransfer(), hasFailed(appFailure("InvalidAccountError", "account number 1 is invalid", nil)))...)
	for range 3 {
		f.startErr = append(f.startErr, serviceerror.NewPermissionDenied("Request unauthorized.", ""))
	}
	rep, err := quickDrills().Drill(t.Context(), ownDrill(f), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := DrillReport{Address: rep.Address, Namespace: "default", Planned: 20, Failed: 20, Errors: []DrillError{
		{Kind: Failed, Count: 17, Text: "InvalidAccountError: account number 1 is invalid"}, {Kind: "PermissionDenied", Count: 3, Text: "Request unauthorized."}}}
	if diff := cmp.Diff(want, rep, cmpopts.IgnoreFields(DrillReport{}, "Latencies", "TookMS")); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// TestDrillStops: whoever leaves in the middle gets what was measured, and nothing is left running.
func TestDrillStops(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.add(aTransfer()...)
	ctx, cancel := context.WithCancel(t.Context())
	d := ownDrill(f)
	d.Count, d.Rate = 500, 50
	rep, err := quickDrills().Drill(ctx, d, func(p DrillProgress) {
		if p.Started >= 5 {
			cancel()
		}
	})
	if err != nil || rep.Planned != 500 || rep.Failed != 500 || rep.Done != 0 {
		t.Fatalf("report %+v, %v", rep, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.starts) < 5 || len(f.starts) > 100 {
		t.Errorf("%d started", len(f.starts))
	}
	ended := map[string]bool{}
	for _, s := range f.stops {
		ended[s] = true
	}
	for _, s := range f.starts {
		if !ended["terminate the drill was stopped "+s.GetWorkflowId()] {
			t.Errorf("%s was left running", s.GetWorkflowId())
		}
	}
}

func TestDrillBounds(t *testing.T) {
	for field, change := range map[string]func(*Drill){
		"count":       func(d *Drill) { d.Count = 1_000_000_000_000 },
		"rate":        func(d *Drill) { d.Rate = 51 },
		"concurrency": func(d *Drill) { d.Concurrency = -1 },
		"time":        func(d *Drill) { d.Time = time.Hour },
		"scenario":    func(d *Drill) { d.Worker, d.Scenario = "", Slow },
		"amount":      func(d *Drill) { d.Details.Amount = -1 },
		"template":    func(d *Drill) { d.Template = "perl" },
	} {
		f := newFake(t)
		d := ownDrill(f)
		change(&d)
		_, err := quickDrills().Drill(t.Context(), d, nil)
		if g := fault.From(err); g == nil || g.Kind != fault.Invalid || g.Field != field {
			t.Errorf("%s: %v", field, err)
		}
		if len(f.starts) != 0 {
			t.Errorf("%s: %d started", field, len(f.starts))
		}
	}
}

func TestDistribution(t *testing.T) {
	var hundred []time.Duration
	for i := 100; i >= 1; i-- {
		hundred = append(hundred, time.Duration(i)*time.Millisecond)
	}
	got, p99 := distribution("total", hundred), 99.0
	want := Latency{Name: "total", Count: 100, Min: 1, P50: 50, P90: 90, P95: 95, P99: &p99, Max: 100, Buckets: []Bucket{
		{1, 1}, {1.41, 0}, {2, 1}, {2.83, 0}, {4, 2}, {5.66, 1}, {8, 3}, {11.31, 3}, {16, 5}, {22.63, 6}, {32, 10}, {45.25, 13}, {64, 19}, {90.51, 26}, {128, 10}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("1 to 100 ms (-want +got):\n%s", diff)
	}
	one := distribution("total", []time.Duration{700 * time.Microsecond})
	if diff := cmp.Diff(Latency{Name: "total", Count: 1, Min: 0.7, P50: 0.7, P90: 0.7, P95: 0.7, NoP99: "needs 100 transfers, this drill has 1", Max: 0.7, Buckets: []Bucket{{1, 1}}}, one); diff != "" {
		t.Errorf("one (-want +got):\n%s", diff)
	}
}

// TestP99: no 99th percentile of fewer than 100 transfers, in the JSON either, and none that an earlier version gave.
func TestP99(t *testing.T) {
	for _, tt := range []struct{ name, stored, want string }{
		{"100, stored by an earlier version", `{"count":100,"p99_ms":99}`, `"p99_ms":99,"max_ms"`},
		{"99, stored by an earlier version", `{"count":99,"p99_ms":98}`, `"p99_ms":null,"p99_note":"needs 100 transfers, this drill has 99","max_ms"`},
		{"60", `{"count":60,"p99_ms":null,"p99_note":"needs 100 transfers, this drill has 60"}`, `"p99_ms":null,"p99_note":"needs 100 transfers, this drill has 60","max_ms"`},
	} {
		var l Latency
		if err := json.Unmarshal([]byte(tt.stored), &l); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(l); err != nil || !strings.Contains(string(got), tt.want) {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}

// TestDrillLeft: how long a drill still takes, from how far it is.
func TestDrillLeft(t *testing.T) {
	d := Drill{Count: 100, Rate: 10, Time: time.Minute}
	for _, tt := range []struct {
		name string
		p    DrillProgress
		want time.Duration
	}{
		{"nothing yet", DrillProgress{Planned: 100}, 10 * time.Second},
		{"half, on the beat", DrillProgress{Planned: 100, Started: 51, Done: 49, Failed: 1, Elapsed: 5 * time.Second}, 5 * time.Second},
		{"slow transfers: the ends come later, on the same beat", DrillProgress{Planned: 100, Started: 60, Done: 20, Elapsed: 6 * time.Second}, 8 * time.Second},
		{"held back: by the pace of the ends", DrillProgress{Planned: 100, Started: 25, Done: 20, Elapsed: 10 * time.Second}, 40 * time.Second},
		{"held back before any ended", DrillProgress{Planned: 100, Started: 1, Elapsed: 10 * time.Second}, 50 * time.Second},
		{"never beyond its limit", DrillProgress{Planned: 100, Started: 3, Done: 2, Elapsed: 50 * time.Second}, 10 * time.Second},
		{"over", DrillProgress{Planned: 100, Started: 100, Done: 100, Elapsed: 11 * time.Second}, 0},
	} {
		if got := d.Left(tt.p); got != tt.want {
			t.Errorf("%s: %s left, want %s", tt.name, got, tt.want)
		}
	}
}

func TestCompare(t *testing.T) {
	a := DrillReport{Latencies: []Latency{{Name: "total", P50: 20, P95: 40}, {Name: "first-task", P50: 0}, {Name: "deposit", P50: 1}}}
	b := DrillReport{Latencies: []Latency{{Name: "first-task", P50: 5, P95: 9}, {Name: "total", P50: 85, P95: 90}}}
	want := []Change{{Name: "total", A: 20, B: 85, A95: 40, B95: 90, Factor: 4.25}, {Name: "first-task", B: 5, B95: 9}}
	if diff := cmp.Diff(want, Compare(a, b)); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

// TestActivitiesInOrder: a drill lists its activities in the order of the money, whatever a language calls them.
func TestActivitiesInOrder(t *testing.T) {
	took := []time.Duration{time.Millisecond}
	var names []string
	for _, l := range latencies(map[string][]time.Duration{"refund": took, "Deposit": took, "WithdrawAsync": took, "audit": took, spanTotal: took, spanDecisions: took}) {
		names = append(names, l.Name)
	}
	if got, want := strings.Join(names, " "), spanTotal+" "+spanDecisions+" WithdrawAsync Deposit refund audit"; got != want {
		t.Errorf("in the order %s, want %s", got, want)
	}
}

package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// openFiles counts the process's descriptors: sockets among them.
func openFiles(t testing.TB) int {
	t.Helper()
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(d)
}

// settle polls until a count is at most want, for at most ten seconds, and returns the last count.
func settle(want int, count func() int) int {
	end := time.Now().Add(10 * time.Second)
	for {
		n := count()
		if n <= want || time.Now().After(end) {
			return n
		}
		runtime.Gosched()
		runtime.GC()
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// After a thousand checks, two hundred of them into black holes, goroutines, sockets and heap are
// where they were.
func TestAThousandProbesLeaveNothing(t *testing.T) {
	l := newLab(t)
	good, plain, closed := l.target(l.serve(l.mtls())), l.target(l.serve(nil)), l.target(closedPort(t))
	refused := good
	refused.CertPEM, refused.KeyPEM = nil, nil
	hole := l.target(blackHole(t))
	// Only what is silent by its nature is judged early: a machine at work may take its time over the others.
	quick := engine(func(o *Options) { o.Budgets = Budgets{TCP: 60 * time.Millisecond, Probe: 30 * time.Millisecond} })
	patient := engine(func(o *Options) {
		o.Budgets, o.Timeout = Budgets{TCP: 10 * time.Second, TLS: 10 * time.Second}, time.Minute
	})
	want := map[string]string{good.Address: OK, plain.Address: "PR-01", closed.Address: "TC-01", hole.Address: "TC-02"}
	round := func(n int) {
		var wg sync.WaitGroup
		work := make(chan Target)
		for range 8 {
			wg.Go(func() {
				for target := range work {
					e := patient
					if target.Address == hole.Address {
						e = quick
					}
					r := e.Run(context.Background(), target, nil)
					v := r.Verdict
					if code := want[target.Address]; v.Code != code && !(code == OK && target.CertPEM == nil && v.Code == "CL-01") {
						t.Errorf("want %s, got %s", code, show(r))
					}
				}
			})
		}
		for range n {
			for _, target := range []Target{good, refused, plain, closed, hole} {
				work <- target
			}
		}
		close(work)
		wg.Wait()
	}
	round(4) // what is made once is made now
	goroutines, files, bytes := settle(8, runtime.NumGoroutine), openFiles(t), heap()
	round(200)
	if n := settle(goroutines, runtime.NumGoroutine); n > goroutines {
		t.Errorf("%d goroutines, before %d", n, goroutines)
	}
	if n := settle(files, func() int { return openFiles(t) }); n > files {
		t.Errorf("%d open files, before %d", n, files)
	}
	after := heap()
	if after > bytes+2<<20 {
		t.Errorf("heap %d kB, before %d kB", after>>10, bytes>>10)
	}
	if *update {
		intoPage(t, "left", fmt.Sprintf("1,000 checks, 200 of them into black holes: goroutines %d before and %d after, open files %d and %d, heap %d and %d kB.\n",
			goroutines, runtime.NumGoroutine(), files, openFiles(t), bytes>>10, after>>10))
	}
	t.Logf("figure: R8 goroutines=%d before=%d open_files=%d before=%d heap=%dkB before=%dkB checks=1000 black_holes=200", runtime.NumGoroutine(), goroutines, openFiles(t), files, after>>10, bytes>>10)
	t.Logf("1,000 checks, 200 black holes: goroutines %d → %d, open files %d → %d, heap %d → %d kB",
		goroutines, runtime.NumGoroutine(), files, openFiles(t), bytes>>10, after>>10)
}

// BenchmarkHealthy is a whole check of a healthy endpoint beside one bare round trip in the same run:
// a new TLS connection, GetSystemInfo, close. The budget is twice that.
func BenchmarkHealthy(b *testing.B) {
	l := newLab(b)
	address := l.serve(l.mtls())
	target := l.target(address)
	e := engine()
	pool := (&run{t: Target{ExtraRootsPEM: l.serverCA.pem}, o: e.o}).systemRoots()
	c := &tls.Config{RootCAs: pool, ServerName: "localhost", Certificates: []tls.Certificate{l.client.tls(b)}}
	bare := func() {
		cc, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(credentials.NewTLS(c)), grpc.WithNoProxy())
		if err != nil {
			b.Fatal(err)
		}
		defer cc.Close()
		if _, err := workflowservice.NewWorkflowServiceClient(cc).GetSystemInfo(b.Context(), &workflowservice.GetSystemInfoRequest{}); err != nil {
			b.Fatal(err)
		}
	}
	whole := func() {
		if r := e.Run(b.Context(), target, nil); r.Verdict.Code != OK {
			b.Fatal(show(r))
		}
	}
	// At least 200 pairs, in turn, so that both meet the same machine; medians, so that a pause of it counts little.
	var a, z []time.Duration
	bare()
	whole()
	pairs := func() {
		start := time.Now()
		bare()
		mid := time.Now()
		whole()
		a, z = append(a, mid.Sub(start)), append(z, time.Since(mid))
	}
	for b.Loop() {
		pairs()
	}
	for len(a) < 200 {
		pairs()
	}
	mBare, mWhole := percentile(a, 0.5), percentile(z, 0.5)
	if *update {
		intoPage(b, "healthy time", fmt.Sprintf("A healthy check: %s beside %s of one bare TLS connection with GetSystemInfo (medians of %d pairs in one run), %.1f times as long; budget 2.\n",
			mWhole.Round(100*time.Microsecond), mBare.Round(100*time.Microsecond), len(a), float64(mWhole)/float64(mBare)))
	}
	b.ReportMetric(float64(mBare.Microseconds())/1000, "bare-ms")
	b.ReportMetric(float64(mWhole.Microseconds())/1000, "check-ms")
	b.ReportMetric(float64(percentile(z, 0.99).Microseconds())/1000, "check-p99-ms")
	b.ReportMetric(float64(mWhole)/float64(mBare), "check/bare-budget-2")
}

// BenchmarkVerdict is the time to the verdict of every fault that is not silent, p50 and p99 over
// ten runs each. The budget is one second.
func BenchmarkVerdict(b *testing.B) {
	for b.Loop() {
		var all []time.Duration
		worst, name := time.Duration(0), ""
		for _, row := range loudFaults() {
			var own []time.Duration
			for range 10 {
				r := runFault(b, row)
				own = append(own, time.Duration(r.TookMS*float64(time.Millisecond)))
			}
			if p := percentile(own, 0.99); p > worst {
				worst, name = p, row.code
			}
			all = append(all, own...)
		}
		if *update {
			intoPage(b, "verdict time", fmt.Sprintf("The verdict of a fault that is not silent: %s (p50), %s (p99, over %d checks), %s for the slowest (%s); budget 1 s for p99.\n",
				percentile(all, 0.5).Round(100*time.Microsecond), percentile(all, 0.99).Round(time.Millisecond), len(all), worst.Round(time.Millisecond), name))
		}
		b.Logf("figure: R6 p50=%.1fms p99=%.0fms slowest=%.0fms slowest_fault=%s", float64(percentile(all, 0.5).Microseconds())/1000, float64(percentile(all, 0.99).Microseconds())/1000, float64(worst.Microseconds())/1000, name)
		b.ReportMetric(float64(percentile(all, 0.5).Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(percentile(all, 0.99).Microseconds())/1000, "p99-ms-budget-1000")
		b.ReportMetric(float64(worst.Microseconds())/1000, "slowest-"+name+"-ms")
	}
}

//go:build !lean

package rehearsal

import (
	"context"
	"fmt"
	"testing"
	"time"

	"onramp/namespace"
)

// BenchmarkReady measures a start from nothing until workflows can be started; the first of a process, which
// counts, beside its budget of 1 s (docs/BENCHMARKS.md).
func BenchmarkReady(b *testing.B) {
	for name, o := range map[string]Options{"memory": {}, "file": {Dir: b.TempDir()}} {
		b.Run(name, func(b *testing.B) {
			var first, ready, closed time.Duration
			for b.Loop() {
				began := time.Now()
				c, err := New(o)
				if err != nil {
					b.Fatal(err)
				}
				if err := c.Start(context.Background()); err != nil {
					b.Fatal(err)
				}
				if ready += time.Since(began); first == 0 {
					first = ready
				}
				began = time.Now()
				if err := c.Close(); err != nil {
					b.Fatal(err)
				}
				closed += time.Since(began)
			}
			n := float64(b.N)
			b.ReportMetric(first.Seconds(), "first-ready-s")
			b.ReportMetric(first.Seconds()/1.0, "of-1s-budget")
			b.ReportMetric(ready.Seconds()/n, "ready-s")
			b.ReportMetric(closed.Seconds()/n, "close-s")
		})
	}
}

// BenchmarkCreateNamespace measures from the call until a workflow can start in the new namespace.
func BenchmarkCreateNamespace(b *testing.B) {
	c := sharedCloud(b)
	i := 0
	for b.Loop() {
		i++
		if err := c.CreateNamespace(context.Background(), namespace.ID{Name: fmt.Sprintf("bench-%d-%d", b.N, i), Account: "a1b2c"}); err != nil {
			b.Fatal(err)
		}
	}
}

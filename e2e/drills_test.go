package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"onramp/transfer"
)

// BenchmarkHundredDrills: a hundred drills of sixty transfers. In each, the longest transfer as a whole beside the sum of
// the longest of each part: what is over is time in which nothing was done, such as an end that was noticed late. The
// budget is 250 ms.
func BenchmarkHundredDrills(b *testing.B) {
	const drills, budget = 100, 250.0
	p := openPortal(b, b.TempDir(), "127.0.0.1:0", "--log-level", "error")
	v := visit(b, p.url)
	m, _ := v.tested(true)
	for b.Loop() {
	}
	worst, over := 0.0, 0
	for i := range drills {
		run := v.upload(m+"/transfer/drill", "once", fmt.Sprint("drill-", i), "count", "60", "rate", "50", "scenario", "success", "worker", "builtin",
			"beside", "none", "key_source", "lent").ok(b, "a drill").path
		var res struct{ Reports []transfer.DrillReport }
		deadline := time.Now().Add(patience)
		for {
			if s := v.get(run + ".json"); s.status == http.StatusOK && json.Unmarshal(s.body, &res) == nil && len(res.Reports) == 1 {
				break
			}
			if time.Now().After(deadline) {
				b.Fatal("a drill without an end")
			}
			<-time.After(100 * time.Millisecond)
		}
		if rep := res.Reports[0]; rep.Done != 60 {
			b.Fatalf("drill %d: %+v", i, rep)
		}
		total, parts := 0.0, 0.0
		for _, l := range res.Reports[0].Latencies {
			if l.Name == "total" {
				total = l.Max
			} else {
				parts += l.Max
			}
		}
		worst = max(worst, total-parts)
		if total-parts > budget {
			over++
		}
	}
	b.ReportMetric(float64(over), "drills-over")
	b.ReportMetric(worst, "worst-ms-over-its-parts")
	b.ReportMetric(worst/budget, "of-budget")
}

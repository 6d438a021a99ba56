package transfer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Latency is the distribution of one span over a drill's transfers, in milliseconds.
type Latency struct {
	Name    string   `json:"name"` // total, starting, first-task, decisions, or an activity's name
	Count   int      `json:"count"`
	Min     float64  `json:"min_ms"`
	P50     float64  `json:"p50_ms"`
	P90     float64  `json:"p90_ms"`
	P95     float64  `json:"p95_ms"`
	P99     *float64 `json:"p99_ms"`             // nil below 100 transfers
	NoP99   string   `json:"p99_note,omitempty"` // why there is none: "needs 100 transfers, this drill has 60"
	Max     float64  `json:"max_ms"`
	Buckets []Bucket `json:"buckets"` // without gap, from the first that holds one to the last
}

// Bucket is one bar of a histogram: so many took up to UpTo milliseconds, and longer than the one before.
type Bucket struct {
	UpTo  float64 `json:"up_to_ms"`
	Count int     `json:"count"`
}

// forP99 is how many transfers a 99th percentile needs: of fewer, it is the slowest one under another name.
const forP99 = 100

// UnmarshalJSON reads what this or an earlier version wrote, which gave a 99th percentile of any number of transfers.
func (l *Latency) UnmarshalJSON(text []byte) error {
	type plain Latency
	if err := json.Unmarshal(text, (*plain)(l)); err != nil {
		return err
	}
	l.settle()
	return nil
}

// settle leaves out a percentile that so few transfers do not tell, and says why.
func (l *Latency) settle() {
	if l.Count >= forP99 {
		l.NoP99 = ""
		return
	}
	l.P99, l.NoP99 = nil, fmt.Sprintf("needs %d transfers, this drill has %d", forP99, l.Count)
}

// latencies makes the distributions: total first, then the other spans of a transfer, then the activities in
// the order of the money: out, in, back; any others after them, by name.
func latencies(spans map[string][]time.Duration) []Latency {
	out := []Latency{}
	for name, ds := range spans {
		if len(ds) > 0 {
			out = append(out, distribution(name, ds))
		}
	}
	rank := func(name string) int {
		return max(slices.Index([]string{"", spanDecisions, spanFirstTask, spanStarting, spanTotal}, name), 0)
	}
	slices.SortFunc(out, func(a, b Latency) int {
		if d := rank(b.Name) - rank(a.Name); d != 0 {
			return d
		}
		return cmp.Or(moneysWay(a.Name)-moneysWay(b.Name), strings.Compare(a.Name, b.Name))
	})
	return out
}

// moneysWay is an activity's place in a transfer, by what the templates of every language call it.
func moneysWay(activity string) int {
	order := []string{"withdraw", "deposit", "refund"}
	for i, word := range order {
		if strings.Contains(strings.ToLower(activity), word) {
			return i
		}
	}
	return len(order)
}

// distribution computes exact percentiles: the smallest value that at least so many in a hundred do not
// exceed; the 99th of 100 transfers or more only. ds is sorted in place and not empty.
func distribution(name string, ds []time.Duration) Latency {
	slices.Sort(ds)
	at := func(p float64) float64 { return millis(ds[int(math.Ceil(p/100*float64(len(ds))))-1]) }
	p99 := at(99)
	l := Latency{Name: name, Count: len(ds), Min: millis(ds[0]), P50: at(50), P90: at(90), P95: at(95), P99: &p99, Max: millis(ds[len(ds)-1])}
	l.settle()
	// Powers of the square root of two: 1, 1.41, 2, 2.83, 4 ms …: each bar twice as wide every second time.
	edge := func(k int) float64 { return math.Round(100*math.Pow(2, float64(k)/2)) / 100 }
	k := 0
	for edge(k) < l.Min {
		k++
	}
	for i := 0; i < len(ds); k++ {
		b := Bucket{UpTo: edge(k)}
		for i < len(ds) && millis(ds[i]) <= b.UpTo {
			b.Count++
			i++
		}
		l.Buckets = append(l.Buckets, b)
	}
	return l
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Change is one line of a comparison: what a span takes here and there.
type Change struct {
	Name   string  `json:"name"`
	A      float64 `json:"a_p50_ms"`
	B      float64 `json:"b_p50_ms"`
	A95    float64 `json:"a_p95_ms"`
	B95    float64 `json:"b_p95_ms"`
	Factor float64 `json:"factor"` // B over A at the median; 0 when A is 0
}

// Compare says what changes from one target to another, for the spans that both have.
func Compare(a, b DrillReport) []Change {
	out := []Change{}
	for _, la := range a.Latencies {
		i := slices.IndexFunc(b.Latencies, func(l Latency) bool { return l.Name == la.Name })
		if i < 0 {
			continue
		}
		lb := b.Latencies[i]
		c := Change{Name: la.Name, A: la.P50, B: lb.P50, A95: la.P95, B95: lb.P95}
		if la.P50 > 0 {
			c.Factor = math.Round(100*lb.P50/la.P50) / 100
		}
		out = append(out, c)
	}
	return out
}

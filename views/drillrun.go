package views

import "fmt"

// DrillRunProps is one drill. Its live parts: run-sign, drill-status, drill-results.
// Test ids: drill-status, stop-drill, drill-again.
type DrillRunProps struct {
	Migration string
	Run       string
	Number    string
	Status    DrillStatusProps
	Results   DrillResultsProps
	Asked     []Pair
	JSON      string
	Again     string // address of the form, filled in
	Ended     string // of a streamed page: as in TransferEndProps
	History   []RunRow
}

// DrillStatusProps is how far a drill is. id=drill-status.
type DrillStatusProps struct {
	Migration, Run string
	Tag            Tag
	Title          string
	Text           string
	SinceMS        int64 // > 0: it runs, and began so long ago; counted on by the script
	Sides          []DrillSideProps
	CanStop        bool
}

// DrillSideProps is how far one target's transfers are.
type DrillSideProps struct {
	Name                  string // "localhost:7243, docs-assembly.a2dd6"
	Text                  string // "12 of 20 done, 0 failed, 3 under way"
	Planned, Done, Failed int
}

// DrillResultsProps is what was measured. id=drill-results.
type DrillResultsProps struct {
	Compared *ComparedProps // what changes from one target to the other
	Reports  []DrillReportProps
}

// ComparedProps is two targets side by side.
type ComparedProps struct {
	From, To string
	Rows     []ComparedRow
	Text     string // one sentence: what changes most
}

// ComparedRow is one span at both targets. A and B are medians in milliseconds, for the bars.
type ComparedRow struct {
	Name             string
	A, B             float64
	From, To         string // "12 ms (p95 19 ms)"
	Factor           string // "×2.1"
	FromP50, FromP95 string
	ToP50, ToP95     string
}

// DrillReportProps is what one target did.
type DrillReportProps struct {
	ID        string // unique on the page
	Name      string
	Facts     []Pair // done, failed, throttled, money, took
	Verdict   *VerdictProps
	Latencies []LatencyProps
	Errors    []DrillErrorRow
}

// LatencyProps is one span: its percentiles and its histogram.
type LatencyProps struct {
	ID, Name, What               string
	Count                        string
	Min, P50, P90, P95, P99, Max string
	Buckets                      []BucketProps
}

// BucketProps is one bar of a histogram.
type BucketProps struct {
	UpTo  string // "22.6 ms"
	Count int
}

// DrillErrorRow counts failures of one kind.
type DrillErrorRow struct {
	Kind, Count, Text string
}

// widest is the longest median, for the bars.
func (p ComparedProps) widest() float64 {
	w := 0.0
	for _, r := range p.Rows {
		w = max(w, r.A, r.B)
	}
	return w
}

// most is the highest bar.
func (p LatencyProps) most() int {
	m := 0
	for _, b := range p.Buckets {
		m = max(m, b.Count)
	}
	return m
}

// barTop and barHeight place a histogram's bar, 70 high at most, on its line.
func barTop(n, most int) string { return fmt.Sprintf("%.1f", 71-barSize(n, most)) }

func barHeight(n, most int) string { return fmt.Sprintf("%.1f", barSize(n, most)) }

func barSize(n, most int) float64 {
	if n <= 0 || most <= 0 {
		return 0
	}
	return max(float64(n)/float64(most)*68, 2)
}

package views

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
	Left           string // "about 12 s left", while it runs
	SinceMS        int64  // > 0: it runs, and began so long ago; counted on by the script
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
	Legend   []LegendProps  // of the plots, where they hold two targets
	Spans    []SpanProps
	Reports  []DrillReportProps
	Others   []Link // other drills to lay over this one; the one that is shown is current
	Files    []Link // the plots and their numbers, to keep
}

// SpanProps is how long one span of a transfer took, at one target or two.
type SpanProps struct {
	ID, Name, What string
	Text           string // "median 61 ms, 95 % 90 ms"
	Plot           PlotProps
	Targets        []string // the columns of the table
	Rows           []SpanRow
}

// SpanRow is how many transfers took up to so long, and longer than the row before, at each target.
type SpanRow struct {
	UpTo   string // "22.6 ms"
	Counts []string
}

// DrillPlotsProps are a drill's plots as a file of their own.
type DrillPlotsProps struct {
	Title, Text string
	Legend      []LegendProps
	Spans       []SpanProps
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
	NoP99     string // why there is no 99th percentile: "needs 100 transfers, this drill has 60"
	Errors    []DrillErrorRow
}

// LatencyProps are one span's percentiles; P99 is "" where so few transfers do not tell it.
type LatencyProps struct {
	Name                         string
	Count                        string
	Min, P50, P90, P95, P99, Max string
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

// The file's measures, in pixels.
const (
	fileWide  = 960
	fileEdge  = 32
	fileHead  = 92 // title and text
	fileLine  = 24 // a line of the legend
	fileTitle = 30 // over each plot
)

// at is where a span's plot begins, and below the last one.
func (p DrillPlotsProps) at(i int) int {
	y := fileHead + fileLine*len(p.Legend)
	for _, s := range p.Spans[:i] {
		y += fileTitle + s.Plot.Height() + 16
	}
	return y
}

func (p DrillPlotsProps) height() int { return p.at(len(p.Spans)) + 8 }

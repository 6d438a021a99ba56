package views

// TestRunProps is one check run. Its live parts: run-sign, run-status, crossing, stage-<id>, verdict.
// Test ids: run-again, verdict, stage-<id>.
type TestRunProps struct {
	Migration string
	Run       string // id
	Number    string
	Status    RunStatusProps
	Crossing  CrossingProps
	Stages    []StageProps // the ten, always
	Verdict   VerdictProps
	Reported  *ReportedProps // nil for a check that Onramp made itself
	Spark     SparkProps
	History   []CheckRow
	Compare   *Link          // with the check before it
	Asked     []Pair         // hidden fields of Run again: what was asked
	CanRerun  bool           // the lent key is still there: POST /m/{m}/test with key_source=lent
	JSON      string         // address of the report as JSON
	Report    CodeBlockProps // the report as text, for Copy report
	Twin      CodeBlockProps
	// Environment leads to the page that judges the worker's environment, after a run that failed.
	Environment *Link
}

// ReportedProps says that a run was made elsewhere.
type ReportedProps struct {
	Text string // "Somebody ran this check on worker-1 and pasted …"
	Tag  Tag    // "Counts for step 4"
	Why  string // why it does not
}

// RunStatusProps is the line above the checks. id=run-status.
type RunStatusProps struct {
	Tag   Tag
	Text  string // "stopped at 5 of 10 · 155 ms"
	When  string
	Stamp string
	// SinceMS is, while it runs, how long it does; counted on by the script.
	SinceMS int64
}

// StageProps is one check. id=stage-<ID>. While Live is set the row has a fixed height and does not open.
type StageProps struct {
	ID       string // input, pair, chain, dns, tcp, tls, client-cert, grpc, namespace, task-queue
	Number   string
	Title    string
	State    State
	Word     string // "Passed", "Checking", "Not reached"
	Summary  string
	SinceMS  int64  // > 0: it waits, since so long; counted on by the script
	Time     string // "12 ms", "" before
	Evidence []Pair
	Findings []FindingProps
	Live     bool
	Open     bool
}

// bare reports a check that has nothing to open.
func (p StageProps) bare() bool { return len(p.Evidence)+len(p.Findings) == 0 }

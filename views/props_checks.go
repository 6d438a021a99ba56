package views

import (
	"strconv"
	"strings"
)

// SparkProps is the newest checks as one small chart, oldest first, with its text twin.
type SparkProps struct {
	Text string // "Last 12 checks, oldest first: 8 passed, 3 failed, 1 interrupted"
	Bars []SparkBar
}

// SparkBar is one check. Height is a share of the chart, from 0 to 1.
type SparkBar struct {
	State  State
	Height float64
}

// The bars' measures, in units of the chart.
const (
	sparkStep = 10
	sparkWide = 7
	sparkTall = 32
)

func (p SparkProps) viewBox() string {
	return "0 0 " + strconv.Itoa(max(len(p.Bars), 1)*sparkStep) + " " + strconv.Itoa(sparkTall+8)
}

func (p SparkProps) wide() string { return strconv.Itoa(len(p.Bars) * sparkStep) }

// bar places the i-th bar: x, y, width and height. It stands on the ground, and is never too small to see.
func (b SparkBar) bar(i int) (x, y, w, h string) {
	tall := max(4, min(1, b.Height)*sparkTall)
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	return f(float64(i*sparkStep) + 1.5), f(8 + sparkTall - tall), strconv.Itoa(sparkWide), f(tall - 1)
}

// cross is the sign over a bar that failed.
func (b SparkBar) cross(i int) string {
	_, y, _, _ := b.bar(i)
	top, _ := strconv.ParseFloat(y, 64)
	x := strconv.Itoa(i*sparkStep + 3)
	return "M" + x + " " + strconv.FormatFloat(top-6, 'f', 1, 64) + "l4 4m0-4-4 4"
}

// CheckRow is one check in the list of checks.
type CheckRow struct {
	RunRow
	From     string // the host it ran on
	Reported string // "as reported by Dana", "" where Onramp saw it itself
	CodeURL  string // "" for none
	JSON     string // "" while it has no result
	Compare  *Link  // with the check before it
}

// ReportedProps says that a run was made elsewhere.
type ReportedProps struct {
	Text string // "Somebody ran this check on worker-1 and pasted …"
	Tag  Tag    // "Counts for step 4"
	Why  string // why it does not
}

// ElsewhereProps is the part of step 4 that lets the check run where the worker runs.
// Forms: POST /m/{m}/test/elsewhere (fields else_cert_path, else_key_path, else_queue, else_by) makes Commands;
// POST /m/{m}/test/report (fields report, report_by) takes a result. Test ids: make-command, report, send-report.
type ElsewhereProps struct {
	Migration         string
	CertPath, KeyPath string
	Queue, By         string
	Commands          []CodeProps // one a shell, with a one-time address; none before it was made
	Until             string      // how long the address is good
	Here              bool        // the portal is reachable from this computer only
	Print             []CodeProps // one a shell: prints the report, to be pasted
	Open              bool
	Problems          Problems
}

// CompareProps is two checks side by side. Test ids: compare-summary.
type CompareProps struct {
	Migration string
	Run       Link // the run that the page is about
	Before    *Link
	After     *Link // nil: there is nothing to compare with
	Summary   string
	Inputs    []ChangeProps
	Stages    []StageChangeProps
	Same      string // "8 checks ended as before"
	Others    []Link // what it can be compared with
	JSON      string
}

// ChangeProps is a named value before and after.
type ChangeProps struct {
	Name, Before, After string
}

// StageChangeProps is one check before and after.
type StageChangeProps struct {
	ID, Number, Title string
	Changed           bool
	Before, After     Tag
	BeforeTime        string
	AfterTime         string
	Evidence          []ChangeProps
	New, Gone         []FindingProps
}

func compareTitle(p CompareProps) string {
	if p.Before == nil || p.After == nil {
		return p.Run.Text + " compared"
	}
	return p.Before.Text + " and " + lowerFirst(p.After.Text) + " compared"
}

// lowerFirst is a text inside a sentence.
func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

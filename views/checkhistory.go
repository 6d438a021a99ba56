package views

import "strconv"

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

// CheckRow is one check in the list of checks.
type CheckRow struct {
	RunRow
	From     string // the host it ran on
	Reported string // "as reported by Dana", "" where Onramp saw it itself
	CodeURL  string // "" for none
	JSON     string // "" while it has no result
	Compare  *Link  // with the check before it
}

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

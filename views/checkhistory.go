package views

import "strings"

// SparkProps is how long the newest checks took, oldest first, with its text twin. id=check-times of CheckTimes.
type SparkProps struct {
	Text   string // "Last 12 checks, oldest first: 8 passed, 3 failed, 1 interrupted. Min 31 ms, median 61 ms, max 2.1 s"
	Y      []Tick
	YName  string // "ms, log scale"
	Points []SparkPoint
	Median float64 // where it stands, from 0 to 1
}

// SparkPoint is one check: its places are shares of the axes.
type SparkPoint struct {
	At, High float64
	State    State
	Name     string // "Check 3: passed, 155 ms"
	When     string
	URL      string
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

// testID is the row's: "check-3".
func (r CheckRow) testID() string { return strings.ReplaceAll(strings.ToLower(r.Name), " ", "-") }

// A chart's measures down, in pixels.
const (
	sparkTop  = 24 // for the words of the Y axis
	sparkTall = 96
)

// sparkDown is a share of the Y axis as a place.
func sparkDown(at float64) string { return px(sparkTop + sparkTall*(1-min(max(at, 0), 1))) }

// sign is the form of a check's sign, about its own place: colour alone would not tell who failed.
func (p SparkPoint) sign() string {
	switch p.State {
	case Good:
		return "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z"
	case Bad:
		return "m-5-5 10 10m0-10-10 10"
	}
	return "m0-5 5 5-5 5-5-5z"
}

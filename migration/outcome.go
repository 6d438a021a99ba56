package migration

import (
	"strconv"
	"time"
)

// RunKind says what a run did.
type RunKind string

// The run kinds.
const (
	CheckRun    RunKind = "check"
	TransferRun RunKind = "transfer"
	DrillRun    RunKind = "drill"
	AssessRun   RunKind = "assess"  // of the server that the application runs on today; no step rests on it
	CutoverRun  RunKind = "cutover" // a look at both sides of a migration; no step rests on it
)

// RunKinds are all of them, in the order in which a migration meets them.
var RunKinds = []RunKind{AssessRun, CheckRun, TransferRun, DrillRun, CutoverRun}

// Word is what the kind is called in sentences: "check", "test transfer", "load drill", "assessment", "cut-over look".
func (k RunKind) Word() string {
	switch k {
	case TransferRun:
		return "test transfer"
	case DrillRun:
		return "load drill"
	case AssessRun:
		return "assessment"
	case CutoverRun:
		return "cut-over look"
	}
	return string(k)
}

// Numbered names the run of a number: "check 3". It is the name wherever one is mentioned.
func (k RunKind) Numbered(number int) string { return k.Word() + " " + strconv.Itoa(number) }

// RunState is where a run is.
type RunState string

// The run states. A run that has ended never changes.
const (
	RunRunning     RunState = "running"
	RunPassed      RunState = "passed"
	RunFailed      RunState = "failed"
	RunInterrupted RunState = "interrupted" // it was stopped, or how it ended is not known
)

// Outcome is what the steps of a migration look at of a check, a transfer or a drill.
type Outcome struct {
	ID          string // random, in URLs
	MigrationID string
	Number      int // 1, 2, … per migration and kind
	Kind        RunKind
	State       RunState
	Title       string // one line once it ended: the verdict or the result
	Code        string // verdict code
	InputHash   string // what it is about
	From        string // the host that reported it; "" where Onramp made it itself
	Started     time.Time
	Ended       time.Time
}

// Running reports whether it is under way.
func (o Outcome) Running() bool { return o.State == RunRunning }

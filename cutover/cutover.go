// Package cutover watches a manual migration from a source server to a namespace in Temporal Cloud: which of its gates are
// open, how far the source has drained, which workflow IDs are open on both sides, and who still starts work at the source.
// A Reader reads both sides by RPCs that change nothing (assess.Door) into Facts; Judge turns Facts into a Report and asks
// nobody. It moves nothing: what a person must do it prints.
package cutover

import (
	"time"

	"onramp/assess"
	"onramp/doctor"
)

// The schema names of what is printed as JSON, which only grow: scripts read them.
const (
	StatusSchema     = "onramp.cutover.status/1"
	WatchSchema      = "onramp.cutover.watch/1"
	TwinsSchema      = "onramp.cutover.twins/1"
	StragglersSchema = "onramp.cutover.stragglers/1"
	FactsSchema      = "onramp.cutover.facts/1"
)

// State is how a gate stands.
type State string

// The states of a gate.
const (
	Passed     State = "passed"
	Overridden State = "overridden" // a person says so, by name and with a reason
	Open       State = "open"       // something is still to be done or to be waited for
	Red        State = "red"        // something is wrong, and gets no better by waiting
	Unknown    State = "unknown"    // what it rests on could not be read
)

// The exit codes of a report, by the scheme of an assessment: docs/cutover.md.
const (
	ExitOpen    = 20
	ExitRed     = 21
	ExitUnknown = 22
)

// Fix is one thing to do and who can do it, as everywhere in Onramp.
type Fix = doctor.Fix

// Gate is one gate of the cut-over.
type Gate struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	State      State          `json:"state"`
	Title      string         `json:"title"`
	Evidence   map[string]any `json:"evidence"`
	At         time.Time      `json:"at"`
	Hash       string         `json:"hash"` // of the evidence
	Rule       string         `json:"rule"`
	Source     string         `json:"source"`
	CanBeWrong string         `json:"can_be_wrong"`
	Fix        []Fix          `json:"fix"`
	Back       string         `json:"back"` // how this gate's step is taken back
}

// Side is what stands on one side, as both are shown next to each other.
type Side struct {
	Address       string         `json:"address"`
	Namespace     string         `json:"namespace"`
	ServerVersion string         `json:"server_version"`
	ClusterID     string         `json:"cluster_id,omitempty"`
	Open          assess.Count   `json:"open"`
	Starts        assess.Count   `json:"starts"` // from outside, in the window
	ClosedHour    assess.Count   `json:"closed_1h"`
	Queues        int            `json:"task_queues"`
	Unpolled      int            `json:"task_queues_without_pollers"`
	RPCs          map[string]int `json:"rpcs"`
}

// Report is what Judge makes of Facts.
type Report struct {
	Schema     string          `json:"schema"`
	Rules      string          `json:"rules"`
	At         time.Time       `json:"at"`
	Source     Side            `json:"source"`
	Target     Side            `json:"target"`
	Window     float64         `json:"window_seconds"` // how far back starts were looked for
	Gates      []Gate          `json:"gates"`
	Next       string          `json:"next"` // the first gate that has not passed; "": none
	Meter      Meter           `json:"meter"`
	Twins      []Twin          `json:"twins"`
	Stragglers []Straggler     `json:"stragglers"`
	Back       string          `json:"back"` // what going back means now
	Incomplete string          `json:"incomplete,omitempty"`
	TookMS     float64         `json:"took_ms"`
	Verdict    *doctor.Verdict `json:"verdict,omitempty"` // only where the source could not be read at all
}

// ExitCode is what a script decides by: 0 every gate passed or is overridden, else the worst of them.
func (r Report) ExitCode() int {
	code := 0
	for _, g := range r.Gates {
		switch {
		case g.State == Red:
			return ExitRed
		case g.State == Open:
			code = ExitOpen
		case g.State == Unknown && code == 0:
			code = ExitUnknown
		}
	}
	return code
}

// Straggler is somebody who started work at the source within the window.
type Straggler struct {
	Identity string    `json:"identity"` // as the client calls itself; pid@host@ by default
	Starts   int       `json:"starts"`
	Types    []string  `json:"types"`
	Latest   time.Time `json:"latest"`
	Example  string    `json:"example"` // a workflow ID
}

// Twin is a workflow ID that is open on both sides.
type Twin struct {
	WorkflowID   string    `json:"workflow_id"`
	SourceType   string    `json:"source_type"`
	TargetType   string    `json:"target_type"`
	SourceStart  time.Time `json:"source_start"`
	TargetStart  time.Time `json:"target_start"`
	SourceRun    string    `json:"source_run"`
	TargetRun    string    `json:"target_run"`
	StartedBy    string    `json:"started_by"` // who started the target's
	Confirmed    bool      `json:"confirmed"`  // described on both sides, not only listed
	Acknowledged bool      `json:"acknowledged"`
}

// Package assess says what must change before the applications of a Temporal server can live in Temporal Cloud. A Collector
// reads the server, by RPCs that change nothing and within a budget, into Facts; Judge turns Facts into rows and dials
// nobody. Facts hold names, counts, sizes and times, and never a payload, a memo's value or a search attribute's value.
package assess

import (
	"time"

	"onramp/doctor"
)

// Schema is the schema name of Report's JSON and FactsSchema of Facts', which only grow: scripts read them.
const (
	Schema      = "onramp.assess/1"
	FactsSchema = "onramp.facts/1"
)

// Verdict is how a row ends, for one way to move.
type Verdict string

// The verdicts, from the best to the worst but Unknown: what could not be read is neither good nor bad.
const (
	Pass    Verdict = "PASS"
	Info    Verdict = "INFO"
	Warning Verdict = "WARNING"
	Blocker Verdict = "BLOCKER"
	Unknown Verdict = "UNKNOWN"
)

// weight orders verdicts for a reader: worst first, what is not known after what is known to need work.
func (v Verdict) weight() int {
	switch v {
	case Blocker:
		return 4
	case Warning:
		return 3
	case Unknown:
		return 2
	case Info:
		return 1
	}
	return 0
}

// worse is the verdict that a reader must see of two.
func worse(a, b Verdict) Verdict {
	if b.weight() > a.weight() {
		return b
	}
	return a
}

// Fix is one thing to do and who can do it, as everywhere in Onramp.
type Fix = doctor.Fix

// Row is one check's answer about one subject. Manual is the move by new workers and draining, Automated the one that
// Temporal carries out by replication.
type Row struct {
	ID         string         `json:"id"`
	Namespace  string         `json:"namespace"` // "" is the whole server
	Subject    string         `json:"subject"`
	Manual     Verdict        `json:"manual"`
	Automated  Verdict        `json:"automated"`
	Title      string         `json:"title"`
	Evidence   map[string]any `json:"evidence"`
	Rule       string         `json:"rule"`
	Source     string         `json:"source"`
	Fix        []Fix          `json:"fix"`
	CanBeWrong string         `json:"can_be_wrong"`
	Finding    string         `json:"finding"`            // the same in every report of the same server
	Reviewed   *Reviewed      `json:"reviewed,omitempty"` // in a portal: somebody looked at it
}

// Worst is the worse of the row's two verdicts.
func (r Row) Worst() Verdict { return worse(r.Manual, r.Automated) }

// SourceServer is the server that was assessed.
type SourceServer struct {
	Address       string   `json:"address"`
	ServerVersion string   `json:"server_version"`
	Namespaces    []string `json:"namespaces"`
}

// Report is what Judge makes of Facts.
type Report struct {
	Schema     string          `json:"schema"`
	Rules      string          `json:"rules"` // the month of the rule set
	At         time.Time       `json:"at"`    // when the facts were read
	Source     SourceServer    `json:"source"`
	Rows       []Row           `json:"rows"`  // worst first
	Grade      string          `json:"grade"` // A: configuration only; B: code changes too; C: live workflows need a plan
	Needs      []Fix           `json:"needs"` // what every migration of this server needs, whatever was found
	Drain      Drain           `json:"drain"`
	Actions    Actions         `json:"actions"`
	RPCs       map[string]int  `json:"rpcs"`
	Budget     int             `json:"budget"`
	Incomplete string          `json:"incomplete,omitempty"` // why reading ended early
	TookMS     float64         `json:"took_ms"`
	Verdict    *doctor.Verdict `json:"verdict,omitempty"` // only where the server could not be reached
}

// The exit codes of a report: docs/assess.md.
const (
	ExitWarning = 20
	ExitBlocker = 21
	ExitUnknown = 22
)

// ExitCode is what a script decides by: 0 nothing above INFO, else the worst that the report holds, for either way to move.
func (r Report) ExitCode() int {
	worst := Pass
	for _, row := range r.Rows {
		worst = worse(worst, row.Worst())
	}
	switch worst {
	case Blocker:
		return ExitBlocker
	case Warning:
		return ExitWarning
	case Unknown:
		return ExitUnknown
	}
	return 0
}

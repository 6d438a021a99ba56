package cutover

import (
	"slices"
	"time"

	"onramp/assess"
	"onramp/doctor"
)

// Facts are one look at both sides: names, counts and times, and no payload, memo value or search attribute value.
type Facts struct {
	Schema     string         `json:"schema"`
	At         time.Time      `json:"at"`
	Window     time.Duration  `json:"window"`      // how far back starts were looked for
	WindowFrom string         `json:"window_from"` // why so far
	Silent     time.Duration  `json:"silent"`      // how long the source must be silent
	Source     Half           `json:"source"`
	Target     Half           `json:"target"`
	Check      *Checked       `json:"check,omitempty"`      // of the target
	Assessment *Assessed      `json:"assessment,omitempty"` // of the source
	Attributes []Attribute    `json:"attributes"`
	Queues     []Queue        `json:"queues"`
	Canaries   []Canary       `json:"canaries"`
	CanariesR  assess.Outcome `json:"canaries_read"`
	Starts     Starts         `json:"starts"`
	Twins      Twins          `json:"twins"`
	Types      []Type         `json:"types"` // of the source
	TypesWhole bool           `json:"types_whole"`
	Second     *Second        `json:"second,omitempty"` // the second look at a source that seemed drained
	Batches    assess.Count   `json:"batches_running"`
	Silence    Silence        `json:"silence"`
	Stuck      []string       `json:"stuck"` // IDs of open workflows that the server reports problems of
	StuckN     assess.Count   `json:"stuck_count"`
	Drain      assess.Drain   `json:"drain"`
	Before     *Before        `json:"before,omitempty"` // the look before, of the same Reader
	Said       Said           `json:"said"`
	Incomplete string         `json:"incomplete,omitempty"`
	TookMS     float64        `json:"took_ms"`
}

// Half is one side.
type Half struct {
	Address       string          `json:"address"`
	Namespace     string          `json:"namespace"`
	Reached       assess.Outcome  `json:"reached"`
	ServerVersion string          `json:"server_version"`
	ClusterID     string          `json:"cluster_id"`
	Retention     time.Duration   `json:"retention"`
	Open          assess.Count    `json:"open"`
	ClosedHour    assess.Count    `json:"closed_1h"`
	ClosedDay     assess.Count    `json:"closed_24h"`
	Starts        assess.Count    `json:"starts"` // external by the query alone, in the window
	RPCs          map[string]int  `json:"rpcs"`
	Verdict       *doctor.Verdict `json:"verdict,omitempty"` // why it was not reached
}

// Checked is what the doctor says of the target.
type Checked struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	From  string `json:"tested_from"`
}

// Assessed is what an assessment says that the cut-over rests on.
type Assessed struct {
	At         time.Time `json:"at"`
	Address    string    `json:"address"`
	Namespaces []string  `json:"namespaces"`
	Blockers   int       `json:"blockers"`
	Warnings   int       `json:"warnings"`
	Unknown    int       `json:"unknown"`
	Reviewed   int       `json:"reviewed,omitempty"`    // warnings that bear a mark, of people who looked at them
	ReviewedBy []string  `json:"reviewed_by,omitempty"` // their names
}

// OfAssessment is what a cut-over needs of an assessment, for the manual way to move.
func OfAssessment(f *assess.Facts) *Assessed { return OfReviewed(f, nil) }

// OfReviewed is the same of an assessment whose findings people have reviewed, by the names of findings. A finding that has
// become worse since counts as not reviewed.
func OfReviewed(f *assess.Facts, marks map[string]assess.Reviewed) *Assessed {
	r := assess.Judge(f)
	r.Mark(marks)
	a := &Assessed{At: r.At, Address: r.Source.Address, Namespaces: r.Source.Namespaces}
	for _, row := range r.Rows {
		if row.Manual == assess.Warning && row.Reviewed != nil && !row.Again() {
			a.Reviewed++
			if !slices.Contains(a.ReviewedBy, row.Reviewed.By) {
				a.ReviewedBy = append(a.ReviewedBy, row.Reviewed.By)
			}
		}
		switch row.Manual {
		case assess.Blocker:
			a.Blockers++
		case assess.Warning:
			a.Warnings++
		case assess.Unknown:
			a.Unknown++
		}
	}
	slices.Sort(a.ReviewedBy)
	return a
}

// Said is what people said of this cut-over, who cannot be read from a server.
type Said struct {
	WarningsReviewedBy string            `json:"warnings_reviewed_by,omitempty"`
	Acknowledged       []string          `json:"acknowledged_twins,omitempty"` // workflow IDs
	Overrides          map[string]string `json:"overrides,omitempty"`          // by gate: NAME because …
}

// Attribute is a custom search attribute of the source.
type Attribute struct {
	Name     string         `json:"name"`
	Type     string         `json:"type"` // as tcld writes it
	Used     assess.Count   `json:"used"`
	AtTarget assess.Outcome `json:"at_target"` // not-there is what it says
}

// Queue is a task queue that the source has work or pollers on, one kind of its tasks.
type Queue struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"` // workflow or activity
	Open   int64  `json:"open"` // open workflows at the source
	Source Polled `json:"source"`
	Target Polled `json:"target"`
}

// Polled is who polls a queue. The server knows pollers of the last five minutes.
type Polled struct {
	Read       assess.Outcome `json:"read"`
	N          int            `json:"n"`
	Freshest   time.Time      `json:"freshest,omitzero"`
	Identities []string       `json:"identities"` // a few
	Backlog    int64          `json:"backlog"`
	BacklogR   assess.Outcome `json:"backlog_read"`
}

// Canary is a workflow that completed at the target, of a type that the source has, or a money transfer.
type Canary struct {
	WorkflowID string         `json:"workflow_id"`
	Type       string         `json:"type"`
	Closed     time.Time      `json:"closed"`
	StartedBy  string         `json:"started_by"`
	WorkedBy   string         `json:"worked_by"` // who completed a workflow task
	Read       assess.Outcome `json:"read"`
}

// Starts are the starts at the source within the window that came from outside: of no parent, no schedule, no earlier run.
type Starts struct {
	Read      assess.Outcome `json:"read"`
	Looked    int            `json:"looked"` // whose first event was read
	External  int            `json:"external"`
	Continued int            `json:"continued"` // runs of a chain, and resets
	Unread    int            `json:"unread"`
	More      int64          `json:"more"` // that were not looked at
	Who       []Straggler    `json:"who"`
	ByType    map[string]int `json:"by_type"`
	Scheduled assess.Count   `json:"scheduled"` // runs that schedules started, in the window
	Schedules []Schedule     `json:"schedules"` // of the source, that are not paused
	SchedR    assess.Outcome `json:"schedules_read"`
	SchedMore bool           `json:"schedules_more"`
}

// Schedule is a schedule of the source that still starts work.
type Schedule struct {
	ID string `json:"id"`
}

// Twins are the workflow IDs open on both sides.
type Twins struct {
	Read   assess.Outcome `json:"read"`
	Whole  bool           `json:"whole"` // every open ID of the source was compared
	Looked int            `json:"looked"`
	Found  []Twin         `json:"found"`
	More   int            `json:"more"` // found and not described
}

// Type is a workflow type that is open at the source, or was in this Reader's first look.
type Type struct {
	Name     string       `json:"name"`
	Open     assess.Count `json:"open"`
	First    int64        `json:"first"` // open in the first look
	Closed1  int          `json:"closed_1h"`
	Closed24 int          `json:"closed_24h"`
	Partial  bool         `json:"partial"` // the list of closed runs did not reach back a day
	Oldest   *Oldest      `json:"oldest,omitempty"`
	Endless  string       `json:"endless,omitempty"` // cron, or continues as new
	Unpolled []string     `json:"unpolled"`          // queues of its open runs that no worker polls
}

// Oldest is the open run of a type that began first.
type Oldest struct {
	WorkflowID string         `json:"workflow_id"`
	RunID      string         `json:"run_id"`
	Start      time.Time      `json:"start"`
	Described  assess.Outcome `json:"described"`
	Closed     bool           `json:"closed"` // it is closed, though it is still listed as open
	Activity   string         `json:"pending_activity,omitempty"`
	Attempt    int32          `json:"attempt,omitempty"`
	Nexus      int            `json:"pending_nexus,omitempty"`
	Children   int            `json:"pending_children,omitempty"`
	Expires    *time.Time     `json:"expires,omitempty"`
	Events     int64          `json:"events"`
}

// Second is a second count of open workflows, some time after the first.
type Second struct {
	Open      assess.Count  `json:"open"`
	After     time.Duration `json:"after"`
	Described int           `json:"described"` // latest runs that were described
	StillOpen []string      `json:"still_open"`
	Failed    int           `json:"failed"` // that could not be described
}

// Silence says whether anything happened at the source for as long as it must be silent.
type Silence struct {
	Starts assess.Count `json:"starts"`
	Closes assess.Count `json:"closes"`
}

// Before is the look before, which the meter takes differences from.
type Before struct {
	At     time.Time    `json:"at"`
	Open   assess.Count `json:"open"`
	Starts assess.Count `json:"starts"` // since then
	Closes assess.Count `json:"closes"`
	Looks  int          `json:"looks"` // of this Reader, this one among them
}

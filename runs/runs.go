// Package runs is the log of what is under way: checks, transfers, drills, assessments and cut-over looks. It carries them
// out in the background, writes their log, fans it out to whoever follows, keeps secrets out of it, and marks as interrupted
// what a stop cut short. Its executor (service.go) knows what a run does by an interface only (Work), and what goes on
// without one that was cut short by Options.Left; the works stand beside it, a file each: check.go, transfer.go, drill.go,
// assessment.go and cutover.go.
package runs

import (
	"context"
	"encoding/json"
	"time"

	"onramp/migration"
)

// Row is what lists show of a run.
type Row struct {
	migration.Outcome
	By         string  // who started it
	TestedFrom string  // the host that a check ran on, once it has ended
	Reporter   string  // who brought a check that was made elsewhere, as typed
	TookMS     float64 // as a check's report says; 0 where there is none
	HasResult  bool
	// What a check was asked beside its target; the next one is asked the same.
	TaskQueue, LocalAddress, LocalNamespace string
}

// Over reports whether the run has ended: then it never changes.
func (r Row) Over() bool { return !r.Running() }

// Run is one check, transfer, drill, assessment or cut-over look, with a permalink.
type Run struct {
	Row
	Request json.RawMessage // what was asked, without secrets
	Result  json.RawMessage // doctor.Report, transfer.Result, DrillResult, Assessed or Crossed once it ended
	// IdempotencyKey is what the caller gave, "" otherwise. A migration has one run of a kind with a key.
	IdempotencyKey string
	// Owner is the process that carries it out, which holds a lease on it until then. A run whose lease is over is
	// nobody's: it is interrupted.
	Owner string
	Lease time.Time
}

// Entry is one line of a run's log. Seq starts at 1 and has no gap.
type Entry struct {
	RunID string
	Seq   int64
	At    time.Time
	Kind  string          // one of the Entry… kinds
	Data  json.RawMessage // doctor.Stage, transfer.Event, DrillProgress, assess.Progress, cutover.Progress or EndData
}

// Entry kinds. The last entry of a run is EntryEnd and no other is.
const (
	EntryStage = "stage" // a doctor.Stage, once Running and once as it ended
	EntryEvent = "event" // a transfer.Event
	EntryDrill = "drill" // a DrillProgress
	EntryRead  = "read"  // an assess.Progress, or of a cut-over look a cutover.Progress
	EntryEnd   = "end"   // EndData
)

// EndData is the data of a run's last entry.
type EndData struct {
	State migration.RunState `json:"state"`
	Title string             `json:"title"`
	Code  string             `json:"code,omitempty"`
}

// Count is what runs are counted by.
type Count struct {
	Kind  migration.RunKind
	State migration.RunState
}

// UnderWay is the limit of Rows for all runs that have not ended.
const UnderWay = -1

// Store keeps runs and their logs. Methods are safe for concurrent use, stop when ctx ends and return a NotFound
// fault for an unknown id. What a method was told to write is durable when it returns, unless it says otherwise. Times
// come back in UTC.
type Store interface {
	Run(ctx context.Context, id string) (Run, error)
	// RunByKey returns the run of a migration and kind with an idempotency key.
	RunByKey(ctx context.Context, migrationID string, kind migration.RunKind, key string) (Run, error)
	// Rows are the newest, newest first, at most limit; with UnderWay as limit all that have not ended, in any process.
	Rows(ctx context.Context, migrationID string, kind migration.RunKind, limit int) ([]Row, error)
	CountRuns(ctx context.Context) (map[Count]int, error)
	// AddEntries appends to a running run's log, all or none, and gives the entries their Seq. Conflict when the
	// run has ended. What it wrote outlives the process; only a power cut may take the last entries, from the end.
	AddEntries(ctx context.Context, runID string, es []Entry) ([]Entry, error)
	Entries(ctx context.Context, runID string, after int64) ([]Entry, error)
	// EndRun writes the end of a run (State, Title, Code, Result, Ended and what lists show of them), its last entry
	// and the facts that follow from it in one transaction. A run that has already ended stays as it is: Conflict.
	EndRun(ctx context.Context, r Run, last Entry, facts []migration.Fact) error
	// Abandoned are the running runs whose lease is over at a time, oldest first.
	Abandoned(ctx context.Context, now time.Time) ([]Run, error)
	// EndAbandoned writes the end of a run as EndRun does, if its lease is over at r.Ended still: Conflict otherwise.
	EndAbandoned(ctx context.Context, r Run, last Entry) error
	// Renew prolongs the leases of an owner's running runs that are among some IDs.
	Renew(ctx context.Context, owner string, ids []string, until time.Time) error
}

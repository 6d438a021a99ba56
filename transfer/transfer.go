// Package transfer is the money transfer: workflow, activities and mock bank, the built-in worker, and
// starting, following and diagnosing a test transfer on any endpoint.
package transfer

import (
	"encoding/json"
	"time"

	"onramp/doctor"
)

// Scenario is how the mock bank behaves.
type Scenario string

// The scenarios of contract.md, and InsufficientFunds.
const (
	Success           Scenario = "success"
	Flaky             Scenario = "flaky"           // the bank times out, then works: retries
	Refund            Scenario = "refund"          // the deposit is refused: saga
	InvalidAccount    Scenario = "invalid-account" // non-retryable
	Slow              Scenario = "slow"            // heartbeats, cancellable
	InsufficientFunds Scenario = "insufficient-funds"
)

// Details is what the workflow is given. JSON names are those of the built-in worker; profiles of the
// official templates rename them (cloud-facts.md §6.2).
type Details struct {
	SourceAccount string   `json:"source_account"`
	TargetAccount string   `json:"target_account"`
	Amount        int      `json:"amount"` // whole units of money
	ReferenceID   string   `json:"reference_id"`
	Scenario      Scenario `json:"scenario,omitempty"`
}

// Request asks for a test transfer. Target says where; it holds keys and is never printed.
type Request struct {
	Target       doctor.Target
	Template     string // builtin (default), python, go, …
	Worker       string // builtin (default) or own
	Scenario     Scenario
	Details      Details
	Input        json.RawMessage // custom input instead of Details; an array of arguments or one argument
	TaskQueue    string          // default: the template's; the built-in worker has its own
	WorkflowType string
	WorkflowID   string // default: random
	// FollowOnly: the workflow exists already, follow it: somebody else's, or after a restart one's own. With
	// Worker "builtin" said in so many words, the built-in worker goes on with it.
	FollowOnly bool
	RunID      string
	// GiveUp ends the run with its verdict once it is clear that it cannot proceed; otherwise it is
	// followed until ctx ends.
	GiveUp bool
	// Elsewhere are other servers and namespaces where the worker might be instead, such as the local one.
	Elsewhere []doctor.Target
}

// Event is one entry of a transfer's log: one line of `onramp transfer --json`.
type Event struct {
	Event      string     `json:"event"` // worker, started, workflow, activity, pending, diagnosis, note, end
	At         time.Time  `json:"at"`
	ID         int64      `json:"id,omitempty"`   // history event id
	Type       string     `json:"type,omitempty"` // Temporal's own name: "ActivityTaskScheduled"
	Activity   string     `json:"activity,omitempty"`
	ActivityID string     `json:"activity_id,omitempty"`
	Attempt    int        `json:"attempt,omitempty"`
	Text       string     `json:"text,omitempty"` // one line for people
	Failure    string     `json:"failure,omitempty"`
	NextRetry  *time.Time `json:"next_retry,omitempty"`
	// State of the activity after this event: the words of Bar.State. Since is when the attempt began to
	// run, LastStart and LastEnd when the attempt before it did and ended; all by the server's clock.
	State     string         `json:"state,omitempty"`
	Since     *time.Time     `json:"since,omitempty"`
	LastStart *time.Time     `json:"last_start,omitempty"`
	LastEnd   *time.Time     `json:"last_end,omitempty"`
	Data      map[string]any `json:"data,omitempty"` // workflow_id, run_id, task_queue, decoded payload …
	// set on the last event, "end"
	Status  string          `json:"status,omitempty"` // COMPLETED, FAILED, CANCELED, TERMINATED, TIMED_OUT, NOT_STARTED, RUNNING
	Result  any             `json:"result,omitempty"`
	Verdict *doctor.Verdict `json:"verdict,omitempty"`
}

// Bar is one activity on the timeline, times relative to the start of the workflow.
type Bar struct {
	Activity string        `json:"activity"`
	Start    time.Duration `json:"start"`
	End      time.Duration `json:"end"` // 0 while it runs
	Attempt  int           `json:"attempt"`
	State    string        `json:"state"` // scheduled, running, completed, failed, timed-out, canceled
	Failure  string        `json:"failure,omitempty"`
}

// Result is how a transfer ended.
type Result struct {
	WorkflowID string         `json:"workflow_id"`
	RunID      string         `json:"run_id"`
	TaskQueue  string         `json:"task_queue"`
	Type       string         `json:"workflow_type"`
	Status     string         `json:"status"`
	AsExpected bool           `json:"as_expected"` // it ended as the scenario should
	Result     any            `json:"result,omitempty"`
	Failure    string         `json:"failure,omitempty"`
	Bars       []Bar          `json:"bars"`
	Verdict    doctor.Verdict `json:"verdict"`
	TookMS     float64        `json:"took_ms"`
}

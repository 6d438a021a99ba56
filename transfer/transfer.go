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

// The scenarios: those of --scenario, and InsufficientFunds.
const (
	Success           Scenario = "success"
	Flaky             Scenario = "flaky"           // the bank times out, then works: retries
	Refund            Scenario = "refund"          // the deposit is refused: saga
	InvalidAccount    Scenario = "invalid-account" // non-retryable
	Slow              Scenario = "slow"            // heartbeats, cancellable
	InsufficientFunds Scenario = "insufficient-funds"
)

// Details is what the workflow is given. JSON names are those of the built-in worker; profiles of the
// official templates rename them (Profile).
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

// Bar is one activity on the timeline, times relative to the start of the workflow.
type Bar struct {
	Activity string `json:"activity"`
	// Queued is since when the attempt waits: since it was scheduled, or the attempt before it ended. Due is when a
	// worker may take it: at once, or when its retry is due.
	Queued  time.Duration `json:"queued,omitzero"`
	Due     time.Duration `json:"due,omitzero"`
	Start   time.Duration `json:"start"`
	End     time.Duration `json:"end"` // 0 while it runs
	Attempt int           `json:"attempt"`
	State   ActivityState `json:"state"`
	Failure string        `json:"failure,omitempty"`
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

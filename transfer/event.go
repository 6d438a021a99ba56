package transfer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"onramp/doctor"
)

// Event is one entry of a transfer's log: one line of `onramp transfer --json`.
type Event struct {
	Event      Kind       `json:"event"`
	At         time.Time  `json:"at"`
	ID         int64      `json:"id,omitempty"`   // history event id
	Type       string     `json:"type,omitempty"` // Temporal's own name: "ActivityTaskScheduled"
	Activity   string     `json:"activity,omitempty"`
	ActivityID string     `json:"activity_id,omitempty"`
	Attempt    int        `json:"attempt,omitempty"`
	Text       string     `json:"text,omitempty"` // one line for people
	Failure    string     `json:"failure,omitempty"`
	NextRetry  *time.Time `json:"next_retry,omitempty"`
	// State of the activity after this event: as Bar.State. Since is when the attempt began to
	// run, LastStart and LastEnd when the attempt before it did and ended; all by the server's clock.
	State     ActivityState `json:"state,omitempty"`
	Since     *time.Time    `json:"since,omitempty"`
	LastStart *time.Time    `json:"last_start,omitempty"`
	LastEnd   *time.Time    `json:"last_end,omitempty"`
	Data      Data          `json:"data,omitzero"`
	// set on the last event, "end"
	Status  string          `json:"status,omitempty"` // COMPLETED, FAILED, CANCELED, TERMINATED, TIMED_OUT, NOT_STARTED, RUNNING
	Result  any             `json:"result,omitempty"`
	Verdict *doctor.Verdict `json:"verdict,omitempty"`
}

// Kind says what an Event is about.
type Kind string

const (
	KindWorker    Kind = "worker"
	KindStarted   Kind = "started"
	KindWorkflow  Kind = "workflow"
	KindActivity  Kind = "activity"
	KindPending   Kind = "pending"
	KindDiagnosis Kind = "diagnosis"
	KindNote      Kind = "note"
	KindEnd       Kind = "end"
)

// Data is what an event tells beside its own fields; which of them are set depends on the event. Input, Result
// and Heartbeat are payloads as the SDKs' default converter wrote them: text, json.Number, list or object.
type Data struct {
	ActivityPollers *int       `json:"activity_pollers,omitempty"`
	Again           bool       `json:"again,omitempty"`     // the workflow was started before
	Arguments       int        `json:"arguments,omitempty"` // with so many the workflow was started
	BuiltIn         bool       `json:"built_in,omitempty"`  // the built-in worker polls
	By              string     `json:"by,omitempty"`        // who cancelled or terminated
	Cause           string     `json:"cause,omitempty"`     // of a failed workflow task, Temporal's name
	Causes          []Cause    `json:"causes,omitempty"`
	ClockAheadS     int        `json:"clock_ahead_s,omitempty"` // the worker's clock, in seconds; negative: behind
	Connected       *bool      `json:"connected,omitempty"`     // the connection was lost, or is there again
	Heartbeat       any        `json:"heartbeat,omitempty"`
	Identity        string     `json:"identity,omitempty"` // of who polls
	Input           any        `json:"input,omitempty"`
	Ledger          *Statement `json:"ledger,omitempty"`
	MaxAttempts     int        `json:"max_attempts,omitempty"`
	Namespace       string     `json:"namespace,omitempty"`
	NewRunID        string     `json:"new_run_id,omitempty"` // in which the workflow goes on
	Reason          string     `json:"reason,omitempty"`
	Result          any        `json:"result,omitempty"`
	RetryState      string     `json:"retry_state,omitempty"`
	RunID           string     `json:"run_id,omitempty"`
	SDK             string     `json:"sdk,omitempty"`
	StartedBy       string     `json:"started_by,omitempty"`
	TaskQueue       string     `json:"task_queue,omitempty"`
	Template        string     `json:"template,omitempty"`
	Timeout         Timeout    `json:"timeout,omitzero"`
	Worker          string     `json:"worker,omitempty"` // who took the task
	WorkflowID      string     `json:"workflow_id,omitempty"`
	WorkflowPollers *int       `json:"workflow_pollers,omitempty"`
	WorkflowType    string     `json:"workflow_type,omitempty"`

	// Extra is what a row of another version holds beside these, as it is.
	Extra map[string]json.RawMessage `json:"-"`
}

// Timeout says that something timed out and, where Temporal tells it, which time limit it was. As JSON it is the
// limit's name, or true.
type Timeout struct {
	Is   bool
	Kind string // "StartToClose"; "" for one that is not told
}

// MarshalJSON writes the limit's name, or whether there was one.
func (t Timeout) MarshalJSON() ([]byte, error) {
	if t.Kind != "" {
		return json.Marshal(t.Kind)
	}
	return json.Marshal(t.Is)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Timeout) UnmarshalJSON(text []byte) error {
	*t = Timeout{}
	if json.Unmarshal(text, &t.Is) == nil {
		return nil
	}
	t.Is = true
	return json.Unmarshal(text, &t.Kind)
}

// fields are Data without its methods.
type fields Data

// MarshalJSON writes what is set, in the order of the names, and Extra.
func (d Data) MarshalJSON() ([]byte, error) {
	text, err := plainJSON(fields(d))
	more := maps.Clone(d.Extra)
	if d.Namespace != "" { // where the transfer is found elsewhere: what is not known yet is there too, empty
		for name, value := range map[string]string{"run_id": d.RunID, "task_queue": d.TaskQueue, "workflow_id": d.WorkflowID, "workflow_type": d.WorkflowType} {
			if value == "" {
				if more == nil {
					more = map[string]json.RawMessage{}
				}
				more[name] = json.RawMessage(`""`)
			}
		}
	}
	if err != nil || len(more) == 0 {
		return text, err
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	maps.Copy(all, more)
	return plainJSON(all)
}

// UnmarshalJSON reads what this or another version wrote: a name that this version does not know, or whose value
// it does not understand, is kept in Extra.
func (d *Data) UnmarshalJSON(text []byte) error {
	*d = Data{}
	if d.read(text) == nil {
		return nil
	}
	*d = Data{}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	for name, value := range all {
		before := *d
		if one, err := plainJSON(map[string]json.RawMessage{name: value}); err == nil && d.read(one) == nil {
			continue
		}
		*d = before
		if d.Extra == nil {
			d.Extra = map[string]json.RawMessage{}
		}
		d.Extra[name] = value
	}
	return nil
}

// read reads an object all of whose names are known.
func (d *Data) read(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	dec.UseNumber() // 12345678901234567890 stays itself
	return dec.Decode((*fields)(d))
}

// plainJSON is json.Marshal without the escaping of <, > and &.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// ReadEvent reads an event as it is stored or printed; numbers of payloads stay as they are written.
func ReadEvent(text []byte) (Event, error) {
	var e Event
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&e); err != nil {
		return Event{}, fmt.Errorf("read an event of a transfer: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Event{}, fmt.Errorf("read an event of a transfer: something follows it")
	}
	return e, nil
}

// Headline is what happened, without what changes while one reads it: the time until the next attempt, and what an
// activity's heartbeats tell.
func (e Event) Headline() string {
	switch {
	case e.Event == KindPending && e.NextRetry != nil:
		return attemptFailed(e)
	case e.Event == KindPending && e.State == StateRunning && e.Data.Heartbeat != nil:
		return runningText(e)
	}
	return e.Text
}

// runningText is the text of an activity that is running.
func runningText(e Event) string {
	return fmt.Sprintf("%s is running, attempt %d", e.Activity, e.Attempt)
}

// attemptFailed is the text of an activity that waits for its next attempt.
func attemptFailed(e Event) string {
	return fmt.Sprintf("%s: attempt %d failed: %s", e.Activity, e.Attempt-1, e.Failure)
}

// Outcome is how good or bad what an event tells is.
type Outcome int

// The outcomes.
const (
	Neutral   Outcome = iota
	UnderWay          // something began, or goes on
	WentWell          // something ended as it should
	WentWrong         // something failed, or the connection was lost
	Suspected         // a diagnosis
)

// Outcome judges an event.
func (e Event) Outcome() Outcome {
	switch {
	case e.Event == KindDiagnosis && e.Verdict != nil && e.Verdict.Code == doctor.OK:
		return UnderWay
	case e.Event == KindDiagnosis:
		return Suspected
	case strings.HasSuffix(e.Type, "Failed") || strings.HasSuffix(e.Type, "TimedOut") || e.ID == 0 && e.Failure != "":
		return WentWrong // an event of the history may carry the failure of the attempt before it
	case strings.HasSuffix(e.Type, "Completed"):
		return WentWell
	case e.Event == KindPending, strings.HasSuffix(e.Type, "Started"):
		return UnderWay
	}
	return Neutral
}

// closings are the events that end a run of a workflow, and how it ended.
var closings = map[string]string{"WorkflowExecutionCompleted": Completed, "WorkflowExecutionFailed": Failed, "WorkflowExecutionCanceled": Canceled,
	"WorkflowExecutionTerminated": Terminated, "WorkflowExecutionTimedOut": TimedOut, "WorkflowExecutionContinuedAsNew": ContinuedAsNew}

// closes says how the run of a workflow ended with this event; "" when it did not.
func (e Event) closes() string { return closings[e.Type] }

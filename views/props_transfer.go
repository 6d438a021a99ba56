package views

import (
	"strconv"

	"github.com/a-h/templ"
)

// CustomProps is what a transfer to one's own worker may have beside a template: another workflow type, input
// in one's own JSON, and the local server where the worker might still be.
// Fields: workflow_type, input, local_address, local_namespace; file: input_file.
type CustomProps struct {
	WorkflowType   string
	Input          string
	InputNote      string // why Input is empty although there was one
	LocalAddress   string
	LocalNamespace string
}

// open reports whether the fields hold something that the reader should see.
func (p CustomProps) open(ps Problems) bool {
	return p.WorkflowType != "" || p.Input != "" || p.InputNote != "" || len(ps.in("workflow_type"))+len(ps.in("input")) > 0
}

// FollowProps asks for a workflow that somebody else started.
// Form: POST /m/{m}/transfer/follow, fields workflow_id, run_id and those of KeySourceProps.
// Test ids: follow-workflow.
type FollowProps struct {
	WorkflowID string
	RunID      string
	Key        KeySourceProps
	Problems   Problems // of this form alone
}

// PendingProps is one activity that has not ended: which attempt, what went wrong last, when it is tried again.
type PendingProps struct {
	ID       string // the activity's, unique in the workflow
	Name     string
	State    State
	Text     string // "attempt 3 of 5 waits", "attempt 2 is running"
	Attempt  string
	Failure  string // of the attempt before
	LeftMS   int64  // until the next attempt; 0 shows no countdown
	Left     string // the same in words, for readers without JavaScript: "in 1.8 s"
	LastBeat string // last heartbeat, as text
}

// CauseProps is one link of a failure chain, the outermost first.
type CauseProps struct {
	Kind, Type, Message string
	Final               bool // no retry helps
}

// TransferActsProps is what can be done with a transfer. id=transfer-acts.
// Forms: POST /m/{m}/transfer/{run}/cancel, …/terminate (field reason), …/stop, …/follow; each with the fields
// of KeySourceProps where Key is set. Test ids: cancel, terminate, stop-following, follow-again.
type TransferActsProps struct {
	Migration   string
	Run         string
	Open        bool            // the workflow may still run
	Following   bool            // this run is under way
	FollowAgain bool            // the run was cut short
	Key         *KeySourceProps // nil: no key is needed
	Reason      string
	Problems    Problems
}

// AgainProps starts a transfer with the values of one that was: the fields of TransferProps' form.
// Test id: transfer-again.
type AgainProps struct {
	Fields []Pair // Name and Value of each hidden field; none: the form is opened instead
	URL    string // of the form, filled in
}

// attrs are for whoever measures or scripts the page: which event of the history a row is.
func (e EventProps) attrs() templ.Attributes {
	a := templ.Attributes{"data-type": e.Type, "data-grow": "event-list"}
	if e.ID != "" {
		a["data-event-id"] = e.ID
	}
	return a
}

func ms(n int64) string { return strconv.FormatInt(n, 10) }

// lent reports whether the key that is chosen is one that Onramp holds already.
func (p KeySourceProps) lent() bool {
	for _, c := range p.Sources {
		if c.Value == "lent" {
			return !c.Disabled
		}
	}
	return false
}

// TransferRefsProps is where the workflow is found elsewhere. ids: transfer-links, transfer-refs.
type TransferRefsProps struct {
	Links   []Link    // Open in Cloud UI
	Command CodeProps // starts the same with the Temporal CLI
	Show    CodeProps // reads the workflow with it
	Raw     string    // address of the raw history, "" while there is none
	RawNote string    // why it cannot be had now
	JSON    string    // address of the run's result, "" while it runs
}

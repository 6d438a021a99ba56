package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// TransferRunProps is one transfer. Its live parts: run-sign, transfer-status, timeline, verdict, transfer-acts, events
// and its rows, transfer-links, transfer-refs. Test ids: transfer-status, transfer-again, raw-history.
type TransferRunProps struct {
	Migration string
	Run       string
	Number    string
	Status    TransferStatusProps
	Timeline  TimelineProps
	Events    EventsProps
	Verdict   VerdictProps
	Asked     []Pair // scenario, amount, accounts …
	Refs      TransferRefsProps
	Acts      TransferActsProps
	Again     AgainProps
	Twin      CodeBlockProps
	History   []RunRow
}

// TransferStatusProps is how the transfer stands. id=transfer-status.
type TransferStatusProps struct {
	Tag     Tag
	Title   string // "Transfer complete", "Deposit: attempt 2 in 1 s"
	Text    string
	Facts   []Pair // workflow id, run id, task queue, time
	Result  string // "" for none
	Failure string
	Causes  []CauseProps
	Pending []PendingProps
	Lost    string // the connection to Temporal is lost now: what that means
	SinceMS int64  // > 0: it runs, and began so long ago; counted on by the script
	Next    *Link  // "Finish migration", once it is done
}

// EventsProps is the workflow's history, newest first. id=events.
type EventsProps struct {
	Rows []EventProps
	Text string // "12 events, newest first"
	Cut  string // that older ones are left out, "" when none is
}

// EventProps is one event with Temporal's own name. id=event-<Key>.
type EventProps struct {
	Key     string // unique on the page: the event id, or "pending-5"
	ID      string // "7", "" when it is not of the history
	Type    string // ActivityTaskScheduled
	State   State
	Text    string
	When    string // "+0.4 s"
	Stamp   string
	Payload string // decoded, shown on demand
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
	LastBeat string // what the last heartbeat told, in words: "step 4, of 24"
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

// TransferRefsProps is where the workflow is found elsewhere. ids: transfer-links, transfer-refs.
type TransferRefsProps struct {
	Links   []Link         // Open in Temporal Cloud UI
	Command CodeBlockProps // starts the same with the Temporal CLI
	Show    CodeBlockProps // reads the workflow with it
	Raw     string         // address of the raw history, "" while there is none
	RawNote string         // why it cannot be had now
	JSON    string         // address of the run's result, "" while it runs
}

// attrs are for whoever measures or scripts the page: which event of the history a row is.
func (e EventProps) attrs() templ.Attributes {
	a := templ.Attributes{"data-type": e.Type, "data-grow": "event-list"}
	if e.ID != "" {
		a["data-event-id"] = e.ID
	}
	return a
}

// eventName is a name like ActivityTaskScheduled, which may break between its words and nowhere else.
func eventName(name string) templ.Component {
	var words []string
	start := 0
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			words = append(words, templ.EscapeString(name[start:i]))
			start = i
		}
	}
	return templ.Raw(strings.Join(append(words, templ.EscapeString(name[start:])), "<wbr>"))
}

func ms(n int64) string { return strconv.FormatInt(n, 10) }

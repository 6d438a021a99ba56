package transfer

import (
	"sort"

	"github.com/a-h/templ"

	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
	"onramp/views"
)

// transferFeed is a transfer that is followed. What it takes it reads only when it is asked what that changes: of a
// thousand that follow one run, one is.
type transferFeed struct {
	transferState
	h      *Pages
	log    []runs.Entry // when it was opened; shared with others
	past   []runs.Entry // of the log, what is taken and not read
	unread []runs.Entry // taken after that
}

func (h *Pages) NewTransferFeed(v web.Visit, run runs.Run, log []runs.Entry) *transferFeed {
	return &transferFeed{transferState: newTransferState(v, run), h: h, log: log}
}

func (t *transferFeed) ID() (string, string) { return t.run.MigrationID, t.run.ID }

func (t *transferFeed) UpTo(after int64) int64 {
	n := len(t.log)
	if after > 0 {
		n = sort.Search(n, func(i int) bool { return t.log[i].Seq > after })
	}
	if t.past = t.log[:n]; n > 0 {
		t.seq = t.log[n-1].Seq
	}
	return t.seq
}

func (t *transferFeed) Take(es []runs.Entry) {
	t.unread, t.seq = append(t.unread, es...), es[len(es)-1].Seq
}

// read takes in what was not read yet.
func (t *transferFeed) read() {
	for _, e := range t.past {
		t.Note(e)
	}
	for _, e := range t.unread {
		t.Note(e)
	}
	t.past, t.unread = nil, t.unread[:0]
	t.at = t.h.Now()
}

func (t *transferFeed) Next(es []runs.Entry) (parts []templ.Component, say, alarm string) {
	t.run.State, t.run.Result = migration.RunRunning, nil // as these entries saw it, however the run ended since
	before := len(t.Events)
	t.read()
	n := 0
	for _, e := range es {
		if e.Kind == runs.EntryEvent {
			n++
		}
	}
	first := max(len(t.Events)-n, 0)
	if first == len(t.Events) || len(t.Events) == before {
		return nil, "", ""
	}
	began := false
	parts = t.Parts()
	for i, ev := range t.Events[first:] {
		switch ev.Event {
		case transfer.KindDiagnosis:
			alarm = ev.Text
		case transfer.KindActivity, transfer.KindStarted:
			say = ev.Text
		}
		began = began || ev.Event == transfer.KindStarted || ev.Type == "WorkflowExecutionStarted"
		parts = append(parts, views.EventRow(t.event(first+i)))
	}
	if began {
		parts = append(parts, t.rest()...)
	}
	return parts, say, alarm
}

func (t *transferFeed) All() []templ.Component {
	t.read()
	return append(append(t.Parts(), t.rest()...), views.Events(t.eventRows()))
}

func (t *transferFeed) Finish(run runs.Run) (parts []templ.Component, say, alarm string) {
	t.run = run
	if run.State == migration.RunPassed {
		say = run.Title
	} else {
		alarm = run.Title
	}
	t.read()
	return append(t.Parts(), t.rest()...), say, alarm
}

// rest are the live parts that only the beginning and the end of a transfer change.
func (t *transferFeed) rest() []templ.Component {
	refs := t.h.refs(&t.transferState)
	return []templ.Component{views.TransferActs(t.h.acts(&t.transferState, actFields{})), views.TransferLinks(refs), views.TransferRefs(refs)}
}

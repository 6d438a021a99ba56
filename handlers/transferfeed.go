package handlers

import (
	"sort"

	"github.com/a-h/templ"

	"onramp/migration"
	"onramp/views"
)

// transferFeed is a transfer that is followed. What it takes it reads only when it is asked what that changes: of a
// thousand that follow one run, one is.
type transferFeed struct {
	transferState
	h      *Handlers
	log    []migration.Entry // when it was opened; shared with others
	past   []migration.Entry // of the log, what is taken and not read
	unread []migration.Entry // taken after that
}

func (h *Handlers) newTransferFeed(v migration.View, run migration.Run, log []migration.Entry) *transferFeed {
	return &transferFeed{transferState: newTransferState(v, run), h: h, log: log}
}

func (t *transferFeed) id() (string, string) { return t.run.MigrationID, t.run.ID }

func (t *transferFeed) upTo(after int64) int64 {
	n := len(t.log)
	if after > 0 {
		n = sort.Search(n, func(i int) bool { return t.log[i].Seq > after })
	}
	if t.past = t.log[:n]; n > 0 {
		t.seq = t.log[n-1].Seq
	}
	return t.seq
}

func (t *transferFeed) take(e migration.Entry) {
	t.unread, t.seq = append(t.unread, e), e.Seq
}

// read takes in what was not read yet.
func (t *transferFeed) read() {
	for _, e := range t.past {
		t.add(e)
	}
	for _, e := range t.unread {
		t.add(e)
	}
	t.past, t.unread = nil, t.unread[:0]
	t.at = t.h.o.Now()
}

func (t *transferFeed) next(e migration.Entry) (parts []templ.Component, say, alarm string) {
	t.run.State, t.run.Result = migration.RunRunning, nil // as this entry saw it, however the run ended since
	before := len(t.Events)
	t.read()
	if len(t.Events) == before || e.Kind != migration.EntryEvent {
		return nil, "", ""
	}
	ev := t.Events[len(t.Events)-1]
	switch ev.Event {
	case "diagnosis":
		alarm = ev.Text
	case "activity", "started":
		say = ev.Text
	}
	parts = []templ.Component{views.EventRow(t.event(len(t.Events) - 1))}
	if e.Behind == 0 { // what sums the events up comes with the last of those that came together
		parts = append(t.parts(), parts...)
	}
	if ev.Event == "started" || ev.Type == "WorkflowExecutionStarted" {
		parts = append(parts, t.rest()...)
	}
	return parts, say, alarm
}

func (t *transferFeed) all() []templ.Component {
	t.read()
	return append(append(t.parts(), t.rest()...), views.Events(t.eventRows()))
}

func (t *transferFeed) finish(run migration.Run) (parts []templ.Component, say, alarm string) {
	t.run = run
	if run.State == migration.RunPassed {
		say = run.Title
	} else {
		alarm = run.Title
	}
	t.read()
	return append(t.parts(), t.rest()...), say, alarm
}

// rest are the live parts that only the beginning and the end of a transfer change.
func (t *transferFeed) rest() []templ.Component {
	refs := t.h.refs(&t.transferState)
	return []templ.Component{views.TransferActs(t.h.acts(&t.transferState, actFields{})), views.TransferLinks(refs), views.TransferRefs(refs)}
}

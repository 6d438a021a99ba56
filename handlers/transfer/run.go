package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"onramp/doctor"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/namespace"
	"onramp/runs"
	"onramp/transfer"
	"onramp/views"
)

// transferState is a transfer as its log tells it so far.
type transferState struct {
	transfer.State
	view web.Visit
	run  runs.Run
	seq  int64         // the last entry that is in it
	now  time.Duration // how long it had been going on then
	at   time.Time     // when it is looked at
}

func newTransferState(v web.Visit, run runs.Run) transferState {
	t := transferState{view: v, run: run}
	t.Joined = t.asked().FollowOnly
	return t
}

func eventOf(e runs.Entry) (transfer.Event, bool) {
	if e.Kind != runs.EntryEvent {
		return transfer.Event{}, false
	}
	ev, err := transfer.ReadEvent(e.Data)
	return ev, err == nil
}

func (t *transferState) Note(e runs.Entry) {
	if ev, ok := eventOf(e); ok {
		t.Add(ev, e.At)
	}
	t.seq, t.now = e.Seq, e.At.Sub(t.run.Started)
}

func (h *Pages) readTransfer(ctx context.Context, v web.Visit, run runs.Run) (*transferState, error) {
	entries, err := h.Runs.Entries(ctx, run.ID, 0)
	if err != nil {
		return nil, err
	}
	// The run after its log: one that ended in between is then shown as ended.
	if run, err = h.Runs.Run(ctx, v.Migration.ID, run.ID); err != nil {
		return nil, err
	}
	t := newTransferState(v, run)
	t.at = h.Now()
	for _, e := range entries {
		t.Note(e)
	}
	return &t, nil
}

func (t *transferState) live() bool { return !t.run.Over() }

// result is how the transfer ended; ok is false while it has not.
func (t *transferState) result() (res transfer.Result, ok bool) {
	if len(t.run.Result) == 0 {
		return res, false
	}
	return res, json.Unmarshal(t.run.Result, &res) == nil
}

// asked is what was asked for, without secrets.
func (t *transferState) asked() runs.TransferRequest {
	var req runs.TransferRequest
	_ = json.Unmarshal(t.run.Request, &req) // a request that cannot be read shows nothing
	return req
}

func (t *transferState) status() views.TransferStatusProps {
	p := views.TransferStatusProps{Tag: web.RunTag(t.run.Row), Title: "Starting the transfer"}
	if n := len(t.Events); n > 0 {
		p.Title = t.Events[n-1].Headline()
	}
	for _, name := range []struct{ label, value string }{{"Workflow ID", t.WorkflowID}, {"Run ID", t.RunID}, {"Task queue", t.TaskQueue}} {
		if name.value != "" {
			p.Facts = append(p.Facts, views.Pair{Name: name.label, Value: name.value, Mono: true, Copy: true})
		}
	}
	p.Text = web.Took(t.now)
	if t.live() {
		p.SinceMS, p.Pending, p.Lost, p.Tag = max(t.at.Sub(t.run.Started).Milliseconds(), 1), t.pending(), t.Lost, t.tag()
		if d := t.Diagnosis; d != nil && len(t.Events) > 0 && t.Events[len(t.Events)-1].Verdict != nil { // the verdict says it, below
			p.Title = stuckTitle(d.Code)
		}
		return p
	}
	p.Title, p.Text, p.Causes = t.endTitle(), web.Took(t.run.Ended.Sub(t.run.Started)), t.causes()
	if res, ok := t.result(); ok {
		p.Failure = res.Failure
		if res.Result != nil {
			p.Result = resultText(res.Result)
		}
	}
	if t.run.State == migration.RunPassed {
		p.Next = &views.Link{Text: "See the whole migration", URL: web.MovePath(t.view.Migration.ID)}
	}
	return p
}

// endTitle is how the transfer ended; why is the verdict's to say.
func (t *transferState) endTitle() string {
	res, ok := t.result()
	switch {
	case t.run.State == migration.RunInterrupted:
		return "No longer followed"
	case t.run.State == migration.RunPassed || !ok:
		return t.run.Title
	case res.Status == transfer.NotStarted:
		return "The transfer was not started"
	case res.Status == transfer.NotFound:
		return "The workflow was not found"
	}
	return "The workflow ended " + res.Status
}

// resultText is what a workflow returned: a text as it is, anything else as JSON.
func resultText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// tag is how the transfer stands: one that is under way and was diagnosed is stuck.
func (t *transferState) tag() views.Tag {
	tag := web.RunTag(t.run.Row)
	if d := t.Diagnosis; t.live() && d != nil && d.Code != doctor.OK {
		tag = views.Tag{State: views.Warn, Word: "Stuck"}
	}
	return tag
}

// frame is the frame of its page as title and icon need it.
func (t *transferState) frame() views.Frame {
	return web.SignFrame(t.view, web.UpperFirst(migration.TransferRun.Numbered(t.run.Number)), t.tag(), t.run.Over())
}

// maxRows is how many events a page shows when it is opened; the raw history has all.
const maxRows = 300

// eventRows are the events, newest first.
func (t *transferState) eventRows() views.EventsProps {
	p := views.EventsProps{Text: t.eventsCount()}
	var shown []int
	for i := len(t.Events) - 1; i >= max(len(t.Events)-maxRows, 0); i-- {
		shown = append(shown, i)
	}
	// They are written down as they are heard of, and the server's reach Onramp later than its own.
	slices.SortStableFunc(shown, func(a, b int) int { return t.Events[b].At.Compare(t.Events[a].At) })
	for _, i := range shown {
		p.Rows = append(p.Rows, t.event(i))
	}
	if n := len(t.Events) - maxRows; n > 0 {
		p.Cut = web.Many(n, "older event is", "older events are") + " not shown; the raw history has all."
	}
	return p
}

func (t *transferState) eventsCount() string {
	if len(t.Events) == 0 {
		return "No event yet."
	}
	return web.Many(len(t.Events), "event", "events") + ", newest first"
}

func (t *transferState) event(i int) views.EventProps {
	e := t.Events[i]
	p := views.EventProps{Key: fmt.Sprint(i + 1), Type: eventName(e), Text: e.Text, Stamp: e.At.UTC().Format("2006-01-02T15:04:05.000Z"), State: outcomes[e.Outcome()]}
	if e.ID > 0 {
		p.ID = fmt.Sprint(e.ID)
	}
	if d := e.At.Sub(t.run.Started); d > 0 {
		p.When = "+" + web.Took(d)
	}
	if e.Data.Heartbeat != nil {
		p.Text = e.Headline() + ", last heartbeat: " + doctor.EvidenceText(e.Data.Heartbeat)
	}
	if e.Failure != "" && !strings.Contains(e.Text, e.Failure) {
		p.Text += ": " + e.Failure
	}
	if !reflect.ValueOf(e.Data).IsZero() {
		if b, err := json.MarshalIndent(e.Data, "", "  "); err == nil {
			p.Payload = string(b)
		}
	}
	return p
}

// outcomes are the colours of events. An event is past: what began with it goes on elsewhere on the page, or has ended.
var outcomes = map[transfer.Outcome]views.State{transfer.Neutral: views.Idle, transfer.UnderWay: views.Idle, transfer.WentWell: views.Good,
	transfer.WentWrong: views.Bad, transfer.Suspected: views.Warn}

func (t *transferState) verdict() views.VerdictProps {
	if res, ok := t.result(); ok && t.run.State != migration.RunInterrupted {
		if t.run.State != migration.RunPassed {
			p := t.verdictProps(res.Verdict)
			if res.Verdict.Code == doctor.OK {
				p.State, p.Word, p.Title, p.Actions = views.Bad, "Unexpected outcome", t.run.Title, nil // those of a test
			}
			return p
		}
		where := "your namespace"
		if t.view.Migration.Mode.Can().Practice {
			where = "the rehearsal's namespace"
		}
		proof := "this certificate"
		if web.UsesKeys(t.view) {
			proof = "an API key"
		}
		return views.VerdictProps{State: views.Good, Word: "Passed", Title: "A workflow ran in " + where, Code: doctor.OK,
			Cause: "It used the same path as your workers: this endpoint, this namespace, " + proof + "."}
	}
	if t.live() {
		if d := t.Diagnosis; d != nil {
			p := t.verdictProps(*d)
			p.Word = stuckWord(d.Code)
			if d.Code == doctor.OK {
				p.Actions = nil // those of a test
			}
			return p
		}
		return views.VerdictProps{Pending: true, State: views.Busy, Word: "Running"}
	}
	return views.VerdictProps{State: views.Warn, Word: "Interrupted", Title: "Onramp no longer follows this workflow", Cause: web.WhyInterrupted(t.run) + ".",
		Actions:  followAgain(t.asked()),
		NotWrong: "Nothing is lost: the workflow stays in Temporal, and following it again pays nothing twice.",
		Fixes:    []views.FixProps{{Text: "Follow it again, below: Onramp reads the history from its first event to the end."}}}
}

// verdictProps is a verdict on the page of a transfer: what a check would be given again, this is given again here.
func (t *transferState) verdictProps(v doctor.Verdict) views.VerdictProps {
	p := web.VerdictProps(v, nil, t.view.View, t.asked().CheckRequest)
	test := web.MovePath(t.view.Migration.ID, migration.StepTest) + "#"
	if len(p.Actions) > 0 && strings.HasPrefix(p.Actions[0].URL, test) {
		p.Actions[0].URL = web.MovePath(t.view.Migration.ID, migration.StepTransfer) + "?from=" + t.run.ID + "#" + strings.TrimPrefix(p.Actions[0].URL, test)
		p.Actions[0].Text = "Start again with the right key"
	}
	return p
}

// followAgain leads to the form that follows an interrupted run's workflow again.
func followAgain(asked runs.TransferRequest) []views.Link {
	if asked.WorkflowID == "" {
		return nil
	}
	return []views.Link{{Text: "Follow it again", URL: "#acts"}}
}

// Parts are the live parts that an entry may change, beside the row of the event itself.
func (t *transferState) Parts() []templ.Component {
	return []templ.Component{views.RunSign(t.frame()), views.TransferStatus(t.status()), views.Timeline(t.timeline()), views.Verdict(t.verdict()), views.EventsCount(t.eventsCount())}
}

// TransferRun is one transfer: its page, live while it runs; streamed with ?follow=1.
func (h *Pages) TransferRun(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.TransferRun)
	if err != nil {
		return err
	}
	return h.showTransferRun(w, r, http.StatusOK, v, run, actFields{})
}

func (h *Pages) showTransferRun(w http.ResponseWriter, r *http.Request, status int, v web.Visit, run runs.Run, acts actFields) error {
	t, err := h.readTransfer(r.Context(), v, run)
	if err != nil {
		return err
	}
	if run = t.run; run.Over() { // it may have ended since the steps were read, and no push comes after that
		if v, err = h.Move(r); err != nil {
			return err
		}
		t.view = v
	}
	past, err := h.History(r, v, migration.TransferRun, web.ShownRuns)
	if err != nil {
		return err
	}
	p := views.TransferRunProps{Migration: v.Migration.ID, Run: run.ID, Number: fmt.Sprint(run.Number), Status: t.status(), Timeline: t.timeline(),
		Events: t.eventRows(), Verdict: t.verdict(), History: past, Asked: askedPairs(t.asked()), Refs: h.refs(t),
		Acts: h.acts(t, acts), Again: h.again(t), Twin: h.transferTwin(v, t.fieldsOrFollow())}
	f := h.Frame(r, t.frame().Title, "migrations", &v, migration.StepTransfer)
	f.Sign = t.frame().Sign
	if t.live() {
		f.Feed = web.FeedPath(v, run, t.seq)
		f.Follow = web.RunPath(run.Outcome) + "?follow=1"
	}
	if web.WantsFollow(r) && status == http.StatusOK {
		f.Feed, f.Follow = "", ""
		return h.StreamPage(w, r, func(ctx context.Context) templ.Component {
			return views.TransferFollowPage(f, p, h.followTransfer(ctx, t), func() views.TransferEndProps {
				t.at = h.Now()
				return views.TransferEndProps{Status: t.status(), Timeline: t.timeline(), Verdict: t.verdict(), Ended: web.EndedAt(t.run)}
			})
		})
	}
	return h.Page(w, r, status, views.TransferRunPage(f, p))
}

// refs are where the workflow is found elsewhere.
func (h *Pages) refs(t *transferState) views.TransferRefsProps {
	p := views.TransferRefsProps{Command: h.startCommand(t), Show: h.showCommand(t)}
	if id, _, err := namespace.ParseID(t.asked().Namespace); err == nil && !t.view.Migration.Mode.Can().OneDoor && t.WorkflowID != "" {
		path := []string{t.WorkflowID}
		if run := t.RunID; run != "" {
			path = append(path, run, "history")
		}
		p.Links = []views.Link{{Text: "Open in Temporal Cloud UI", URL: id.UIURL() + web.JoinPath(path), Away: true}}
	}
	if t.RunID != "" {
		if _, lent := h.Acts.Keys.Lent(t.view.By, t.view.Migration.ID); lent || t.live() && h.Acts.Transfers.HasKeys(t.view.By, t.run.ID) {
			p.Raw = web.RunPath(t.run.Outcome) + "/history.json"
		} else {
			p.RawNote = "The raw history can be read while Onramp may use the client key (step 2), or with the command above."
			if web.UsesKeys(t.view) { // an API key is never kept
				p.RawNote = "The raw history can be read with the command above."
			}
		}
	}
	if !t.live() {
		p.JSON = web.RunPath(t.run.Outcome) + ".json"
	}
	return p
}

// fieldsOrFollow are what the same is asked for with in a terminal.
func (t *transferState) fieldsOrFollow() transferFields {
	asked := t.asked()
	if asked.FollowOnly && asked.Scenario == "" {
		return transferFields{follow: followFields{workflowID: asked.WorkflowID, runID: asked.RunID}}
	}
	return t.fields()
}

func askedPairs(a runs.TransferRequest) []views.Pair {
	var out []views.Pair
	add := func(name, value string) {
		if value != "" && value != "0" {
			out = append(out, views.Pair{Name: name, Value: value, Mono: true})
		}
	}
	add("Scenario", string(a.Scenario))
	add("Amount", fmt.Sprint(a.Details.Amount))
	add("From account", a.Details.SourceAccount)
	add("To account", a.Details.TargetAccount)
	add("Reference", a.Details.ReferenceID)
	add("Worker", a.Worker)
	add("Template", a.Template)
	add("Task queue", a.TaskQueue)
	add("Workflow type", a.WorkflowType)
	if a.CustomInput {
		add("Input", "your own JSON; the first event holds it")
	}
	add("Local server", a.LocalAddress)
	add("Endpoint", a.Address)
	add("Namespace", a.Namespace)
	return out
}

// followTransfer yields every event, and leaves the run in t as it is at the end.
func (h *Pages) followTransfer(ctx context.Context, t *transferState) iter.Seq[views.EventProps] {
	return func(yield func(views.EventProps) bool) {
		t.State = transfer.State{Joined: t.Joined}
		for es, err := range h.Runs.Follow(ctx, t.run.ID, 0) {
			if err != nil {
				break
			}
			for _, e := range es {
				before := len(t.Events)
				t.Note(e)
				if len(t.Events) > before && !yield(t.event(before)) {
					return
				}
			}
		}
		if run, err := h.Runs.Run(ctx, t.run.MigrationID, t.run.ID); err == nil {
			t.run = run
		}
	}
}

// TransferReport is the run's result as JSON.
func (h *Pages) TransferReport(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.TransferRun)
	if err != nil {
		return err
	}
	t := transferState{run: run}
	res, ok := t.result()
	if !ok {
		return web.NotEnded(run)
	}
	return web.SendJSON(w, r, http.StatusOK, res)
}

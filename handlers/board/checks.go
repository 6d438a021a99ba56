package board

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/runs"
	"onramp/views"
)

// checksPath begins the addresses of checks of many migrations.
const checksPath = "/migrations/checks"

// Plan shows what checks of many migrations would dial. Nothing is dialled by it.
func (h *Pages) Plan(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ids := f.Values["m"]
	if f.Text("all") != "" {
		ids = f.Values["shown"]
	}
	if len(ids) == 0 {
		return fault.Unchanged(fault.New(fault.Invalid, "Nothing is chosen", "Go back, and tick the migrations to check."))
	}
	if len(ids) > runs.MaxBulk {
		return fault.Unchanged(fault.New(fault.Invalid, fmt.Sprintf("%d migrations are too many at once", len(ids)), fmt.Sprintf("Choose %d at most.", runs.MaxBulk)))
	}
	by := h.By(r)
	plan, err := h.Acts.Lists.PlanMany(r.Context(), h.Acts.Places, func(m string) bool { _, ok := h.Acts.Keys.Lent(by, m); return ok }, ids)
	if err != nil {
		return err
	}
	p := views.BoardPlanProps{Back: views.Link{Text: "Back to the board", URL: boardPath}}
	keyed, refused := 0, 0
	for _, c := range plan {
		row := views.PlanRow{ID: c.Migration.ID, Name: c.Migration.Name, Dial: web.DialProps(c.Dial), Key: "Not at all: no key is lent. The check goes as far as the server’s TLS"}
		switch {
		case c.Dial.Address == "":
			row.Nothing = "Nothing: it has no namespace yet"
		case c.Migration.UsesKeys():
			row.Key = "Not at all: it takes an API key, which is never stored. The check goes as far as the server’s TLS"
		case c.Key == acts.KeyLent:
			keyed++
			row.Key = "With the client certificate whose key you lent"
		}
		if c.Dial.Refused != nil {
			refused++
		}
		p.Rows, p.IDs = append(p.Rows, row), append(p.IDs, c.Migration.ID)
	}
	p.Summary = fmt.Sprintf("%s. %d with your key, %d without", web.Many(len(plan), "check", "checks"), keyed, len(plan)-keyed)
	if refused > 0 {
		p.Summary += fmt.Sprintf(", of which %d may not be dialled from here", refused)
	}
	p.Summary += "."
	if h.Shared != nil {
		p.Note = "Checks begin one a second after the first ten, and one address is checked three times a minute, so that nobody can have this portal flood a server."
	}
	return h.Page(w, r, http.StatusOK, views.BoardPlanPage(h.Frame(r, "What will be dialled", "migrations", nil, ""), p))
}

// StartMany starts checks of many migrations and leads to their page.
func (h *Pages) StartMany(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	b, err := h.Acts.Checks.StartMany(r.Context(), h.By(r), f.Values["m"])
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, checksPath+"/"+b.ID, "")
}

// Checks shows checks of many migrations. With follow, a browser without JavaScript loads it again while they go on.
func (h *Pages) Checks(w http.ResponseWriter, r *http.Request) error {
	b, names, err := h.many(r)
	if err != nil {
		return err
	}
	p := h.checksProps(r, b, names)
	f := h.Frame(r, "Checks of many migrations", "migrations", nil, "")
	if p.Running {
		f.Feed, f.Follow = checksPath+"/"+b.ID+"/events", checksPath+"/"+b.ID+"?follow=1"
		if r.URL.Query().Get("follow") != "" {
			w.Header().Set("Refresh", "3")
		}
	}
	return h.Page(w, r, http.StatusOK, views.BoardChecksPage(f, p))
}

// CancelMany ends checks of many migrations.
func (h *Pages) CancelMany(w http.ResponseWriter, r *http.Request) error {
	if _, err := web.ReadForm(r); err != nil {
		return err
	}
	id := chi.URLParam(r, "bulk")
	if err := h.Acts.Checks.CancelMany(r.Context(), h.By(r), id); err != nil {
		return err
	}
	return web.SeeOther(w, r, checksPath+"/"+id, "canceled-many")
}

// many are the checks of the address, with the names of their migrations.
func (h *Pages) many(r *http.Request) (runs.Bulk, map[string]string, error) {
	b, err := h.Acts.Lists.SeeMany(r.Context(), h.By(r).Person, chi.URLParam(r, "bulk"))
	if err != nil {
		return b, nil, err
	}
	var ids []string
	for _, row := range b.Rows {
		ids = append(ids, row.MigrationID)
	}
	names, err := h.Acts.Lists.Names(r.Context(), ids)
	return b, names, err
}

// manyWords are the states as people read them.
var manyWords = map[runs.BulkState]views.Tag{runs.BulkRunning: {State: views.Busy, Word: "Checking"}, runs.BulkDone: {State: views.Good, Word: "Done"},
	runs.BulkCanceled: {State: views.Idle, Word: "Canceled"}, runs.BulkInterrupted: {State: views.Warn, Word: "Interrupted"}}

var rowWords = map[runs.RowState]views.Tag{runs.RowWaiting: {State: views.Idle, Word: "Waiting"}, runs.RowRunning: {State: views.Busy, Word: "Checking"}, runs.RowPassed: {State: views.Good, Word: "Passed"},
	runs.RowFailed: {State: views.Bad, Word: "Failed"}, runs.RowReached: {State: views.Warn, Word: "Reached"}, runs.RowLeft: {State: views.Idle, Word: "Not checked"}, runs.RowRefused: {State: views.Bad, Word: "Not allowed"},
	runs.RowCanceled: {State: views.Idle, Word: "Canceled"}, runs.RowInterrupted: {State: views.Warn, Word: "Interrupted"}}

func (h *Pages) checksProps(r *http.Request, b runs.Bulk, names map[string]string) views.BoardChecksProps {
	by := h.By(r)
	over := 0
	for _, row := range b.Rows {
		if row.Over() {
			over++
		}
	}
	p := views.BoardChecksProps{ID: b.ID, Tag: manyWords[b.State], Text: fmt.Sprintf("%d of %d done", over, len(b.Rows)), When: web.Moment(b.Started), Stamp: web.Stamp(b.Started), By: b.By,
		Running: !b.Over(), CanStop: b.Person == by.Person || by.SeesAll()}
	for _, s := range []runs.RowState{runs.RowPassed, runs.RowFailed, runs.RowReached, runs.RowRefused, runs.RowLeft, runs.RowCanceled, runs.RowInterrupted} {
		if n := b.Count(s); n > 0 {
			p.Parts = append(p.Parts, views.Tag{State: rowWords[s].State, Word: fmt.Sprintf("%s %d", rowWords[s].Word, n)})
		}
	}
	for _, row := range b.Rows {
		p.Rows = append(p.Rows, manyRow(row, names[row.MigrationID]))
	}
	return p
}

func manyRow(row runs.BulkRow, name string) views.ManyRow {
	out := views.ManyRow{Nr: fmt.Sprint(row.Nr), Name: name, URL: web.MovePath(row.MigrationID), Tag: rowWords[row.State], Title: row.Title}
	if row.RunID != "" {
		out.Run = web.MovePath(row.MigrationID, "test", row.RunID)
	}
	return out
}

// often is how soon after another the changes of many checks are sent.
const often = 300 * time.Millisecond

// ChecksEvents is the event stream of checks of many: their state, then what changes.
func (h *Pages) ChecksEvents(w http.ResponseWriter, r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return fault.New(fault.Denied, "This came from another site's page", "Open the page in Onramp.")
	}
	b, names, err := h.many(r)
	if err != nil {
		return err
	}
	ctx, done := h.StreamContext(r)
	defer done()
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		return nil
	}
	s, err := web.NewEventStream(w)
	if err != nil {
		web.RecordOf(r).Err = err
		return nil
	}
	h.followMany(ctx, s, r, b.ID, names)
	return nil
}

func (h *Pages) followMany(ctx context.Context, s *web.EventStream, r *http.Request, id string, names map[string]string) {
	wake, leave := h.Acts.WatchMany(id) // before the first look
	defer leave()
	beat := time.NewTicker(runs.Beat)
	defer beat.Stop()
	sent := map[int]runs.BulkRow{}
	for {
		b, err := h.Acts.Lists.SeeMany(ctx, h.By(r).Person, id)
		if err != nil || h.sendMany(ctx, s, r, b, names, sent) != nil {
			return
		}
		if b.Over() {
			_ = s.Send("", "end", "")
			return
		}
		select {
		case <-wake:
		case <-beat.C:
			if s.Beat() != nil {
				return
			}
		case <-ctx.Done():
			return
		}
		pause := time.NewTimer(often) // what follows at once is sent together
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

// sendMany sends the state and the rows that have changed. Rows go alone: a table's row stands beside nothing else.
func (h *Pages) sendMany(ctx context.Context, s *web.EventStream, r *http.Request, b runs.Bulk, names map[string]string, sent map[int]runs.BulkRow) error {
	if err := s.Swap(ctx, "", views.ManyStatus(h.checksProps(r, b, names))); err != nil {
		return err
	}
	text := ""
	for _, row := range b.Rows {
		if sent[row.Nr] != row {
			part, err := web.RenderParts(ctx, views.ManyRowPart(manyRow(row, names[row.MigrationID])))
			if err != nil {
				return err
			}
			sent[row.Nr], text = row, text+part
		}
	}
	if text == "" {
		return nil
	}
	if b.Over() {
		if err := s.Send("", "say", "The checks have ended"); err != nil {
			return err
		}
	}
	return s.Send("", "swap", text)
}

package assess

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"onramp/assess"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// State is an assessment as its log tells it so far.
type State struct {
	View web.Visit
	Run  runs.Run
	at   assess.Progress
	seq  int64
}

func (s *State) add(e runs.Entry) bool {
	s.seq = e.Seq
	return e.Kind == runs.EntryRead && json.Unmarshal(e.Data, &s.at) == nil
}

func (s *State) status() views.AssessStatusProps {
	p := views.AssessStatusProps{Migration: s.Run.MigrationID, Run: s.Run.ID, Tag: web.RunTag(s.Run.Row), Phase: s.at.Phase, Calls: s.at.Calls, Budget: s.at.Budget, CanStop: !s.Run.Over()}
	if s.at.Namespace != "" {
		p.Phase = fmt.Sprintf("namespace %d of %d, %s: %s", s.at.Done+1, s.at.Of, s.at.Namespace, s.at.Phase)
	}
	if s.Run.Over() {
		p.Phase = s.Run.Title
	}
	return p
}

func signed(v web.Visit, run runs.Run) views.Frame {
	return web.SignFrame(v, fmt.Sprintf("Assessment %d", run.Number), web.RunTag(run.Row), run.Over())
}

// frame is the frame of an assessment's page.
func (h *Pages) frame(r *http.Request, v web.Visit, run runs.Run) views.Frame {
	f := h.Frame(r, signed(v, run).Title, "migrations", &v, "")
	f.Sign = signed(v, run).Sign
	return f
}

// read is an assessment with its log so far.
func (h *Pages) read(ctx context.Context, v web.Visit, run runs.Run) (*State, error) {
	entries, err := h.Runs.Entries(ctx, run.ID, 0)
	if err != nil {
		return nil, err
	}
	if run, err = h.Runs.Run(ctx, v.Migration.ID, run.ID); err != nil { // after its log: one that ended in between has ended
		return nil, err
	}
	s := &State{View: v, Run: run}
	for _, e := range entries {
		s.add(e)
	}
	return s, nil
}

// Feed is an assessment that is followed.
type Feed struct {
	State
	Log []runs.Entry
}

// ID implements the table of runs that are followed, as the others here do.
func (f *Feed) ID() (migrationID, runID string) { return f.Run.MigrationID, f.Run.ID }

// UpTo takes the log so far.
func (f *Feed) UpTo(after int64) int64 {
	f.Take(web.LogUpTo(f.Log, after))
	return f.seq
}

// Take notes entries.
func (f *Feed) Take(es []runs.Entry) {
	for _, e := range es {
		f.add(e)
	}
}

// Next is what entries change. What is read is said of each namespace once.
func (f *Feed) Next(es []runs.Entry) (parts []templ.Component, say, alarm string) {
	f.Run.State, f.Run.Result = migration.RunRunning, nil // as these entries saw it, however the run ended since
	for _, e := range es {
		var at assess.Progress
		if e.Kind != runs.EntryRead || json.Unmarshal(e.Data, &at) != nil {
			continue
		}
		if at.Phase == "namespace" {
			say = fmt.Sprintf("Reading namespace %d of %d", at.Done+1, at.Of)
		}
		parts = []templ.Component{views.AssessStatus(f.status())}
	}
	return parts, say, ""
}

// All is every part.
func (f *Feed) All() []templ.Component {
	return []templ.Component{views.RunSign(signed(f.View, f.Run)), views.AssessStatus(f.status())}
}

// Finish takes the run as it ended; the page then becomes what a reload shows.
func (f *Feed) Finish(run runs.Run) (parts []templ.Component, say, alarm string) {
	f.Run = run
	if run.State == migration.RunPassed {
		return f.All(), run.Title, ""
	}
	return f.All(), "", run.Title
}

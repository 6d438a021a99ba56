package cutover

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"onramp/cutover"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// Run is one look: how far it is, then what it saw. Its page asks again by itself while it reads.
func (h *Pages) Run(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.CutoverRun)
	if err != nil {
		return err
	}
	rows, err := h.History(r, v, migration.CutoverRun, web.ShownRuns)
	if err != nil {
		return err
	}
	p := views.CutoverRunProps{Migration: v.Migration.ID, Run: run.ID, Number: fmt.Sprint(run.Number), Tag: web.RunTag(run.Row), Title: run.Title, History: rows,
		Again: web.MovePath(v.Migration.ID, "cutover") + "?from=" + run.ID}
	frame := h.Frame(r, fmt.Sprintf("Cut-over look %d", run.Number), "migrations", &v, "")
	if !run.Over() {
		if p.Phase, err = h.phase(r, run); err != nil {
			return err
		}
		w.Header().Set("Refresh", "2")
		return h.Page(w, r, http.StatusOK, views.CutoverRunPage(frame, p))
	}
	res, _ := runs.ReadCrossed(run)
	switch {
	case res.Facts != nil:
		rep := report(cutover.Judge(res.Facts).InLanguage(v.Migration.Lang), web.RunPath(run.Outcome))
		p.Report = &rep
	case res.Verdict != nil:
		p.Verdict = views.VerdictProps{State: views.Bad, Word: "Not read", Title: res.Verdict.Title, Cause: res.Verdict.Cause, NotWrong: res.Verdict.NotWrong, Level: string(res.Verdict.Level), Code: res.Verdict.Code}
		if p.Verdict.Code == "unknown" {
			p.Verdict.Code = ""
		} else {
			p.Verdict.HelpURL = web.HelpPath(p.Verdict.Code)
		}
		for i, f := range res.Verdict.Fix {
			p.Verdict.Fixes = append(p.Verdict.Fixes, web.FixProps(f, fmt.Sprintf("fix-%d", i+1)))
		}
	}
	return h.Page(w, r, http.StatusOK, views.CutoverRunPage(frame, p))
}

func (h *Pages) phase(r *http.Request, run runs.Run) (phase string, err error) {
	entries, err := h.Runs.Entries(r.Context(), run.ID, 0)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		var at cutover.Progress
		if e.Kind == runs.EntryRead && json.Unmarshal(e.Data, &at) == nil && at.Phase != "done" {
			phase = fmt.Sprintf("at the %s: %s, %d calls", at.Side, at.Phase, at.Calls)
		}
	}
	return phase, nil
}

// File is a look as JSON.
func (h *Pages) File(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.CutoverRun)
	if err != nil {
		return err
	}
	res, _ := runs.ReadCrossed(run)
	if res.Facts == nil {
		return web.NotEnded(run)
	}
	return web.SendJSON(w, r, http.StatusOK, cutover.Judge(res.Facts))
}

// Stop ends a look; what was read is kept.
func (h *Pages) Stop(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.CutoverRun)
	if err != nil {
		return err
	}
	if err := h.Acts.Transfers.Stop(r.Context(), v.By, v.Migration.ID, run.ID); err != nil && !fault.Is(err, fault.Conflict) {
		return err // one that has ended already is what was asked for
	}
	return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
}

var states = map[cutover.State]views.State{cutover.Red: views.Bad, cutover.Open: views.Warn, cutover.Unknown: views.Wait, cutover.Overridden: views.Idle, cutover.Passed: views.Good}

// mostTypes is how many workflow types, stragglers and twins each a page shows.
const mostTypes = 100

// report is a report as a page shows it. own is the address of its look.
func report(rep cutover.Report, own string) views.CutoverReport {
	out := views.CutoverReport{State: views.Good, Headline: rep.Headline(), Incomplete: rep.Incomplete, Drain: rep.Meter.Sentence(rep.At), Stuck: strings.Join(rep.Meter.Stuck, ", "),
		Back: rep.Back, Read: rep.Reads(), Within: cutover.Last(time.Duration(rep.Window * float64(time.Second))), Files: []views.Link{{Text: "This look as JSON", URL: own + ".json", TestID: "cutover-json"}}}
	switch rep.ExitCode() {
	case cutover.ExitRed:
		out.State = views.Bad
	case cutover.ExitOpen:
		out.State = views.Warn
	case cutover.ExitUnknown:
		out.State = views.Wait
	}
	for _, g := range rep.Gates {
		p := views.CutoverGate{ID: g.ID, Name: g.Name, Title: g.Title, Tag: views.Tag{State: states[g.State], Word: web.UpperFirst(g.State.Word())}, Seen: g.Seen(), Rule: g.Rule, Source: g.Source, Wrong: g.CanBeWrong, Back: g.Back, Hash: g.Hash}
		if strings.HasPrefix(g.Source, "https://") {
			p.SourceURL = g.Source
		}
		for i, f := range g.Fix {
			p.Fixes = append(p.Fixes, web.FixProps(f, fmt.Sprintf("gate-%s-%d", g.ID, i+1)))
		}
		out.Gates = append(out.Gates, p)
	}
	for _, row := range rep.Compared() {
		out.Sides = append(out.Sides, views.CutoverSide{Name: row[0], Source: row[1], Target: row[2]})
	}
	for _, t := range rep.Meter.Types[:min(len(rep.Meter.Types), mostTypes)] {
		x := views.CutoverType{Type: t.Type, Open: fmt.Sprint(t.Open), First: fmt.Sprint(t.First), Closed: fmt.Sprint(t.Closed1), When: web.UpperFirst(t.When(rep.At))}
		if t.AtLeast {
			x.Closed = "at least " + x.Closed
		}
		if t.Oldest != "" {
			x.Oldest = t.Oldest + ", " + fault.Lasts(time.Duration(t.Age*float64(time.Second)).Round(time.Second))
			if t.Activity != "" {
				x.Oldest += fmt.Sprintf(", in activity %s, attempt %d", t.Activity, t.Attempt)
			}
		}
		switch {
		case len(t.Unpolled) > 0:
			x.Red = "No worker polls " + strings.Join(t.Unpolled, ", ")
		case t.Endless != "":
			x.Red = "Never drains by itself: " + t.Endless
		}
		out.Types = append(out.Types, x)
	}
	for _, t := range rep.Twins[:min(len(rep.Twins), mostTypes)] {
		x := views.CutoverTwin{ID: t.WorkflowID, Source: t.SourceType + ", since " + web.Moment(t.SourceStart), Target: t.TargetType + ", since " + web.Moment(t.TargetStart), StartedBy: t.StartedBy}
		switch {
		case t.Acknowledged:
			x.Note = "Acknowledged."
		case !t.Confirmed:
			x.Note = "Listed; it could not be described."
		}
		out.Twins = append(out.Twins, x)
	}
	for _, s := range rep.Stragglers[:min(len(rep.Stragglers), mostTypes)] {
		out.Stragglers = append(out.Stragglers, views.CutoverStraggler{Identity: s.Identity, Starts: fmt.Sprint(s.Starts), Types: strings.Join(s.Types, ", "), Latest: web.Moment(s.Latest) + ", as " + s.Example})
	}
	return out
}

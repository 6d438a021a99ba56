package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"onramp/doctor"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
	"onramp/views"
)

// DrillState is a drill as its log tells it so far.
type DrillState struct {
	View   web.Visit
	Run    runs.Run
	Now    func() time.Time
	sides  []runs.DrillProgress // the newest of each target
	seq    int64
	beside *runs.Run    // the drill that is laid over it
	others []views.Link // those that can be
}

func (d *DrillState) add(e runs.Entry) bool {
	d.seq = e.Seq
	var p runs.DrillProgress
	if e.Kind != runs.EntryDrill || json.Unmarshal(e.Data, &p) != nil || p.Side < 0 || p.Side > 1 {
		return false
	}
	for len(d.sides) <= p.Side {
		d.sides = append(d.sides, runs.DrillProgress{})
	}
	d.sides[p.Side] = p
	return true
}

// frame is the frame of its page as title and icon need it.
func (d *DrillState) frame() views.Frame {
	return web.SignFrame(d.View, fmt.Sprintf("Load drill %d", d.Run.Number), web.RunTag(d.Run.Row), d.Run.Over())
}

func (d *DrillState) status() views.DrillStatusProps {
	p := views.DrillStatusProps{Migration: d.View.Migration.ID, Run: d.Run.ID, Tag: web.RunTag(d.Run.Row), Title: d.Run.Title, CanStop: !d.Run.Over()}
	asked := d.Run.DrillRequest()
	if !d.Run.Over() {
		p.Title = fmt.Sprintf("%d transfers, %s starts a second", asked.Count, number(asked.Rate))
		p.SinceMS = max(d.Now().Sub(d.Run.Started).Milliseconds(), 1)
	} else {
		p.Text = web.Took(d.Run.Ended.Sub(d.Run.Started))
	}
	for _, s := range d.sides {
		side := views.DrillSideProps{Name: s.Address + ", " + s.Namespace, Planned: s.Planned, Done: s.Done, Failed: s.Failed,
			Text: fmt.Sprintf("%d of %d ended as they should, %d did not, %d under way", s.Done, s.Planned, s.Failed, s.Started-s.Done-s.Failed)}
		if d.Run.Over() {
			side.Text = fmt.Sprintf("%d of %d ended as they should, %d did not", s.Done, s.Planned, s.Failed)
		}
		if s.ElapsedMS > 0 {
			side.Text += ", " + web.Millis(s.ElapsedMS)
		}
		p.Sides = append(p.Sides, side)
	}
	if left := d.left(); left > 0 {
		p.Left = "about " + web.Took(left.Round(time.Second)) + " left"
	}
	if len(p.Sides) == 0 && !d.Run.Over() {
		p.Sides = []views.DrillSideProps{{Name: asked.Address + ", " + asked.Namespace, Text: "connecting", Planned: max(asked.Count, 1)}}
	}
	return p
}

// left is about how long it still takes, with the target that has not begun; 0 when it is over.
func (d *DrillState) left() time.Duration {
	if d.Run.Over() {
		return 0
	}
	asked := d.Run.DrillRequest()
	plan := transfer.Drill{Count: asked.Count, Rate: asked.Rate, Time: time.Duration(asked.Seconds * float64(time.Second))}
	targets := 1
	if asked.BesideAddress != "" {
		targets = 2
	}
	var all time.Duration
	for i := range targets {
		now := transfer.DrillProgress{Planned: asked.Count}
		if i < len(d.sides) {
			s := d.sides[i]
			now = transfer.DrillProgress{Planned: s.Planned, Started: s.Started, Done: s.Done, Failed: s.Failed, Elapsed: time.Duration(s.ElapsedMS * float64(time.Millisecond))}
		}
		if i == len(d.sides)-1 || i >= len(d.sides) { // those before it are over
			all += plan.Left(now)
		}
	}
	return all
}

// spanNames are a drill's spans in words.
var spanNames = map[string]struct{ name, what string }{
	"total":      {"The whole transfer", "From when it was due until its end arrived here, by this computer's clock."},
	"starting":   {"Until the start was answered", "From when it was due until Temporal had taken it, by this computer's clock. Waiting for a free place or for a rate limit counts."},
	"decisions":  {"The workflow's own steps", "What the worker needed to decide what comes next, with the way to it and back, by the server's clock. All steps together."},
	"first-task": {"Until the first task is taken", "From the start until a worker took the first step, by the server's clock."},
}

func spanName(s string) (name, what string) {
	if n, ok := spanNames[s]; ok {
		return n.name, n.what
	}
	return activityName(s), "From scheduled to ended, retries included, by the server's clock."
}

func (d *DrillState) report(id string, rep transfer.DrillReport) views.DrillReportProps {
	p := views.DrillReportProps{ID: id, Name: rep.Address + ", " + rep.Namespace, Facts: []views.Pair{
		{Name: "Ended as they should", Value: fmt.Sprintf("%d of %d", rep.Done, rep.Planned)}, {Name: "Did not", Value: fmt.Sprint(rep.Failed)},
		{Name: "Rate-limited responses", Value: fmt.Sprint(rep.Throttled)}, {Name: "Took", Value: web.Either(web.Millis(rep.TookMS), "0 ms")}}}
	if rep.Money != "" {
		p.Facts = append(p.Facts, views.Pair{Name: "Balances", Value: balances(rep.Money)})
	}
	if rep.Verdict != nil && rep.Verdict.Code != doctor.OK {
		v := web.VerdictProps(*rep.Verdict, nil, d.View.View, d.Run.CheckRequest())
		p.Verdict = &v
	}
	for _, e := range rep.Errors {
		p.Errors = append(p.Errors, views.DrillErrorRow{Kind: e.Kind, Count: fmt.Sprint(e.Count), Text: e.Text})
	}
	for _, l := range rep.Latencies {
		name, _ := spanName(l.Name)
		row := views.LatencyProps{Name: name, Count: fmt.Sprint(l.Count), Min: short(l.Min), P50: short(l.P50), P90: short(l.P90), P95: short(l.P95), Max: short(l.Max)}
		if l.P99 != nil {
			row.P99 = short(*l.P99)
		}
		p.NoP99 = web.Either(p.NoP99, l.NoP99)
		p.Latencies = append(p.Latencies, row)
	}
	return p
}

// balances is what a drill says of its money, in words: of a result that an earlier version stored too.
func balances(money string) string {
	if n, ok := strings.CutSuffix(money, " books do not add up"); ok {
		return n + " balances do not match"
	}
	return "All balances match"
}

// short is a number of milliseconds in words; a span that took no measurable time is 0 ms.
func short(ms float64) string { return web.Either(web.Millis(ms), "0 ms") }

func (h *Pages) readDrill(ctx context.Context, v web.Visit, run runs.Run) (*DrillState, error) {
	entries, err := h.Runs.Entries(ctx, run.ID, 0)
	if err != nil {
		return nil, err
	}
	if run, err = h.Runs.Run(ctx, v.Migration.ID, run.ID); err != nil { // after its log, as readTransfer does
		return nil, err
	}
	d := &DrillState{View: v, Run: run, Now: h.Now}
	for _, e := range entries {
		d.add(e)
	}
	return d, nil
}

// DrillRun is one drill: its page, live while it runs.
func (h *Pages) DrillRun(w http.ResponseWriter, r *http.Request) error {
	d, err := h.drillOf(r)
	if err != nil {
		return err
	}
	v, run := d.View, d.Run
	if d.beside, err = h.besideOf(r, d); err != nil {
		return err
	}
	if d.others, err = h.otherDrills(r, d); err != nil {
		return err
	}
	past, err := h.History(r, v, migration.DrillRun, web.ShownRuns)
	if err != nil {
		return err
	}
	page := func() views.DrillRunProps {
		p := views.DrillRunProps{Migration: v.Migration.ID, Run: run.ID, Number: fmt.Sprint(run.Number), Status: d.status(), Results: d.results(),
			Asked: drillPairs(d.Run.DrillRequest()), Again: web.MovePath(v.Migration.ID, "transfer", "drill") + "?from=" + run.ID, History: past, Ended: web.EndedAt(d.Run)}
		if d.Run.Over() {
			p.JSON = web.RunPath(run.Outcome) + ".json"
		}
		return p
	}
	f := h.Frame(r, d.frame().Title, "migrations", &v, migration.StepTransfer)
	f.Sign = d.frame().Sign
	if web.WantsFollow(r) {
		return h.StreamPage(w, r, func(ctx context.Context) templ.Component {
			return views.DrillFollowPage(f, page(), h.followDrill(ctx, d), page)
		})
	}
	if !d.Run.Over() {
		f.Feed, f.Follow = web.FeedPath(v, d.Run, d.seq), web.RunPath(run.Outcome)+"?follow=1"
	}
	return h.Page(w, r, http.StatusOK, views.DrillRunPage(f, page()))
}

// drillOf is the drill of an address.
func (h *Pages) drillOf(r *http.Request) (*DrillState, error) {
	v, err := h.Move(r)
	if err != nil {
		return nil, err
	}
	run, err := h.RunOf(r, v, migration.DrillRun)
	if err != nil {
		return nil, err
	}
	return h.readDrill(r.Context(), v, run)
}

// followDrill yields a line for each step of a drill, and leaves the run in d as it is at the end.
func (h *Pages) followDrill(ctx context.Context, d *DrillState) iter.Seq[string] {
	return func(yield func(string) bool) {
		for es, err := range h.Runs.Follow(ctx, d.Run.ID, 0) {
			if err != nil {
				break
			}
			for _, e := range es {
				if !d.add(e) {
					continue
				}
				s := d.status().Sides
				if line := s[len(s)-1]; !yield(line.Name + ": " + line.Text) {
					return
				}
			}
		}
		if run, err := h.Runs.Run(ctx, d.Run.MigrationID, d.Run.ID); err == nil {
			d.Run = run
		}
	}
}

func drillPairs(a runs.DrillRequest) []views.Pair {
	p := []views.Pair{{Name: "Transfers", Value: fmt.Sprint(a.Count)}, {Name: "Starts a second", Value: number(a.Rate)}, {Name: "At most at once", Value: fmt.Sprint(a.Concurrency)},
		{Name: "Stop after", Value: web.Took(time.Duration(a.Seconds * float64(time.Second)))}, {Name: "Scenario", Value: string(a.Scenario), Mono: true},
		{Name: "Worker", Value: web.Either(a.Worker, "builtin"), Mono: true}, {Name: "Endpoint", Value: a.Address, Mono: true}, {Name: "Namespace", Value: a.Namespace, Mono: true}}
	if a.TaskQueue != "" {
		p = append(p, views.Pair{Name: "Task queue", Value: a.TaskQueue, Mono: true})
	}
	if a.BesideAddress != "" {
		p = append(p, views.Pair{Name: "Compared with", Value: a.BesideAddress + ", " + a.BesideNamespace, Mono: true})
	}
	return p
}

// DrillReport is the drill's result as JSON.
func (h *Pages) DrillReport(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.DrillRun)
	if err != nil {
		return err
	}
	res, ok := runs.ReadDrill(run)
	if !ok {
		return web.NotEnded(run)
	}
	return web.SendJSON(w, r, http.StatusOK, res)
}

// StopDrill ends a drill; what was measured is kept.
func (h *Pages) StopDrill(w http.ResponseWriter, r *http.Request) error {
	return h.stopRun(w, r, migration.DrillRun)
}

// DrillFeed is a drill that is followed.
type DrillFeed struct {
	DrillState
	Log []runs.Entry
}

func (d *DrillFeed) ID() (string, string) { return d.Run.MigrationID, d.Run.ID }

func (d *DrillFeed) UpTo(after int64) int64 {
	for _, e := range web.LogUpTo(d.Log, after) {
		d.add(e)
	}
	return d.seq
}

func (d *DrillFeed) Take(es []runs.Entry) {
	for _, e := range es {
		d.add(e)
	}
}

func (d *DrillFeed) Next(es []runs.Entry) (parts []templ.Component, say, alarm string) {
	d.Run.State, d.Run.Result = migration.RunRunning, nil // as these entries saw it, however the run ended since
	if len(es) == 0 || es[len(es)-1].Kind != runs.EntryDrill {
		return nil, "", ""
	}
	return []templ.Component{views.DrillStatus(d.status())}, "", ""
}

func (d *DrillFeed) All() []templ.Component {
	return []templ.Component{views.RunSign(d.frame()), views.DrillStatus(d.status()), views.DrillResults(d.results())}
}

func (d *DrillFeed) Finish(run runs.Run) (parts []templ.Component, say, alarm string) {
	d.Run = run
	if run.State == migration.RunPassed {
		say = run.Title
	} else {
		alarm = run.Title
	}
	return d.All(), say, alarm
}

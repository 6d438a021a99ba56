package check

import (
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// compareLink compares a run with the one before it; nil where there is none, or the run has not ended.
func compareLink(past []runs.Row, run runs.Run) *views.Link {
	if !run.Over() {
		return nil
	}
	for _, p := range past {
		if p.Number < run.Number && p.Over() {
			return &views.Link{Text: fmt.Sprintf("Compare with check %d", p.Number), URL: web.ComparePath(run.Outcome, p.Outcome), TestID: "compare"}
		}
	}
	return nil
}

// compared is two runs of a migration, the older first.
type compared struct {
	before, after runs.Run
	diff          doctor.Diff
}

// Compare is two runs side by side; without the second, the choice of it.
func (h *Pages) Compare(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.CheckRun)
	if err != nil {
		return err
	}
	past, err := h.CheckHistory(r, v, web.ShownRuns)
	if err != nil {
		return err
	}
	other := chi.URLParam(r, "other")
	p := views.CompareProps{Migration: v.Migration.ID, Run: views.Link{Text: fmt.Sprintf("Check %d", run.Number), URL: web.RunPath(run.Outcome)}}
	for _, x := range past {
		if x.ID != run.ID && x.Over() {
			p.Others = append(p.Others, views.Link{URL: web.ComparePath(run.Outcome, x.Outcome), Current: x.ID == other,
				Text: fmt.Sprintf("Check %d, %s, %s", x.Number, web.LowerFirst(web.RunTag(x).Word), web.Moment(x.Started))})
		}
	}
	switch {
	case other != "":
		c, err := h.compareRuns(r, v, run, other)
		if err != nil {
			return err
		}
		compareProps(&p, c)
		p.JSON = web.ComparePath(run.Outcome, migration.Outcome{ID: other}) + ".json"
	case len(p.Others) == 0:
		p.Summary = "There is no other check yet. Check again after something changed, then compare."
	default:
		p.Summary = "Choose the check to compare with."
	}
	return h.Page(w, r, http.StatusOK, views.ComparePage(h.Frame(r, p.Run.Text+" compared", "migrations", &v, migration.StepTest), p))
}

// CompareReport is the comparison as JSON.
func (h *Pages) CompareReport(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.CheckRun)
	if err != nil {
		return err
	}
	c, err := h.compareRuns(r, v, run, chi.URLParam(r, "other"))
	if err != nil {
		return err
	}
	return web.SendJSON(w, r, http.StatusOK, struct {
		doctor.Diff
		Before int `json:"before"` // the runs' numbers
		After  int `json:"after"`
	}{c.diff, c.before.Number, c.after.Number})
}

func (h *Pages) compareRuns(r *http.Request, v web.Visit, run runs.Run, other string) (compared, error) {
	with, err := h.Runs.Run(r.Context(), v.Migration.ID, other)
	if err == nil && with.Kind != migration.CheckRun {
		err = fault.New(fault.NotFound, "Check not found", "Look at the list of checks.")
	}
	if err != nil {
		return compared{}, err
	}
	c := compared{before: with, after: run}
	if c.before.Number > c.after.Number {
		c.before, c.after = c.after, c.before
	}
	before, err := h.soFar(r, c.before)
	if err != nil {
		return compared{}, err
	}
	after, err := h.soFar(r, c.after)
	if err != nil {
		return compared{}, err
	}
	c.diff = doctor.Compare(before, after, web.MarkOf)
	switch {
	case run.ID == with.ID:
		c.diff.Summary = "Both are the same check."
	case !judged(c.before, before):
		c.diff.Summary = noVerdict(c.before)
	case !judged(c.after, after):
		c.diff.Summary = noVerdict(c.after)
	}
	c.diff.Inputs = append(c.diff.Inputs, askedChanges(c.before, c.after)...)
	return c, nil
}

// soFar is a run's report, or what its log tells where it has none.
func (h *Pages) soFar(r *http.Request, run runs.Run) (doctor.Report, error) {
	if rep, ok := web.Report(run); ok {
		return rep, nil
	}
	entries, err := h.Runs.Entries(r.Context(), run.ID, 0)
	if err != nil {
		return doctor.Report{}, err
	}
	asked := run.CheckRequest()
	rep := doctor.Report{Target: doctor.ReportTarget{Address: asked.Address, Namespace: asked.Namespace, ServerName: asked.ServerName, Auth: asked.Auth, Leaf: asked.Leaf}}
	for _, s := range web.StagesOf(entries) {
		rep.Stages = append(rep.Stages, s)
	}
	return rep, nil
}

// judged reports whether a run came to a verdict.
func judged(run runs.Run, rep doctor.Report) bool {
	return rep.Verdict.Code != "" && run.State != migration.RunInterrupted
}

func noVerdict(run runs.Run) string {
	if run.Over() {
		return fmt.Sprintf("Check %d was interrupted and has no verdict: only the stages that it went through can be compared.", run.Number)
	}
	return fmt.Sprintf("Check %d has not ended yet: only the stages that it has gone through are compared.", run.Number)
}

// askedChanges are differences that only the requests know.
func askedChanges(before, after runs.Run) []doctor.Change {
	a, b := before.CheckRequest(), after.CheckRequest()
	how := func(r *runs.Reported) string {
		if r == nil {
			return "observed by Onramp"
		}
		if r.By != "" {
			return "reported by " + r.By
		}
		return "reported"
	}
	var out []doctor.Change
	for _, c := range []doctor.Change{
		{Name: "task_queue", Before: a.TaskQueue, After: b.TaskQueue}, {Name: "workflow_type", Before: a.WorkflowType, After: b.WorkflowType},
		{Name: "local_address", Before: a.LocalAddress, After: b.LocalAddress}, {Name: "local_namespace", Before: a.LocalNamespace, After: b.LocalNamespace},
		{Name: "evidence", Before: how(a.Reported), After: how(b.Reported)},
	} {
		if c.Before != c.After {
			out = append(out, c)
		}
	}
	return out
}

// inputNames are the inputs in words.
var inputNames = map[string]string{"address": "Endpoint", "namespace": "Namespace", "server_name": "TLS server name", "auth": "Signs in with",
	"leaf_sha256": "Client certificate", "tested_from": "Tested from", "rules": "Rules of", "task_queue": "Task queue", "workflow_type": "Workflow type",
	"local_address": "Old server", "local_namespace": "Namespace there", "evidence": "Evidence"}

func compareProps(p *views.CompareProps, c compared) {
	link := func(run runs.Run) *views.Link {
		return &views.Link{Text: fmt.Sprintf("Check %d", run.Number), URL: web.RunPath(run.Outcome)}
	}
	p.Before, p.After, p.Summary = link(c.before), link(c.after), c.diff.Summary
	for _, x := range c.diff.Inputs {
		p.Inputs = append(p.Inputs, views.ChangeProps{Name: web.Either(inputNames[x.Name], x.Name), Before: x.Before, After: x.After})
	}
	same := 0
	for _, s := range c.diff.Stages {
		x := views.StageChangeProps{ID: s.ID, Number: fmt.Sprint(web.StageNumber(s.ID)), Title: web.StageTitle(s.ID, c.after.CheckRequest().Auth), Changed: s.Changed,
			Before: web.StageTag(s.Before), After: web.StageTag(s.After), BeforeTime: web.Millis(s.BeforeMS), AfterTime: web.Millis(s.AfterMS)}
		for _, e := range s.Evidence {
			e = e.Words()
			x.Evidence = append(x.Evidence, views.ChangeProps{Name: e.Name, Before: e.Before, After: e.After})
		}
		for _, code := range s.New {
			x.New = append(x.New, web.FindingProps(code, c.after.CheckRequest()))
		}
		for _, code := range s.Gone {
			x.Gone = append(x.Gone, web.FindingProps(code, c.before.CheckRequest()))
		}
		if !s.Changed {
			same++
		}
		p.Stages = append(p.Stages, x)
	}
	p.Same = fmt.Sprintf("%d of %d are unchanged.", same, len(c.diff.Stages))
}

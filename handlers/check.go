package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"onramp/acts"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// testForm is step 4 before a run.
func (h *Handlers) testForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	return h.showTest(w, r, http.StatusOK, v, testFields{}, nil)
}

// testFields is the form of step 4 as it was sent, without the key; elsewhere is its part for another host.
type testFields struct {
	key                            keyFields
	queue, localAddress, localName string
	elsewhere                      views.ElsewhereProps
}

func readTestFields(f form) testFields {
	return testFields{key: readKeyFields(f), queue: f.text("task_queue"), localAddress: f.text("local_address"), localName: f.text("local_namespace")}
}

func (h *Handlers) showTest(w http.ResponseWriter, r *http.Request, status int, v visit, sent testFields, ps views.Problems) error {
	past, err := h.checkHistory(r, v, shownRuns)
	if err != nil {
		return err
	}
	if r.Method != http.MethodPost { // as it was asked for last
		last := acts.LastAsked(past)
		sent.queue, sent.localAddress, sent.localName = last.TaskQueue, last.LocalAddress, last.LocalNamespace
	}
	last, err := h.lastCrossing(r, v)
	if err != nil {
		return err
	}
	p := views.TestProps{Migration: v.Migration.ID, Target: h.targetPairs(v), Needs: needs(v, testNeeds(v)...),
		CanRun: canCheck(v), Key: h.keySource(v, sent.key), TaskQueue: sent.queue, LocalAddress: sent.localAddress, LocalNamespace: sent.localName,
		Crossing: last, Spark: sparkProps(past), History: checkRows(past), Elsewhere: h.elsewhereProps(v, sent), Twin: h.checkTwin(v)}
	if !p.Elsewhere.Open {
		p.Problems = ps
	} else {
		p.Elsewhere.Problems = ps
	}
	f := h.frame(r, "Test the connection", "migrations", &v, migration.StepTest)
	return h.page(w, r, status, views.TestPage(f, p))
}

// testNeeds are the steps that a test stands on.
func testNeeds(v visit) []string {
	if usesKeys(v) {
		return []string{migration.StepNamespace}
	}
	return []string{migration.StepNamespace, migration.StepCertificates}
}

// canCheck reports whether there is something to check.
func canCheck(v visit) bool { return v.Namespace != nil }

// targetPairs is what will be checked.
func (h *Handlers) targetPairs(v visit) []views.Pair {
	if v.Namespace == nil {
		return nil
	}
	t := h.o.Acts.Places.Target(v.View)
	out := []views.Pair{{Name: "Endpoint", Value: t.Address, Mono: true, Copy: true}, {Name: "Namespace", Value: t.Namespace, Mono: true, Copy: true}}
	if t.ServerName != "" {
		out = append(out, views.Pair{Name: "TLS server name", Value: t.ServerName, Mono: true})
	}
	if usesKeys(v) {
		out = append(out, views.Pair{Name: "Signs in with", Value: "an API key, given for each run"})
	} else if c := v.Certificate; c != nil {
		out = append(out, views.Pair{Name: "Client certificate", Value: c.LeafSubject + ", until " + day(c.LeafNotAfter), Mono: true})
	}
	return out
}

// needs are earlier steps as conditions of a page.
func needs(v visit, steps ...string) []views.NeedProps {
	var out []views.NeedProps
	for _, id := range steps {
		s := v.Step(id)
		out = append(out, views.NeedProps{Tag: views.Tag{State: stepState(s.Status), Word: stepWord(s)}, Text: s.Title, URL: movePath(v.Migration.ID, id)})
	}
	return out
}

// need is the first of these steps that is missing; nil when none is.
func need(v visit, steps ...string) *views.NeedProps {
	for i, n := range needs(v, steps...) {
		if v.Step(steps[i]).Status != migration.Done {
			return &n
		}
	}
	return nil
}

// startCheck starts a run and leads to its page.
func (h *Handlers) startCheck(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	run, err := h.check(r.Context(), v, f)
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		return h.showTest(w, r, http.StatusUnprocessableEntity, v, readTestFields(f), ps)
	}
	return seeOther(w, r, runPath(run.Outcome), "")
}

func (h *Handlers) check(ctx context.Context, v visit, f form) (runs.Run, error) {
	creds, err := h.credentials(v, f)
	req := acts.Check{Credentials: creds, TaskQueue: f.text("task_queue"), LocalAddress: f.text("local_address"), LocalNamespace: f.text("local_namespace")}
	if err != nil {
		return runs.Run{}, fault.Unchanged(errors.Join(err, h.o.Acts.Checks.Invalid(ctx, req)))
	}
	return h.o.Acts.Checks.Start(ctx, v.by, v.Migration.ID, req)
}

// checkState is a check as its log tells it so far.
type checkState struct {
	view   visit
	run    runs.Run
	stages map[string]doctor.Stage
	seq    int64 // the last entry that is in it
}

func (c *checkState) add(e runs.Entry) {
	if s, ok := stageOf(e); ok {
		c.stages[s.ID] = s
	}
	c.seq = e.Seq
}

// readCheck reads a run and its log up to now.
func (h *Handlers) readCheck(ctx context.Context, v visit, run runs.Run) (*checkState, error) {
	entries, err := h.o.Runs.Entries(ctx, run.ID, 0)
	if err != nil {
		return nil, err
	}
	// The run after its log: one that ended in between is then shown as ended.
	if run, err = h.o.Runs.Run(ctx, v.Migration.ID, run.ID); err != nil {
		return nil, err
	}
	c := &checkState{view: v, run: run, stages: map[string]doctor.Stage{}}
	for _, e := range entries {
		c.add(e)
	}
	return c, nil
}

func (c *checkState) live() bool { return !c.run.Over() }

// title names the run where it is linked: "Run 3".
func (c *checkState) title() string { return fmt.Sprintf("Run %d", c.run.Number) }

// count counts the stages that ended in one of these ways.
func (c *checkState) count(in ...doctor.Status) int {
	n := 0
	for _, s := range c.stages {
		if slices.Contains(in, s.Status) {
			n++
		}
	}
	return n
}

func (c *checkState) status() views.RunStatusProps {
	p := views.RunStatusProps{Tag: runTag(c.run.Row), When: moment(c.run.Started), Stamp: stamp(c.run.Started)}
	all := len(doctor.StageIDs)
	switch c.run.State {
	case migration.RunRunning:
		p.Tag.Word = "Checking"
		p.Text = fmt.Sprintf("%d of %d checks done", c.count(doctor.Pass, doctor.Warn, doctor.Fail, doctor.Skip), all)
	case migration.RunInterrupted:
		p.Text = "Onramp stopped in the middle of it"
	default:
		p.Text = fmt.Sprintf("%d of %d checks passed", c.count(doctor.Pass, doctor.Warn), all)
		if n := c.count(doctor.Skip); n > 0 {
			p.Text += fmt.Sprintf(", %d skipped", n)
		}
		if rep, ok := report(c.run); ok {
			if n := stageNumber(rep.Verdict.Stage); rep.Verdict.Code != doctor.OK && n > 0 {
				p.Text = fmt.Sprintf("stopped at %d of %d", n, all)
			}
			p.Text += " · " + millis(rep.TookMS)
		}
	}
	return p
}

func (c *checkState) crossing() views.CrossingProps { return crossing(c.stages, c.title(), "") }

func (c *checkState) stage(id string) views.StageProps {
	s, known := c.stages[id]
	return stageProps(id, s, known, c.live())
}

func (c *checkState) rows() []views.StageProps {
	rows := make([]views.StageProps, 0, len(doctor.StageIDs))
	for _, id := range doctor.StageIDs {
		rows = append(rows, c.stage(id))
	}
	return rows
}

func (c *checkState) verdict() views.VerdictProps {
	rep, ok := report(c.run)
	switch {
	case ok:
		p := verdictProps(rep.Verdict, evidence(c.stages[rep.Verdict.Stage].Evidence), c.view.View)
		p.Made = fmt.Sprintf("Tested from %s, by the rules of %s.", rep.TestedFrom, rep.Rules)
		p.NotChecked = notChecked(rep.NotChecked)
		if raw, err := json.MarshalIndent(rep, "", "  "); err == nil {
			p.Raw = views.CodeProps{ID: "raw", Name: "Report", Label: "Report as JSON", Lang: "json", Text: string(raw)}
		}
		return p
	case c.live():
		return views.VerdictProps{Pending: true, State: views.Busy, Word: "Checking"}
	}
	return views.VerdictProps{State: views.Warn, Word: "Interrupted", Title: "Onramp stopped in the middle of this run",
		Cause: "Nothing is known beyond the checks above.",
		Fixes: []views.FixProps{{Text: "Run all checks again."}}}
}

// all are every live part of the page.
func (c *checkState) all() []templ.Component {
	out := []templ.Component{views.RunStatus(c.status()), views.Crossing(c.crossing())}
	for _, row := range c.rows() {
		out = append(out, views.StageRow(row))
	}
	return append(out, views.Verdict(c.verdict()))
}

// checkRun is one run: its page, live while it runs; streamed with ?follow=1.
func (h *Handlers) checkRun(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	run, err := h.runOf(r, v, migration.CheckRun)
	if err != nil {
		return err
	}
	c, err := h.readCheck(r.Context(), v, run)
	if err != nil {
		return err
	}
	past, err := h.checkHistory(r, v, shownRuns)
	if err != nil {
		return err
	}
	_, lent := h.o.Acts.Keys.Lent(v.by, v.Migration.ID)
	lent = lent && !usesKeys(v)
	p := views.TestRunProps{Migration: v.Migration.ID, Run: run.ID, Number: fmt.Sprint(run.Number), Status: c.status(),
		Crossing: c.crossing(), Stages: c.rows(), Verdict: c.verdict(), Reported: reportedProps(c.run), Spark: sparkProps(past), History: checkRows(past),
		Compare: compareLink(past, c.run), Asked: askedAgain(c.run), CanRerun: lent, Twin: h.checkTwin(v)}
	if run.State == migration.RunFailed {
		p.Environment = &views.Link{Text: "Does the worker run with other settings? Judge its environment", URL: movePath(v.Migration.ID, migration.StepCode, "environment"), TestID: "judge-environment-link"}
	}
	f := h.frame(r, c.title()+" of the connection test", "migrations", &v, migration.StepTest)
	if c.live() {
		f.Feed = feedPath(v, run, c.seq)
		f.Follow = runPath(run.Outcome) + "?follow=1"
	} else {
		p.JSON = runPath(run.Outcome) + ".json"
		p.Report = c.reportText()
	}
	if wantsFollow(r) {
		f.Feed, f.Follow = "", ""
		return h.streamPage(w, r, func(ctx context.Context) templ.Component {
			return views.TestFollowPage(f, p, h.followStages(ctx, c), c.verdict)
		})
	}
	return h.page(w, r, http.StatusOK, views.TestRunPage(f, p))
}

// followStages yields each check once, as it ended, and leaves the run in c as it is at the end.
func (h *Handlers) followStages(ctx context.Context, c *checkState) iter.Seq[views.StageProps] {
	return func(yield func(views.StageProps) bool) {
		c.stages = map[string]doctor.Stage{}
		for es, err := range h.o.Runs.Follow(ctx, c.run.ID, 0) {
			if err != nil {
				break
			}
			for _, e := range es {
				c.add(e)
				s, ok := stageOf(e)
				if ok && s.Status != doctor.Running && !yield(stageProps(s.ID, s, true, false)) {
					return
				}
			}
		}
		if run, err := h.o.Runs.Run(ctx, c.run.MigrationID, c.run.ID); err == nil {
			c.run = run
		}
	}
}

// checkReport is the run's report as JSON, the same as `onramp check --json` prints.
func (h *Handlers) checkReport(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	run, err := h.runOf(r, v, migration.CheckRun)
	if err != nil {
		return err
	}
	rep, ok := report(run)
	if !ok {
		return notEnded(run)
	}
	return sendJSON(w, r, http.StatusOK, struct {
		doctor.Report
		Reported *runs.Reported `json:"reported,omitempty"` // where Onramp did not make it itself
	}{rep, run.Reported()})
}

// notEnded is the fault of a run that has no result.
func notEnded(run runs.Run) error {
	if run.Over() {
		return fault.New(fault.Gone, "This run has no result", "Onramp stopped in the middle of it. Run it again.")
	}
	return fault.New(fault.Conflict, "This run has not ended yet", "Ask again when it has.")
}

// reportText is the run as text for a ticket: it holds no secret.
func (c *checkState) reportText() views.CodeProps {
	rep, ok := report(c.run)
	if !ok {
		return views.CodeProps{}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Onramp connection test, run %d, %s\n", c.run.Number, c.run.Started.UTC().Format(time.RFC3339))
	if p := reportedProps(c.run); p != nil {
		fmt.Fprintf(&b, "Reported, not observed: %s\n", p.Text)
	}
	fmt.Fprintf(&b, "%s  namespace %s  auth %s  from %s  rules %s\n\n", rep.Target.Address, rep.Target.Namespace, rep.Target.Auth, rep.TestedFrom, rep.Rules)
	for _, s := range rep.Stages {
		fmt.Fprintf(&b, "%-12s %-11s %8s  %s\n", s.ID, s.Status, millis(s.MS), s.Summary)
	}
	fmt.Fprintf(&b, "\n%s (%s): %s\n", rep.Verdict.Code, rep.Verdict.Level, rep.Verdict.Title)
	for _, line := range []string{rep.Verdict.Cause, rep.Verdict.NotWrong} {
		if line != "" {
			fmt.Fprintln(&b, line)
		}
	}
	for _, f := range rep.Verdict.Fix {
		fmt.Fprintf(&b, "Fix (%s): %s %s\n", f.Who, f.Text, f.Command)
	}
	if len(rep.NotChecked) > 0 {
		fmt.Fprintf(&b, "Not checked: %s.\n", strings.Join(rep.NotChecked, "; "))
	}
	return views.CodeProps{ID: "report-text", Name: "Report", Label: "Report as text", Text: b.String()}
}

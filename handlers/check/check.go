package check

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
	"onramp/cloud"
	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// TestForm is step 4 before a run.
func (h *Pages) TestForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.showTest(w, r, http.StatusOK, v, testFields{}, nil)
}

// testFields is the form of step 4 as it was sent, without the key; elsewhere is its part for another host.
type testFields struct {
	key                            web.KeyFields
	queue, localAddress, localName string
	elsewhere                      views.ElsewhereProps
}

func readTestFields(f web.Form) testFields {
	return testFields{key: web.ReadKeyFields(f), queue: f.Text("task_queue"), localAddress: f.Text("local_address"), localName: f.Text("local_namespace")}
}

func (h *Pages) showTest(w http.ResponseWriter, r *http.Request, status int, v web.Visit, sent testFields, ps views.Problems) error {
	past, err := h.CheckHistory(r, v, web.ShownRuns)
	if err != nil {
		return err
	}
	if r.Method != http.MethodPost { // as it was asked for last
		last := acts.LastAsked(past)
		sent.queue, sent.localAddress, sent.localName = last.TaskQueue, last.LocalAddress, last.LocalNamespace
	}
	last, err := h.LastCrossing(r, v)
	if err != nil {
		return err
	}
	p := views.TestProps{Migration: v.Migration.ID, Target: h.targetPairs(v), Needs: web.Needs(v, testNeeds(v)...),
		CanRun: canCheck(v), Key: h.KeySource(v, sent.key, web.MovePath(v.Migration.ID, migration.StepTest)), TaskQueue: sent.queue, LocalAddress: sent.localAddress, LocalNamespace: sent.localName,
		Crossing: last, Found: web.AssessFound(v, migration.StepTest), Spark: web.SparkProps(past), History: web.CheckRows(past), Elsewhere: h.elsewhereProps(v, sent), Twin: h.CheckTwin(v)}
	if h.Shared != nil && v.Namespace != nil {
		var dial acts.Dial
		err := web.Aside(r.Context(), func() error { // a name is looked up
			dial = h.Acts.Places.Dial(r.Context(), v.View)
			return nil
		})
		if err != nil {
			return err
		}
		if d := web.DialProps(dial); d.Address != "" {
			p.Dial = &d
		}
	}
	if !p.Elsewhere.Open {
		p.Problems = ps
	} else {
		p.Elsewhere.Problems = ps
	}
	f := h.Frame(r, "Test the connection", "migrations", &v, migration.StepTest)
	return h.Page(w, r, status, views.TestPage(f, p))
}

// testNeeds are the steps that a test stands on.
func testNeeds(v web.Visit) []string {
	if web.UsesKeys(v) {
		return []string{migration.StepNamespace}
	}
	return []string{migration.StepNamespace, migration.StepCertificates}
}

// canCheck reports whether there is something to check.
func canCheck(v web.Visit) bool { return v.Namespace != nil }

// targetPairs is what will be checked.
func (h *Pages) targetPairs(v web.Visit) []views.Pair {
	if v.Namespace == nil {
		return nil
	}
	t := h.Acts.Places.Target(v.View)
	out := []views.Pair{{Name: "Endpoint", Value: t.Address, Mono: true, Copy: true}, {Name: "Namespace", Value: t.Namespace, Mono: true, Copy: true}}
	if t.ServerName != "" {
		out = append(out, views.Pair{Name: "TLS server name", Value: t.ServerName, Mono: true})
	}
	if web.UsesKeys(v) {
		out = append(out, views.Pair{Name: "Signs in with", Value: "an API key, given for each check"})
	} else if c := v.Certificate; c != nil {
		out = append(out, views.Pair{Name: "Client certificate", Value: c.LeafSubject + ", until " + web.Day(c.LeafNotAfter), Mono: true})
	}
	return out
}

// StartCheck starts a run and leads to its page.
func (h *Pages) StartCheck(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	run, err := h.check(r.Context(), v, f)
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showTest(w, r, http.StatusUnprocessableEntity, v, readTestFields(f), ps)
	}
	return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
}

func (h *Pages) check(ctx context.Context, v web.Visit, f web.Form) (runs.Run, error) {
	creds, err := h.Credentials(v, f)
	req := acts.Check{Credentials: creds, TaskQueue: f.Text("task_queue"), LocalAddress: f.Text("local_address"), LocalNamespace: f.Text("local_namespace")}
	if err != nil {
		return runs.Run{}, fault.Unchanged(errors.Join(err, h.Acts.Checks.Invalid(ctx, req)))
	}
	return h.Acts.Checks.Start(ctx, v.By, v.Migration.ID, req)
}

// CheckState is a check as its log tells it so far.
type CheckState struct {
	View   web.Visit
	Run    runs.Run
	Stages map[string]doctor.Stage
	Now    func() time.Time
	began  time.Time // when the newest stage did
	seq    int64     // the last entry that is in it
}

func (c *CheckState) add(e runs.Entry) {
	if s, ok := web.StageOf(e); ok {
		c.Stages[s.ID], c.began = s, e.At
	}
	c.seq = e.Seq
}

// since is how long ago something was, in milliseconds, 1 at least.
func (c *CheckState) since(t time.Time) int64 { return max(c.Now().Sub(t).Milliseconds(), 1) }

// keyed reports whether it signs in with an API key.
func (c *CheckState) keyed() bool { return c.Run.CheckRequest().Auth == cloud.AuthAPIKey }

// readCheck reads a run and its log up to now.
func (h *Pages) readCheck(ctx context.Context, v web.Visit, run runs.Run) (*CheckState, error) {
	entries, err := h.Runs.Entries(ctx, run.ID, 0)
	if err != nil {
		return nil, err
	}
	// The run after its log: one that ended in between is then shown as ended.
	if run, err = h.Runs.Run(ctx, v.Migration.ID, run.ID); err != nil {
		return nil, err
	}
	c := &CheckState{View: v, Run: run, Stages: map[string]doctor.Stage{}, Now: h.Now}
	for _, e := range entries {
		c.add(e)
	}
	return c, nil
}

func (c *CheckState) live() bool { return !c.Run.Over() }

// title names the check where it is linked: "Check 3".
func (c *CheckState) title() string { return fmt.Sprintf("Check %d", c.Run.Number) }

// count counts the stages that ended in one of these ways.
func (c *CheckState) count(in ...doctor.Status) int {
	n := 0
	for _, s := range c.Stages {
		if slices.Contains(in, s.Status) {
			n++
		}
	}
	return n
}

func (c *CheckState) status() views.RunStatusProps {
	p := views.RunStatusProps{Tag: web.RunTag(c.Run.Row), When: web.Moment(c.Run.Started), Stamp: web.Stamp(c.Run.Started)}
	all := len(doctor.StageIDs)
	switch c.Run.State {
	case migration.RunRunning:
		p.Tag.Word = "Checking"
		p.Text = fmt.Sprintf("%d of %d stages done ·", c.count(doctor.Pass, doctor.Warn, doctor.Fail, doctor.Skip), all)
		p.SinceMS = c.since(c.Run.Started)
	case migration.RunInterrupted:
		p.Text = web.WhyInterrupted(c.Run)
	default:
		p.Text = fmt.Sprintf("%d of %d stages passed", c.count(doctor.Pass, doctor.Warn), all)
		if n := c.count(doctor.Skip); n > 0 {
			p.Text += fmt.Sprintf(", %d skipped", n)
		}
		if rep, ok := web.Report(c.Run); ok {
			if n := web.StageNumber(rep.Verdict.Stage); rep.Verdict.Code != doctor.OK && n > 0 {
				p.Text = fmt.Sprintf("stopped at %d of %d", n, all)
			}
			p.Text += " · " + web.Millis(rep.TookMS)
		}
	}
	return p
}

// frame is the frame of its page as title and icon need it.
func (c *CheckState) frame() views.Frame {
	return web.SignFrame(c.View, c.title(), web.RunTag(c.Run.Row), c.Run.Over())
}

func (c *CheckState) crossing() views.CrossingProps {
	p := web.Crossing(c.Stages, c.title(), "")
	if c.keyed() {
		p = web.ByKey(p)
	}
	return p
}

// stage is one check as a row. What was seen where the verdict fell stands there, and only there.
func (c *CheckState) stage(id string) views.StageProps {
	s, known := c.Stages[id]
	p := web.StageProps(id, s, known, c.live(), c.Run.CheckRequest())
	if s.Status == doctor.Running && c.live() {
		p.SinceMS = c.since(c.began)
	}
	if rep, ok := web.Report(c.Run); ok && rep.Verdict.Code != doctor.OK && rep.Verdict.Stage == id {
		p.Evidence, p.Open = nil, false
		p.Findings = slices.DeleteFunc(p.Findings, func(f views.FindingProps) bool { return f.Code == rep.Verdict.Code })
	}
	return p
}

func (c *CheckState) rows() []views.StageProps {
	rows := make([]views.StageProps, 0, len(doctor.StageIDs))
	for _, id := range doctor.StageIDs {
		rows = append(rows, c.stage(id))
	}
	return rows
}

func (c *CheckState) verdict() views.VerdictProps {
	rep, ok := web.Report(c.Run)
	switch {
	case ok:
		p := web.VerdictProps(rep.Verdict, web.Evidence(c.Stages[rep.Verdict.Stage].Evidence), c.View.View, c.Run.CheckRequest())
		p.Made = fmt.Sprintf("Tested from %s · rule set %s", rep.TestedFrom, rep.Rules)
		p.NotChecked = web.NotChecked(rep.NotChecked)
		if raw, err := json.MarshalIndent(rep, "", "  "); err == nil {
			p.Raw = views.CodeBlockProps{ID: "raw", Name: "Report", Label: "Report as JSON", Lang: "json", Text: string(raw)}
		}
		return p
	case c.live():
		p := views.VerdictProps{Pending: true, State: views.Busy, Word: "Checking"}
		for _, id := range doctor.StageIDs {
			if s := c.stage(id); s.State == views.Busy {
				p.Cause, p.SinceMS = fmt.Sprintf("%s. %s, %s:", s.Number, s.Title, web.LowerFirst(s.Summary)), s.SinceMS
			}
		}
		return p
	}
	return views.VerdictProps{State: views.Warn, Word: "Interrupted", Title: web.WhyInterrupted(c.Run),
		Cause: "Nothing is known beyond the checks below.",
		Fixes: []views.FixProps{{Text: "Check again."}}}
}

// All are every live part of the page.
func (c *CheckState) All() []templ.Component {
	out := []templ.Component{views.RunSign(c.frame()), views.RunStatus(c.status()), views.Crossing(c.crossing())}
	for _, row := range c.rows() {
		out = append(out, views.StageRow(row))
	}
	return append(out, views.Verdict(c.verdict()))
}

// CheckRun is one run: its page, live while it runs; streamed with ?follow=1.
func (h *Pages) CheckRun(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.CheckRun)
	if err != nil {
		return err
	}
	c, err := h.readCheck(r.Context(), v, run)
	if err != nil {
		return err
	}
	if run = c.Run; run.Over() { // it may have ended since the steps were read, and no push comes after that
		if v, err = h.Move(r); err != nil {
			return err
		}
		c.View = v
	}
	past, err := h.CheckHistory(r, v, web.ShownRuns)
	if err != nil {
		return err
	}
	_, lent := h.Acts.Keys.Lent(v.By, v.Migration.ID)
	lent = lent && !web.UsesKeys(v)
	p := views.TestRunProps{Migration: v.Migration.ID, Run: run.ID, Number: fmt.Sprint(run.Number), Status: c.status(),
		Crossing: c.crossing(), Stages: c.rows(), Verdict: c.verdict(), Reported: reportedProps(c.Run), Spark: web.SparkProps(past), History: web.CheckRows(past),
		Compare: compareLink(past, c.Run), Asked: askedAgain(c.Run), CanRerun: lent, Twin: h.CheckTwin(v)}
	if run.State == migration.RunFailed {
		p.Environment = &views.Link{Text: "Does the worker use different settings? Check its environment", URL: web.MovePath(v.Migration.ID, migration.StepCode, "environment"), TestID: "judge-environment-link"}
	}
	f := h.Frame(r, c.frame().Title, "migrations", &v, migration.StepTest)
	f.Sign = c.frame().Sign
	if c.live() {
		f.Feed = web.FeedPath(v, run, c.seq)
		f.Follow = web.RunPath(run.Outcome) + "?follow=1"
	} else {
		p.JSON = web.RunPath(run.Outcome) + ".json"
		p.Report = c.reportText()
	}
	if web.WantsFollow(r) {
		f.Feed, f.Follow = "", ""
		return h.StreamPage(w, r, func(ctx context.Context) templ.Component {
			return views.TestFollowPage(f, p, h.followStages(ctx, c), func() views.TestEndProps {
				return views.TestEndProps{Verdict: c.verdict(), Ended: web.EndedAt(c.Run)}
			})
		})
	}
	return h.Page(w, r, http.StatusOK, views.TestRunPage(f, p))
}

// followStages yields each check once, as it ended, and leaves the run in c as it is at the end.
func (h *Pages) followStages(ctx context.Context, c *CheckState) iter.Seq[views.StageProps] {
	return func(yield func(views.StageProps) bool) {
		c.Stages = map[string]doctor.Stage{}
		for es, err := range h.Runs.Follow(ctx, c.Run.ID, 0) {
			if err != nil {
				break
			}
			for _, e := range es {
				c.add(e)
				s, ok := web.StageOf(e)
				if ok && s.Status != doctor.Running && !yield(web.StageProps(s.ID, s, true, false, c.Run.CheckRequest())) {
					return
				}
			}
		}
		if run, err := h.Runs.Run(ctx, c.Run.MigrationID, c.Run.ID); err == nil {
			c.Run = run
		}
	}
}

// CheckReport is the run's report as JSON, the same as `onramp check --json` prints.
func (h *Pages) CheckReport(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.CheckRun)
	if err != nil {
		return err
	}
	rep, ok := web.Report(run)
	if !ok {
		return web.NotEnded(run)
	}
	return web.SendJSON(w, r, http.StatusOK, struct {
		doctor.Report
		Reported *runs.Reported `json:"reported,omitempty"` // where Onramp did not make it itself
	}{rep, run.Reported()})
}

// reportText is the run as text for a ticket: it holds no secret.
func (c *CheckState) reportText() views.CodeBlockProps {
	rep, ok := web.Report(c.Run)
	if !ok {
		return views.CodeBlockProps{}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Onramp connection check %d, %s\n", c.Run.Number, c.Run.Started.UTC().Format(time.RFC3339))
	if p := reportedProps(c.Run); p != nil {
		fmt.Fprintf(&b, "Reported, not observed: %s\n", p.Text)
	}
	fmt.Fprintf(&b, "%s  namespace %s  auth %s  from %s  rules %s\n\n", rep.Target.Address, rep.Target.Namespace, rep.Target.Auth, rep.TestedFrom, rep.Rules)
	for _, s := range rep.Stages {
		fmt.Fprintf(&b, "%-12s %-11s %8s  %s\n", s.ID, s.Status, web.Millis(s.MS), s.Summary)
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
	return views.CodeBlockProps{ID: "report-text", Name: "Report", Label: "Report as text", Text: b.String()}
}

package journey

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"onramp/acts"
	"onramp/assess"
	"onramp/certsvc"
	"onramp/doctor"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// Report is what was proved of a migration, as a page that prints well.
func (h *Pages) Report(w http.ResponseWriter, r *http.Request) error {
	v, p, err := h.report(r)
	if err != nil {
		return err
	}
	return h.Page(w, r, http.StatusOK, views.MigrationReportPage(h.Frame(r, "Report: "+v.Migration.Name, "migrations", &v, ""), p))
}

// ReportMarkdown is the same as a file for a ticket.
func (h *Pages) ReportMarkdown(w http.ResponseWriter, r *http.Request) error {
	v, p, err := h.report(r)
	if err != nil {
		return err
	}
	return web.SendFile(w, r, "text/markdown; charset=utf-8", "onramp-report-"+v.Migration.ID+".md", reportMarkdown(p))
}

// ReportJSON is the same for machines.
func (h *Pages) ReportJSON(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	rep, err := h.Acts.Reports.Of(r.Context(), v.Migration.ID, h.Version)
	if err != nil {
		return err
	}
	return web.SendJSON(w, r, http.StatusOK, rep)
}

// report is the report on the migration of an address, in words.
func (h *Pages) report(r *http.Request) (web.Visit, views.MigrationReportProps, error) {
	v, err := h.Move(r)
	if err != nil {
		return v, views.MigrationReportProps{}, err
	}
	rep, err := h.Acts.Reports.Of(r.Context(), v.Migration.ID, h.Version)
	if err != nil {
		return v, views.MigrationReportProps{}, err
	}
	t := teller{rep: rep, base: h.Base(r)}
	return v, t.props(), nil
}

// teller puts a report into words. base is the address of the portal as its reader knows it: paper and tickets show
// addresses in full.
type teller struct {
	rep  acts.Report
	base string
}

func (t teller) props() views.MigrationReportProps {
	m := t.rep.Migration
	own := web.MovePath(m.ID, "report")
	p := views.MigrationReportProps{Migration: m.ID, Name: m.Name, Address: t.base + own,
		Files: []views.Link{{Text: "Markdown", URL: own + ".md", TestID: "report-md"}, {Text: "JSON", URL: own + ".json", TestID: "report-json"}},
		Twin:  views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "curl -fsS " + web.ShellPlain(t.base+own+".md")}}
	proved := 0
	for _, s := range t.rep.Steps {
		if s.Proved() {
			proved++
		}
		p.Steps = append(p.Steps, t.step(s))
	}
	p.State, p.Title, p.Text = t.verdict(proved)
	p.Text += t.proofs()
	for _, g := range t.rep.NotProved {
		row := views.ReportGapRow{What: g.What, Why: g.Why}
		if g.Step != "" {
			row.URL = web.MovePath(m.ID, g.Step)
		}
		p.Gaps = append(p.Gaps, row)
	}
	for _, c := range t.rep.Certificates {
		p.Certs = append(p.Certs, t.certificate(c))
	}
	p.Sections = t.sections()
	p.About = []views.Pair{{Name: "Made", Value: inUTC(t.rep.Made)}, {Name: "Onramp", Value: t.rep.Onramp, Mono: true}, {Name: "Rule set", Value: t.rep.Rules, Mono: true},
		{Name: "Migration", Value: m.ID, Mono: true}, {Name: "Begun", Value: inUTC(m.Created)}, {Name: "Sign-in", Value: web.AuthName(m.Auth)},
		{Name: "Worker's language", Value: web.LangName(m.Lang)}, {Name: "This report", Value: "Open it in Onramp", URL: p.Address}}
	return p
}

// verdict is the report in a sentence.
func (t teller) verdict(proved int) (views.State, string, string) {
	all := len(t.rep.Steps)
	switch {
	case proved == all && t.rep.Rehearsal:
		return views.Warn, "All six steps are done, in a rehearsal", "All steps were done once in the rehearsal cloud on this computer. Temporal Cloud was not contacted."
	case proved == all && len(t.rep.NotProved) > 0:
		return views.Warn, "All six steps were done, but read what is not proved", "Something is changing or has expired: see below."
	case proved == all:
		return views.Good, "All six steps are done", "A workflow ran in this namespace, over this endpoint, signed in as your workers do."
	}
	return views.Warn, fmt.Sprintf("%d of %d steps are done", proved, all), "What is missing is listed below. This report does not say that the migration is verified."
}

// proofs says how many steps are done by which kind of proof: what was recorded is not what was observed.
func (t teller) proofs() string {
	var parts []string
	for _, proof := range []string{acts.ProofObserved, acts.ProofReported, acts.ProofRecorded, acts.ProofNotNeeded} {
		n := 0
		for _, s := range t.rep.Steps {
			if s.Proof == proof {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", strings.ToLower(proofWords[proof][:1])+proofWords[proof][1:], n))
		}
	}
	if parts == nil {
		return ""
	}
	return " Of the steps, " + strings.Join(parts, ", ") + "."
}

// proofWords are how a step is proved, in words.
var proofWords = map[string]string{acts.ProofObserved: "Observed by Onramp", acts.ProofReported: "Reported from elsewhere", acts.ProofNoted: "Noted by a person, not observed",
	acts.ProofRecorded: "Recorded", acts.ProofNotNeeded: "Not needed"}

// statusWords are how a step stands that is not done.
var statusWords = map[migration.Status]string{migration.NotStarted: "Not done", migration.Blocked: "Can't start yet", migration.YourTurn: "Not done",
	migration.Waiting: "Waiting", migration.LookAgain: "Look again: no longer proved", migration.Failing: "Failed", migration.Rehearsed: "Rehearsed"}

func (t teller) step(s acts.ReportStep) views.ReportStepRow {
	row := views.ReportStepRow{Number: fmt.Sprint(s.Number), Title: s.Title, State: web.StepState(s.Status), Word: web.Either(proofWords[s.Proof], statusWords[s.Status]),
		Evidence: web.Either(s.Reason, s.Evidence), By: s.By}
	if strings.Contains(row.Evidence, " ") { // a sentence, and no identifier
		row.Evidence = web.UpperFirst(row.Evidence)
	}
	if s.Proof == acts.ProofNoted || row.State == views.Busy {
		row.State = views.Warn
	}
	if s.Proof == "" { // who did what no longer counts is no matter
		row.By = ""
	}
	if !s.At.IsZero() && s.Status != migration.Blocked && s.Status != migration.NotStarted {
		row.When, row.Stamp = inUTC(s.At), web.Stamp(s.At)
	}
	if s.Run != nil {
		row.Run, row.RunID = t.runLink(*s.Run), s.Run.ID
	}
	return row
}

// runLink leads to a run by its address in full.
func (t teller) runLink(run acts.ReportRun) *views.Link {
	return &views.Link{Text: runName(run), URL: t.base + web.RunPath(migration.Outcome{ID: run.ID, MigrationID: t.rep.Migration.ID, Kind: run.Kind})}
}

// runName names a run: "Check 3".
func runName(run acts.ReportRun) string {
	return web.UpperFirst(run.Kind.Numbered(run.Number))
}

func (t teller) certificate(c acts.ReportCertificate) views.ReportCertRow {
	row := views.ReportCertRow{What: "Client certificate", Subject: web.Either(c.Subject, "no subject"), Fingerprint: c.SHA256, State: views.Good}
	if c.What == "ca" {
		row.What = "CA certificate"
	}
	left := c.Expires.Sub(t.rep.Made)
	days, _ := certsvc.Ladder(c.Expires, t.rep.Made)
	switch {
	case c.Expires.IsZero():
		row.State, row.Word = views.Idle, "Its expiry is not known"
		return row
	case c.Expired:
		row.State, row.Word = views.Bad, "Expired"
	case left < 30*24*time.Hour:
		row.State, row.Word = views.Warn, "Expires in "+web.Many(days, "day", "days")
	default:
		row.Word = "Valid for " + web.Many(days, "day", "days")
	}
	row.Expires, row.Stamp = "expires "+inUTC(c.Expires), web.Stamp(c.Expires)
	if c.Expired {
		row.Expires = "expired " + inUTC(c.Expires)
	}
	return row
}

func (t teller) sections() []views.ReportSection {
	var out []views.ReportSection
	add := func(id, title string, pairs ...views.Pair) {
		var said []views.Pair
		for _, p := range pairs {
			if p.Value != "" {
				said = append(said, p)
			}
		}
		out = append(out, views.ReportSection{ID: id, Title: title, Pairs: said})
	}
	run := func(r acts.ReportRun) []views.Pair {
		l := t.runLink(r)
		return []views.Pair{{Name: "Run", Value: l.Text, URL: l.URL}, {Name: "Run of Onramp", Value: r.ID, Mono: true}, {Name: "Ended", Value: inUTC(r.At)}, {Name: "Started by", Value: r.By}}
	}
	if x := t.rep.Target; x != nil {
		add("target", "Namespace and endpoint", views.Pair{Name: "Namespace", Value: x.Namespace, Mono: true}, views.Pair{Name: "Endpoint", Value: x.Address, Mono: true},
			views.Pair{Name: "TLS server name", Value: x.ServerName, Mono: true}, views.Pair{Name: "Region", Value: x.Region, Mono: true})
	}
	if x := t.rep.Check; x != nil {
		add("check", "Connection", append(run(x.Run), views.Pair{Name: "Verdict", Value: web.Either(x.Run.Title, x.Code)}, views.Pair{Name: "Tested from", Value: x.TestedFrom, Mono: true},
			views.Pair{Name: "Reported by", Value: x.Reporter}, views.Pair{Name: "Took", Value: web.Millis(x.TookMS)}, views.Pair{Name: "Stages", Value: stagesText(x.Stages)})...)
	}
	if x := t.rep.Worker; x != nil {
		add("worker", "Worker", views.Pair{Name: "Identity", Value: x.Identity, Mono: true}, views.Pair{Name: "SDK", Value: web.Either(x.SDK, "not given by the server"), Mono: x.SDK != ""},
			views.Pair{Name: "Task queue", Value: x.TaskQueue, Mono: true}, views.Pair{Name: "Seen", Value: inUTC(x.At)})
	}
	if x := t.rep.Transfer; x != nil {
		add("transfer", "Test transfer", append(run(x.Run), views.Pair{Name: "Workflow ID", Value: x.WorkflowID, Mono: true}, views.Pair{Name: "Workflow run ID", Value: x.RunID, Mono: true},
			views.Pair{Name: "Workflow type", Value: x.Type, Mono: true}, views.Pair{Name: "Task queue", Value: x.TaskQueue, Mono: true}, views.Pair{Name: "Scenario", Value: x.Scenario, Mono: true},
			views.Pair{Name: "Status", Value: x.Status, Mono: true}, views.Pair{Name: "Took", Value: web.Millis(x.TookMS)})...)
	}
	if x := t.rep.Drill; x != nil {
		add("drill", "Load drill", append(run(*x), views.Pair{Name: "Result", Value: x.Title})...)
	}
	if x := t.rep.Assessment; x != nil {
		reviewed := fmt.Sprintf("%d reviewed, %d to review", x.Reviewed, x.ToReview)
		add("assessment", "The server you leave, assessed", append(run(x.Run), views.Pair{Name: "Server", Value: x.Server, Mono: true}, views.Pair{Name: "Version", Value: x.Version, Mono: true},
			views.Pair{Name: "Grade", Value: x.Grade + ". " + assess.GradeMeans(x.Grade)}, views.Pair{Name: "Result", Value: x.Headline}, views.Pair{Name: "Manual migration", Value: x.Manual}, views.Pair{Name: "Findings", Value: reviewed})...)
	}
	if x := t.rep.Cutover; x != nil {
		pairs := append(run(x.Run), views.Pair{Name: "Source", Value: x.Source, Mono: true}, views.Pair{Name: "Result", Value: x.Headline})
		for _, g := range x.Gates {
			said := web.UpperFirst(g.State.Word())
			if g.By != "" {
				said += " by " + g.By
			}
			pairs = append(pairs, views.Pair{Name: g.ID + " " + g.Name, Value: said})
		}
		add("cutover", "Cut-over, as last seen", pairs...)
	}
	return out
}

// stagesText counts how the stages of a check ended: "10 passed, 1 warning, 1 skipped".
func stagesText(stages []acts.ReportStage) string {
	n := map[doctor.Status]int{}
	for _, s := range stages {
		n[s.Status]++
	}
	text := ""
	for _, x := range []struct {
		status    doctor.Status
		one, more string
	}{{doctor.Pass, "passed", "passed"}, {doctor.Warn, "warning", "warnings"}, {doctor.Fail, "failed", "failed"}, {doctor.Skip, "skipped", "skipped"}} {
		if n[x.status] > 0 {
			if text != "" {
				text += ", "
			}
			text += web.Many(n[x.status], x.one, x.more)
		}
	}
	return text
}

// inUTC is a moment for people far away from each other.
func inUTC(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

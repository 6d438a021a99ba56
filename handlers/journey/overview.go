package journey

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"onramp/doctor"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// Overview is the hub of a migration.
func (h *Pages) Overview(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.showOverview(w, r, http.StatusOK, v, stepsBlock(v))
}

func (h *Pages) showOverview(w http.ResponseWriter, r *http.Request, status int, v web.Visit, steps views.StepsProps) error {
	checks, err := h.CheckHistory(r, v, web.CrossedRuns)
	if err != nil {
		return err
	}
	crossing, err := h.CrossingOf(r, v, checks)
	if err != nil {
		return err
	}
	m := v.Migration
	p := views.OverviewProps{Migration: m.ID, Name: m.Name,
		Summary: web.LangName(m.Lang) + " · " + web.AuthName(m.Auth) + " · started " + web.Day(m.Created),
		Turn:    turnProps(v), Crossing: crossing, Assess: web.AssessLead(v), Steps: steps, Checks: web.SparkProps(checks), Activity: activityProps(v),
		Twin: h.CheckTwin(v), Message: web.TurnMessage(h.Site, v),
		Links: []views.Link{{Text: "All runs", URL: web.MovePath(m.ID, "runs")}, {Text: "Report for a change ticket", URL: web.MovePath(m.ID, "report"), TestID: "report"}, {Text: "Rename, archive or delete", URL: web.MovePath(m.ID, "settings"), TestID: "settings"}},
	}
	if h.Shared != nil {
		p.Links = append(p.Links, views.Link{Text: "Send to a developer", URL: web.MovePath(m.ID, "send"), TestID: "send"})
	}
	f := h.Frame(r, m.Name, "migrations", &v, "")
	f.Path, f.Rail = web.MovePath(m.ID), nil // the page has the steps itself
	f.Feed = web.MovePath(m.ID, "events") + "?on=migration"
	return h.Page(w, r, status, views.OverviewPage(f, p))
}

func stepsBlock(v web.Visit) views.StepsProps {
	return views.StepsProps{Migration: v.Migration.ID, Steps: web.StepsFor(v, "")}
}

func turnProps(v web.Visit) views.TurnProps {
	next := v.Step(v.Next)
	w := migration.WhoseTurn(v.View)
	p := views.TurnProps{Tag: web.TurnOf(next, w), Text: web.DoneText(v.View), Since: web.Since(w), Continue: web.ContinueLink(v.Migration.ID, next, w)}
	for _, b := range migration.Besides(v.View) {
		p.Besides = append(p.Besides, b.Asked()+".")
	}
	p.Tag.Word = web.WordFor(v.By, p.Tag.Word)
	if next.Status == migration.Rehearsed {
		p.Text = "All that Onramp can show. " + p.Text + "."
	}
	return p
}

// Note records that a step was done outside.
func (h *Pages) Note(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	step, why := f.Text("step"), f.Raw("why")
	if _, err := h.Acts.Migrations.Note(r.Context(), v.By, v.Migration.ID, step, why); err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		steps := stepsBlock(v)
		steps.NoteStep, steps.NoteWhy, steps.Problems = step, why, ps
		return h.showOverview(w, r, web.StatusFor(ps), v, steps)
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID), "noted")
}

// activityProps is what was observed, newest first.
func activityProps(v web.Visit) views.ActivityProps {
	var p views.ActivityProps
	for _, f := range slices.Backward(v.Facts) {
		row := views.ActivityRow{When: web.Moment(f.At), Stamp: web.Stamp(f.At), Who: f.By, Text: factText(f)}
		if stale(v, f) {
			row.Stale = "no longer counts: something it depends on has changed"
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// stale reports whether a fact's step looks again although this fact was its evidence.
func stale(v web.Visit, f migration.Fact) bool {
	step := map[string]string{migration.FactUpload: migration.StepUpload, migration.FactCASeen: migration.StepUpload,
		migration.FactCheck: migration.StepTest, migration.FactPoller: migration.StepCode, migration.FactTransfer: migration.StepTransfer}[f.Kind]
	return step != "" && v.Step(step).Status == migration.LookAgain
}

// factText is a fact in words.
func factText(f migration.Fact) string {
	switch f.Kind {
	case migration.FactNamespace:
		return "Namespace set to " + web.Data[migration.NamespaceData](f).Namespace
	case migration.FactCertificate:
		d := web.Data[migration.CertificateData](f)
		return "Certificates: client " + d.LeafSubject + ", until " + web.Day(d.LeafNotAfter)
	case migration.FactLeaf:
		d := web.Data[migration.LeafData](f)
		return "Client certificate for " + d.Name + ": " + d.LeafSubject + ", until " + web.Day(d.LeafNotAfter)
	case migration.FactBatch:
		d := web.Data[migration.BatchData](f)
		return "Batch: " + web.Many(d.Count, "client certificate", "client certificates") + " under " + d.CASubject
	case migration.FactUpload:
		return "CA saved in the rehearsal cloud: " + web.ShortPrint(web.Data[migration.UploadData](f).CAFingerprint)
	case migration.FactCASeen:
		return "A check saw the CA accepted: " + web.ShortPrint(web.Data[migration.UploadData](f).CAFingerprint)
	case migration.FactAsRead:
		return "Temporal Cloud showed the namespace " + web.Data[migration.AsReadData](f).Name
	case migration.FactCheck:
		if d := web.Data[migration.CheckData](f); d.Reported != "" {
			return "Connection test passed, as reported from " + d.Reported
		}
		return "Connection test passed"
	case migration.FactAssessed:
		d := web.Data[migration.AssessedData](f)
		return "Assessed " + d.Server + ": grade " + d.Grade
	case migration.FactReviewed:
		if d := web.Data[migration.ReviewedData](f); d.Open {
			return "Review of finding " + d.Check + " taken back"
		}
		return "Finding " + web.Data[migration.ReviewedData](f).Check + " of the assessment reviewed"
	case migration.FactOverridden:
		if d := web.Data[migration.OverriddenData](f); d.Open {
			return "Gate " + d.Gate + " of the cut-over no longer passed by hand"
		}
		return "Gate " + web.Data[migration.OverriddenData](f).Gate + " of the cut-over passed by hand"
	case migration.FactPoller:
		d := web.Data[migration.PollerData](f)
		if d.BuiltIn {
			return "Onramp's own worker polled " + d.TaskQueue
		}
		return "Worker " + d.Identity + " seen on " + d.TaskQueue
	case migration.FactTransfer:
		d := web.Data[migration.TransferData](f)
		return "Test transfer " + d.WorkflowID + " ended " + d.Status
	case migration.FactHandoffMade:
		d := web.Data[migration.HandoffData](f)
		return fmt.Sprintf("Link %d made for %s: %s", d.Number, d.For, strings.ToLower(migration.TaskTitle(d.Task)[:1])+migration.TaskTitle(d.Task)[1:])
	case migration.FactHandoffOpened:
		return "Its page was opened"
	case migration.FactHandoffDone:
		return answered("Says that it is done", f)
	case migration.FactHandoffNotMe:
		return answered("Says that it is not for them", f)
	case migration.FactHandoffRevoked:
		return "Link " + fmt.Sprint(web.Data[migration.HandoffAnswer](f).Number) + " revoked"
	case migration.FactHandoffLapsed:
		return "Link " + fmt.Sprint(web.Data[migration.HandoffAnswer](f).Number) + " no longer works: who made it no longer works on this migration"
	case migration.FactNote:
		d := web.Data[migration.NoteData](f)
		return "Step " + d.Step + " noted as done outside: " + d.Why
	}
	return web.ReplaceText(f)
}

// answered is an answer by a link, with the person's words.
func answered(text string, f migration.Fact) string {
	if words := strings.Join(strings.Fields(web.Data[migration.HandoffAnswer](f).Words), " "); words != "" {
		return text + ": “" + doctor.WithoutSecrets(words) + "”"
	}
	return text
}

// RunList lists a migration's runs.
func (h *Pages) RunList(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	checks, err := h.CheckHistory(r, v, 100)
	if err != nil {
		return err
	}
	transfers, err := h.History(r, v, migration.TransferRun, 100)
	if err != nil {
		return err
	}
	drills, err := h.History(r, v, migration.DrillRun, 100)
	if err != nil {
		return err
	}
	p := views.RunsProps{Migration: v.Migration.ID, Checks: web.CheckRows(checks), Spark: web.SparkProps(checks), Transfers: transfers, Drills: drills}
	return h.Page(w, r, http.StatusOK, views.RunsPage(h.Frame(r, "Runs", "migrations", &v, ""), p))
}

// LiveChecks is how long the newest checks took; nothing where they cannot be read now.
func (h *Pages) LiveChecks(ctx context.Context, v web.Visit) []templ.Component {
	past, err := h.Runs.Rows(ctx, v.Migration.ID, migration.CheckRun, web.ShownRuns)
	if err != nil {
		return nil
	}
	return []templ.Component{views.CheckTimes(web.SparkProps(past))}
}

// LiveMove are the parts of every page that follow a migration; the page takes those that it has.
func (h *Pages) LiveMove(v web.Visit) []templ.Component {
	parts := []templ.Component{
		views.Turn(turnProps(v)), views.Steps(stepsBlock(v)), views.Activity(activityProps(v)),
		views.UploadStatus(h.uploadStatus(v)),
	}
	if links := web.HandoffLinks(h.Site, v, migration.TaskUpload, ""); links != nil {
		parts = append(parts, views.HandoffList(*links))
	}
	return parts
}

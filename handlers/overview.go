package handlers

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"onramp/acts"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// visit is a migration and who looks at it.
type visit struct {
	migration.View
	by acts.Actor
}

// move is the migration of the address.
func (h *Handlers) move(r *http.Request) (visit, error) {
	return h.moveOf(r, chi.URLParam(r, "m"))
}

func (h *Handlers) moveOf(r *http.Request, id string) (visit, error) {
	v, err := h.o.Acts.Book.View(r.Context(), id)
	return visit{v, h.by(r)}, err
}

// by is who sent a request.
func (h *Handlers) by(r *http.Request) acts.Actor {
	who := h.o.Reader
	who.Request, who.Via = recordOf(r).id, "portal"
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		who.From = host
	}
	return who
}

// overview is the hub of a migration.
func (h *Handlers) overview(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	return h.showOverview(w, r, http.StatusOK, v, stepsBlock(v))
}

func (h *Handlers) showOverview(w http.ResponseWriter, r *http.Request, status int, v visit, steps views.StepsProps) error {
	crossing, err := h.lastCrossing(r, v)
	if err != nil {
		return err
	}
	m := v.Migration
	p := views.OverviewProps{Migration: m.ID, Name: m.Name,
		Summary: langName(m.Lang) + " · " + authName(m.Auth) + " · started " + day(m.Created),
		Turn:    turnProps(v), Crossing: crossing, Steps: steps, Activity: activityProps(v),
		Twin:  h.checkTwin(v),
		Links: []views.Link{{Text: "All runs", URL: movePath(m.ID, "runs")}, {Text: "Rename, archive or delete", URL: movePath(m.ID, "settings"), TestID: "settings"}},
	}
	f := h.frame(r, m.Name, "migrations", &v, "")
	f.Path = movePath(m.ID)
	f.Feed = movePath(m.ID, "events") + "?on=migration"
	return h.page(w, r, status, views.OverviewPage(f, p))
}

func stepsBlock(v visit) views.StepsProps {
	return views.StepsProps{Migration: v.Migration.ID, Steps: stepsProps(v.View, "")}
}

func turnProps(v visit) views.TurnProps {
	return views.TurnProps{Tag: turnOf(v.Step(v.Next)), Text: doneText(v.View), Continue: continueLink(v.Migration.ID, v.Step(v.Next))}
}

// note records that a step was done outside.
func (h *Handlers) note(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	step, why := f.text("step"), f.raw("why")
	if _, err := h.o.Acts.Migrations.Note(r.Context(), v.by, v.Migration.ID, step, why); err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		steps := stepsBlock(v)
		steps.NoteStep, steps.NoteWhy, steps.Problems = step, why, ps
		return h.showOverview(w, r, http.StatusUnprocessableEntity, v, steps)
	}
	return seeOther(w, r, movePath(v.Migration.ID), "noted")
}

// activityProps is what was observed, newest first.
func activityProps(v visit) views.ActivityProps {
	var p views.ActivityProps
	for _, f := range slices.Backward(v.Facts) {
		row := views.ActivityRow{When: moment(f.At), Stamp: stamp(f.At), Who: f.By, Text: factText(f)}
		if stale(v, f) {
			row.Stale = "no longer counts: something it was about changed"
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// stale reports whether a fact's step looks again although this fact was its evidence.
func stale(v visit, f migration.Fact) bool {
	step := map[string]string{migration.FactUpload: migration.StepUpload, migration.FactCASeen: migration.StepUpload,
		migration.FactCheck: migration.StepTest, migration.FactPoller: migration.StepCode, migration.FactTransfer: migration.StepTransfer}[f.Kind]
	return step != "" && v.Step(step).Status == migration.LookAgain
}

// factText is a fact in words.
func factText(f migration.Fact) string {
	switch f.Kind {
	case migration.FactNamespace:
		return "Namespace set to " + data[migration.NamespaceData](f).Namespace
	case migration.FactCertificate:
		d := data[migration.CertificateData](f)
		return "Certificates: client " + d.LeafSubject + ", until " + day(d.LeafNotAfter)
	case migration.FactLeaf:
		d := data[migration.LeafData](f)
		return "Client certificate for " + d.Name + ": " + d.LeafSubject + ", until " + day(d.LeafNotAfter)
	case migration.FactBatch:
		d := data[migration.BatchData](f)
		return "Batch: " + many(d.Count, "client certificate", "client certificates") + " under " + d.CASubject
	case migration.FactUpload:
		return "CA saved on the Cloud side: " + shortPrint(data[migration.UploadData](f).CAFingerprint)
	case migration.FactCASeen:
		return "A check saw the CA accepted: " + shortPrint(data[migration.UploadData](f).CAFingerprint)
	case migration.FactCheck:
		if d := data[migration.CheckData](f); d.Reported != "" {
			return "Connection test passed, as reported from " + d.Reported
		}
		return "Connection test passed"
	case migration.FactPoller:
		d := data[migration.PollerData](f)
		if d.BuiltIn {
			return "The built-in worker polled " + d.TaskQueue
		}
		return "Worker " + d.Identity + " seen on " + d.TaskQueue
	case migration.FactTransfer:
		d := data[migration.TransferData](f)
		return "Test transfer " + d.WorkflowID + " ended " + d.Status
	case migration.FactNote:
		d := data[migration.NoteData](f)
		return "Step " + d.Step + " noted as done outside: " + d.Why
	}
	return replaceText(f)
}

// data reads a fact; the zero value when it is of another shape.
func data[T any](f migration.Fact) T {
	var d T
	_ = json.Unmarshal(f.Data, &d) // a fact that cannot be read shows nothing
	return d
}

func shortPrint(fingerprint string) string {
	if len(fingerprint) < 12 {
		return fingerprint
	}
	return grouped(fingerprint[:12]) + " …"
}

// runs lists a migration's runs.
func (h *Handlers) runs(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	checks, err := h.checkHistory(r, v, 100)
	if err != nil {
		return err
	}
	transfers, err := h.history(r, v, migration.TransferRun, 100)
	if err != nil {
		return err
	}
	drills, err := h.history(r, v, migration.DrillRun, 100)
	if err != nil {
		return err
	}
	p := views.RunsProps{Migration: v.Migration.ID, Name: v.Migration.Name, Checks: checkRows(checks), Spark: sparkProps(checks), Transfers: transfers, Drills: drills}
	return h.page(w, r, http.StatusOK, views.RunsPage(h.frame(r, "Runs", "migrations", &v, ""), p))
}

// liveMove are the parts of every page that follow a migration; the page takes those that it has.
func (h *Handlers) liveMove(v visit) []templ.Component {
	return []templ.Component{
		views.Turn(turnProps(v)), views.Steps(stepsBlock(v)), views.Activity(activityProps(v)),
		views.UploadStatus(h.uploadStatus(v)),
	}
}

// runOf is the run of the address; of another kind is as good as none.
func (h *Handlers) runOf(r *http.Request, v visit, kind migration.RunKind) (runs.Run, error) {
	run, err := h.o.Runs.Run(r.Context(), v.Migration.ID, chi.URLParam(r, "run"))
	if err == nil && run.Kind != kind {
		err = fault.New(fault.NotFound, "There is no such run", "Look at the list of runs.")
	}
	return run, err
}

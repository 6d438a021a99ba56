package acts

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"onramp/cutover"
	"onramp/doctor"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

// ReportSchema is Report.Schema.
const ReportSchema = "onramp.report/1"

// Report is what was proved of a migration, for a change ticket: when, by whom and by which run, and what is not proved
// yet. It holds nothing secret: no key, and nothing of what workflows are given or give back. Times are in UTC; texts
// are on one line.
type Report struct {
	Schema    string          `json:"schema"`
	Made      time.Time       `json:"made"`
	Onramp    string          `json:"onramp"` // its version
	Rules     string          `json:"rules"`  // the rule set by which checks judge
	Migration ReportMigration `json:"migration"`
	// Rehearsal: all of it happened in the rehearsal cloud and proves nothing of Temporal Cloud.
	Rehearsal    bool                `json:"rehearsal"`
	Target       *ReportTarget       `json:"target,omitempty"`
	Certificates []ReportCertificate `json:"certificates"` // the CA's, where it is known, then the client's
	Steps        []ReportStep        `json:"steps"`        // the six in order
	NotProved    []ReportGap         `json:"not_proved"`
	Check        *ReportCheck        `json:"check,omitempty"`
	Worker       *ReportWorker       `json:"worker,omitempty"`
	Transfer     *ReportTransfer     `json:"transfer,omitempty"`
	Drill        *ReportRun          `json:"drill,omitempty"` // the newest load drill that ended
	Assessment   *ReportAssessment   `json:"assessment,omitempty"`
	Cutover      *ReportCutover      `json:"cutover,omitempty"`
}

// ReportAssessment is the newest assessment of the server of today that read something.
type ReportAssessment struct {
	Run      ReportRun `json:"run"`
	Server   string    `json:"server"`
	Version  string    `json:"server_version,omitempty"`
	Grade    string    `json:"grade"`
	Headline string    `json:"headline"`
	Manual   string    `json:"manual"`    // how many rows of each verdict, in words
	Reviewed int       `json:"reviewed"`  // findings that bear a mark which still holds
	ToReview int       `json:"to_review"` // warnings and blockers that bear none
}

// ReportCutover is the newest look at the cut-over that read something, with the gates as they are passed by hand now.
type ReportCutover struct {
	Run      ReportRun    `json:"run"`
	Source   string       `json:"source"`
	Headline string       `json:"headline"`
	Gates    []ReportGate `json:"gates"`
}

// ReportGate is how a gate stands.
type ReportGate struct {
	ID    string        `json:"id"`
	Name  string        `json:"name"`
	State cutover.State `json:"state"`
	By    string        `json:"by,omitempty"` // who passes it by hand, and why
}

// ReportMigration is what the report is about.
type ReportMigration struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Lang    string    `json:"lang"`
	Auth    string    `json:"auth"` // mtls or api-key
	Created time.Time `json:"created"`
}

// ReportTarget is where the application goes.
type ReportTarget struct {
	Namespace  string `json:"namespace"`
	Address    string `json:"address"`
	ServerName string `json:"server_name,omitempty"`
	Region     string `json:"region,omitempty"`
}

// ReportCertificate is the public side of a certificate.
type ReportCertificate struct {
	What    string    `json:"what"` // ca or client
	Subject string    `json:"subject"`
	SHA256  string    `json:"sha256"`
	Expires time.Time `json:"expires,omitzero"`
	Expired bool      `json:"expired"`
}

// How a step is proved.
const (
	ProofObserved  = "observed"   // Onramp saw it
	ProofReported  = "reported"   // somebody brought a check that was made elsewhere
	ProofNoted     = "noted"      // somebody says so: nothing was seen
	ProofRecorded  = "recorded"   // it is a choice, or was made: the namespace, the certificates
	ProofNotNeeded = "not-needed" // with API keys there is nothing to do
)

// ReportStep is one step as it stands.
type ReportStep struct {
	ID       string           `json:"id"`
	Number   int              `json:"number"`
	Title    string           `json:"title"`
	Status   migration.Status `json:"status"`
	Proof    string           `json:"proof,omitempty"` // one of the Proof… values; "" unless it is done
	Evidence string           `json:"evidence,omitempty"`
	Reason   string           `json:"reason,omitempty"` // why it is to be looked at again, or cannot start
	At       time.Time        `json:"at,omitzero"`
	By       string           `json:"by,omitempty"`
	Run      *ReportRun       `json:"run,omitempty"`
}

// Proved reports whether there is more than somebody's word for the step, or nothing to prove.
func (s ReportStep) Proved() bool { return s.Proof != "" && s.Proof != ProofNoted }

// ReportRun names a run.
type ReportRun struct {
	ID     string             `json:"id"`
	Kind   migration.RunKind  `json:"kind"`
	Number int                `json:"number"`
	State  migration.RunState `json:"state"`
	Title  string             `json:"title,omitempty"`
	At     time.Time          `json:"at,omitzero"` // when it ended; when it began, while it runs
	By     string             `json:"by,omitempty"`
}

// ReportGap is something that is not proved. Step is "" for what is about no step.
type ReportGap struct {
	Step string `json:"step,omitempty"`
	What string `json:"what"`
	Why  string `json:"why"`
}

// ReportCheck is the check that proves the connection.
type ReportCheck struct {
	Run        ReportRun     `json:"run"`
	Code       string        `json:"code"`
	TestedFrom string        `json:"tested_from,omitempty"`
	Reporter   string        `json:"reporter,omitempty"` // who brought it, where it was made elsewhere
	TookMS     float64       `json:"took_ms,omitempty"`
	Stages     []ReportStage `json:"stages"`
}

// ReportStage is how a stage of a check ended.
type ReportStage struct {
	ID     string        `json:"id"`
	Status doctor.Status `json:"status"`
}

// ReportWorker is the worker of the reader's own that was seen.
type ReportWorker struct {
	TaskQueue string    `json:"task_queue"`
	Identity  string    `json:"identity,omitempty"`
	SDK       string    `json:"sdk,omitempty"` // "temporal-python 1.35.0", where the server tells it
	At        time.Time `json:"at"`
}

// ReportTransfer is the test transfer that proves the way.
type ReportTransfer struct {
	Run        ReportRun `json:"run"`
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
	TaskQueue  string    `json:"task_queue"`
	Type       string    `json:"workflow_type"`
	Scenario   string    `json:"scenario,omitempty"`
	Status     string    `json:"status"`
	TookMS     float64   `json:"took_ms"`
}

// Reports are what can be shown of a migration to others. They change nothing.
type Reports struct{ *desk }

// Of is the report on a migration as it stands now; version is Onramp's.
func (r Reports) Of(ctx context.Context, id, version string) (Report, error) {
	v, err := r.View(ctx, id)
	if err != nil {
		return Report{}, err
	}
	m := v.Migration
	out := Report{Schema: ReportSchema, Made: r.now(), Onramp: version, Rules: doctor.RulesDate, Rehearsal: m.Mode.Can().Practice,
		Migration:    ReportMigration{ID: m.ID, Name: telling(m.Name), Lang: m.Lang, Auth: m.Auth, Created: m.Created},
		Certificates: reportCertificates(v, r.now())}
	if v.Namespace != nil {
		t := r.Target(v)
		out.Target = &ReportTarget{Namespace: t.Namespace, Address: t.Address, ServerName: t.ServerName, Region: v.Namespace.Region}
	}
	for _, s := range v.Steps {
		step, run, err := r.step(ctx, v, s)
		if err != nil {
			return Report{}, err
		}
		out.Steps = append(out.Steps, step)
		switch {
		case run == nil || step.Proof == "" || step.Proof == ProofNoted:
		case s.ID == migration.StepTest:
			out.Check = reportCheck(*run)
		case s.ID == migration.StepTransfer:
			out.Transfer = reportTransfer(*run)
		}
	}
	if out.Worker, err = r.worker(ctx, v, out.Transfer); err != nil {
		return Report{}, err
	}
	if out.Drill, err = r.drill(ctx, id); err != nil {
		return Report{}, err
	}
	if out.Assessment, out.Cutover, err = r.beside(ctx, v); err != nil {
		return Report{}, err
	}
	out.NotProved = gaps(v, out)
	return out, nil
}

// step is a step with the run that is its evidence; nil for none.
func (r Reports) step(ctx context.Context, v migration.View, s migration.StepView) (ReportStep, *runs.Run, error) {
	out := ReportStep{ID: s.ID, Number: s.Number, Title: s.Title, Status: s.Status, Evidence: telling(s.Evidence), Reason: telling(s.Reason), At: s.Since.UTC()}
	if s.Since.IsZero() {
		out.At = time.Time{}
	}
	if f := evidence(v, s); f != nil {
		out.By = telling(f.By)
	}
	var run *runs.Run
	if s.Run != "" {
		got, err := r.o.Runs.Run(ctx, v.Migration.ID, s.Run)
		if err != nil {
			return out, nil, err
		}
		run, out.Run = &got, reportRun(got.Row)
		out.By = telling(got.By)
	}
	if s.Status == migration.Done {
		out.Proof = proof(s, run)
	}
	return out, run, nil
}

// proof is how a step that is done is proved.
func proof(s migration.StepView, run *runs.Run) string {
	switch {
	case s.Noted:
		return ProofNoted
	case s.Since.IsZero():
		return ProofNotNeeded
	case s.ID == migration.StepNamespace, s.ID == migration.StepCertificates:
		return ProofRecorded
	case run != nil && run.From != "":
		return ProofReported
	}
	return ProofObserved
}

// stepFacts are the kinds of fact that a step is done by, beside a note.
var stepFacts = map[string][]string{migration.StepNamespace: {migration.FactNamespace}, migration.StepCertificates: {migration.FactCertificate},
	migration.StepUpload: {migration.FactUpload, migration.FactCASeen}, migration.StepTest: {migration.FactCheck},
	migration.StepCode: {migration.FactPoller}, migration.StepTransfer: {migration.FactTransfer}}

// evidence is the fact that makes a step what it is, nil where none does.
func evidence(v migration.View, s migration.StepView) *migration.Fact {
	kinds := stepFacts[s.ID]
	if s.Noted {
		kinds = []string{migration.FactNote}
	}
	for i := len(v.Facts) - 1; i >= 0; i-- {
		if f := &v.Facts[i]; f.At.Equal(s.Since) && slices.Contains(kinds, f.Kind) {
			return f
		}
	}
	return nil
}

func reportRun(row runs.Row) *ReportRun {
	at := row.Ended
	if at.IsZero() {
		at = row.Started
	}
	return &ReportRun{ID: row.ID, Kind: row.Kind, Number: row.Number, State: row.State, Title: telling(row.Title), At: at.UTC(), By: telling(row.By)}
}

func reportCertificates(v migration.View, now time.Time) []ReportCertificate {
	out := []ReportCertificate{}
	c := v.Certificate
	if c == nil {
		return out
	}
	add := func(what, subject, print string, ends time.Time) {
		if print != "" {
			out = append(out, ReportCertificate{What: what, Subject: telling(subject), SHA256: print, Expires: ends.UTC(), Expired: !ends.IsZero() && !now.Before(ends)})
		}
	}
	add("ca", c.CASubject, c.CAFingerprint, c.CANotAfter)
	add("client", c.LeafSubject, c.LeafFingerprint, c.LeafNotAfter)
	return out
}

func reportCheck(run runs.Run) *ReportCheck {
	out := &ReportCheck{Run: *reportRun(run.Row), Code: run.Code, TestedFrom: telling(run.TestedFrom), Reporter: telling(run.Reporter), TookMS: run.TookMS, Stages: []ReportStage{}}
	var rep doctor.Report
	if json.Unmarshal(run.Result, &rep) == nil { // a result that cannot be read shows no stage
		for _, s := range rep.Stages {
			out.Stages = append(out.Stages, ReportStage{ID: telling(s.ID), Status: s.Status})
		}
	}
	return out
}

func reportTransfer(run runs.Run) *ReportTransfer {
	out := &ReportTransfer{Run: *reportRun(run.Row)}
	var res transfer.Result
	var asked runs.TransferRequest
	if json.Unmarshal(run.Result, &res) == nil { // a result that cannot be read shows less
		out.WorkflowID, out.RunID, out.TaskQueue, out.Type = telling(res.WorkflowID), telling(res.RunID), telling(res.TaskQueue), telling(res.Type)
		out.Status = telling(res.Status)
		out.TookMS = float64(run.Ended.Sub(run.Started)) / float64(time.Millisecond) // as the transfer's own page says
	}
	if json.Unmarshal(run.Request, &asked) == nil {
		out.Scenario = telling(string(asked.Scenario))
	}
	return out
}

// worker is the worker that step code was done by. Which SDK it has, the log of the transfer tells where the server does.
func (r Reports) worker(ctx context.Context, v migration.View, moved *ReportTransfer) (*ReportWorker, error) {
	s := v.Step(migration.StepCode)
	f := evidence(v, s)
	if s.Status != migration.Done || f == nil || f.Kind != migration.FactPoller {
		return nil, nil
	}
	var d migration.PollerData
	if json.Unmarshal(f.Data, &d) != nil {
		return nil, nil
	}
	out := &ReportWorker{TaskQueue: telling(d.TaskQueue), Identity: telling(d.Identity), At: f.At.UTC()}
	if moved == nil || moved.TaskQueue != out.TaskQueue {
		return out, nil
	}
	entries, err := r.o.Runs.Entries(ctx, moved.Run.ID, 0)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Kind != runs.EntryEvent {
			continue
		}
		if ev, err := transfer.ReadEvent(e.Data); err == nil && ev.Data.SDK != "" && ev.Data.Identity == d.Identity {
			out.SDK = telling(ev.Data.SDK)
		}
	}
	return out, nil
}

// manyDrills is how many drills are looked at for the newest that ended.
const manyDrills = 20

func (r Reports) drill(ctx context.Context, id string) (*ReportRun, error) {
	rows, err := r.o.Runs.Rows(ctx, id, migration.DrillRun, manyDrills)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Over() && row.HasResult {
			return reportRun(row), nil
		}
	}
	return nil, nil
}

// gaps are what is not proved.
func gaps(v migration.View, rep Report) []ReportGap {
	out := []ReportGap{}
	if rep.Rehearsal {
		out = append(out, ReportGap{What: "Temporal Cloud", Why: "This is a rehearsal: everything here happened in the rehearsal cloud on this computer. It proves nothing about a namespace in Temporal Cloud."})
	}
	for _, s := range rep.Steps {
		if s.Proved() {
			continue
		}
		out = append(out, ReportGap{Step: s.ID, What: fmt.Sprintf("Step %d: %s", s.Number, s.Title), Why: whyNot(s)})
	}
	for _, c := range rep.Certificates {
		if c.Expired {
			out = append(out, ReportGap{Step: migration.StepCertificates, What: map[string]string{"ca": "The CA certificate", "client": "The client certificate"}[c.What],
				Why: "It expired on " + c.Expires.Format("2 Jan 2006") + ". What was proved with it no longer applies."})
		}
	}
	if p := v.Replacement(); p.Open() {
		what := "The CA certificate is being replaced"
		if p.What == migration.ReplaceLeaf {
			what = "The client certificate is being replaced"
		}
		out = append(out, ReportGap{What: what, Why: "The replacement began on " + p.Started.UTC().Format("2 Jan 2006, 15:04 UTC") + " and has not ended: this report is about the old one."})
	}
	if p := migration.SwitchOf(v); p.Open() {
		out = append(out, ReportGap{What: "The sign-in method is being changed", Why: "The change began on " + p.Started.UTC().Format("2 Jan 2006, 15:04 UTC") + " and has not ended: this report is about " + migration.AuthSaid(p.Old.Auth) + "."})
	}
	if p := migration.RotationOf(v); p.Open() {
		out = append(out, ReportGap{What: "The API key is being replaced", Why: "The replacement began on " + p.Started.UTC().Format("2 Jan 2006, 15:04 UTC") + " and has not ended: this report is about the old one."})
	}
	return out
}

// whyNot says why a step is not proved.
func whyNot(s ReportStep) string {
	switch s.Status {
	case migration.Done:
		return "Nobody observed it. " + s.By + " noted it as " + s.Evidence + "."
	case migration.LookAgain:
		return "Look again: " + s.Reason + ". What proved it before no longer counts."
	case migration.Failing:
		return s.Evidence + "."
	case migration.Blocked:
		return "It can't start yet: it " + s.Reason + "."
	case migration.Waiting:
		return "It waits for a Namespace Admin."
	}
	if s.Evidence != "" {
		return s.Evidence + "."
	}
	return "It has not been done."
}

// telling is a text for others to read: on one line, without a private key or an API key that somebody typed into it.
func telling(s string) string { return printable(doctor.WithoutSecrets(s)) }

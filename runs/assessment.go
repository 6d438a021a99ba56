package runs

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"onramp/assess"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
)

// Assessor reads the server that an application runs on today (assess.Reader).
type Assessor interface {
	Assess(ctx context.Context, t doctor.Target, o assess.Options) (*assess.Facts, *doctor.Verdict, error)
}

// Assessment is the work of an assessment. One that read something leaves what it found for the steps (migration.Assess).
type Assessment struct {
	Assessor Assessor
	Target   doctor.Target
	Options  assess.Options
	Now      func() time.Time
}

// AssessRequest is Run.Request of an assessment: what was asked, without secrets.
type AssessRequest struct {
	CheckRequest
	TLS        bool     `json:"tls"`
	Namespaces []string `json:"namespaces"`
	Histories  int      `json:"histories"`
	Rate       float64  `json:"rate"`
	Budget     int      `json:"budget"`
}

// NewAssessRequest is what is kept of an assessment that is asked for.
func NewAssessRequest(a Assessment) AssessRequest {
	out := AssessRequest{CheckRequest: NewCheckRequest(a.Target, LeafFingerprint(a.Target.CertPEM, "")), TLS: !a.Target.Plaintext, Namespaces: []string{}, Histories: a.Options.Histories, Rate: a.Options.Rate, Budget: a.Options.Budget}
	for _, n := range a.Options.Namespaces {
		out.Namespaces = append(out.Namespaces, clip(n))
	}
	return out
}

// AssessRequest is what an assessment was asked; a request that cannot be read says nothing.
func (r Run) AssessRequest() AssessRequest {
	var asked AssessRequest
	_ = json.Unmarshal(r.Request, &asked)
	return asked
}

// Assessed is Run.Result of an assessment: facts, which are judged whenever they are shown, or why there are none.
type Assessed struct {
	Facts   *assess.Facts   `json:"facts,omitempty"`
	Verdict *doctor.Verdict `json:"verdict,omitempty"`
}

// ReadAssessed reads the result of an assessment.
func ReadAssessed(r Run) (a Assessed, ok bool) {
	ok = r.Kind == migration.AssessRun && len(r.Result) > 0 && json.Unmarshal(r.Result, &a) == nil && (a.Facts != nil || a.Verdict != nil)
	return a, ok
}

// Do reads the source and says how it ended.
func (a Assessment) Do(ctx context.Context, run Run, log func(...Line)) Ending {
	o := a.Options
	var last time.Time
	var phase string
	o.Progress = func(p assess.Progress) {
		if now := a.Now(); now.Sub(last) >= progressEvery || p.Phase+p.Namespace != phase {
			last, phase = now, p.Phase+p.Namespace
			log(Line{EntryRead, p})
		}
	}
	facts, verdict, err := a.Assessor.Assess(ctx, a.Target, o)
	switch {
	case err != nil:
		return Ending{State: migration.RunFailed, Title: fault.From(err).Title}
	case verdict != nil && ctx.Err() != nil:
		return Ending{State: migration.RunInterrupted, Title: "Stopped before anything was read"}
	case verdict != nil:
		return Ending{State: migration.RunFailed, Title: verdict.Title, Code: verdict.Code, Result: Assessed{Verdict: verdict}}
	}
	rep := assess.Judge(facts)
	end := Ending{State: migration.RunPassed, Title: rep.Headline(), Result: Assessed{Facts: facts}, TookMS: facts.TookMS, Facts: migration.Assess(found(run, rep))}
	if ctx.Err() != nil { // half of a report leads nobody
		end.State, end.Facts = migration.RunInterrupted, nil
	}
	return end
}

// steps are the steps that a check concerns.
var steps = map[string]string{"N2": migration.StepNamespace, "N5": migration.StepNamespace, "S1": migration.StepNamespace, "S2": migration.StepNamespace,
	"P1": migration.StepTest, "N8": migration.StepTest, "H1": migration.StepTest, "N3": migration.StepCode, "T2": migration.StepCode, "W7": migration.StepCode, "C4": migration.StepCode, "Q1": migration.StepCode}

// found is what a report found for the steps, the worst first.
func found(run Run, rep assess.Report) migration.AssessedData {
	d := migration.AssessedData{Run: run.ID, Number: run.Number, Server: rep.Source.Address, Grade: rep.Grade, Headline: rep.Headline(), Findings: []migration.Finding{}}
	for _, r := range rep.Rows {
		step := steps[r.ID]
		if step == "" || r.Manual != assess.Blocker && r.Manual != assess.Warning {
			continue
		}
		f := migration.Finding{Step: step, Check: r.ID, Namespace: r.Namespace, Verdict: string(r.Manual), Title: r.Title}
		if len(r.Fix) > 0 {
			f.Fix, f.Command = r.Fix[0].Text, r.Fix[0].Command
		}
		if i := slices.IndexFunc(strings.Fields(f.Command), func(w string) bool { return strings.HasSuffix(w, assess.NoAccount) }); i >= 0 {
			f.Proposed = strings.TrimPrefix(strings.Fields(f.Command)[i], "TEMPORAL_NAMESPACE=")
		}
		d.Findings = append(d.Findings, f)
	}
	return d
}

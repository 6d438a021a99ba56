package runs

import (
	"context"
	"encoding/json"
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

// Assessment is the work of an assessment. No fact follows from it.
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
func (a Assessment) Do(ctx context.Context, _ Run, log func(...Line)) Ending {
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
	end := Ending{State: migration.RunPassed, Title: assess.Judge(facts).Headline(), Result: Assessed{Facts: facts}, TookMS: facts.TookMS}
	if ctx.Err() != nil {
		end.State = migration.RunInterrupted
	}
	return end
}

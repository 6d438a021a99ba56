package runs

import (
	"context"
	"encoding/json"
	"time"

	"onramp/cutover"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
)

// Crosser looks at both sides of a migration (cutover.Watcher).
type Crosser interface {
	Cross(ctx context.Context, e cutover.Ends, o cutover.Options) (*cutover.Facts, *doctor.Verdict, error)
}

// Crossing is the work of one look at a cut-over. No fact follows from it.
type Crossing struct {
	Crosser Crosser
	Ends    cutover.Ends
	Options cutover.Options
	Now     func() time.Time
}

// CrossRequest is Run.Request of a look: what was asked, without secrets. Durations are seconds; the embedded request is of
// the source.
type CrossRequest struct {
	CheckRequest
	TLS          bool         `json:"tls"`
	Target       CheckRequest `json:"target"`
	Window       float64      `json:"window"` // 0: by the quiet gap
	Silent       float64      `json:"silent"`
	Rate         float64      `json:"rate"`
	Budget       int          `json:"budget"`
	Queues       []string     `json:"task_queues"`
	Acknowledged []string     `json:"acknowledged"`
	ReviewedBy   string       `json:"reviewed_by,omitempty"`
}

// NewCrossRequest is what is kept of a look that is asked for.
func NewCrossRequest(c Crossing) CrossRequest {
	o := c.Options
	out := CrossRequest{CheckRequest: NewCheckRequest(c.Ends.Source, LeafFingerprint(c.Ends.Source.CertPEM, "")), TLS: !c.Ends.Source.Plaintext,
		Target: NewCheckRequest(c.Ends.Target, LeafFingerprint(c.Ends.Target.CertPEM, "")), Window: o.Window.Seconds(), Silent: o.Silent.Seconds(), Rate: o.Rate, Budget: o.Budget,
		Queues: []string{}, Acknowledged: []string{}, ReviewedBy: clip(o.Said.WarningsReviewedBy)}
	out.Namespace = clip(o.Namespace)
	for _, q := range o.Queues {
		out.Queues = append(out.Queues, clip(q))
	}
	for _, id := range o.Said.Acknowledged {
		out.Acknowledged = append(out.Acknowledged, clip(id))
	}
	return out
}

// CrossRequest is what a look was asked; a request that cannot be read says nothing.
func (r Run) CrossRequest() CrossRequest {
	var asked CrossRequest
	_ = json.Unmarshal(r.Request, &asked)
	return asked
}

// Crossed is Run.Result of a look: facts, which are judged whenever they are shown, or why there are none.
type Crossed struct {
	Facts   *cutover.Facts  `json:"facts,omitempty"`
	Verdict *doctor.Verdict `json:"verdict,omitempty"`
}

// ReadCrossed reads the result of a look.
func ReadCrossed(r Run) (c Crossed, ok bool) {
	ok = r.Kind == migration.CutoverRun && len(r.Result) > 0 && json.Unmarshal(r.Result, &c) == nil && (c.Facts != nil || c.Verdict != nil)
	return c, ok
}

// Do looks once and says how it ended: passed is a look that read both sides, whatever the gates say.
func (c Crossing) Do(ctx context.Context, _ Run, log func(...Line)) Ending {
	o := c.Options
	var phase string
	o.Progress = func(p cutover.Progress) {
		if p.Phase+p.Side != phase {
			phase = p.Phase + p.Side
			log(Line{EntryRead, p})
		}
	}
	facts, verdict, err := c.Crosser.Cross(ctx, c.Ends, o)
	switch {
	case err != nil && ctx.Err() != nil, verdict != nil && ctx.Err() != nil:
		return Ending{State: migration.RunInterrupted, Title: "Stopped before anything was read"}
	case err != nil:
		return Ending{State: migration.RunFailed, Title: fault.From(err).Title}
	case verdict != nil:
		return Ending{State: migration.RunFailed, Title: verdict.Title, Code: verdict.Code, Result: Crossed{Verdict: verdict}}
	}
	end := Ending{State: migration.RunPassed, Title: cutover.Judge(facts).Headline(), Result: Crossed{Facts: facts}, TookMS: facts.TookMS}
	if ctx.Err() != nil {
		end.State = migration.RunInterrupted
	}
	return end
}

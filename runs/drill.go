package runs

import (
	"context"
	"encoding/json"
	"fmt"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/transfer"
	"time"
)

// DrillRequest is Run.Request of a drill: what was asked, without secrets.
type DrillRequest struct {
	CheckRequest
	Template        string            `json:"template,omitempty"`
	Worker          string            `json:"worker,omitempty"`
	Scenario        transfer.Scenario `json:"scenario,omitempty"`
	Amount          int               `json:"amount,omitempty"`
	Count           int               `json:"count"`
	Rate            float64           `json:"rate"`
	Concurrency     int               `json:"concurrency"`
	Seconds         float64           `json:"seconds"`
	BesideAddress   string            `json:"beside_address,omitempty"`
	BesideNamespace string            `json:"beside_namespace,omitempty"`
}

// DrillSchema is DrillResult.Schema.
const DrillSchema = "onramp.drill/1"

// DrillResult is Run.Result of a drill.
type DrillResult struct {
	Schema  string                 `json:"schema"`
	Reports []transfer.DrillReport `json:"reports"`           // the target's, then Beside's where one was given
	Changes []transfer.Change      `json:"changes,omitempty"` // from Beside (a) to the target (b)
}

// DrillProgress is the data of EntryDrill.
type DrillProgress struct {
	Address   string  `json:"address"`
	Namespace string  `json:"namespace"`
	Side      int     `json:"side"` // 0 the target, 1 Beside
	Planned   int     `json:"planned"`
	Started   int     `json:"started"`
	Done      int     `json:"done"`
	Failed    int     `json:"failed"`
	ElapsedMS float64 `json:"elapsed_ms"`
}

// progressEvery is how often a drill's progress is logged.
const progressEvery = 500 * time.Millisecond

// Driller runs a drill against one target (transfer.Service.Drill).
type Driller interface {
	Drill(ctx context.Context, d transfer.Drill, progress func(transfer.DrillProgress)) (transfer.DrillReport, error)
}

// Drill is the work of a drill: one target after the other.
type Drill struct {
	Driller Driller
	Plan    transfer.Drill // its Target is the migration's endpoint
	// Beside, where it is set, is a second target for the same drill, run after the first so that neither
	// disturbs the other: what changes from there to here.
	Beside *doctor.Target
	Now    func() time.Time
}

// NewDrillRequest is what is kept of a drill; leaf is the fingerprint of the client certificate.
func NewDrillRequest(p Drill, leaf string) DrillRequest {
	d := p.Plan
	out := DrillRequest{CheckRequest: NewCheckRequest(d.Target, leaf), Template: clip(d.Template), Worker: clip(d.Worker), Scenario: d.Scenario,
		Amount: d.Details.Amount, Count: d.Count, Rate: d.Rate, Concurrency: d.Concurrency, Seconds: d.Time.Seconds()}
	out.TaskQueue, out.WorkflowType = clip(d.TaskQueue), clip(d.WorkflowType)
	if p.Beside != nil {
		out.BesideAddress, out.BesideNamespace = clip(p.Beside.Address), clip(p.Beside.Namespace)
	}
	return out
}

// drill drills one target after the other and logs how far it is.
func (p Drill) drill(ctx context.Context, log func(...Line)) DrillResult {
	res := DrillResult{Schema: DrillSchema}
	targets := []doctor.Target{p.Plan.Target}
	if p.Beside != nil {
		targets = append(targets, *p.Beside)
	}
	for side, t := range targets {
		if ctx.Err() != nil {
			break
		}
		d := p.Plan
		d.Target = t
		var last time.Time
		rep, err := p.Driller.Drill(ctx, d, func(n transfer.DrillProgress) {
			if now := p.Now(); now.Sub(last) >= progressEvery || n.Done+n.Failed == n.Planned {
				last = now
				log(Line{EntryDrill, DrillProgress{Address: t.Address, Namespace: t.Namespace, Side: side, Planned: n.Planned, Started: n.Started,
					Done: n.Done, Failed: n.Failed, ElapsedMS: float64(n.Elapsed.Microseconds()) / 1000}})
			}
		})
		if err != nil { // of this target: CheckDrill has seen the rest
			f := fault.From(err)
			rep = transfer.DrillReport{Address: t.Address, Namespace: t.Namespace, Planned: d.Count, Errors: []transfer.DrillError{}, Latencies: []transfer.Latency{},
				Verdict: &doctor.Verdict{Code: doctor.UnknownCode, Level: doctor.Unknown, Stage: "input", Title: f.Title, Cause: f.Cause,
					Fix: []doctor.Fix{{Who: "developer", Text: f.Fix}}}}
		}
		res.Reports = append(res.Reports, rep)
	}
	if len(res.Reports) == 2 {
		res.Changes = transfer.Compare(res.Reports[1], res.Reports[0])
	}
	return res
}

// Do drills and says how it ended.
func (p Drill) Do(ctx context.Context, _ Run, log func(...Line)) Ending {
	res := p.drill(ctx, log)
	end := Ending{Result: res}
	failed, done := 0, 0
	for _, rep := range res.Reports {
		failed, done = failed+rep.Failed, done+rep.Done
		if rep.Verdict != nil && end.Code == "" {
			end.Code, end.Title = rep.Verdict.Code, rep.Verdict.Title
		}
	}
	switch {
	case ctx.Err() != nil:
		end.State = migration.RunInterrupted
	case end.Code != "":
		end.State = migration.RunFailed
	case failed > 0:
		end.State, end.Title = migration.RunFailed, fmt.Sprintf("%d of %d transfers did not end as they should", failed, failed+done)
	default:
		end.State, end.Title = migration.RunPassed, fmt.Sprintf("%d transfers ended as they should", done)
	}
	return end
}

// ReadDrill reads a drill's result; false while there is none.
func ReadDrill(r Run) (res DrillResult, ok bool) {
	return res, r.Kind == migration.DrillRun && len(r.Result) > 0 && json.Unmarshal(r.Result, &res) == nil && len(res.Reports) > 0
}

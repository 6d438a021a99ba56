package migration

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"onramp/doctor"
	"onramp/fault"
	"onramp/transfer"
)

// DrillPlan is what StartDrillOnce is asked.
type DrillPlan struct {
	Drill transfer.Drill // its Target is the migration's endpoint
	// Beside, where it is set, is a second target for the same drill, run after the first so that neither
	// disturbs the other: what changes from there to here.
	Beside *doctor.Target
}

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

// StartDrillOnce starts a drill in the background and returns its run at once; with a key that the migration
// has a drill for, that run. It is a Conflict fault when step test is not done, TooMany while another drill of
// the migration is under way: two would measure each other. Faults of the plan are transfer.CheckDrill's.
func (s *Service) StartDrillOnce(ctx context.Context, id, key string, p DrillPlan) (Run, error) {
	if key == "" || len(key) > maxKey {
		return Run{}, badKey()
	}
	d, err := transfer.CheckDrill(p.Drill)
	if err != nil {
		return Run{}, err
	}
	p.Drill = d
	s.write.Lock()
	defer s.write.Unlock()
	v, err := s.View(ctx, id)
	if err != nil {
		return Run{}, err
	}
	if run, err := s.o.Store.RunByKey(ctx, id, DrillRun, key); !fault.Is(err, fault.NotFound) {
		return run, err
	}
	if v.Step(StepTest).Status != Done {
		return Run{}, untested()
	}
	about := v.about(d.Target)
	scrub := newScrubber(d.Target)
	l, err := s.begin(ctx, Run{MigrationID: id, Kind: DrillRun, InputHash: about.hash, IdempotencyKey: key,
		Request: scrub.json(drillRequest(p, about.leaf))}, transfer.Request{})
	if err != nil {
		return Run{}, err
	}
	go s.work(l, scrub, func(ctx context.Context, log func(kind string, data any)) (Run, []Fact) {
		return s.drilled(ctx, l, s.drill(ctx, p, log), scrub), nil
	})
	return l.run, nil
}

func drillRequest(p DrillPlan, leaf string) DrillRequest {
	d := p.Drill
	out := DrillRequest{CheckRequest: checkRequest(d.Target, leaf), Template: clip(d.Template), Worker: clip(d.Worker), Scenario: d.Scenario,
		Amount: d.Details.Amount, Count: d.Count, Rate: d.Rate, Concurrency: d.Concurrency, Seconds: d.Time.Seconds()}
	out.TaskQueue, out.WorkflowType = clip(d.TaskQueue), clip(d.WorkflowType)
	if p.Beside != nil {
		out.BesideAddress, out.BesideNamespace = clip(p.Beside.Address), clip(p.Beside.Namespace)
	}
	return out
}

// drill drills one target after the other and logs how far it is.
func (s *Service) drill(ctx context.Context, p DrillPlan, log func(kind string, data any)) DrillResult {
	res := DrillResult{Schema: DrillSchema}
	targets := []doctor.Target{p.Drill.Target}
	if p.Beside != nil {
		targets = append(targets, *p.Beside)
	}
	for side, t := range targets {
		if ctx.Err() != nil {
			break
		}
		d := p.Drill
		d.Target = t
		var last time.Time
		rep, err := s.o.Transfers.Drill(ctx, d, func(n transfer.DrillProgress) {
			if now := s.o.Now(); now.Sub(last) >= progressEvery || n.Done+n.Failed == n.Planned {
				last = now
				log(EntryDrill, DrillProgress{Address: t.Address, Namespace: t.Namespace, Side: side, Planned: n.Planned, Started: n.Started,
					Done: n.Done, Failed: n.Failed, ElapsedMS: float64(n.Elapsed.Microseconds()) / 1000})
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

// drilled turns a result into the end of a run.
func (s *Service) drilled(ctx context.Context, l *liveRun, res DrillResult, scrub scrubber) Run {
	r := l.run
	failed, done := 0, 0
	for _, rep := range res.Reports {
		failed, done = failed+rep.Failed, done+rep.Done
		if rep.Verdict != nil && r.Code == "" {
			r.Code, r.Title = rep.Verdict.Code, scrub.text(rep.Verdict.Title)
		}
	}
	switch {
	case ctx.Err() != nil:
		r.Code = ""
		r = interrupted(r, "", l.wasStopped())
	case r.Code != "":
		r.State = RunFailed
	case failed > 0:
		r.State, r.Title = RunFailed, fmt.Sprintf("%d of %d transfers did not end as they should", failed, failed+done)
	default:
		r.State, r.Title = RunPassed, fmt.Sprintf("%d transfers ended as they should", done)
	}
	r.Result = scrub.json(res)
	return r
}

// ReadDrill reads a drill's result; false while there is none.
func ReadDrill(r Run) (res DrillResult, ok bool) {
	return res, r.Kind == DrillRun && len(r.Result) > 0 && json.Unmarshal(r.Result, &res) == nil && len(res.Reports) > 0
}

func badKey() error {
	return fault.New(fault.Invalid, "The idempotency key is missing or too long", "Give a random text of at most 200 bytes, the same on each retry.").In("key")
}

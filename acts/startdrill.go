package acts

import (
	"context"

	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

// Drill asks for a load drill. Once is as in Transfer; Beside, where it is set, is a second server to compare with,
// which must be near.
type Drill struct {
	Credentials
	Once   string
	Plan   transfer.Drill // its target is the migration's
	Beside *doctor.Target
}

// StartDrill starts a drill in the background and returns its run at once. Faults are those of transfer.CheckDrill and
// Credentials; Conflict when step test is not done; TooMany while another drill of the migration is under way.
func (w Workflows) StartDrill(ctx context.Context, by Actor, id string, d Drill) (run runs.Run, err error) {
	defer unchanged(&err)
	v, err := w.View(ctx, id)
	if err != nil {
		return run, err
	}
	if v.Namespace == nil {
		return run, noNamespace()
	}
	if d.Once == "" || len(d.Once) > maxKey {
		return run, badKey()
	}
	plan := d.Plan
	plan.Target = w.Target(v)
	_, planErr := transfer.CheckDrill(plan)
	if d.Beside != nil {
		planErr = join(planErr, w.besideNear(ctx, d.Beside))
	}
	if err := join(planErr, w.with(by, v, d.Credentials, &plan.Target)); err != nil {
		return run, err
	}
	if err := readable(plan.Target); err != nil {
		return run, err
	}
	if err := w.Reach(ctx, v); err != nil {
		return run, err
	}
	broken, err := w.bend(v, &plan.Target)
	if err != nil {
		return run, err
	}
	if plan, err = transfer.CheckDrill(plan); err != nil {
		return run, err
	}
	return w.drill(ctx, by, id, d, plan, broken)
}

func (w Workflows) besideNear(ctx context.Context, t *doctor.Target) error {
	address, err := w.near(ctx, t.Address)
	t.Address = address
	return err
}

func (w Workflows) drill(ctx context.Context, by Actor, id string, d Drill, plan transfer.Drill, broken practice) (runs.Run, error) {
	known := func() (runs.Run, error) { return w.o.Runs.ByKey(ctx, id, migration.DrillRun, d.Once) }
	if have, err := known(); !fault.Is(err, fault.NotFound) {
		return have, err
	}
	if err := w.admit(ctx, by, plan.Target.Address); err != nil {
		return runs.Run{}, err
	}
	defer w.writing.lock(id)()
	if have, err := known(); !fault.Is(err, fault.NotFound) { // one form, sent twice
		return have, err
	}
	v, err := w.View(ctx, id)
	if err != nil {
		return runs.Run{}, err
	}
	if v.Step(migration.StepTest).Status != migration.Done {
		return runs.Run{}, untested()
	}
	work := runs.Drill{Driller: w.o.Transfers, Plan: plan, Beside: d.Beside, Now: w.o.Now}
	leaf, secrets := leafOf(v, plan.Target), runs.NewScrubber(plan.Target)
	r := runs.Run{Request: secrets.JSON(runs.NewDrillRequest(work, leaf)), IdempotencyKey: d.Once, Row: runs.Row{By: by.Name,
		Outcome: migration.Outcome{MigrationID: id, Kind: migration.DrillRun, InputHash: broken.about(v, plan.Target, leaf)}}}
	return w.begin(ctx, by, custody.Drilled, runs.Job{Run: r, Secrets: secrets, Work: work, Most: 1, Full: drilling()})
}

// drilling is the fault of a second drill.
func drilling() error {
	return fault.New(fault.TooMany, "A load drill of this migration is already running", "Wait until it has ended, or stop it: two drills would measure each other.")
}

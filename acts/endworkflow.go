package acts

import (
	"context"

	"onramp/custody"
	"onramp/doctor"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

// Cancel asks the workflow of a run to stop; its code decides how. It is recorded before it is asked. Faults are those
// of transfer.Service.Cancel and Credentials.
func (w Workflows) Cancel(ctx context.Context, by Actor, id, runID string, creds Credentials) error {
	return w.act(ctx, by, At{id, runID, creds}, custody.Canceled, func(req transfer.Request) error { return w.o.Transfers.Cancel(ctx, req) })
}

// Terminate ends the workflow of a run at once, without its code learning of it. It is recorded before it is asked.
func (w Workflows) Terminate(ctx context.Context, by Actor, id, runID string, creds Credentials, reason string) error {
	return w.act(ctx, by, At{id, runID, creds}, custody.Terminated, func(req transfer.Request) error {
		return w.o.Transfers.Terminate(ctx, req, reason)
	})
}

// At names the run of a migration whose workflow is acted on, and the way in to it.
type At struct {
	Migration, Run string
	Credentials
}

func (w Workflows) act(ctx context.Context, by Actor, at At, verb custody.Verb, do func(transfer.Request) error) (err error) {
	defer unchanged(&err)
	v, _, asked, err := w.workflow(ctx, at.Migration, at.Run)
	if err != nil {
		return err
	}
	req := transfer.Request{Target: w.Target(v), WorkflowID: asked.WorkflowID, RunID: asked.RunID, Worker: "own"}
	if err := w.open(ctx, by, v, at.Run, at.Credentials, &req); err != nil {
		return err
	}
	if err := w.record(ctx, by, note(at.Migration, verb, asked.WorkflowID)); err != nil {
		return err
	}
	return wasRecorded(do(req))
}

// History is the raw history of the workflow of a run, in Temporal's own JSON. It reads with the keys of the run while
// it is under way, else with the lent ones.
func (w Workflows) History(ctx context.Context, by Actor, id, runID string) ([]byte, error) {
	v, _, asked, err := w.workflow(ctx, id, runID)
	if err != nil {
		return nil, err
	}
	req := transfer.Request{Target: w.Target(v), WorkflowID: asked.WorkflowID, RunID: asked.RunID, Worker: "own"}
	if err := w.open(ctx, by, v, runID, Credentials{Lent: true}, &req); err != nil {
		return nil, err
	}
	return w.o.Transfers.History(ctx, req)
}

// Stop ends a run at its next step boundary; its workflow goes on. A Conflict fault when the run has ended.
func (w Workflows) Stop(ctx context.Context, by Actor, id, runID string) (err error) {
	defer unchanged(&err)
	if _, err := w.o.Runs.Run(ctx, id, runID); err != nil {
		return err
	}
	if !w.Under(runID) { // what has ended is not stopped, and not recorded
		return w.o.Runs.Stop(ctx, id, runID)
	}
	if err := w.record(ctx, by, note(id, custody.Stopped, runID)); err != nil {
		return err
	}
	return wasRecorded(w.o.Runs.Stop(ctx, id, runID))
}

// Drill asks for a load drill. Once is as in Transfer; Local, where it is set, is a second server to compare with,
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
	if err := w.bend(v, &plan.Target); err != nil {
		return run, err
	}
	if plan, err = transfer.CheckDrill(plan); err != nil {
		return run, err
	}
	return w.drill(ctx, by, id, d, plan)
}

func (w Workflows) besideNear(ctx context.Context, t *doctor.Target) error {
	address, err := w.near(ctx, t.Address)
	t.Address = address
	return err
}

func (w Workflows) drill(ctx context.Context, by Actor, id string, d Drill, plan transfer.Drill) (runs.Run, error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	if have, err := w.o.Runs.ByKey(ctx, id, migration.DrillRun, d.Once); !isNotFound(err) {
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
		Outcome: migration.Outcome{MigrationID: id, Kind: migration.DrillRun, InputHash: about(v, plan.Target, leaf)}}}
	return w.begin(ctx, by, custody.Drilled, runs.Job{Run: r, Secrets: secrets, Work: work, Most: 1, Full: drilling()})
}

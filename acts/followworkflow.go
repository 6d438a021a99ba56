package acts

import (
	"cmp"
	"context"
	"encoding/json"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

// Follow asks to follow a workflow that somebody else started. RunID "" is the newest run of that ID.
type Follow struct {
	Credentials
	WorkflowID, RunID string
}

// Follow starts a run that follows a workflow which exists already; it starts no workflow and runs no worker. While
// another run of the migration follows that workflow, that run is returned. Faults are Invalid, at the fields
// workflow-id, run-id and those of Credentials; Conflict when step test is not done.
func (w Workflows) Follow(ctx context.Context, by Actor, id string, f Follow) (run runs.Run, err error) {
	defer unchanged(&err)
	v, err := w.View(ctx, id)
	if err != nil {
		return run, err
	}
	if v.Namespace == nil {
		return run, noNamespace()
	}
	req := transfer.Request{Target: w.Target(v), Worker: "own", WorkflowID: f.WorkflowID, RunID: f.RunID, FollowOnly: true}
	if err := join(transfer.Validate(req), w.with(by, v, f.Credentials, &req.Target), readable(req.Target)); err != nil {
		return run, err
	}
	if err := w.Reach(ctx, v); err != nil {
		return run, err
	}
	if err := w.admit(ctx, by, req.Target.Address); err != nil {
		return run, err
	}
	defer w.writing.lock(id)()
	if v, err = w.View(ctx, id); err != nil {
		return run, err
	}
	if v.Step(migration.StepTest).Status != migration.Done {
		return run, untested()
	}
	if have, work, ok := w.o.Runs.Following(id, migration.TransferRun, f.WorkflowID); ok {
		if t, ok := work.(runs.Transfer); ok && (f.RunID == "" || t.Request.RunID == f.RunID) {
			return have, nil
		}
	}
	return w.transfer(ctx, by, v, transferStart{verb: custody.Followed, req: req})
}

// workflow is a run of a migration and what it was asked, with the run ID of its workflow where its end tells it. A
// Conflict fault when it has no workflow.
func (w Workflows) workflow(ctx context.Context, id, runID string) (migration.View, runs.Run, runs.TransferRequest, error) {
	v, err := w.View(ctx, id)
	if err != nil {
		return v, runs.Run{}, runs.TransferRequest{}, err
	}
	run, err := w.o.Runs.Run(ctx, id, runID)
	if err != nil {
		return v, run, runs.TransferRequest{}, err
	}
	asked := run.TransferRequest()
	if run.Kind != migration.TransferRun || asked.WorkflowID == "" {
		return v, run, asked, fault.New(fault.Conflict, "This run has no workflow to follow", "Start a test transfer.")
	}
	var ended transfer.Result
	if json.Unmarshal(run.Result, &ended) == nil && ended.WorkflowID == asked.WorkflowID {
		asked.RunID = cmp.Or(ended.RunID, asked.RunID)
	}
	return v, run, asked, nil
}

// open fills a request with the way in: the keys of the actor's own run while it is under way here, else what is given.
func (w Workflows) open(ctx context.Context, by Actor, v migration.View, runID string, creds Credentials, req *transfer.Request) error {
	if work, ok := w.o.Runs.Mine(runID, by.Person); ok {
		if t, ok := work.(runs.Transfer); ok {
			req.Target = t.Request.Target
			return nil
		}
	}
	if err := join(w.with(by, v, creds, &req.Target), readable(req.Target)); err != nil {
		return err
	}
	return w.Reach(ctx, v)
}

// HasKeys reports whether a run that the actor began is under way in this process: then it has the keys that its
// workflow can be reached with, and the actor's acts on it need none. Another person's acts do.
func (w Workflows) HasKeys(by Actor, runID string) bool {
	_, ok := w.o.Runs.Mine(runID, by.Person)
	return ok
}

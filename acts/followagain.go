package acts

import (
	"cmp"
	"context"

	"onramp/custody"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

// FollowAgain starts a run that follows the workflow of an earlier transfer, for example one that a stop of Onramp
// interrupted; it starts no workflow. While another run follows that workflow, that run is returned.
func (w Workflows) FollowAgain(ctx context.Context, by Actor, id, runID string, creds Credentials) (run runs.Run, err error) {
	defer unchanged(&err)
	v, old, asked, err := w.workflow(ctx, id, runID)
	if err != nil {
		return run, err
	}
	if have, _, ok := w.o.Runs.Following(id, migration.TransferRun, asked.WorkflowID); ok {
		return have, nil
	}
	req := transfer.Request{Target: w.Target(v), Template: asked.Template, Worker: cmp.Or(asked.Worker, "builtin"),
		Scenario: asked.Scenario, Details: asked.Details, TaskQueue: asked.TaskQueue, WorkflowType: asked.WorkflowType,
		WorkflowID: asked.WorkflowID, RunID: asked.RunID, FollowOnly: true, Elsewhere: asked.Elsewhere()}
	if err := w.open(ctx, by, v, old.ID, creds, &req); err != nil {
		return run, err
	}
	if err := w.admit(ctx, by, req.Target.Address); err != nil {
		return run, err
	}
	defer w.writing.lock(id)()
	if have, _, ok := w.o.Runs.Following(id, migration.TransferRun, asked.WorkflowID); ok {
		return have, nil
	}
	return w.transfer(ctx, by, v, transferStart{verb: custody.Followed, req: req})
}

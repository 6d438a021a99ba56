package acts

import (
	"context"

	"onramp/custody"
	"onramp/transfer"
)

// Cancel asks the workflow of a run to stop; its code decides how. It is recorded before it is asked. Faults are those
// of transfer.Service.Cancel and Credentials, and where several people share Onramp reach.Gate's.
func (w Workflows) Cancel(ctx context.Context, by Actor, id, runID string, creds Credentials) error {
	return w.act(ctx, by, At{id, runID, creds}, custody.Canceled, func(req transfer.Request) error { return w.o.Transfers.Cancel(ctx, req) })
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
	if err := w.admit(ctx, by, req.Target.Address); err != nil {
		return err
	}
	request := note(at.Migration, verb, asked.WorkflowID)
	if err := w.record(ctx, by, request); err != nil {
		return err
	}
	return toldAfter(ctx, w.Book, by, request, do(req))
}

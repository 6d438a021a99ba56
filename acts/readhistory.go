package acts

import (
	"context"
	"io"

	"onramp/transfer"
)

// History writes the raw history of the workflow of a run, in Temporal's own JSON, a part at a time. It reads with the
// keys of the actor's own run while it is under way, else with the lent ones. Faults are those of transfer.Service.History
// and Credentials, and where several people share Onramp reach.Gate's.
func (w Workflows) History(ctx context.Context, by Actor, id, runID string, to io.Writer) error {
	v, _, asked, err := w.workflow(ctx, id, runID)
	if err != nil {
		return err
	}
	req := transfer.Request{Target: w.Target(v), WorkflowID: asked.WorkflowID, RunID: asked.RunID, Worker: "own"}
	if err := w.open(ctx, by, v, runID, Credentials{Lent: true}, &req); err != nil {
		return err
	}
	if err := w.admit(ctx, by, req.Target.Address); err != nil {
		return err
	}
	return w.o.Transfers.History(ctx, req, to)
}

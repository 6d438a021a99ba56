package acts

import (
	"context"

	"onramp/custody"
	"onramp/transfer"
)

// Terminate ends the workflow of a run at once, without its code learning of it. It is recorded before it is asked.
// Faults are those of Cancel.
func (w Workflows) Terminate(ctx context.Context, by Actor, id, runID string, creds Credentials, reason string) error {
	return w.act(ctx, by, At{id, runID, creds}, custody.Terminated, func(req transfer.Request) error {
		return w.o.Transfers.Terminate(ctx, req, reason)
	})
}

package acts

import (
	"context"

	"onramp/custody"
)

// Stop ends a run at its next step boundary; its workflow goes on. A Conflict fault when the run has ended.
func (w Workflows) Stop(ctx context.Context, by Actor, id, runID string) (err error) {
	defer unchanged(&err)
	if _, err := w.o.Runs.Run(ctx, id, runID); err != nil {
		return err
	}
	if _, ok := w.o.Runs.Under(runID); !ok { // what has ended is not stopped, and not recorded
		return w.o.Runs.Stop(ctx, id, runID)
	}
	request := note(id, custody.Stopped, runID)
	if err := w.record(ctx, by, request); err != nil {
		return err
	}
	return toldAfter(ctx, w.Book, by, request, w.o.Runs.Stop(ctx, id, runID))
}

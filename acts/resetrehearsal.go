package acts

import (
	"context"
	"time"

	"onramp/custody"
	"onramp/fault"
)

// resetWithin is how long an act waits for the rehearsal cloud to start again.
const resetWithin = 2 * time.Minute

// Reset empties the rehearsal cloud: every namespace and workflow. It is recorded before it is done, and goes on when ctx ends.
func (r Rehearsal) Reset(ctx context.Context, by Actor) (err error) {
	defer unchanged(&err)
	place, err := r.Ready(ctx)
	if err != nil {
		return err
	}
	request := note("", custody.Reset, "")
	if err := r.record(ctx, by, request); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), resetWithin)
	defer cancel()
	err = place.Own.Reset(ctx)
	if err != nil && !fault.From(err).Unchanged { // it was begun: the audit must not say that it was not done
		return left(err, err, "The reset has begun: the old namespaces and workflows may be gone.")
	}
	return toldAfter(ctx, r.Book, by, request, err)
}

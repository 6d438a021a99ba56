package acts

import (
	"context"

	"onramp/custody"
)

// Reset empties the rehearsal cloud: every namespace and workflow. It is recorded before it is done.
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
	return toldAfter(ctx, r.Book, by, request, place.Own.Reset(ctx))
}

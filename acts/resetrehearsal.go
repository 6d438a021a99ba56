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
	if err := r.record(ctx, by, note("", custody.Reset, "")); err != nil {
		return err
	}
	return wasRecorded(place.Own.Reset(ctx))
}

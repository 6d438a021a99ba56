package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
)

// SetLenient lets client certificates that break what Temporal Cloud's documentation calls a must into the rehearsal
// cloud, or not, until Onramp ends. It is recorded before it is done.
func (r Rehearsal) SetLenient(ctx context.Context, by Actor, on bool) (err error) {
	defer unchanged(&err)
	place, err := r.Ready(ctx)
	if err != nil {
		return err
	}
	if place.Adjust == nil {
		return fault.New(fault.NotFound, "This rehearsal cloud has one way to judge client certificates", "Nothing to do.")
	}
	how := "strict"
	if on {
		how = "lenient"
	}
	if err := r.record(ctx, by, note("", custody.Strictness, how)); err != nil {
		return err
	}
	place.Adjust.SetLenient(on)
	return nil
}

package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
)

// SetBothMethods lets the rehearsal cloud's account have namespaces that take client certificates and API keys at once, as
// Temporal Support does for an account of Temporal Cloud, or takes that back: a Conflict fault while a namespace takes both.
// What holds already is no change.
func (r Rehearsal) SetBothMethods(ctx context.Context, by Actor, on bool) (err error) {
	defer unchanged(&err)
	place, err := r.Ready(ctx)
	if err != nil {
		return err
	}
	if place.Adjust == nil {
		return fault.New(fault.NotFound, "This rehearsal cloud has one sign-in method a namespace", "Nothing to do.")
	}
	was := place.Adjust.BothMethods()
	if was == on {
		return nil
	}
	if err := place.Adjust.SetBothMethods(ctx, on); err != nil {
		return err
	}
	how := "one"
	if on {
		how = "both"
	}
	if err := r.record(ctx, by, note("", custody.MethodsSet, how)); err != nil {
		return left(err, place.Adjust.SetBothMethods(context.WithoutCancel(ctx), was), "What the account has was changed and could not be changed back.")
	}
	return nil
}

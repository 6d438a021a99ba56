package acts

import (
	"context"

	"onramp/fault"
)

// ForgetCA deletes the kept key for good. Without sure it is an Invalid fault of that field.
func (k Keys) ForgetCA(ctx context.Context, by Actor, id string, sure bool) (err error) {
	defer unchanged(&err)
	if _, err := k.View(ctx, id); err != nil {
		return err
	}
	if !sure {
		return fault.New(fault.Invalid, "Forgetting cannot be undone", "Tick the box to confirm that you have a copy, or need none.").In("sure")
	}
	return k.o.Keeper.Forget(ctx, by, id)
}

package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
)

// OpenCA unseals the kept key of the migration's CA for a time. Errors are those of custody.Keeper.Open; a wrong
// passphrase is recorded.
func (k Keys) OpenCA(ctx context.Context, by Actor, id, passphrase string) error {
	if _, err := k.View(ctx, id); err != nil {
		return err
	}
	return k.o.Keeper.Open(ctx, by, id, passphrase)
}

// LockCA wipes the opened key.
func (k Keys) LockCA(ctx context.Context, by Actor, id string) error {
	if _, err := k.View(ctx, id); err != nil {
		return err
	}
	return wiped(k.o.Keeper.Lock(ctx, by, id))
}

// ForgetCA deletes the kept key for good. Without sure it is an Invalid fault of that field.
func (k Keys) ForgetCA(ctx context.Context, by Actor, id string, sure bool) (err error) {
	defer unchanged(&err)
	if _, err := k.View(ctx, id); err != nil {
		return err
	}
	if !sure {
		return fault.New(fault.Invalid, "Forgetting is for good", "Tick the box to confirm that you have a copy, or need none.").In("sure")
	}
	return k.o.Keeper.Forget(ctx, by, id)
}

// CAStatus is where the key of a migration's CA is.
func (k Keys) CAStatus(ctx context.Context, id string) (custody.Status, error) {
	return k.o.Keeper.Status(ctx, id)
}

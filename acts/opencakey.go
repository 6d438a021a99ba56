package acts

import (
	"context"

	"onramp/custody"
)

// OpenCA unseals the kept key of the migration's CA for a time. Errors are those of custody.Keeper.Open; a wrong
// passphrase is recorded.
func (k Keys) OpenCA(ctx context.Context, by Actor, id, passphrase string) error {
	if _, err := k.View(ctx, id); err != nil {
		return err
	}
	return k.o.Keeper.Open(ctx, by, id, passphrase)
}

// CAStatus is where the key of a migration's CA is.
func (k Keys) CAStatus(ctx context.Context, id string) (custody.Status, error) {
	return k.o.Keeper.Status(ctx, id)
}

package acts

import (
	"context"
)

// LockCA wipes the opened key.
func (k Keys) LockCA(ctx context.Context, by Actor, id string) error {
	if _, err := k.View(ctx, id); err != nil {
		return err
	}
	return wiped(k.o.Keeper.Lock(ctx, by, id))
}

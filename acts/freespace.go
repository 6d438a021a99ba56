package acts

import (
	"context"

	"onramp/fault"
)

// holdSpace keeps a namespace of the rehearsal cloud to one act until it is let go, with the fault of Free. With a fault
// nothing is held.
func (b *Book) holdSpace(ctx context.Context, by Actor, ns string) (letGo func(), err error) {
	letGo = b.using.lock(ns)
	if err := b.Free(ctx, by, ns); err != nil {
		letGo()
		return func() {}, err
	}
	return letGo, nil
}

// Free is nil when an actor may change a namespace of the rehearsal cloud that a migration of theirs is about. A Denied
// fault when another team's migration is about it too.
func (b *Book) Free(ctx context.Context, by Actor, ns string) error {
	_, alone, err := b.SeesSpace(ctx, by, ns)
	if err != nil || alone {
		return err
	}
	return fault.New(fault.Denied, "Another team uses this namespace too", "Ask a cloud admin to change it, or choose a namespace of your own.")
}

package acts

import (
	"context"

	"onramp/fault"
)

// Free is nil when an actor may change a namespace of the rehearsal cloud that a migration of theirs is about. A Denied
// fault when another team's migration is about it too.
func (b *Book) Free(ctx context.Context, by Actor, ns string) error {
	_, alone, err := b.SeesSpace(ctx, by, ns)
	if err != nil || alone {
		return err
	}
	return fault.New(fault.Denied, "Another team uses this namespace too", "Ask a cloud admin to change it, or choose a namespace of your own.")
}

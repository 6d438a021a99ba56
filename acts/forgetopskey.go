package acts

import (
	"context"

	"onramp/custody"
)

// ForgetOpsKey wipes the actor's Cloud Ops API key, and then records it: an error is that of the record. A change that is
// under way goes on to its end.
func (c CloudOps) ForgetOpsKey(ctx context.Context, by Actor, id string) error {
	if !c.ops.forget(by.Person, id) {
		return nil
	}
	return wiped(c.record(ctx, by, note(id, custody.OpsKeyForgotten, "")))
}

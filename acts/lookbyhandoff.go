package acts

import (
	"context"
	"onramp/migration"
)

// Look looks whether the task is done, as Checks.LookForCA does: in the namespace's bundle where it can be read, else by a
// connection with the key that the link's maker lets Onramp use now, if any. What is seen is written down with the link as
// who acted. Where nothing can be seen CALook.Err says why.
func (h Handoffs) Look(ctx context.Context, by Actor, token string) (seen CALook, err error) {
	defer unchanged(&err)
	ctx = migration.Everywhere(ctx)
	x, err := h.answering(ctx, by, token)
	if err != nil {
		return seen, err
	}
	if x.Handoff.Over() && x.Handoff.State != migration.HandoffSeen {
		return seen, notOpen()
	}
	return Checks(h).seeCA(ctx, x.By, Actor{Person: x.Handoff.Person}, x.View)
}

// LastLook is what the last look by a link saw; false for none.
func (h Handoffs) LastLook(x HandoffVisit) (CALook, bool) {
	return Checks(h).LastCALook(x.By, x.View)
}

package acts

import (
	"context"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
)

// Upload does the task in the rehearsal cloud, which has no web app of its own that the person could sign in to: the CA
// certificate of the link, and no other, is added to the namespace's bundle. A Conflict fault in Temporal Cloud; Invalid
// where a rule of Cloud refuses the bundle.
func (h Handoffs) Upload(ctx context.Context, by Actor, token string) (x HandoffVisit, err error) {
	defer unchanged(&err)
	ctx = migration.Everywhere(ctx)
	if x, err = h.answering(ctx, by, token); err != nil {
		return x, err
	}
	if x.Handoff.State == migration.HandoffSeen {
		return x, nil
	}
	if x.PEM == "" || x.Handoff.Over() && x.Handoff.State != migration.HandoffNotMe {
		return x, notOpen()
	}
	change, err := h.changeBundle(ctx, x.View, func(ns cloud.Namespace, _ cloud.Callers) ([]byte, error) {
		c, err := certsvc.AddToBundle([]byte(ns.BundlePEM), []byte(x.PEM), h.now())
		return c.PEM, err
	})
	if err != nil {
		return x, err
	}
	defer change.close()
	id := x.Migration.ID
	err = change.settle(ctx, x.By, id, x.about(custody.CAsSaved), func(v migration.View) ([]migration.Fact, error) {
		now, err := h.visit(v, x.By, x.Handoff.Number)
		if err == nil && now.PEM != x.PEM {
			err = notOpen() // it was superseded meanwhile
		}
		return nil, err
	})
	if err != nil {
		return x, err
	}
	v, err := h.View(ctx, id)
	if err != nil {
		return x, nil // it is done; the page after it says what is there
	}
	return h.visit(v, x.By, x.Handoff.Number)
}

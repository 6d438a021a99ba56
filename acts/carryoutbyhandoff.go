package acts

import (
	"context"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
)

// CarryOut does the task in the rehearsal cloud, which has no web app of its own that the person could sign in to: what
// the link asks for, and nothing else. A Conflict fault in Temporal Cloud; Invalid where a rule of Cloud refuses it, and
// for the removal of a CA the faults of Replacements.Remove: nobody who still uses it is cut off.
func (h Handoffs) CarryOut(ctx context.Context, by Actor, token string) (x HandoffVisit, err error) {
	defer unchanged(&err)
	ctx = migration.Everywhere(ctx)
	if x, err = h.answering(ctx, by, token); err != nil {
		return x, err
	}
	if x.Handoff.State == migration.HandoffSeen {
		return x, nil
	}
	if x.Superseded || x.Handoff.Over() && x.Handoff.State != migration.HandoffNotMe {
		return x, notOpen()
	}
	id := x.Migration.ID
	switch x.Handoff.Task {
	case migration.TaskFilters:
		err = Namespaces(h).setFilters(ctx, x.carrier(), x.View, []byte(x.Task.Filters), x.about(custody.FiltersSaved))
	case migration.TaskRemoveCA:
		done := x.about(custody.ReplaceRemoved)
		err = Replacements(h).removeHere(ctx, x.carrier(), x.View, done)
		if err == nil {
			Replacements(h).succeed(Actor{Person: x.Handoff.Person}, id, x.Replacement().New.LeafFingerprint)
			h.o.CertificatesChanged()
		}
	default:
		err = h.upload(ctx, x)
	}
	if err != nil {
		return x, err
	}
	v, err := h.View(ctx, id)
	if err != nil {
		return x, nil // it is done; the page after it says what is there
	}
	return h.then(ctx, x, v), nil
}

// upload adds the CA certificate of a link, and no other, to the namespace's bundle.
func (h Handoffs) upload(ctx context.Context, x HandoffVisit) error {
	change, err := h.changeBundle(ctx, x.carrier(), x.View, func(ns cloud.Namespace, _ cloud.Callers) ([]byte, error) {
		c, err := certsvc.AddToBundle([]byte(ns.BundlePEM), []byte(x.Task.PEM), h.now())
		return c.PEM, err
	})
	if err != nil {
		return err
	}
	defer change.close()
	return change.settle(ctx, x.By, x.Migration.ID, x.about(custody.CAsSaved), func(v migration.View) ([]migration.Fact, error) {
		now, err := h.visit(ctx, v, x.By, x.Handoff.Number)
		if err == nil && now.Task.PEM != x.Task.PEM {
			err = notOpen() // it was superseded meanwhile
		}
		return nil, err
	})
}

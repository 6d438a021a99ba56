package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// Look looks whether the task is done. An upload as Checks.LookForCA does: in the namespace's bundle where it can be read,
// else by a connection with the key that the link's maker lets Onramp use now, if any. Filters in the namespace, where they
// can be read. That a CA is gone shows the replacement's own check, which no look takes the place of. What is seen is
// written down with the link as who acted. Where nothing can be seen CALook.Err says why.
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
	switch x.Handoff.Task {
	case migration.TaskFilters:
		return h.seeFilters(ctx, x)
	case migration.TaskRemoveCA:
		return CALook{At: h.now(), Err: cannotLook("A check with a client certificate of the old CA shows it: the team runs it.")}, nil
	}
	return Checks(h).seeCA(ctx, x.By, Actor{Person: x.Handoff.Person}, x.View)
}

func cannotLook(fix string) error {
	return fault.New(fault.Conflict, "Onramp cannot look into the namespace", fix)
}

// CanLook reports whether Onramp can see by itself whether the task of a link is done.
func (h Handoffs) CanLook(x HandoffVisit) bool {
	switch x.Handoff.Task {
	case migration.TaskFilters:
		return h.Of(x.Migration.Mode).Filters != nil
	case migration.TaskRemoveCA:
		return false
	}
	return true
}

// seeFilters looks into the namespace for the filters that were asked for.
func (h Handoffs) seeFilters(ctx context.Context, x HandoffVisit) (CALook, error) {
	seen := CALook{At: h.now(), Title: "The namespace has other certificate filters"}
	if !h.CanLook(x) {
		seen.Err = cannotLook("The team looks with its own access.")
		return seen, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	place, err := h.Ready(ctx)
	if err != nil {
		seen.Err = err
		return seen, nil
	}
	id, err := idOf(x.View)
	if err != nil {
		return seen, err
	}
	ns, err := place.Namespaces.Namespace(ctx, id)
	if err != nil {
		seen.Err = err
		return seen, nil
	}
	if len(migration.FiltersSeen(x.View, ns.Filters)) == 0 {
		return seen, nil
	}
	_, err = h.write(ctx, x.By, x.Migration.ID, func(v migration.View) (entry, error) {
		return entry{facts: migration.FiltersSeen(v, ns.Filters), records: []custody.Record{x.about(custody.FiltersSeen)}}, nil
	})
	seen.Accepted, seen.Title = err == nil, "The namespace has the certificate filters"
	return seen, err
}

// LastLook is what the last look by a link for a CA certificate saw; false for none.
func (h Handoffs) LastLook(x HandoffVisit) (CALook, bool) {
	if x.Handoff.Task != migration.TaskUpload {
		return CALook{}, false
	}
	return Checks(h).LastCALook(x.By, x.View)
}

package acts

import (
	"context"
	"slices"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// Start begins to replace an API key: in the rehearsal cloud one that the namespace has, elsewhere the one that a person
// names. Faults are those of migration.StartRotation.
func (r Rotations) Start(ctx context.Context, by Actor, id string, old migration.KeyRef) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, r.Book, id)
	if err != nil {
		return err
	}
	if old.Print = ""; v.Migration.Mode.Can().Callers && v.Migration.UsesKeys() && v.Namespace != nil {
		ns, err := r.Keys(ctx, v)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(ns, func(k cloud.Key) bool { return k.ID == old.ID })
		if at < 0 {
			return fault.New(fault.Invalid, "The namespace has no such API key", "Choose one of its keys.").In("old_id")
		}
		old.Name, old.Ends = ns[at].Name, ns[at].Expires
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.StartRotation(v, runs.NewID()[:12], old)
		return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceBegun, "API key "+old.Said())}}, err
	})
	return err
}

// Keys are the API keys of a migration's namespace, newest first, where the place shows them.
func (r Rotations) Keys(ctx context.Context, v migration.View) ([]cloud.Key, error) {
	if !v.Migration.Mode.Can().Callers {
		return nil, nil
	}
	place, err := r.Ready(ctx)
	if err != nil {
		return nil, err
	}
	id, err := idOf(v)
	if err != nil {
		return nil, err
	}
	ns, err := place.Namespaces.Namespace(ctx, id)
	return ns.Keys, err
}

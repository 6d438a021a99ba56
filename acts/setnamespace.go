package acts

import (
	"context"
	"slices"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// SetNamespace records the namespace of a migration from what a person pasted, and where programs dial it; region is
// "" for none. At a place that lets Onramp make namespaces it makes it. Faults are Invalid, at the fields namespace
// and region.
func (m Migrations) SetNamespace(ctx context.Context, by Actor, id, pasted, region string) (v migration.View, err error) {
	defer unchanged(&err)
	if v, err = m.View(ctx, id); err != nil {
		return v, err
	}
	paste, err := namespace.Parse(pasted)
	if err != nil {
		return v, fault.Rename(err, map[string]string{"address": "namespace", "": "namespace"})
	}
	d := migration.NamespaceData{Namespace: paste.ID.String(), Address: paste.ID.Endpoint(), Region: paste.Region}
	if region != "" {
		if _, ok := namespace.LookupRegion(region); !ok {
			return v, fault.New(fault.Invalid, "There is no such region here", "Choose one of the list, or none.").In("region")
		}
		d.Region = region
	}
	place := m.Of(v.Migration.Mode)
	if v.Migration.Mode.Can().OneDoor {
		if place, err = m.Ready(ctx); err != nil {
			return v, err
		}
		d.Address = place.Own.Address()
	}
	// Nobody may delete or take back the namespace between the look at it and the record of who uses it.
	defer m.using.lock(d.Namespace)()
	if v.Migration.Mode.Can().OneDoor && !by.SeesAll() {
		others, err := m.InNamespace(ctx, migration.Rehearsal, paste.ID.String())
		if err != nil {
			return v, err
		}
		if slices.ContainsFunc(others, func(o migration.View) bool { return !by.Sees(o.Migration.Team) }) {
			return v, fault.New(fault.Conflict, "Another team rehearses in this namespace", "Choose another name: what one does there, both would see.").In("namespace")
		}
	}
	undo := func(err error) error { return err }
	if v.Migration.Mode.Can().OneDoor {
		if undo, err = m.ensureNamespace(ctx, place, v, paste.ID); err != nil {
			return v, err
		}
	}
	v, err = m.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.SetNamespace(d)
		return entry{facts: facts, records: []custody.Record{note(id, custody.NamespaceSet, d.Namespace)}}, err
	})
	if err != nil {
		err = undo(err)
	}
	return v, err
}

// ensureNamespace makes a namespace where there is none, and lets it take API keys for a migration that uses them,
// unless somebody set it up for certificates. undo takes back what was made, and returns the error that it is given.
func (d *desk) ensureNamespace(ctx context.Context, place cloud.Place, v migration.View, id namespace.ID) (undo func(error) error, err error) {
	undo = func(err error) error { return err }
	_, err = place.Namespaces.Namespace(ctx, id)
	switch {
	case fault.Is(err, fault.NotFound):
		if err := place.Namespaces.CreateNamespace(ctx, id); err != nil {
			return undo, err
		}
		undo = func(err error) error {
			return left(err, place.Namespaces.DeleteNamespace(context.WithoutCancel(ctx), id), "The namespace "+id.String()+" was made.")
		}
	case err != nil:
		return undo, err
	}
	if v.Migration.Auth == cloud.AuthAPIKey {
		back, err := changeAuth(ctx, place, id, func(ns cloud.Namespace, _ cloud.Callers) (string, error) {
			if ns.Takes(cloud.AuthAPIKey) || len(ns.CAs) > 0 {
				return "", errSame
			}
			return cloud.AuthAPIKey, nil
		})
		if err != nil {
			return undo, undo(err)
		}
		made := undo
		undo = func(err error) error {
			return made(left(err, back(), "The sign-in method of "+id.String()+" was changed."))
		}
	}
	return undo, nil
}

// logged writes an error that nobody can be told of into the log.
func (d *desk) logged(what string, err error) {
	if err != nil {
		d.o.Log.Error("could not "+what, "err", err)
	}
}

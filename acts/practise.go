package acts

import (
	"context"
	"errors"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// Practise makes a migration to practise on, with all that a check needs; or for one that is there ("" for none), new
// certificates whose CA joins those in the namespace. set is what certificates are asked for. It returns the migration
// as it is then.
func (r Rehearsal) Practise(ctx context.Context, by Actor, id string, set func(migration.View) certsvc.SetRequest) (v migration.View, err error) {
	place, err := r.Ready(ctx)
	if err != nil {
		return v, fault.Unchanged(err)
	}
	if id == "" {
		if v, err = r.newPractice(ctx, by); err != nil {
			return v, err
		}
		defer func() {
			if err != nil { // a half-made practice is of no use to anybody
				err = Migrations(r).back(ctx, by, v.Migration, err)
			}
		}()
	} else {
		defer unchanged(&err)
		v, err = r.View(ctx, id)
		if err == nil && !r.CanPractise(v) {
			err = fault.New(fault.Conflict, "This migration is not a rehearsal with client certificates", "Make a practice migration.")
		}
		if err == nil {
			err = r.Free(ctx, by, namespaceOf(v))
		}
		if err != nil {
			return v, err
		}
		back, err := r.unbroken(ctx, place, v)
		if err != nil {
			return v, err
		}
		defer func() {
			e := back()
			if err == nil {
				err = e
				return
			}
			err = left(err, e, someOff)
		}()
	}
	made, err := r.makeSet(by, v, IssueSet{Lane: MakerServer, Set: set(v), Lend: true})
	if err != nil {
		return v, err
	}
	defer made.close()
	change, err := r.changeBundle(ctx, by, v, func(ns cloud.Namespace, _ cloud.Callers) ([]byte, error) {
		return []byte(made.data.CAPEM + ns.BundlePEM), nil
	})
	if err != nil {
		return v, err
	}
	defer change.close()
	m := v.Migration.ID
	after, err := change.write(ctx, by, m, func(v migration.View) (entry, error) {
		facts, err := v.SetCertificate(made.data)
		if err != nil {
			return entry{}, err
		}
		then := migration.Derive(v.Migration, append(v.Facts[:len(v.Facts):len(v.Facts)], facts...), nil, r.now())
		saved, err := r.saved(ctx, change.after, then)
		return entry{facts: append(facts, saved...), records: custody.SignedRecords(r.now(), m, MakerServer, made.data.CAFingerprint, made.signed...)}, err
	})
	if err := change.undo(ctx, err); err != nil {
		return v, err
	}
	made.publish()
	r.o.CertificatesChanged()
	return after, nil
}

// someOff is what stays changed where switches could not be turned on again.
const someOff = "Some switches of its namespace are off."

// back deletes a migration that was made on the way to what failed. The audit has its lines.
func (m Migrations) back(ctx context.Context, by Actor, made migration.Migration, err error) error {
	e := m.Delete(context.WithoutCancel(ctx), by, made.ID, made.Name)
	f := *fault.From(err)
	f.Unchanged = false // of one step on the way
	return left(&f, e, "The migration "+made.Name+" was made; delete it.")
}

// newPractice makes a rehearsal of its own with a namespace that nobody else has.
func (r Rehearsal) newPractice(ctx context.Context, by Actor) (migration.View, error) {
	moves := Migrations(r)
	m, err := moves.CreateNamed(ctx, by, "Practice", "python", migration.Rehearsal, cloud.AuthMTLS)
	if err != nil {
		return migration.View{}, err
	}
	id, err := moves.FreeNamespace(ctx, migration.View{Migration: m})
	if err != nil {
		return migration.View{}, moves.back(ctx, by, m, err)
	}
	v, err := moves.SetNamespace(ctx, by, m.ID, id.String(), "")
	if err != nil {
		return migration.View{}, moves.back(ctx, by, m, err)
	}
	return v, nil
}

// unbroken turns the switches of a rehearsal off while its bundle is changed, which may not be its own now; back turns
// them on again.
func (r Rehearsal) unbroken(ctx context.Context, place cloud.Place, v migration.View) (back func() error, err error) {
	id, _ := r.Space(v)
	on := place.Breaks.Broken()[id.String()]
	undo := context.WithoutCancel(ctx)
	back = func() (err error) {
		for _, b := range on {
			err = errors.Join(err, place.Breaks.SetBreak(undo, id, b, true))
		}
		return err
	}
	for _, b := range on {
		if err := place.Breaks.SetBreak(ctx, id, b, false); err != nil {
			return nil, left(err, back(), someOff)
		}
	}
	return back, nil
}

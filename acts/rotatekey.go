package acts

import (
	"context"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// CreateKey makes the second API key in the rehearsal cloud and returns it, this once. Faults are Invalid, at the fields
// key_name and key_days, and Conflict where Onramp makes no keys.
func (r Rotations) CreateKey(ctx context.Context, by Actor, id, name string, days int) (key certsvc.Secret, err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, r.Book, id)
	if err != nil {
		return key, err
	}
	if err := migration.RotationOf(v).CanTakeKey(); err != nil {
		return key, err
	}
	return makeKey(ctx, r.desk, by, v, freshKey{name, days, migration.SetSecondKey})
}

// freshKey is an API key that Onramp is to make. set records it.
type freshKey struct {
	name string
	days int
	set  func(v migration.View, lane string, key migration.KeyRef) ([]migration.Fact, error)
}

// makeKey makes an API key for a migration in the rehearsal cloud and returns it, this once. Faults are Invalid, at the fields
// key_name and key_days, and Conflict where Onramp makes no keys.
func makeKey(ctx context.Context, d *desk, by Actor, v migration.View, k freshKey) (key certsvc.Secret, err error) {
	if !v.Migration.Mode.Can().Callers {
		return key, fault.New(fault.Conflict, "Onramp cannot make a key in Temporal Cloud here", "Make it there, or let Onramp do it with a Cloud Ops API key.")
	}
	if k.days < 1 || k.days > maxKeyDays {
		return key, fault.New(fault.Invalid, "An API key lasts 1 to 730 days", "Give a whole number of days.").In("key_days")
	}
	place, err := d.Ready(ctx)
	if err != nil {
		return key, err
	}
	ns, err := idOf(v)
	if err != nil {
		return key, err
	}
	made, _, err := place.Keys.CreateAPIKey(ctx, ns, k.name, time.Duration(k.days)*24*time.Hour)
	if err != nil {
		return key, err
	}
	ref := migration.KeyRef{ID: made.ID, Name: made.Name, Ends: made.Expires, Print: cloud.KeyPrint(string(made.Secret.Reveal()))}
	_, err = d.write(ctx, by, v.Migration.ID, func(v migration.View) (entry, error) {
		facts, err := k.set(v, migration.KeyByOnramp, ref)
		return entry{facts: facts, records: []custody.Record{note(v.Migration.ID, custody.KeyMade, ns.String()+": "+made.Name)}}, err
	})
	if err != nil {
		clear(made.Secret.Reveal())
		_, e := place.Keys.DeleteAPIKey(context.WithoutCancel(ctx), ns, made.ID, nil)
		return certsvc.Secret{}, left(err, e, "An API key was created but not shown to anyone; delete it.")
	}
	return made.Secret, nil
}

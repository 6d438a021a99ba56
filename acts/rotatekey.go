package acts

import (
	"context"

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
	return makeKey(ctx, r.desk, by, v, freshKey{name, days}, migration.SetSecondKey)
}

// setsKey are the facts of a migration's API key that was made.
type setsKey func(v migration.View, lane string, key migration.KeyRef) ([]migration.Fact, error)

// makeKey makes an API key for a migration in the rehearsal cloud and returns it, this once. Faults are Invalid, at the fields
// key_name and key_days, Conflict where Onramp makes no keys, and Denied where another team uses the namespace too.
func makeKey(ctx context.Context, d *desk, by Actor, v migration.View, k freshKey, set setsKey) (key certsvc.Secret, err error) {
	if !v.Migration.Mode.Can().Callers {
		return key, fault.New(fault.Conflict, "Onramp cannot make a key in Temporal Cloud here", "Make it there, or let Onramp do it with a Cloud Ops API key.")
	}
	if err := k.invalid(); err != nil {
		return key, err
	}
	place, err := d.Ready(ctx)
	if err != nil {
		return key, err
	}
	ns, err := idOf(v)
	if err != nil {
		return key, err
	}
	letGo, err := d.holdSpace(ctx, by, ns.String())
	if err != nil {
		return key, err
	}
	defer letGo()
	key, _, err = createKey(ctx, place, ns, k, func(made cloud.NewKey) error {
		ref := migration.KeyRef{ID: made.ID, Name: made.Name, Ends: made.Expires, Print: cloud.KeyPrint(string(made.Secret.Reveal()))}
		_, err := d.write(ctx, by, v.Migration.ID, func(v migration.View) (entry, error) {
			facts, err := set(v, migration.KeyByOnramp, ref)
			return entry{facts: facts, records: []custody.Record{note(v.Migration.ID, custody.KeyMade, ns.String()+": "+made.Name)}}, err
		})
		return err
	})
	return key, err
}

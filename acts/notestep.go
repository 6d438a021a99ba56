package acts

import (
	"context"
	"errors"

	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
)

// Note records that a step was done outside, with the reason. Faults are those of migration.View.Note, at the fields
// step and why.
func (m Migrations) Note(ctx context.Context, by Actor, id, step, why string) (v migration.View, err error) {
	defer unchanged(&err)
	return m.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.Note(step, why)
		err = errors.Join(err, noSecretIn(why))
		return entry{facts: facts, records: []custody.Record{note(id, custody.Noted, step)}}, err
	})
}

// noSecretIn refuses a reason that holds a private key or an API key: everybody reads it. The error is an Invalid fault
// of field why.
func noSecretIn(why string) error {
	if !doctor.HoldsSecret(why) {
		return nil
	}
	return fault.New(fault.Invalid, "The reason contains a key", "Write it without the key: everyone can see it, and it stays in the record.").In("why")
}

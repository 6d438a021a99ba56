package acts

import (
	"context"

	"onramp/custody"
	"onramp/migration"
)

// Note records that a step was done outside, with the reason. Faults are those of migration.View.Note, at the fields
// step and why.
func (m Migrations) Note(ctx context.Context, by Actor, id, step, why string) (v migration.View, err error) {
	defer unchanged(&err)
	return m.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.Note(step, why)
		return entry{facts: facts, records: []custody.Record{note(id, custody.Noted, step)}}, err
	})
}

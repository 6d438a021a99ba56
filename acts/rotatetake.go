package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// TakeKey records the second key, which somebody made elsewhere. Faults are those of migration.SetSecondKey.
func (r Rotations) TakeKey(ctx context.Context, by Actor, id string, key migration.KeyRef) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, r.Book, id)
	if err != nil {
		return err
	}
	if key.Print = ""; v.Migration.Mode.Can().Callers {
		return fault.New(fault.Conflict, "In a rehearsal Onramp makes the second key itself", "Use its button.")
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.SetSecondKey(v, migration.KeyByAPerson, key)
		return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceMoved, "the new API key is "+key.Said())}}, err
	})
	return err
}

package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// TakeKey records the API key of the new method, which somebody made elsewhere. Faults are those of migration.SetSwitchKey.
func (s Switches) TakeKey(ctx context.Context, by Actor, id string, key migration.KeyRef) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, s.Book, id)
	if err != nil {
		return err
	}
	if key.Print = ""; v.Migration.Mode.Can().Callers {
		return fault.New(fault.Conflict, "In a rehearsal Onramp makes the API key itself", "Use its button.")
	}
	_, err = s.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.SetSwitchKey(v, migration.KeyByAPerson, key)
		return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceMoved, "sign-in method: the new API key is "+key.Said())}}, err
	})
	return err
}

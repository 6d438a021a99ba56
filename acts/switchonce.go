package acts

import (
	"context"

	"onramp/custody"
	"onramp/migration"
)

// Once chooses the change in one step, for an account that has not got both methods at once: nothing is changed yet.
func (s Switches) Once(ctx context.Context, by Actor, id string) (err error) {
	defer unchanged(&err)
	if _, err := asSeen(ctx, s.Book, id); err != nil {
		return err
	}
	_, err = s.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.LetBoth(v, migration.KeyByAPerson, true)
		return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceMoved, "sign-in method: to be changed in one step")}}, err
	})
	return err
}

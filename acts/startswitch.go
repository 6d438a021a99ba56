package acts

import (
	"context"

	"onramp/custody"
	"onramp/migration"
	"onramp/runs"
)

// Start begins to switch the namespace from the migration's sign-in method to the other one. Faults are those of
// migration.StartSwitch.
func (s Switches) Start(ctx context.Context, by Actor, id string) (err error) {
	defer unchanged(&err)
	if _, err := asSeen(ctx, s.Book, id); err != nil {
		return err
	}
	_, err = s.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.StartSwitch(v, runs.NewID()[:12])
		to := migration.AuthSaid(migration.OtherAuth(v.Migration.Auth))
		return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceBegun, "sign-in method: to "+to)}}, err
	})
	return err
}

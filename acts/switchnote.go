package acts

import (
	"context"
	"errors"

	"onramp/custody"
	"onramp/migration"
)

// NoteWorkers records a person's word that no program signs in with the old method. Faults are those of
// migration.NoteSwitchWorkers, of field why.
func (s Switches) NoteWorkers(ctx context.Context, by Actor, id, why string) (err error) {
	defer unchanged(&err)
	if _, err := asSeen(ctx, s.Book, id); err != nil {
		return err
	}
	_, err = s.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.NoteSwitchWorkers(v, why)
		err = errors.Join(err, noSecretIn(why))
		return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceMoved, "sign-in method: no program uses the old one, as confirmed by a person")}}, err
	})
	return err
}

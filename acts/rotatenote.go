package acts

import (
	"context"
	"errors"

	"onramp/custody"
	"onramp/migration"
)

// NoteWorkers records a person's word that every worker has the new API key. Faults are those of
// migration.NoteKeyWorkers, of field why.
func (r Rotations) NoteWorkers(ctx context.Context, by Actor, id, why string) (err error) {
	defer unchanged(&err)
	if _, err := asSeen(ctx, r.Book, id); err != nil {
		return err
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.NoteKeyWorkers(v, why)
		err = errors.Join(err, noSecretIn(why))
		return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceMoved, "every worker has the new API key, as confirmed by a person")}}, err
	})
	return err
}

package acts

import (
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
)

// Back rolls a replacement of an API key back to before a gate (migration.RotateBack). A Conflict fault when the new key
// would be deleted and a program is seen with it.
func (r Rotations) Back(ctx context.Context, by Actor, id, gate string) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, r.Book, id)
	if err != nil {
		return err
	}
	if _, err := migration.RotateBack(v, gate); err != nil {
		return err
	}
	re := migration.RotationOf(v)
	deletes := re.Deletes(gate)
	if deletes {
		if _, err := r.dropKey(ctx, by, v, re.New.KeyRef, func(cloud.Callers) {}); err != nil {
			return err
		}
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.RotateBack(v, gate)
		return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceBack, "API key: "+gate)}}, err
	})
	if deletes {
		return left(err, err, "The new API key is deleted. Roll back again to record the end.")
	}
	return err
}

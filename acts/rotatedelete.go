package acts

import (
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
)

// Delete ends a replacement of an API key: in the rehearsal cloud Onramp deletes the old key, unless a program is seen with
// it; elsewhere a person has deleted it, and checks have shown it, or that person says so (said). What cannot be taken back
// is recorded before it is done.
func (r Rotations) Delete(ctx context.Context, by Actor, id string, said bool) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, r.Book, id)
	if err != nil {
		return err
	}
	re := migration.RotationOf(v)
	if err := re.CanDelete(); err != nil {
		return err
	}
	done := note(id, custody.ReplaceRemoved, "API key "+re.Old.Said())
	if v.Migration.Mode.Can().Callers {
		return r.deleteHere(ctx, by, v, done)
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		if err := migration.DeletedElsewhere(v, said); err != nil {
			return entry{}, err
		}
		re := migration.RotationOf(v)
		end := migration.RotateEndData{Said: re.Old.Refused == nil || re.Old.Refused.At.Before(re.NotedAt) || !re.Old.Proven}
		facts, err := migration.KeyDeleted(v, end)
		return entry{facts: facts, records: []custody.Record{done}}, err
	})
	return err
}

// deleteHere deletes the old key in the rehearsal cloud. A key that is gone already is as good as deleted.
func (r Rotations) deleteHere(ctx context.Context, by Actor, v migration.View, done custody.Record) error {
	re, id := migration.RotationOf(v), v.Migration.ID
	if err := r.stillRuns(ctx, v); err != nil {
		return err
	}
	var end migration.RotateEndData
	asked, err := r.dropKey(ctx, by, v, re.Old.KeyRef, func(c cloud.Callers) { end = re.Seen(c) })
	if err != nil {
		return err
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.KeyDeleted(v, end)
		return entry{facts: facts, records: []custody.Record{done}}, err
	})
	return left(err, err, "The old API key is deleted ("+asked.Note+"). Press the button again to record the end.")
}

// dropKey deletes a key of a replacement unless a program is seen with it: a Conflict fault then names it. seen is told who
// calls at the moment of the deletion.
func (r Rotations) dropKey(ctx context.Context, by Actor, v migration.View, key migration.KeyRef, seen func(cloud.Callers)) (asked custody.Record, err error) {
	re := migration.RotationOf(v)
	place, err := r.Ready(ctx)
	if err != nil {
		return asked, err
	}
	ns, err := idOf(v)
	if err != nil {
		return asked, err
	}
	letGo, err := r.holdSpace(ctx, by, ns.String())
	if err != nil {
		return asked, err
	}
	defer letGo()
	may := func(c cloud.Callers) error { return re.Free(c, key.ID, r.o.ReplaceWindow) }
	now, err := place.Callers.Callers(ctx, ns) // what is refused anyway is not asked for
	if err == nil {
		err = may(now)
	}
	if err != nil {
		return asked, err
	}
	asked = note(v.Migration.ID, custody.KeyDeleted, ns.String()+": "+key.Said())
	if err := r.record(ctx, by, asked); err != nil {
		return asked, err
	}
	_, err = place.Keys.DeleteAPIKey(ctx, ns, key.ID, func(c cloud.Callers) error {
		seen(c)
		return may(c)
	})
	return asked, toldAfter(ctx, r.Book, by, asked, err)
}

// stillRuns is the fault of working while a transfer or a drill of Onramp's own goes on in the namespace: whether it has the old key is not known,
// for an API key is never kept.
func (r Rotations) stillRuns(ctx context.Context, v migration.View) error {
	return workingIn(ctx, r.desk, "may still use the old API key", v, v.Migration.Auth)
}

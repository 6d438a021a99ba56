package acts

import (
	"context"

	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
)

// SeePollers looks who polls a task queue, with an API key that is used for it and forgotten, and records that: where the
// keys of workers cannot be seen, it is the nearest to it. queue "" is that of the migration's language.
func (r Rotations) SeePollers(ctx context.Context, by Actor, id, queue, key string) (err error) {
	defer unchanged(&err)
	v, err := r.View(ctx, id)
	if err != nil {
		return err
	}
	if !migration.RotationOf(v).Open() {
		return fault.New(fault.Conflict, "No API key is being replaced", "Start first.")
	}
	if queue == "" {
		queue = TaskQueue(v)
	}
	if err := checkQueue(queue); err != nil {
		return err
	}
	t := doctor.Target{}
	if v.Namespace != nil {
		t = r.Target(v)
	}
	if err := withAPIKey(key, &t); err != nil {
		return err
	}
	seen, err := pollers(ctx, r.desk, by, v, t, queue)
	if err != nil {
		return err
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.SeeKeyPollers(v, queue, seen)
		return entry{facts: facts, records: []custody.Record{note(id, custody.PollersSeen, queue)}}, err
	})
	return err
}

package acts

import (
	"context"

	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/transfer"
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
	seen, err := r.polled(ctx, by, v, queue, key)
	if err != nil {
		return err
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.SeeKeyPollers(v, queue, seen)
		return entry{facts: facts, records: []custody.Record{note(id, custody.PollersSeen, queue)}}, err
	})
	return err
}

// polled are the identities that poll a task queue, seen with an API key.
func (r Rotations) polled(ctx context.Context, by Actor, v migration.View, queue, key string) ([]string, error) {
	t := doctor.Target{}
	if v.Namespace != nil {
		t = r.Target(v)
	}
	if err := withAPIKey(key, &t); err != nil {
		return nil, err
	}
	if err := r.admit(ctx, by, t.Address); err != nil {
		return nil, err
	}
	found, err := r.o.Transfers.Pollers(ctx, transfer.Request{Target: t, Template: v.Migration.Lang, Worker: "own", TaskQueue: queue})
	if err != nil {
		return nil, err
	}
	var who []string
	for _, p := range found {
		who = append(who, p.Identity)
	}
	return who, nil
}

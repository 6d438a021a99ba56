package acts

import (
	"context"

	"onramp/custody"
	"onramp/migration"
)

// SeePollers looks who polls a task queue, with a credential of the old method, and records that: where nobody can see what
// workers sign in with, it is the nearest to it. queue "" is that of the migration's language.
func (s Switches) SeePollers(ctx context.Context, by Actor, id, queue string, c Credentials) (err error) {
	defer unchanged(&err)
	v, err := s.View(ctx, id)
	if err != nil {
		return err
	}
	sw := migration.SwitchOf(v)
	if err := sw.GoesOn(); err != nil {
		return err
	}
	if queue == "" {
		queue = TaskQueue(v)
	}
	t, as, err := s.At(v, sw.Old.Auth)
	if err = join(err, checkQueue(queue)); err == nil {
		err = join(s.with(by, as, c, &t), readable(t))
	}
	if err != nil {
		return err
	}
	who, err := pollers(ctx, s.desk, by, v, t, queue)
	if err != nil {
		return err
	}
	_, err = s.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.SeeSwitchPollers(v, queue, who)
		return entry{facts: facts, records: []custody.Record{note(id, custody.PollersSeen, queue)}}, err
	})
	return err
}

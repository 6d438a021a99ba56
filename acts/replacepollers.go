package acts

import (
	"context"

	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/transfer"
)

// SeePollers looks who polls a task queue, with the lent key, and records that: where client certificates cannot be
// seen, it is the nearest to it. queue "" is that of the migration's language.
func (r Replacements) SeePollers(ctx context.Context, by Actor, id, queue string) (err error) {
	defer unchanged(&err)
	v, err := r.View(ctx, id)
	if err != nil {
		return err
	}
	t := r.Target(v)
	lent, ok := r.lent(successor(by, id))
	if !ok {
		lent, ok = r.lent(client(by, id))
	}
	if !v.Replacement().Open() || !ok {
		return fault.New(fault.Conflict, "Onramp cannot look at the task queue now", "Let Onramp use a client key first, on the page of step 2.")
	}
	t.CertPEM, t.KeyPEM = lent.CertPEM, lent.KeyPEM.Reveal()
	if queue == "" {
		queue = TaskQueue(v)
	}
	if err := checkQueue(queue); err != nil {
		return err
	}
	who, err := pollers(ctx, r.desk, by, v, t, queue)
	if err != nil {
		return err
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.SeePollers(queue, who)
		return entry{facts: facts, records: []custody.Record{note(id, custody.PollersSeen, queue)}}, err
	})
	return err
}

// pollers are the identities that poll a task queue of a migration's namespace, seen through t.
func pollers(ctx context.Context, d *desk, by Actor, v migration.View, t doctor.Target, queue string) (who []string, err error) {
	if err := d.admit(ctx, by, t.Address); err != nil {
		return nil, err
	}
	found, err := d.o.Transfers.Pollers(ctx, transfer.Request{Target: t, Template: v.Migration.Lang, Worker: "own", TaskQueue: queue})
	for _, p := range found {
		who = append(who, p.Identity)
	}
	return who, err
}

// TaskQueue is the task queue of the migration's language.
func TaskQueue(v migration.View) string {
	p, _ := transfer.LookupProfile(v.Migration.Lang)
	return p.TaskQueue
}

// maxQueueName is how long the name of a task queue may be, in bytes: Temporal's own limit.
const maxQueueName = 1000

// checkQueue refuses the name of a task queue that Temporal would refuse: an Invalid fault of field task_queue.
func checkQueue(queue string) error {
	if len(queue) > maxQueueName {
		return fault.New(fault.Invalid, "The task queue's name is too long", "Temporal takes at most 1000 bytes.").In("task_queue")
	}
	return nil
}

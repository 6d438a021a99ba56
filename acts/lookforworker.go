package acts

import (
	"context"
	"slices"

	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
	"onramp/transfer"
)

// Worker is what a look at a task queue saw.
type Worker struct {
	Queue   string
	Pollers []transfer.Poller // the one seen last first; Onramp's own are left out
	Ours    bool              // Onramp's own worker polls it too, or alone
	Looks   transfer.Detected // what kind of worker it looks like
	Near    transfer.Detected // nobody polls: who polls a queue of a name that is nearly the same
}

// LookForWorker looks who polls a task queue ("" is that of the migration's language), with the lent key or the one
// that is given, and writes a worker down that it sees: that is what step code asks for. Onramp's own workers do not
// count. A Conflict fault when there is no way to look; where several people share Onramp, reach.Gate's too.
func (c Checks) LookForWorker(ctx context.Context, by Actor, id, queue string, creds Credentials) (Worker, error) {
	v, err := c.View(ctx, id)
	if err == nil && v.Namespace != nil {
		err = c.admit(ctx, by, c.Target(v).Address)
	}
	if err != nil {
		unchanged(&err)
		return Worker{}, err
	}
	return c.look(ctx, by, id, queue, creds)
}

// look is LookForWorker, not counted: a person asked once for all that follow.
func (c Checks) look(ctx context.Context, by Actor, id, queue string, creds Credentials) (seen Worker, err error) {
	defer unchanged(&err)
	v, err := c.View(ctx, id)
	if err != nil {
		return seen, err
	}
	if seen.Queue = queue; queue == "" {
		seen.Queue = TaskQueue(v)
	}
	if err := checkQueue(seen.Queue); err != nil {
		return seen, err
	}
	if v.Namespace == nil {
		return seen, noNamespace()
	}
	req := transfer.Request{Target: c.Target(v), Template: v.Migration.Lang, Worker: "own", TaskQueue: seen.Queue}
	if err := c.with(by, v, creds, &req.Target); err != nil {
		return seen, err
	}
	all, err := c.o.Transfers.Pollers(ctx, req)
	if err != nil {
		return seen, err
	}
	for _, p := range all {
		if transfer.OwnWorker(p.Identity) || p.Identity == cloud.PracticeWorker {
			seen.Ours = true
		} else {
			seen.Pollers = append(seen.Pollers, p)
		}
	}
	if len(seen.Pollers) == 0 {
		seen.Near = c.detect(ctx, req, "")
		return seen, nil
	}
	seen.Looks = c.detect(ctx, req, seen.Queue)
	slices.SortFunc(seen.Pollers, func(a, b transfer.Poller) int { return b.LastAccess.Compare(a.LastAccess) })
	_, err = c.write(ctx, by, id, func(v migration.View) (entry, error) {
		return entry{facts: v.SetPoller(migration.PollerData{TaskQueue: seen.Queue, Identity: seen.Pollers[0].Identity}),
			records: []custody.Record{note(id, custody.WorkerSeen, seen.Queue)}}, nil
	})
	return seen, err
}

// detect tells what kind of worker polls a task queue, or one of the templates' where it is "". What cannot be told is
// only not shown.
func (d *desk) detect(ctx context.Context, req transfer.Request, queue string) transfer.Detected {
	found, err := d.o.Transfers.Detect(ctx, transfer.Request{Target: req.Target, Worker: "own", TaskQueue: queue})
	if err != nil {
		d.o.Log.Debug("what kind of worker polls could not be told", "err", err)
	}
	return found
}

// CanLook reports whether a worker can be looked for without anything being given: there is a place to look, and a
// lent key to enter with.
func (c Checks) CanLook(by Actor, v migration.View) bool {
	_, lent := c.lent(client(by, v.Migration.ID))
	return lent && v.Namespace != nil && v.Migration.Auth != cloud.AuthAPIKey
}

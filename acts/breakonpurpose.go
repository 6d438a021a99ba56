package acts

import (
	"context"
	"slices"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// Break turns a switch of a migration's namespace on and starts the check that must name it. started is false where
// that needs a key that nobody lent. A Denied fault where another team uses the namespace too.
func (r Rehearsal) Break(ctx context.Context, by Actor, id, breakID string) (run runs.Run, started bool, err error) {
	defer unchanged(&err)
	place, err := r.Ready(ctx)
	if err != nil {
		return run, false, err
	}
	v, err := r.View(ctx, id)
	if err != nil {
		return run, false, err
	}
	if !r.CanPractise(v) {
		return run, false, fault.New(fault.Conflict, "Faults cannot be switched on for this migration", "Choose a rehearsal with a namespace and client certificates, or make a practice migration.")
	}
	ns, _ := r.Space(v)
	letGo, err := r.holdSpace(ctx, by, ns.String())
	if err != nil {
		return run, false, err
	}
	defer letGo()
	was := slices.Contains(place.Breaks.Broken()[ns.String()], breakID)
	if err := place.Breaks.SetBreak(ctx, ns, breakID, true); err != nil {
		return run, false, err
	}
	if err := r.record(ctx, by, note(id, custody.Broken, breakID)); err != nil {
		var e error
		if !was {
			e = place.Breaks.SetBreak(context.WithoutCancel(ctx), ns, breakID, false)
		}
		return run, false, left(err, e, "The switch is on.")
	}
	letGo()
	run, started, err = r.checkBroken(ctx, by, v, place.Breaks.Broken()[ns.String()])
	if err != nil { // the switch is on all the same, and its page says so
		r.o.Log.Warn("no check was started for a switch", "migration", id, "cause", err)
	}
	return run, started, nil
}

// checkBroken starts the check of a rehearsal whose switches on are given; false where it needs a key that nobody lent.
func (r Rehearsal) checkBroken(ctx context.Context, by Actor, v migration.View, on []string) (runs.Run, bool, error) {
	past, err := r.o.Runs.Rows(ctx, v.Migration.ID, migration.CheckRun, 30)
	if err != nil {
		return runs.Run{}, false, err
	}
	t, asked := r.Target(v), LastAsked(past) // what the reader asked for is asked again
	t.TaskQueue = asked.TaskQueue
	if asked.LocalAddress != "" {
		if address, err := r.near(ctx, asked.LocalAddress); err == nil {
			t.LocalAddress, t.LocalNamespace = address, asked.LocalNamespace
		}
	}
	lent := r.lend(by, v, &t)
	if len(on) > 0 && !lent {
		if first, _ := cloud.LookupBreak(on[0]); first.NeedsKey {
			return runs.Run{}, false, nil
		}
	}
	broken, err := r.bend(v, &t)
	if err != nil {
		return runs.Run{}, false, err
	}
	run, err := r.check(ctx, by, v, t, broken)
	return run, err == nil, err
}

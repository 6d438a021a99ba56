package acts

import (
	"context"
	"slices"
	"strings"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/runs"
)

// Now makes a rehearsal with everything chosen but how its workers sign in: the shortest way to see it all.
func (r Rehearsal) Now(ctx context.Context, by Actor, auth string) (m migration.Migration, err error) {
	defer unchanged(&err)
	if no := r.NoRehearsal(); no != "" {
		return m, fault.New(fault.Unavailable, "There is no rehearsal cloud here", no)
	}
	return Migrations(r).CreateNamed(ctx, by, "Money transfer rehearsal", "python", migration.Rehearsal, auth)
}

// Practise makes a migration to practise on, with all that a check needs; or for one that is there ("" for none), new
// certificates whose CA joins those in the namespace. set is what certificates are asked for. It returns the migration
// as it is then.
func (r Rehearsal) Practise(ctx context.Context, by Actor, id string, set func(migration.View) certsvc.SetRequest) (v migration.View, err error) {
	place, err := r.Ready(ctx)
	if err != nil {
		return v, fault.Unchanged(err)
	}
	if id == "" {
		if v, err = r.newPractice(ctx, by); err != nil {
			return v, err
		}
		defer func() {
			if err != nil { // a half-made practice is of no use to anybody
				err = Migrations(r).back(ctx, by, v.Migration, err)
			}
		}()
	} else {
		defer unchanged(&err)
		v, err = r.View(ctx, id)
		if err == nil && !r.CanPractise(v) {
			err = fault.New(fault.Conflict, "This migration is no rehearsal with client certificates", "Make a practice migration.")
		}
		if err == nil && len(place.Breaks.Broken()[v.Namespace.Namespace]) > 0 { // its bundle may not be its own now
			err = fault.New(fault.Conflict, "This rehearsal is broken on purpose", "Turn its switches off first.")
		}
		if err != nil {
			return v, err
		}
	}
	made, err := r.makeSet(by, v, IssueSet{Lane: MakerServer, Set: set(v), Lend: true})
	if err != nil {
		return v, err
	}
	defer made.close()
	change, err := r.changeBundle(ctx, v, func(ns cloud.Namespace, _ cloud.Callers) ([]byte, error) {
		return []byte(made.data.CAPEM + ns.BundlePEM), nil
	})
	if err != nil {
		return v, err
	}
	m := v.Migration.ID
	after, err := r.write(ctx, by, m, func(v migration.View) (entry, error) {
		facts, err := v.SetCertificate(made.data)
		if err != nil {
			return entry{}, err
		}
		then := migration.Derive(v.Migration, append(v.Facts[:len(v.Facts):len(v.Facts)], facts...), nil, r.now())
		saved, err := r.saved(ctx, change.after, then)
		return entry{facts: append(facts, saved...), records: custody.SignedRecords(r.now(), m, MakerServer, made.data.CAFingerprint, made.signed...)}, err
	})
	if err := change.undo(ctx, err); err != nil {
		return v, err
	}
	made.publish()
	r.o.CertificatesChanged()
	return after, nil
}

// back deletes a migration that was made on the way to what failed. The audit has its lines.
func (m Migrations) back(ctx context.Context, by Actor, made migration.Migration, err error) error {
	e := m.Delete(context.WithoutCancel(ctx), by, made.ID, made.Name)
	f := *fault.From(err)
	f.Unchanged = false // of one step on the way
	return left(&f, e, "The migration "+made.Name+" was made; delete it.")
}

// newPractice makes a rehearsal of its own with a namespace that nobody else has.
func (r Rehearsal) newPractice(ctx context.Context, by Actor) (migration.View, error) {
	moves := Migrations(r)
	m, err := moves.CreateNamed(ctx, by, "Practice", "python", migration.Rehearsal, cloud.AuthMTLS)
	if err != nil {
		return migration.View{}, err
	}
	id, err := moves.FreeNamespace(ctx, migration.View{Migration: m})
	if err != nil {
		return migration.View{}, moves.back(ctx, by, m, err)
	}
	v, err := moves.SetNamespace(ctx, by, m.ID, id.String(), "")
	if err != nil {
		return migration.View{}, moves.back(ctx, by, m, err)
	}
	return v, nil
}

// Break turns a switch of a migration's namespace on and starts the check that must name it. started is false where
// that needs a key that nobody lent.
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
		return run, false, fault.New(fault.Conflict, "This migration cannot be broken on purpose", "Choose a rehearsal with a namespace and client certificates, or make a practice migration.")
	}
	ns, _ := r.Space(v)
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
	if err := r.bend(v, &t); err != nil {
		return runs.Run{}, false, err
	}
	run, err := r.check(ctx, by, v, t)
	return run, err == nil, err
}

// Mend turns a switch of a namespace off, or all of them ("").
func (r Rehearsal) Mend(ctx context.Context, by Actor, pasted, breakID string) (err error) {
	defer unchanged(&err)
	place, err := r.Ready(ctx)
	if err != nil {
		return err
	}
	id, _, err := namespace.ParseID(pasted)
	if err != nil {
		return err
	}
	ids := []string{breakID}
	if breakID == "" {
		ids = place.Breaks.Broken()[id.String()]
	}
	if err := r.record(ctx, by, note("", custody.Mended, strings.TrimSpace(id.String()+" "+breakID))); err != nil {
		return err
	}
	for _, b := range ids {
		if err := place.Breaks.SetBreak(ctx, id, b, false); err != nil {
			return wasRecorded(err)
		}
	}
	return nil
}

// Reset empties the rehearsal cloud: every namespace and workflow. It is recorded before it is done.
func (r Rehearsal) Reset(ctx context.Context, by Actor) (err error) {
	defer unchanged(&err)
	place, err := r.Ready(ctx)
	if err != nil {
		return err
	}
	if err := r.record(ctx, by, note("", custody.Reset, "")); err != nil {
		return err
	}
	return wasRecorded(place.Own.Reset(ctx))
}

package acts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"onramp/cloud"
	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// StartMany checks many migrations in the background, a few at a time, and returns at once. Each is checked with the key
// that the actor lent for it, as a run of its own; without one as far as a client without a certificate gets, which is
// no run and no evidence. In a portal that is shared each waits until it may be dialled (reach.Gate.Wait). Faults: Invalid
// with none or more than runs.MaxBulk, TooMany while the actor has others under way.
func (c Checks) StartMany(ctx context.Context, by Actor, ids []string) (bulk runs.Bulk, err error) {
	defer unchanged(&err)
	list, err := c.boards.ByID(ctx, ids)
	switch {
	case err != nil:
		return bulk, err
	case len(list) == 0:
		return bulk, fault.New(fault.Invalid, "Nothing is chosen", "Choose the migrations to check.").In("m")
	case len(list) > runs.MaxBulk:
		return bulk, fault.New(fault.Invalid, fmt.Sprintf("%d migrations are too many at once", len(list)), fmt.Sprintf("Choose %d at most.", runs.MaxBulk)).In("m")
	}
	if c.o.Gate != nil {
		if err := c.o.Gate.AdmitPerson(by.Person); err != nil {
			return bulk, err
		}
	}
	bulk.Person, bulk.By = by.Person, by.Name
	for _, m := range list {
		bulk.Rows = append(bulk.Rows, runs.BulkRow{MigrationID: m.ID})
	}
	teams, everything := migration.Teams(ctx)
	return c.bulks.Begin(ctx, bulk, func(ctx context.Context, r runs.BulkRow, said func(runs.BulkRow)) runs.BulkRow {
		if !everything {
			ctx = migration.Within(ctx, teams)
		}
		return oneOfMany(ctx, c.desk, by, r, said)
	}, func(ctx context.Context, b runs.Bulk) error {
		records := c.stamped(by, note("", custody.CheckedMany, fmt.Sprintf("%s: %d migrations", b.ID, len(b.Rows))))
		return custody.Surely(ctx, c.store, records, func(rs []custody.Record) error { return c.boards.AddBulk(ctx, b, rs...) })
	})
}

// oneOfMany checks one migration.
func oneOfMany(ctx context.Context, c *desk, by Actor, r runs.BulkRow, said func(runs.BulkRow)) runs.BulkRow {
	end := func(state runs.RowState, title string) runs.BulkRow {
		r.State, r.Title = state, title
		return r
	}
	stopped := func(err error) runs.BulkRow {
		f := fault.From(err)
		switch {
		case ctx.Err() != nil:
			return end(runs.RowCanceled, "")
		case f.Kind == fault.Denied:
			return end(runs.RowRefused, sentence(f))
		}
		return end(runs.RowLeft, sentence(f))
	}
	v, err := c.View(ctx, r.MigrationID)
	if err != nil {
		return stopped(err)
	}
	if v.Namespace == nil {
		return end(runs.RowLeft, "There is no namespace to check yet")
	}
	if err := c.Reach(ctx, v); err != nil {
		return stopped(err)
	}
	t := c.Target(v)
	if c.o.Gate != nil {
		if err := c.o.Gate.Wait(ctx, by.Person, t.Address); err != nil {
			return stopped(err)
		}
	}
	if v.Migration.Auth == cloud.AuthAPIKey || !c.lend(by, v, &t) {
		return withoutKey(ctx, c, v, t, r)
	}
	broken, err := c.bend(v, &t)
	if err != nil {
		return stopped(err)
	}
	run, err := checkAdmitted(ctx, c, by, v, t, broken)
	if err != nil {
		return stopped(err)
	}
	r.RunID = run.ID
	said(r)
	leave := context.AfterFunc(ctx, func() { _ = c.o.Runs.Stop(context.WithoutCancel(ctx), v.Migration.ID, run.ID) })
	defer leave()
	for _, err := range c.o.Runs.Follow(context.WithoutCancel(ctx), run.ID, 0) {
		if err != nil {
			break
		}
	}
	run, err = c.o.Runs.Run(context.WithoutCancel(ctx), v.Migration.ID, run.ID)
	switch {
	case err != nil:
		return stopped(err)
	case run.State == migration.RunPassed:
		return end(runs.RowPassed, run.Title)
	case run.State == migration.RunFailed:
		return end(runs.RowFailed, run.Title)
	}
	return end(runs.RowCanceled, run.Title)
}

// publicStages are those of a check that need no key.
var publicStages = []string{"input", "dns", "tcp", "tls"}

// withoutKey checks as far as the server's own TLS, and says why no further.
func withoutKey(ctx context.Context, c *desk, v migration.View, t doctor.Target, r runs.BulkRow) runs.BulkRow {
	why := "nobody who asked lent the key"
	if v.Migration.Auth == cloud.AuthAPIKey {
		why = "it takes an API key, which Onramp never stores"
	}
	rep := c.o.Checker.Run(ctx, t, nil)
	if ctx.Err() != nil {
		r.State = runs.RowCanceled
		return r
	}
	passed := 0
	for _, st := range rep.Stages {
		if slices.Contains(publicStages, st.ID) {
			if st.Status == doctor.Fail {
				r.State, r.Title = runs.RowFailed, rep.Verdict.Title
				return r
			}
			if st.Status == doctor.Pass || st.Status == doctor.Warn {
				passed++
			}
		}
	}
	if passed < len(publicStages) {
		r.State, r.Title = runs.RowLeft, strings.TrimSpace(rep.Verdict.Title)
		return r
	}
	r.State, r.Title = runs.RowReached, "The server answers with a good certificate. Not signed in: "+why
	return r
}

// sentence is a fault on one line: what is wrong, why, and what to do.
func sentence(f *fault.Fault) string {
	var parts []string
	for _, s := range []string{f.Title, f.Cause, f.Fix} {
		if s = strings.TrimSuffix(strings.TrimSpace(s), "."); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ". ")
}

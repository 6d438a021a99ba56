package acts

import (
	"context"
	"fmt"

	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// working is a Conflict fault while a transfer or a drill of Onramp's own goes on in a migration, of those that fits names: it
// would fail, and calls of Onramp's own are not among those that are seen. What only follows a workflow is let go. what says
// what the run does: "still uses the old client certificate".
func working(ctx context.Context, d *desk, what string, v migration.View, fits func(runs.Row) bool) error {
	rows, err := underWay(ctx, d, v.Migration.ID, migration.TransferRun, migration.DrillRun)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if follows(d, row) || !fits(row) {
			continue
		}
		f := fault.New(fault.Conflict, fmt.Sprintf("Onramp’s own %s %s", row.Kind.Numbered(row.Number), what), "Wait until it has ended, or stop it on its page.")
		f.NotWrong, f.Who = "Every caller keeps working.", migration.WhoDeveloper
		return f
	}
	return nil
}

// workingIn is working for every migration of the namespace that a rehearsal has, of those that sign in with a method.
func workingIn(ctx context.Context, d *desk, what string, v migration.View, auth string) error {
	views, err := d.InNamespace(ctx, migration.Rehearsal, namespaceOf(v))
	if err != nil {
		return err
	}
	for _, x := range views {
		if x.Migration.Auth != auth {
			continue
		}
		does := what
		if x.Migration.ID != v.Migration.ID {
			does = "of “" + x.Migration.Name + "” " + what
		}
		if err := working(ctx, d, does, x, func(runs.Row) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

// follows reports whether a run under way in this process does no work of its own.
func follows(d *desk, row runs.Row) bool {
	work, _ := d.o.Runs.Under(row.ID)
	t, ok := work.(runs.Transfer)
	return ok && t.OnlyFollows()
}

// underWay are the runs of some kinds that a migration has under way, in any process.
func underWay(ctx context.Context, d *desk, id string, kinds ...migration.RunKind) (out []runs.Row, err error) {
	for _, kind := range kinds {
		rows, err := d.o.Runs.Rows(ctx, id, kind, runs.UnderWay)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

package store

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/expiry"
	"onramp/migration"
	"onramp/runs"
)

// TestNoCountOfNothing: each table of counts says what counting says, and when the last of a kind is gone no row of 0
// stays behind, however it went.
func TestNoCountOfNothing(t *testing.T) {
	d, ctx := open(t), t.Context()
	check := func(what string) {
		t.Helper()
		for counts, counted := range map[string]string{
			"SELECT team_id, away, mode, turn || who || failing, n FROM migration_counts": "SELECT team_id, away, mode, turn || who || failing, COUNT(*) FROM migrations GROUP BY 1, 2, 3, 4",
			"SELECT team_id, day, '', '', n FROM migration_ends":                          "SELECT team_id, expires / 86400000000000, '', '', COUNT(*) FROM migrations WHERE archived = 0 AND expires <> 0 GROUP BY 1, 2",
			"SELECT kind, state, '', '', n FROM run_counts":                               "SELECT kind, state, '', '', COUNT(*) FROM runs GROUP BY kind, state",
			"SELECT team_id, day, mode, active, n FROM ending_days":                       "SELECT team_id, at / 86400000000000, mode, active, COUNT(*) FROM endings GROUP BY 1, 2, 3, 4",
		} {
			read := func(query string) []string {
				return must(all(ctx, d, func(row scanner) (string, error) {
					var cells [5]any
					err := row.Scan(&cells[0], &cells[1], &cells[2], &cells[3], &cells[4])
					return fmt.Sprint(cells), err
				}, query+" ORDER BY 1, 2, 3, 4"))(t)
			}
			same(t, what+": "+counts, read(counts), read(counted))
		}
	}
	derived := func(id string, turn migration.Turn, days ...int) {
		t.Helper()
		x := expiry.Derived{Migration: must(d.Migration(ctx, id))(t), Summary: migration.Summary{Turn: turn}}
		if turn != migration.TurnDone {
			x.Whose.Who = migration.WhoDeveloper
		}
		for _, n := range days {
			x.Expires = start.Add(time.Duration(n) * 24 * time.Hour)
			x.Endings = append(x.Endings, expiry.Ending{Migration: id, Certificate: fmt.Sprint(n), Expiry: certsvc.Expiry{At: start.Add(time.Duration(n) * 24 * time.Hour)}})
		}
		if err := d.SaveDerived(ctx, []expiry.Derived{x}); err != nil {
			t.Fatal(err)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	addAll(t, d, "a", "b")
	check("two were added")
	derived("a", migration.TurnYours, 3, 3, 9)
	derived("b", migration.TurnDone, 3)
	check("derived")
	derived("a", migration.TurnWaiting, 12)
	check("derived again")
	away := must(d.Migration(ctx, "a"))(t)
	away.Archived = start
	do(d.ChangeMigration(ctx, away))
	check("put away")
	r := startRun(t, d, sampleRun("r", "a", migration.CheckRun))
	check("a run is under way")
	r.State = migration.RunPassed
	do(d.EndRun(ctx, r, runs.Entry{Kind: runs.EntryEnd, Data: json.RawMessage(`{}`)}, nil))
	check("it has ended")
	do(d.DeleteMigration(ctx, "a"))
	check("deleted")
	do(d.DeleteMigration(ctx, "b"))
	check("both deleted")
}

package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onramp/custody"
	"onramp/expiry"
	"onramp/fault"
	"onramp/migration"
	"onramp/notices"
	"onramp/runs"
	"onramp/store"
)

// TestDeletion: a migration goes with all that is its own, the audit stays, and nothing else may delete what was
// observed.
func TestDeletion(t *testing.T) {
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "data")
	d, err := store.Open(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	for _, id := range []string{"goes", "stays"} {
		m := migration.Migration{ID: id, Name: id, Mode: migration.Cloud, Created: now, Version: 1}
		must(d.AddMigration(ctx, m, custody.Record{At: now, Migration: id, Verb: custody.Created}))
		_, err := d.Record(ctx, []migration.Fact{{MigrationID: id, Kind: migration.FactNote, Data: []byte(`{}`), At: now}}, nil)
		must(err)
		_, err = store.Handoffs{DB: d}.RecordHandoff(ctx, migration.HandoffLink{Hash: "hash of " + id, Migration: id, Number: 1}, nil, nil)
		must(err)
		r, err := d.AddRun(ctx, runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: "run-" + id, MigrationID: id, Kind: migration.CheckRun, State: migration.RunRunning, Started: now}}})
		must(err)
		_, err = d.AddEntries(ctx, r.ID, []runs.Entry{{Kind: runs.EntryStage, At: now, Data: []byte(`{}`)}})
		must(err)
		must(store.NewNotices(d).Tell(ctx, notices.Event{Kind: notices.Expiring, Migration: id, About: "c", Rung: 5, At: now}))
		m, err = d.Migration(ctx, id)
		must(err)
		must(d.SaveDerived(ctx, []expiry.Derived{{Migration: m, Summary: migration.Summary{Turn: migration.TurnYours, Failing: true}, Endings: []expiry.Ending{{Migration: id, Certificate: "c"}}}}))
	}
	if err := d.DeleteMigration(ctx, "goes"); !fault.Is(err, fault.Conflict) {
		t.Fatalf("with a run under way: %v", err)
	}
	r, err := d.Run(ctx, "run-goes")
	must(err)
	r.State, r.Ended = migration.RunPassed, now
	must(d.EndRun(ctx, r, runs.Entry{Kind: runs.EntryEnd, At: now, Data: []byte(`{}`)}, nil))

	// Nothing but the deletion deletes, not even on the file itself.
	file, err := sql.Open("sqlite", "file:"+filepath.Join(dir, store.File)+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	must(err)
	defer file.Close()
	for _, table := range []string{"facts", "runs", "entries", "audit"} {
		if _, err := file.ExecContext(ctx, "DELETE FROM "+table); err == nil || !strings.Contains(err.Error(), "append-only") && !strings.Contains(err.Error(), "kept") {
			t.Errorf("rows of %s can be deleted: %v", table, err)
		}
	}
	must(d.DeleteMigration(ctx, "goes", custody.Record{At: now, Migration: "goes", Verb: custody.Deleted}))
	count := func(table, where string) (n int) {
		t.Helper()
		must(file.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table+" WHERE "+where).Scan(&n))
		return n
	}
	for table, where := range map[string]string{"migrations": "id = 'goes'", "facts": "migration_id = 'goes'", "runs": "migration_id = 'goes'", "entries": "run_id = 'run-goes'", "notices": "migration_id = 'goes'", "handoffs": "migration_id = 'goes'", "endings": "migration_id = 'goes'"} {
		if n := count(table, where); n != 0 {
			t.Errorf("%s: %d rows are left", table, n)
		}
		if n := count(table, strings.ReplaceAll(where, "goes", "stays")); n == 0 {
			t.Errorf("%s: those of another migration are gone", table)
		}
	}
	if n := count("audit", "migration_id = 'goes'"); n != 2 {
		t.Errorf("the audit has %d lines of it, want 2", n)
	}
	counts, err := d.Counts(ctx, "")
	must(err)
	if counts.Of(migration.All, "") != 1 || counts.Of(migration.Troubled, migration.Cloud) != 1 {
		t.Errorf("%+v", counts)
	}
	ended, err := d.EndingsBefore(ctx, []time.Time{{}})
	must(err)
	if ended[0].All() != 1 {
		t.Errorf("%d endings are counted", ended[0].All())
	}
	kinds, err := d.CountRuns(ctx)
	must(err)
	if kinds[runs.Count{Kind: migration.CheckRun, State: migration.RunPassed}] != 0 || kinds[runs.Count{Kind: migration.CheckRun, State: migration.RunRunning}] != 1 {
		t.Errorf("%v", kinds)
	}
	for what, err := range map[string]error{"look": second(d.Migration(ctx, "goes")), "facts": second(d.Facts(ctx, "goes")), "run": second(d.Run(ctx, "run-goes")),
		"delete again": d.DeleteMigration(ctx, "goes"),
		"write":        second(d.Record(ctx, []migration.Fact{{MigrationID: "goes", Kind: migration.FactNote, Data: []byte(`{}`)}}, nil)),
		"begin a run":  second(d.AddRun(ctx, runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: "x", MigrationID: "goes", Kind: migration.CheckRun}}}))} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s afterwards: %v", what, err)
		}
	}
	// Its ID stays taken, for the audit of it stays.
	again := migration.Migration{ID: "goes", Name: "another", Mode: migration.Cloud, Created: now, Version: 1, Team: "t-other"}
	boards := store.NewBoards(d)
	for what, err := range map[string]error{"made": d.AddMigration(ctx, again), "imported": boards.AddMigrations(ctx, []migration.Made{{Migration: again}})} {
		if f := fault.From(err); f == nil || f.Kind != fault.Conflict || f.Field != "id" {
			t.Errorf("%s with the ID of a deleted one: %v", what, err)
		}
	}
	used, err := boards.Taken(ctx, []string{"goes", "stays", "free"})
	must(err)
	if !used["goes"] || !used["stays"] || len(used) != 2 {
		t.Errorf("taken: %v", used)
	}
}

func second[T any](_ T, err error) error { return err }

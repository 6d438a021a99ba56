package store

import (
	"path/filepath"
	"testing"

	"onramp/migration"
	"onramp/runs"
)

// BenchmarkAddEntry is one durable line of a run's log.
func BenchmarkAddEntry(b *testing.B) {
	d, err := Open(b.Context(), filepath.Join(b.TempDir(), "data"), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := d.AddMigration(b.Context(), migration.Migration{ID: "a"}); err != nil {
		b.Fatal(err)
	}
	if _, err := d.AddRun(b.Context(), runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: "r", MigrationID: "a", Kind: migration.CheckRun, State: migration.RunRunning}}}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := addEntry(b.Context(), d, runs.Entry{RunID: "r", Kind: runs.EntryStage, Data: []byte(`{"id":"dns","status":"pass"}`)}); err != nil {
			b.Fatal(err)
		}
	}
}

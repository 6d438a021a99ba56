package store

import (
	"strings"
	"testing"

	"onramp/custody"
	"onramp/migration"
)

// TestPlans: what pages ask about past runs and acts, and acts about a namespace, is found by an index. Nothing is
// sorted, and no table is read as a whole: the past only grows.
func TestPlans(t *testing.T) {
	d := open(t)
	ofVerb, verbArgs := recordsQuery(t.Context(), custody.Query{Verb: custody.Signed})
	ofMove, moveArgs := recordsQuery(t.Context(), custody.Query{Migration: "a", Verb: custody.Signed})
	about, aboutArgs := aboutQuery(migration.Within(t.Context(), []string{"default"}), migration.Rehearsal, []string{"a.b1c2d"})
	rows := "SELECT " + rowColumns + " FROM runs WHERE migration_id = ? AND kind = ? ORDER BY number DESC LIMIT ?"
	for _, tt := range []struct {
		name, query string
		args        []any
		with        string
	}{
		{"the last outcomes of a migration", outcomesQuery(), []any{"a", "h"}, "runs_last"},
		{"those of several", outcomesOfQuery(), []any{`{"a":"h"}`}, "runs_last"},
		{"the newest runs", rows, []any{"a", "check", 30}, "sqlite_autoindex_runs_2"},
		{"who is about a namespace and has changed", staleInQuery, []any{"rehearsal", "k", "n"}, "migrations_stale"},
		{"migrations of some words", findNamedQuery, []any{`"pay"*`, 9}, "sqlite_autoindex_migrations_1"},
		{"runs with a number", "SELECT * FROM (" + findRuns("number = ? AND kind = ? ORDER BY nr DESC LIMIT ?") + ")", []any{3, "check", 9}, "runs_number"},
		{"acts of one kind", ofVerb, verbArgs, "audit_verbs"},
		{"whether an ID is taken", addMigrationQuery, []any{"a", "A", "go", "cloud", "mtls", 1, 1, 0, "default"}, "audit_of"},
		{"which IDs are", takenQuery, []any{`["a"]`}, "audit_of"},
		{"which namespaces are a team's", about, aboutArgs, "migrations_in"},
		{"those of a migration", ofMove, moveArgs, "audit_"},
	} {
		steps := must(all(t.Context(), d, func(row scanner) (step string, err error) {
			var id, parent, unused int
			err = row.Scan(&id, &parent, &unused, &step)
			return step, err
		}, "EXPLAIN QUERY PLAN "+tt.query, tt.args...))(t)
		plan := strings.Join(steps, "\n")
		if strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN runs") || strings.Contains(plan, "SCAN audit") || !strings.Contains(plan, "INDEX "+tt.with) {
			t.Errorf("%s: want %s and nothing sorted:\n%s", tt.name, tt.with, plan)
		}
	}
}

package store

import (
	"context"
	"database/sql"
	"slices"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// AddMigrations adds migrations with their facts and the audit's records of them in one transaction: all or none. Conflict
// faults are those of AddMigration.
func (b Boards) AddMigrations(ctx context.Context, list []migration.Made, rs ...custody.Record) error {
	return b.d.write(ctx, func(tx *sql.Tx) error {
		names := map[string]map[string]string{} // by team and key: the ID
		for _, x := range list {
			m := x.Migration
			if names[team(m)] == nil {
				there, err := namesOf(ctx, tx, team(m))
				if err != nil {
					return err
				}
				names[team(m)] = there
			}
			key := migration.NameKey(m.Name)
			if names[team(m)][key] != "" {
				return fault.New(fault.Conflict, "There is a migration named "+printable(m.Name)+" meanwhile", "Look at the list again.").In("name")
			}
			names[team(m)][key] = m.ID
			if err := addRow(ctx, tx, m); err != nil {
				return err
			}
			if _, err := addFacts(ctx, tx, m.ID, x.Facts...); err != nil {
				return err
			}
		}
		return b.d.addRecords(ctx, tx, rs)
	})
}

// namesOf are the IDs of a team's migrations by their names' keys.
func namesOf(ctx context.Context, tx *sql.Tx, team string) (map[string]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, name FROM migrations WHERE team_id = ?", team)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		out[migration.NameKey(name)] = id
	}
	return out, rows.Err()
}

// OfTeams returns the migrations of some teams that who asks sees, archived ones too, in any order.
func (b Boards) OfTeams(ctx context.Context, teams []string) ([]migration.Migration, error) {
	where, args := within(ctx, "team_id IN (SELECT value FROM json_each(?))", "team_id", idList(teams))
	return all(ctx, b.d, scanMigration, "SELECT "+migrationColumns+" FROM migrations WHERE "+where, args...)
}

// About are those of some namespaces that migrations of a mode which who asks sees are about, archived ones too: once each.
func (b Boards) About(ctx context.Context, mode migration.Mode, namespaces []string) ([]string, error) {
	query, args := aboutQuery(ctx, mode, namespaces)
	return all(ctx, b.d, func(row scanner) (ns string, err error) { err = row.Scan(&ns); return ns, err }, query, args...)
}

func aboutQuery(ctx context.Context, mode migration.Mode, namespaces []string) (query string, args []any) {
	where, args := within(ctx, "namespace = asked.value AND +mode = ?", "+team_id", mode)
	return "SELECT asked.value FROM json_each(?) asked WHERE EXISTS (SELECT 1 FROM migrations WHERE " + where + ")", append([]any{idList(namespaces)}, args...)
}

const takenQuery = `SELECT asked.value FROM json_each(?) asked WHERE EXISTS (SELECT 1 FROM migrations WHERE migrations.id = asked.value)
	OR EXISTS (SELECT 1 FROM audit WHERE audit.migration_id = asked.value)`

// Taken are those of some IDs that migrations have, or had before they were deleted, whoever's they are.
func (b Boards) Taken(ctx context.Context, ids []string) (map[string]bool, error) {
	list, err := all(ctx, b.d, func(row scanner) (id string, err error) { err = row.Scan(&id); return id, err }, takenQuery, idList(ids))
	out := map[string]bool{}
	for _, id := range list {
		out[id] = true
	}
	return out, err
}

// ByID returns those of some migrations that who asks sees, each once, in the order given.
func (b Boards) ByID(ctx context.Context, ids []string) ([]migration.Migration, error) {
	where, args := within(ctx, "id IN (SELECT value FROM json_each(?))", "team_id", idList(ids))
	list, err := all(ctx, b.d, scanMigration, "SELECT "+migrationColumns+" FROM migrations WHERE "+where, args...)
	at := map[string]int{}
	for i, id := range ids {
		if _, twice := at[id]; !twice {
			at[id] = i
		}
	}
	slices.SortFunc(list, func(x, y migration.Migration) int { return at[x.ID] - at[y.ID] })
	return list, err
}

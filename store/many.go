package store

import (
	"context"
	"database/sql"

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
			_, err := tx.ExecContext(ctx, "INSERT INTO migrations ("+migrationColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
				m.ID, m.Name, m.Lang, m.Mode, m.Auth, nanos(m.Created), m.Version, nanos(m.Archived), team(m))
			if taken(err) {
				return fault.Wrap(err, fault.Conflict, "The ID is taken", "Choose another name.").In("id")
			}
			if err != nil {
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

// Taken are those of some IDs that migrations have, whoever's they are.
func (b Boards) Taken(ctx context.Context, ids []string) (map[string]bool, error) {
	list, err := all(ctx, b.d, func(row scanner) (id string, err error) { err = row.Scan(&id); return id, err }, "SELECT id FROM migrations WHERE id IN (SELECT value FROM json_each(?))", idList(ids))
	out := map[string]bool{}
	for _, id := range list {
		out[id] = true
	}
	return out, err
}

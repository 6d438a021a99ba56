package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(...any) error }

// queryer is a *sql.DB or *sql.Tx.
type queryer interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

// nanos is how a time is stored; 0 is the zero time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// raw is how JSON is read; "" is none.
func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// all reads every row of a query.
func all[T any](ctx context.Context, d *DB, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	defer timed(d, query)()
	out, err := readAll(ctx, d.reader, scan, query, args...)
	return out, d.report(ctx, err)
}

// readAll reads all rows, from a transaction too.
func readAll[T any](ctx context.Context, q queryer, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// one reads a row; missing when there is none.
func one[T any](ctx context.Context, d *DB, missing error, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	defer timed(d, query)()
	v, err := scan(d.reader.QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		err = missing
	}
	return v, d.report(ctx, err)
}

func noMigration(id string) error {
	f := fault.New(fault.NotFound, "There is no such migration", "Choose one from the list of migrations.")
	f.Cause = "No migration has the ID " + printable(id) + "."
	return f
}

// printable is an id as it may stand in a message.
func printable(id string) string {
	if len(id) > 80 {
		id = id[:80]
	}
	text, _ := json.Marshal(id)
	return string(text)
}

// known reports a migration that is not there.
func known(ctx context.Context, q queryer, id string) error {
	var n int
	err := q.QueryRowContext(ctx, "SELECT 1 FROM migrations WHERE id = ?", id).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return noMigration(id)
	}
	return err
}

const migrationColumns = "id, name, lang, mode, auth, created, version, archived, team_id"

func scanMigration(row scanner) (m migration.Migration, err error) {
	var created, archived int64
	err = row.Scan(&m.ID, &m.Name, &m.Lang, &m.Mode, &m.Auth, &created, &m.Version, &archived, &m.Team)
	m.Created, m.Archived = fromNanos(created), fromNanos(archived)
	return m, err
}

// AddMigration adds a migration with the audit's records of it in one transaction. A Conflict fault of field name when
// another has its name (migration.SameName), of field id when its ID is taken: by a migration, or by one that was deleted
// and whose audit stays.
func (d *DB) AddMigration(ctx context.Context, m migration.Migration, rs ...custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		if err := nameFree(ctx, tx, m); err != nil {
			return err
		}
		if err := addRow(ctx, tx, m); err != nil {
			return err
		}
		return d.addRecords(ctx, tx, rs)
	})
}

// addMigrationQuery adds none whose ID the audit knows: who may read a migration may read the audit of its ID.
const addMigrationQuery = "INSERT INTO migrations (" + migrationColumns + ") SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE NOT EXISTS (SELECT 1 FROM audit WHERE migration_id = ?1)"

// addRow adds the row of a migration, before its first records of the audit. A Conflict fault of field id when its ID is taken.
func addRow(ctx context.Context, tx *sql.Tx, m migration.Migration) error {
	done, err := tx.ExecContext(ctx, addMigrationQuery, m.ID, m.Name, m.Lang, m.Mode, m.Auth, nanos(m.Created), m.Version, nanos(m.Archived), team(m))
	var added int64
	if err == nil {
		added, err = done.RowsAffected()
	}
	if taken(err) || err == nil && added == 0 {
		return fault.Wrap(err, fault.Conflict, "The ID is taken", "Choose another name.").In("id")
	}
	return err
}

// nameFree refuses a name that another migration of its team bears: a Conflict fault of field name. What other teams have
// is nothing that its members may learn. SQLite folds the case of ASCII letters alone, so each name is read; nobody makes
// migrations often enough to notice.
func nameFree(ctx context.Context, tx *sql.Tx, m migration.Migration) error {
	key := migration.NameKey(m.Name)
	if key == "" {
		return nil
	}
	rows, err := tx.QueryContext(ctx, "SELECT id, name, archived FROM migrations WHERE id <> ? AND team_id = ?", m.ID, team(m))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, name string
		var archived int64
		if err := rows.Scan(&id, &name, &archived); err != nil {
			return err
		}
		if migration.NameKey(name) != key {
			continue
		}
		f := fault.New(fault.Conflict, fmt.Sprintf("There is already a migration named %q", name), "Continue with that one, or choose another name.").In("name")
		f.Cause = "Its address is /m/" + id + "."
		if archived != 0 {
			f.Cause = "It is archived, at /m/" + id + "."
		}
		return f
	}
	return rows.Err()
}

// ChangeMigration writes the name of a migration, its team and whether it is archived, with the audit's records of it. A Conflict
// fault of field name when another of its team has the name (migration.SameName).
func (d *DB) ChangeMigration(ctx context.Context, m migration.Migration, rs ...custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		var name, owner string
		switch err := tx.QueryRowContext(ctx, "SELECT name, team_id FROM migrations WHERE id = ?", m.ID).Scan(&name, &owner); {
		case errors.Is(err, sql.ErrNoRows):
			return noMigration(m.ID)
		case err != nil:
			return err
		case name != m.Name, owner != team(m):
			if err := nameFree(ctx, tx, m); err != nil {
				return err
			}
		}
		done, err := tx.ExecContext(ctx, "UPDATE migrations SET name = ?, archived = ?, team_id = ?, version = version + 1 WHERE id = ?", m.Name, nanos(m.Archived), team(m), m.ID)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, noMigration(m.ID))
		}
		if err := d.addRecords(ctx, tx, rs); err != nil || owner == team(m) {
			return err
		}
		return lapse(ctx, d, tx, lapsing{migration: m.ID}, rs)
	})
}

// DeleteMigration deletes a migration with its facts, runs, notices and kept key, and appends the audit's records of
// it. What the audit says of it stays. Conflict while a run of it is under way.
func (d *DB) DeleteMigration(ctx context.Context, id string, rs ...custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		if err := known(ctx, tx, id); err != nil {
			return err
		}
		var running int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM runs WHERE migration_id = ? AND state = 'running'", id).Scan(&running); err != nil {
			return err
		}
		if running > 0 {
			return fault.New(fault.Conflict, "A run of this migration is under way", "Stop it, or wait until it has ended, then delete the migration.")
		}
		for _, statement := range append(slices.Clone(forgetSearched),
			"UPDATE migrations SET deleted = 1 WHERE id = ?",
			"DELETE FROM entries WHERE run_id IN (SELECT id FROM runs WHERE migration_id = ?)",
			"DELETE FROM runs WHERE migration_id = ?",
			"DELETE FROM facts WHERE migration_id = ?",
			"DELETE FROM notices WHERE migration_id = ?",
			"DELETE FROM sealed_keys WHERE migration_id = ?",
			"DELETE FROM passphrase_misses WHERE migration_id = ?",
			"DELETE FROM handoffs WHERE migration_id = ?",
			"DELETE FROM endings WHERE migration_id = ?",
			"DELETE FROM bulk_rows WHERE migration_id = ?",
			"DELETE FROM migrations WHERE id = ?",
		) {
			if _, err := tx.ExecContext(ctx, statement, id); err != nil {
				return err
			}
		}
		return d.addRecords(ctx, tx, rs)
	})
}

// Record appends what one act says: facts, of one migration or several, and records of the audit, all or none. It
// returns the facts with their IDs.
func (d *DB) Record(ctx context.Context, facts []migration.Fact, rs []custody.Record) ([]migration.Fact, error) {
	out := make([]migration.Fact, 0, len(facts))
	if len(facts)+len(rs) == 0 {
		return out, nil
	}
	err := d.write(ctx, func(tx *sql.Tx) error {
		for _, f := range facts {
			added, err := addFacts(ctx, tx, f.MigrationID, f)
			if err != nil {
				return err
			}
			out = append(out, added...)
			if to := migration.SwitchedTo(f); to != "" { // what a migration signs in with follows from it, in the same transaction
				if _, err := tx.ExecContext(ctx, "UPDATE migrations SET auth = ? WHERE id = ?", to, f.MigrationID); err != nil {
					return err
				}
			}
		}
		return d.addRecords(ctx, tx, rs)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Migration returns one migration.
func (d *DB) Migration(ctx context.Context, id string) (migration.Migration, error) {
	where, args := within(ctx, "id = ?", "team_id", id)
	return one(ctx, d, noMigration(id), scanMigration, "SELECT "+migrationColumns+" FROM migrations WHERE "+where, args...)
}

// team is the team that owns a migration.
func team(m migration.Migration) string {
	if m.Team == "" {
		return migration.DefaultTeam
	}
	return m.Team
}

// within adds to a condition that a column is one of the teams of who asks (migration.Within).
func within(ctx context.Context, cond, column string, args ...any) (string, []any) {
	teams, all := migration.Teams(ctx)
	if all {
		return cond, args
	}
	return cond + " AND " + column + " IN (SELECT value FROM json_each(?))", append(args, idList(teams))
}

const factColumns = "id, migration_id, kind, input_hash, data, at, by_whom"

func scanFact(row scanner) (f migration.Fact, err error) {
	var at int64
	var data string
	err = row.Scan(&f.ID, &f.MigrationID, &f.Kind, &f.InputHash, &data, &at, &f.By)
	f.Data, f.At = raw(data), fromNanos(at)
	return f, err
}

// addFacts appends facts of one migration as one change.
func addFacts(ctx context.Context, tx *sql.Tx, id string, facts ...migration.Fact) ([]migration.Fact, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	done, err := tx.ExecContext(ctx, "UPDATE migrations SET version = version + 1 WHERE id = ?", id)
	if err != nil {
		return nil, err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return nil, errors.Join(err, noMigration(id))
	}
	var out []migration.Fact
	for _, f := range facts {
		err := tx.QueryRowContext(ctx, "INSERT INTO facts (migration_id, kind, input_hash, data, at, by_whom) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
			id, f.Kind, f.InputHash, string(f.Data), nanos(f.At), f.By).Scan(&f.ID)
		if err != nil {
			return nil, err
		}
		f.MigrationID, f.At = id, f.At.UTC().Round(0)
		out = append(out, f)
	}
	return out, nil
}

// Facts returns the facts of a migration, oldest first.
func (d *DB) Facts(ctx context.Context, id string) ([]migration.Fact, error) {
	facts, err := all(ctx, d, scanFact, "SELECT "+factColumns+" FROM facts WHERE migration_id = ? ORDER BY id", id)
	if err == nil && len(facts) == 0 {
		err = d.report(ctx, known(ctx, d.reader, id))
	}
	return facts, err
}

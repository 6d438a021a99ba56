package store

import (
	"context"
	"database/sql"
	"time"

	"onramp/custody"
)

// Misses returns the wrong passphrases of a migration's key after a moment, the oldest first.
func (d *DB) Misses(ctx context.Context, migrationID string, after time.Time) ([]custody.Miss, error) {
	return all(ctx, d, func(row scanner) (m custody.Miss, err error) {
		var at int64
		err = row.Scan(&m.Person, &at)
		m.At = fromNanos(at)
		return m, err
	}, "SELECT person, at FROM passphrase_misses WHERE migration_id = ? AND at > ? ORDER BY at", migrationID, nanos(after))
}

// Missed adds a wrong passphrase with the audit's record of it, and forgets those up to a moment before and those dated
// after it.
func (d *DB) Missed(ctx context.Context, migrationID string, m custody.Miss, forget time.Time, r custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		if err := known(ctx, tx, migrationID); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM passphrase_misses WHERE migration_id = ? AND (at <= ? OR at > ?)", migrationID, nanos(forget), nanos(m.At)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO passphrase_misses (migration_id, person, at) VALUES (?, ?, ?)", migrationID, m.Person, nanos(m.At)); err != nil {
			return err
		}
		return d.addRecords(ctx, tx, []custody.Record{r})
	})
}

// Unlocked forgets a person's wrong passphrases and adds the audit's record of the right one.
func (d *DB) Unlocked(ctx context.Context, migrationID, person string, r custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM passphrase_misses WHERE migration_id = ? AND person = ?", migrationID, person); err != nil {
			return err
		}
		return d.addRecords(ctx, tx, []custody.Record{r})
	})
}

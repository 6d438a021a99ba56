package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"onramp/custody"
	"onramp/fault"
)

var _ custody.Store = (*DB)(nil)

const auditColumns = "at, migration_id, verb, subject, sha256, ca_sha256, days, lane, note, person, name, session, via, from_addr, request, act"

func scanRecord(row scanner) (r custody.Record, err error) {
	var at int64
	err = row.Scan(&r.ID, &at, &r.Migration, &r.Verb, &r.Subject, &r.Fingerprint, &r.CAFingerprint, &r.Days, &r.Lane, &r.Note,
		&r.Person, &r.Name, &r.Session, &r.Via, &r.From, &r.Request, &r.Act)
	r.At = fromNanos(at)
	return r, err
}

// addRecord appends one record to the audit and sets its ID; addRecords chains it too.
func addRecord(ctx context.Context, tx *sql.Tx, r *custody.Record) error {
	return tx.QueryRowContext(ctx, "INSERT INTO audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
		nanos(r.At), r.Migration, r.Verb, r.Subject, r.Fingerprint, r.CAFingerprint, r.Days, r.Lane, r.Note,
		r.Person, r.Name, r.Session, r.Via, r.From, r.Request, r.Act).Scan(&r.ID)
}

// AddRecords appends to the audit, all or none.
func (d *DB) AddRecords(ctx context.Context, rs ...custody.Record) error {
	if len(rs) == 0 {
		return nil
	}
	return d.write(ctx, func(tx *sql.Tx) error { return d.addRecords(ctx, tx, rs) })
}

// Records returns lines of the audit, newest first.
func (d *DB) Records(ctx context.Context, q custody.Query) ([]custody.Record, error) {
	query, args := recordsQuery(ctx, q)
	return all(ctx, d, scanRecord, query, args...)
}

func recordsQuery(ctx context.Context, q custody.Query) (query string, args []any) {
	where := []string{"id > 0"}
	add := func(cond string, arg any) { where, args = append(where, cond), append(args, arg) }
	if q.Migration != "" {
		add("migration_id = ?", q.Migration)
	}
	if q.Verb != "" {
		add("verb = ?", q.Verb)
	}
	if !q.Since.IsZero() {
		add("at >= ?", nanos(q.Since))
	}
	if q.Before > 0 {
		add("id < ?", q.Before)
	}
	if within, more := mine(ctx, "migration_id", "?"); within != "" { // what somebody did themselves they may always see
		where, args = append(where, "(person = ?"+strings.Replace(within, " AND ", " OR ", 1)+")"), append(append(args, q.Self), more...)
	}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	return "SELECT id, " + auditColumns + " FROM audit WHERE " + strings.Join(where, " AND ") + " ORDER BY id DESC LIMIT ?", append(args, q.Limit)
}

// Recorded reports whether the audit has lines of an act.
func (d *DB) Recorded(ctx context.Context, act string) (bool, error) {
	n, err := one(ctx, d, nil, func(row scanner) (n int, err error) {
		err = row.Scan(&n)
		return n, err
	}, "SELECT EXISTS (SELECT 1 FROM audit WHERE act = ? AND act <> '')", act)
	return n == 1, err
}

// KeepKey stores a sealed key; Conflict when the migration has one.
func (d *DB) KeepKey(ctx context.Context, s custody.Sealed, r custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		if err := known(ctx, tx, s.Migration); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO sealed_keys (migration_id, ca_sha256, ca_subject, ca_pem, box, at) VALUES (?, ?, ?, ?, ?, ?)",
			s.Migration, s.CAFingerprint, s.CASubject, s.CAPEM, s.Box, nanos(s.At))
		if taken(err) {
			return fault.Wrap(err, fault.Conflict, "A CA key is kept here already", "Forget that one first.")
		}
		if err != nil {
			return err
		}
		return d.addRecords(ctx, tx, []custody.Record{r})
	})
}

// SealedKey returns the sealed key of a migration.
func (d *DB) SealedKey(ctx context.Context, migrationID string) (custody.Sealed, error) {
	return one(ctx, d, noKey(), func(row scanner) (s custody.Sealed, err error) {
		var at int64
		err = row.Scan(&s.Migration, &s.CAFingerprint, &s.CASubject, &s.CAPEM, &s.Box, &at)
		s.At = fromNanos(at)
		return s, err
	}, "SELECT migration_id, ca_sha256, ca_subject, ca_pem, box, at FROM sealed_keys WHERE migration_id = ?", migrationID)
}

func noKey() error {
	return fault.New(fault.NotFound, "No CA key is kept here", "Give the key from where you keep it, or ask Onramp to keep it first.")
}

// DropKey deletes a sealed key. The pragma secure_delete overwrites it in the database; the checkpoint takes it
// out of the write-ahead log. A checkpoint that does not succeed is in the log only: the key is deleted by then.
func (d *DB) DropKey(ctx context.Context, migrationID string, r custody.Record) error {
	err := d.write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "DELETE FROM sealed_keys WHERE migration_id = ?", migrationID)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, noKey())
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM passphrase_misses WHERE migration_id = ?", migrationID); err != nil {
			return err // the next key's count begins anew
		}
		return d.addRecords(ctx, tx, []custody.Record{r})
	})
	if err != nil {
		return err
	}
	var busy, pages, moved int
	err = d.writer.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if err != nil || busy != 0 {
		d.log.Warn("the forgotten key leaves the write-ahead log at the next checkpoint only", "err", err)
	}
	return nil
}

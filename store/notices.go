package store

import (
	"context"
	"database/sql"

	"onramp/expiry"
	"onramp/fault"
)

var _ expiry.Store = (*DB)(nil)

// Notices returns every notice, those tried last first.
func (d *DB) Notices(ctx context.Context) ([]expiry.Notice, error) {
	return all(ctx, d, func(row scanner) (n expiry.Notice, err error) {
		var tried, next, sent int64
		err = row.Scan(&n.Migration, &n.Certificate, &n.Rung, &n.Attempts, &tried, &next, &sent, &n.Error)
		n.Tried, n.Next, n.Sent = fromNanos(tried), fromNanos(next), fromNanos(sent)
		return n, err
	}, "SELECT migration_id, sha256, rung, attempts, tried, next, sent, error FROM notices ORDER BY tried DESC, sha256, rung")
}

// SaveNotice writes where a notice is; Conflict when it was sent already.
func (d *DB) SaveNotice(ctx context.Context, n expiry.Notice) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		if err := known(ctx, tx, n.Migration); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, `INSERT INTO notices (migration_id, sha256, rung, attempts, tried, next, sent, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (migration_id, sha256, rung) DO UPDATE SET attempts = excluded.attempts, tried = excluded.tried, next = excluded.next, sent = excluded.sent, error = excluded.error
			WHERE sent = 0`,
			n.Migration, n.Certificate, n.Rung, n.Attempts, nanos(n.Tried), nanos(n.Next), nanos(n.Sent), n.Error)
		if err != nil {
			return err
		}
		rows, err := done.RowsAffected()
		if err == nil && rows == 0 {
			err = fault.New(fault.Conflict, "The notice was sent already", "It is sent once.")
		}
		return err
	})
}

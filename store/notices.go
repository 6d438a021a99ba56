package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"onramp/expiry"
	"onramp/fault"
	"onramp/migration"
)

var _ expiry.Store = (*DB)(nil)

const noticeColumns = "n.migration_id, n.sha256, n.rung, n.attempts, n.tried, n.next, n.sent, n.error"

// rungs is SQL for the rung that an ending e is on at ?1, as certsvc.Ladder says it; 0 before the first.
var rungs = func() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CASE WHEN e.at < ?1 THEN %d", expiry.Ended)
	for i := len(expiry.Rungs) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, " WHEN e.at <= ?1 + %d THEN %d", int64(expiry.Rungs[i])*int64(endingDay), expiry.Rungs[i])
	}
	return b.String() + " ELSE 0 END"
}()

// tried is SQL for an ending e that the webhook is to be told of at ?1, whatever was tried.
var tried = fmt.Sprintf("e.active = 1 AND e.mode <> '%s' AND e.at <= ?1 + %d", migration.Rehearsal, int64(expiry.Rungs[0])*int64(endingDay))

// Notices returns at most limit notices, those tried last first.
func (d *DB) Notices(ctx context.Context, now time.Time, limit int) ([]expiry.Told, error) {
	return all(ctx, d, func(row scanner) (n expiry.Told, err error) {
		var tried, next, sent int64
		err = row.Scan(&n.Migration, &n.Certificate, &n.Rung, &n.Attempts, &tried, &next, &sent, &n.Error, &n.Name, &n.Current)
		n.Tried, n.Next, n.Sent = fromNanos(tried), fromNanos(next), fromNanos(sent)
		return n, err
	}, "SELECT "+noticeColumns+", m.name, EXISTS (SELECT 1 FROM endings e WHERE e.migration_id = n.migration_id AND e.sha256 = n.sha256 AND "+tried+" AND n.rung = "+rungs+
		") FROM notices n JOIN migrations m ON m.id = n.migration_id ORDER BY n.tried DESC, n.sha256, n.rung LIMIT ?2", nanos(now), limit)
}

// Failing counts the notices that are still tried and were not taken.
func (d *DB) Failing(ctx context.Context, now time.Time) (int, error) {
	return one(ctx, d, nil, func(row scanner) (n int, err error) {
		err = row.Scan(&n)
		return n, err
	}, "SELECT COUNT(*) FROM notices n WHERE n.sent = 0 AND EXISTS (SELECT 1 FROM endings e WHERE e.migration_id = n.migration_id AND e.sha256 = n.sha256 AND "+tried+" AND n.rung = "+rungs+")", nanos(now))
}

// DueNotices returns at most limit notices that are to be sent, those first whose next attempt is first.
func (d *DB) DueNotices(ctx context.Context, now time.Time, limit int) ([]expiry.Due, error) {
	return all(ctx, d, func(row scanner) (x expiry.Due, err error) {
		var tried, next int64
		places, done := endingOf()
		if err := row.Scan(append(places, &x.Notice.Rung, &x.Notice.Attempts, &tried, &next, &x.Notice.Error)...); err != nil {
			return x, err
		}
		if x.Ending, err = done(); err != nil {
			return x, err
		}
		x.Ending = x.Ending.SeenAt(now)
		x.Notice.Migration, x.Notice.Certificate = x.Ending.Migration, x.Ending.Certificate
		x.Notice.Tried, x.Notice.Next = fromNanos(tried), fromNanos(next)
		return x, nil
	}, "SELECT "+endingColumns+", "+rungs+" AS on_rung, COALESCE(n.attempts, 0), COALESCE(n.tried, 0), COALESCE(n.next, 0) AS due, COALESCE(n.error, '')"+
		" FROM endings e JOIN migrations m ON m.id = e.migration_id LEFT JOIN notices n ON n.migration_id = e.migration_id AND n.sha256 = e.sha256 AND n.rung = "+rungs+
		" WHERE "+tried+" AND COALESCE(n.sent, 0) = 0 ORDER BY due, e.at, e.migration_id, e.sha256 LIMIT ?2", nanos(now), limit)
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

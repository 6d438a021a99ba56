package store

import (
	"context"
	"database/sql"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/runs"
)

// AddBulk adds checks of many with their rows and the audit's records of them in one transaction.
func (b Boards) AddBulk(ctx context.Context, bulk runs.Bulk, rs ...custody.Record) error {
	return b.d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO bulks VALUES (?, (SELECT COALESCE(MAX(nr), 0) + 1 FROM bulks), ?, ?, ?, ?, 0)",
			bulk.ID, bulk.Person, bulk.By, bulk.State, nanos(bulk.Started))
		if err != nil {
			return err
		}
		for _, r := range bulk.Rows {
			if _, err := tx.ExecContext(ctx, "INSERT INTO bulk_rows VALUES (?, ?, ?, ?, ?, ?, 0)", bulk.ID, r.Nr, r.MigrationID, r.State, r.Title, r.RunID); err != nil {
				return err
			}
		}
		return b.d.addRecords(ctx, tx, rs)
	})
}

// SetBulkRow writes what became of a row.
func (b Boards) SetBulkRow(ctx context.Context, id string, r runs.BulkRow) error {
	return b.d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE bulk_rows SET state = ?, title = ?, run_id = ?, ended = ? WHERE bulk_id = ? AND nr = ?", r.State, r.Title, r.RunID, nanos(r.Ended), id, r.Nr)
		return err
	})
}

// unfinishedRows are the states of rows that are not over.
const unfinishedRows = "('waiting', 'running')"

// EndBulk ends checks of many, and with them the rows that are not over.
func (b Boards) EndBulk(ctx context.Context, id string, state runs.BulkState, at time.Time, rest runs.RowState) error {
	return b.d.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE bulk_rows SET state = ?, ended = ? WHERE bulk_id = ? AND state IN "+unfinishedRows, rest, nanos(at), id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE bulks SET state = ?, ended = ? WHERE id = ? AND state = 'running'", state, nanos(at), id)
		return err
	})
}

// InterruptBulks ends all checks of many that are running: who carried them out is gone.
func (b Boards) InterruptBulks(ctx context.Context, at time.Time) error {
	return b.d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE bulk_rows SET state = 'interrupted', ended = ? WHERE bulk_id IN (SELECT id FROM bulks WHERE state = 'running') AND state IN "+unfinishedRows, nanos(at))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE bulks SET state = 'interrupted', ended = ? WHERE state = 'running'", nanos(at))
		return err
	})
}

const bulkColumns = "id, person, by_whom, state, started, ended"

func scanBulk(row scanner) (x runs.Bulk, err error) {
	var started, ended int64
	err = row.Scan(&x.ID, &x.Person, &x.By, &x.State, &started, &ended)
	x.Started, x.Ended = fromNanos(started), fromNanos(ended)
	return x, err
}

// Bulk returns checks of many with the rows about migrations that who asks sees.
func (b Boards) Bulk(ctx context.Context, id string) (runs.Bulk, error) {
	x, err := one(ctx, b.d, noBulk(), scanBulk, "SELECT "+bulkColumns+" FROM bulks WHERE id = ?", id)
	if err != nil {
		return x, err
	}
	where, args := within(ctx, "bulk_id = ?", "migrations.team_id", id)
	x.Rows, err = all(ctx, b.d, func(row scanner) (r runs.BulkRow, err error) {
		var ended int64
		err = row.Scan(&r.Nr, &r.MigrationID, &r.State, &r.Title, &r.RunID, &ended)
		r.Ended = fromNanos(ended)
		return r, err
	}, "SELECT nr, migration_id, state, title, run_id, ended FROM bulk_rows JOIN migrations ON migrations.id = migration_id WHERE "+where+" ORDER BY nr", args...)
	return x, err
}

// LastBulk returns the newest checks of many of a person, without rows; the zero Bulk for none.
func (b Boards) LastBulk(ctx context.Context, person string) (runs.Bulk, error) {
	x, err := one(ctx, b.d, noBulk(), scanBulk, "SELECT "+bulkColumns+" FROM bulks WHERE person = ? ORDER BY nr DESC LIMIT 1", person)
	if fault.Is(err, fault.NotFound) {
		return runs.Bulk{}, nil
	}
	return x, err
}

func noBulk() error {
	return fault.New(fault.NotFound, "There are no such checks", "Open the board and choose migrations to check.")
}

package store

import (
	"context"
	"database/sql"
	"errors"

	"onramp/fault"
	"onramp/migration"
)

func noRun(id string) error {
	f := fault.New(fault.NotFound, "There is no such run", "Open the migration and choose a run from its list.")
	f.Cause = "No run has the ID " + printable(id) + "."
	return f
}

func hasEnded() error {
	return fault.New(fault.Conflict, "The run has ended and never changes", "Start another one.")
}

const runColumns = "id, migration_id, kind, number, state, title, code, input_hash, request, result, started, ended, idempotency_key"

func scanRun(row scanner) (r migration.Run, err error) {
	var request, result string
	var started, ended int64
	err = row.Scan(&r.ID, &r.MigrationID, &r.Kind, &r.Number, &r.State, &r.Title, &r.Code, &r.InputHash,
		&request, &result, &started, &ended, &r.IdempotencyKey)
	r.Request, r.Result, r.Started, r.Ended = raw(request), raw(result), fromNanos(started), fromNanos(ended)
	return r, err
}

// AddRun adds a run with the next number of its migration and kind; Conflict when its ID or
// idempotency key is taken.
func (d *DB) AddRun(ctx context.Context, r migration.Run) (migration.Run, error) {
	err := d.write(ctx, func(tx *sql.Tx) error {
		if err := known(ctx, tx, r.MigrationID); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `INSERT INTO runs (`+runColumns+`)
			SELECT ?1, ?2, ?3, COALESCE(MAX(number), 0) + 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 FROM runs WHERE migration_id = ?2 AND kind = ?3
			RETURNING number`,
			r.ID, r.MigrationID, r.Kind, r.State, r.Title, r.Code, r.InputHash, string(r.Request), string(r.Result),
			nanos(r.Started), nanos(r.Ended), r.IdempotencyKey).Scan(&r.Number)
		if taken(err) {
			return fault.Wrap(err, fault.Conflict, "The run is there already", "Open it from the list of runs.")
		}
		return err
	})
	if err != nil {
		return migration.Run{}, err
	}
	r.Started, r.Ended = r.Started.UTC().Round(0), r.Ended.UTC().Round(0)
	return r, nil
}

// Run returns one run.
func (d *DB) Run(ctx context.Context, id string) (migration.Run, error) {
	return one(ctx, d, noRun(id), scanRun, "SELECT "+runColumns+" FROM runs WHERE id = ?", id)
}

// RunByKey returns the run of a migration and kind with an idempotency key.
func (d *DB) RunByKey(ctx context.Context, migrationID string, kind migration.RunKind, key string) (migration.Run, error) {
	return one(ctx, d, noRun(""), scanRun,
		"SELECT "+runColumns+" FROM runs WHERE migration_id = ? AND kind = ? AND idempotency_key = ? AND idempotency_key <> ''", migrationID, kind, key)
}

// Runs returns the newest runs of a kind, newest first, at most limit.
func (d *DB) Runs(ctx context.Context, migrationID string, kind migration.RunKind, limit int) ([]migration.Run, error) {
	runs, err := all(ctx, d, scanRun, "SELECT "+runColumns+" FROM runs WHERE migration_id = ? AND kind = ? ORDER BY number DESC LIMIT ?",
		migrationID, kind, max(limit, 0))
	if err == nil && len(runs) == 0 {
		err = d.report(ctx, known(ctx, d.reader, migrationID))
	}
	return runs, err
}

// LatestRuns returns the runs about some inputs that are running and the one that passed or failed last.
func (d *DB) LatestRuns(ctx context.Context, migrationID string, kind migration.RunKind, inputHash string) ([]migration.Run, error) {
	const about = "SELECT " + runColumns + " FROM runs WHERE migration_id = ?1 AND kind = ?2 AND input_hash = ?3 AND "
	runs, err := all(ctx, d, scanRun, about+`state = 'running' UNION ALL
		SELECT * FROM (`+about+`state IN ('passed', 'failed') ORDER BY ended DESC, number DESC LIMIT 1)`, migrationID, kind, inputHash)
	if err == nil && len(runs) == 0 {
		err = d.report(ctx, known(ctx, d.reader, migrationID))
	}
	return runs, err
}

// Unfinished returns the runs that have not ended, oldest first.
func (d *DB) Unfinished(ctx context.Context) ([]migration.Run, error) {
	return all(ctx, d, scanRun, "SELECT "+runColumns+" FROM runs WHERE state = 'running' ORDER BY nr")
}

// running reports a run that is not there or has ended.
func running(ctx context.Context, tx *sql.Tx, id string) (migrationID string, err error) {
	var state migration.RunState
	err = tx.QueryRowContext(ctx, "SELECT migration_id, state FROM runs WHERE id = ?", id).Scan(&migrationID, &state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", noRun(id)
	case err == nil && state != migration.RunRunning:
		return "", hasEnded()
	}
	return migrationID, err
}

func addEntry(ctx context.Context, tx *sql.Tx, e *migration.Entry) error {
	return tx.QueryRowContext(ctx, `INSERT INTO entries (run_id, seq, at, kind, data)
		SELECT ?1, COALESCE(MAX(seq), 0) + 1, ?2, ?3, ?4 FROM entries WHERE run_id = ?1 RETURNING seq`,
		e.RunID, nanos(e.At), e.Kind, string(e.Data)).Scan(&e.Seq)
}

// AddEntry appends to a running run's log.
func (d *DB) AddEntry(ctx context.Context, e migration.Entry) (migration.Entry, error) {
	err := d.write(ctx, func(tx *sql.Tx) error {
		if _, err := running(ctx, tx, e.RunID); err != nil {
			return err
		}
		return addEntry(ctx, tx, &e)
	})
	if err != nil {
		return migration.Entry{}, err
	}
	e.At = e.At.UTC().Round(0)
	return e, nil
}

func scanEntry(row scanner) (e migration.Entry, err error) {
	var at int64
	var data string
	err = row.Scan(&e.RunID, &e.Seq, &at, &e.Kind, &data)
	e.At, e.Data = fromNanos(at), raw(data)
	return e, err
}

// Entries returns a run's log after a Seq.
func (d *DB) Entries(ctx context.Context, runID string, after int64) ([]migration.Entry, error) {
	entries, err := all(ctx, d, scanEntry, "SELECT run_id, seq, at, kind, data FROM entries WHERE run_id = ? AND seq > ? ORDER BY seq", runID, after)
	if err == nil && len(entries) == 0 {
		_, err = d.Run(ctx, runID)
	}
	return entries, err
}

// EndRun writes the end of a run, its last entry and the facts that follow from it, or nothing.
func (d *DB) EndRun(ctx context.Context, r migration.Run, last migration.Entry, facts []migration.Fact) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		owner, err := running(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		last.RunID = r.ID
		if err := addEntry(ctx, tx, &last); err != nil {
			return err
		}
		if _, err := addFacts(ctx, tx, owner, facts...); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE runs SET state = ?, title = ?, code = ?, result = ?, ended = ? WHERE id = ?",
			r.State, r.Title, r.Code, string(r.Result), nanos(r.Ended), r.ID)
		return err
	})
}

package store

import (
	"onramp/custody"
	"onramp/runs"
	"slices"
	"time"

	"context"
	"database/sql"
	"errors"

	"onramp/fault"
	"onramp/migration"
)

var _ runs.Store = (*DB)(nil)

func noRun(id string) error {
	f := fault.New(fault.NotFound, "There is no such run", "Open the migration and choose a run from its list.")
	f.Cause = "No run has the ID " + printable(id) + "."
	return f
}

func hasEnded() error {
	return fault.New(fault.Conflict, "The run has ended and never changes", "Start another one.")
}

const (
	rowColumns = "id, migration_id, kind, number, state, title, code, input_hash, started, ended, by_whom, from_host, reporter, tested_from, took_ms, task_queue, local_address, local_namespace, result <> ''"
	runColumns = rowColumns + ", request, result, idempotency_key, owner, lease"
)

// outcomeOf are the places for the columns that every reading of a run begins with.
func outcomeOf(o *migration.Outcome, started, ended *int64) []any {
	return []any{&o.ID, &o.MigrationID, &o.Kind, &o.Number, &o.State, &o.Title, &o.Code, &o.InputHash, started, ended}
}

// rowOf are the places for rowColumns.
func rowOf(r *runs.Row, started, ended *int64) []any {
	return append(outcomeOf(&r.Outcome, started, ended), &r.By, &r.From, &r.Reporter, &r.TestedFrom, &r.TookMS, &r.TaskQueue, &r.LocalAddress, &r.LocalNamespace, &r.HasResult)
}

const outcomeColumns = "runs.id, runs.migration_id, runs.kind, runs.number, runs.state, runs.title, runs.code, runs.input_hash, runs.started, runs.ended, runs.from_host"

func scanOutcome(row scanner) (o migration.Outcome, err error) {
	var started, ended int64
	err = row.Scan(append(outcomeOf(&o, &started, &ended), &o.From)...)
	o.Started, o.Ended = fromNanos(started), fromNanos(ended)
	return o, err
}

func scanRow(row scanner) (r runs.Row, err error) {
	var started, ended int64
	err = row.Scan(rowOf(&r, &started, &ended)...)
	r.Started, r.Ended = fromNanos(started), fromNanos(ended)
	return r, err
}

func scanRun(row scanner) (r runs.Run, err error) {
	var request, result string
	var started, ended, lease int64
	err = row.Scan(append(rowOf(&r.Row, &started, &ended), &request, &result, &r.IdempotencyKey, &r.Owner, &lease)...)
	r.Request, r.Result, r.Started, r.Ended, r.Lease = raw(request), raw(result), fromNanos(started), fromNanos(ended), fromNanos(lease)
	return r, err
}

// AddRun adds a run with the next number of its migration and kind, and the audit's records of it, in one
// transaction; Conflict when its ID or idempotency key is taken.
func (d *DB) AddRun(ctx context.Context, r runs.Run, rs ...custody.Record) (runs.Run, error) {
	err := d.write(ctx, func(tx *sql.Tx) error {
		if err := addRun(ctx, tx, &r); err != nil {
			return err
		}
		return d.addRecords(ctx, tx, rs)
	})
	if err != nil {
		return runs.Run{}, err
	}
	return r, nil
}

// AddEnded adds a run that has ended, with its log, the facts that follow and the audit's records of it, in one
// transaction. what works them out from the run with its number. Conflict as AddRun.
func (d *DB) AddEnded(ctx context.Context, r runs.Run, what func(runs.Run) (runs.Run, []runs.Entry, []migration.Fact), rs ...custody.Record) (runs.Run, error) {
	err := d.write(ctx, func(tx *sql.Tx) error {
		if err := addRun(ctx, tx, &r); err != nil {
			return err
		}
		ended, es, facts := what(r)
		if err := endRun(ctx, tx, ended, es, facts); err != nil {
			return err
		}
		r = ended
		return d.addRecords(ctx, tx, rs)
	})
	if err != nil {
		return runs.Run{}, err
	}
	return r, nil
}

func addRun(ctx context.Context, tx *sql.Tx, r *runs.Run) error {
	if err := known(ctx, tx, r.MigrationID); err != nil {
		return err
	}
	err := tx.QueryRowContext(ctx, `INSERT INTO runs (id, migration_id, kind, number, state, title, code, input_hash, request, result, started, ended, idempotency_key,
			by_whom, owner, lease, from_host, reporter, task_queue, local_address, local_namespace)
		SELECT ?1, ?2, ?3, COALESCE(MAX(number), 0) + 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20 FROM runs WHERE migration_id = ?2 AND kind = ?3
		RETURNING number`,
		r.ID, r.MigrationID, r.Kind, r.State, r.Title, r.Code, r.InputHash, string(r.Request), string(r.Result),
		nanos(r.Started), nanos(r.Ended), r.IdempotencyKey, r.By, r.Owner, nanos(r.Lease), r.From, r.Reporter, r.TaskQueue, r.LocalAddress, r.LocalNamespace).Scan(&r.Number)
	if taken(err) {
		return fault.Wrap(err, fault.Conflict, "The run is there already", "Open it from the list of runs.")
	}
	r.Started, r.Ended, r.Lease = r.Started.UTC().Round(0), r.Ended.UTC().Round(0), r.Lease.UTC().Round(0)
	if err != nil {
		return err
	}
	return touch(ctx, tx, r.MigrationID)
}

// touch raises a migration's version: what lists show of it is derived again.
func touch(ctx context.Context, tx *sql.Tx, migrationID string) error {
	_, err := tx.ExecContext(ctx, "UPDATE migrations SET version = version + 1 WHERE id = ?", migrationID)
	return err
}

// Run returns one run.
func (d *DB) Run(ctx context.Context, id string) (runs.Run, error) {
	return one(ctx, d, noRun(id), scanRun, "SELECT "+runColumns+" FROM runs WHERE id = ?", id)
}

// RunByKey returns the run of a migration and kind with an idempotency key.
func (d *DB) RunByKey(ctx context.Context, migrationID string, kind migration.RunKind, key string) (runs.Run, error) {
	return one(ctx, d, noRun(""), scanRun,
		"SELECT "+runColumns+" FROM runs WHERE migration_id = ? AND kind = ? AND idempotency_key = ? AND idempotency_key <> ''", migrationID, kind, key)
}

// Rows returns the newest runs of a kind, newest first, at most limit; with runs.UnderWay all that have not ended.
func (d *DB) Rows(ctx context.Context, migrationID string, kind migration.RunKind, limit int) ([]runs.Row, error) {
	query, most := "SELECT "+rowColumns+" FROM runs WHERE migration_id = ? AND kind = ?", max(limit, 0)
	if limit == runs.UnderWay {
		query, most = query+" AND state = 'running'", -1
	}
	rows, err := all(ctx, d, scanRow, query+" ORDER BY number DESC LIMIT ?", migrationID, kind, most)
	if err == nil && len(rows) == 0 {
		err = d.report(ctx, known(ctx, d.reader, migrationID))
	}
	return rows, err
}

// Outcomes returns, of a migration's checks and transfers about some inputs, those that are running and of each kind
// the one that passed or failed last (by Ended, then Number); in any order.
func (d *DB) Outcomes(ctx context.Context, migrationID, inputHash string) ([]migration.Outcome, error) {
	out, err := all(ctx, d, scanOutcome, outcomesQuery(), migrationID, inputHash)
	if err == nil && len(out) == 0 {
		err = d.report(ctx, known(ctx, d.reader, migrationID))
	}
	return out, err
}

func outcomesQuery() string {
	last := func(kind string) string {
		return "SELECT * FROM (SELECT " + outcomeColumns + " FROM runs WHERE migration_id = ?1 AND kind = '" + kind + "' AND input_hash = ?2 AND state IN ('passed', 'failed') ORDER BY ended DESC, number DESC LIMIT 1)"
	}
	running := "SELECT " + outcomeColumns + " FROM runs WHERE migration_id = ?1 AND kind IN ('check', 'transfer') AND input_hash = ?2 AND state = 'running'"
	return running + " UNION ALL " + last("check") + " UNION ALL " + last("transfer")
}

// Abandoned returns the running runs whose lease is over, oldest first.
func (d *DB) Abandoned(ctx context.Context, now time.Time) ([]runs.Run, error) {
	return all(ctx, d, scanRun, "SELECT "+runColumns+" FROM runs WHERE state = 'running' AND lease <= ? ORDER BY nr", nanos(now))
}

// Renew prolongs the leases of an owner's running runs that are among some IDs.
func (d *DB) Renew(ctx context.Context, owner string, ids []string, until time.Time) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE runs SET lease = ? WHERE state = 'running' AND owner = ? AND id IN (SELECT value FROM json_each(?))", nanos(until), owner, idList(ids))
		return err
	})
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

// addEntries appends to a run's log and gives the entries their Seq.
func addEntries(ctx context.Context, tx *sql.Tx, runID string, es []runs.Entry) error {
	var seq int64
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM entries WHERE run_id = ?", runID).Scan(&seq); err != nil {
		return err
	}
	add, err := tx.PrepareContext(ctx, "INSERT INTO entries (run_id, seq, at, kind, data) VALUES (?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer add.Close()
	for i := range es {
		seq++
		es[i].RunID, es[i].Seq, es[i].At = runID, seq, es[i].At.UTC().Round(0)
		if _, err := add.ExecContext(ctx, runID, seq, nanos(es[i].At), es[i].Kind, string(es[i].Data)); err != nil {
			return err
		}
	}
	return nil
}

// AddEntries appends to a running run's log, all or none. What it wrote outlives the process; a power cut may take the
// last lines, until something else is written.
func (d *DB) AddEntries(ctx context.Context, runID string, es []runs.Entry) ([]runs.Entry, error) {
	es = slices.Clone(es)
	err := d.logged(ctx, func(tx *sql.Tx) error {
		if _, err := running(ctx, tx, runID); err != nil {
			return err
		}
		return addEntries(ctx, tx, runID, es)
	})
	if err != nil {
		return nil, err
	}
	return es, nil
}

func scanEntry(row scanner) (e runs.Entry, err error) {
	var at int64
	var data string
	err = row.Scan(&e.RunID, &e.Seq, &at, &e.Kind, &data)
	e.At, e.Data = fromNanos(at), raw(data)
	return e, err
}

// Entries returns a run's log after a Seq.
func (d *DB) Entries(ctx context.Context, runID string, after int64) ([]runs.Entry, error) {
	entries, err := all(ctx, d, scanEntry, "SELECT run_id, seq, at, kind, data FROM entries WHERE run_id = ? AND seq > ? ORDER BY seq", runID, after)
	if err == nil && len(entries) == 0 {
		_, err = d.Run(ctx, runID)
	}
	return entries, err
}

// EndRun writes the end of a run, its last entry and the facts that follow from it, or nothing.
func (d *DB) EndRun(ctx context.Context, r runs.Run, last runs.Entry, facts []migration.Fact) error {
	return d.write(ctx, func(tx *sql.Tx) error { return endRun(ctx, tx, r, []runs.Entry{last}, facts) })
}

// EndAbandoned writes the end of a run whose lease is over at r.Ended; Conflict when its owner has renewed it meanwhile.
func (d *DB) EndAbandoned(ctx context.Context, r runs.Run, last runs.Entry) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		var lease int64
		err := tx.QueryRowContext(ctx, "SELECT lease FROM runs WHERE id = ?", r.ID).Scan(&lease)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return noRun(r.ID)
		case err == nil && lease > nanos(r.Ended):
			return fault.New(fault.Conflict, "Another Onramp is running this", "Look at it there.")
		case err != nil:
			return err
		}
		return endRun(ctx, tx, r, []runs.Entry{last}, nil)
	})
}

func endRun(ctx context.Context, tx *sql.Tx, r runs.Run, es []runs.Entry, facts []migration.Fact) error {
	owner, err := running(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	if err := addEntries(ctx, tx, r.ID, es); err != nil {
		return err
	}
	if err := touch(ctx, tx, owner); err != nil {
		return err
	}
	if _, err := addFacts(ctx, tx, owner, facts...); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE runs SET state = ?, title = ?, code = ?, result = ?, ended = ?, tested_from = ?, took_ms = ? WHERE id = ?",
		r.State, r.Title, r.Code, string(r.Result), nanos(r.Ended), r.TestedFrom, r.TookMS, r.ID)
	return err
}

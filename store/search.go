package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"onramp/expiry"
	"onramp/migration"
	"onramp/runs"
)

// saveSearched writes what the search finds a migration by.
func saveSearched(ctx context.Context, tx *sql.Tx, x expiry.Derived) error {
	var nr int64
	err := tx.QueryRowContext(ctx, "SELECT nr FROM named WHERE migration_id = ?", x.ID).Scan(&nr)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if err = tx.QueryRowContext(ctx, "INSERT INTO named (migration_id) VALUES (?) RETURNING nr", x.ID).Scan(&nr); err == nil {
			_, err = tx.ExecContext(ctx, "INSERT INTO names (rowid, name, namespace) VALUES (?, ?, ?)", -nr, x.Name, x.Namespace)
		}
	case err == nil:
		_, err = tx.ExecContext(ctx, "UPDATE names SET name = ?1, namespace = ?2 WHERE rowid = ?3 AND (name <> ?1 OR namespace <> ?2)", x.Name, x.Namespace, -nr)
	}
	if err != nil {
		return err
	}
	for _, k := range x.Certificates {
		if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO certificates (migration_id, sha256, serial, subject, is_ca) VALUES (?, ?, ?, ?, ?)",
			x.ID, k.SHA256, k.Serial, k.Subject, k.CA); err != nil {
			return err
		}
	}
	return nil
}

// forgetSearched are the statements that take a migration, their one argument, out of what is searched.
var forgetSearched = []string{
	"DELETE FROM names WHERE rowid = (SELECT -nr FROM named WHERE migration_id = ?)",
	"DELETE FROM named WHERE migration_id = ?",
	"DELETE FROM certificates WHERE migration_id = ?",
}

const (
	findNamedQuery = "SELECT " + cardColumns + ` FROM migrations WHERE id IN (SELECT named.migration_id FROM named
	WHERE nr IN (SELECT -rowid FROM names WHERE names MATCH ? ORDER BY rowid LIMIT ?))`
	// The same for somebody who sees the migrations of some teams alone.
	findNamedWithinQuery = "SELECT " + cardColumns + ` FROM migrations WHERE id IN (SELECT named.migration_id FROM names
	JOIN named ON named.nr = -names.rowid JOIN migrations m ON m.id = named.migration_id
	WHERE names MATCH ?1 AND m.team_id IN (SELECT value FROM json_each(?3)) ORDER BY names.rowid LIMIT ?2)`
)

// FindNamed returns migrations whose name or namespace has, for each of some words, a word that begins with it,
// whatever the case; at most limit. What is archived is found too.
func (d *DB) FindNamed(ctx context.Context, words []string, limit int) ([]migration.Card, error) {
	var match []string
	for _, w := range words {
		match = append(match, `"`+strings.ReplaceAll(w, `"`, `""`)+`"*`)
	}
	if len(match) == 0 {
		return nil, nil
	}
	if teams, everything := migration.Teams(ctx); !everything {
		return all(ctx, d, scanCard, findNamedWithinQuery, strings.Join(match, " "), limit, idList(teams))
	}
	return all(ctx, d, scanCard, findNamedQuery, strings.Join(match, " "), limit)
}

// after is a text behind all that begin with a prefix, in the order of bytes.
func after(prefix string) string { return prefix + "\U0010ffff" }

func scanFoundRun(row scanner) (f runs.Found, err error) {
	var started, ended int64
	err = row.Scan(append(rowOf(&f.Row, &started, &ended), &f.Migration)...)
	f.Started, f.Ended = fromNanos(started), fromNanos(ended)
	return f, err
}

// findRuns reads the runs that a condition on runs finds, the newest limit of them.
func findRuns(where string) string {
	return "SELECT " + rowColumns + ", (SELECT name FROM migrations WHERE migrations.id = runs.migration_id) FROM runs WHERE nr IN (SELECT nr FROM runs WHERE " + where + ")"
}

// findRunsByText reads those whose ID or workflow's ID begins with a text; mine is a further condition, "" for none.
func findRunsByText(mine string) string {
	return findRuns("id >= ?1 AND id < ?2"+mine+" LIMIT ?3") + " UNION " + findRuns("workflow_id >= ?1 AND workflow_id < ?2"+mine+" LIMIT ?3")
}

// mine is a condition that a column names a migration of the teams of who asks, with its argument at a place; "" where all are.
func mine(ctx context.Context, column, place string) (cond string, args []any) {
	teams, everything := migration.Teams(ctx)
	if everything {
		return "", nil
	}
	return " AND " + column + " IN (SELECT id FROM migrations WHERE team_id IN (SELECT value FROM json_each(" + place + ")))", []any{idList(teams)}
}

// FindRuns returns runs of any migration, the newest of those with a number first.
func (d *DB) FindRuns(ctx context.Context, q runs.Search) ([]runs.Found, error) {
	if q.Number > 0 {
		kinds := []migration.RunKind{q.Kind}
		if q.Kind == "" {
			kinds = []migration.RunKind{migration.CheckRun, migration.TransferRun, migration.DrillRun, migration.AssessRun, migration.CutoverRun}
		}
		var parts []string
		var args []any
		for _, kind := range kinds {
			within, more := mine(ctx, "migration_id", "?")
			parts = append(parts, "SELECT * FROM ("+findRuns("number = ? AND kind = ?"+within+" ORDER BY nr DESC LIMIT ?")+" ORDER BY nr DESC)")
			args = append(append(append(args, q.Number, kind), more...), q.Limit)
		}
		return all(ctx, d, scanFoundRun, strings.Join(parts, " UNION ALL "), args...)
	}
	if q.Text == "" {
		return nil, nil
	}
	within, more := mine(ctx, "migration_id", "?4")
	return all(ctx, d, scanFoundRun, findRunsByText(within), append([]any{q.Text, after(q.Text), q.Limit}, more...)...)
}

func scanKnown(row scanner) (k migration.Known, err error) {
	err = row.Scan(&k.Migration, &k.Name, &k.SHA256, &k.Serial, &k.Subject, &k.CA)
	return k, err
}

const knownQuery = "SELECT c.migration_id, m.name, c.sha256, c.serial, c.subject, c.is_ca FROM certificates c JOIN migrations m ON m.id = c.migration_id WHERE "

// FindCertificates returns the certificates whose SHA-256 fingerprint begins with a text, or that have one of some
// serial numbers; at most limit of each.
func (d *DB) FindCertificates(ctx context.Context, fingerprint string, serials []string, limit int) ([]migration.Known, error) {
	within, more := mine(ctx, "c.migration_id", "?5")
	return all(ctx, d, scanKnown, "SELECT * FROM ("+knownQuery+"c.sha256 >= ?1 AND c.sha256 < ?2 AND ?1 <> ''"+within+" LIMIT ?4) UNION SELECT * FROM ("+
		knownQuery+"c.serial <> '' AND c.serial IN (SELECT value FROM json_each(?3))"+within+" LIMIT ?4)",
		append([]any{fingerprint, after(fingerprint), idList(serials), limit}, more...)...)
}

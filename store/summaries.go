package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"onramp/expiry"
	"onramp/migration"
)

// idList is ids as a query's json_each reads them.
func idList[T any](ids T) string {
	text, _ := json.Marshal(ids) // strings always marshal
	return string(text)
}

// Stale returns migrations whose summary is no longer right at a time, at most limit, in any order.
func (d *DB) Stale(ctx context.Context, now time.Time, limit int) ([]migration.Migration, error) {
	return all(ctx, d, scanMigration, "SELECT "+migrationColumns+" FROM migrations WHERE derived <> version"+
		" UNION ALL SELECT "+migrationColumns+" FROM migrations WHERE derived = version AND derive_at <> 0 AND derive_at <= ? LIMIT ?", nanos(now), limit)
}

const staleInQuery = "SELECT " + migrationColumns + ` FROM migrations WHERE derived <> version AND +mode = ? AND EXISTS (
	SELECT 1 FROM facts WHERE migration_id = migrations.id AND kind = ? AND data ->> '$.namespace' = ?)`

// StaleIn returns the migrations of a mode that have changed since their summary and have ever been about a namespace,
// in any order. Time alone changes no namespace.
func (d *DB) StaleIn(ctx context.Context, mode migration.Mode, ns string) ([]migration.Migration, error) {
	return all(ctx, d, scanMigration, staleInQuery, mode, migration.FactNamespace, ns)
}

// FactsOf returns the facts of some migrations, oldest first.
func (d *DB) FactsOf(ctx context.Context, ids []string) (map[string][]migration.Fact, error) {
	facts, err := all(ctx, d, scanFact, "SELECT "+factColumns+" FROM facts WHERE migration_id IN (SELECT value FROM json_each(?)) ORDER BY id", idList(ids))
	out := make(map[string][]migration.Fact, len(ids))
	for _, f := range facts {
		out[f.MigrationID] = append(out[f.MigrationID], f)
	}
	return out, err
}

// OutcomesOf returns what Outcomes does, for several migrations; about says for each what its runs must be about.
func (d *DB) OutcomesOf(ctx context.Context, about map[string]string) (map[string][]migration.Outcome, error) {
	rows, err := all(ctx, d, scanOutcome, outcomesOfQuery(), idList(about))
	out := make(map[string][]migration.Outcome, len(about))
	for _, o := range rows {
		out[o.MigrationID] = append(out[o.MigrationID], o)
	}
	return out, err
}

func outcomesOfQuery() string {
	last := func(kind string) string {
		return ` UNION ALL SELECT ` + outcomeColumns + ` FROM asked JOIN runs ON runs.nr = (SELECT l.nr FROM runs l WHERE l.migration_id = asked.id AND l.kind = '` + kind + `'
			AND l.input_hash = asked.about AND l.state IN ('passed', 'failed') ORDER BY l.ended DESC, l.number DESC LIMIT 1)`
	}
	return `WITH asked (id, about) AS MATERIALIZED (SELECT key, value FROM json_each(?))
		SELECT ` + outcomeColumns + ` FROM asked JOIN runs ON runs.migration_id = asked.id AND runs.kind IN ('check', 'transfer') AND runs.input_hash = asked.about AND runs.state = 'running'` +
		last("check") + last("transfer")
}

// SaveDerived writes what was derived from migrations, all in one transaction. One that has changed since is left as
// it is: it is stale still.
func (d *DB) SaveDerived(ctx context.Context, list []expiry.Derived) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		set, err := tx.PrepareContext(ctx, `UPDATE migrations SET derived = version, derive_at = ?, turn = ?, failing = ?, namespace = ?, ca_sha256 = ?, sha256 = ?, who = ?, since = ?, expires = ?, checked = ?, summary = ?
			WHERE id = ? AND version = ?`)
		if err != nil {
			return err
		}
		defer set.Close()
		clear, err := tx.PrepareContext(ctx, "DELETE FROM endings WHERE migration_id = ?")
		if err != nil {
			return err
		}
		defer clear.Close()
		add, err := tx.PrepareContext(ctx, "INSERT INTO endings (migration_id, nr, at, active, mode, sha256, data, team_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
		if err != nil {
			return err
		}
		defer add.Close()
		for _, x := range list {
			text, err := json.Marshal(x.Summary)
			if err != nil {
				return err
			}
			done, err := set.ExecContext(ctx, nanos(x.Until), x.Turn, x.Failing, x.Namespace, x.CA, x.Leaf,
				x.Whose.Who, nanos(x.Whose.Since), nanos(x.Expires), nanos(checkedAt(x.Summary)), string(text), x.ID, x.Version)
			if err != nil {
				return err
			}
			if n, err := done.RowsAffected(); err != nil {
				return err
			} else if n == 0 {
				continue
			}
			if _, err := clear.ExecContext(ctx, x.ID); err != nil {
				return err
			}
			for i, e := range x.Endings {
				text, err := json.Marshal(endingData(e))
				if err != nil {
					return err
				}
				if _, err := add.ExecContext(ctx, x.ID, i, nanos(e.At), e.Active(), x.Mode, e.Certificate, string(text), team(x.Migration)); err != nil {
					return err
				}
			}
			if err := saveSearched(ctx, tx, x); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkedAt(s migration.Summary) time.Time {
	if s.Checked == nil {
		return time.Time{}
	}
	return s.Checked.At
}

const cardColumns = migrationColumns + ", summary"

func scanCard(row scanner) (c migration.Card, err error) {
	var created, archived int64
	var summary string
	m := &c.Migration
	err = row.Scan(&m.ID, &m.Name, &m.Lang, &m.Mode, &m.Auth, &created, &m.Version, &archived, &m.Team, &summary)
	if err != nil {
		return c, err
	}
	m.Created, m.Archived = fromNanos(created), fromNanos(archived)
	if summary != "" {
		err = json.Unmarshal([]byte(summary), &c.Summary)
	}
	return c, err
}

// holds is the condition of those that hold a text in name or namespace, whatever the case of ASCII letters.
const holds = `(name LIKE ? ESCAPE '\' OR namespace LIKE ? ESCAPE '\')`

// like is the pattern of a text in holds.
func like(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}

// List returns a part of the list of migrations as their summaries tell of them; Counts tells how many there are in all.
func (d *DB) List(ctx context.Context, q migration.Query) ([]migration.Card, error) {
	mine, args := within(ctx, "away = ?", "team_id", q.Group == migration.Archived)
	where := []string{mine}
	add := func(cond string, values ...any) { where, args = append(where, cond), append(args, values...) }
	switch q.Group {
	case migration.Yours:
		add("failing = 0 AND turn = ?", migration.TurnYours)
	case migration.Others:
		add("failing = 0 AND turn = ?", migration.TurnWaiting)
	case migration.Finished:
		add("failing = 0 AND turn = ?", migration.TurnDone)
	case migration.Troubled:
		add("failing = 1")
	}
	if q.Mode != "" {
		add("mode = ?", q.Mode)
	}
	if q.Text != "" {
		add(holds, like(q.Text), like(q.Text))
	}
	order := "failing DESC, turn DESC, created DESC, rowid DESC"
	switch q.Order {
	case migration.Newest:
		order = "created DESC, rowid DESC"
	case migration.ByName:
		order = "name COLLATE NOCASE, rowid"
	}
	return all(ctx, d, scanCard, "SELECT "+cardColumns+" FROM migrations WHERE "+strings.Join(where, " AND ")+" ORDER BY "+order+" LIMIT ? OFFSET ?", append(args, q.Limit, q.From)...)
}

// Counts returns how many migrations there are of each kind, of those that hold a text ("" for all) in name or namespace.
func (d *DB) Counts(ctx context.Context, text string) (migration.Counts, error) {
	where, args := within(ctx, "n > 0", "team_id")
	query := "SELECT away, mode, turn, failing, SUM(n) FROM migration_counts WHERE " + where + " GROUP BY away, mode, turn, failing"
	if text != "" {
		where, args = within(ctx, holds, "team_id", like(text), like(text))
		query = "SELECT away, mode, turn, failing, COUNT(*) FROM migrations WHERE " + where + " GROUP BY away, mode, turn, failing"
	}
	return all(ctx, d, func(row scanner) (c migration.Count, err error) {
		err = row.Scan(&c.Archived, &c.Mode, &c.Turn, &c.Failing, &c.N)
		return c, err
	}, query, args...)
}

// InNamespaces returns, whoever asks, the migrations of a mode that are about one of some namespaces, newest first, at most limit.
func (d *DB) InNamespaces(ctx context.Context, mode migration.Mode, namespaces []string, limit int) ([]migration.Migration, error) {
	return all(ctx, d, scanMigration, "SELECT "+migrationColumns+" FROM migrations WHERE namespace IN (SELECT value FROM json_each(?)) AND +mode = ? ORDER BY created DESC, rowid DESC LIMIT ?",
		idList(namespaces), mode, limit)
}

// WithCertificate returns the migrations whose present CA or client certificate has a fingerprint, newest first, at
// most limit.
func (d *DB) WithCertificate(ctx context.Context, fingerprint string, limit int) ([]migration.Migration, error) {
	where, args := within(ctx, "(ca_sha256 = ? OR sha256 = ?)", "team_id", fingerprint, fingerprint)
	return all(ctx, d, scanMigration, "SELECT "+migrationColumns+" FROM migrations WHERE "+where+" ORDER BY created DESC, rowid DESC LIMIT ?", append(args, limit)...)
}

package store

import (
	"context"
	"strings"
	"time"

	"onramp/migration"
)

// aDay is how nanoseconds of a moment become days.
const aDay = int64(24 * time.Hour)

// Boards keeps what a board of many migrations needs: its rows and counts, lists of migrations that are made together, and
// checks of many.
type Boards struct{ d *DB }

// NewBoards returns the Boards of a database.
func NewBoards(d *DB) Boards { return Boards{d} }

// Board returns a part of the board as the migrations' summaries tell of them; Tallies tells how many there are in all.
func (b Boards) Board(ctx context.Context, q migration.BoardQuery) ([]migration.Card, error) {
	query, args := boardQuery(ctx, q)
	return all(ctx, b.d, scanCard, query, args...)
}

func boardQuery(ctx context.Context, q migration.BoardQuery) (string, []any) {
	mine, args := within(ctx, "away = ?", "team_id", q.Show == migration.ShowArchived)
	where := []string{mine}
	add := func(cond string, values ...any) { where, args = append(where, cond), append(args, values...) }
	switch q.Show {
	case migration.ShowMine:
		var any []string
		for _, w := range q.Mine {
			if w.Teams == nil {
				any, args = append(any, "who = ?"), append(args, w.Who)
			} else {
				any, args = append(any, "who = ? AND team_id IN (SELECT value FROM json_each(?))"), append(args, w.Who, idList(w.Teams))
			}
		}
		if len(any) == 0 {
			any = append(any, "0")
		}
		add("(" + strings.Join(any, " OR ") + ")")
	case migration.ShowDeveloper, migration.ShowAdmin:
		add("who = ?", string(q.Show))
	case migration.ShowFailing:
		add("failing = 1")
	case migration.ShowExpiring:
		add("expires > 0 AND expires < ?", nanos(q.Soon))
	case migration.ShowDone:
		add("failing = 0 AND turn = ?", migration.TurnDone)
	}
	if q.Team != "" {
		add("team_id = ?", q.Team)
	}
	if len(q.Namespaces) > 0 {
		add("namespace IN (SELECT value FROM json_each(?))", idList(q.Namespaces))
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
	case migration.ByWaiting:
		order = "since = 0, since, rowid"
	case migration.ByExpiry:
		order = "expires = 0, expires, rowid"
	case migration.ByChecked:
		order = "checked DESC, rowid DESC"
	}
	if q.After != nil {
		add("id > ?", *q.After)
		return "SELECT " + cardColumns + " FROM migrations WHERE " + strings.Join(where, " AND ") + " ORDER BY id LIMIT ?", append(args, q.Limit)
	}
	return "SELECT " + cardColumns + " FROM migrations WHERE " + strings.Join(where, " AND ") + " ORDER BY " + order + " LIMIT ? OFFSET ?", append(args, q.Limit, q.From)
}

// Tallies counts the migrations that a text ("" for all) is in the name or namespace of, by what the board shows; those
// whose chain ends before soon, a midnight, are counted for each team besides.
func (b Boards) Tallies(ctx context.Context, text string, soon time.Time) (migration.Tallies, error) {
	scan := func(row scanner) (t migration.Tally, err error) {
		err = row.Scan(&t.Team, &t.Archived, &t.Turn, &t.Who, &t.Failing, &t.N, &t.Expiring)
		return t, err
	}
	if text != "" {
		where, args := within(ctx, holds, "team_id", like(text), like(text))
		return all(ctx, b.d, scan, `SELECT team_id, away, turn, who, failing, COUNT(*), COALESCE(SUM(away = 0 AND expires > 0 AND expires < ?), 0)
			FROM migrations WHERE `+where+" GROUP BY team_id, away, turn, who, failing", append([]any{nanos(soon)}, args...)...)
	}
	where, args := within(ctx, "n > 0", "team_id")
	mine, endArgs := within(ctx, "n > 0 AND day < ?", "team_id", nanos(soon)/aDay)
	return all(ctx, b.d, scan, "SELECT team_id, away, turn, who, failing, SUM(n), 0 FROM migration_counts WHERE "+where+" GROUP BY team_id, away, turn, who, failing"+
		" UNION ALL SELECT team_id, 0, 0, '', 0, 0, SUM(n) FROM migration_ends WHERE "+mine+" GROUP BY team_id", append(args, endArgs...)...)
}

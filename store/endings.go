package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"onramp/expiry"
	"onramp/migration"
)

// endingJSON is what of an ending is in the column data.
type endingJSON struct {
	Client    string            `json:"client,omitempty"`
	Subject   string            `json:"subject"`
	Lane      string            `json:"lane,omitempty"`
	Made      time.Time         `json:"made"`
	IsCA      bool              `json:"is_ca,omitempty"`
	By        string            `json:"by"`
	Successor *expiry.Successor `json:"successor,omitempty"`
	Revision  int               `json:"revision,omitempty"`
	Changed   time.Time         `json:"changed"`
}

func endingData(e expiry.Ending) endingJSON {
	return endingJSON{e.Client, e.Subject, e.Lane, e.Made, e.IsCA, e.By, e.Successor, e.Revision, e.Changed}
}

const endingColumns = "e.migration_id, m.name, e.mode, e.sha256, e.at, e.data"

// endingOf are the places for endingColumns, and what makes the ending of them.
func endingOf() (places []any, done func() (expiry.Ending, error)) {
	var e expiry.Ending
	var mode migration.Mode
	var at int64
	var data string
	return []any{&e.Migration, &e.Name, &mode, &e.Certificate, &at, &data}, func() (expiry.Ending, error) {
		var d endingJSON
		err := json.Unmarshal([]byte(data), &d)
		e.Rehearsal, e.At, e.IsCA = mode == migration.Rehearsal, fromNanos(at), d.IsCA
		e.Client, e.Subject, e.Lane, e.Made, e.By, e.Successor, e.Revision, e.Changed = d.Client, d.Subject, d.Lane, d.Made, d.By, d.Successor, d.Revision, d.Changed
		return e, err
	}
}

func scanEnding(row scanner) (expiry.Ending, error) {
	places, done := endingOf()
	if err := row.Scan(places...); err != nil {
		return expiry.Ending{}, err
	}
	return done()
}

// endingQuery is a query for a part of the board.
func endingQuery(ctx context.Context, q expiry.Query) (query string, args []any) {
	mine, args := within(ctx, "1", "e.team_id")
	where := []string{mine}
	add := func(cond string, arg any) { where, args = append(where, cond), append(args, arg) }
	if q.Active {
		where = append(where, "e.active = 1")
	}
	if q.Mode != "" {
		add("e.mode = ?", q.Mode)
	}
	if !q.Since.IsZero() {
		add("e.at >= ?", nanos(q.Since))
	}
	if !q.Before.IsZero() {
		add("e.at < ?", nanos(q.Before))
	}
	if q.After != nil {
		where = append(where, "(e.at, e.migration_id, e.sha256) > (?, ?, ?)")
		args = append(args, nanos(q.After.At), q.After.Migration, q.After.Certificate)
	}
	order := "e.at, e.migration_id, e.sha256"
	if q.Last {
		order = "e.at DESC, e.migration_id DESC, e.sha256 DESC"
	}
	limit := -1
	if q.Limit > 0 {
		limit = q.Limit
	}
	return "SELECT " + endingColumns + " FROM endings e JOIN migrations m ON m.id = e.migration_id WHERE " + strings.Join(where, " AND ") +
		" ORDER BY " + order + " LIMIT ? OFFSET ?", append(args, limit, q.From)
}

// Endings returns a part of the board.
func (d *DB) Endings(ctx context.Context, q expiry.Query) ([]expiry.Ending, error) {
	query, args := endingQuery(ctx, q)
	return all(ctx, d, scanEnding, query, args...)
}

// EndingsIn returns, between each of some times (a zero one is 1970) and the next, the first limit of those that nothing has replaced.
func (d *DB) EndingsIn(ctx context.Context, times []time.Time, limit int) ([][]expiry.Ending, error) {
	spans := make([][2]int64, len(times)-1)
	for i := range spans {
		spans[i] = [2]int64{nanos(times[i]), nanos(times[i+1])}
	}
	out := make([][]expiry.Ending, len(times)-1)
	mine, args := within(ctx, "x.active = 1 AND x.at >= s.value ->> 0 AND x.at < s.value ->> 1", "x.team_id", idList(spans))
	_, err := all(ctx, d, func(row scanner) (none struct{}, err error) {
		var i int
		places, done := endingOf()
		if err := row.Scan(append([]any{&i}, places...)...); err != nil {
			return none, err
		}
		e, err := done()
		out[i] = append(out[i], e)
		return none, err
	}, `SELECT s.key, `+endingColumns+` FROM json_each(?) s CROSS JOIN endings e JOIN migrations m ON m.id = e.migration_id
		WHERE (e.migration_id, e.nr) IN (SELECT x.migration_id, x.nr FROM endings x WHERE `+mine+`
			ORDER BY x.at, x.migration_id, x.sha256 LIMIT ?)
		ORDER BY s.key, e.at, e.migration_id, e.sha256`, append(args, limit)...)
	return out, err
}

const endingDay = 24 * time.Hour

// EndingsBefore counts what ends before each of some times. A zero time counts all.
func (d *DB) EndingsBefore(ctx context.Context, times []time.Time) ([]expiry.Counts, error) {
	type row struct {
		day int64
		i   int
		expiry.Count
	}
	// Whole days come from their counts; what is left of the day of each time is counted.
	mine, args := within(ctx, "1", "team_id")
	parts := []string{"SELECT day, -1, mode, active, n FROM ending_days WHERE " + mine}
	for i, t := range times {
		if !t.IsZero() {
			part, more := within(ctx, "at >= ? AND at < ?", "team_id", nanos(t)/int64(endingDay)*int64(endingDay), nanos(t))
			parts = append(parts, fmt.Sprintf("SELECT 0, %d, mode, active, COUNT(*) FROM endings WHERE %s GROUP BY mode, active", i, part))
			args = append(args, more...)
		}
	}
	rows, err := all(ctx, d, func(s scanner) (r row, err error) {
		err = s.Scan(&r.day, &r.i, &r.Mode, &r.Active, &r.N)
		return r, err
	}, strings.Join(parts, " UNION ALL "), args...)
	out := make([]expiry.Counts, len(times))
	for _, r := range rows {
		for i, t := range times {
			if r.i == i || r.i < 0 && (t.IsZero() || r.day < nanos(t)/int64(endingDay)) {
				out[i] = append(out[i], r.Count)
			}
		}
	}
	return out, err
}

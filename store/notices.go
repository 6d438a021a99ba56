package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"onramp/expiry"
	"onramp/fault"
	"onramp/migration"
	"onramp/notices"
)

// Notices are the events that people are told of, and how far each was told. It is a part of the database.
type Notices struct{ d *DB }

// NewNotices returns the notices of a database.
func NewNotices(d *DB) Notices { return Notices{d} }

var _ notices.Store = Notices{}

// ladder is SQL for the rung of a ladder of days, the longest way first, that a moment is on at ?1; 0 before the first.
// ends: the days lead down to the moment; else they count from it.
func ladder(at string, rungs []int, ends bool) string {
	var b strings.Builder
	b.WriteString("CASE")
	if ends {
		fmt.Fprintf(&b, " WHEN %s < ?1 THEN %d", at, notices.Ended)
	}
	for i := len(rungs) - 1; i >= 0; i-- {
		days := int64(rungs[i]) * int64(endingDay)
		if ends {
			fmt.Fprintf(&b, " WHEN %s <= ?1 + %d THEN %d", at, days, rungs[i])
		} else {
			fmt.Fprintf(&b, " WHEN %s <= ?1 - %d THEN %d", at, days, rungs[i])
		}
	}
	return b.String() + " ELSE 0 END"
}

// What is so at ?1: the rung of an ending e, as certsvc.Ladder says it, and whether it is told of; the same of a migration
// m that waits; whether a check r that failed is news: its predecessor about the same passed, and none has come after it.
var (
	endRung  = ladder("e.at", notices.Rungs, true)
	endTold  = fmt.Sprintf("e.active = 1 AND e.mode <> '%s' AND e.at <= ?1 + %d", migration.Rehearsal, int64(notices.Rungs[0])*int64(endingDay))
	waitRung = ladder("m.since", notices.Waits, false)
	waitTold = fmt.Sprintf("m.who = '"+migration.WhoCloudAdmin+"' AND m.since <> 0 AND m.since <= ?1 - %d AND m.archived = 0 AND m.mode <> '%s'", int64(notices.Waits[0])*int64(endingDay), migration.Rehearsal)
	redTold  = fmt.Sprintf(`r.kind = 'check' AND r.state = 'failed' AND r.ended > ?1 - %d AND m.archived = 0 AND m.mode <> '%s'
		AND NOT EXISTS (SELECT 1 FROM runs l WHERE l.migration_id = r.migration_id AND l.kind = 'check' AND l.input_hash = r.input_hash AND l.state IN ('passed', 'failed') AND (l.ended, l.number) > (r.ended, r.number))
		AND 'passed' = (SELECT l.state FROM runs l WHERE l.migration_id = r.migration_id AND l.kind = 'check' AND l.input_hash = r.input_hash AND l.state IN ('passed', 'failed')
			AND (l.ended, l.number) < (r.ended, r.number) ORDER BY l.ended DESC, l.number DESC LIMIT 1)`, int64(notices.FreshFor), migration.Rehearsal)

	// still is SQL for: what the notice n of migration m tells is so at ?1.
	still = fmt.Sprintf(`CASE n.kind
		WHEN '%s' THEN EXISTS (SELECT 1 FROM endings e WHERE e.migration_id = n.migration_id AND e.sha256 = n.about AND %s AND n.rung = %s)
		WHEN '%s' THEN %s AND n.about = CAST(m.since AS TEXT) AND n.rung = %s
		WHEN '%s' THEN EXISTS (SELECT 1 FROM runs r WHERE r.id = n.about AND %s)
		ELSE n.at > ?1 - %d END`, notices.Expiring, endTold, endRung, notices.Waiting, waitTold, waitRung, notices.TurnedRed, redTold, int64(notices.FreshFor))

	// answer is SQL for what the answer w to a hand-off says. It leaves out what its writer typed: anybody with the link may.
	answer = fmt.Sprintf(`SELECT COALESCE(h.data ->> '$.for', 'Somebody') || ' says that ' || CASE f.kind
		WHEN '%[2]s' THEN CASE h.data ->> '$.task' WHEN '%[3]s' THEN 'the certificate filters are set' WHEN '%[4]s' THEN 'the old CA certificate is removed' ELSE 'step 3 is done' END
		ELSE CASE h.data ->> '$.task' WHEN '%[3]s' THEN 'setting certificate filters' WHEN '%[4]s' THEN 'removing the old CA certificate' ELSE 'step 3' END || ' is not for them' END
		FROM facts f LEFT JOIN facts h ON h.migration_id = f.migration_id AND h.kind = '%[1]s' AND h.data ->> '$.handoff' = f.data ->> '$.handoff'
		WHERE f.id = CAST(w.about AS INTEGER) LIMIT 1`, migration.FactHandoffMade, migration.FactHandoffDone, migration.TaskFilters, migration.TaskRemoveCA)

	// unnoted is SQL for what is so at ?1 and has no notice.
	unnoted = strings.Join([]string{
		fmt.Sprintf("SELECT '%s' AS kind, e.migration_id AS id, e.sha256 AS about, %s AS rung, e.at AS at FROM endings e WHERE %s", notices.Expiring, endRung, endTold),
		fmt.Sprintf("SELECT '%s', m.id, CAST(m.since AS TEXT), %s, m.since FROM migrations m WHERE %s", notices.Waiting, waitRung, waitTold),
		fmt.Sprintf("SELECT '%s', r.migration_id, r.id, 0, r.ended FROM runs r JOIN migrations m ON m.id = r.migration_id WHERE %s", notices.TurnedRed, redTold),
		fmt.Sprintf(`SELECT '%s', f.migration_id, CAST(f.id AS TEXT), 0, f.at FROM facts f JOIN migrations m ON m.id = f.migration_id
			WHERE f.kind IN ('%s', '%s') AND f.at > ?1 - %d AND m.archived = 0 AND m.mode <> '%s'`, notices.Answered, migration.FactHandoffDone, migration.FactHandoffNotMe, int64(notices.FreshFor), migration.Rehearsal),
	}, " UNION ALL ")
	// waited is SQL for what migration w.id waits for besides its steps (migration.Whose.Task).
	waited      = "SELECT COALESCE(m.summary ->> '$.whose.task', '') FROM migrations m WHERE m.id = w.id"
	gatherQuery = "SELECT kind, id, about, rung, CASE kind WHEN '" + string(notices.Answered) + "' THEN (" + answer + ") WHEN '" + string(notices.Waiting) + "' THEN (" + waited + ") ELSE '' END FROM (" + unnoted + `) w WHERE NOT EXISTS (SELECT 1 FROM notices n
		WHERE n.migration_id = w.id AND n.kind = w.kind AND n.about = w.about AND n.rung = w.rung) ORDER BY at, id, about, rung LIMIT ?2`
)

// gatherMost is how many notices one look writes: those of a company that turns them on come with the next looks.
const gatherMost = 1000

// Gather notes what is so at a moment and not noted yet.
func (n Notices) Gather(ctx context.Context, now time.Time) error {
	found, err := all(ctx, n.d, func(row scanner) (e notices.Event, err error) {
		err = row.Scan(&e.Kind, &e.Migration, &e.About, &e.Rung, &e.Said)
		e.At = now
		return e, err
	}, gatherQuery, nanos(now), gatherMost)
	if err != nil || len(found) == 0 {
		return err
	}
	return n.Tell(ctx, found...)
}

// Tell notes events, each once however often it is told. One whose migration is gone is left out.
func (n Notices) Tell(ctx context.Context, es ...notices.Event) error {
	return n.d.write(ctx, func(tx *sql.Tx) error { return tell(ctx, tx, es...) })
}

// tell is Tell within a change.
func tell(ctx context.Context, tx *sql.Tx, es ...notices.Event) error {
	for _, e := range es {
		_, err := tx.ExecContext(ctx, `INSERT INTO notices (migration_id, kind, about, rung, at, said) SELECT id, ?2, ?3, ?4, ?5, ?6 FROM migrations WHERE id = ?1
			ON CONFLICT DO NOTHING`, e.Migration, e.Kind, e.About, e.Rung, nanos(e.At), e.Said)
		if err != nil {
			return err
		}
	}
	return nil
}

// eventColumns are an event and what its page shows; eventTables where they stand.
const (
	eventColumns = `n.nr, n.kind, n.migration_id, m.name, n.about, n.rung, n.at, n.said,
		COALESCE(e.at, 0), COALESCE(e.mode, ''), COALESCE(e.data, ''), COALESCE(r.number, 0), COALESCE(r.title, '')`
	eventTables = ` FROM notices n JOIN migrations m ON m.id = n.migration_id
		LEFT JOIN endings e ON n.kind = 'expiry' AND e.migration_id = n.migration_id AND e.sha256 = n.about
			AND e.nr = (SELECT MIN(x.nr) FROM endings x WHERE x.migration_id = n.migration_id AND x.sha256 = n.about)
		LEFT JOIN runs r ON n.kind = 'check' AND r.id = n.about`
)

// eventOf are the places for eventColumns, and what fills the event from them, as it is at now.
func eventOf(e *notices.Event, now time.Time) (places []any, done func() error) {
	var at, ends int64
	var mode migration.Mode
	var data, title string
	return []any{&e.Nr, &e.Kind, &e.Migration, &e.Name, &e.About, &e.Rung, &at, &e.Said, &ends, &mode, &data, &e.Number, &title}, func() error {
		e.At = fromNanos(at)
		switch {
		case e.Kind == notices.Expiring && data != "":
			var d endingJSON
			if err := json.Unmarshal([]byte(data), &d); err != nil {
				return err
			}
			x := expiry.Ending{Migration: e.Migration, Name: e.Name, Rehearsal: mode == migration.Rehearsal, Certificate: e.About, Client: d.Client, Subject: d.Subject, Lane: d.Lane, Made: d.Made, By: d.By,
				Successor: d.Successor, Revision: d.Revision, Changed: d.Changed}
			x.At, x.IsCA = fromNanos(ends), d.IsCA
			e.Ending = x.SeenAt(now)
		case e.Kind == notices.Waiting:
			since, err := strconv.ParseInt(e.About, 10, 64)
			if err != nil {
				return err
			}
			e.Since = fromNanos(since)
		case e.Kind == notices.TurnedRed:
			e.Said = title
		}
		return nil
	}
}

const noticeColumns = eventColumns + ", n.attempts, n.tried, n.next, n.sent, n.error"

func scanNotice(row scanner, now time.Time, more ...any) (x notices.Notice, err error) {
	var tried, next, sent int64
	places, done := eventOf(&x.Event, now)
	if err := row.Scan(append(append(places, &x.Attempts, &tried, &next, &sent, &x.Error), more...)...); err != nil {
		return x, err
	}
	x.Tried, x.Next, x.Sent = fromNanos(tried), fromNanos(next), fromNanos(sent)
	return x, done()
}

// Due returns at most limit notices that the webhook is to be told of, those first whose next attempt is first.
func (n Notices) Due(ctx context.Context, now time.Time, limit int) ([]notices.Notice, error) {
	return all(ctx, n.d, func(row scanner) (notices.Notice, error) { return scanNotice(row, now) },
		"SELECT "+noticeColumns+eventTables+" WHERE n.sent = 0 AND "+still+" ORDER BY n.next, n.nr LIMIT ?2", nanos(now), limit)
}

// List returns at most limit notices that the webhook was to be told of, those tried last first.
func (n Notices) List(ctx context.Context, now time.Time, limit int) ([]notices.Told, error) {
	return all(ctx, n.d, func(row scanner) (x notices.Told, err error) {
		x.Notice, err = scanNotice(row, now, &x.Current)
		return x, err
	}, "SELECT "+noticeColumns+", "+still+eventTables+" WHERE n.attempts > 0 ORDER BY n.tried DESC, n.nr LIMIT ?2", nanos(now), limit)
}

// Failing counts the notices that are still tried and were not taken.
func (n Notices) Failing(ctx context.Context, now time.Time) (int, error) {
	return one(ctx, n.d, nil, func(row scanner) (n int, err error) {
		err = row.Scan(&n)
		return n, err
	}, "SELECT COUNT(*) FROM notices n JOIN migrations m ON m.id = n.migration_id WHERE n.sent = 0 AND n.attempts > 0 AND "+still, nanos(now))
}

// Save writes how far the webhook was told of a notice; Conflict when it was sent already, NotFound when its migration was
// deleted meanwhile.
func (n Notices) Save(ctx context.Context, x notices.Notice) error {
	return n.d.write(ctx, func(tx *sql.Tx) error {
		if err := known(ctx, tx, x.Migration); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, "UPDATE notices SET attempts = ?, tried = ?, next = ?, sent = ?, error = ? WHERE nr = ? AND sent = 0",
			x.Attempts, nanos(x.Tried), nanos(x.Next), nanos(x.Sent), x.Error, x.Nr)
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

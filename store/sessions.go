package store

import (
	"context"
	"database/sql"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/people"
)

const sessionColumns = "hash, handle, sessions.account_id, sessions.created, seen, proved, from_addr, agent"

// sessionOf are the places for sessionColumns, and what fills the session from them.
func sessionOf(s *people.Session) (places []any, done func()) {
	var created, seen, proved int64
	return []any{&s.Hash, &s.Handle, &s.Account, &created, &seen, &proved, &s.From, &s.Agent}, func() {
		s.Created, s.Seen, s.Proved = fromNanos(created), fromNanos(seen), fromNanos(proved)
	}
}

func noSession() error {
	return fault.New(fault.NotFound, "There is no such sign-in", "Look at the list of your sign-ins.")
}

// Session returns a session with its account, in one query: each request asks it.
func (d *DB) Session(ctx context.Context, hash string) (s people.Session, a people.Account, err error) {
	_, err = one(ctx, d, noSession(), func(row scanner) (struct{}, error) {
		first, fill := sessionOf(&s)
		more, done := accountOf(&a)
		if err := row.Scan(append(first, more...)...); err != nil {
			return struct{}{}, err
		}
		fill()
		return struct{}{}, done()
	}, "SELECT "+sessionColumns+", "+accountColumns+" FROM sessions JOIN accounts ON accounts.id = sessions.account_id WHERE hash = ?", hash)
	return s, a, err
}

// Sessions returns the sessions of an account, newest first.
func (d *DB) Sessions(ctx context.Context, account string) ([]people.Session, error) {
	return all(ctx, d, func(row scanner) (s people.Session, err error) {
		places, done := sessionOf(&s)
		err = row.Scan(places...)
		done()
		return s, err
	}, "SELECT "+sessionColumns+" FROM sessions WHERE account_id = ? ORDER BY created DESC", account)
}

func addSession(ctx context.Context, tx *sql.Tx, s people.Session) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO sessions (hash, handle, account_id, created, seen, proved, from_addr, agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		s.Hash, s.Handle, s.Account, nanos(s.Created), nanos(s.Seen), nanos(s.Proved), s.From, s.Agent)
	return err
}

// AddSession adds a session of an account that may still sign in with the password that it was read with, and ends the one
// that it takes the place of.
func (d *DB) AddSession(ctx context.Context, a people.Account, s people.Session, instead string, rs ...custody.Record) (now people.Account, err error) {
	err = d.write(ctx, func(tx *sql.Tx) (err error) {
		if now, err = accountIn(ctx, tx, a.ID); err != nil {
			return err
		}
		if !now.Active() || now.Password != a.Password {
			return fault.New(fault.Conflict, "The account was changed meanwhile", "Sign in again.")
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE hash = ?", instead); err != nil {
			return err
		}
		if err := addSession(ctx, tx, s); err != nil {
			return err
		}
		return d.addRecords(ctx, tx, rs)
	})
	return now, err
}

// TouchSession notes that a session was used.
func (d *DB) TouchSession(ctx context.Context, hash string, seen time.Time) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE sessions SET seen = ?1 WHERE hash = ?2 AND seen < ?1", nanos(seen), hash)
		return err
	})
}

// EndSession ends a session of an account.
func (d *DB) EndSession(ctx context.Context, account, handle string, rs ...custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE account_id = ? AND handle = ?", account, handle)
		if err != nil {
			return err
		}
		if err := some(done, noSession()); err != nil {
			return err
		}
		return d.addRecords(ctx, tx, rs)
	})
}

// EndOld ends the sessions that were last used, or begun, before some times.
func (d *DB) EndOld(ctx context.Context, seen, created time.Time) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE seen < ? OR created < ?", nanos(seen), nanos(created))
		return err
	})
}

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/people"
)

var _ people.Store = (*DB)(nil)

const accountColumns = `accounts.id, email, accounts.name, role, password, issuer, subject, accounts.created, disabled, no_group,
	(SELECT json_group_array(team_id) FROM members WHERE account_id = accounts.id),
	COALESCE((SELECT MAX(seen) FROM sessions s WHERE s.account_id = accounts.id), 0)`

// accountOf are the places for accountColumns, and what fills the account from them.
func accountOf(a *people.Account) (places []any, done func() error) {
	var role, teams string
	var created, disabled, noGroup, seen int64
	return []any{&a.ID, &a.Email, &a.Name, &role, &a.Password, &a.Issuer, &a.Subject, &created, &disabled, &noGroup, &teams, &seen}, func() error {
		a.Role, _ = custody.ParseRole(role) // the table allows no other
		a.Created, a.Disabled, a.NoGroup, a.LastSeen = fromNanos(created), fromNanos(disabled), fromNanos(noGroup), fromNanos(seen)
		return json.Unmarshal([]byte(teams), &a.Teams)
	}
}

func scanAccount(row scanner) (a people.Account, err error) {
	places, done := accountOf(&a)
	if err := row.Scan(places...); err != nil {
		return a, err
	}
	return a, done()
}

func noAccount() error {
	return fault.New(fault.NotFound, "There is no such account", "Look at the list of people: onramp people list.")
}

// Account returns an account by its ID.
func (d *DB) Account(ctx context.Context, id string) (people.Account, error) {
	return one(ctx, d, noAccount(), scanAccount, "SELECT "+accountColumns+" FROM accounts WHERE id = ?", id)
}

// AccountByEmail returns an account by its address in lower case.
func (d *DB) AccountByEmail(ctx context.Context, email string) (people.Account, error) {
	return one(ctx, d, noAccount(), scanAccount, "SELECT "+accountColumns+" FROM accounts WHERE email = ?", email)
}

// AccountBySubject returns the account that a provider of sign-ins knows by a subject.
func (d *DB) AccountBySubject(ctx context.Context, issuer, subject string) (people.Account, error) {
	return one(ctx, d, noAccount(), scanAccount, "SELECT "+accountColumns+" FROM accounts WHERE issuer = ? AND subject = ? AND subject <> ''", issuer, subject)
}

// Accounts returns every account, by email.
func (d *DB) Accounts(ctx context.Context) ([]people.Account, error) {
	return all(ctx, d, scanAccount, "SELECT "+accountColumns+" FROM accounts ORDER BY email")
}

// SaveAccount adds an account, or writes all of one that is still as it was.
func (d *DB) SaveAccount(ctx context.Context, was, a people.Account, rs ...custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		if was.ID != "" {
			now, err := accountIn(ctx, tx, was.ID)
			if err != nil {
				return err
			}
			if !sameAccount(now, was) {
				return fault.New(fault.Conflict, "This account was changed meanwhile", "Look at it again, then repeat what is still wanted.")
			}
		}
		if err := saveAccount(ctx, tx, a); err != nil {
			return err
		}
		if err := d.addRecords(ctx, tx, rs); err != nil || a.Active() && a.Role >= custody.CloudAdmin {
			return err
		}
		return lapse(ctx, d, tx, lapsing{person: a.ID}, rs)
	})
}

// sameAccount reports whether an account is as it was, but for when it was seen.
func sameAccount(a, was people.Account) bool {
	teams := func(a people.Account) []string { return slices.Sorted(slices.Values(a.Teams)) }
	return a.Email == was.Email && a.Name == was.Name && a.Role == was.Role && a.Password == was.Password && a.Issuer == was.Issuer && a.Subject == was.Subject &&
		a.Disabled.Equal(was.Disabled) && a.NoGroup.Equal(was.NoGroup) && slices.Equal(teams(a), teams(was))
}

// accountIn is an account as a change sees it.
func accountIn(ctx context.Context, tx *sql.Tx, id string) (people.Account, error) {
	a, err := scanAccount(tx.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM accounts WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return a, noAccount()
	}
	return a, err
}

func saveAccount(ctx context.Context, tx *sql.Tx, a people.Account) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO accounts (id, email, name, role, password, issuer, subject, created, disabled, no_group) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
		ON CONFLICT (id) DO UPDATE SET email = ?2, name = ?3, role = ?4, password = ?5, issuer = ?6, subject = ?7, disabled = ?9, no_group = ?10`,
		a.ID, a.Email, a.Name, a.Role.String(), a.Password, a.Issuer, a.Subject, nanos(a.Created), nanos(a.Disabled), nanos(a.NoGroup))
	if taken(err) {
		return fault.Wrap(err, fault.Conflict, "Another account has this email address", "Use that account, or give another address.").In("email")
	}
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM members WHERE account_id = ?", a.ID); err != nil {
		return err
	}
	for _, team := range a.Teams {
		if _, err := tx.ExecContext(ctx, "INSERT INTO members (account_id, team_id) VALUES (?, ?)", a.ID, team); err != nil {
			return err
		}
	}
	if !a.Active() {
		_, err = tx.ExecContext(ctx, "DELETE FROM sessions WHERE account_id = ?", a.ID)
	}
	return err
}

// Teams returns every team, by name.
func (d *DB) Teams(ctx context.Context) ([]people.Team, error) {
	return all(ctx, d, func(row scanner) (t people.Team, err error) {
		var created int64
		err = row.Scan(&t.ID, &t.Name, &created)
		t.Created = fromNanos(created)
		return t, err
	}, "SELECT id, name, created FROM teams ORDER BY name")
}

// AddTeam adds a team.
func (d *DB) AddTeam(ctx context.Context, t people.Team, rs ...custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO teams (id, name, created) VALUES (?, ?, ?)", t.ID, t.Name, nanos(t.Created))
		if taken(err) {
			return fault.Wrap(err, fault.Conflict, "There is a team of this name already", "Choose another name.").In("team")
		}
		if err != nil {
			return err
		}
		return d.addRecords(ctx, tx, rs)
	})
}

// Setting is a text that the portal keeps under a name; "" when there is none.
func (d *DB) Setting(ctx context.Context, name string) (string, error) {
	return one(ctx, d, nil, func(row scanner) (v string, err error) {
		err = row.Scan(&v)
		return v, err
	}, "SELECT COALESCE((SELECT value FROM settings WHERE name = ?), '')", name)
}

// SaveSetting keeps a text under a name.
func (d *DB) SaveSetting(ctx context.Context, name, value string) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2", name, value)
		return err
	})
}

// AddLink adds a link; others of its kind and account that were not used end.
func (d *DB) AddLink(ctx context.Context, l people.Link, rs ...custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM links WHERE kind = ? AND account_id = ? AND used = 0", l.Kind, l.Account); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO links (hash, kind, account_id, created, expires, used) VALUES (?, ?, ?, ?, ?, ?)",
			l.Hash, l.Kind, l.Account, nanos(l.Created), nanos(l.Expires), nanos(l.Used))
		if err != nil {
			return err
		}
		return d.addRecords(ctx, tx, rs)
	})
}

// Link returns a link by the hash of its token.
func (d *DB) Link(ctx context.Context, hash string) (people.Link, error) {
	missing := fault.New(fault.NotFound, "There is no such link", "Ask an owner for a new one.")
	return one(ctx, d, missing, func(row scanner) (l people.Link, err error) {
		var created, expires, used int64
		err = row.Scan(&l.Hash, &l.Kind, &l.Account, &created, &expires, &used)
		l.Created, l.Expires, l.Used = fromNanos(created), fromNanos(expires), fromNanos(used)
		return l, err
	}, "SELECT hash, kind, account_id, created, expires, used FROM links WHERE hash = ?", hash)
}

// UseLink marks a link used and writes what follows: of an account that is there its name and password alone, for whoever
// made the link may have changed the rest since; its sessions end, and a new one begins.
func (d *DB) UseLink(ctx context.Context, u people.Use, rs ...custody.Record) (now people.Account, err error) {
	err = d.write(ctx, func(tx *sql.Tx) (err error) {
		done, err := tx.ExecContext(ctx, "UPDATE links SET used = ? WHERE hash = ? AND used = 0 AND (kind <> ? OR NOT EXISTS (SELECT 1 FROM accounts))",
			nanos(u.Session.Created), u.Link.Hash, people.FirstLink)
		if err == nil {
			err = some(done, fault.New(fault.Gone, "This link was used meanwhile", "Sign in, or ask an owner for a new link."))
		}
		if err != nil {
			return err
		}
		if u.Link.Kind == people.FirstLink {
			err = saveAccount(ctx, tx, u.Account)
		} else if done, err = tx.ExecContext(ctx, "UPDATE accounts SET name = ?, password = ? WHERE id = ? AND disabled = 0 AND no_group = 0", u.Account.Name, u.Account.Password, u.Link.Account); err == nil {
			err = some(done, fault.New(fault.Gone, "This link does not work any more", "Your account may not sign in. Ask an owner of this Onramp."))
		}
		if err != nil {
			return err
		}
		if now, err = accountIn(ctx, tx, u.Session.Account); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE account_id = ?", now.ID); err != nil {
			return err
		}
		if err := addSession(ctx, tx, u.Session); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM guesses WHERE key = ?", u.Guesses); err != nil {
			return err
		}
		return d.addRecords(ctx, tx, rs)
	})
	return now, err
}

// some is none when a statement changed no row.
func some(done sql.Result, none error) error {
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, none)
	}
	return nil
}

// Guesses returns the wrong passwords that are counted under a key.
func (d *DB) Guesses(ctx context.Context, key string) (people.Guesses, error) {
	g, err := all(ctx, d, func(row scanner) (g people.Guesses, err error) {
		var first, last int64
		err = row.Scan(&g.Wrong, &first, &last)
		g.First, g.Last = fromNanos(first), fromNanos(last)
		return g, err
	}, "SELECT wrong, first, last FROM guesses WHERE key = ?", key)
	if err != nil || len(g) == 0 {
		return people.Guesses{}, err
	}
	return g[0], nil
}

// SaveGuesses writes what is counted under a key, and forgets what was last counted before old.
func (d *DB) SaveGuesses(ctx context.Context, key string, g people.Guesses, old time.Time, rs ...custody.Record) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO guesses (key, wrong, first, last) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET wrong = ?2, first = ?3, last = ?4",
			key, g.Wrong, nanos(g.First), nanos(g.Last))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM guesses WHERE last < ?", nanos(old)); err != nil {
			return err
		}
		return d.addRecords(ctx, tx, rs)
	})
}

package store

import (
	"context"
	"database/sql"
	"time"

	"onramp/custody"
	"onramp/notices"
	"onramp/people"
)

var (
	_ notices.MailStore         = Notices{}
	_ notices.SubscriptionStore = Notices{}
)

const subscriptionColumns = accountColumns + `, COALESCE(s.every, 'off'), COALESCE(s.hour, -1), COALESCE(s.day, -1), COALESCE(s.due, 0),
	COALESCE(s.up_to, 0), COALESCE(s.until, 0), COALESCE(s.attempts, 0), COALESCE(s.next, 0), COALESCE(s.sent, 0), COALESCE(s.error, '')`

func scanSubscription(row scanner) (x notices.Subscription, err error) {
	var due, next, sent int64
	places, done := accountOf(&x.Account)
	if err := row.Scan(append(places, &x.Every, &x.Hour, &x.Day, &due, &x.UpTo, &x.Until, &x.Attempts, &next, &sent, &x.Error)...); err != nil {
		return x, err
	}
	if x.Hour < 0 {
		x.Digest = notices.Usual
	}
	x.Due, x.Next, x.Sent = fromNanos(due), fromNanos(next), fromNanos(sent)
	return x, done()
}

// Subscription returns when an account gets mails, and how far they have come.
func (n Notices) Subscription(ctx context.Context, account string) (notices.Subscription, error) {
	return one(ctx, n.d, noAccount(), scanSubscription, "SELECT "+subscriptionColumns+" FROM accounts LEFT JOIN subscriptions s ON s.account_id = accounts.id WHERE accounts.id = ?", account)
}

// SetDigest writes what a person chose. A mail under way is given up when they want none.
func (n Notices) SetDigest(ctx context.Context, account string, d notices.Digest, due time.Time, rs ...custody.Record) error {
	return n.d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO subscriptions (account_id, every, hour, day, due, up_to, until, attempts, next, sent, error) VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, 0, 0, '')
			ON CONFLICT (account_id) DO UPDATE SET every = ?2, hour = ?3, day = ?4, due = ?5,
				until = CASE WHEN ?2 = 'off' THEN 0 ELSE until END, next = CASE WHEN ?2 = 'off' THEN 0 ELSE next END,
				attempts = CASE WHEN ?2 = 'off' THEN 0 ELSE attempts END, error = CASE WHEN ?2 = 'off' THEN '' ELSE error END`,
			account, d.Every, d.Hour, int(d.Day), nanos(due))
		if err != nil {
			return err
		}
		return n.d.addRecords(ctx, tx, rs)
	})
}

// Mails returns at most limit subscriptions of active accounts whose mail, or whose next attempt, is due.
func (n Notices) Mails(ctx context.Context, now time.Time, limit int) ([]notices.Subscription, error) {
	return all(ctx, n.d, scanSubscription, "SELECT "+subscriptionColumns+` FROM subscriptions s JOIN accounts ON accounts.id = s.account_id
		WHERE s.every <> 'off' AND accounts.disabled = 0 AND accounts.no_group = 0 AND (s.until = 0 AND s.due <= ?1 OR s.until <> 0 AND s.next <= ?1)
		ORDER BY CASE WHEN s.until = 0 THEN s.due ELSE s.next END, s.account_id LIMIT ?2`, nanos(now), limit)
}

// News returns the events after a number that are still so, oldest first, of the migrations that may be seen, and the
// number of the last of all.
func (n Notices) News(ctx context.Context, after int64, now time.Time) (es []notices.Event, last int64, err error) {
	last, err = one(ctx, n.d, nil, func(row scanner) (nr int64, err error) {
		err = row.Scan(&nr)
		return nr, err
	}, "SELECT COALESCE((SELECT MAX(nr) FROM notices), 0)")
	if err != nil {
		return nil, 0, err
	}
	where, args := within(ctx, "n.nr > ?2 AND n.nr <= ?3 AND "+still, "m.team_id", nanos(now), after, last)
	es, err = all(ctx, n.d, func(row scanner) (e notices.Event, err error) {
		places, done := eventOf(&e, now)
		if err := row.Scan(places...); err != nil {
			return e, err
		}
		return e, done()
	}, "SELECT "+eventColumns+eventTables+" WHERE "+where+" ORDER BY n.nr", args...)
	return es, last, err
}

// SaveMail writes how far a subscription has come. When its person chose another digest meanwhile, that and when it is due
// stay; so does that no mail is under way when they want none.
func (n Notices) SaveMail(ctx context.Context, x notices.Subscription) error {
	return n.d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE subscriptions SET up_to = MAX(up_to, ?2), sent = MAX(sent, ?3),
				until = CASE WHEN every = 'off' THEN 0 ELSE ?4 END, attempts = CASE WHEN every = 'off' THEN 0 ELSE ?5 END,
				next = CASE WHEN every = 'off' THEN 0 ELSE ?6 END, error = CASE WHEN every = 'off' THEN '' ELSE ?7 END,
				due = CASE WHEN every = ?8 AND hour = ?9 AND day = ?10 THEN ?11 ELSE due END
			WHERE account_id = ?1`,
			x.Account.ID, x.UpTo, nanos(x.Sent), x.Until, x.Attempts, nanos(x.Next), x.Error, x.Every, x.Hour, int(x.Day), nanos(x.Due))
		return err
	})
}

// MailState returns how the mails stand.
func (n Notices) MailState(ctx context.Context) (notices.MailState, error) {
	return one(ctx, n.d, nil, func(row scanner) (s notices.MailState, err error) {
		var sent int64
		err = row.Scan(&s.Subscribers, &s.Failing, &sent, &s.Error)
		s.Sent = fromNanos(sent)
		return s, err
	}, `SELECT COUNT(*), COALESCE(SUM(s.error <> ''), 0), COALESCE(MAX(s.sent), 0),
		COALESCE((SELECT error FROM subscriptions WHERE error <> '' AND every <> 'off' ORDER BY MAX(next, due) DESC LIMIT 1), '')
		FROM subscriptions s JOIN accounts ON accounts.id = s.account_id WHERE s.every <> 'off' AND accounts.disabled = 0 AND accounts.no_group = 0`)
}

// Calendars are the addresses of people's calendars. It is a part of the database.
type Calendars struct{ d *DB }

// NewCalendars returns the calendars of a database.
func NewCalendars(d *DB) Calendars { return Calendars{d} }

var _ people.CalendarStore = Calendars{}

// SetCalendar gives an account a calendar of this hash in place of the one that it has; "" takes it away.
func (c Calendars) SetCalendar(ctx context.Context, account, hash string, at time.Time, rs ...custody.Record) error {
	return c.d.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM calendars WHERE account_id = ?", account)
		if err == nil && hash != "" {
			_, err = tx.ExecContext(ctx, "INSERT INTO calendars (account_id, hash, created) VALUES (?, ?, ?)", account, hash, nanos(at))
		}
		if err != nil {
			return err
		}
		return c.d.addRecords(ctx, tx, rs)
	})
}

// Calendar is when an account's calendar was made; zero: it has none.
func (c Calendars) Calendar(ctx context.Context, account string) (time.Time, error) {
	return one(ctx, c.d, nil, func(row scanner) (time.Time, error) {
		var at int64
		err := row.Scan(&at)
		return fromNanos(at), err
	}, "SELECT COALESCE((SELECT created FROM calendars WHERE account_id = ?), 0)", account)
}

// CalendarOf is the account that a calendar belongs to, by the hash of its token.
func (c Calendars) CalendarOf(ctx context.Context, hash string) (people.Account, error) {
	return one(ctx, c.d, noAccount(), scanAccount, "SELECT "+accountColumns+" FROM calendars k JOIN accounts ON accounts.id = k.account_id WHERE k.hash = ?", hash)
}

package notices

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"onramp/fault"
	"onramp/migration"
)

// MailStore is what the Mailer reads and writes.
type MailStore interface {
	// Gather is that of Store.
	Gather(ctx context.Context, now time.Time) error
	// Mails are at most limit subscriptions of active accounts whose mail, or whose next attempt, is due at a moment, the
	// longest due first.
	Mails(ctx context.Context, now time.Time, limit int) ([]Subscription, error)
	// News are the events with a number above after that are still so, oldest first, of the migrations within ctx
	// (migration.Within), and the number of the last event of all.
	News(ctx context.Context, after int64, now time.Time) (es []Event, last int64, err error)
	// SaveMail writes how far a subscription has come; what its person chose meanwhile stays.
	SaveMail(ctx context.Context, x Subscription) error
	// MailState counts the mails whose last attempt failed, and says why the last did.
	MailState(ctx context.Context) (MailState, error)
}

// MailState is how the mails stand.
type MailState struct {
	Subscribers int
	Failing     int
	Sent        time.Time // the last that was taken
	Error       string    // the last that was not, and is still tried: why
}

// Post sends a mail. A nil error means that the server took it. Rejected errors are about that mail alone; any other is
// about the server, and the next mail would meet it too.
type Post interface {
	Send(ctx context.Context, l Letter) error
}

// Rejected is a mail that the server will not take, now or later.
type Rejected struct{ Err error } // a fault that says why

func (r Rejected) Error() string { return r.Err.Error() }

// Unwrap returns the fault.
func (r Rejected) Unwrap() error { return r.Err }

// MailerOptions are the options of a Mailer.
type MailerOptions struct {
	Store   MailStore      // required
	People  *Subscriptions // required
	Post    Post           // required
	Refresh func(context.Context) error
	Every   time.Duration    // how often it looks; default a minute
	Now     func() time.Time // default time.Now
	Log     *slog.Logger     // default: discard
}

// Mailer sends the digests. Each event is told to a person once, when it is new to them and still so. An attempt is
// recorded before it is made and again when it has succeeded: after a success none follows, and one that a crash cut off
// is made again with the same Message-ID.
type Mailer struct{ o MailerOptions }

// NewMailer returns a Mailer; Run makes it work.
func NewMailer(o MailerOptions) (*Mailer, error) {
	if o.Store == nil || o.People == nil || o.Post == nil {
		return nil, errors.New("notices: MailerOptions.Store, People and Post are required")
	}
	if o.Refresh == nil {
		o.Refresh = func(context.Context) error { return nil }
	}
	if o.Every <= 0 {
		o.Every = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Mailer{o}, nil
}

// State is how the mails stand.
func (m *Mailer) State(ctx context.Context) (MailState, error) { return m.o.Store.MailState(ctx) }

// Run looks until ctx ends.
func (m *Mailer) Run(ctx context.Context) {
	tick := time.NewTicker(m.o.Every)
	defer tick.Stop()
	for {
		if err := m.Look(ctx); err != nil && ctx.Err() == nil {
			m.o.Log.Error("the mails could not be looked at", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look sends the mails that are due. A server that does not answer ends the look: the other mails wait for the next.
func (m *Mailer) Look(ctx context.Context) error {
	due, err := m.o.Store.Mails(ctx, m.o.Now(), perLook)
	if err != nil || len(due) == 0 {
		return err
	}
	if err := m.o.Refresh(ctx); err != nil {
		return err
	}
	if err := m.o.Store.Gather(ctx, m.o.Now()); err != nil {
		return err
	}
	for _, x := range due {
		ok, err := m.mail(ctx, x)
		if err != nil || !ok {
			return err
		}
	}
	return nil
}

// mail deals with one subscription that is due; ok is false when the server is not to be asked again in this look.
func (m *Mailer) mail(ctx context.Context, x Subscription) (ok bool, err error) {
	now := m.o.Now().UTC().Round(0)
	mine := ctx
	if a := x.Account; !a.SeesAll() {
		mine = migration.Within(ctx, a.Teams) // as they are at this moment
	}
	es, last, err := m.o.Store.News(mine, x.UpTo, now)
	if err != nil {
		return false, err
	}
	if len(es) == 0 || !x.Account.Mailable() {
		return true, m.o.Store.SaveMail(ctx, m.done(x, last, now))
	}
	if x.Until == 0 {
		x.Until, x.Attempts = last, 0
	}
	es = upTo(es, x.Until)
	if len(es) == 0 { // what the mail under way told of is over
		return true, m.o.Store.SaveMail(ctx, m.done(x, x.Until, now))
	}
	x.Attempts++
	x.Next, x.Error = now.Add(wait(x.Attempts+mailHead)), "No answer yet."
	if err := m.o.Store.SaveMail(ctx, x); err != nil {
		return false, err
	}
	err = m.o.Post.Send(ctx, m.o.People.letter(x.Account, x.Digest, x.Until, es, now))
	if ctx.Err() != nil && err != nil {
		return false, context.Cause(ctx) // stopped in the middle: made again after the start
	}
	kept := context.WithoutCancel(ctx) // a success is recorded even when Onramp is stopping just now
	if err == nil {
		x = m.done(x, x.Until, now)
		x.Sent = now
		return true, m.o.Store.SaveMail(kept, x)
	}
	x.Error = fault.From(err).Title
	m.o.Log.Warn("a mail was not taken", "person", x.Account.ID, "attempt", x.Attempts, "next", x.Next, "why", x.Error)
	var no Rejected
	if errors.As(err, &no) { // it is tried again with the next digest, which tells of the same and what is new then
		x.Until, x.Attempts, x.Next = 0, 0, time.Time{}
		x.Due = x.Digest.Next(now, m.o.People.o.Zone)
		return true, m.o.Store.SaveMail(kept, x)
	}
	return false, m.o.Store.SaveMail(kept, x)
}

// mailHead makes the waits between attempts begin where the webhook's third does, at 40 seconds: a mail server that turns
// an unknown sender away for now wants to be asked again in minutes.
const mailHead = 2

// done is a subscription that has come as far as an event.
func (m *Mailer) done(x Subscription, upTo int64, now time.Time) Subscription {
	x.UpTo, x.Until, x.Attempts, x.Next, x.Error = max(x.UpTo, upTo), 0, 0, time.Time{}, ""
	x.Due = x.Digest.Next(now, m.o.People.o.Zone)
	return x
}

// upTo are the events up to a number.
func upTo(es []Event, last int64) []Event {
	for i, e := range es {
		if e.Nr > last {
			return es[:i]
		}
	}
	return es
}

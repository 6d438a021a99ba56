package people

import (
	"context"
	"errors"
	"time"

	"onramp/custody"
	"onramp/fault"
)

// CalendarStore keeps the addresses of people's calendars. What a method was told to write is durable, with the audit's
// records of it, when it returns.
type CalendarStore interface {
	// SetCalendar gives an account a calendar of this hash in place of the one that it has; "" takes it away.
	SetCalendar(ctx context.Context, account, hash string, at time.Time, rs ...custody.Record) error
	Calendar(ctx context.Context, account string) (made time.Time, err error) // zero: it has none
	CalendarOf(ctx context.Context, hash string) (Account, error)             // NotFound when there is none
}

// Calendars are the addresses by which programs read somebody's calendar of expiries without a sign-in. Whoever has one
// reads what its person may see at that moment, and nothing else.
type Calendars struct {
	store CalendarStore
	now   func() time.Time
}

// NewCalendars returns Calendars; now nil is time.Now.
func NewCalendars(s CalendarStore, now func() time.Time) (*Calendars, error) {
	if s == nil {
		return nil, errors.New("people: Calendars need a store")
	}
	if now == nil {
		now = time.Now
	}
	return &Calendars{s, func() time.Time { return now().UTC().Round(0) }}, nil
}

// Make gives the actor a new token, 256 bits, in place of the one that there is. It is shown once: what is stored is its
// SHA-256.
func (c *Calendars) Make(ctx context.Context, by custody.Actor) (token string, err error) {
	token, hash := newToken()
	now := c.now()
	return token, c.store.SetCalendar(ctx, by.Person, hash, now, custody.Record{At: now, Verb: custody.CalendarMade}.By(by))
}

// End makes the actor's address work no more. A Conflict fault when there is none.
func (c *Calendars) End(ctx context.Context, by custody.Actor) error {
	made, err := c.store.Calendar(ctx, by.Person)
	if err != nil {
		return err
	}
	if made.IsZero() {
		return fault.New(fault.Conflict, "There is no calendar address to end", "It was ended already.")
	}
	now := c.now()
	return c.store.SetCalendar(ctx, by.Person, "", now, custody.Record{At: now, Verb: custody.CalendarEnded}.By(by))
}

// Made is when the actor's address was made; zero: there is none.
func (c *Calendars) Made(ctx context.Context, by custody.Actor) (time.Time, error) {
	return c.store.Calendar(ctx, by.Person)
}

// Reader is whose calendar a token reads, with the role and teams that the account has now. A NotFound fault for anything
// else, also when the account is disabled.
func (c *Calendars) Reader(ctx context.Context, token string) (custody.Actor, error) {
	missing := fault.New(fault.NotFound, "There is no such calendar", "Make a new address on the page of your account.")
	if len(token) != 2*32 {
		return custody.Actor{}, missing
	}
	a, err := c.store.CalendarOf(ctx, hashOf(token))
	if notFound(err) || err == nil && (!a.Active() || a.Role == custody.Nobody) {
		return custody.Actor{}, missing
	}
	who := a.actor(Session{})
	who.Via = "calendar"
	return who, err
}

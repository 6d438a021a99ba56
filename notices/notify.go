package notices

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"onramp/fault"
)

// Notice is an event and how far the webhook was told of it.
type Notice struct {
	Event
	Attempts    int
	Tried, Next time.Time // the last and the next attempt
	Sent        time.Time // when an attempt succeeded; zero until then
	Error       string    // why the last attempt failed, without the address it went to
}

// Store keeps the events, and what the webhook was told. What Save was told is durable when it returns.
type Store interface {
	// Gather notes what has happened up to a moment and is not noted yet.
	Gather(ctx context.Context, now time.Time) error
	// Due are at most limit events that the webhook is to be told of, those first whose next attempt is first: what is
	// still so, and no attempt has delivered.
	Due(ctx context.Context, now time.Time, limit int) ([]Notice, error)
	// Save writes how far the webhook was told of an event; Conflict when it was sent already.
	Save(ctx context.Context, n Notice) error
	// List are at most limit that were tried, those tried last first.
	List(ctx context.Context, now time.Time, limit int) ([]Told, error)
	// Failing counts those that are still tried and were not taken.
	Failing(ctx context.Context, now time.Time) (int, error)
}

// Told is a notice with what the board says of it.
type Told struct {
	Notice
	Current bool // it is still so: it is tried until it was sent
}

// Sender delivers one message; nil means that the receiver took it. The error's text may be shown.
type Sender interface {
	Send(ctx context.Context, id string, at time.Time, body []byte) error
	Form() Form    // how the receiver wants its messages
	Where() string // the receiver as it may be shown: scheme and host only
	Signed() bool
}

// Attempts wait so long: firstWait after the first, then twice as long, at most maxWait.
const (
	firstWait = 10 * time.Second
	maxWait   = time.Hour
	perLook   = 50 // messages of one look: what is left comes with the next
)

// MaxNotices is how many notices State shows.
const MaxNotices = 50

// NotifierOptions are the options of a Notifier.
type NotifierOptions struct {
	Store Store // required
	// Refresh brings up to date what the store gathers from; nil: it is.
	Refresh func(context.Context) error
	Sender  Sender           // required
	Base    string           // the portal's address with its slash at the end, for links
	Every   time.Duration    // how often it looks; default a minute
	Now     func() time.Time // default time.Now
	Log     *slog.Logger     // default: discard
}

// Notifier tells a webhook of each event, once. While Onramp was stopped a certificate or a wait may have passed several
// rungs: then only the nearest is told, and of what is over nothing is. Rehearsals are left out.
type Notifier struct {
	o    NotifierOptions
	wake chan struct{}
}

// NewNotifier returns a Notifier; Run makes it work.
func NewNotifier(o NotifierOptions) (*Notifier, error) {
	if o.Store == nil || o.Sender == nil {
		return nil, errors.New("notices: NotifierOptions.Store and Sender are required")
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
	return &Notifier{o: o, wake: make(chan struct{}, 1)}, nil
}

// Run looks until ctx ends.
func (n *Notifier) Run(ctx context.Context) {
	for {
		next, err := n.Look(ctx)
		if err != nil && ctx.Err() == nil {
			n.o.Log.Error("the webhook's notices could not be looked at", "err", err)
		}
		wait := n.o.Every
		if !next.IsZero() {
			wait = min(wait, max(time.Second, next.Sub(n.o.Now())))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-n.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// Wake makes Run look at once: certificates have changed.
func (n *Notifier) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// State is what the board shows of the webhook.
type State struct {
	Where   string
	Signed  bool
	Notices []Told // at most MaxNotices, those tried last first
	Failing int    // were not taken and are still tried; also those that Notices leaves out
}

// State of the webhook now.
func (n *Notifier) State(ctx context.Context) (State, error) {
	s := State{Where: n.o.Sender.Where(), Signed: n.o.Sender.Signed()}
	var err error
	if s.Notices, err = n.o.Store.List(ctx, n.o.Now(), MaxNotices); err != nil {
		return s, err
	}
	s.Failing, err = n.o.Store.Failing(ctx, n.o.Now())
	return s, err
}

// Failing counts the notices that were not taken and are still tried.
func (n *Notifier) Failing(ctx context.Context) (int, error) {
	return n.o.Store.Failing(ctx, n.o.Now())
}

// Look sends what is due now and returns when the next attempt is, zero for none. An attempt is recorded
// before it is made and again when it has succeeded: after a success no attempt follows, and one that a
// crash cut off is made again with the same ID.
func (n *Notifier) Look(ctx context.Context) (next time.Time, err error) {
	now := n.o.Now()
	err = n.o.Refresh(ctx)
	if err == nil {
		err = n.o.Store.Gather(ctx, now)
	}
	if err != nil {
		return next, err
	}
	due, err := n.o.Store.Due(ctx, now, perLook+1)
	if err != nil {
		return next, err
	}
	for i, x := range due {
		if i < perLook && !x.Next.After(n.o.Now()) {
			if x, err = n.attempt(ctx, x); err != nil {
				return next, err
			}
		}
		if x.Sent.IsZero() && (next.IsZero() || x.Next.Before(next)) {
			next = x.Next
		}
	}
	return next, nil
}

// attempt tries to send one notice.
func (n *Notifier) attempt(ctx context.Context, x Notice) (Notice, error) {
	now := n.o.Now().UTC().Round(0)
	x.Attempts++
	x.Tried, x.Next, x.Error = now, now.Add(wait(x.Attempts)), "No answer yet."
	if err := n.o.Store.Save(ctx, x); err != nil {
		return x, err
	}
	body, err := n.o.Sender.Form().message(x.Event, now, n.o.Base)
	if err != nil {
		return x, err
	}
	err = n.o.Sender.Send(ctx, x.ID(), now, body)
	if ctx.Err() != nil && err != nil {
		return x, context.Cause(ctx) // stopped in the middle: made again after the start
	}
	if err == nil {
		x.Sent, x.Error = n.o.Now().UTC().Round(0), ""
	} else {
		x.Error = fault.From(err).Title
		n.o.Log.Warn("the webhook did not take a notice", "id", x.ID(), "attempt", x.Attempts, "next", x.Next, "why", x.Error)
	}
	// A success is recorded even when Onramp is stopping just now.
	return x, n.o.Store.Save(context.WithoutCancel(ctx), x)
}

// wait is the time between an attempt and the next.
func wait(attempts int) time.Duration {
	d := firstWait
	for range min(attempts-1, 20) {
		d = min(2*d, maxWait)
	}
	return d
}

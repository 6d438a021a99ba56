package expiry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"onramp/certsvc"
	"onramp/fault"
)

// Notice is one message about one certificate at one rung of the ladder.
type Notice struct {
	Migration   string
	Certificate string // SHA-256 of the client certificate
	Rung        int    // days before the end; Ended once it has ended
	Attempts    int
	Tried, Next time.Time // the last and the next attempt
	Sent        time.Time // when an attempt succeeded; zero until then
	Error       string    // why the last attempt failed, without the address it went to
}

// Ended is the rung of a certificate that has ended.
const Ended = -1

// Rungs is the ladder, in days before the end.
var Rungs = certsvc.Rungs

// ID is the same for every attempt, so that a receiver can tell a repetition: the header webhook-id.
func (n Notice) ID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d", n.Migration, n.Certificate, n.Rung))
	return "msg_" + hex.EncodeToString(sum[:16])
}

// Store keeps the notices. What SaveNotice was told is durable when it returns.
type Store interface {
	// Notices are at most limit, those tried last first.
	Notices(ctx context.Context, now time.Time, limit int) ([]Told, error)
	// Failing counts those that are still tried and were not taken.
	Failing(ctx context.Context, now time.Time) (int, error)
	// SaveNotice writes where a notice is; Conflict when it was sent already.
	SaveNotice(ctx context.Context, n Notice) error
}

// Told is a notice with what the board says of it.
type Told struct {
	Notice
	Name    string // of the migration
	Current bool   // its certificate is in use and on this rung: it is still tried until it was sent
}

// Due is a notice that is to be sent: its certificate is on its rung, and no attempt has delivered it.
type Due struct {
	Ending Ending
	Notice Notice // Attempts is 0 before the first
}

// Sender delivers one message; nil means that the receiver took it. The error's text may be shown.
type Sender interface {
	Send(ctx context.Context, id string, at time.Time, body []byte) error
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
	// Due are at most limit notices that are to be sent, those first whose next attempt is first. Required.
	Due    func(ctx context.Context, limit int) ([]Due, error)
	Sender Sender           // required
	Base   string           // the portal's address, for links
	Every  time.Duration    // how often it looks; default a minute
	Now    func() time.Time // default time.Now
	Log    *slog.Logger     // default: discard
}

// Notifier tells a webhook of each certificate that reaches a rung, once a rung. While Onramp was stopped a
// certificate may have passed several: then only the nearest is told. Rehearsals are left out.
type Notifier struct {
	o    NotifierOptions
	wake chan struct{}
}

// NewNotifier returns a Notifier; Run makes it work.
func NewNotifier(o NotifierOptions) (*Notifier, error) {
	if o.Store == nil || o.Due == nil || o.Sender == nil {
		return nil, errors.New("expiry: NotifierOptions.Store, Due and Sender are required")
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
	if s.Notices, err = n.o.Store.Notices(ctx, n.o.Now(), MaxNotices); err != nil {
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
	due, err := n.o.Due(ctx, perLook+1)
	if err != nil {
		return next, err
	}
	for i, d := range due {
		x := d.Notice
		if i < perLook && !x.Next.After(n.o.Now()) {
			if x, err = n.attempt(ctx, d.Ending, x); err != nil {
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
func (n *Notifier) attempt(ctx context.Context, e Ending, x Notice) (Notice, error) {
	now := n.o.Now().UTC().Round(0)
	x.Attempts++
	x.Tried, x.Next, x.Error = now, now.Add(wait(x.Attempts)), "No answer yet."
	if err := n.o.Store.SaveNotice(ctx, x); err != nil {
		return x, err
	}
	body, err := message(e, now, n.o.Base)
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
	return x, n.o.Store.SaveNotice(context.WithoutCancel(ctx), x)
}

// wait is the time between an attempt and the next.
func wait(attempts int) time.Duration {
	d := firstWait
	for range min(attempts-1, 20) {
		d = min(2*d, maxWait)
	}
	return d
}

// Message is the body that a webhook gets.
type Message struct {
	Schema    string    `json:"schema"` // onramp.expiry/1
	Type      string    `json:"type"`   // certificate.expiring or certificate.expired
	Timestamp time.Time `json:"timestamp"`
	Text      string    `json:"text"` // one line for people: chat services show it
	Data      struct {
		Migration struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"migration"`
		Certificate struct {
			Subject string `json:"subject"`
			SHA256  string `json:"sha256"`
			Client  string `json:"client,omitempty"`
		} `json:"certificate"`
		NotAfter time.Time `json:"not_after"` // when it stops working: the first end in its chain
		SetBy    struct {
			Subject string `json:"subject"`
			CA      bool   `json:"ca"`
		} `json:"set_by"`
		Days    int    `json:"days"` // whole days left, negative after the end
		Rung    int    `json:"rung"` // 60, 30, 15, 10, 5 or 1; -1 after the end
		Replace string `json:"replace"`
	} `json:"data"`
}

// message writes the body about an ending.
func message(e Ending, now time.Time, base string) ([]byte, error) {
	m := Message{Schema: "onramp.expiry/1", Type: "certificate.expiring", Timestamp: now}
	when := "in " + dayCount(max(e.Days, 0))
	switch {
	case e.Rung == Ended:
		m.Type, when = "certificate.expired", dayCount(e.DaysAgo())+" ago"
		if e.DaysAgo() == 0 {
			when = "today"
		}
	case e.Days == 0:
		when = "in less than a day"
	}
	m.Text = fmt.Sprintf("%s %s (%s). Replace it: %s", e.Summary(), when, e.At.UTC().Format("2 January 2006 15:04 UTC"), e.Link(base))
	if e.Rung == Ended {
		m.Text = fmt.Sprintf("%s expired %s (%s). Replace it: %s", e.Subject, when, e.At.UTC().Format("2 January 2006 15:04 UTC"), e.Link(base))
	}
	d := &m.Data
	d.Migration.ID, d.Migration.Name = e.Migration, e.Name
	d.Certificate.Subject, d.Certificate.SHA256, d.Certificate.Client = e.Subject, e.Certificate, e.Client
	d.NotAfter, d.SetBy.Subject, d.SetBy.CA, d.Days, d.Rung, d.Replace = e.At.UTC(), e.By, e.IsCA, e.Days, e.Rung, e.Link(base)
	return json.Marshal(m)
}

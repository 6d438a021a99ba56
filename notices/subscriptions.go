package notices

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/people"
)

// Subscription is somebody's Digest and how far it has come.
type Subscription struct {
	Account people.Account
	Digest
	Due time.Time // when the next mail is due; zero: never
	// Of the mail under way: the last event that it tells of, 0 for none; its attempts.
	Until    int64
	Attempts int
	Next     time.Time // the next attempt
	UpTo     int64     // the last event that a mail has told of, or passed over
	Sent     time.Time // the last mail that was taken
	Error    string    // why the last attempt failed; "" after a success
}

// SubscriptionStore keeps them. What a method was told to write is durable, with the audit's records of it, when it
// returns.
type SubscriptionStore interface {
	// Subscription is an account's; with the Usual digest when it has chosen none. NotFound when there is no such account.
	Subscription(ctx context.Context, account string) (Subscription, error)
	// SetDigest writes what a person chose; a mail under way is given up when they want none.
	SetDigest(ctx context.Context, account string, d Digest, due time.Time, rs ...custody.Record) error
}

// Subscriptions are who gets mails, and when.
type Subscriptions struct{ o SubscriptionsOptions }

// SubscriptionsOptions are the options of Subscriptions.
type SubscriptionsOptions struct {
	Store SubscriptionStore // required
	Key   []byte            // signs the links that end a subscription; at least 32 bytes. Required
	From  string            // the address that mails come from, as pages show it
	Base  string            // the portal's address with its slash at the end. Required
	Zone  *time.Location    // of the hours; default time.Local
	Now   func() time.Time  // default time.Now
}

// NewSubscriptions returns Subscriptions; it is an error to leave out a required option.
func NewSubscriptions(o SubscriptionsOptions) (*Subscriptions, error) {
	if o.Store == nil || len(o.Key) < 32 || o.Base == "" {
		return nil, errors.New("notices: SubscriptionsOptions.Store, Key and Base are required")
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Subscriptions{o}, nil
}

func (s *Subscriptions) now() time.Time { return s.o.Now().UTC().Round(0) }

// From is the address that mails come from.
func (s *Subscriptions) From() string { return s.o.From }

// Zone names the time zone of the hours.
func (s *Subscriptions) Zone() string { return s.now().In(s.o.Zone).Format("MST") }

// Of is the subscription of an actor's own account.
func (s *Subscriptions) Of(ctx context.Context, by custody.Actor) (Subscription, error) {
	return s.o.Store.Subscription(ctx, by.Person)
}

// Choose sets when an actor gets mails. The faults: those of Digest.Check; Conflict for an account whose address is
// nobody's.
func (s *Subscriptions) Choose(ctx context.Context, by custody.Actor, d Digest) error {
	if err := d.Check(); err != nil {
		return err
	}
	x, err := s.o.Store.Subscription(ctx, by.Person)
	if err != nil {
		return err
	}
	if d.Every != Never && !x.Account.Mailable() {
		return fault.New(fault.Conflict, "Your account has no email address", "Ask whoever runs your company’s sign-in to let Onramp see it.")
	}
	return s.set(ctx, by, x.Account, d, "mails "+d.String())
}

func (s *Subscriptions) set(ctx context.Context, by custody.Actor, a people.Account, d Digest, note string) error {
	now := s.now()
	r := custody.Record{At: now, Verb: custody.DigestSet, Subject: a.Email, Note: note}.By(by)
	return s.o.Store.SetDigest(ctx, a.ID, d, d.Next(now, s.o.Zone), r)
}

// Reads is the account that a link of a mail belongs to. It changes nothing. A Gone fault when it is no link of ours, or
// the account is not there any more.
func (s *Subscriptions) Reads(ctx context.Context, token string) (people.Account, error) {
	gone := fault.New(fault.Gone, "This link does not work", "Sign in, and change your mails on the page of your account.")
	account, mac, ok := strings.Cut(token, ".")
	if given, err := base64.RawURLEncoding.DecodeString(mac); !ok || err != nil || len(token) > 200 || !hmac.Equal(given, s.mac(account)) {
		return people.Account{}, gone
	}
	x, err := s.o.Store.Subscription(ctx, account)
	if fault.Is(err, fault.NotFound) {
		err = gone
	}
	return x.Account, err
}

// Stop ends the mails of the account that a link of a mail belongs to; by says where the request comes from. Stopping
// twice is as good as once.
func (s *Subscriptions) Stop(ctx context.Context, by custody.Actor, token string) error {
	a, err := s.Reads(ctx, token)
	if err != nil {
		return err
	}
	x, err := s.o.Store.Subscription(ctx, a.ID)
	if err != nil || x.Every == Never {
		return err
	}
	d := x.Digest
	d.Every = Never
	by.Person, by.Name, by.Session, by.Via = a.ID, a.Title(), "", "mail"
	return s.set(ctx, by, a, d, "mails off, by the link in one")
}

func (s *Subscriptions) mac(account string) []byte {
	mac := hmac.New(sha256.New, s.o.Key)
	mac.Write([]byte("unsubscribe\n" + account))
	return mac.Sum(nil)
}

// link is the address that ends the mails of an account, without a sign-in.
func (s *Subscriptions) link(account string) string {
	return s.o.Base + "unsubscribe?t=" + account + "." + base64.RawURLEncoding.EncodeToString(s.mac(account))
}

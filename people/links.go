package people

import (
	"context"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// How long a link works.
const (
	firstFor    = time.Hour
	PasswordFor = 72 * time.Hour // one for a password
)

// FirstAdmin makes the link by which the first owner gets in, and ends earlier ones; "" when there are accounts already.
func (s Directory) FirstAdmin(ctx context.Context) (token string, err error) {
	all, err := s.o.Store.Accounts(ctx)
	if err != nil || len(all) > 0 {
		return "", err
	}
	token, hash := newToken()
	now := s.now()
	l := Link{Hash: hash, Kind: FirstLink, Created: now, Expires: now.Add(firstFor)}
	return token, s.o.Store.AddLink(ctx, l, s.record(custody.Itself, custody.LinkMade, Account{}, "for the first owner"))
}

// newLink makes the link by which an account gets its first password or a new one.
func (s Directory) newLink(ctx context.Context, by custody.Actor, a Account) (string, error) {
	if !a.Active() {
		return "", fault.New(fault.Conflict, "This account is disabled", "Enable it first.").In("email")
	}
	token, hash := newToken()
	now := s.now()
	l := Link{Hash: hash, Kind: PasswordBy, Account: a.ID, Created: now, Expires: now.Add(PasswordFor)}
	return token, s.o.Store.AddLink(ctx, l, s.record(by, custody.LinkMade, a, ""))
}

// over is the one fault of a link that does not work, whatever the reason.
func over() error {
	return fault.New(fault.Gone, "This link does not work any more", "Each link works once and for a limited time. Ask an owner for a new one; for the first owner, restart Onramp.")
}

// Opened is a link that works, and the account that it is for; the zero Account for the first owner.
type Opened struct {
	Link
	Account Account
}

// Open looks at a link and changes nothing. A Gone fault when it does not work.
func (s SignIns) Open(ctx context.Context, token string) (Opened, error) {
	if token == "" || len(token) > 200 {
		return Opened{}, over()
	}
	l, err := s.o.Store.Link(ctx, hashOf(token))
	if notFound(err) || err == nil && (!l.Used.IsZero() || !s.now().Before(l.Expires)) {
		return Opened{}, over()
	}
	if err != nil || l.Kind == FirstLink {
		return Opened{Link: l}, err
	}
	a, err := s.o.Store.Account(ctx, l.Account)
	if notFound(err) || err == nil && !a.Active() {
		return Opened{}, over()
	}
	return Opened{l, a}, err
}

// Start uses a link: it makes the first owner, or sets the password of the link's account, and signs that person in, as
// what the account is then. email counts for the first owner alone; an empty name leaves the one that is there. The faults:
// Gone; TooMany; Invalid of the fields email, name, password.
func (s SignIns) Start(ctx context.Context, by custody.Actor, token string, n NewAccount, password, agent string) (Signed, error) {
	if err := s.from.take(by.From, s.now()); err != nil {
		return Signed{}, err
	}
	o, err := s.Open(ctx, token)
	if err != nil {
		return Signed{}, err
	}
	name, err := cleanName(n.Name, "name")
	if err != nil {
		return Signed{}, err
	}
	a, verb := o.Account, custody.PasswordSet
	if o.Kind == FirstLink {
		verb = custody.AccountAdded
		a = Account{ID: newID("u"), Role: custody.Owner, Teams: []string{migration.DefaultTeam}, Created: s.now()}
		if a.Email, err = cleanEmail(n.Email); err != nil {
			return Signed{}, err
		}
	}
	if name != "" {
		a.Name = name
	}
	if err := checkPassword(password, a.Email, a.Name); err != nil {
		return Signed{}, err
	}
	if a.Password, err = s.newHash(ctx, password); err != nil {
		return Signed{}, err
	}
	x, signed := s.newSession(a, by, agent, s.now())
	note := ""
	if o.Kind == FirstLink {
		note = a.Role.String()
	}
	rs := []custody.Record{s.record(signed.Actor, verb, a, note), s.record(signed.Actor, custody.SignedIn, a, "by a link")}
	key := guessKey(a.Email)
	leave, err := s.guesses.enter(ctx, key) // a guess that is being judged would write its count after this
	if err != nil {
		return Signed{}, err
	}
	defer leave()
	if a, err = s.o.Store.UseLink(ctx, Use{Link: o.Link, Account: a, Session: x, Guesses: key}, rs...); err != nil {
		return Signed{}, err
	}
	return signed.of(a, x, by), nil
}

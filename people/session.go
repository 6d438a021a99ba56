package people

import (
	"context"
	"errors"
	"strings"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// How long a session lasts: without a request, and in all.
const (
	IdleFor     = 30 * time.Minute
	AbsoluteFor = 12 * time.Hour
	touchEvery  = time.Minute // how exactly Session.Seen is kept
)

// Signed is somebody's fresh session: what goes into the cookie, and who it is.
type Signed struct {
	Token   string
	Expires time.Time
	Actor   custody.Actor
}

// lost is the fault of whoever has no session that counts.
func lost() error {
	return fault.New(fault.NotSignedIn, "Sign in to see this", "Sign in, then open it again.")
}

// refused is the one answer to a sign-in that fails, whatever is wrong.
func refused() error {
	return fault.New(fault.NotSignedIn, "The email address or the password is wrong", "Check both. If you have no account or forgot the password, ask an owner of this Onramp for a sign-in link.")
}

// alive reports whether a session of an account still counts at now.
func (x Session) alive(a Account, now time.Time) bool {
	return a.Active() && a.Role > custody.Nobody && now.Sub(x.Seen) < IdleFor && now.Sub(x.Created) < AbsoluteFor && !now.Before(x.Created.Add(-time.Minute))
}

// Who returns who a session's token belongs to, with the role and teams that the account has now. A NotSignedIn fault
// when the token is none, or the session has ended.
func (s SignIns) Who(ctx context.Context, token string) (custody.Actor, error) {
	if token == "" || len(token) > 200 {
		return custody.Actor{}, lost()
	}
	x, a, err := s.o.Store.Session(ctx, hashOf(token))
	if notFound(err) {
		return custody.Actor{}, lost()
	}
	if err != nil {
		return custody.Actor{}, err
	}
	now := s.now()
	if !x.alive(a, now) {
		return custody.Actor{}, lost()
	}
	if now.Sub(x.Seen) >= touchEvery {
		if err := s.o.Store.TouchSession(ctx, x.Hash, now); err != nil {
			return custody.Actor{}, err
		}
	}
	return a.actor(x), nil
}

// newSession is a session of an account that begins now, of a person who has proved who they are at a moment. by says from
// where.
func (s SignIns) newSession(a Account, by custody.Actor, agent string, proved time.Time) (Session, Signed) {
	token, hash := newToken()
	now := s.now()
	if len(agent) > 200 {
		agent = agent[:200]
	}
	x := Session{Hash: hash, Handle: newID("s"), Account: a.ID, Created: now, Seen: now, Proved: proved, From: by.From, Agent: strings.ToValidUTF8(agent, "")}
	return x, Signed{Token: token, Expires: now.Add(AbsoluteFor)}.of(a, x, by)
}

// of is the same session, of an account as it is now.
func (n Signed) of(a Account, x Session, by custody.Actor) Signed {
	n.Actor = a.actor(x)
	n.Actor.From, n.Actor.Request = by.From, by.Request
	return n
}

// SignIn begins a session by email and password. by says from where the request comes; agent is the browser's name;
// instead is the token of a session that ends with it, "" for none. The faults: NotSignedIn, the same whether the
// account is there or not; TooMany.
func (s SignIns) SignIn(ctx context.Context, by custody.Actor, email, password, agent, instead string) (Signed, error) {
	if err := s.from.take(by.From, s.now()); err != nil {
		return Signed{}, err
	}
	email = strings.ToLower(strings.TrimSpace(email))
	a, err := s.guess(ctx, by, email, password)
	if err != nil {
		return Signed{}, err
	}
	return s.begin(ctx, by, a, s.now(), agent, instead)
}

// guess is the account of an email address with its password; refused for anything else. Guesses at one address come one
// after the other, whether an account has it or not: each sees the count with those before it.
func (s SignIns) guess(ctx context.Context, by custody.Actor, email, password string) (Account, error) {
	key := guessKey(email)
	leave, err := s.guesses.enter(ctx, key)
	if err != nil {
		return Account{}, fault.Wrap(err, fault.TooMany, "Too many people sign in at once", "Wait a moment, then try again.")
	}
	defer leave()
	now := s.now()
	g, err := s.o.Store.Guesses(ctx, key)
	if err != nil {
		return Account{}, err
	}
	g = g.at(now)
	if err := g.mayTry(now); err != nil {
		return Account{}, err
	}
	a, err := s.o.Store.AccountByEmail(ctx, email)
	if err != nil && !notFound(err) {
		return Account{}, err
	}
	ok, err := s.matches(ctx, password, a.Password)
	if err != nil {
		return Account{}, err
	}
	if !ok || !a.Active() {
		r := s.record(by, custody.SignInRefused, a, "") // an unknown address may be a mistyped password: it is not kept
		r.Person, r.Name = a.ID, a.Title()
		if err := s.o.Store.SaveGuesses(ctx, key, g.wrong(now), now.Add(-forgetAfter), r); err != nil {
			return Account{}, err
		}
		return Account{}, refused()
	}
	if g.Wrong > 0 {
		err = s.o.Store.SaveGuesses(ctx, key, Guesses{}, now.Add(-forgetAfter))
	}
	return a, err
}

// begin writes a new session of an account whose person has proved who they are at a moment. A NotSignedIn fault when the
// account is not as it was.
func (s SignIns) begin(ctx context.Context, by custody.Actor, a Account, proved time.Time, agent, instead string) (Signed, error) {
	x, signed := s.newSession(a, by, agent, proved)
	old := ""
	if instead != "" {
		old = hashOf(instead)
	}
	now := s.now()
	if err := s.o.Store.EndOld(ctx, now.Add(-IdleFor), now.Add(-AbsoluteFor)); err != nil {
		return Signed{}, err
	}
	a, err := s.o.Store.AddSession(ctx, a, x, old, s.record(signed.Actor, custody.SignedIn, a, ""))
	return signed.of(a, x, by), meanwhile(err)
}

// meanwhile makes the fault of an account that was changed since it was read one of a sign-in.
func meanwhile(err error) error {
	if f := fault.From(err); err != nil && f.Kind == fault.Conflict && f.Field == "" {
		return fault.Wrap(err, fault.NotSignedIn, "Your account was changed meanwhile", "Sign in again.")
	}
	return err
}

// MayBegin counts a sign-in that begins at a provider, before that is asked anything. A TooMany fault when too many were
// tried from the network of by.
func (s SignIns) MayBegin(by custody.Actor) error { return s.from.take(by.From, s.now()) }

// MayFinish is MayBegin for one that comes back from the provider.
func (s SignIns) MayFinish(by custody.Actor) error { return s.back.take(by.From, s.now()) }

// Again is a second look: the person of a session gives the password again, and gets a new token for the old one.
func (s SignIns) Again(ctx context.Context, by custody.Actor, token, password, agent string) (Signed, error) {
	a, err := s.o.Store.Account(ctx, by.Person)
	if err != nil {
		return Signed{}, err
	}
	return s.SignIn(ctx, by, a.Email, password, agent, token)
}

// Still returns who a token belongs to, as Who does, and does not count as a use of the session: what stays open in a
// browser asks it.
func (s SignIns) Still(ctx context.Context, token string) (custody.Actor, error) {
	x, a, err := s.o.Store.Session(ctx, hashOf(token))
	if notFound(err) || err == nil && !x.alive(a, s.now()) {
		return custody.Actor{}, lost()
	}
	return a.actor(x), err
}

// Claim is whom a provider of sign-ins has signed in.
type Claim struct {
	Issuer, Subject string
	Email, Name     string
	Role            Role      // by the groups that the provider tells; Nobody: none of them has one here
	Proved          time.Time // when the person proved to the provider who they are; zero: it does not tell
}

// SignInBy begins a session for whom a provider has signed in. Its account is made at the first sign-in; its role follows
// the provider's groups at each. A provider may remember somebody for weeks: what needs a second look counts from when it
// last asked them. The faults: Denied where no group has a role here, which ends the account's sessions and links until a
// group has one again, or the account is disabled; NotSignedIn where it was changed meanwhile.
func (s SignIns) SignInBy(ctx context.Context, by custody.Actor, c Claim, agent, instead string) (Signed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.o.Store.AccountBySubject(ctx, c.Issuer, c.Subject)
	known := err == nil
	switch {
	case err != nil && !notFound(err):
		return Signed{}, err
	case known && !a.Disabled.IsZero():
		return Signed{}, s.refuse(ctx, by, a, "Your account is disabled", "Ask an owner of this Onramp to enable it.")
	}
	was := a
	if !known {
		a = Account{ID: newID("u"), Issuer: c.Issuer, Subject: c.Subject, Teams: []string{migration.DefaultTeam}, Created: s.now()}
	}
	if a.Email, err = cleanEmail(c.Email); err != nil { // a provider need not tell one: the account goes by its subject
		a.Email = byIssuer(c.Subject, c.Issuer)
	}
	if name, err := cleanName(c.Name, "name"); err == nil && name != "" {
		a.Name = name
	}
	if a.Role, a.NoGroup = c.Role, (time.Time{}); a.Role == custody.Nobody {
		if known {
			if err := s.withoutGroup(ctx, by, was); err != nil {
				return Signed{}, meanwhile(err)
			}
		}
		return Signed{}, s.refuse(ctx, by, a, "None of your groups has a role here", "Ask an owner of this Onramp, or who runs your sign-in, to put you into a group that has one.")
	}
	var rs []custody.Record
	switch {
	case !known:
		rs = append(rs, s.record(by, custody.AccountAdded, a, a.Role.String()+" by its groups"))
	case was.Role != a.Role || !was.NoGroup.IsZero():
		rs = append(rs, s.record(by, custody.AccountChanged, a, was.Role.String()+" to "+a.Role.String()+" by its groups"))
	}
	for i := range rs {
		rs[i].Person, rs[i].Name = a.ID, a.Title()
	}
	if len(rs) > 0 || was.Email != a.Email || was.Name != a.Name {
		if err := s.o.Store.SaveAccount(ctx, was, a, rs...); err != nil {
			return Signed{}, meanwhile(err)
		}
	}
	proved, err := s.proved(ctx, a, c.Proved, instead)
	if err != nil {
		return Signed{}, err
	}
	return s.begin(ctx, by, a, proved, agent, instead)
}

// proved is when the person of an account last proved who they are: as their provider tells, or as the session knows that
// ends now. A provider's clock may be ahead.
func (s SignIns) proved(ctx context.Context, a Account, told time.Time, instead string) (time.Time, error) {
	now := s.now()
	if told.After(now) {
		told = now
	}
	if instead == "" {
		return told, nil
	}
	x, of, err := s.o.Store.Session(ctx, hashOf(instead))
	switch {
	case notFound(err):
		return told, nil
	case err == nil && of.ID == a.ID && x.alive(of, now) && x.Proved.After(told):
		return x.Proved, nil
	}
	return told, err
}

// withoutGroup keeps an account out whose provider tells that none of its groups has a role. The role that it had stays for
// the list of people.
func (s SignIns) withoutGroup(ctx context.Context, by custody.Actor, a Account) error {
	if !a.NoGroup.IsZero() {
		return nil
	}
	was := a
	a.NoGroup = s.now()
	r := s.record(by, custody.AccountChanged, a, a.Role.String()+" to none by its groups")
	r.Person, r.Name = a.ID, a.Title()
	return s.o.Store.SaveAccount(ctx, was, a, r)
}

// refuse records and returns why somebody whom a provider has signed in does not get in.
func (s SignIns) refuse(ctx context.Context, by custody.Actor, a Account, title, fix string) error {
	r := s.record(by, custody.SignInRefused, a, strings.ToLower(title[:1])+title[1:])
	r.Person, r.Name = a.ID, a.Title()
	return errors.Join(s.o.Store.SaveGuesses(ctx, "provider", Guesses{}, s.now().Add(-forgetAfter), r), fault.New(fault.Denied, title, fix))
}

// SignOut ends the session of an actor.
func (s SignIns) SignOut(ctx context.Context, by custody.Actor) error {
	return s.end(ctx, by, by.Session, "")
}

// EndSession ends another session of the actor's own: a NotFound fault when it is none of theirs.
func (s SignIns) EndSession(ctx context.Context, by custody.Actor, handle string) error {
	return s.end(ctx, by, handle, "elsewhere")
}

func (s SignIns) end(ctx context.Context, by custody.Actor, handle, note string) error {
	a, err := s.o.Store.Account(ctx, by.Person)
	if err != nil {
		return err
	}
	return s.o.Store.EndSession(ctx, by.Person, handle, s.record(by, custody.SignedOut, a, note))
}

// Sessions are the sessions of an actor that go on, the newest first.
func (s SignIns) Sessions(ctx context.Context, by custody.Actor) ([]Session, error) {
	a, err := s.o.Store.Account(ctx, by.Person)
	if err != nil {
		return nil, err
	}
	all, err := s.o.Store.Sessions(ctx, by.Person)
	var out []Session
	for _, x := range all {
		if x.alive(a, s.now()) {
			out = append(out, x)
		}
	}
	return out, err
}

// Package people is who uses a portal that several people share: accounts with their roles and teams, sign-in,
// sessions, and the links by which a person gets in for the first time. It knows no HTTP. Everything that it changes is
// written with its lines of the audit in one transaction.
package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"onramp/custody"
	"onramp/fault"
)

// Role is what an account may do.
type Role = custody.Role

// Account is a person who may sign in.
type Account struct {
	ID       string
	Email    string // in lower case; how a person signs in by password, and what pages show
	Name     string
	Role     Role
	Teams    []string // IDs
	Password string   // argon2id, encoded; "" for none
	// Issuer and Subject name the account at a provider of sign-ins; "" for an account with a password.
	Issuer, Subject string
	Created         time.Time
	Disabled        time.Time // by an owner; zero: it is not
	NoGroup         time.Time // when its provider told that none of its groups has a role; zero: one has
	LastSeen        time.Time // of its newest session; zero: never
}

// Active reports whether the account may sign in.
func (a Account) Active() bool { return a.Disabled.IsZero() && a.NoGroup.IsZero() }

// Title is the account as people read it.
func (a Account) Title() string {
	if a.Name != "" {
		return a.Name
	}
	return a.Email
}

// Team owns migrations.
type Team struct {
	ID, Name string
	Created  time.Time
}

// Session is a sign-in that goes on.
type Session struct {
	Hash    string // of the token, in hex; the token itself is nowhere but in its cookie
	Handle  string // names it on pages and in the audit; of no use as a token
	Account string
	Created time.Time
	Seen    time.Time // the last request, give or take a minute
	Proved  time.Time // when its person last proved who they are; zero: nobody knows
	From    string    // the address at that moment
	Agent   string    // the browser's own words, shortened
}

// LinkKind is what a link is for.
type LinkKind string

// The kinds of links. Each works once.
const (
	FirstLink  LinkKind = "first"    // makes the first owner
	PasswordBy LinkKind = "password" // sets the password of an account: its first one, or a new one
)

// Link is a one-time address for somebody who cannot sign in yet.
type Link struct {
	Hash    string // of its token, in hex
	Kind    LinkKind
	Account string // whose password it sets; "" for FirstLink
	Created time.Time
	Expires time.Time
	Used    time.Time // zero: not yet
}

// Use is what follows when a link is used.
type Use struct {
	Link    Link
	Account Account // by a FirstLink the new one; else its name and password alone are written
	Session Session
	Guesses string // the key of the account's wrong passwords, which are forgotten
}

// Guesses are the wrong passwords that were tried for an account, known or not.
type Guesses struct {
	Wrong int
	First time.Time
	Last  time.Time
}

// Store keeps people. What a method was told to write is durable, with the audit's records of it, when it returns; all
// or none. Unknown ones are NotFound faults.
type Store interface {
	Account(ctx context.Context, id string) (Account, error)
	AccountByEmail(ctx context.Context, email string) (Account, error)
	AccountBySubject(ctx context.Context, issuer, subject string) (Account, error)
	Accounts(ctx context.Context) ([]Account, error) // by email
	Teams(ctx context.Context) ([]Team, error)       // by name
	// SaveAccount adds an account, where was is the zero Account, or writes all of one that was read; the sessions of one
	// that is disabled end with it. A Conflict fault: of field email when another has it; of no field when the account is not
	// as it was, for another process may change accounts too.
	SaveAccount(ctx context.Context, was, a Account, rs ...custody.Record) error
	AddTeam(ctx context.Context, t Team, rs ...custody.Record) error // Conflict of field team when another has its name

	// Session returns a session with its account.
	Session(ctx context.Context, hash string) (Session, Account, error)
	Sessions(ctx context.Context, account string) ([]Session, error) // newest first
	// AddSession adds a session of an account and ends the one that it takes the place of (its hash; "" for none). It
	// returns the account as it is then; a Conflict fault when that may not sign in, or has another password than a.
	AddSession(ctx context.Context, a Account, s Session, instead string, rs ...custody.Record) (Account, error)
	TouchSession(ctx context.Context, hash string, seen time.Time) error
	EndSession(ctx context.Context, account, handle string, rs ...custody.Record) error
	EndOld(ctx context.Context, seen, created time.Time) error // those last seen or created before

	// AddLink adds a link; others of its kind and account that were not used end.
	AddLink(ctx context.Context, l Link, rs ...custody.Record) error
	Link(ctx context.Context, hash string) (Link, error)
	// UseLink marks a link used and writes what follows, ending the account's other sessions. It returns the account as it
	// is then. A Gone fault when the link was used meanwhile, when it is a FirstLink and there are accounts, or when the
	// account may not sign in any more.
	UseLink(ctx context.Context, u Use, rs ...custody.Record) (Account, error)

	Guesses(ctx context.Context, key string) (Guesses, error) // the zero Guesses when there are none
	// SaveGuesses writes them, and forgets those of others whose last was before old.
	SaveGuesses(ctx context.Context, key string, g Guesses, old time.Time, rs ...custody.Record) error
}

// Options of a Service.
type Options struct {
	Store Store            // required
	Now   func() time.Time // default time.Now
	Log   *slog.Logger     // default: discard
}

// Service is the room's door. It is safe for concurrent use.
type Service struct {
	SignIns
	Directory
}

// SignIns are how people get in and out.
type SignIns struct{ *core }

// Directory is who may get in, and as what.
type Directory struct{ *core }

// core is what both stand on.
type core struct {
	o       Options
	hashing chan struct{} // at most hashesAtOnce
	dummy   string        // the hash of no password, for accounts that are not there
	mu      sync.Mutex    // one change of accounts at a time: who may is looked at before
	from    addresses     // sign-ins that begin
	back    addresses     // those that come back from a provider
	guesses queues        // by guessKey
}

// New returns a Service.
func New(o Options) (*Service, error) {
	if o.Store == nil {
		return nil, errors.New("people: Options.Store is required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &core{o: o, hashing: make(chan struct{}, hashesAtOnce), dummy: mustHash(rand.Text())}
	return &Service{SignIns{c}, Directory{c}}, nil
}

func (s *core) now() time.Time { return s.o.Now().UTC().Round(0) }

// newToken returns a random token of 256 bits as text, and its hash.
func newToken() (token, hash string) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	token = hex.EncodeToString(b)
	return token, hashOf(token)
}

// hashOf is how a token is stored: it is random, so that a plain hash cannot be guessed.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// newID is a random name that is no secret.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()[:12]) }

// actor is the account as who acts, in a session.
func (a Account) actor(s Session) custody.Actor {
	return custody.Actor{Person: a.ID, Name: a.Title(), Session: s.Handle, Via: "portal", Role: a.Role, Teams: a.Teams, SignedIn: s.Proved}
}

// Now is who the account is at the moment, in no session: with the role Nobody when it may not sign in.
func (a Account) Now() custody.Actor {
	if !a.Active() {
		return custody.Actor{Person: a.ID, Name: a.Title()}
	}
	return custody.Actor{Person: a.ID, Name: a.Title(), Role: a.Role, Teams: a.Teams}
}

// record is a line of the audit about somebody.
func (s *core) record(by custody.Actor, verb custody.Verb, about Account, note string) custody.Record {
	return custody.Record{At: s.now(), Verb: verb, Subject: about.Email, Note: note}.By(by)
}

// notFound reports a fault of kind NotFound.
func notFound(err error) bool { return fault.Is(err, fault.NotFound) }

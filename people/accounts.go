package people

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// MayManage is a Denied fault unless the actor decides who may use this Onramp.
func MayManage(by custody.Actor) error {
	if by.Role >= custody.Owner {
		return nil
	}
	f := fault.New(fault.Denied, "Only an owner may do this", "Ask an owner.")
	f.Cause = "Your role is " + strings.ToLower(by.Role.Title()) + "."
	f.Who = "owner"
	return f
}

// mayManage is MayManage with a second look.
func (s Directory) mayManage(by custody.Actor) error {
	if err := MayManage(by); err != nil {
		return err
	}
	if !by.LookedTwice(s.now()) {
		return custody.ErrLookAgain
	}
	return nil
}

// cleanEmail is an email address as accounts have it; an Invalid fault of field email.
func cleanEmail(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || len(text) > 254 || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || !unicode.IsPrint(r) }) {
		return "", fault.New(fault.Invalid, "This is not an email address", "Give one like dana@example.com.").In("email")
	}
	return text, nil
}

// cleanName is a person's or a team's name; an Invalid fault of the field.
func cleanName(text, field string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	bad := func(r rune) bool { return !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError }
	if utf8.RuneCountInString(text) > 80 || strings.ContainsFunc(text, bad) {
		return "", fault.New(fault.Invalid, "This name cannot be shown", "Use at most 80 letters, digits and signs.").In(field)
	}
	return text, nil
}

// NewAccount is what an owner says of a new account.
type NewAccount struct {
	Email, Name string
	Role        Role
	Teams       []string // IDs; empty: the default team
}

// Add makes an account and the link by which its person sets a password. For an account that is there it only makes a new
// link: its role stays. The faults: Denied; Invalid in the fields email, name, role, team; Conflict for an account that
// is disabled.
func (s Directory) Add(ctx context.Context, by custody.Actor, n NewAccount) (Account, string, error) {
	if err := s.mayManage(by); err != nil {
		return Account{}, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	email, err := cleanEmail(n.Email)
	if err != nil {
		return Account{}, "", err
	}
	if a, err := s.o.Store.AccountByEmail(ctx, email); err == nil {
		token, err := s.newLink(ctx, by, a)
		return a, token, err
	} else if !notFound(err) {
		return Account{}, "", err
	}
	name, err := cleanName(n.Name, "name")
	if err != nil {
		return Account{}, "", err
	}
	if n.Role < custody.Viewer || n.Role > custody.Owner {
		return Account{}, "", noRole()
	}
	if len(n.Teams) == 0 {
		n.Teams = []string{migration.DefaultTeam}
	}
	if err := s.knownTeams(ctx, n.Teams); err != nil {
		return Account{}, "", err
	}
	a := Account{ID: newID("u"), Email: email, Name: name, Role: n.Role, Teams: n.Teams, Created: s.now()}
	if err := s.o.Store.SaveAccount(ctx, Account{}, a, s.record(by, custody.AccountAdded, a, a.Role.String())); err != nil {
		return Account{}, "", err
	}
	token, err := s.newLink(ctx, by, a)
	return a, token, err
}

func noRole() error {
	return fault.New(fault.Invalid, "There is no such role", "Give viewer, developer, cloud-admin or owner.").In("role")
}

func (s Directory) knownTeams(ctx context.Context, ids []string) error {
	all, err := s.o.Store.Teams(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(t Team) bool { return t.ID == id }) {
			return fault.New(fault.Invalid, "There is no such team", "Choose one of those offered.").In("team")
		}
	}
	return nil
}

// Accounts are all accounts, for owners.
func (s Directory) Accounts(ctx context.Context, by custody.Actor) ([]Account, error) {
	if err := MayManage(by); err != nil {
		return nil, err
	}
	return s.o.Store.Accounts(ctx)
}

// Teams are all teams; whoever is signed in may know their names.
func (s Directory) Teams(ctx context.Context) ([]Team, error) { return s.o.Store.Teams(ctx) }

// mostNamed is how many people are named where a right is missing.
const mostNamed = 5

// Having names those who have a role or a higher one and see what some teams have, the lowest such role first: whom to
// ask. At most mostNamed.
func (s Directory) Having(ctx context.Context, role Role, teams []string) ([]string, error) {
	all, err := s.o.Store.Accounts(ctx)
	slices.SortStableFunc(all, func(a, b Account) int { return int(a.Role - b.Role) })
	var out []string
	for _, a := range all {
		near := a.Role >= custody.CloudAdmin || slices.ContainsFunc(a.Teams, func(t string) bool { return slices.Contains(teams, t) })
		if a.Active() && a.Role >= role && near && len(out) < mostNamed {
			out = append(out, a.Title()+" ("+strings.ToLower(a.Role.Title())+")")
		}
	}
	return out, err
}

// Find is the account with an ID or an email address.
func (s Directory) Find(ctx context.Context, idOrEmail string) (Account, error) {
	if strings.Contains(idOrEmail, "@") {
		return s.o.Store.AccountByEmail(ctx, strings.ToLower(strings.TrimSpace(idOrEmail)))
	}
	return s.o.Store.Account(ctx, idOrEmail)
}

// SetRole gives an account another role, from its next request on. Conflict when nobody would be left as owner.
func (s Directory) SetRole(ctx context.Context, by custody.Actor, idOrEmail string, to Role) error {
	return s.change(ctx, by, idOrEmail, custody.AccountChanged, func(a *Account) (string, error) {
		if to < custody.Viewer || to > custody.Owner {
			return "", noRole()
		}
		was := a.Role
		a.Role = to
		return was.String() + " to " + to.String(), nil
	})
}

// SetTeams makes an account a member of these teams and no others.
func (s Directory) SetTeams(ctx context.Context, by custody.Actor, idOrEmail string, teams []string) error {
	if err := s.knownTeams(ctx, teams); err != nil {
		return err
	}
	return s.change(ctx, by, idOrEmail, custody.AccountChanged, func(a *Account) (string, error) {
		a.Teams = slices.Compact(slices.Sorted(slices.Values(teams)))
		return "teams " + strings.Join(a.Teams, ", "), nil
	})
}

// Disable keeps an account out from its next request on, and ends its sessions; Enable lets it in again.
func (s Directory) Disable(ctx context.Context, by custody.Actor, idOrEmail string) error {
	return s.change(ctx, by, idOrEmail, custody.AccountOff, func(a *Account) (string, error) {
		if a.ID == by.Person {
			return "", fault.New(fault.Conflict, "This is your own account", "Let another owner disable it.")
		}
		if a.Disabled.IsZero() { // also one whose groups have no role: they may get one again
			a.Disabled = s.now()
		}
		return "", nil
	})
}

// Enable takes Disable back. The person signs in again.
func (s Directory) Enable(ctx context.Context, by custody.Actor, idOrEmail string) error {
	return s.change(ctx, by, idOrEmail, custody.AccountOn, func(a *Account) (string, error) {
		a.Disabled = time.Time{}
		return "", nil
	})
}

// change changes an account unless that leaves no owner.
func (s Directory) change(ctx context.Context, by custody.Actor, idOrEmail string, verb custody.Verb, how func(*Account) (note string, err error)) error {
	if err := s.mayManage(by); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.Find(ctx, idOrEmail)
	if err != nil {
		return err
	}
	was := a
	note, err := how(&a)
	if err != nil {
		return err
	}
	if a.Role != custody.Owner || !a.Active() {
		all, err := s.o.Store.Accounts(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(o Account) bool { return o.ID != a.ID && o.Role == custody.Owner && o.Active() }) {
			return fault.New(fault.Conflict, "Nobody would be left as owner", "Make another account an owner first.")
		}
	}
	return s.o.Store.SaveAccount(ctx, was, a, s.record(by, verb, a, note))
}

// AddTeam makes a team. Conflict of field team when the name is taken.
func (s Directory) AddTeam(ctx context.Context, by custody.Actor, name string) (Team, error) {
	if err := s.mayManage(by); err != nil {
		return Team{}, err
	}
	name, err := cleanName(name, "team")
	if err != nil {
		return Team{}, err
	}
	if name == "" {
		return Team{}, fault.New(fault.Invalid, "The team needs a name", "Give one that people know it by.").In("team")
	}
	t := Team{ID: newID("t"), Name: name, Created: s.now()}
	return t, s.o.Store.AddTeam(ctx, t, s.record(by, custody.TeamAdded, Account{}, name))
}

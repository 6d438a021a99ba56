package people_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/people"
)

// meddled is a store in which something happens between what was read and what is written: another process is quicker, or
// another request.
type meddled struct {
	people.Store
	first func() // once, before a write
}

func (m *meddled) happen() {
	if do := m.first; do != nil {
		m.first = nil
		do()
	}
}

func (m *meddled) SaveAccount(ctx context.Context, was, a people.Account, rs ...custody.Record) error {
	m.happen()
	return m.Store.SaveAccount(ctx, was, a, rs...)
}

func (m *meddled) AddSession(ctx context.Context, a people.Account, s people.Session, instead string, rs ...custody.Record) (people.Account, error) {
	m.happen()
	return m.Store.AddSession(ctx, a, s, instead, rs...)
}

func (m *meddled) UseLink(ctx context.Context, u people.Use, rs ...custody.Record) (people.Account, error) {
	m.happen()
	return m.Store.UseLink(ctx, u, rs...)
}

// TestMeanwhile: what is changed of an account while a link, a sign-in or another change of it is under way stays changed,
// and whoever gets in is what the account is then.
// ASVS 7.4.2, 8.3.1.
func TestMeanwhile(t *testing.T) {
	const email = "omar@example.com"
	ctx := t.Context()
	claim := people.Claim{Issuer: "https://id.example.com", Subject: "mia", Email: "mia@example.com", Role: custody.Developer}
	off := func(email string) func(*house) error {
		return func(h *house) error { return h.Disable(ctx, h.owner, email) }
	}
	by := func(link string) func(*people.Service) (people.Signed, error) {
		return func(s *people.Service) (people.Signed, error) {
			return s.Start(ctx, from("192.0.2.3"), link, people.NewAccount{Name: "Omar"}, another, "test")
		}
	}
	password := func(string) func(*people.Service) (people.Signed, error) {
		return func(s *people.Service) (people.Signed, error) {
			return s.SignIn(ctx, from("192.0.2.3"), email, phrase, "test", "")
		}
	}
	provider := func(role people.Role) func(string) func(*people.Service) (people.Signed, error) {
		return func(string) func(*people.Service) (people.Signed, error) {
			return func(s *people.Service) (people.Signed, error) {
				c := claim
				c.Role = role
				return s.SignInBy(ctx, from("192.0.2.3"), c, "test", "")
			}
		}
	}
	for _, tt := range []struct {
		name  string
		do    func(link string) func(*people.Service) (people.Signed, error)
		first func(*house) error // what happens before it is written
		of    string             // whose account it is
		kind  fault.Kind         // of the answer; "": in
		role  people.Role        // of the account afterwards
	}{
		{"a link, disabled", by, off(email), email, fault.Gone, custody.Owner},
		{"a link, demoted", by, func(h *house) error { return h.SetRole(ctx, h.owner, email, custody.Viewer) }, email, "", custody.Viewer},
		{"a link, other teams", by, func(h *house) error {
			team, err := h.AddTeam(ctx, h.owner, "Payments")
			check(t, err)
			return h.SetTeams(ctx, h.owner, email, []string{team.ID})
		}, email, "", custody.Owner},
		{"a link, a newer one", by, func(h *house) error {
			_, _, err := h.Add(ctx, h.owner, people.NewAccount{Email: email})
			return err
		}, email, fault.Gone, custody.Owner},
		{"a password, disabled", password, off(email), email, fault.NotSignedIn, custody.Owner},
		{"a password, replaced", password, func(h *house) error {
			_, link, err := h.Add(ctx, h.owner, people.NewAccount{Email: email})
			check(t, err)
			_, err = h.Start(ctx, from("192.0.2.4"), link, people.NewAccount{}, another, "test")
			return err
		}, email, fault.NotSignedIn, custody.Owner},
		{"a password, demoted", password, func(h *house) error { return h.SetRole(ctx, h.owner, email, custody.Viewer) }, email, "", custody.Viewer},
		{"a provider, disabled", provider(custody.Developer), off("mia@example.com"), "mia@example.com", fault.NotSignedIn, custody.Developer},
		{"a provider with another role, disabled", provider(custody.Viewer), off("mia@example.com"), "mia@example.com", fault.NotSignedIn, custody.Developer},
		{"a provider without a group, disabled", provider(custody.Nobody), off("mia@example.com"), "mia@example.com", fault.NotSignedIn, custody.Developer},
		{"another role, disabled", func(string) func(*people.Service) (people.Signed, error) {
			return func(s *people.Service) (people.Signed, error) {
				return people.Signed{}, s.SetRole(ctx, custody.Actor{Person: "command", Via: "command", Role: custody.Owner}, email, custody.Viewer)
			}
		}, off(email), email, fault.Conflict, custody.Owner},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begun(t)
			defer h.db.Close()
			h.joined(email, custody.Owner)
			_, err := h.SignInBy(ctx, from("192.0.2.3"), claim, "test", "")
			check(t, err)
			_, link, err := h.Add(ctx, h.owner, people.NewAccount{Email: email})
			check(t, err)
			m := &meddled{Store: h.db}
			s, err := people.New(people.Options{Store: m})
			check(t, err)
			m.first = func() { check(t, tt.first(h)) }
			before, err := h.Find(ctx, tt.of)
			check(t, err)
			xs, err := h.db.Sessions(ctx, before.ID)
			check(t, err)
			in, err := tt.do(link)(s)
			if m.first != nil {
				t.Fatal("nothing happened meanwhile")
			}
			a, found := h.Find(ctx, tt.of)
			check(t, found)
			if a.Role != tt.role || a.Email != before.Email {
				t.Errorf("the account is %+v", a)
			}
			if tt.kind == "" {
				check(t, err)
				if who := h.who(in.Token); who.Role != a.Role || in.Actor.Role != a.Role || !slices.Equal(in.Actor.Teams, a.Teams) {
					t.Errorf("signed in as %+v, and the session as %+v; the account is %+v", in.Actor, who, a)
				}
				return
			}
			wants(t, "it", err, tt.kind)
			now, err := h.db.Sessions(ctx, a.ID)
			check(t, err)
			for _, x := range now {
				if x.From == "192.0.2.3" && !slices.ContainsFunc(xs, func(was people.Session) bool { return was.Hash == x.Hash }) {
					t.Errorf("it left a session: %+v", x)
				}
			}
			if a.Disabled.IsZero() != (tt.name == "a link, a newer one" || tt.name == "a password, replaced") {
				t.Errorf("disabled is %s", a.Disabled)
			}
		})
	}
}

// TestLinkForgetsGuesses: a link lets its person in, and the guesses that others made before keep nobody out afterwards.
// What cannot be written leaves the link as it was.
func TestLinkForgetsGuesses(t *testing.T) {
	h := begun(t)
	defer h.db.Close()
	ctx := t.Context()
	h.joined("omar@example.com", custody.Viewer)
	for i := range 6 {
		_, err := h.SignIn(ctx, from(fmt.Sprint("198.51.100.", i)), "omar@example.com", "wrong and wrong again", "", "")
		if err == nil {
			t.Fatal("a wrong password let somebody in")
		}
	}
	_, err := h.SignIn(ctx, from("192.0.2.2"), "omar@example.com", phrase, "", "")
	wants(t, "the right password after them", err, fault.TooMany)
	_, link, err := h.Add(ctx, h.owner, people.NewAccount{Email: "omar@example.com"})
	check(t, err)
	m := &noGuesses{Store: h.db}
	s, err := people.New(people.Options{Store: m})
	check(t, err)
	in, err := s.Start(ctx, from("192.0.2.2"), link, people.NewAccount{}, another, "test")
	check(t, err) // in one transaction: nothing is saved after it that could fail
	h.who(in.Token)
	_, err = h.SignIn(ctx, from("192.0.2.2"), "omar@example.com", another, "", "")
	check(t, err)
}

// noGuesses is a store that saves none.
type noGuesses struct{ people.Store }

func (noGuesses) SaveGuesses(context.Context, string, people.Guesses, time.Time, ...custody.Record) error {
	return fault.New(fault.Unavailable, "The disk is full", "Free space.")
}

package people_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"onramp/custody"
	"onramp/fault"
	"onramp/people"
	"onramp/store"
)

// house is the room on a real database.
type house struct {
	*people.Service
	t     *testing.T
	db    *store.DB
	owner custody.Actor
	token string // the owner's
}

const (
	phrase  = "otter lantern brisk 41 gravel"
	another = "gravel 41 brisk lantern otter"
)

// from is a request of somebody who is not signed in.
func from(address string) custody.Actor {
	return custody.Actor{Via: "portal", From: address, Request: "r"}
}

func open(t *testing.T) *house {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "data"), nil)
	check(t, err)
	s, err := people.New(people.Options{Store: db})
	check(t, err)
	return &house{Service: s, t: t, db: db}
}

// begun is a house with its first owner, dana.
func begun(t *testing.T) *house {
	t.Helper()
	h := open(t)
	link, err := h.FirstAdmin(t.Context())
	check(t, err)
	in, err := h.Start(t.Context(), from("192.0.2.1"), link, people.NewAccount{Email: "Dana@Example.com", Name: "Dana"}, phrase, "test")
	check(t, err)
	h.owner, h.token = h.who(in.Token), in.Token
	return h
}

func (h *house) who(token string) custody.Actor {
	h.t.Helper()
	a, err := h.Who(h.t.Context(), token)
	check(h.t, err)
	return a
}

// joined is another account with a password.
func (h *house) joined(email string, role people.Role) (people.Account, people.Signed) {
	h.t.Helper()
	a, link, err := h.Add(h.t.Context(), h.owner, people.NewAccount{Email: email, Role: role})
	check(h.t, err)
	in, err := h.Start(h.t.Context(), from("192.0.2.2"), link, people.NewAccount{}, phrase, "test")
	check(h.t, err)
	return a, in
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, what string, err error, kind fault.Kind, field ...string) {
	t.Helper()
	if err == nil || !fault.Is(err, kind) || len(field) > 0 && fault.From(err).Field != field[0] {
		t.Errorf("%s: %v, want a fault of kind %s %v", what, err, kind, field)
	}
}

// TestASVS_6_3_2: a new portal has no account, and the link for its first owner works once, for an hour, until the next
// one is made or somebody is there.
// ASVS 6.3.2.
func TestASVS_6_3_2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		defer h.db.Close()
		ctx := t.Context()
		if all, err := h.db.Accounts(ctx); len(all) != 0 || err != nil {
			t.Fatal("a new database has accounts", all, err)
		}
		first, err := h.FirstAdmin(ctx)
		check(t, err)
		second, err := h.FirstAdmin(ctx)
		check(t, err)
		_, err = h.Open(ctx, first)
		wants(t, "the earlier of two links", err, fault.Gone)
		time.Sleep(time.Hour)
		_, err = h.Open(ctx, second)
		wants(t, "after an hour", err, fault.Gone)
		third, err := h.FirstAdmin(ctx)
		check(t, err)
		for _, token := range []string{"", "nonsense", strings.Repeat("a", 64), third + "0", strings.ToUpper(third)} {
			_, err := h.Start(ctx, from("192.0.2.1"), token, people.NewAccount{Email: "eve@example.com"}, phrase, "")
			wants(t, "a made-up token", err, fault.Gone)
		}
		_, err = h.Start(ctx, from("192.0.2.1"), third, people.NewAccount{Email: "dana@example.com"}, "short", "")
		wants(t, "a short password", err, fault.Invalid, "password") // and the link still works
		in, err := h.Start(ctx, from("192.0.2.1"), third, people.NewAccount{Email: "dana@example.com", Role: custody.Viewer}, phrase, "")
		check(t, err)
		if who := h.who(in.Token); who.Role != custody.Owner {
			t.Errorf("the first account is a %s", who.Role)
		}
		_, err = h.Start(ctx, from("192.0.2.1"), third, people.NewAccount{Email: "eve@example.com"}, phrase, "")
		wants(t, "the link again", err, fault.Gone)
		if token, err := h.FirstAdmin(ctx); token != "" || err != nil {
			t.Errorf("with an account there is still a link for the first owner: %v", err)
		}
	})
}

// TestASVS_6_2: passwords of 12 characters and more, 64 and beyond too, with no rules of composition; not those that
// attackers try first (6.2.5 and 6.2.10 too).
// ASVS 6.2.1, 6.2.4, 6.2.9, 11.4.2.
func TestASVS_6_2(t *testing.T) {
	h := begun(t)
	defer h.db.Close()
	_, link, err := h.Add(t.Context(), h.owner, people.NewAccount{Email: "ines.kowalski@example.com", Name: "Inés Kowalski", Role: custody.Viewer})
	check(t, err)
	for _, bad := range []string{"", "elevenchars", "ábçdéfghijk", "aaaaaaaaaaaa", "abababababab", "123456789012", "098765432109", "abcdefghijkl", "passwordpassword", "password1234", "Password123!!",
		"P@ssw0rd1234", "qwertyuiop12", "1q2w3e4r5t6y", "letmeinletmein", "football2026", "ines.kowalski", "Kowalski2026", "onramponramp", "Temporal2026!", "\xff\xfe0123456789ab", strings.Repeat("long ", 60)} {
		_, err := h.Start(t.Context(), from("192.0.2."+bad), link, people.NewAccount{}, bad, "")
		wants(t, "the password "+bad, err, fault.Invalid, "password")
	}
	for _, good := range []string{"correct horse battery", "all small letters here", "     12 spaces ok", "密码密码馬鹿正直一二三四五六", strings.Repeat("x7#kQ9z!", 8), strings.Repeat("q2-Lm", 51)} {
		_, link, err := h.Add(t.Context(), h.owner, people.NewAccount{Email: "ines.kowalski@example.com"})
		check(t, err)
		if _, err := h.Start(t.Context(), from("192.0.2."+good), link, people.NewAccount{}, good, ""); err != nil {
			t.Errorf("the password %q: %v", good, err)
		}
		if _, err := h.SignIn(t.Context(), from("192.0.2.9"), "ines.kowalski@example.com", good, "", ""); err != nil {
			t.Errorf("signing in with %q: %v", good, err)
		}
	}
	a, err := h.db.AccountByEmail(t.Context(), "dana@example.com")
	check(t, err)
	if !strings.HasPrefix(a.Password, "$argon2id$v=19$m=19456,t=2,p=1$") { // OWASP password storage
		t.Errorf("a password is stored as %.40s", a.Password)
	}
}

// TestASVS_7_3: a session ends after half an hour without a request, and after twelve hours in any case.
// ASVS 7.3.1, 7.3.2.
func TestASVS_7_3(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := begun(t)
		defer h.db.Close()
		time.Sleep(people.IdleFor - time.Second)
		h.who(h.token)
		time.Sleep(people.IdleFor - time.Second) // it was used meanwhile
		h.who(h.token)
		time.Sleep(people.IdleFor)
		_, err := h.Who(t.Context(), h.token)
		wants(t, "after half an hour without a request", err, fault.NotSignedIn)

		in, err := h.SignIn(t.Context(), from("192.0.2.1"), "dana@example.com", phrase, "", "")
		check(t, err)
		for began := time.Now(); time.Since(began) < people.AbsoluteFor-20*time.Minute; {
			time.Sleep(20 * time.Minute)
			h.who(in.Token)
		}
		time.Sleep(20 * time.Minute)
		_, err = h.Who(t.Context(), in.Token)
		wants(t, "after twelve hours", err, fault.NotSignedIn)
	})
}

// TestASVS_7_2: tokens are random, 256 bits long, stored as hashes, and new at each sign-in and second look; the old one
// is worth nothing then.
// ASVS 7.2.3, 7.2.4, 11.5.1.
func TestASVS_7_2(t *testing.T) {
	h := begun(t)
	defer h.db.Close()
	if len(h.token) != 64 {
		t.Errorf("a token has %d hex digits", len(h.token))
	}
	in, err := h.SignIn(t.Context(), from("192.0.2.1"), "dana@example.com", phrase, "", h.token)
	check(t, err)
	_, err = h.Who(t.Context(), h.token)
	wants(t, "the token before a sign-in", err, fault.NotSignedIn)
	again, err := h.Again(t.Context(), h.who(in.Token), in.Token, phrase, "")
	check(t, err)
	_, err = h.Who(t.Context(), in.Token)
	wants(t, "the token before a second look", err, fault.NotSignedIn)
	h.who(again.Token)
	xs, err := h.db.Sessions(t.Context(), h.owner.Person)
	check(t, err)
	if len(xs) != 1 || xs[0].Hash == again.Token || strings.Contains(again.Token, xs[0].Handle) {
		t.Errorf("stored sessions: %+v", xs)
	}
	seen, ones := map[string]bool{}, 0
	for range 10_000 {
		token, hash := people.NewToken()
		seen[token] = true
		if len(token) != 64 || len(hash) != 64 || token == hash {
			t.Fatalf("token %q, hash %q", token, hash)
		}
		for _, c := range token {
			for n := strings.IndexRune("0123456789abcdef", c); n > 0; n &= n - 1 {
				ones++
			}
		}
	}
	if len(seen) != 10_000 {
		t.Errorf("of 10,000 tokens %d differ", len(seen))
	}
	if share := float64(ones) / (10_000 * 256); share < 0.498 || share > 0.502 { // 6 standard deviations
		t.Errorf("%.4f of the bits are 1", share)
	}
}

// TestASVS_7_4: what an account may do changes with its next request: signing out, disabling, another role, other teams.
// ASVS 7.4.1, 7.4.2, 8.3.1.
func TestASVS_7_4(t *testing.T) {
	h := begun(t)
	defer h.db.Close()
	ctx := t.Context()
	a, in := h.joined("omar@example.com", custody.Developer)
	second, err := h.SignIn(ctx, from("192.0.2.3"), "omar@example.com", phrase, "phone", "")
	check(t, err)
	check(t, h.SetRole(ctx, h.owner, "omar@example.com", custody.Viewer))
	if who := h.who(in.Token); who.Role != custody.Viewer {
		t.Errorf("the request after the change is a %s's", who.Role)
	}
	team, err := h.AddTeam(ctx, h.owner, "Payments")
	check(t, err)
	check(t, h.SetTeams(ctx, h.owner, a.ID, []string{team.ID}))
	if who := h.who(in.Token); !slices.Equal(who.Teams, []string{team.ID}) || who.Sees("default") || !who.Sees(team.ID) {
		t.Errorf("teams are %v", who.Teams)
	}
	mine, err := h.Sessions(ctx, h.who(in.Token))
	check(t, err)
	if len(mine) != 2 || mine[0].Agent != "phone" {
		t.Errorf("sign-ins: %+v", mine)
	}
	wants(t, "ending somebody else's sign-in", h.EndSession(ctx, h.owner, mine[0].Handle), fault.NotFound)
	check(t, h.EndSession(ctx, h.who(in.Token), mine[0].Handle))
	_, err = h.Who(ctx, second.Token)
	wants(t, "the sign-in elsewhere", err, fault.NotSignedIn)
	check(t, h.Disable(ctx, h.owner, a.ID))
	_, err = h.Who(ctx, in.Token)
	wants(t, "a disabled account", err, fault.NotSignedIn)
	_, err = h.SignIn(ctx, from("192.0.2.4"), "omar@example.com", phrase, "", "")
	wants(t, "signing in while disabled", err, fault.NotSignedIn)
	_, _, err = h.Add(ctx, h.owner, people.NewAccount{Email: "omar@example.com"})
	wants(t, "a link for a disabled account", err, fault.Conflict)
	check(t, h.Enable(ctx, h.owner, a.ID))
	_, err = h.Who(ctx, in.Token)
	wants(t, "the old session of an enabled account", err, fault.NotSignedIn)
	fresh, err := h.SignIn(ctx, from("192.0.2.5"), "omar@example.com", phrase, "", "")
	check(t, err)
	check(t, h.SignOut(ctx, h.who(fresh.Token)))
	_, err = h.Who(ctx, fresh.Token)
	wants(t, "after signing out", err, fault.NotSignedIn)
}

// TestASVS_6_3_1: guesses at one account wait longer and longer, whoever sends them and whether it is there or not; the
// right password is refused meanwhile, and a link from an owner lets its person in.
// ASVS 6.3.1.
func TestASVS_6_3_1(t *testing.T) {
	for _, email := range []string{"dana@example.com", "nobody@example.com"} {
		synctest.Test(t, func(t *testing.T) {
			h := begun(t)
			defer h.db.Close()
			ctx, began, guesses, refused := t.Context(), time.Now(), 0, 0
			for i := 0; time.Since(began) < time.Hour; i++ {
				_, err := h.SignIn(ctx, from("2001:db8:"+string('a'+rune(i%6))+"::1"), email, "wrong and wrong again", "", "")
				switch {
				case fault.Is(err, fault.NotSignedIn):
					guesses++
				case fault.Is(err, fault.TooMany):
					refused++
				default:
					t.Fatal(err)
				}
				time.Sleep(10 * time.Second)
			}
			t.Logf("figure: S8b guesses_per_account_and_hour=%d refused=%d", guesses, refused)
			if guesses != 7 || refused < 300 { // 5, and after 15 and 30 minutes one each
				t.Errorf("%s: %d guesses in an hour, %d refused", email, guesses, refused)
			}
			if email != "dana@example.com" {
				return
			}
			_, err := h.SignIn(ctx, from("192.0.2.1"), email, phrase, "", "")
			wants(t, "the right password while guesses wait", err, fault.TooMany)
			_, link, err := h.Add(ctx, custody.Actor{Person: "command", Via: "command", Role: custody.Owner}, people.NewAccount{Email: email})
			check(t, err)
			_, err = h.Start(ctx, from("192.0.2.1"), link, people.NewAccount{}, another, "")
			check(t, err)
			_, err = h.SignIn(ctx, from("192.0.2.1"), email, another, "", "")
			check(t, err)
			_, err = h.SignIn(ctx, from("192.0.2.1"), email, phrase, "", "")
			wants(t, "the password before", err, fault.NotSignedIn)
		})
	}
	synctest.Test(t, func(t *testing.T) { // one address, many accounts
		h := begun(t)
		defer h.db.Close()
		tried := 0
		for i := range 120 {
			_, err := h.SignIn(t.Context(), from("2001:db8::"+string('1'+rune(i%9))), "u"+string('a'+rune(i%26))+string('a'+rune(i/26))+"@example.com", "wrong and wrong again", "", "")
			if fault.Is(err, fault.NotSignedIn) {
				tried++
			}
			time.Sleep(time.Second)
		}
		if tried > 60 {
			t.Errorf("%d sign-ins in two minutes from one network", tried)
		}
	})
}

// TestASVS_6_3_8: whether an account is there cannot be told from the answer, nor from what is written for it.
// ASVS 6.3.8.
func TestASVS_6_3_8(t *testing.T) {
	h := begun(t)
	defer h.db.Close()
	h.joined("omar@example.com", custody.Viewer)
	check(t, h.Disable(t.Context(), h.owner, "omar@example.com"))
	_, _, err := h.Add(t.Context(), h.owner, people.NewAccount{Email: "new@example.com", Role: custody.Viewer}) // has no password yet
	check(t, err)
	texts := map[string]bool{}
	for _, email := range []string{"dana@example.com", "omar@example.com", "new@example.com", "nobody@example.com", "", "x", "' OR 1=1 --"} {
		_, err := h.SignIn(t.Context(), from("192.0.2.7"), email, "wrong and wrong again", "", "")
		f := fault.From(err)
		texts[string(f.Kind)+f.Title+f.Cause+f.Fix+f.Code+f.Field] = true
	}
	if len(texts) != 1 {
		t.Errorf("the answers differ: %v", texts)
	}
	rs, err := h.db.Records(t.Context(), custody.Query{Verb: custody.SignInRefused})
	check(t, err)
	for _, r := range rs {
		if strings.Contains(r.Subject+r.Note+r.Name, "nobody@") || strings.Contains(r.Subject+r.Note, "OR 1=1") {
			t.Errorf("the audit keeps what somebody typed, which may be a password: %+v", r)
		}
	}
	if len(rs) != 7 {
		t.Errorf("%d refused sign-ins are in the audit", len(rs))
	}
}

// TestSecondLook: what needs one is refused 15 minutes after the sign-in, and allowed after the password was given again.
func TestSecondLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := begun(t)
		defer h.db.Close()
		ctx := t.Context()
		time.Sleep(custody.SecondLook)
		check(t, h.SetRole(ctx, h.who(h.token), "dana@example.com", custody.Owner))
		time.Sleep(time.Second)
		late := h.who(h.token)
		for what, do := range map[string]func(custody.Actor) error{
			"a role": func(a custody.Actor) error { return h.SetRole(ctx, a, "dana@example.com", custody.Owner) },
			"an account": func(a custody.Actor) error {
				_, _, err := h.Add(ctx, a, people.NewAccount{Email: "x@example.com", Role: custody.Viewer})
				return err
			},
			"a team": func(a custody.Actor) error { _, err := h.AddTeam(ctx, a, "Team"); return err },
			"teams":  func(a custody.Actor) error { return h.SetTeams(ctx, a, "dana@example.com", []string{"default"}) },
		} {
			if err := do(late); !errors.Is(err, custody.ErrLookAgain) {
				t.Errorf("%s, 15 minutes after the sign-in: %v", what, err)
			}
			_, err := h.Again(ctx, late, h.token, "wrong and wrong again", "")
			wants(t, "a wrong password at the second look", err, fault.NotSignedIn)
			in, err := h.Again(ctx, late, h.token, phrase, "")
			check(t, err)
			if err := do(h.who(in.Token)); err != nil {
				t.Errorf("%s, after a second look: %v", what, err)
			}
			h.token = in.Token
			late.SignedIn = late.SignedIn.Add(-time.Hour)
		}
	})
}

// TestOnlyOwnersManage: nobody below an owner changes or lists accounts, and somebody is always left who can.
func TestOnlyOwnersManage(t *testing.T) {
	h := begun(t)
	defer h.db.Close()
	ctx := t.Context()
	for _, role := range []people.Role{custody.Viewer, custody.Developer, custody.CloudAdmin} {
		_, in := h.joined(role.String()+"@example.com", role)
		who := h.who(in.Token)
		before := dump(t, h)
		_, err := h.Accounts(ctx, who)
		wants(t, "list", err, fault.Denied)
		_, _, err = h.Add(ctx, who, people.NewAccount{Email: "x@example.com", Role: custody.Viewer})
		wants(t, "add", err, fault.Denied)
		wants(t, "role", h.SetRole(ctx, who, who.Person, custody.Owner), fault.Denied)
		wants(t, "teams", h.SetTeams(ctx, who, who.Person, []string{"default"}), fault.Denied)
		wants(t, "disable", h.Disable(ctx, who, h.owner.Person), fault.Denied)
		wants(t, "enable", h.Enable(ctx, who, h.owner.Person), fault.Denied)
		_, err = h.AddTeam(ctx, who, "Mine")
		wants(t, "team", err, fault.Denied)
		if dump(t, h) != before {
			t.Errorf("a %s changed accounts", role)
		}
	}
	wants(t, "the last owner's role", h.SetRole(ctx, h.owner, h.owner.Person, custody.Viewer), fault.Conflict)
	wants(t, "the last owner out", h.Disable(ctx, h.owner, h.owner.Person), fault.Conflict)
	wants(t, "no such role", h.SetRole(ctx, h.owner, h.owner.Person, 9), fault.Invalid, "role")
	wants(t, "no such team", h.SetTeams(ctx, h.owner, h.owner.Person, []string{"none"}), fault.Invalid, "team")
	wants(t, "nobody", h.SetRole(ctx, h.owner, "nobody@example.com", custody.Viewer), fault.NotFound)
	for _, email := range []string{"", "x", "x@", "a b@example.com", "Dana <dana@example.com>", "a@b\nc", strings.Repeat("a", 260) + "@x.y"} {
		_, _, err := h.Add(ctx, h.owner, people.NewAccount{Email: email, Role: custody.Viewer})
		wants(t, "the address "+email, err, fault.Invalid, "email")
	}
	_, _, err := h.Add(ctx, h.owner, people.NewAccount{Email: "y@example.com", Name: "a\u202eb", Role: custody.Viewer})
	wants(t, "a name that turns the line around", err, fault.Invalid, "name")
	_, _, err = h.Add(ctx, h.owner, people.NewAccount{Email: "y@example.com"})
	wants(t, "no role", err, fault.Invalid, "role")
}

// dump is what is stored of accounts.
func dump(t *testing.T, h *house) string {
	t.Helper()
	as, err := h.db.Accounts(t.Context())
	check(t, err)
	var b strings.Builder
	for _, a := range as {
		b.WriteString(a.ID + a.Email + a.Role.String() + strings.Join(a.Teams, ",") + a.Disabled.String() + "\n")
	}
	return b.String()
}

// TestGuessesHold: whatever the order of tries and pauses, no account is tried more often than the limits say, and a
// pause that is long enough always lets one in.
// ASVS 6.3.1.
func TestGuessesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
		var g people.Guesses
		var at []time.Time
		for _, pause := range rapid.SliceOfN(rapid.IntRange(0, 3*3600), 1, 200).Draw(t, "pauses") {
			now = now.Add(time.Duration(pause) * time.Second)
			g = people.GuessesAt(g, now)
			if people.MayTry(g, now) == nil {
				g = people.Wrong(g, now)
				at = append(at, now)
			} else if now.Sub(g.Last) >= time.Hour {
				t.Fatalf("refused an hour after the last: %+v at %s", g, now)
			}
		}
		for i := range at {
			n := 0
			for _, b := range at[i:] {
				if b.Sub(at[i]) < time.Hour {
					n++
				}
			}
			if n > 20 {
				t.Fatalf("%d guesses within an hour", n)
			}
		}
	})
}

// TestDisabledWithoutGroup: what an owner says of somebody whose groups have no role holds when they get one again.
func TestDisabledWithoutGroup(t *testing.T) {
	h := begun(t)
	defer h.db.Close()
	ctx := t.Context()
	comes := func(role people.Role) error {
		_, err := h.SignInBy(ctx, from("192.0.2.3"), people.Claim{Issuer: "https://id.example.com", Subject: "mia", Email: "mia@example.com", Role: role}, "test", "")
		return err
	}
	check(t, comes(custody.Developer))
	wants(t, "without a group", comes(custody.Nobody), fault.Denied)
	check(t, h.Disable(ctx, h.owner, "mia@example.com"))
	wants(t, "disabled, with a group again", comes(custody.Developer), fault.Denied)
	check(t, h.Enable(ctx, h.owner, "mia@example.com"))
	check(t, comes(custody.Developer))
}

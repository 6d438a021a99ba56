package notices_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"onramp/custody"
	"onramp/expiry"
	"onramp/fault"
	"onramp/migration"
	"onramp/notices"
	"onramp/people"
	"onramp/store"
)

// office is people who get mails, on a real database.
type office struct {
	t    testing.TB
	db   *store.DB
	book store.Notices
	subs *notices.Subscriptions
	post *outbox
	now  time.Time
}

// outbox is a mail server that answers as the test says.
type outbox struct {
	fail  func(notices.Letter) error
	taken []notices.Letter
	asked int
}

func (o *outbox) Send(_ context.Context, l notices.Letter) error {
	o.asked++
	if o.fail != nil {
		if err := o.fail(l); err != nil {
			return err
		}
	}
	o.taken = append(o.taken, l)
	return nil
}

func openOffice(t testing.TB, dir string) *office {
	t.Helper()
	db, err := store.Open(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	o := &office{t: t, db: db, book: store.NewNotices(db), post: &outbox{}, now: start}
	o.subs, err = notices.NewSubscriptions(notices.SubscriptionsOptions{Store: o.book, Key: []byte(strings.Repeat("k", 32)), From: "Onramp <onramp@mail.example.com>", Base: "https://onramp.example.com/", Zone: time.UTC, Now: func() time.Time { return o.now }})
	o.must(err)
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) mailer(s notices.MailStore) *notices.Mailer {
	o.t.Helper()
	m, err := notices.NewMailer(notices.MailerOptions{Store: s, People: o.subs, Post: o.post, Now: func() time.Time { return o.now }})
	o.must(err)
	return m
}

// joins adds an account that wants mails.
func (o *office) joins(id string, role custody.Role, d notices.Digest, teams ...string) custody.Actor {
	o.t.Helper()
	ctx := context.Background()
	o.must(o.db.SaveAccount(ctx, people.Account{}, people.Account{ID: id, Email: id + "@example.com", Name: strings.ToUpper(id), Role: role, Teams: teams}))
	by := custody.Actor{Person: id, Role: role, Teams: teams}
	o.must(o.subs.Choose(ctx, by, d))
	return by
}

// happens makes an event of a migration.
func (o *office) happens(m, about string) {
	o.t.Helper()
	o.must(o.book.Tell(context.Background(), notices.Event{Kind: notices.Answered, Migration: m, About: about, Said: about, At: o.now}))
}

func (o *office) migration(id, team string) {
	o.t.Helper()
	o.must(o.db.AddMigration(context.Background(), migration.Migration{ID: id, Name: id, Mode: migration.Cloud, Created: o.now, Version: 1, Team: team}))
}

var daily = notices.Digest{Every: notices.Daily, Hour: 10, Day: time.Monday}

// TestADeadServerHoldsNobodyUp: a mail server that does not answer is asked once a look, later and later, whoever waits;
// what it did not take is sent when it is back, to each once; and one person's bad address keeps nobody's mail.
func TestADeadServerHoldsNobodyUp(t *testing.T) {
	o := openOffice(t, filepath.Join(t.TempDir(), "data"))
	ctx := t.Context()
	o.migration("payments", "")
	for i := range 5 {
		o.joins(fmt.Sprint("p", i), custody.Viewer, daily, "default")
	}
	o.happens("payments", "canary one")
	m := o.mailer(o.book)
	o.now = start.Add(day)
	o.post.fail = func(notices.Letter) error {
		return fault.New(fault.Unavailable, "The mail server did not answer in time", "")
	}
	o.must(m.Look(ctx))
	if o.post.asked != 1 {
		t.Errorf("a dead server was asked %d times in one look", o.post.asked)
	}
	for range 600 { // ten hours, a look a minute
		o.now = o.now.Add(time.Minute)
		o.must(m.Look(ctx))
	}
	if o.post.asked > 5*25 {
		t.Errorf("a dead server was asked %d times in ten hours for 5 people", o.post.asked)
	}
	state, err := m.State(ctx)
	if err != nil || state.Failing == 0 || state.Error != "The mail server did not answer in time" || state.Subscribers != 5 {
		t.Errorf("%+v, %v", state, err)
	}
	o.post.fail = func(l notices.Letter) error {
		if l.To == "p2@example.com" {
			return notices.Rejected{fault.New(fault.Unavailable, "The mail server answered 550 to this mail", "")}
		}
		return nil
	}
	for range 70 {
		o.now = o.now.Add(time.Minute)
		o.must(m.Look(ctx))
	}
	to := map[string]int{}
	for _, l := range o.post.taken {
		to[l.To]++
	}
	if len(to) != 4 || len(o.post.taken) != 4 || to["p2@example.com"] != 0 {
		t.Errorf("taken: %v", to)
	}
	refused := o.post.asked
	o.must(m.Look(ctx))
	if o.post.asked != refused {
		t.Error("a mail that was rejected is tried again at once")
	}
	// With the next digest, and what is new then.
	o.post.fail = nil
	o.happens("payments", "canary two")
	o.now = o.now.Add(day)
	for range 3 {
		o.must(m.Look(ctx))
	}
	for _, l := range o.post.taken[4:] {
		if both := strings.Contains(l.Text, "canary one"); both != (l.To == "p2@example.com") || !strings.Contains(l.Text, "canary two") {
			t.Errorf("to %s: %s", l.To, l.Text)
		}
	}
	if len(o.post.taken) != 9 {
		t.Errorf("%d mails", len(o.post.taken))
	}
}

// TestNothingNewNoMail: who has seen everything gets none, and neither what is over, nor another team's, nor what is a
// stranger's mailbox; the mail that waits is not sent when what it tells of is over.
func TestNothingNewNoMail(t *testing.T) {
	o := openOffice(t, filepath.Join(t.TempDir(), "data"))
	ctx := t.Context()
	o.must(o.db.AddTeam(ctx, people.Team{ID: "t1", Name: "Ledger"}))
	o.migration("payments", "")
	o.migration("ledger", "t1")
	o.joins("omar", custody.Developer, daily, "default")
	o.joins("none", custody.Viewer, daily)
	o.joins("admin", custody.CloudAdmin, daily)
	m := o.mailer(o.book)
	o.happens("ledger", "of another team")
	look := func(want ...string) {
		t.Helper()
		o.now = o.now.Add(day)
		o.must(m.Look(ctx))
		var got []string
		for _, l := range o.post.taken {
			got = append(got, l.To)
		}
		if o.post.taken = nil; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("mails to %q, want %q", got, want)
		}
	}
	look("admin@example.com")
	look()
	o.happens("payments", "its own")
	look("admin@example.com", "omar@example.com")
	// A mail that waits, until what it tells of is over.
	e := ends("payments", o.now.Add(20*day), o.now)
	save := func(es ...expiry.Ending) {
		v, err := o.db.Migration(ctx, "payments")
		o.must(err)
		o.must(o.db.SaveDerived(ctx, []expiry.Derived{{Migration: v, Endings: es}}))
	}
	save(e)
	o.post.fail = func(notices.Letter) error { return fault.New(fault.Unavailable, "down", "") }
	look()
	save() // replaced
	o.post.fail = nil
	look()
	x, err := o.subs.Of(ctx, custody.Actor{Person: "admin"})
	if err != nil || x.Until != 0 || x.Error != "" {
		t.Errorf("a mail about nothing is under way: %+v, %v", x, err)
	}
}

// crashing is a MailStore that records nothing any more once it has crashed.
type crashing struct {
	store.Notices
	crashed *bool
}

var errCrashed = errors.New("killed")

func (c crashing) SaveMail(ctx context.Context, x notices.Subscription) error {
	if *c.crashed {
		return errCrashed
	}
	return c.Notices.SaveMail(ctx, x)
}

// TestEachIsToldOnce: with any order of events, waits, failures, restarts, changed minds and crashes, nobody is told twice
// of an event unless a crash came between the server's answer and its record, and then by a mail of the same name; and who
// wants mails is told of everything at last.
func TestEachIsToldOnce(t *testing.T) {
	o := openOffice(t, filepath.Join(t.TempDir(), "data"))
	runs := 0
	rapid.Check(t, func(rt *rapid.T) { // each time another team on the same database
		runs++
		n := fmt.Sprint(runs)
		ctx := t.Context()
		o.must(o.db.AddTeam(ctx, people.Team{ID: n, Name: n}))
		payments := "payments" + n
		o.migration(payments, n)
		who := []custody.Actor{o.joins("a"+n, custody.Viewer, daily, n), o.joins("b"+n, custody.Developer, notices.Digest{Every: notices.Weekly, Hour: 3, Day: time.Friday}, n)}
		defer func() {
			for _, by := range who {
				o.must(o.subs.Choose(ctx, by, notices.Usual))
			}
			o.post.taken = nil
		}()
		crashed, fails, kept := false, false, map[string]bool{}
		o.post.fail = func(notices.Letter) error {
			if fails {
				return fault.New(fault.Unavailable, "down", "")
			}
			return nil
		}
		m := o.mailer(crashing{o.book, &crashed})
		events := 0
		rt.Repeat(map[string]func(*rapid.T){
			"event": func(rt *rapid.T) {
				events++
				o.happens(payments, fmt.Sprintf("event %03d.", events))
			},
			"look": func(rt *rapid.T) { o.must(m.Look(ctx)) },
			"wait": func(rt *rapid.T) {
				o.now = o.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "hours")) * time.Hour)
			},
			"break":  func(*rapid.T) { fails = true },
			"repair": func(*rapid.T) { fails = false },
			"another mind": func(rt *rapid.T) {
				o.must(o.subs.Choose(ctx, rapid.SampledFrom(who).Draw(rt, "who"), notices.Digest{Every: rapid.SampledFrom([]notices.Often{notices.Never, notices.Daily, notices.Weekly}).Draw(rt, "every"), Hour: rapid.IntRange(0, 23).Draw(rt, "hour")}))
			},
			"crash after the answer": func(rt *rapid.T) {
				before, was := len(o.post.taken), o.post.fail
				o.post.fail = func(l notices.Letter) error { crashed = true; return was(l) }
				_ = m.Look(ctx)
				o.post.fail, crashed = was, false
				for _, l := range o.post.taken[before:] {
					kept[l.ID] = true
				}
				m = o.mailer(crashing{o.book, &crashed})
			},
			"": func(rt *rapid.T) {
				told := map[string]string{}
				for _, l := range o.post.taken {
					for i := 1; i <= events; i++ {
						e := fmt.Sprintf("%s event %03d.", l.To, i)
						if !strings.Contains(l.Text, fmt.Sprintf("event %03d.", i)) {
							continue
						}
						if by, twice := told[e]; twice && !kept[by] {
							rt.Fatalf("%s is told twice, by %s and %s", e, by, l.ID)
						}
						told[e] = l.ID
					}
				}
			},
		})
		fails = false
		for _, by := range who {
			o.must(o.subs.Choose(ctx, by, daily))
		}
		o.happens(payments, "the last")
		for range 3 { // a mail that waits goes first, and what is new with the next
			o.now = o.now.Add(25 * time.Hour)
			o.must(m.Look(ctx))
		}
		last := map[string]bool{}
		for _, l := range o.post.taken {
			if strings.Contains(l.Text, "the last") {
				last[l.To] = true
			}
		}
		if len(last) != 2 {
			rt.Fatalf("told of the last: %v", last)
		}
	})
}

// TestLettersAreBounded: a mail about many things names the first, counts them all, and holds no line that a name made.
func TestLettersAreBounded(t *testing.T) {
	o := openOffice(t, filepath.Join(t.TempDir(), "data"))
	o.migration("payments", "")
	o.joins("omar", custody.Owner, daily)
	for i := range 120 {
		o.happens("payments", fmt.Sprintf("n%d\r\nStop these mails: https://evil.example/\x1b[2J\u202e", i))
	}
	m := o.mailer(o.book)
	o.now = start.Add(day)
	o.must(m.Look(t.Context()))
	l := o.post.taken[0]
	if l.Subject != "Onramp: 120 answers" || !strings.Contains(l.Text, "And 70 more: https://onramp.example.com/") || strings.Count(l.Text, "\n- ") != 50 || strings.Count(l.Text, "\nStop these mails: ") != 1 ||
		strings.ContainsAny(l.Text, "\x1b\u202e\r") || !strings.HasSuffix(l.ID, "@mail.example.com") {
		t.Errorf("%s\n%.1500s", l.Subject, l.Text)
	}
}

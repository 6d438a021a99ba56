package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/expiry"
	"onramp/fault"
	"onramp/migration"
	"onramp/notices"
	"onramp/people"
	"onramp/runs"
)

const oneDay = 24 * time.Hour

// told is a database whose migrations something can happen to.
type told struct {
	*testing.T
	d   *DB
	n   Notices
	now time.Time
	run int
}

func newTold(t *testing.T) *told {
	t.Helper()
	d := openIn(t, newDir(t))
	t.Cleanup(func() { d.Close() })
	return &told{T: t, d: d, n: NewNotices(d), now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
}

func (w *told) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// moved is a migration to Cloud as its summary has it.
func (w *told) moved(id, team string, waits time.Time, endings ...expiry.Ending) {
	w.Helper()
	m := migration.Migration{ID: id, Name: strings.ToUpper(id), Mode: migration.Cloud, Created: w.now, Version: 1, Team: team}
	if err := w.d.AddMigration(w.Context(), m); err != nil && !fault.Is(err, fault.Conflict) {
		w.Fatal(err)
	}
	w.derive(id, waits, endings...)
}

func (w *told) derive(id string, waits time.Time, endings ...expiry.Ending) {
	w.Helper()
	m, err := w.d.Migration(w.Context(), id)
	w.must(err)
	x := expiry.Derived{Migration: m, Endings: endings}
	if !waits.IsZero() {
		x.Whose = migration.Whose{Who: migration.WhoCloudAdmin, Step: migration.StepUpload, Since: waits}
	}
	w.must(w.d.SaveDerived(w.Context(), []expiry.Derived{x}))
}

func ending(id, cert string, at time.Time) expiry.Ending {
	return expiry.Ending{Migration: id, Certificate: cert, Subject: "CN=" + id, By: "CN=" + id, Expiry: certsvc.Expiry{At: at}}
}

// checked adds a check that has ended.
func (w *told) checked(id, about string, state migration.RunState, at time.Time) string {
	w.Helper()
	w.run++
	r := runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: fmt.Sprint("run", w.run), MigrationID: id, Kind: migration.CheckRun, State: migration.RunRunning, InputHash: about, Started: at}}}
	_, err := w.d.AddEnded(w.Context(), r, func(r runs.Run) (runs.Run, []runs.Entry, []migration.Fact) {
		r.State, r.Ended, r.Title = state, at, "The namespace does not trust the CA"
		return r, []runs.Entry{{Kind: runs.EntryEnd, At: at, Data: []byte(`{}`)}}, nil
	})
	w.must(err)
	return r.ID
}

// due is what the webhook is to be told of, each as kind, migration, about and rung.
func (w *told) due() (out []string) {
	w.Helper()
	w.must(w.n.Gather(w.Context(), w.now))
	list, err := w.n.Due(w.Context(), w.now, 100)
	w.must(err)
	for _, x := range list {
		out = append(out, fmt.Sprintf("%s %s %s %d", x.Kind, x.Migration, x.About, x.Rung))
	}
	slices.Sort(out)
	return out
}

func (w *told) want(what string, want ...string) {
	w.Helper()
	if got := w.due(); !slices.Equal(got, want) {
		w.Errorf("%s: due are %q, want %q", what, got, want)
	}
}

// TestWaitsAreTold: a step that waits for a Cloud admin is told after 3, 7 and 14 days, each once, the nearest where
// several passed, and never when the wait is over, another one, or that of an archived or rehearsed migration.
func TestWaitsAreTold(t *testing.T) {
	w := newTold(t)
	began := w.now.Add(-3*oneDay + time.Second)
	w.moved("payments", "", began)
	w.want("after less than three days")
	about := fmt.Sprint(began.UnixNano())
	w.now = began.Add(3 * oneDay)
	w.want("after three days", "waiting payments "+about+" 3")
	w.now = began.Add(15 * oneDay) // Onramp was stopped: not the seventh day too
	w.want("after fifteen days", "waiting payments "+about+" 14")
	again := w.now.Add(-oneDay)
	w.derive("payments", again) // a new CA: the wait begins anew
	w.want("the wait of a day")
	w.derive("payments", time.Time{})
	w.now = w.now.Add(10 * oneDay)
	w.want("the wait is over")
	w.derive("payments", began)
	w.want("it goes on", "waiting payments "+about+" 14")
	m, err := w.d.Migration(t.Context(), "payments")
	w.must(err)
	m.Archived = w.now
	w.must(w.d.ChangeMigration(t.Context(), m))
	w.want("archived")
	rehearsed := migration.Migration{ID: "rehearsed", Name: "R", Mode: migration.Rehearsal, Created: w.now, Version: 1}
	w.must(w.d.AddMigration(t.Context(), rehearsed))
	w.derive("rehearsed", began)
	w.want("a rehearsal")
}

// TestRedChecksAreTold: a check that failed is told once where the one before about the same passed, as long as it is the
// last, and not later than a week.
func TestRedChecksAreTold(t *testing.T) {
	w := newTold(t)
	w.moved("payments", "", time.Time{})
	at := func(minutes int) time.Time { return w.now.Add(time.Duration(minutes-600) * time.Minute) }
	w.checked("payments", "a", migration.RunFailed, at(0))
	w.want("the first check of all failed")
	w.checked("payments", "a", migration.RunPassed, at(1))
	w.want("it passes")
	w.checked("payments", "b", migration.RunFailed, at(2))
	w.want("one about something else failed")
	red := w.checked("payments", "a", migration.RunFailed, at(3))
	w.want("it fails", "check payments "+red+" 0")
	list, err := w.n.Due(t.Context(), w.now, 10)
	w.must(err)
	if e := list[0]; e.Number == 0 || e.Said != "The namespace does not trust the CA" || e.Name != "PAYMENTS" {
		t.Errorf("%+v", e)
	}
	w.checked("payments", "a", migration.RunFailed, at(4))
	w.want("it fails once more: the first was told, or is over")
	w.checked("payments", "a", migration.RunInterrupted, at(5))
	w.checked("payments", "a", migration.RunPassed, at(6))
	w.checked("payments", "a", migration.RunInterrupted, at(7))
	red = w.checked("payments", "a", migration.RunFailed, at(8))
	w.want("red again, with an interrupted one between", "check payments "+red+" 0")
	w.now = at(8).Add(notices.FreshFor)
	w.want("a week later")
	w.now = w.now.Add(-time.Second)
	w.want("just before", "check payments "+red+" 0")
}

// TestAnswersAreTold: what a person says by a hand-off's link is told once, by the name that the link was made for and
// without what they typed, as long as it is news.
func TestAnswersAreTold(t *testing.T) {
	w := newTold(t)
	w.moved("payments", "", time.Time{})
	fact := func(kind string, data any) string {
		t.Helper()
		text, err := json.Marshal(data)
		w.must(err)
		fs, err := w.d.Record(t.Context(), []migration.Fact{{MigrationID: "payments", Kind: kind, Data: text, At: w.now}}, nil)
		w.must(err)
		return fmt.Sprint(fs[0].ID)
	}
	for i, name := range []string{"Omar", "Dana"} {
		fact(migration.FactHandoffMade, migration.HandoffData{Number: i + 1, Task: migration.TaskUpload, For: name})
	}
	fact(migration.FactHandoffOpened, migration.HandoffAnswer{Number: 2})
	done := fact(migration.FactHandoffDone, migration.HandoffAnswer{Number: 2, Words: "canary words"})
	refused := fact(migration.FactHandoffNotMe, migration.HandoffAnswer{Number: 1, Words: "canary words"})
	w.want("two answers", "answer payments "+done+" 0", "answer payments "+refused+" 0")
	list, err := w.n.Due(t.Context(), w.now, 10)
	w.must(err)
	if got := list[0].Said + ". " + list[1].Said; got != "Dana says that step 3 is done. Omar says that step 3 is not for them" {
		t.Errorf("they say: %s", got)
	}
	w.now = w.now.Add(notices.FreshFor)
	w.want("a week later")
}

// TestNoticesAreSentOnce: a notice is told until it was taken; a conflict afterwards; of one whose migration is gone
// nothing is left.
func TestNoticesAreSentOnce(t *testing.T) {
	w := newTold(t)
	w.moved("payments", "", time.Time{}, ending("payments", "aa", w.now.Add(20*oneDay)))
	ctx := t.Context()
	w.must(w.n.Tell(ctx, notices.Event{Kind: notices.Answered, Migration: "nobody", About: "x", At: w.now}))
	answer := notices.Event{Kind: notices.Answered, Migration: "payments", About: "link7 done", Said: "Omar: done", At: w.now}
	w.must(w.n.Tell(ctx, answer, answer))
	w.must(w.n.Tell(ctx, answer))
	w.want("both", "answer payments link7 done 0", "expiry payments aa 30")
	list, err := w.n.Due(ctx, w.now, 10)
	w.must(err)
	if n, err := w.n.Failing(ctx, w.now); n != 0 || err != nil {
		t.Errorf("before the first attempt %d fail, %v", n, err)
	}
	x := list[0]
	x.Attempts, x.Tried, x.Next, x.Error = 1, w.now, w.now.Add(time.Hour), "no"
	w.must(w.n.Save(ctx, x))
	if n, err := w.n.Failing(ctx, w.now); n != 1 || err != nil {
		t.Errorf("%d fail, %v", n, err)
	}
	list, err = w.n.Due(ctx, w.now, 10)
	w.must(err)
	if len(list) != 2 || cmp.Diff(list[1], x) != "" {
		t.Errorf("the one that was tried is not last: %s", cmp.Diff(list[len(list)-1], x))
	}
	x.Attempts, x.Sent, x.Error = 2, w.now, ""
	w.must(w.n.Save(ctx, x))
	if err := w.n.Save(ctx, x); !fault.Is(err, fault.Conflict) {
		t.Errorf("sent twice: %v", err)
	}
	told, err := w.n.List(ctx, w.now, 10)
	w.must(err)
	if diff := cmp.Diff([]notices.Told{{Notice: x, Current: true}}, told); diff != "" {
		t.Error(diff)
	}
	w.derive("payments", time.Time{}) // replaced
	w.want("the certificate is gone, and the answer was taken")
	w.must(w.d.DeleteMigration(ctx, "payments"))
	if err := w.n.Save(ctx, list[0]); !fault.Is(err, fault.NotFound) {
		t.Errorf("of a deleted migration: %v", err)
	}
}

// TestNewsAreOnesOwn: a person is told of their teams' migrations alone, of each event that is still so, once.
func TestNewsAreOnesOwn(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	w.must(w.d.AddTeam(ctx, people.Team{ID: "t1", Name: "Ledger"}))
	w.moved("payments", "", time.Time{}, ending("payments", "aa", w.now.Add(20*oneDay)))
	w.moved("ledger", "t1", w.now.Add(-4*oneDay), ending("ledger", "bb", w.now.Add(20*oneDay)))
	w.due()
	news := func(ctx context.Context, after int64) (out []string, last int64) {
		es, last, err := w.n.News(ctx, after, w.now)
		w.must(err)
		for _, e := range es {
			out = append(out, string(e.Kind)+" "+e.Migration)
		}
		return out, last
	}
	all, last := news(ctx, 0)
	if len(all) != 3 || last != 3 {
		t.Errorf("all: %q up to %d", all, last)
	}
	for _, tt := range []struct {
		teams []string
		want  string
	}{{[]string{"t1"}, "[expiry ledger waiting ledger]"}, {[]string{"default"}, "[expiry payments]"}, {nil, "[]"}} {
		got, last := news(migration.Within(ctx, tt.teams), 0)
		slices.Sort(got)
		if fmt.Sprint(got) != tt.want || last != 3 {
			t.Errorf("of %q: %v up to %d, want %s", tt.teams, got, last, tt.want)
		}
	}
	w.derive("ledger", time.Time{}, ending("ledger", "bb", w.now.Add(20*oneDay)))
	if got, _ := news(ctx, 0); len(got) != 2 {
		t.Errorf("with the wait over: %q", got)
	}
	if got, _ := news(ctx, 3); len(got) != 0 {
		t.Errorf("after the last: %q", got)
	}
}

// TestSubscriptions: what a person chose and what the mailer found meet in any order, and neither undoes the other.
func TestSubscriptions(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	w.must(w.d.SaveAccount(ctx, people.Account{}, people.Account{ID: "u1", Email: "omar@example.com", Role: custody.Viewer, Teams: []string{"default"}}))
	x, err := w.n.Subscription(ctx, "u1")
	w.must(err)
	if x.Digest != notices.Usual || x.Account.Email != "omar@example.com" || len(x.Account.Teams) != 1 {
		t.Errorf("without a choice: %+v", x)
	}
	if _, err := w.n.Subscription(ctx, "u9"); !fault.Is(err, fault.NotFound) {
		t.Errorf("of nobody: %v", err)
	}
	daily := notices.Digest{Every: notices.Daily, Hour: 7, Day: time.Friday}
	due := w.now.Add(time.Hour)
	record := custody.Record{At: w.now, Verb: custody.DigestSet}
	w.must(w.n.SetDigest(ctx, "u1", daily, due, record))
	mails := func(at time.Time) []notices.Subscription {
		t.Helper()
		list, err := w.n.Mails(ctx, at, 10)
		w.must(err)
		return list
	}
	if got := mails(due.Add(-1)); len(got) != 0 {
		t.Errorf("due too early: %+v", got)
	}
	got := mails(due)
	if len(got) != 1 || got[0].Digest != daily || !got[0].Due.Equal(due) {
		t.Fatalf("due: %+v", got)
	}
	x = got[0]
	x.Until, x.Attempts, x.Next, x.Error = 5, 1, due.Add(time.Minute), "no"
	w.must(w.n.SaveMail(ctx, x))
	if got := mails(due); len(got) != 0 {
		t.Errorf("before the next attempt: %+v", got)
	}
	if s, err := w.n.MailState(ctx); err != nil || s.Failing != 1 || s.Error != "no" || s.Subscribers != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	// Another choice meanwhile: it stays, and when it is due.
	weekly := notices.Digest{Every: notices.Weekly, Hour: 9, Day: time.Monday}
	later := due.Add(100 * time.Hour)
	w.must(w.n.SetDigest(ctx, "u1", weekly, later))
	x.UpTo, x.Until, x.Attempts, x.Next, x.Error, x.Sent, x.Due = 5, 0, 0, time.Time{}, "", due, due.Add(oneDay)
	w.must(w.n.SaveMail(ctx, x))
	y, err := w.n.Subscription(ctx, "u1")
	w.must(err)
	if y.Digest != weekly || !y.Due.Equal(later) || y.UpTo != 5 || !y.Sent.Equal(due) || y.Until != 0 {
		t.Errorf("after both: %+v", y)
	}
	// None any more, while an attempt is made.
	w.must(w.n.SetDigest(ctx, "u1", notices.Digest{Every: notices.Never, Hour: 9, Day: time.Monday}, time.Time{}))
	x.Until, x.Attempts, x.Next, x.Error = 9, 1, due, "no"
	w.must(w.n.SaveMail(ctx, x))
	if got := mails(due.Add(1000 * time.Hour)); len(got) != 0 {
		t.Errorf("mails to somebody who wants none: %+v", got)
	}
	y, err = w.n.Subscription(ctx, "u1")
	w.must(err)
	if y.Until != 0 || y.Error != "" || y.Every != notices.Never {
		t.Errorf("a mail is under way to somebody who wants none: %+v", y)
	}
	w.must(w.n.SetDigest(ctx, "u1", daily, due))
	a := y.Account
	a.Disabled = w.now
	w.must(w.d.SaveAccount(ctx, y.Account, a))
	if got := mails(due.Add(1000 * time.Hour)); len(got) != 0 {
		t.Errorf("mails to a disabled account: %+v", got)
	}
	rs, err := w.d.Records(ctx, custody.Query{Verb: custody.DigestSet})
	w.must(err)
	if len(rs) != 1 {
		t.Errorf("the audit has %d lines of it", len(rs))
	}
}

// TestAuditOfNewActs: what cannot be written into the audit is not done.
func TestAuditOfNewActs(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	w.must(w.d.SaveAccount(ctx, people.Account{}, people.Account{ID: "u1", Email: "omar@example.com", Role: custody.Viewer}))
	alter(t, w.d.chain.dir, "CREATE TRIGGER test_full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END")
	c := NewCalendars(w.d)
	r := custody.Record{At: w.now, Verb: custody.CalendarMade}
	if err := c.SetCalendar(ctx, "u1", "hash", w.now, r); err == nil {
		t.Error("a calendar was made without its record")
	}
	if made, err := c.Calendar(ctx, "u1"); !made.IsZero() || err != nil {
		t.Errorf("a calendar is there: %s, %v", made, err)
	}
	if err := w.n.SetDigest(ctx, "u1", notices.Digest{Every: notices.Daily}, w.now, r); err == nil {
		t.Error("a digest was set without its record")
	}
	if x, err := w.n.Subscription(ctx, "u1"); x.Every != notices.Never || err != nil {
		t.Errorf("the digest is %s, %v", x.Digest, err)
	}
}

// TestNoticesOfBeforeAreKept: what an older Onramp has told of is not told again, and what it was trying goes on, with the
// same name for the receiver.
func TestNoticesOfBeforeAreKept(t *testing.T) {
	ctx := t.Context()
	dir := newDir(t)
	back := older(t, 9)
	d, err := Open(ctx, dir, nil)
	back()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	if _, err := d.writer.ExecContext(ctx, `INSERT INTO migrations (id, name, lang, mode, auth, created, version) VALUES ('payments', 'Payments', 'go', 'cloud', 'mtls', 1, 1);
		INSERT INTO notices VALUES ('payments', 'aa', 30, 1, 5, 6, 7, ''), ('payments', 'bb', 15, 3, 8, 9, 0, 'no')`); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = openIn(t, dir)
	n := NewNotices(d)
	m, err := d.Migration(ctx, "payments")
	err = errors.Join(err, d.SaveDerived(ctx, []expiry.Derived{{Migration: m, Endings: []expiry.Ending{ending("payments", "aa", now.Add(20*oneDay)), ending("payments", "bb", now.Add(14*oneDay))}}}))
	if err = errors.Join(err, n.Gather(ctx, now)); err != nil {
		t.Fatal(err)
	}
	due, err := n.Due(ctx, now, 10)
	if err != nil || len(due) != 1 || due[0].About != "bb" || due[0].Attempts != 3 || due[0].Error != "no" || !due[0].Next.Equal(time.Unix(0, 9)) {
		t.Fatalf("%+v, %v", due, err)
	}
	if got, want := due[0].ID(), "msg_0203ce9b71966d4077979a9427a7b683"; got != want {
		t.Errorf("the receiver knows it as %s, and now it is %s", want, got)
	}
}

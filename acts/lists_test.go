package acts_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/expiry"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/store"
)

// shelf is acts on a database, with a clock that only the test moves and no network.
type shelf struct {
	*acts.Acts
	t   testing.TB
	db  *store.DB
	now time.Time
}

var ines = acts.Actor{Person: "ines", Name: "Ines"}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	s := &shelf{t: t, now: time.Date(2026, 11, 12, 10, 0, 0, 0, time.UTC)}
	now := func() time.Time { return s.now }
	dir, err := os.MkdirTemp("/dev/shm", "onramp-lists-") // in memory where the system has such a place
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	db, err := store.Open(t.Context(), filepath.Join(dir, "data"), nil)
	s.must(err)
	s.db = db
	changes := &acts.Changes{}
	log, err := runs.New(runs.Options{Store: db, Changed: changes.Wake, Now: now})
	s.must(err)
	keyring, vault := custody.NewKeyring(time.Hour, now), custody.NewVault(time.Hour, now)
	keeper, err := custody.New(custody.Options{Store: db, Now: now})
	s.must(err)
	s.Acts, err = acts.New(acts.Options{Store: db, Boards: store.NewBoards(db), Runs: log, Changes: changes, Checker: struct{ runs.Checker }{}, Transfers: struct{ acts.Transfers }{},
		Issuer: certsvc.New(certsvc.Options{Now: now}), Vault: vault, Keyring: keyring, Keeper: keeper, Now: now})
	s.must(err)
	t.Cleanup(func() {
		s.must(s.Acts.Close())
		s.must(log.Close())
		s.must(keeper.Close())
		keyring.Close()
		vault.Close()
		s.must(db.Close())
	})
	return s
}

func mustSet(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *shelf) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// all are the stored cards, archived ones too, by ID.
func (s *shelf) all() map[string]migration.Card {
	s.t.Helper()
	out := map[string]migration.Card{}
	for _, g := range []migration.Group{migration.All, migration.Archived} {
		list, err := s.Lists.Migrations(s.t.Context(), migration.Query{Group: g, Limit: 1000})
		s.must(err)
		for _, c := range list.Cards {
			out[c.ID] = c
		}
		if n := len(list.Cards); n != list.Total {
			s.t.Fatalf("group %q has %d cards and counts %d", g, n, list.Total)
		}
	}
	return out
}

// ended is a check or transfer about the present inputs that ended so.
func (s *shelf) ended(m string, kind migration.RunKind, state migration.RunState, nr int) {
	s.t.Helper()
	v, err := s.Book.View(s.t.Context(), m)
	s.must(err)
	r := runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: fmt.Sprintf("run%d", nr), MigrationID: m, Kind: kind, State: migration.RunRunning, InputHash: v.CheckHash(), Started: s.now}}}
	r, err = s.db.AddRun(s.t.Context(), r)
	s.must(err)
	if state == migration.RunRunning {
		return
	}
	var facts []migration.Fact
	if state == migration.RunPassed {
		facts = []migration.Fact{{Kind: map[migration.RunKind]string{migration.CheckRun: migration.FactCheck, migration.TransferRun: migration.FactTransfer}[kind],
			InputHash: v.CheckHash(), Data: fmt.Appendf(nil, `{"run":%q,"run_number":%d}`, r.ID, r.Number), At: s.now}}
	}
	r.State, r.Title, r.Ended = state, "title", s.now
	s.must(s.db.EndRun(s.t.Context(), r, runs.Entry{Kind: runs.EntryEnd, At: s.now, Data: []byte(`{}`)}, facts))
}

// issue makes certificates that last so many days.
func (s *shelf) issue(m string, days int) error {
	_, err := s.Certificates.IssueSet(s.t.Context(), ines, m, acts.IssueSet{Lane: acts.MakerServer, Set: certsvc.SetRequest{
		CA: certsvc.CASpec{CommonName: "ca", Days: 3 * days, KeyType: certsvc.ECP256}, Leaf: certsvc.LeafSpec{CommonName: "leaf", Days: days, KeyType: certsvc.ECP256}}})
	return err
}

// TestSummariesAreFresh: after any acts, and any time, what lists say is what a derivation from the facts says.
func TestSummariesAreFresh(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue { // each takes a third of a second
		mustSet(t, f.Value.Set("15"))
		defer func() { mustSet(t, f.Value.Set(f.DefValue)) }()
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := newShelf(t)
		ctx := t.Context()
		var ids []string
		n := 0
		one := func(rt *rapid.T) string {
			if len(ids) == 0 {
				rt.Skip()
			}
			return rapid.SampledFrom(ids).Draw(rt, "migration")
		}
		rt.Repeat(map[string]func(*rapid.T){
			"create": func(rt *rapid.T) {
				n++
				m, err := s.Migrations.Create(ctx, ines, fmt.Sprintf("Move %d", n), "go", migration.Cloud, rapid.SampledFrom([]string{cloud.AuthMTLS, cloud.AuthAPIKey}).Draw(rt, "auth"))
				s.must(err)
				ids = append(ids, m.ID)
			},
			"namespace": func(rt *rapid.T) {
				_, err := s.Migrations.SetNamespace(ctx, ines, one(rt), rapid.SampledFrom([]string{"payments.a1b2c", "orders.a1b2c"}).Draw(rt, "namespace"), "")
				s.must(err)
			},
			"issue": func(rt *rapid.T) {
				id := one(rt)
				m, err := s.db.Migration(ctx, id)
				s.must(err)
				if err := s.issue(id, rapid.SampledFrom([]int{2, 40, 200}).Draw(rt, "days")); m.UsesKeys() != fault.Is(err, fault.Conflict) {
					rt.Fatalf("an API key: %v, and certificates: %v", m.UsesKeys(), err)
				}
			},
			"note": func(rt *rapid.T) {
				_, _ = s.Migrations.Note(ctx, ines, one(rt), rapid.SampledFrom(migration.Steps).Draw(rt, "step"), "by hand") // refused for some steps
			},
			"run": func(rt *rapid.T) {
				n++
				s.ended(one(rt), rapid.SampledFrom([]migration.RunKind{migration.CheckRun, migration.TransferRun}).Draw(rt, "kind"),
					rapid.SampledFrom([]migration.RunState{migration.RunRunning, migration.RunPassed, migration.RunFailed, migration.RunInterrupted}).Draw(rt, "state"), n)
			},
			"rename":  func(rt *rapid.T) { n++; s.must(s.Migrations.Rename(ctx, ines, one(rt), fmt.Sprintf("Name %d", n))) },
			"archive": func(rt *rapid.T) { s.must(s.Migrations.Archive(ctx, ines, one(rt), rapid.Bool().Draw(rt, "away"))) },
			"delete": func(rt *rapid.T) {
				id := one(rt)
				m, err := s.db.Migration(ctx, id)
				s.must(err)
				switch err := s.Migrations.Delete(ctx, ines, id, m.Name); {
				case err == nil:
					ids = slices.DeleteFunc(ids, func(x string) bool { return x == id })
				case !fault.Is(err, fault.Conflict): // a run is under way
					rt.Fatal(err)
				}
			},
			"wait": func(rt *rapid.T) {
				s.now = s.now.Add(time.Duration(rapid.SampledFrom([]int{1, 24, 20 * 24, 31 * 24, 50 * 24}).Draw(rt, "hours")) * time.Hour)
			},
			"": func(rt *rapid.T) {
				stored := s.all()
				var views []migration.View
				counts := map[migration.Turn]int{}
				for _, id := range ids {
					v, err := s.Book.View(ctx, id)
					s.must(err)
					views = append(views, v)
					fresh := migration.Card{Migration: v.Migration, Summary: expiry.Derive(v, s.now).Summary}
					have := stored[id]
					counts[have.Turn]++
					// Until was worked out earlier: it is right while it lies ahead.
					if !have.Until.IsZero() && !have.Until.After(s.now) || (have.Until.IsZero() != fresh.Until.IsZero()) {
						rt.Fatalf("%s: until %s, fresh %s, now %s", id, have.Until, fresh.Until, s.now)
					}
					if d := cmp.Diff(fresh, have, cmpopts.IgnoreFields(migration.Summary{}, "Until"), cmpopts.EquateEmpty()); d != "" {
						rt.Fatalf("%s (-fresh +stored):\n%s", id, d)
					}
				}
				if len(stored) != len(ids) {
					rt.Fatalf("%d are stored, there are %d", len(stored), len(ids))
				}
				pages, err := s.Lists.Calendar(ctx, "")
				s.must(err)
				var all []expiry.Ending
				for page, err := range pages {
					s.must(err)
					all = append(all, page...)
				}
				if d := cmp.Diff(endingsOf(views, s.now), all, cmpopts.IgnoreFields(certsvc.Expiry{}, "Cert"), cmpopts.EquateEmpty()); d != "" {
					rt.Fatalf("endings (-fresh +stored):\n%s", d)
				}
				s.boardIsRight(rt, all)
				in, err := s.Book.InNamespace(ctx, migration.Cloud, "payments.a1b2c")
				s.must(err)
				want := 0
				for _, v := range views {
					if v.Namespace != nil && v.Namespace.Namespace == "payments.a1b2c" {
						want++
					}
				}
				if len(in) != want {
					rt.Fatalf("%d migrations are in the namespace, want %d", len(in), want)
				}
			},
		})
	})
}

// endingsOf are the endings of some migrations at a moment, the first end first.
func endingsOf(views []migration.View, now time.Time) (out []expiry.Ending) {
	for _, v := range views {
		for _, e := range expiry.Derive(v, now).Endings {
			out = append(out, e.SeenAt(now))
		}
	}
	slices.SortStableFunc(out, func(a, b expiry.Ending) int {
		if d := a.At.Compare(b.At); d != 0 {
			return d
		}
		return strings.Compare(a.Migration+" "+a.Certificate, b.Migration+" "+b.Certificate)
	})
	return out
}

// boardIsRight compares the board's counts with the endings themselves.
func (s *shelf) boardIsRight(rt *rapid.T, all []expiry.Ending) {
	b, err := s.Lists.Board(s.t.Context(), acts.BoardPage{Limit: 5, Marks: 2})
	s.must(err)
	var ended, soon, later int
	months := make([]int, 12)
	for _, e := range all {
		switch {
		case !e.Active():
			continue
		case e.Rung == expiry.Ended:
			ended++
		case e.Rung > 0:
			soon++
		}
		if !e.At.Before(b.Months[12]) {
			later++
			continue
		}
		i := 0
		for ; !e.At.Before(b.Months[i+1]); i++ {
		}
		months[i]++
	}
	if b.Total != len(all) || b.Ended != ended || b.Soon != soon || b.Later != later || !slices.Equal(b.In, months) {
		rt.Fatalf("the board says %d, ended %d, soon %d, later %d, months %v; it is %d, %d, %d, %d, %v", b.Total, b.Ended, b.Soon, b.Later, b.In, len(all), ended, soon, later, months)
	}
	for i, es := range b.Marks {
		if len(es) != min(2, months[i]) {
			rt.Fatalf("month %d has %d marks and %d endings", i, len(es), months[i])
		}
	}
	told, err := s.Lists.Measure(s.t.Context(), 100)
	s.must(err)
	within := told.Within
	if within[0].Active("") != ended || within[len(within)-2].Active("") != ended+soon || within[len(within)-1].Active(migration.Cloud) != ended+soon+len(filter(all, func(e expiry.Ending) bool { return e.Active() && e.Rung == 0 })) {
		rt.Fatalf("within days: %v", within)
	}
}

func filter(all []expiry.Ending, keep func(expiry.Ending) bool) (out []expiry.Ending) {
	for _, e := range all {
		if keep(e) {
			out = append(out, e)
		}
	}
	return out
}

// Time alone sends a migration back: its client certificate expires.
func TestClockPastAnEnd(t *testing.T) {
	s := newShelf(t)
	ctx := t.Context()
	m, err := s.Migrations.Create(ctx, ines, "Payments", "go", migration.Cloud, cloud.AuthMTLS)
	s.must(err)
	_, err = s.Migrations.SetNamespace(ctx, ines, m.ID, "payments.a1b2c", "")
	s.must(err)
	s.must(s.issue(m.ID, 10))
	v, err := s.Book.View(ctx, m.ID)
	s.must(err)
	end := v.Certificate.LeafNotAfter
	for _, tt := range []struct {
		at   time.Time
		turn migration.Turn
		next string
		days int
	}{
		{s.now, migration.TurnWaiting, migration.StepUpload, 9},
		{end.Add(-time.Nanosecond), migration.TurnWaiting, migration.StepUpload, 0},
		{end, migration.TurnYours, migration.StepCertificates, 0},
		{end.Add(time.Hour), migration.TurnYours, migration.StepCertificates, -1},
	} {
		s.now = tt.at
		c := s.all()[m.ID]
		b, err := s.Lists.Board(ctx, acts.BoardPage{Limit: 5, Marks: 2})
		s.must(err)
		if c.Turn != tt.turn || c.Next.ID != tt.next || len(b.Rows) != 1 || b.Rows[0].Days != tt.days && tt.days != 9 {
			t.Errorf("at %s: turn %d, next %s, %+v", tt.at, c.Turn, c.Next.ID, b.Rows)
		}
	}
}

// The list is filtered, sorted and paged by the store.
func TestListQueries(t *testing.T) {
	s := newShelf(t)
	ctx := t.Context()
	for i, name := range []string{"Zebra", "apples", "Payments 100%", "under_score", "Mango"} {
		s.now = s.now.Add(time.Minute)
		m, err := s.Migrations.Create(ctx, ines, name, "go", migration.Cloud, cloud.AuthMTLS)
		s.must(err)
		if i == 1 || i == 3 { // waits for the admin
			_, err = s.Migrations.SetNamespace(ctx, ines, m.ID, fmt.Sprintf("waits%d.a1b2c", i), "")
			s.must(err)
			s.must(s.issue(m.ID, 10))
		}
		if i == 3 { // and its check failed
			s.ended(m.ID, migration.CheckRun, migration.RunFailed, 1)
		}
		if i == 4 {
			s.must(s.Migrations.Archive(ctx, ines, m.ID, true))
		}
	}
	for _, tt := range []struct {
		q     migration.Query
		want  string
		total int
	}{
		{migration.Query{}, "under_score,Payments 100%,Zebra,apples", 4},
		{migration.Query{Order: migration.Newest}, "under_score,Payments 100%,apples,Zebra", 4},
		{migration.Query{Order: migration.ByName}, "apples,Payments 100%,under_score,Zebra", 4},
		{migration.Query{Order: migration.ByName, From: 1, Limit: 2}, "Payments 100%,under_score", 4},
		{migration.Query{Order: migration.ByName, From: 9}, "apples,Payments 100%,under_score,Zebra", 4},
		{migration.Query{Order: migration.ByName, From: 4, Limit: 2}, "under_score,Zebra", 4},
		{migration.Query{Order: migration.ByName, From: 9, Limit: 3}, "Zebra", 4},
		{migration.Query{Group: migration.Yours}, "Payments 100%,Zebra", 2},
		{migration.Query{Group: migration.Others}, "apples", 1},
		{migration.Query{Group: migration.Troubled}, "under_score", 1},
		{migration.Query{Group: migration.Troubled, Text: "apples"}, "", 0},
		{migration.Query{Group: migration.Others, Text: "waits"}, "apples", 1},
		{migration.Query{Group: migration.Finished}, "", 0},
		{migration.Query{Group: migration.Archived}, "Mango", 1},
		{migration.Query{Mode: migration.Rehearsal}, "", 0},
		{migration.Query{Text: "%"}, "Payments 100%", 1},
		{migration.Query{Text: "_"}, "under_score", 1},
		{migration.Query{Text: `\`}, "", 0},
		{migration.Query{Text: "WAITS"}, "under_score,apples", 2},
		{migration.Query{Text: "waits1"}, "apples", 1},
		{migration.Query{Text: "waits", Limit: 1}, "under_score", 2},
		{migration.Query{Text: "mango"}, "", 0},
		{migration.Query{Text: "mango", Group: migration.Archived}, "Mango", 1},
		{migration.Query{Text: "' OR 1=1 --"}, "", 0},
	} {
		if tt.q.Limit == 0 {
			tt.q.Limit = 10
		}
		list, err := s.Lists.Migrations(ctx, tt.q)
		s.must(err)
		var names []string
		for _, c := range list.Cards {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, ","); got != tt.want || list.Total != tt.total {
			t.Errorf("%+v: %s of %d, want %s of %d", tt.q, got, list.Total, tt.want, tt.total)
		}
		// Each filter says how many it would show, of those that the text finds, and together they are all.
		sum := 0
		for _, g := range []migration.Group{migration.Yours, migration.Others, migration.Troubled, migration.Finished} {
			asked := tt.q
			asked.Group, asked.From, asked.Limit = g, 0, 100
			part, err := s.Lists.Migrations(ctx, asked)
			s.must(err)
			if n := list.Counts.Of(g, tt.q.Mode); n != len(part.Cards) {
				t.Errorf("%+v: %d are %s, and %d are shown", tt.q, n, g, len(part.Cards))
			}
			sum += len(part.Cards)
		}
		if n := list.Counts.Of(migration.All, tt.q.Mode); n != sum {
			t.Errorf("%+v: %d in all, and %d in the groups", tt.q, n, sum)
		}
	}
}

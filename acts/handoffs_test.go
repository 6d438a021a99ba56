package acts

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// TestHandoffWithKey: in Temporal Cloud a look by a link connects with the key that its maker lends, and with nobody
// else's; without one it says so and starts nothing. What it starts is the link's in the audit.
func TestHandoffWithKey(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.issuedIn(migration.Cloud)
	token, _, err := w.Handoffs.Make(w.ctx, omar, w.m.ID, migration.Ask{Task: migration.TaskUpload, For: "Priya"}) // the key is Dana's
	w.must(err)
	x, err := w.Handoffs.Done(w.ctx, poster, token, "")
	w.must(err)
	if x.Handoff.State != migration.HandoffDone || migration.WhoseTurn(x.View).Who != migration.WhoCheck {
		t.Errorf("after Done the link is %s, and it is the turn of %+v", x.Handoff.State, migration.WhoseTurn(x.View))
	}
	seen, err := w.Handoffs.Look(w.ctx, poster, token)
	if w.must(err); seen.Err == nil || seen.Accepted {
		t.Errorf("a look without a key saw %+v", seen)
	}
	token, _, err = w.Handoffs.Make(w.ctx, dana, w.m.ID, migration.Ask{Task: migration.TaskUpload, For: "Priya"})
	w.must(err)
	if seen, err = w.Handoffs.Look(w.ctx, poster, token); err != nil || !seen.Accepted || seen.Run == "" {
		t.Fatalf("a look with the maker's key saw %+v, %v", seen, err)
	}
	w.settle()
	v := w.view()
	if v.Step(migration.StepUpload).Status != migration.Done {
		t.Errorf("step 3 is %s", v.Step(migration.StepUpload).Status)
	}
	for _, h := range v.Handoffs {
		if h.State != migration.HandoffSeen {
			t.Errorf("link %d is %s", h.Number, h.State)
		}
	}
	rs, err := w.db.Records(w.ctx, custody.Query{Verb: custody.Checked, Limit: 5})
	w.must(err)
	if len(rs) != 1 || rs[0].Name != "link 2 for Priya" || rs[0].Person != "link:"+w.m.ID+":2" || rs[0].Via != "link" || rs[0].From != poster.From {
		t.Errorf("the check stands in the audit as %+v", rs)
	}
	rows, err := w.db.Rows(w.ctx, w.m.ID, migration.CheckRun, 5)
	if w.must(err); rows[0].By != "link 2 for Priya" {
		t.Errorf("the run is by %s", rows[0].By)
	}
}

// TestHandoffLinks: what a link gives is one task, as long as it is about what was asked; one that was revoked, has
// expired or was made up is answered in the same way, whatever it is asked for.
func TestHandoffLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		w.issued()
		token, made, err := w.Handoffs.Make(w.ctx, dana, w.m.ID, migration.Ask{Task: migration.TaskUpload, For: " Omar \n of platform"})
		w.must(err)
		if len(token) != 52 || made.For != "Omar of platform" || !made.Expires.Equal(time.Now().Add(14*24*time.Hour)) {
			t.Errorf("token %q of %+v", token, made)
		}
		for _, line := range w.dump() {
			if strings.Contains(line, token) {
				t.Errorf("the token is stored: %s", line)
			}
		}
		wrong := map[string]string{"empty": "", "made up": strings.Repeat("a", 52), "cut": token[:51], "longer": token + "a", "in capitals": strings.ToUpper(token), "the hash": hashOf(token), "huge": strings.Repeat("a", 1<<20)}
		same := func(what, token string) {
			t.Helper()
			from := poster
			from.From = "192.0.2." + what
			for act, do := range map[string]func() error{
				"See":      func() error { return second(w.Handoffs.See(w.ctx, from, token)) },
				"Opened":   func() error { return w.Handoffs.Opened(w.ctx, from, token) },
				"Done":     func() error { return second(w.Handoffs.Done(w.ctx, from, token, "")) },
				"NotMe":    func() error { return second(w.Handoffs.NotMe(w.ctx, from, token, "")) },
				"Look":     func() error { return second(w.Handoffs.Look(w.ctx, from, token)) },
				"CarryOut": func() error { return second(w.Handoffs.CarryOut(w.ctx, from, token)) },
			} {
				err := do()
				f, want := fault.From(err), fault.From(noLink())
				if err == nil || f.Kind != fault.Gone || f.Title != want.Title || f.Cause != want.Cause || f.Fix != want.Fix {
					t.Errorf("%s by a link that is %s: %v", act, what, err)
				}
			}
		}
		before := w.dump()
		for what, token := range wrong {
			same(what, token)
		}
		if shape := w.dump().shape(before); shape != "" {
			t.Errorf("made-up links changed\n%s", shape)
		}
		w.must(w.Handoffs.Opened(w.ctx, poster, token))
		w.must(w.Handoffs.Opened(w.ctx, poster, token))
		w.must(second(w.Handoffs.Done(w.ctx, poster, token, "at once")))
		w.must(second(w.Handoffs.Done(w.ctx, poster, token, "at once")))
		var kinds []string
		for _, f := range w.view().Facts {
			if strings.HasPrefix(f.Kind, "handoff") {
				kinds = append(kinds, f.Kind+" by "+f.By)
			}
		}
		if got, want := fmt.Sprint(kinds), "[handoff.made by Dana handoff.opened by link 1 for Omar of platform handoff.done by link 1 for Omar of platform]"; got != want {
			t.Errorf("facts %s, want %s", got, want)
		}
		time.Sleep(time.Minute)
		w.must(w.Handoffs.Revoke(w.ctx, omar, w.m.ID, 1))
		same("revoked", token)

		token, _, err = w.Handoffs.Make(w.ctx, dana, w.m.ID, migration.Ask{Task: migration.TaskUpload, For: "Omar"})
		w.must(err)
		w.must(w.issue()) // another CA
		x, err := w.Handoffs.See(w.ctx, poster, token)
		if w.must(err); x.Handoff.State != migration.HandoffSuperseded || !x.Superseded || x.Task.PEM != "" {
			t.Errorf("with another CA the link is %s, and gives %.40q", x.Handoff.State, x.Task.PEM)
		}
		for act, err := range map[string]error{"Done": second(w.Handoffs.Done(w.ctx, poster, token, "")), "NotMe": second(w.Handoffs.NotMe(w.ctx, poster, token, "")),
			"Look": second(w.Handoffs.Look(w.ctx, poster, token)), "CarryOut": second(w.Handoffs.CarryOut(w.ctx, poster, token))} {
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%s by a link that is superseded: %v", act, err)
			}
		}
		token, _, err = w.Handoffs.Make(w.ctx, dana, w.m.ID, migration.Ask{Task: migration.TaskUpload, For: "Omar"})
		w.must(err)
		w.must(w.Migrations.Archive(w.ctx, dana, w.m.ID, true))
		same("of an archived migration", token)
		w.must(w.Migrations.Archive(w.ctx, dana, w.m.ID, false))
		time.Sleep(14*24*time.Hour - time.Minute - time.Nanosecond)
		w.must(second(w.Handoffs.See(w.ctx, poster, token)))
		time.Sleep(time.Minute + time.Nanosecond)
		same("expired", token)
		w.must(w.Migrations.Delete(w.ctx, dana, w.m.ID, "Payments"))
		same("of a migration that is gone", token)
	})
}

// TestHandoffRates: guesses wait, and so does whoever asks or answers one link too often; others are not kept from theirs.
func TestHandoffRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		handed(migration.Rehearsal)(w)
		token := w.extra.(string)
		count := func(n int, do func(i int) error) (let int) {
			for i := range n {
				if err := do(i); !fault.Is(err, fault.TooMany) {
					let++
				}
			}
			return let
		}
		guess := func(i int) error {
			from := poster
			from.From = fmt.Sprintf("2001:db8::%x", i) // one household
			return second(w.Handoffs.See(w.ctx, from, fmt.Sprint("guess", i)))
		}
		began := time.Now()
		let := 0
		for time.Since(began) < time.Hour {
			let += count(1, guess)
			time.Sleep(time.Second)
		}
		if let < 590 || let > 630 {
			t.Errorf("%d guesses of one network in an hour, want about 600", let)
		}
		if err := second(w.Handoffs.See(w.ctx, poster, token)); err != nil {
			t.Errorf("another network is kept from its link: %v", err)
		}
		seen := func(i int) error {
			from := poster
			from.From = fmt.Sprintf("198.51.%d.%d", i/200, i%200)
			return second(w.Handoffs.See(w.ctx, from, token))
		}
		if let := count(500, seen); let < 50 || let > 60 {
			t.Errorf("one link was shown %d times at once", let)
		}
		time.Sleep(10 * time.Minute)
		if let := count(100, func(int) error { return second(w.Handoffs.Done(w.ctx, poster, token, "")) }); let != 10 {
			t.Errorf("one link was answered %d times at once", let)
		}
	})
}

// TestHandoffWatchers: twenty may read along by one link, each as long as it likes; one more waits until one leaves.
func TestHandoffWatchers(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	handed(migration.Rehearsal)(w)
	x, err := w.Handoffs.See(w.ctx, poster, w.extra.(string))
	w.must(err)
	var leave []func()
	watch := func() error {
		next, stop := iter.Pull2(w.Handoffs.Watch(w.ctx, poster, x))
		leave = append(leave, stop)
		_, err, ok := next()
		if !ok {
			t.Fatal("nothing was seen")
		}
		return err
	}
	for range mostWatching {
		w.must(watch())
	}
	if err := watch(); !fault.Is(err, fault.TooMany) {
		t.Errorf("one more: %v", err)
	}
	leave[0]()
	w.must(watch())
	for _, stop := range leave {
		stop()
	}
	if n := len(w.Acts.Handoffs.rates.watching); n != 0 {
		t.Errorf("%d links are still counted", n)
	}
}

// TestHandoffMakerGone: a link of somebody who may not work on the migration any more answers to no act; that it has lapsed
// is written down once, by the first act, and stays so. A look at it writes nothing. Links of whoever uses a portal for one
// person go on.
func TestHandoffMakerGone(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.issued()
	token, _, err := w.Handoffs.Make(w.ctx, dana, w.m.ID, migration.Ask{Task: migration.TaskUpload, For: "Priya"})
	w.must(err)
	local := dana
	local.Person, local.Name = custody.Local, "you"
	own, _, err := w.Handoffs.Make(w.ctx, local, w.m.ID, migration.Ask{Task: migration.TaskUpload, For: "Priya"})
	w.must(err)
	w.f.gone = dana.Person
	gone := func(what string, err error) {
		t.Helper()
		if f := fault.From(err); err == nil || f.Kind != fault.Gone || f.Title != "This link no longer works" || !strings.Contains(f.Fix, "Dana") {
			t.Errorf("%s: %v", what, err)
		}
	}
	before := w.dump()
	gone("See", second(w.Handoffs.See(w.ctx, poster, token)))
	if shape := w.dump().shape(before); shape != "" {
		t.Errorf("a look changed\n%s", shape)
	}
	for range 2 {
		gone("Opened", w.Handoffs.Opened(w.ctx, poster, token))
		gone("Done", second(w.Handoffs.Done(w.ctx, poster, token, "")))
		gone("CarryOut", second(w.Handoffs.CarryOut(w.ctx, poster, token)))
		gone("Look", second(w.Handoffs.Look(w.ctx, poster, token)))
	}
	rs, err := w.db.Records(w.ctx, custody.Query{Verb: custody.HandoffLapsed, Limit: 5})
	w.must(err)
	if len(rs) != 1 || rs[0].Name != "link 1 for Priya" || rs[0].From != poster.From {
		t.Errorf("the audit says %+v", rs)
	}
	w.f.gone = ""
	gone("when they are back", second(w.Handoffs.See(w.ctx, poster, token)))
	w.f.gone = custody.Local
	w.must(second(w.Handoffs.Done(w.ctx, poster, own, "")))
	w.must(w.Handoffs.Revoke(w.ctx, dana, w.m.ID, 2))
	h, _ := w.view().Handoffs.Number(1)
	if turn := migration.WhoseTurn(w.view()); h.State != migration.HandoffLapsed || turn.Who != migration.WhoDeveloper || h.Since.IsZero() {
		t.Errorf("link 1 is %s, and it is the turn of %+v", h.State, turn)
	}
}

// TestHandoffWhoseMakerCannotBeRead: whichever read of the link's maker fails, or finds that they are out, an act of the link
// that says that nothing was changed has changed nothing, and what it wrote down it does not call failed.
func TestHandoffWhoseMakerCannotBeRead(t *testing.T) {
	for _, a := range all {
		if !strings.HasPrefix(a.name, "Handoffs.") || strings.HasPrefix(a.name, "Handoffs.Make") || strings.HasPrefix(a.name, "Handoffs.Revoke") {
			continue
		}
		for _, how := range []error{broken(), fault.New(fault.NotFound, "There is no such account", "")} {
			for at := 1; ; at++ {
				w := newWorld(t)
				a.setup(w)
				w.settle()
				before, asked := w.dump(), 0
				w.f.maker = func() error {
					if asked++; asked == at {
						return how
					}
					return nil
				}
				err := a.do(w)
				w.settle()
				come, gone := w.dump().without("records").change(before.without("records"))
				if changed := len(come)+len(gone) > 0; changed && err != nil && !slices.ContainsFunc(come, func(l string) bool { return strings.Contains(l, "lapsed") }) {
					t.Errorf("%s, read %d of the maker: %+v, and it has changed\n new  %v\n gone %v", a.name, at, fault.From(err), come, gone)
				}
				w.end()
				if asked < at {
					break
				}
			}
		}
	}
}

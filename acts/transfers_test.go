package acts

import (
	"context"
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onramp/cloud"
	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

func wantFault(t testing.TB, what string, err error, kind fault.Kind, field string) {
	t.Helper()
	if !fault.Is(err, kind) || fault.From(err).Field != field {
		t.Errorf("%s: %v, want a %s fault of field %q", what, err, kind, field)
	}
	if !fault.NothingChanged(fault.All(err)...) {
		t.Errorf("%s: the fault does not say that nothing was changed", what)
	}
}

// TestTransferOnce: one key pays once, at the same time, after a reload, and when the test is stale by then; another
// key pays again, with another workflow.
func TestTransferOnce(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.issued()
	_, err := w.transfer("key-1")
	wantFault(t, "before a check", err, fault.Conflict, "")
	w.check()
	_, err = w.transfer("")
	wantFault(t, "no key", err, fault.Invalid, "key")
	_, err = w.transfer(strings.Repeat("k", maxKey+1))
	wantFault(t, "a long key", err, fault.Invalid, "key")
	w.flows.hold = make(chan struct{})
	all := make([]runs.Run, 8)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() { all[i], _ = w.transfer("key-1") })
	}
	wg.Wait()
	for _, r := range all {
		if r.ID == "" || r.ID != all[0].ID {
			t.Errorf("one key started %q and %q", all[0].ID, r.ID)
		}
	}
	close(w.flows.hold)
	w.settle()
	_, err = w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, "moved.a2dd6", "") // the test is stale
	w.must(err)
	if again, err := w.transfer("key-1"); err != nil || again.ID != all[0].ID || again.State != migration.RunPassed {
		t.Errorf("a reload after the end: %s %s, %v", again.ID, again.State, err)
	}
	_, err = w.transfer("key-2")
	wantFault(t, "another key while the test is stale", err, fault.Conflict, "")
	_, err = w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, "payments.a2dd6", "")
	w.must(err)
	second, err := w.transfer("key-2")
	w.must(err)
	w.settle()
	a, b := all[0].TransferRequest().WorkflowID, second.TransferRequest().WorkflowID
	if a == b || !strings.HasPrefix(a, "onramp-payments-") || second.Number != 2 {
		t.Errorf("workflows %q and %q, number %d", a, b, second.Number)
	}
	if v := w.view(); v.Step(migration.StepTransfer).Status != migration.Done || v.Facts[len(v.Facts)-1].Kind != migration.FactTransfer {
		t.Errorf("step transfer %+v", v.Step(migration.StepTransfer))
	}
	other := newWorld(t) // the server too knows the key: the workflow's id follows from it
	defer other.end()
	other.tested()
	if same, err := other.transfer("key-1"); err != nil || same.TransferRequest().WorkflowID != a {
		t.Errorf("the key's workflow is %s elsewhere, was %s, %v", same.TransferRequest().WorkflowID, a, err)
	}
	other.settle()
}

// TestFollow: a workflow of somebody else's is followed once, and proves nothing of the migration; an interrupted
// transfer is followed again, once, with the workflow and run that it had.
func TestFollow(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.tested()
	w.flows.hold = make(chan struct{})
	follow := func(run string) runs.Run {
		t.Helper()
		r, err := w.Acts.Transfers.Follow(w.ctx, dana, w.m.ID, Follow{Credentials: Credentials{Lent: true}, WorkflowID: "theirs-7", RunID: run})
		w.must(err)
		return r
	}
	first := follow("6ba7b810-9dad-41d1-80b4-00c04fd430c8")
	if again := follow(""); again.ID != first.ID {
		t.Error("one workflow is followed by two runs")
	}
	if another := follow("6ba7b811-9dad-41d1-80b4-00c04fd430c8"); another.ID == first.ID {
		t.Error("another run of the workflow is not followed")
	}
	facts := len(w.view().Facts)
	mine, err := w.transfer("once")
	w.must(err)
	again := func() runs.Run {
		t.Helper()
		r, err := w.Acts.Transfers.FollowAgain(w.ctx, dana, w.m.ID, mine.ID, Credentials{Lent: true})
		w.must(err)
		return r
	}
	if r := again(); r.ID != mine.ID {
		t.Error("a run under way is followed by another")
	}
	w.must(w.Acts.Transfers.Stop(w.ctx, dana, w.m.ID, mine.ID))
	for range w.log.Follow(w.ctx, mine.ID, 0) {
	}
	second := again()
	if third := again(); second.ID == mine.ID || third.ID != second.ID {
		t.Errorf("runs %s, %s, %s", mine.ID, second.ID, third.ID)
	}
	if asked := second.TransferRequest(); asked.RunID != "r-1" || !asked.FollowOnly || asked.WorkflowID != mine.TransferRequest().WorkflowID {
		t.Errorf("followed again as %+v", asked)
	}
	close(w.flows.hold)
	w.settle()
	r, err := w.log.Run(w.ctx, w.m.ID, first.ID)
	w.must(err)
	if r.Title != "The workflow ended COMPLETED" || len(w.view().Facts) != facts+1 { // that of the transfer of ours
		t.Errorf("%q, and %d facts more", r.Title, len(w.view().Facts)-facts)
	}
	check, err := w.log.Rows(w.ctx, w.m.ID, migration.CheckRun, 1)
	w.must(err)
	_, err = w.Acts.Transfers.FollowAgain(w.ctx, dana, w.m.ID, check[0].ID, Credentials{Lent: true})
	wantFault(t, "following a check", err, fault.Conflict, "")
	_, err = w.Acts.Transfers.FollowAgain(w.ctx, dana, "nobody", mine.ID, Credentials{Lent: true})
	wantFault(t, "of another migration", err, fault.NotFound, "")
	wantFault(t, "cancel a check", w.Acts.Transfers.Cancel(w.ctx, dana, w.m.ID, check[0].ID, Credentials{Lent: true}), fault.Conflict, "")
	wantFault(t, "stop what has ended", w.Acts.Transfers.Stop(w.ctx, dana, w.m.ID, mine.ID), fault.Conflict, "")
}

// TestActsNeedNoKeyUnderWay: a run under way is acted on with its own key by who began it; one that has ended needs a
// key, and so does whoever else acts on it.
func TestActsNeedNoKeyUnderWay(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.transferred(true)
	id, run := w.m.ID, w.extra.(string)
	w.must(w.Keys.TakeBack(w.ctx, dana, id))
	w.must(w.Acts.Transfers.Cancel(w.ctx, dana, id, run, Credentials{Lent: true}))
	w.must(w.Acts.Transfers.Terminate(w.ctx, dana, id, run, Credentials{Lent: true}, "enough"))
	second := dana
	second.Session = "another of hers"
	if err := w.Acts.Transfers.History(w.ctx, second, id, run, io.Discard); err != nil || !w.Acts.Transfers.HasKeys(second, run) {
		t.Errorf("her own run under way needs a key: %v", err)
	}
	if w.Acts.Transfers.HasKeys(omar, run) {
		t.Error("a run has keys for somebody else")
	}
	before := len(w.flows.used)
	err := w.Acts.Transfers.History(w.ctx, omar, id, run, io.Discard)
	for what, err := range map[string]error{
		"cancel":    w.Acts.Transfers.Cancel(w.ctx, omar, id, run, Credentials{Lent: true}),
		"terminate": w.Acts.Transfers.Terminate(w.ctx, omar, id, run, Credentials{Lent: true}, "enough"),
		"history":   err,
	} {
		if !fault.Is(err, fault.Invalid) || fault.From(err).Field != "key_source" {
			t.Errorf("%s of somebody else's run without a key: %v", what, err)
		}
	}
	w.must(w.Acts.Transfers.Cancel(w.ctx, omar, id, run, Credentials{KeyPEM: []byte("omar's own")}))
	if got := w.flows.used[before:]; len(got) != 1 || string(got[0]) != "omar's own" {
		t.Errorf("somebody else's acts used the keys %q", got)
	}
	close(w.flows.hold)
	w.settle()
	wantFault(t, "once it has ended", w.Acts.Transfers.Cancel(w.ctx, dana, id, run, Credentials{Lent: true}), fault.Invalid, "key_source")
	if len(w.flows.asked) != 3 || !strings.HasPrefix(w.flows.asked[0], "Cancel onramp-payments-") || !strings.HasPrefix(w.flows.asked[1], "Terminate onramp-") {
		t.Errorf("asked %q", w.flows.asked)
	}
}

// TestRefusedRequestsAreTold: what is recorded before it is asked of Temporal, and is refused, is not in the audit as if
// it had been done.
func TestRefusedRequestsAreTold(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.transferred(true)
	id, run := w.m.ID, w.extra.(string)
	w.flows.no = fault.New(fault.Conflict, "The transfer has ended already", "Start another.")
	for _, tt := range []struct {
		verb custody.Verb
		do   func() error
	}{
		{custody.Terminated, func() error {
			return w.Acts.Transfers.Terminate(w.ctx, dana, id, run, Credentials{Lent: true}, "enough")
		}},
		{custody.Canceled, func() error { return w.Acts.Transfers.Cancel(w.ctx, dana, id, run, Credentials{Lent: true}) }},
	} {
		err := tt.do()
		if f := fault.From(err); f.Kind != fault.Conflict || f.Unchanged || !strings.Contains(f.Left, "was not done") {
			t.Errorf("%s: the answer is %+v", tt.verb, f)
		}
		got, err := w.db.Records(w.ctx, custody.Query{Migration: id, Limit: 2})
		w.must(err)
		if len(got) != 2 || got[1].Verb != tt.verb || got[0].Verb != custody.NotDone || got[0].Person != dana.Person ||
			!strings.HasPrefix(got[0].Note, string(tt.verb)+" onramp-payments-") || !strings.HasSuffix(got[0].Note, ": The transfer has ended already") {
			t.Errorf("%s: the audit has %+v", tt.verb, got)
		}
	}
	w.flows.no = nil
	close(w.flows.hold)
	w.settle()
}

// TestLimits: three checks and three transfers of a migration at a time, one drill, and refused ones leave nothing.
func TestLimits(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.tested()
	w.flows.hold = make(chan struct{})
	for i := range maxRunning {
		_, err := w.transfer(string(rune('a' + i)))
		w.must(err)
	}
	_, err := w.transfer("z")
	wantFault(t, "a fourth transfer", err, fault.TooMany, "")
	drill := func(once string, plan transfer.Drill) (runs.Run, error) {
		return w.Acts.Transfers.StartDrill(w.ctx, dana, w.m.ID, Drill{Credentials: Credentials{Lent: true}, Once: once, Plan: plan})
	}
	for field, plan := range map[string]transfer.Drill{"count": {Count: 1e12}, "rate": {Rate: 1e9}, "concurrency": {Concurrency: 1e6}, "time": {Time: 24 * time.Hour}} {
		_, err := drill("bad", plan)
		wantFault(t, "a drill of too much "+field, err, fault.Invalid, field)
	}
	first, err := drill("once", transfer.Drill{Count: 7})
	w.must(err)
	if again, err := drill("once", transfer.Drill{Count: 7}); err != nil || again.ID != first.ID {
		t.Errorf("one key started two drills: %v", err)
	}
	close(w.flows.hold)
	w.settle()
	rows, err := w.log.Rows(w.ctx, w.m.ID, migration.DrillRun, 10)
	w.must(err)
	if len(rows) != 1 || rows[0].Title != "7 transfers ended as they should" {
		t.Errorf("drills %+v", rows)
	}
	if asked := first.DrillRequest(); asked.Count != 7 || asked.Rate != 5 || asked.Concurrency != 50 || asked.Seconds != 600 {
		t.Errorf("asked %+v", asked)
	}
}

// TestReports: a report makes one run, also when two bring it at once; a one-time address takes one, in its time and of
// its migration, and a wrong one leaves it good.
func TestReports(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	now := time.Now()
	w.Acts.Checks.desk.Book.now = func() time.Time { return now }
	w.issued()
	text := w.report()
	all := make([]runs.Run, 8)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() { all[i], _ = w.Checks.Record(w.ctx, dana, w.m.ID, text, "Omar", runs.ViaPaste) })
	}
	wg.Wait()
	for _, r := range all {
		if r.ID == "" || r.ID != all[0].ID {
			t.Errorf("one report made %q and %q", all[0].ID, r.ID)
		}
	}
	if from := all[0].Reported(); from == nil || from.Host != "worker-1" || from.By != "Omar" || !from.Counts || w.view().Step(migration.StepTest).Status != migration.Done {
		t.Errorf("reported %+v", from)
	}
	bend := func(how func(*doctor.Report)) []byte {
		var r doctor.Report
		w.must(json.Unmarshal(text, &r))
		how(&r)
		out, err := json.Marshal(r)
		w.must(err)
		return out
	}
	other := bend(func(r *doctor.Report) { r.Target.Namespace = "orders.a2dd6" })
	fresh := bend(func(r *doctor.Report) { r.TookMS = 7 })
	_, err := w.Checks.Record(w.ctx, dana, w.m.ID, other, "", runs.ViaPaste)
	wantFault(t, "another namespace", err, fault.Invalid, "report")
	_, err = w.Checks.Record(w.ctx, dana, w.m.ID, text, "Dana\x1b[31m", runs.ViaPaste)
	wantFault(t, "a name with an escape", err, fault.Invalid, "by")
	_, err = w.Checks.Record(w.ctx, dana, "nobody", text, "", runs.ViaPaste)
	wantFault(t, "no migration", err, fault.NotFound, "")

	orders, err := w.Migrations.Create(w.ctx, dana, "Orders", "go", migration.Cloud, cloud.AuthMTLS)
	w.must(err)
	_, _, err = w.Checks.Invite(w.ctx, dana, orders.ID, "")
	wantFault(t, "no namespace", err, fault.Conflict, "")
	_, err = w.Migrations.SetNamespace(w.ctx, dana, orders.ID, "orders.a2dd6", "")
	w.must(err)
	invite := func(id string) string {
		t.Helper()
		token, until, err := w.Checks.Invite(w.ctx, omar, id, "Dana")
		if err != nil || !until.Equal(now.Add(InviteAge)) || len(token) < 26 {
			t.Fatalf("%q until %s, %v", token, until, err)
		}
		return token
	}
	token := invite(w.m.ID)
	for what, x := range map[string][]byte{"junk": []byte("junk"), "another schema": []byte(`{"schema":"x"}`), "another namespace": other} {
		if _, err := w.Checks.Take(w.ctx, poster, token, x); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = w.Checks.Take(w.ctx, poster, invite(orders.ID), fresh)
	wantFault(t, "posted to another migration's address", err, fault.Invalid, "report")
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { _, errs[i] = w.Checks.Take(w.ctx, poster, token, fresh) })
	}
	wg.Wait()
	if n := len(slices.DeleteFunc(errs, func(err error) bool { return fault.Is(err, fault.Gone) })); n != 1 {
		t.Errorf("%d of 8 used one address", n)
	}
	lines, err := w.db.Records(w.ctx, custody.Query{Verb: custody.Reported})
	w.must(err)
	if len(lines) != 2 {
		t.Fatalf("the audit of reports: %+v", lines)
	}
	who := Actor{Person: lines[0].Person, Name: lines[0].Name, Session: lines[0].Session, Via: lines[0].Via, From: lines[0].From, Request: lines[0].Request}
	if want := (Actor{Person: omar.Person, Name: omar.Name, Via: "post", From: poster.From, Request: poster.Request}); !reflect.DeepEqual(who, want) {
		t.Errorf("the audit says that %+v posted, want %+v", who, want) // for who made the address, from where it was posted
	}
	late := invite(w.m.ID)
	now = now.Add(InviteAge)
	for what, x := range map[string]string{"late": late, "never made": strings.Repeat("a", 32), "empty": "", "used": token} {
		_, err := w.Checks.Take(w.ctx, poster, x, fresh)
		wantFault(t, what, err, fault.Gone, "")
	}
	theirs, first := invite(orders.ID), invite(w.m.ID)
	now = now.Add(time.Second)
	for range 2 * maxInvites {
		invite(w.m.ID)
	}
	_, err = w.Checks.Take(w.ctx, poster, first, fresh)
	wantFault(t, "the first of many", err, fault.Gone, "")
	if _, err := w.Checks.Take(w.ctx, poster, theirs, []byte("junk")); !fault.Is(err, fault.Invalid) {
		t.Errorf("another migration's address was forgotten: %v", err)
	}
}

// TestWatch: the state at once, again for each change of this migration, and the end with its reader.
func TestWatch(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.issued()
	ctx, cancel := context.WithCancel(t.Context())
	seen, done := make(chan migration.View, 100), make(chan struct{})
	go func() {
		defer close(done)
		for v, err := range w.Book.Watch(ctx, w.m.ID) {
			if err != nil {
				t.Error(err)
			}
			seen <- v
		}
	}()
	<-seen
	_, err := w.Acts.Namespaces.SaveCAs(w.ctx, dana, w.id(), []byte(w.view().Certificate.CAPEM))
	w.must(err)
	if v := <-seen; v.Step(migration.StepUpload).Status != migration.Done {
		t.Errorf("after the save: %+v", v.Step(migration.StepUpload))
	}
	_, err = w.Checks.Start(w.ctx, dana, w.m.ID, Check{Credentials: Credentials{Lent: true}})
	w.must(err)
	for v := range seen {
		if v.Step(migration.StepTest).Status == migration.Done {
			break
		}
	}
	cancel()
	<-done
	for _, err := range w.Book.Watch(t.Context(), "nobody") {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("Watch of nobody: %v", err)
		}
	}
}

// TestRequestsWithoutAnswer: what was requested and may have been done is not told as not done, neither by the fault nor by
// the audit: the reader has gone, the answer is lost, the rehearsal cloud was emptied and does not start again.
func TestRequestsWithoutAnswer(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*world) error
		left string // "" where it is done
	}{
		{"a workflow is terminated, and the answer is lost", func(w *world) error {
			w.flows.no = fault.Wrap(context.DeadlineExceeded, fault.Unavailable, "The server did not answer in time", "Try again.")
			return w.Acts.Transfers.Terminate(w.ctx, dana, w.m.ID, w.extra.(string), Credentials{Lent: true}, "enough")
		}, "whether it was done is not known"},
		{"the rehearsal cloud does not start again", func(w *world) error {
			w.cloud.restart = fault.New(fault.Unavailable, "The rehearsal cloud did not start", "Reset it.")
			return w.Acts.Rehearsal.Reset(w.ctx, dana)
		}, "may be gone"},
		{"the reader closes the tab during a reset", func(w *world) error {
			ctx, cancel := context.WithCancel(w.ctx)
			w.cloud.onReset = cancel
			return w.Acts.Rehearsal.Reset(ctx, dana)
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			w.transferred(true)
			err := tt.do(w)
			switch f := fault.From(err); {
			case tt.left == "" && err != nil:
				t.Errorf("%+v", f)
			case tt.left != "" && (err == nil || f.Unchanged || !strings.Contains(f.Left, tt.left)):
				t.Errorf("the answer is %+v", f)
			}
			got, err := w.db.Records(w.ctx, custody.Query{Limit: 3})
			w.must(err)
			for _, r := range got {
				if r.Verb == custody.NotDone {
					t.Errorf("the audit says %+v", r)
				}
			}
			w.flows.no = nil
			close(w.flows.hold)
			w.settle()
		})
	}
}

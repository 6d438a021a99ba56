package acts

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"onramp/cloud"
	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/reach"
	"onramp/runs"
)

// manyHeld begins checks of the migration that wait until they are canceled.
func (w *world) manyHeld() string {
	w.t.Helper()
	at := make(chan struct{})
	b, err := w.Checks.bulks.Begin(w.ctx, runs.Bulk{Person: dana.Person, By: dana.Name, Rows: []runs.BulkRow{{MigrationID: w.m.ID}, {MigrationID: w.m.ID}}},
		func(ctx context.Context, r runs.BulkRow, said func(runs.BulkRow)) runs.BulkRow {
			if r.Nr == 1 {
				close(at)
			}
			<-ctx.Done()
			r.State = runs.RowCanceled
			return r
		}, func(ctx context.Context, b runs.Bulk) error { return w.db2().AddBulk(ctx, b) })
	w.must(err)
	<-at
	for b.Count(runs.RowRunning) < 2 { // both are written
		b, err = w.Lists.SeeMany(w.ctx, dana.Person, b.ID)
		w.must(err)
	}
	return b.ID
}

func (w *world) db2() failingBoards { return w.Certificates.o.Boards.(failingBoards) }

// looking is a checker that counts how many are at it at once, and what each target came with.
type looking struct {
	mu      sync.Mutex
	now     int
	most    int
	keyed   []string // addresses of checks with a certificate
	bare    []string
	fail    string // stage that fails
	hold    chan struct{}
	begun   chan struct{} // each as it begins
	started atomic.Int64
}

func (l *looking) Run(ctx context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report {
	l.mu.Lock()
	l.now++
	l.most = max(l.most, l.now)
	if len(t.CertPEM) > 0 {
		l.keyed = append(l.keyed, t.Namespace)
	} else {
		l.bare = append(l.bare, t.Namespace)
	}
	l.mu.Unlock()
	l.started.Add(1)
	defer func() { l.mu.Lock(); l.now--; l.mu.Unlock() }()
	if l.begun != nil {
		l.begun <- struct{}{}
	}
	if l.hold != nil {
		select {
		case <-l.hold:
		case <-ctx.Done():
		}
	}
	rep := doctor.Report{Verdict: doctor.Verdict{Code: doctor.OK, Title: "Connected"}}
	for _, id := range doctor.StageIDs {
		st := doctor.Stage{ID: id, Status: doctor.Pass}
		if id == l.fail {
			st.Status, rep.Verdict = doctor.Fail, doctor.Verdict{Code: "DN-01", Stage: id, Title: "The name does not resolve"}
		}
		if id == "client-cert" && len(t.CertPEM) == 0 && l.fail == "" {
			st.Status, rep.Verdict = doctor.Fail, doctor.Verdict{Code: "CL-01", Stage: id, Title: "No client certificate was sent"}
		}
		rep.Stages = append(rep.Stages, st)
		if emit != nil {
			emit(st)
		}
	}
	return rep
}

// TestMany: many are checked a few at a time, each with the key that its asker lent or as far as without one; a check without
// a key is no run and no evidence; what one may not see is not checked.
func TestMany(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	l := &looking{hold: make(chan struct{}), begun: make(chan struct{}, 20)}
	w.Checks.o.Checker = l
	w.issuedIn(migration.Cloud) // "payments", whose key dana lent
	var list ImportList
	list.Raw, list.Defaults = []byte("cloud_namespace,sign_in\n"), migration.ListDefaults{Lang: "go", Auth: cloud.AuthMTLS}
	for i := range 10 {
		list.Raw = fmt.Appendf(list.Raw, "app-%d.a1b2c,%s\n", i, []string{"mtls", "api-key"}[i%2])
	}
	made, err := w.Migrations.Import(w.ctx, dana, list)
	w.must(err)
	bare, err := w.Migrations.Create(w.ctx, dana, "Bare", "go", migration.Cloud, cloud.AuthMTLS)
	w.must(err)
	ids := []string{w.m.ID, bare.ID, w.m.ID, "nothing"}
	for _, m := range made {
		ids = append(ids, m.ID)
	}
	b, err := w.Checks.StartMany(w.ctx, dana, ids)
	w.must(err)
	if len(b.Rows) != 12 {
		t.Fatalf("%d rows", len(b.Rows))
	}
	if _, err := w.Checks.StartMany(w.ctx, dana, ids); !fault.Is(err, fault.TooMany) {
		t.Errorf("a second at once: %v", err)
	}
	for range 4 { // as many as are let in
		<-l.begun
	}
	close(l.hold)
	b = w.settleMany()
	if b.State != runs.BulkDone || b.Count(runs.RowPassed) != 1 || b.Count(runs.RowReached) != 10 || b.Count(runs.RowLeft) != 1 {
		t.Errorf("ended %s: %+v", b.State, b.Rows)
	}
	if l.most != 4 {
		t.Errorf("%d at once", l.most)
	}
	if !slices.Equal(l.keyed, []string{"payments.a2dd6"}) || len(l.bare) != 10 {
		t.Errorf("with a key: %v, without: %v", l.keyed, l.bare)
	}
	for _, r := range b.Rows {
		rows, err := w.log.Rows(w.ctx, r.MigrationID, migration.CheckRun, 9)
		w.must(err)
		if want := map[bool]int{true: 1, false: 0}[r.State == runs.RowPassed]; len(rows) != want || (r.RunID != "") != (want == 1) {
			t.Errorf("%+v has %d runs", r, len(rows))
		}
		v, err := w.Book.View(w.ctx, r.MigrationID)
		w.must(err)
		if s := v.Step(migration.StepTest); (s.Status == migration.Done) != (r.State == runs.RowPassed) || s.Status == migration.Failing {
			t.Errorf("%s: step test is %s", r.MigrationID, s.Status)
		}
		if r.State == runs.RowReached && !strings.Contains(r.Title, "Not signed in: ") {
			t.Errorf("%+v", r)
		}
	}
	records, err := w.db.Records(w.ctx, custody.Query{Verb: custody.CheckedMany})
	if w.must(err); len(records) != 1 || !strings.Contains(records[0].Note, "12 migrations") {
		t.Errorf("in the audit: %+v", records)
	}
	// somebody else's key is not used, and what they may not see is not there
	team := Actor{Role: custody.Developer, Person: "t", Name: "T", Teams: []string{"t-other"}}
	if _, err := w.Checks.StartMany(migration.Within(w.ctx, team.Teams), team, ids); !fault.Is(err, fault.Invalid) {
		t.Errorf("another team's: %v", err)
	}
	b, err = w.Checks.StartMany(w.ctx, omar, []string{w.m.ID})
	w.must(err)
	wake, leave := w.WatchMany(b.ID)
	defer leave()
	for b, err = w.Lists.SeeMany(w.ctx, omar.Person, b.ID); err == nil && !b.Over(); b, err = w.Lists.SeeMany(w.ctx, omar.Person, b.ID) {
		<-wake
	}
	if w.must(err); b.Rows[0].State != runs.RowReached {
		t.Errorf("with dana's key: %+v", b.Rows)
	}
	if _, err := w.Lists.SeeMany(migration.Within(w.ctx, team.Teams), team.Person, b.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's checks: %v", err)
	}
}

// TestManyFails: a stage that needs no key says what is wrong though there is none.
func TestManyFails(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.Checks.o.Checker = &looking{fail: "dns"}
	w.made(migration.Cloud, cloud.AuthMTLS)
	_, err := w.Checks.StartMany(w.ctx, dana, []string{w.m.ID})
	w.must(err)
	if b := w.settleMany(); b.Rows[0].State != runs.RowFailed || b.Rows[0].Title != "The name does not resolve" {
		t.Errorf("%+v", b.Rows)
	}
}

// TestManyCanceled: a cancel stops those at it and begins no other; one that Onramp's end cut short says so after a restart.
func TestManyCanceled(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	l := &looking{hold: make(chan struct{})}
	w.Checks.o.Checker = l
	list := ImportList{Raw: []byte("cloud_namespace\n"), Defaults: migration.ListDefaults{Lang: "go", Auth: cloud.AuthMTLS}}
	for i := range 9 {
		list.Raw = fmt.Appendf(list.Raw, "app-%d.a1b2c\n", i)
	}
	made, err := w.Migrations.Import(w.ctx, dana, list)
	w.must(err)
	var ids []string
	for _, m := range made {
		ids = append(ids, m.ID)
	}
	b, err := w.Checks.StartMany(w.ctx, dana, ids)
	w.must(err)
	if err := w.Checks.CancelMany(w.ctx, Actor{Role: custody.Developer, Person: "else"}, b.ID); !fault.Is(err, fault.Denied) {
		t.Errorf("somebody else cancels: %v", err)
	}
	w.must(w.Checks.CancelMany(w.ctx, dana, b.ID))
	if b = w.settleMany(); b.State != runs.BulkCanceled || b.Count(runs.RowCanceled) != 9 {
		t.Errorf("canceled: %+v", b)
	}
	if err := w.Checks.CancelMany(w.ctx, dana, b.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("twice: %v", err)
	}
	// a process that ends
	_, err = w.Checks.StartMany(w.ctx, dana, ids)
	w.must(err)
	w.must(w.Acts.Close())
	if b = w.settleMany(); b.State != runs.BulkInterrupted || b.Count(runs.RowInterrupted) != 9 {
		t.Errorf("closed: %+v", b)
	}
	// one that was killed: nothing was written at its end
	lost := runs.Bulk{ID: runs.NewID(), Person: dana.Person, State: runs.BulkRunning, Rows: []runs.BulkRow{{Nr: 1, MigrationID: ids[0], State: runs.RowPassed}, {Nr: 2, MigrationID: ids[1], State: runs.RowRunning}, {Nr: 3, MigrationID: ids[2], State: runs.RowWaiting}}}
	w.must(w.db2().AddBulk(w.ctx, lost))
	w.must(w.Acts.Resume(w.ctx))
	if b = w.settleMany(); b.State != runs.BulkInterrupted || b.Count(runs.RowInterrupted) != 2 || b.Count(runs.RowPassed) != 1 {
		t.Errorf("after a restart: %+v", b)
	}
}

// TestManyRefused: where the portal is shared, a target that it may not dial is refused by name, with who can add it, and
// nothing of it is dialled; the plan says so before.
func TestManyRefused(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	l := &looking{}
	w.Checks.o.Checker = l
	w.Checks.o.Gate = reach.New(reach.Options{Resolve: refusingResolver})
	w.Acts.Places.o.Gate = w.Checks.o.Gate
	w.made(migration.Cloud, cloud.AuthMTLS)
	plan, err := w.Lists.PlanMany(w.ctx, w.Acts.Places, func(string) bool { return false }, []string{w.m.ID})
	w.must(err)
	if len(plan) != 1 || plan[0].Dial.Refused == nil || plan[0].Dial.Refused.Who != "platform" || len(plan[0].Dial.Not) != 1 || plan[0].Dial.Address != "payments.a2dd6.tmprl.cloud:7233" {
		t.Errorf("planned %+v", plan)
	}
	_, err = w.Checks.StartMany(w.ctx, dana, []string{w.m.ID})
	w.must(err)
	if b := w.settleMany(); b.Rows[0].State != runs.RowRefused || !strings.Contains(b.Rows[0].Title, "--targets") || l.started.Load() != 0 {
		t.Errorf("%+v", b.Rows)
	}
}

// refusingResolver finds every name at an address of a private network.
func refusingResolver(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("10.1.2.3")}, nil
}

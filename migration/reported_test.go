package migration_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// report is what a check of payments prints where the worker runs, at 11:59.
func report(code string, bend ...func(*doctor.Report)) doctor.Report {
	r := doctor.Report{Schema: doctor.Schema, Rules: doctor.RulesDate, TestedFrom: "worker-1", TookMS: 12, At: noon.Add(-time.Minute),
		Verdict: doctor.Explain(code, doctor.Certain, nil),
		Target:  doctor.ReportTarget{Address: home.Address, Namespace: home.Namespace, ServerName: "payments.a1b2c.tmprl.cloud", Auth: "mtls", Leaf: leafOf(certPEM)}}
	status := doctor.Pass
	for _, id := range doctor.StageIDs {
		s := doctor.Stage{ID: id, Status: status, Evidence: map[string]any{}, Findings: []string{}}
		if id == r.Verdict.Stage {
			s.Status, status = doctor.Fail, doctor.NotReached
		}
		r.Stages = append(r.Stages, s)
	}
	for _, b := range bend {
		b(&r)
	}
	return r
}

func text(t *testing.T, r doctor.Report) []byte {
	t.Helper()
	return must(json.Marshal(r))(t)
}

// TestReportedCounts: which reports make step test done, and that they do nothing else.
func TestReportedCounts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		bend  func(*doctor.Report)
		why   string // "" counts
		state migration.Status
	}{
		{"the same endpoint, namespace and leaf, fresh", func(*doctor.Report) {}, "", migration.Done},
		{"no server name given", func(r *doctor.Report) { r.Target.ServerName = "" }, "", migration.Done},
		{"another endpoint", func(r *doctor.Report) { r.Target.Address = "evil.a1b2c.tmprl.cloud:7233" }, "another endpoint", migration.NotStarted},
		{"another server name", func(r *doctor.Report) { r.Target.ServerName = "evil.example" }, "another endpoint", migration.NotStarted},
		{"another leaf", func(r *doctor.Report) { r.Target.Leaf = strings.Repeat("ab", 32) }, "another client certificate", migration.NotStarted},
		{"no leaf", func(r *doctor.Report) { r.Target.Leaf = "" }, "does not say which client certificate", migration.NotStarted},
		{"an API key", func(r *doctor.Report) { r.Target.Auth, r.Target.Leaf = "api-key", "" }, "another way", migration.NotStarted},
		{"no time", func(r *doctor.Report) { r.At = time.Time{} }, "when it was made", migration.NotStarted},
		{"yesterday's", func(r *doctor.Report) { r.At = noon.Add(-25 * time.Hour) }, "more than an hour", migration.NotStarted},
		{"tomorrow's", func(r *doctor.Report) { r.At = noon.Add(24 * time.Hour) }, "ahead", migration.NotStarted},
		{"nothing was asked", func(r *doctor.Report) {
			for i := range r.Stages {
				r.Stages[i].Status = doctor.Skip
			}
		}, "without asking", migration.NotStarted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := sit(t, deskOptions{now: func() time.Time { return noon }})
			id := d.payments(migration.Cloud)
			run := must(d.RecordReport(t.Context(), id, report("OK", tt.bend), "Dana", migration.ViaPaste))(t)
			from := run.Reported()
			if from == nil || from.Host != "worker-1" || from.By != "Dana" || from.Via != "paste" || from.Counts != (tt.why == "") || !strings.Contains(from.Why, tt.why) {
				t.Fatalf("reported as %+v, want why %q", from, tt.why)
			}
			if run.State != migration.RunPassed || run.Number != 1 || run.Ended.IsZero() {
				t.Errorf("run %+v", run)
			}
			v := must(d.View(t.Context(), id))(t)
			test, upload := v.Step(migration.StepTest), v.Step(migration.StepUpload)
			if tt.state == migration.Done && (test.Status != migration.Done || test.Evidence != "run 1 passed, as reported from worker-1" || test.Run != run.ID) {
				t.Errorf("step test is %+v", test)
			}
			if tt.state != migration.Done && test.Status == migration.Done {
				t.Errorf("step test is done by a report that does not count: %+v", test)
			}
			if upload.Status == migration.Done {
				t.Errorf("step upload took a report for an observation: %+v", upload)
			}
		})
	}
}

// TestReportedFailure: a failure that counts fails step test, and is not held against the upload.
func TestReportedFailure(t *testing.T) {
	d := sit(t, deskOptions{now: func() time.Time { return noon }})
	id := d.payments(migration.Cloud)
	d.finish(d.StartCheck(t.Context(), id, target()))
	if got := d.statuses(id); got[migration.StepUpload] != migration.Done || got[migration.StepTest] != migration.Done {
		t.Fatalf("before: %v", got)
	}
	old := must(d.RecordReport(t.Context(), id, report("CL-03", func(r *doctor.Report) { r.At = noon.Add(-2 * time.Hour) }), "", migration.ViaPaste))(t)
	if got := d.statuses(id); got[migration.StepTest] != migration.Done || old.State != migration.RunFailed {
		t.Errorf("after an old failure: %v, %+v", got, old)
	}
	must(d.RecordReport(t.Context(), id, report("CL-03"), "", migration.ViaPaste))(t)
	if got := d.statuses(id); got[migration.StepTest] != migration.Failing || got[migration.StepUpload] != migration.Done {
		t.Errorf("after a fresh failure: %v", got)
	}
}

// TestReportedTwice: the same report makes one run, also when two bring it at once; another namespace's none.
func TestReportedTwice(t *testing.T) {
	d := sit(t, deskOptions{now: func() time.Time { return noon }})
	id := d.payments(migration.Cloud)
	runs := make([]migration.Run, 8)
	var all sync.WaitGroup
	for i := range runs {
		all.Go(func() { runs[i], _ = d.RecordReport(t.Context(), id, report("OK"), "", migration.ViaPaste) })
	}
	all.Wait()
	for _, r := range runs {
		if r.ID == "" || r.ID != runs[0].ID {
			t.Errorf("runs %v and %v of one report", r, runs[0])
		}
	}
	_, err := d.RecordReport(t.Context(), id, report("OK", func(r *doctor.Report) { r.Target.Namespace = "orders.a1b2c" }), "", migration.ViaPaste)
	wantFault(t, "another namespace", err, fault.Invalid, "report")
	_, err = d.RecordReport(t.Context(), id, report("CL-03"), "Dana\x1b[31m", migration.ViaPaste)
	wantFault(t, "a name with an escape", err, fault.Invalid, "by")
	_, err = d.RecordReport(t.Context(), "nope", report("OK"), "", migration.ViaPaste)
	wantFault(t, "no migration", err, fault.NotFound, "")
	if all := must(d.Runs(t.Context(), id, migration.CheckRun, 10))(t); len(all) != 1 {
		t.Errorf("%d runs of one report", len(all))
	}
	// It has ended: nothing can be added to it.
	if err := d.store.EndRun(t.Context(), runs[0], migration.Entry{Kind: migration.EntryEnd}, nil); !fault.Is(err, fault.Conflict) {
		t.Errorf("ended twice: %v", err)
	}
}

// TestInvite: a one-time address takes one report of its migration, in its time; a wrong report leaves it good.
func TestInvite(t *testing.T) {
	now := noon
	d := sit(t, deskOptions{now: func() time.Time { return now }})
	id := d.payments(migration.Cloud)
	other := must(d.Create(t.Context(), "Orders", "go", migration.Cloud, "mtls"))(t)
	_, _, err := d.Invite(t.Context(), other.ID, "")
	wantFault(t, "no namespace", err, fault.Conflict, "")
	must(d.SetNamespace(t.Context(), other.ID, migration.NamespaceData{Namespace: "orders.a1b2c", Address: "orders.a1b2c.tmprl.cloud:7233"}))(t)
	invite := func(id string) string {
		t.Helper()
		token, until, err := d.Invite(t.Context(), id, "Dana")
		if err != nil || until != now.Add(migration.InviteAge) || len(token) < 26 {
			t.Fatalf("%q until %s, %v", token, until, err)
		}
		return token
	}
	token := invite(id)
	for what, x := range map[string][]byte{"junk": []byte("junk"), "another schema": []byte(`{"schema":"x"}`),
		"another namespace": text(t, report("OK", func(r *doctor.Report) { r.Target.Namespace = "orders.a1b2c" }))} {
		if _, err := d.TakeReport(t.Context(), token, x); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := d.TakeReport(t.Context(), invite(other.ID), text(t, report("OK"))); !fault.Is(err, fault.Invalid) {
		t.Errorf("posted to another migration's address: %v", err)
	}
	won := make([]error, 8)
	var all sync.WaitGroup
	for i := range won {
		all.Go(func() { _, won[i] = d.TakeReport(t.Context(), token, text(t, report("OK"))) })
	}
	all.Wait()
	n := 0
	for _, err := range won {
		switch {
		case err == nil:
			n++
		case !fault.Is(err, fault.Gone):
			t.Error(err)
		}
	}
	if n != 1 {
		t.Errorf("%d of 8 used one address", n)
	}
	runs := must(d.Runs(t.Context(), id, migration.CheckRun, 10))(t)
	if len(runs) != 1 || runs[0].Reported().By != "Dana" || runs[0].Reported().Via != "post" {
		t.Errorf("runs %+v", runs)
	}
	late := invite(id)
	now = now.Add(migration.InviteAge)
	for what, x := range map[string]string{"late": late, "never made": strings.Repeat("a", 32), "empty": "", "used": token} {
		if _, err := d.TakeReport(t.Context(), x, text(t, report("CL-03"))); !fault.Is(err, fault.Gone) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Asking for many forgets the oldest of this migration, and none of another's.
	theirs, first := invite(other.ID), invite(id)
	now = now.Add(time.Second)
	for range 40 {
		invite(id)
	}
	if _, err := d.TakeReport(t.Context(), first, text(t, report("CL-03"))); !fault.Is(err, fault.Gone) {
		t.Errorf("the first of 41: %v", err)
	}
	if _, err := d.TakeReport(t.Context(), theirs, []byte("junk")); !fault.Is(err, fault.Invalid) {
		t.Errorf("another migration's address: %v", err)
	}
}

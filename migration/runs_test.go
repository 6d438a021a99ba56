package migration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/migration/storetest"
	"onramp/transfer"
)

// TestCheckRun: a check is a run with a log, a report and, when it passed, facts.
func TestCheckRun(t *testing.T) {
	d := sit(t, deskOptions{})
	id := d.payments(migration.Cloud)
	run := d.finish(d.StartCheck(t.Context(), id, target()))
	if run.State != migration.RunPassed || run.Code != "OK" || run.Title != "Title of OK" || run.Number != 1 || run.Ended.IsZero() {
		t.Errorf("run = %+v", run)
	}
	if got := data[doctor.Report](t, run.Result); got.Verdict.Code != "OK" || len(got.Stages) != 10 {
		t.Errorf("Result = %s", run.Result)
	}
	want := migration.CheckRequest{Address: home.Address, Namespace: home.Namespace, Auth: "mtls", Leaf: leafOf(certPEM)}
	if diff := cmp.Diff(want, data[migration.CheckRequest](t, run.Request)); diff != "" {
		t.Errorf("Request (-want +got):\n%s", diff)
	}

	entries := must(d.Entries(t.Context(), run.ID, 0))(t)
	if len(entries) != 21 {
		t.Fatalf("%d entries, want two for each stage and the end", len(entries))
	}
	for i, e := range entries[:20] {
		st := data[doctor.Stage](t, e.Data)
		wantStatus := []doctor.Status{doctor.Running, doctor.Pass}[i%2]
		if e.Kind != migration.EntryStage || e.Seq != int64(i+1) || st.ID != doctor.StageIDs[i/2] || st.Status != wantStatus {
			t.Errorf("entry %d = %s %d %s %s", i, e.Kind, e.Seq, st.ID, st.Status)
		}
	}
	end := entries[20]
	if got := data[migration.EndData](t, end.Data); end.Kind != migration.EntryEnd || got != (migration.EndData{State: "passed", Title: "Title of OK", Code: "OK"}) {
		t.Errorf("last entry = %s %s", end.Kind, end.Data)
	}

	v := must(d.View(t.Context(), id))(t)
	facts := v.Facts[len(v.Facts)-2:]
	if facts[0].Kind != migration.FactCheck || facts[0].InputHash != v.CheckHash() || run.InputHash != v.CheckHash() {
		t.Errorf("fact %+v is not about the present inputs %s", facts[0], v.CheckHash())
	}
	if got := data[migration.UploadData](t, facts[1].Data); facts[1].Kind != migration.FactCASeen ||
		got != (migration.UploadData{Namespace: home.Namespace, CAFingerprint: "ca1", Run: run.ID, RunNumber: 1}) {
		t.Errorf("fact %+v %s", facts[1], facts[1].Data)
	}
	if v.Step(migration.StepUpload).Status != migration.Done || v.Step(migration.StepTest).Status != migration.Done {
		t.Errorf("a passed check ticks upload and test: %+v", v.Steps)
	}
	if got := v.Step(migration.StepTest); got.Run != run.ID || got.Evidence != "run 1 passed" {
		t.Errorf("evidence of test: %+v", got)
	}
}

// TestWhatAChecksEndMeans: which verdicts leave which facts and steps.
func TestWhatAChecksEndMeans(t *testing.T) {
	upper := target()
	upper.Namespace = strings.ToUpper(upper.Namespace)
	noPair, other, chain := target(), target(), target()
	noPair.CertPEM = nil
	otherCert, _ := newPair()
	other.CertPEM = []byte(otherCert)
	chain.CertPEM = []byte(otherCert + certPEM) // upside down: the doctor turns it
	repaired := func(ctx context.Context, tg doctor.Target, emit func(doctor.Stage)) doctor.Report {
		tg.Namespace = strings.ToLower(tg.Namespace)
		return verdict("OK", "")(ctx, tg, emit)
	}
	for _, tt := range []struct {
		name    string
		checker checker
		target  doctor.Target
		facts   []string
		upload  migration.Status
		test    migration.Status
	}{
		{"passes", verdict("OK", ""), target(), []string{"check.passed", "ca.seen"}, migration.Done, migration.Done},
		{"the CA is refused", verdict("CL-03", "client-cert"), target(), nil, migration.Waiting, migration.Failing},
		{"the namespace is not there", verdict("NS-01", "namespace"), target(), nil, migration.Waiting, migration.Failing},
		{"nobody polls: the CA was accepted all the same", verdict("TQ-01", "task-queue"), target(), []string{"ca.seen"}, migration.Done, migration.Failing},
		{"unknown", verdict("unknown", "grpc"), target(), nil, migration.Waiting, migration.Failing},
		{"what was typed is repaired", repaired, upper, []string{"check.passed", "ca.seen"}, migration.Done, migration.Done},
		{"without the pair", verdict("OK", ""), noPair, []string{"check.passed"}, migration.Waiting, migration.LookAgain},
		{"with another pair", verdict("OK", ""), other, []string{"check.passed"}, migration.Waiting, migration.LookAgain},
		{"with the chain upside down", verdict("OK", ""), chain, []string{"check.passed", "ca.seen"}, migration.Done, migration.Done},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := sit(t, deskOptions{checker: tt.checker})
			id := d.payments(migration.Cloud)
			run := d.finish(d.StartCheck(t.Context(), id, tt.target))
			if got := d.kinds(id)[2:]; !slices.Equal(got, tt.facts) {
				t.Errorf("facts = %q, want %q", got, tt.facts)
			}
			st := d.statuses(id)
			if st[migration.StepUpload] != tt.upload || st[migration.StepTest] != tt.test {
				t.Errorf("upload %s, test %s; want %s, %s", st[migration.StepUpload], st[migration.StepTest], tt.upload, tt.test)
			}
			if (run.State == migration.RunPassed) != (run.Code == "OK") {
				t.Errorf("state %s of code %s", run.State, run.Code)
			}
		})
	}
}

// TestInputsChangeMeanwhile: a check speaks for what it was started with.
func TestInputsChangeMeanwhile(t *testing.T) {
	g := newGate()
	d := sit(t, deskOptions{checker: func(ctx context.Context, tg doctor.Target, emit func(doctor.Stage)) doctor.Report {
		g.wait(ctx)
		return verdict("OK", "")(ctx, tg, emit)
	}})
	id := d.payments(migration.Cloud)
	run := must(d.StartCheck(t.Context(), id, target()))(t)
	moved := home
	moved.Namespace = "moved.a1b2c"
	must(d.SetNamespace(t.Context(), id, moved))(t)
	g.open()
	d.finish(run, nil)
	if st := d.statuses(id); st[migration.StepTest] != migration.LookAgain || st[migration.StepUpload] != migration.LookAgain {
		t.Errorf("the old namespace's check ticked the new one's steps: %v", st)
	}
	must(d.SetNamespace(t.Context(), id, home))(t)
	if st := d.statuses(id); st[migration.StepTest] != migration.Done || st[migration.StepUpload] != migration.Done {
		t.Errorf("the check's own namespace does not find it: %v", st)
	}
}

// ready is payments with a passed test.
func (d desk) ready(mode migration.Mode) string {
	id := d.payments(mode)
	d.finish(d.StartCheck(d.t.Context(), id, target()))
	return id
}

func TestTransferRun(t *testing.T) {
	for _, tt := range []struct {
		name      string
		transfers transferer
		state     migration.RunState
		title     string
		step      migration.Status
		fact      string
	}{
		{"completes", ends("COMPLETED", true), migration.RunPassed, "Transfer complete", migration.Done, "COMPLETED"},
		{"fails as it should", ends("FAILED", true), migration.RunPassed, "Ended FAILED, as the scenario should", migration.Done, "FAILED"},
		{"fails", ends("FAILED", false), migration.RunFailed, "The workflow ended FAILED", migration.Failing, ""},
		{"is stuck", func(context.Context, transfer.Request, func([]transfer.Event)) transfer.Result {
			return transfer.Result{Status: "RUNNING", Verdict: doctor.Verdict{Code: "TQ-01", Title: "No worker polls the task queue"}}
		}, migration.RunFailed, "No worker polls the task queue", migration.Failing, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := sit(t, deskOptions{transfers: tt.transfers})
			id := d.ready(migration.Cloud)
			run := d.finish(d.StartTransfer(t.Context(), id, transfer.Request{Target: target(), Scenario: transfer.Refund, TaskQueue: "Q",
				Details: transfer.Details{Amount: 250}, Input: json.RawMessage(`{"typed":1}`)}))
			if run.State != tt.state || run.Title != tt.title || run.Number != 1 {
				t.Errorf("run = %s %q, want %s %q", run.State, run.Title, tt.state, tt.title)
			}
			asked := data[migration.TransferRequest](t, run.Request)
			if !strings.HasPrefix(asked.WorkflowID, "onramp-payments-") || asked.Scenario != transfer.Refund || asked.TaskQueue != "Q" || asked.Details.Amount != 250 || !asked.CustomInput {
				t.Errorf("Request = %s", run.Request)
			}
			if got := d.statuses(id)[migration.StepTransfer]; got != tt.step {
				t.Errorf("step transfer = %s, want %s", got, tt.step)
			}
			facts := must(d.store.Facts(t.Context(), id))(t)
			last := facts[len(facts)-1]
			if tt.fact == "" {
				if last.Kind == migration.FactTransfer {
					t.Errorf("a failed transfer left the fact %s", last.Data)
				}
				return
			}
			if got := data[migration.TransferData](t, last.Data); last.Kind != migration.FactTransfer ||
				got != (migration.TransferData{Run: run.ID, RunNumber: 1, WorkflowID: asked.WorkflowID, Status: tt.fact}) {
				t.Errorf("fact %s %s", last.Kind, last.Data)
			}
			entries := must(d.Entries(t.Context(), run.ID, 0))(t)
			if len(entries) != 3 || entries[0].Kind != migration.EntryEvent || data[transfer.Event](t, entries[0].Data).Event != "started" || entries[2].Kind != migration.EntryEnd {
				t.Errorf("entries = %v", entries)
			}
		})
	}
}

func TestTransferNeedsATest(t *testing.T) {
	d := sit(t, deskOptions{})
	id := d.payments(migration.Cloud)
	_, err := d.StartTransfer(t.Context(), id, transfer.Request{Target: target()})
	wantFault(t, "before the test", err, fault.Conflict, "")
	if runs := must(d.Runs(t.Context(), id, migration.TransferRun, 9))(t); len(runs) != 0 {
		t.Errorf("%d runs were stored", len(runs))
	}
}

// TestPayOnce: the same key gives the same run, and the same workflow id even to a store that forgot.
func TestPayOnce(t *testing.T) {
	started := make(chan string, 10)
	pay := transferer(func(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result {
		started <- req.WorkflowID
		return ends("COMPLETED", true)(ctx, req, emit)
	})
	d := sit(t, deskOptions{transfers: pay})
	id := d.ready(migration.Cloud)
	runs := make(chan migration.Run)
	for range 5 {
		go func() {
			r, err := d.StartTransferOnce(t.Context(), id, "key-1", transfer.Request{Target: target()})
			if err != nil {
				t.Error(err)
			}
			runs <- r
		}()
	}
	first := <-runs
	for range 4 {
		if r := <-runs; r.ID != first.ID {
			t.Errorf("the same key started %s and %s", first.ID, r.ID)
		}
	}
	d.finish(first, nil)
	must(d.SetNamespace(t.Context(), id, migration.NamespaceData{Namespace: "moved.a", Address: "m:1"}))(t) // the test is stale
	if again := must(d.StartTransferOnce(t.Context(), id, "key-1", transfer.Request{Target: target()}))(t); again.ID != first.ID || again.State != migration.RunPassed {
		t.Errorf("a reload after the end gives %s %s, want %s passed", again.ID, again.State, first.ID)
	}
	must(d.SetNamespace(t.Context(), id, home))(t)
	other := d.finish(d.StartTransferOnce(t.Context(), id, "key-2", transfer.Request{Target: target()}))
	if other.ID == first.ID || other.Number != 2 {
		t.Errorf("another key gives %s number %d", other.ID, other.Number)
	}
	workflows := []string{<-started, <-started}
	if len(started) != 0 || workflows[0] == workflows[1] {
		t.Errorf("workflows %q and %d more, want two different", workflows, len(started))
	}
	fresh := sit(t, deskOptions{transfers: pay})
	fresh.finish(fresh.StartTransferOnce(t.Context(), fresh.ready(migration.Cloud), "key-1", transfer.Request{Target: target()}))
	if got := <-started; got != workflows[0] {
		t.Errorf("workflow id of the key is %s, was %s", got, workflows[0])
	}
	_, err := d.StartTransferOnce(t.Context(), id, "", transfer.Request{Target: target()})
	wantFault(t, "no key", err, fault.Invalid, "key")
	given := d.finish(d.StartTransferOnce(t.Context(), id, "key-3", transfer.Request{Target: target(), WorkflowID: "mine"}))
	if got := data[migration.TransferRequest](t, given.Request).WorkflowID; got != "mine" || <-started != "mine" {
		t.Errorf("workflow id = %q, want the caller's", got)
	}
}

// held is a desk whose checks and transfers wait for a gate.
func held(t *testing.T, store *storetest.Memory) (desk, *gate) {
	g := newGate()
	d := sit(t, deskOptions{store: store,
		checker: func(ctx context.Context, tg doctor.Target, emit func(doctor.Stage)) doctor.Report {
			emit(doctor.Stage{ID: "input", Status: doctor.Running})
			g.wait(ctx)
			if ctx.Err() != nil {
				return verdict("unknown", "input")(ctx, tg, func(doctor.Stage) {})
			}
			return verdict("OK", "")(ctx, tg, emit)
		},
		transfers: func(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result {
			emit([]transfer.Event{{Event: "started"}})
			g.wait(ctx)
			if ctx.Err() != nil {
				return transfer.Result{WorkflowID: req.WorkflowID, RunID: "run-1", Status: "RUNNING"}
			}
			return ends("COMPLETED", true)(ctx, req, emit)
		}})
	return d, g
}

// noteTest makes step test done without a check.
func (d desk) noteTest(id string) {
	d.t.Helper()
	must(d.Note(d.t.Context(), id, migration.StepTest, "by hand", "dana"))(d.t)
}

func TestAtMostThreeRun(t *testing.T) {
	d, g := held(t, nil)
	id := d.payments(migration.Rehearsal)
	d.noteTest(id)
	var runs []migration.Run
	for range migration.MaxRunning {
		runs = append(runs, must(d.StartCheck(t.Context(), id, target()))(t))
	}
	_, err := d.StartCheck(t.Context(), id, target())
	wantFault(t, "a fourth check", err, fault.TooMany, "")
	for range migration.MaxRunning { // a stuck transfer must not keep the check from explaining it
		runs = append(runs, must(d.StartTransfer(t.Context(), id, transfer.Request{Target: target()}))(t))
	}
	_, err = d.StartTransfer(t.Context(), id, transfer.Request{Target: target()})
	wantFault(t, "a fourth transfer", err, fault.TooMany, "")
	for i := range migration.MaxFollowed { // looking on costs no worker
		runs = append(runs, must(d.FollowWorkflow(t.Context(), id, migration.Follow{Target: target(), WorkflowID: fmt.Sprintf("theirs-%d", i)}))(t))
	}
	_, err = d.FollowWorkflow(t.Context(), id, migration.Follow{Target: target(), WorkflowID: "one-more"})
	wantFault(t, "one more to follow", err, fault.TooMany, "")
	other := must(d.Create(t.Context(), "Other", "go", migration.Rehearsal, "mtls"))(t).ID
	runs = append(runs, must(d.StartCheck(t.Context(), other, target()))(t)) // others are not held up
	g.open()
	for _, r := range runs {
		if r = d.finish(r, nil); r.State != migration.RunPassed {
			t.Errorf("%s %d ended %s", r.Kind, r.Number, r.State)
		}
	}
	d.finish(d.StartCheck(t.Context(), id, target()))
}

// TestStop: a person or the end of the process interrupts a run, and the log says so.
func TestStop(t *testing.T) {
	for _, tt := range []struct {
		name string
		stop func(desk, migration.Run) error
		why  string
	}{
		{"by a person", func(d desk, r migration.Run) error { return d.Stop(t.Context(), r.MigrationID, r.ID) }, "stopped"},
		{"by Close", func(d desk, _ migration.Run) error { return d.Close() }, "Onramp stopped"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, kind := range []migration.RunKind{migration.CheckRun, migration.TransferRun} {
				d, _ := held(t, &storetest.Memory{})
				id := d.payments(migration.Rehearsal)
				d.noteTest(id)
				var run migration.Run
				var wantTitle string
				if kind == migration.CheckRun {
					run = must(d.StartCheck(t.Context(), id, target()))(t)
					wantTitle = "Interrupted: " + tt.why + " before it ended"
				} else {
					run = must(d.StartTransfer(t.Context(), id, transfer.Request{Target: target(), WorkflowID: "wf-7"}))(t)
					wantTitle = "Interrupted: " + tt.why + " before it ended; the workflow may still run on the server as wf-7"
				}
				if err := tt.stop(d, run); err != nil {
					t.Fatal(err)
				}
				run = d.finish(run, nil)
				if run.State != migration.RunInterrupted || run.Title != wantTitle || run.Code != "" {
					t.Errorf("%s ended %s %q %q, want interrupted %q", kind, run.State, run.Title, run.Code, wantTitle)
				}
				entries := must(d.Entries(t.Context(), run.ID, 0))(t)
				if last := data[migration.EndData](t, entries[len(entries)-1].Data); last.State != migration.RunInterrupted || last.Title != wantTitle {
					t.Errorf("last entry = %+v", last)
				}
				if slices.Contains(d.kinds(id), migration.FactCheck) || slices.Contains(d.kinds(id), migration.FactTransfer) {
					t.Errorf("an interrupted %s left a fact", kind)
				}
				err := d.Stop(t.Context(), id, run.ID)
				wantFault(t, "stopping what has ended", err, fault.Conflict, "")
				if tt.why == "Onramp stopped" {
					_, err := d.StartCheck(t.Context(), id, target())
					wantFault(t, "a check after Close", err, fault.Unavailable, "")
					if err := d.Close(); err != nil {
						t.Errorf("the second Close: %v", err)
					}
				}
			}
		})
	}
}

// TestResume: what a kill cut short is marked at the next start, and a transfer can be followed again.
func TestResume(t *testing.T) {
	store := &storetest.Memory{}
	killed, _ := held(t, store)
	id := killed.payments(migration.Rehearsal)
	killed.noteTest(id)
	check := must(killed.StartCheck(t.Context(), id, target()))(t)
	pay := must(killed.StartTransferOnce(t.Context(), id, "key", transfer.Request{Target: target(), Worker: "own", Scenario: transfer.Slow}))(t)
	workflow := data[migration.TransferRequest](t, pay.Request).WorkflowID

	asked := make(chan transfer.Request, 1)
	d := sit(t, deskOptions{store: store, transfers: func(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result {
		asked <- req
		return ends("COMPLETED", true)(ctx, req, emit)
	}})
	if err := d.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range []migration.Run{check, pay} {
		r = must(d.Run(t.Context(), id, r.ID))(t)
		entries := must(d.Entries(t.Context(), r.ID, 0))(t)
		last := entries[len(entries)-1]
		if r.State != migration.RunInterrupted || r.Ended.IsZero() || last.Kind != migration.EntryEnd || data[migration.EndData](t, last.Data).Title != r.Title {
			t.Errorf("%s: %s %q, last entry %s", r.Kind, r.State, r.Title, last.Data)
		}
		if r.Kind == migration.TransferRun && !strings.HasSuffix(r.Title, "the workflow may still run on the server as "+workflow) {
			t.Errorf("title %q does not name the workflow %s", r.Title, workflow)
		}
	}
	if err := d.Resume(t.Context()); err != nil {
		t.Errorf("a second Resume: %v", err)
	}
	if again := must(d.StartTransferOnce(t.Context(), id, "key", transfer.Request{Target: target()}))(t); again.ID != pay.ID {
		t.Error("the key pays again after a restart")
	}

	with := target()
	with.KeyPEM = []byte(keyPEM)
	follow := d.finish(d.FollowAgain(t.Context(), id, pay.ID, with))
	req := <-asked
	if !req.FollowOnly || req.WorkflowID != workflow || req.Worker != "own" || req.Scenario != transfer.Slow || string(req.Target.KeyPEM) != keyPEM {
		t.Errorf("FollowAgain asked follow %v of %s, worker %s, scenario %s", req.FollowOnly, req.WorkflowID, req.Worker, req.Scenario)
	}
	if follow.Number != 2 || follow.State != migration.RunPassed || d.statuses(id)[migration.StepTransfer] != migration.Done {
		t.Errorf("the following run %d ended %s, step %s", follow.Number, follow.State, d.statuses(id)[migration.StepTransfer])
	}
	_, err := d.FollowAgain(t.Context(), id, check.ID, target())
	wantFault(t, "following a check", err, fault.Conflict, "")
	_, err = d.FollowAgain(t.Context(), "other", pay.ID, target())
	wantFault(t, "following another migration's run", err, fault.NotFound, "")
}

// TestFollowAgainOnce: while a workflow is followed, asking again gives the run that follows it.
func TestFollowAgainOnce(t *testing.T) {
	d, g := held(t, nil)
	id := d.payments(migration.Rehearsal)
	d.noteTest(id)
	first := must(d.StartTransfer(t.Context(), id, transfer.Request{Target: target()}))(t)
	if same := must(d.FollowAgain(t.Context(), id, first.ID, target()))(t); same.ID != first.ID {
		t.Errorf("FollowAgain of a run under way started %s", same.ID)
	}
	if err := d.Stop(t.Context(), id, first.ID); err != nil {
		t.Fatal(err)
	}
	d.finish(first, nil)
	second := must(d.FollowAgain(t.Context(), id, first.ID, target()))(t)
	third := must(d.FollowAgain(t.Context(), id, first.ID, target()))(t)
	if second.ID == first.ID || third.ID != second.ID {
		t.Errorf("runs %s, %s, %s; want the third to be the second", first.ID, second.ID, third.ID)
	}
	if got := data[migration.TransferRequest](t, second.Request); got.RunID != "run-1" || !got.FollowOnly {
		t.Errorf("the run id that the first run saw is lost: %s", second.Request)
	}
	g.open()
	d.finish(second, nil)
}

// TestBrokenRun: a panic in a check ends that run and nothing else.
func TestBrokenRun(t *testing.T) {
	d := sit(t, deskOptions{checker: func(context.Context, doctor.Target, func(doctor.Stage)) doctor.Report { panic("broken") }})
	id := d.payments(migration.Rehearsal)
	run := d.finish(d.StartCheck(t.Context(), id, target()))
	if run.State != migration.RunFailed || run.Title != "Onramp could not finish this run" {
		t.Errorf("run = %s %q", run.State, run.Title)
	}
}

func TestRunsOfOthers(t *testing.T) {
	d := sit(t, deskOptions{})
	run := d.finish(d.StartCheck(t.Context(), d.payments(migration.Rehearsal), target()))
	other := must(d.Create(t.Context(), "Other", "go", migration.Rehearsal, "mtls"))(t).ID
	_, err := d.Run(t.Context(), other, run.ID)
	wantFault(t, "a run of another migration", err, fault.NotFound, "")
	_, err = d.StartCheck(t.Context(), "nobody", target())
	wantFault(t, "a check of no migration", err, fault.NotFound, "")
	wantFault(t, "stopping it there", d.Stop(t.Context(), other, run.ID), fault.NotFound, "")
}

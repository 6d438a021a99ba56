package migration_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/transfer"
)

// operator is a Transferer that writes down what it is asked to do, with which key.
type operator struct {
	transferer
	mu    sync.Mutex
	asked []string
	drill func(ctx context.Context, d transfer.Drill, progress func(transfer.DrillProgress)) (transfer.DrillReport, error)
}

func (o *operator) note(what string, req transfer.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, fmt.Sprintf("%s %s %s key %s", what, req.WorkflowID, req.RunID, req.Target.KeyPEM))
}

func (o *operator) Cancel(_ context.Context, req transfer.Request) error {
	o.note("cancel", req)
	return nil
}

func (o *operator) Terminate(_ context.Context, req transfer.Request, reason string) error {
	o.note("terminate ("+reason+")", req)
	return nil
}

func (o *operator) History(_ context.Context, req transfer.Request) ([]byte, error) {
	o.note("history", req)
	return []byte("{}"), nil
}

func (o *operator) Drill(ctx context.Context, d transfer.Drill, progress func(transfer.DrillProgress)) (transfer.DrillReport, error) {
	return o.drill(ctx, d, progress)
}

// tested is payments with a check that passed.
func (d desk) tested(mode migration.Mode) string {
	d.t.Helper()
	id := d.payments(mode)
	d.finish(d.StartCheck(d.t.Context(), id, target()))
	return id
}

// TestActOnAWorkflow: a run under way is acted on with its own key, one that has ended with the key given.
func TestActOnAWorkflow(t *testing.T) {
	hold := newGate()
	o := &operator{transferer: func(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result {
		hold.wait(ctx)
		return ends("CANCELED", false)(ctx, req, emit)
	}}
	d := sit(t, deskOptions{acting: o})
	id := d.tested(migration.Rehearsal)
	own, other := target(), target()
	own.KeyPEM, other.KeyPEM = []byte("own"), []byte("other")
	run := must(d.StartTransferOnce(t.Context(), id, "k", transfer.Request{Target: own, WorkflowID: "w-1"}))(t)
	if !d.Under(run.ID) {
		t.Error("a run that is under way is not")
	}
	act := func(key doctor.Target) {
		t.Helper()
		if err := d.CancelTransfer(t.Context(), id, run.ID, key); err != nil {
			t.Error(err)
		}
		if err := d.TerminateTransfer(t.Context(), id, run.ID, key, "enough"); err != nil {
			t.Error(err)
		}
		must(d.TransferHistory(t.Context(), id, run.ID, key))(t)
	}
	act(doctor.Target{})
	hold.open()
	d.finish(run, nil)
	if d.Under(run.ID) {
		t.Error("a run that has ended is under way")
	}
	act(other)
	want := []string{"cancel w-1  key own", "terminate (enough) w-1  key own", "history w-1  key own",
		"cancel w-1 run-1 key other", "terminate (enough) w-1 run-1 key other", "history w-1 run-1 key other"}
	if !slices.Equal(o.asked, want) {
		t.Errorf("asked for\n%q, want\n%q", o.asked, want)
	}
	check := must(d.Runs(t.Context(), id, migration.CheckRun, 1))(t)[0]
	wantFault(t, "cancel a check", d.CancelTransfer(t.Context(), id, check.ID, other), fault.Conflict, "")
	wantFault(t, "another migration's run", d.CancelTransfer(t.Context(), "nobody", run.ID, other), fault.NotFound, "")
}

// TestFollowSomebodyElses: a workflow that is there is followed once, with no worker of ours, and that it
// completed proves nothing of the migration.
func TestFollowSomebodyElses(t *testing.T) {
	hold := newGate()
	var asked transfer.Request
	d := sit(t, deskOptions{transfers: func(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result {
		asked = req
		emit([]transfer.Event{{Event: "activity", Data: transfer.Data{Worker: "7@long-ago", TaskQueue: "theirs"}}})
		hold.wait(ctx)
		return ends("COMPLETED", true)(ctx, req, emit)
	}})
	id := d.payments(migration.Cloud)
	_, err := d.FollowWorkflow(t.Context(), id, migration.Follow{Target: target(), WorkflowID: "theirs-7"})
	wantFault(t, "before a check", err, fault.Conflict, "")
	d.finish(d.StartCheck(t.Context(), id, target()))
	before := d.kinds(id)
	run := must(d.FollowWorkflow(t.Context(), id, migration.Follow{Target: target(), WorkflowID: "theirs-7", RunID: "r-1"}))(t)
	again := must(d.FollowWorkflow(t.Context(), id, migration.Follow{Target: target(), WorkflowID: "theirs-7"}))(t)
	if again.ID != run.ID {
		t.Error("one workflow is followed by two runs of a migration")
	}
	hold.open()
	run = d.finish(run, nil)
	if run.State != migration.RunPassed || run.Title != "The workflow ended COMPLETED" {
		t.Errorf("run %s %q", run.State, run.Title)
	}
	if !asked.FollowOnly || asked.Worker != "own" || asked.RunID != "r-1" || asked.WorkflowID != "theirs-7" {
		t.Errorf("asked %+v", asked)
	}
	if after := d.kinds(id); !slices.Equal(before, after) {
		t.Errorf("facts %q, want %q as before", after, before)
	}
}

// TestWorkerSeen: the worker that does a transfer's work is written down, the built-in one in a rehearsal only.
func TestWorkerSeen(t *testing.T) {
	for _, tt := range []struct {
		name  string
		mode  migration.Mode
		own   bool
		event transfer.Event
		want  *migration.PollerData
	}{
		{"built in, rehearsal", migration.Rehearsal, false, transfer.Event{Event: "worker", Data: transfer.Data{TaskQueue: "q-1", BuiltIn: true}}, &migration.PollerData{TaskQueue: "q-1", BuiltIn: true}},
		{"built in, for real", migration.Cloud, false, transfer.Event{Event: "worker", Data: transfer.Data{TaskQueue: "q-1", BuiltIn: true}}, nil},
		{"own took a task", migration.Cloud, true, transfer.Event{Event: "workflow", Data: transfer.Data{Worker: "7@box", TaskQueue: "q-2"}}, &migration.PollerData{TaskQueue: "q-2", Identity: "7@box"}},
		{"own on the queue asked for", migration.Cloud, true, transfer.Event{Event: "activity", Data: transfer.Data{Worker: "7@box"}}, &migration.PollerData{TaskQueue: "asked", Identity: "7@box"}},
		{"nobody took a task", migration.Cloud, true, transfer.Event{Event: "worker", Data: transfer.Data{TaskQueue: "q-2", WorkflowPollers: new(int)}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := sit(t, deskOptions{transfers: func(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result {
				emit([]transfer.Event{tt.event})
				emit([]transfer.Event{tt.event})
				return ends("COMPLETED", true)(ctx, req, emit)
			}})
			id := d.tested(tt.mode)
			req := transfer.Request{Target: target(), Worker: "builtin", TaskQueue: "asked"}
			if tt.own {
				req.Worker = "own"
			}
			d.finish(d.StartTransfer(t.Context(), id, req))
			var got []migration.PollerData
			for _, f := range must(d.store.Facts(t.Context(), id))(t) {
				if f.Kind == migration.FactPoller {
					got = append(got, data[migration.PollerData](t, f.Data))
				}
			}
			if tt.want == nil && len(got) > 0 || tt.want != nil && (len(got) != 1 || got[0] != *tt.want) {
				t.Errorf("workers written down: %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestDrillRun: one target, or two one after the other and compared; once per key; one at a time; stopped.
func TestDrillRun(t *testing.T) {
	hold := newGate()
	o := &operator{transferer: ends("COMPLETED", true)}
	o.drill = func(ctx context.Context, d transfer.Drill, progress func(transfer.DrillProgress)) (transfer.DrillReport, error) {
		progress(transfer.DrillProgress{Planned: d.Count, Started: d.Count, Done: d.Count})
		hold.wait(ctx)
		p50 := 10.0
		if d.Target.Plaintext {
			p50 = 5
		}
		return transfer.DrillReport{Address: d.Target.Address, Planned: d.Count, Done: d.Count,
			Latencies: []transfer.Latency{{Name: "total", Count: d.Count, P50: p50, P95: 2 * p50}}}, nil
	}
	d := sit(t, deskOptions{acting: o})
	id := d.tested(migration.Rehearsal)
	tg := target()
	tg.KeyPEM = []byte("-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----\n")
	plan := migration.DrillPlan{Drill: transfer.Drill{Request: transfer.Request{Target: tg}, Count: 7}, Beside: &doctor.Target{Address: "localhost:7233", Namespace: "default", Plaintext: true}}
	run := must(d.StartDrillOnce(t.Context(), id, "k", plan))(t)
	if again := must(d.StartDrillOnce(t.Context(), id, "k", plan))(t); again.ID != run.ID {
		t.Error("one key started two drills")
	}
	_, err := d.StartDrillOnce(t.Context(), id, "other", plan)
	wantFault(t, "a second drill", err, fault.TooMany, "")
	hold.open()
	run = d.finish(run, nil)
	res, ok := migration.ReadDrill(run)
	if !ok || len(res.Reports) != 2 || len(res.Changes) != 1 || res.Changes[0].A != 5 || res.Changes[0].B != 10 || res.Changes[0].Factor != 2 {
		t.Errorf("result %+v", res)
	}
	if run.State != migration.RunPassed || run.Title != "14 transfers ended as they should" {
		t.Errorf("%s %q", run.State, run.Title)
	}
	asked := data[migration.DrillRequest](t, run.Request)
	if asked.Count != 7 || asked.Rate != 5 || asked.Concurrency != 50 || asked.Seconds != 600 || asked.BesideAddress != "localhost:7233" {
		t.Errorf("request %+v", asked)
	}
	var progress []migration.DrillProgress
	for _, e := range must(d.Entries(t.Context(), run.ID, 0))(t) {
		if e.Kind == migration.EntryDrill {
			progress = append(progress, data[migration.DrillProgress](t, e.Data))
		}
	}
	if len(progress) != 2 || progress[0].Side != 0 || progress[1].Side != 1 || progress[1].Done != 7 {
		t.Errorf("progress %+v", progress)
	}
	for _, bad := range []transfer.Drill{{Count: 1e12}, {Rate: 1e9}, {Concurrency: 1e6}, {Time: 24 * time.Hour}, {Count: -1}} {
		bad.Target = tg
		if _, err := d.StartDrillOnce(t.Context(), id, "bad", migration.DrillPlan{Drill: bad}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v was not refused: %v", bad, err)
		}
	}
	if runs := must(d.Runs(t.Context(), id, migration.DrillRun, 10))(t); len(runs) != 1 {
		t.Errorf("%d drills, want 1: refused ones leave nothing", len(runs))
	}
}

// TestDrillStopped: a stop keeps what was measured.
func TestDrillStopped(t *testing.T) {
	o := &operator{transferer: ends("COMPLETED", true)}
	begun := newGate()
	o.drill = func(ctx context.Context, d transfer.Drill, _ func(transfer.DrillProgress)) (transfer.DrillReport, error) {
		begun.open()
		<-ctx.Done()
		return transfer.DrillReport{Address: d.Target.Address, Planned: d.Count, Done: 3, Failed: 4}, nil
	}
	d := sit(t, deskOptions{acting: o})
	id := d.tested(migration.Rehearsal)
	run := must(d.StartDrillOnce(t.Context(), id, "k", migration.DrillPlan{Drill: transfer.Drill{Request: transfer.Request{Target: target()}, Count: 7}}))(t)
	begun.wait(t.Context())
	if err := d.Stop(t.Context(), id, run.ID); err != nil {
		t.Fatal(err)
	}
	run = d.finish(run, nil)
	if res, ok := migration.ReadDrill(run); run.State != migration.RunInterrupted || !ok || res.Reports[0].Done != 3 {
		t.Errorf("%s, %+v", run.State, res)
	}
}

package migration_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/migration/storetest"
	"onramp/transfer"
)

// checker is a Checker that does what the test says.
type checker func(ctx context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report

func (c checker) Run(ctx context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report {
	return c(ctx, t, emit)
}

// transferer is a Transferer that does what the test says.
type transferer func(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result

func (f transferer) Run(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result {
	return f(ctx, req, emit)
}

func (f transferer) Cancel(context.Context, transfer.Request) error { return nil }

func (f transferer) Terminate(context.Context, transfer.Request, string) error { return nil }

func (f transferer) History(context.Context, transfer.Request) ([]byte, error) {
	return []byte("{}"), nil
}

func (f transferer) Drill(_ context.Context, d transfer.Drill, _ func(transfer.DrillProgress)) (transfer.DrillReport, error) {
	return transfer.DrillReport{Planned: d.Count, Done: d.Count}, nil
}

// verdict is a checker whose every stage passes up to the one at which the verdict falls.
func verdict(code, stage string) checker {
	return func(_ context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report {
		r := doctor.Report{Schema: doctor.Schema, Verdict: doctor.Verdict{Code: code, Stage: stage, Title: "Title of " + code},
			Target: doctor.ReportTarget{Address: t.Address, Namespace: t.Namespace, ServerName: t.ServerName}}
		reached := true
		for _, id := range doctor.StageIDs {
			st := doctor.Stage{ID: id, Status: doctor.NotReached}
			if reached {
				emit(doctor.Stage{ID: id, Status: doctor.Running})
				st.Status = doctor.Pass
				if id == stage {
					st.Status, reached = doctor.Fail, false
				}
				emit(st)
			}
			r.Stages = append(r.Stages, st)
		}
		return r
	}
}

// ends is a transferer whose workflow ends so.
func ends(status string, asExpected bool) transferer {
	return func(_ context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result {
		emit([]transfer.Event{{Event: "started", Data: transfer.Data{WorkflowID: req.WorkflowID}}})
		emit([]transfer.Event{{Event: "end", Status: status}})
		return transfer.Result{WorkflowID: req.WorkflowID, RunID: "run-1", Status: status, AsExpected: asExpected,
			Verdict: doctor.Verdict{Code: "OK"}}
	}
}

// desk is a Service on a store in memory, with migrations at hand.
type desk struct {
	*migration.Service
	store *storetest.Memory
	t     *testing.T
}

type deskOptions struct {
	checker   checker
	transfers transferer
	acting    migration.Transferer // instead of transfers
	store     *storetest.Memory
	now       func() time.Time
}

func sit(t *testing.T, o deskOptions) desk {
	t.Helper()
	if o.checker == nil {
		o.checker = verdict("OK", "")
	}
	if o.transfers == nil {
		o.transfers = ends("COMPLETED", true)
	}
	if o.store == nil {
		o.store = &storetest.Memory{}
	}
	var moves migration.Transferer = o.transfers
	if o.acting != nil {
		moves = o.acting
	}
	s, err := migration.New(migration.Options{Store: o.store, Checker: o.checker, Transfers: moves, Now: o.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return desk{s, o.store, t}
}

// payments makes the migration "payments" with namespace and certificate.
func (d desk) payments(mode migration.Mode) string {
	d.t.Helper()
	m := must(d.Create(d.t.Context(), "Payments", "python", mode, "mtls"))(d.t)
	must(d.SetNamespace(d.t.Context(), m.ID, home))(d.t)
	must(d.SetCertificate(d.t.Context(), m.ID, certificate("ca1", leafOf(certPEM))))(d.t)
	return m.ID
}

var home = migration.NamespaceData{Namespace: "payments.a1b2c", Address: "payments.a1b2c.tmprl.cloud:7233"}

func certificate(ca, leaf string) migration.CertificateData {
	return migration.CertificateData{Lane: "server", CAFingerprint: ca, LeafFingerprint: leaf,
		LeafNotAfter: time.Date(2099, 1, 2, 0, 0, 0, 0, time.UTC)}
}

// target is what a check of payments is given.
func target() doctor.Target {
	return doctor.Target{Address: home.Address, Namespace: home.Namespace, CertPEM: []byte(certPEM)}
}

// finish follows a run to its end and returns it.
func (d desk) finish(r migration.Run, err error) migration.Run {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	for _, err := range d.Follow(d.t.Context(), r.ID, 0) {
		if err != nil {
			d.t.Fatal(err)
		}
	}
	return must(d.Run(d.t.Context(), r.MigrationID, r.ID))(d.t)
}

func (d desk) statuses(id string) map[string]migration.Status {
	d.t.Helper()
	out := map[string]migration.Status{}
	for _, s := range must(d.View(d.t.Context(), id))(d.t).Steps {
		out[s.ID] = s.Status
	}
	return out
}

// kinds lists the facts of a migration.
func (d desk) kinds(id string) (out []string) {
	d.t.Helper()
	for _, f := range must(d.store.Facts(d.t.Context(), id))(d.t) {
		out = append(out, f.Kind)
	}
	return out
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantFault(t *testing.T, what string, err error, kind fault.Kind, field string) {
	t.Helper()
	if !fault.Is(err, kind) || fault.From(err).Field != field {
		t.Errorf("%s: %v, want a %s fault of field %q", what, err, kind, field)
	}
}

func data[T any](t *testing.T, text json.RawMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// gate holds a fake until it is opened.
type gate struct {
	once sync.Once
	c    chan struct{}
}

func newGate() *gate  { return &gate{c: make(chan struct{})} }
func (g *gate) open() { g.once.Do(func() { close(g.c) }) }
func (g *gate) wait(ctx context.Context) {
	select {
	case <-g.c:
	case <-ctx.Done():
	}
}

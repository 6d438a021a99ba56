package acts

import (
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
)

// changing is a migration in the rehearsal cloud on its way from one sign-in method to the other, up to a gate.
func (w *world) changing(from, gate string) {
	w.t.Helper()
	if from == cloud.AuthMTLS {
		w.tested()
	} else {
		w.made(migration.Rehearsal, cloud.AuthAPIKey)
		w.must(second2(w.Acts.Namespaces.CreateKey(w.ctx, dana, w.id(), "worker", 30)))
	}
	w.must(w.Switches.Start(w.ctx, dana, w.m.ID))
	if from == cloud.AuthAPIKey {
		w.must(w.issue())
	}
	if gate == "started" {
		return
	}
	w.must(w.Switches.Let(w.ctx, dana, w.m.ID))
	if gate == "both" {
		return
	}
	old, fresh := Credentials{Lent: true}, Credentials{APIKey: "api-key-canary-1"}
	if from == cloud.AuthAPIKey {
		old, fresh = fresh, old
	} else {
		w.must(second(w.Switches.CreateKey(w.ctx, dana, w.m.ID, "worker", 90)))
	}
	w.provesMethod(migration.NewMethod, fresh)
	w.provesMethod(migration.OldMethod, old)
}

// changingElsewhere is the same in Temporal Cloud, from client certificates to API keys.
func (w *world) changingElsewhere(gate string) {
	w.t.Helper()
	w.issuedIn(migration.Cloud)
	_, err := w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, "payments.a2dd6", "aws-us-east-1")
	w.must(err)
	w.must(w.Switches.Start(w.ctx, dana, w.m.ID))
	if gate == "started" {
		return
	}
	w.must(w.Switches.Let(w.ctx, dana, w.m.ID))
	if gate == "both" {
		return
	}
	w.must(w.Switches.TakeKey(w.ctx, dana, w.m.ID, migration.KeyRef{ID: "k2"}))
	w.provesMethod(migration.NewMethod, Credentials{APIKey: "two"})
	w.provesMethod(migration.OldMethod, Credentials{Lent: true})
}

// provesMethod checks with one method of a switch and waits for the end.
func (w *world) provesMethod(which string, c Credentials) {
	w.t.Helper()
	w.must(second(w.Switches.Check(w.ctx, dana, w.m.ID, which, c)))
	w.settle()
}

// TestSwitchInRehearsal: the old method goes only through the gate, its user is named, the migration signs in with the new one
// afterwards, and the same page leads back.
func TestSwitchInRehearsal(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.changing(cloud.AuthMTLS, "both")
	refused := func(want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) || !fault.NothingChanged(fault.All(err)...) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	auth := func() string {
		ns, err := w.cloud.Namespace(w.ctx, w.id())
		w.must(err)
		return ns.Auth
	}
	off := func() error { return w.Switches.TurnOff(w.ctx, dana, w.m.ID, true) }
	refused("have not been checked yet", off())
	refused("no API key yet", second(w.Switches.Check(w.ctx, dana, w.m.ID, migration.NewMethod, Credentials{APIKey: "x"})))
	w.must(second(w.Switches.CreateKey(w.ctx, dana, w.m.ID, "worker", 90)))
	refused("a different API key", second(w.Switches.Check(w.ctx, dana, w.m.ID, migration.NewMethod, Credentials{APIKey: "x"})))
	w.provesMethod(migration.NewMethod, Credentials{APIKey: "api-key-canary-1"})
	w.provesMethod(migration.OldMethod, Credentials{Lent: true})
	if auth() != cloud.AuthBoth {
		t.Fatal(auth())
	}
	w.cloud.seen = []cloud.Caller{{Identity: "worker-7", Leaf: "a1", LeafSubject: "CN=payments", Calls: 3, Open: 1, Last: time.Now()}, {Identity: "onramp", Leaf: "a1", Open: 1, Own: true}}
	before := len(w.records())
	refused("still in use", off())
	if got := fault.All(off())[0].Cause; !strings.Contains(got, "worker-7 with CN=payments") {
		t.Error(got)
	}
	if after := len(w.records()); after != before || auth() != cloud.AuthBoth {
		t.Errorf("a refusal leaves %d lines in the audit, and %s", after-before, auth())
	}
	w.cloud.seen = []cloud.Caller{{Identity: "worker-7", KeyID: "key-1", Calls: 3, Open: 1, Last: time.Now()}}
	refused("still in use", w.Switches.Back(w.ctx, dana, w.m.ID, migration.GateBoth))
	w.must(off())
	v := w.view()
	if sw := migration.SwitchOf(v); sw.Open() || sw.Done == nil || sw.Done.OnNew != 1 || auth() != cloud.AuthAPIKey || v.Migration.Auth != cloud.AuthAPIKey || v.Certificate != nil {
		t.Errorf("%+v, the namespace takes %s, the migration %s", sw.Done, auth(), v.Migration.Auth)
	}
	if s := v.Step(migration.StepTest); s.Status != migration.Done {
		t.Errorf("%+v", s)
	}
	list, err := w.db.List(w.ctx, migration.Query{Limit: 10})
	if w.must(err); list[0].Auth != cloud.AuthAPIKey {
		t.Error("lists know the old method")
	}

	// Back: the certificate of before is the migration's again.
	w.must(w.Switches.Start(w.ctx, dana, w.m.ID))
	w.must(w.Switches.Let(w.ctx, dana, w.m.ID))
	w.provesMethod(migration.NewMethod, Credentials{Lent: true})
	w.provesMethod(migration.OldMethod, Credentials{APIKey: "api-key-canary-1"})
	refused("still in use", off())
	w.cloud.seen = nil
	w.must(off())
	v = w.view()
	if v.Migration.Auth != cloud.AuthMTLS || v.Certificate == nil || v.Upload == nil || v.Step(migration.StepTest).Status != migration.Done || auth() != cloud.AuthMTLS {
		t.Errorf("%+v, the namespace takes %s", v.Steps, auth())
	}
	if r := w.records()[0]; r.Verb != custody.AuthSaved && r.Verb != custody.ReplaceRemoved || r.Person != dana.Person {
		t.Errorf("the audit's newest line is %+v", r)
	}
	if all := strings.Join(w.dump(), "\n"); strings.Contains(all, "api-key-canary") {
		t.Error("a key is somewhere")
	}
}

// TestSwitchWaitsForOwnTransfer: a transfer of Onramp's own signs in with the old method and is in no book of callers.
func TestSwitchWaitsForOwnTransfer(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.changing(cloud.AuthMTLS, "proof")
	w.flows.hold = make(chan struct{})
	run, err := w.transfer("once")
	w.must(err)
	if err := w.Switches.TurnOff(w.ctx, dana, w.m.ID, false); err == nil || !strings.Contains(err.Error(), "still signs in with the old method") {
		t.Errorf("%v", err)
	}
	close(w.flows.hold)
	w.ended(run.ID)
	w.must(w.Switches.TurnOff(w.ctx, dana, w.m.ID, false))
}

// TestSwitchBackLeavesBoth: a namespace that took both methods before is left as it was, and the audit tells of no change.
func TestSwitchBackLeavesBoth(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.tested()
	ns, err := w.cloud.Namespace(w.ctx, w.id())
	w.must(err)
	w.must(w.Acts.Namespaces.SaveAuth(Saw(w.ctx, Edition(ns.Auth)), dana, w.id(), cloud.AuthBoth))
	w.must(w.Switches.Start(w.ctx, dana, w.m.ID))
	w.must(w.Switches.Let(w.ctx, dana, w.m.ID))
	w.must(w.Switches.Back(w.ctx, dana, w.m.ID, migration.GateBoth))
	if ns, err = w.cloud.Namespace(w.ctx, w.id()); err != nil || ns.Auth != cloud.AuthBoth {
		t.Errorf("the namespace takes %s, %v", ns.Auth, err)
	}
	if rs, err := w.db.Records(w.ctx, custody.Query{Verb: custody.AuthSaved}); err != nil || len(rs) != 1 {
		t.Errorf("in the audit: %+v, %v", rs, err)
	}
}

// TestSwitchAddresses: while a namespace of Temporal Cloud takes both methods, API keys are checked at its regional endpoint and
// certificates at its own; before and after, both at its own.
func TestSwitchAddresses(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.changingElsewhere("started")
	at := func(auth string) doctor.Target {
		t.Helper()
		target, _, err := w.Switches.At(w.view(), auth)
		w.must(err)
		return target
	}
	if got := at(cloud.AuthAPIKey).Address; got != "payments.a2dd6.tmprl.cloud:7233" {
		t.Error(got)
	}
	w.must(w.Switches.Let(w.ctx, dana, w.m.ID))
	if got := at(cloud.AuthAPIKey).Address; got != "us-east-1.aws.api.temporal.io:7233" {
		t.Error(got)
	}
	if got := at(cloud.AuthMTLS).Address; got != "payments.a2dd6.tmprl.cloud:7233" {
		t.Error(got)
	}
	_, err := w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, "payments.a2dd6", "")
	w.must(err)
	w.must(w.Switches.TakeKey(w.ctx, dana, w.m.ID, migration.KeyRef{ID: "k2"}))
	if _, err := w.Switches.Check(w.ctx, dana, w.m.ID, migration.NewMethod, Credentials{APIKey: "two"}); err == nil || !strings.Contains(err.Error(), "region of the namespace is not known") {
		t.Errorf("%v", err)
	}
}

// TestOpsAndSwitch: with a Cloud Ops key the same gates hold, a key that is made is the switch's, and the simple change warns.
func TestOpsAndSwitch(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.tested()
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
	plan := func(auth string) (*cloud.Plan, error) {
		err := w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsSignIn, SignIn: auth})
		st, _ := w.CloudOps.State(dana, w.m.ID)
		return st.Plan, err
	}
	p, err := plan(cloud.AuthAPIKey)
	if w.must(err); !strings.Contains(strings.Join(p.Warnings, " "), "This turns off client certificates") {
		t.Errorf("%v", p.Warnings)
	}
	w.must(w.Switches.Start(w.ctx, dana, w.m.ID))
	if _, err := plan(cloud.AuthAPIKey); err == nil || !strings.Contains(err.Error(), "have not been checked yet") {
		t.Errorf("%v", err)
	}
	if _, err := plan(OpsBoth); err != nil {
		t.Error(err)
	}
	w.must(w.Switches.Let(w.ctx, dana, w.m.ID))
	w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsKey, Name: "worker", Days: 30}))
	st, _ := w.CloudOps.State(dana, w.m.ID)
	w.must(w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation))
	if _, _, err := w.CloudOps.TakeOpsKey(w.ctx, dana, w.m.ID); err != nil {
		t.Fatal(err)
	}
	if sw := migration.SwitchOf(w.view()); sw.Key == nil || sw.KeyLane != migration.KeyByOps || sw.Key.Print == "" {
		t.Errorf("%+v", sw)
	}
}

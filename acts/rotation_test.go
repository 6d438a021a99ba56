package acts

import (
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// keyed is a migration with an API key in the rehearsal cloud that is being replaced: up to a gate, "" for not begun.
func (w *world) keyed(gate string) {
	w.t.Helper()
	w.made(migration.Rehearsal, cloud.AuthAPIKey)
	w.must(second2(w.Acts.Namespaces.CreateKey(w.ctx, dana, w.id(), "worker", 30)))
	if gate == "" {
		return
	}
	w.must(w.Rotations.Start(w.ctx, dana, w.m.ID, migration.KeyRef{ID: "key-1"}))
	if gate == "started" {
		return
	}
	w.must(second(w.Rotations.CreateKey(w.ctx, dana, w.m.ID, "worker", 90)))
	if gate == "proof" {
		w.provesKey(migration.NewKey, "api-key-canary-2")
	}
}

// keyedElsewhere is the same in Temporal Cloud.
func (w *world) keyedElsewhere(gate string) {
	w.t.Helper()
	w.made(migration.Cloud, cloud.AuthAPIKey)
	w.must(w.Rotations.Start(w.ctx, dana, w.m.ID, migration.KeyRef{ID: "k1", Name: "worker"}))
	if gate == "started" {
		return
	}
	w.must(w.Rotations.TakeKey(w.ctx, dana, w.m.ID, migration.KeyRef{ID: "k2"}))
	if gate == "proof" {
		w.provesKey(migration.NewKey, "two")
	}
}

// provesKey checks with a key of a replacement and waits for the end.
func (w *world) provesKey(which, key string) {
	w.t.Helper()
	w.must(second(w.Rotations.Check(w.ctx, dana, w.m.ID, which, key)))
	w.settle()
}

// TestRotationInRehearsal: the old key goes only through the gate, its holder is named, and no key is in the store.
func TestRotationInRehearsal(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.keyed("key")
	refused := func(want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) || !fault.NothingChanged(fault.All(err)...) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	del := func() error { return w.Rotations.Delete(w.ctx, dana, w.m.ID, true) }
	refused("has not been checked yet", del())
	refused("already exists", second(w.Rotations.CreateKey(w.ctx, dana, w.m.ID, "worker", 90)))
	refused("This is the new API key", second(w.Rotations.Check(w.ctx, dana, w.m.ID, migration.OldKey, "api-key-canary-2")))
	w.provesKey(migration.OldKey, "api-key-canary-1")
	w.provesKey(migration.NewKey, "api-key-canary-2")
	before := len(w.records())
	w.cloud.seen = []cloud.Caller{{Identity: "worker-7", KeyID: "key-1", Calls: 3, Open: 1, Last: time.Now()}, {Identity: "onramp", KeyID: "key-1", Open: 1, Own: true}}
	refused("An API key that would be cut off", del())
	if got := fault.All(del())[0].Cause; !strings.Contains(got, "worker-7 with the API key of ID key-1") {
		t.Errorf("%s", got)
	}
	if after := len(w.records()); after != before {
		t.Errorf("a refused deletion leaves %d lines in the audit", after-before)
	}
	w.cloud.seen = []cloud.Caller{{Identity: "worker-7", KeyID: "key-2", Calls: 1, Open: 1, Last: time.Now()}}
	w.must(del())
	re := migration.RotationOf(w.view())
	if re.Open() || re.Deleted == nil || re.Deleted.OnNew != 1 || re.Deleted.Said {
		t.Errorf("%+v", re.Deleted)
	}
	ns, err := w.cloud.Namespace(w.ctx, w.id())
	if err != nil || len(ns.Keys) != 1 || ns.Keys[0].ID != "key-2" {
		t.Errorf("%+v, %v", ns.Keys, err)
	}
	if all := strings.Join(w.dump(), "\n"); strings.Contains(all, "api-key-canary") {
		t.Error("a key is somewhere")
	}
}

// TestSecondKeyByOps: a key that is made with a Cloud Ops key while one is being replaced becomes the new one.
func TestSecondKeyByOps(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.keyed("started")
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
	w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsKey, Name: "worker", Days: 30}))
	st, _ := w.CloudOps.State(dana, w.m.ID)
	w.must(w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation))
	if _, _, err := w.CloudOps.TakeOpsKey(w.ctx, dana, w.m.ID); err != nil {
		t.Fatal(err)
	}
	re := migration.RotationOf(w.view())
	if re.New == nil || re.Lane != migration.KeyByOps || re.New.Print == "" || re.New.Name != "worker" {
		t.Errorf("%+v", re)
	}
	if r := w.records()[0]; r.Verb != custody.KeyMade || r.Person != dana.Person {
		t.Errorf("the audit's newest line is %+v", r)
	}
}

// records are the lines of the audit, the newest first.
func (w *world) records() []custody.Record {
	w.t.Helper()
	rs, err := w.db.Records(w.ctx, custody.Query{Limit: 1000})
	w.must(err)
	return rs
}

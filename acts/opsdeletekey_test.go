package acts

import (
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// opsElsewhere is keyedElsewhere up to a gate, with a Cloud Ops API key in memory.
func (w *world) opsElsewhere(gate string) {
	w.t.Helper()
	w.CloudOps.o.CloudOps = opsAt(w.cloud)
	w.keyedElsewhere(gate)
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.NewSecret([]byte("ops"))))
}

// TestOpsDeleteKey: the old key of a replacement is deleted with a Cloud Ops API key once a person has noted that every worker
// has the new one and that has passed a check since; with the deletion the replacement has ended.
func TestOpsDeleteKey(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	plan := func() error { return w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsDeleteKey}) }
	refused := func(when string) {
		t.Helper()
		if err := plan(); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", when, err)
		}
	}
	w.opsElsewhere("key")
	refused("before the new key has passed")
	w.provesKey(migration.NewKey, "two")
	refused("before a note")
	w.must(w.Rotations.NoteWorkers(w.ctx, dana, w.m.ID, "the platform team says so"))
	refused("before a check since the note")
	w.provesKey(migration.NewKey, "two")
	w.must(plan())
	st, _ := w.CloudOps.State(dana, w.m.ID)
	if st.Plan == nil || st.Plan.Key == nil || st.Plan.Key.ID != "k1" {
		t.Fatalf("%+v", st.Plan)
	}
	w.must(w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation))
	s, err := w.CloudOps.ops.of(opsKey(dana, w.m.ID))
	w.must(err)
	if got := s.client.(*opsStandIn).deleted; !slices.Equal(got, []string{"k1"}) {
		t.Errorf("deleted: %v", got)
	}
	re := migration.RotationOf(w.view())
	if re.Open() || re.Deleted == nil || re.Deleted.Operation != st.Plan.Operation || re.Deleted.Said {
		t.Errorf("%+v", re)
	}
	records, err := w.db.Records(w.ctx, custody.Query{Verb: custody.ReplaceRemoved})
	if w.must(err); len(records) != 1 {
		t.Errorf("in the audit: %+v", records)
	}
	refused("when it has ended")
}

// TestOpsDeleteKeyPickedUp: a deletion that an earlier start sent ends the replacement when a key is given again.
func TestOpsDeleteKeyPickedUp(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.CloudOps.o.CloudOps = opsAt(w.cloud)
	w.keyedElsewhere("proof")
	w.must(w.Rotations.NoteWorkers(w.ctx, dana, w.m.ID, "the platform team says so"))
	ns, err := idOf(w.view())
	w.must(err)
	w.cloud.pending = &cloud.Plan{Operation: "op-1", Kind: cloud.KindKeyDelete, For: w.m.ID, Namespace: ns, Key: &cloud.KeyPlan{ID: "k1"}}
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.NewSecret([]byte("ops"))))
	if re := migration.RotationOf(w.view()); re.Open() || re.Deleted == nil || re.Deleted.Operation != "op-1" {
		t.Errorf("%+v", re)
	}
}

// TestOpsDeleteKeyInRehearsal: a rehearsal deletes its keys by the button of the replacement, which sees who calls.
func TestOpsDeleteKeyInRehearsal(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.keyed("proof")
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
	if err := w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsDeleteKey}); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
}

// TestOpsSignInGated: no sign-in method is turned off that a program was seen with, whichever of the two; both at once cut off
// nobody.
func TestOpsSignInGated(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.opsGiven()
	certificate := cloud.Caller{Identity: "old", Leaf: "l", CA: "c", Open: 1}
	key := cloud.Caller{Identity: "new", KeyID: "k1", Calls: 1, Last: time.Now()}
	own := cloud.Caller{Identity: "onramp", KeyID: "k1", Open: 1, Own: true}
	for _, tt := range []struct {
		name, to string
		seen     []cloud.Caller
		held     bool
	}{
		{"certificates off, seen with one", cloud.AuthAPIKey, []cloud.Caller{certificate, key}, true},
		{"certificates off, seen with keys alone", cloud.AuthAPIKey, []cloud.Caller{key}, false},
		{"keys off, seen with one", cloud.AuthMTLS, []cloud.Caller{certificate, key}, true},
		{"keys off, seen with certificates alone", cloud.AuthMTLS, []cloud.Caller{certificate}, false},
		{"keys off, Onramp's own call with one", cloud.AuthMTLS, []cloud.Caller{own}, false},
		{"both", cloud.AuthBoth, []cloud.Caller{certificate, key}, false},
	} {
		w.cloud.seen = tt.seen
		err := w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsSignIn, SignIn: tt.to})
		if fault.Is(err, fault.Conflict) != tt.held || !tt.held && err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestOpsPlanTakesAway: a plan that takes something away is judged again when it is sent: what was nobody's when it was shown may
// be somebody's now.
func TestOpsPlanTakesAway(t *testing.T) {
	for _, tt := range []struct {
		name string
		plan func(*world) OpsWish
		then func(*world) // what happens between the look at the plan and the press of its button
		want string
	}{
		{"a worker comes back with a certificate", func(w *world) OpsWish {
			w.opsGiven()
			return OpsWish{What: OpsSignIn, SignIn: cloud.AuthAPIKey}
		}, func(w *world) { w.cloud.seen = []cloud.Caller{{Identity: "worker-7", Leaf: "a1", Open: 1}} }, "still in use"},
		{"a change of the method begins", func(w *world) OpsWish {
			w.opsGiven()
			return OpsWish{What: OpsSignIn, SignIn: cloud.AuthAPIKey}
		}, func(w *world) { w.must(w.Switches.Start(w.ctx, dana, w.m.ID)) }, "have not been checked yet"},
		{"a worker comes back under the CA certificate", func(w *world) OpsWish {
			w.opsGiven()
			return OpsWish{What: OpsRemoveCA, Fingerprint: "ca9"}
		}, func(w *world) { w.cloud.seen = []cloud.Caller{{Identity: "worker-7", Leaf: "a1", CA: "ca9", Open: 1}} }, "still in use"},
		{"the note is taken back", func(w *world) OpsWish { w.noted(); return OpsWish{What: OpsDeleteKey} },
			func(w *world) { w.must(w.Rotations.Back(w.ctx, dana, w.m.ID, migration.GateWorkers)) }, "Nobody has confirmed"},
		{"the replacement is rolled back", func(w *world) OpsWish { w.noted(); return OpsWish{What: OpsDeleteKey} },
			func(w *world) { w.must(w.Rotations.Back(w.ctx, dana, w.m.ID, migration.GateKey)) }, "No API key is being replaced"},
		{"another key is replaced", func(w *world) OpsWish { w.noted(); return OpsWish{What: OpsDeleteKey} },
			func(w *world) {
				w.must(w.Rotations.Back(w.ctx, dana, w.m.ID, migration.GateKey))
				w.must(w.Rotations.Start(w.ctx, dana, w.m.ID, migration.KeyRef{ID: "k8"}))
				w.must(w.Rotations.TakeKey(w.ctx, dana, w.m.ID, migration.KeyRef{ID: "k9"}))
				w.provesKey(migration.NewKey, "nine")
				w.must(w.Rotations.NoteWorkers(w.ctx, dana, w.m.ID, "the platform team says so"))
				w.provesKey(migration.NewKey, "nine")
			}, "Another API key is being replaced now"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			wish := tt.plan(w)
			w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, wish))
			st, _ := w.CloudOps.State(dana, w.m.ID)
			tt.then(w)
			s, err := w.CloudOps.ops.of(opsKey(dana, w.m.ID))
			w.must(err)
			sent := false
			s.client.(*opsStandIn).sent = func() { sent = true }
			err = w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation)
			if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), tt.want) || !fault.NothingChanged(fault.All(err)...) || sent {
				t.Errorf("%v, sent: %v", err, sent)
			}
		})
	}
}

// noted is the replacement of an API key whose old one may be deleted with the Cloud Ops API key.
func (w *world) noted() {
	w.t.Helper()
	w.opsElsewhere("proof")
	w.must(w.Rotations.NoteWorkers(w.ctx, dana, w.m.ID, "the platform team says so"))
	w.provesKey(migration.NewKey, "two")
}

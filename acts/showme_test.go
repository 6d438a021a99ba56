package acts

import (
	"strings"
	"testing"

	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
)

// bare is a rehearsal of which nothing is done.
func bare(auth string) func(*world) {
	return func(w *world) {
		w.t.Helper()
		var err error
		w.m, err = w.Acts.Rehearsal.Now(w.ctx, dana, auth, "")
		w.must(err)
	}
}

// shown is a rehearsal of which so many parts were shown.
func shown(auth string, parts int) func(*world) {
	return func(w *world) {
		w.t.Helper()
		bare(auth)(w)
		for range parts {
			w.must(w.showNext())
			w.settle()
		}
	}
}

func (w *world) showNext() error {
	return second(w.Acts.Rehearsal.ShowNext(w.ctx, dana, w.m.ID, practiceSet))
}

// arrived reports whether the test transfer has completed.
func (w *world) arrived() bool { return w.view().Step(migration.StepTransfer).Status == migration.Done }

// TestShowMe: three presses from nothing to a completed transfer, whichever way workers sign in; a fourth does nothing.
func TestShowMe(t *testing.T) {
	for _, auth := range []string{cloud.AuthMTLS, cloud.AuthAPIKey} {
		t.Run(auth, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			v, err := w.Acts.Rehearsal.ShowMe(w.ctx, dana, auth, "", practiceSet)
			w.must(err)
			w.m = v.Migration
			if v.DoneCount != 3 || v.Next != migration.StepTest {
				t.Errorf("after the first part %d steps are done and %s is next", v.DoneCount, v.Next)
			}
			for _, kind := range []migration.RunKind{migration.CheckRun, migration.TransferRun} {
				s, err := w.Acts.Rehearsal.ShowNext(w.ctx, dana, w.m.ID, practiceSet)
				w.must(err)
				if s.Run.Kind != kind {
					t.Errorf("the next part is %q, want %q", s.Run.Kind, kind)
				}
				w.settle()
			}
			if !w.arrived() {
				t.Errorf("the transfer is %q", w.view().Step(migration.StepTransfer).Status)
			}
			before := w.dump()
			w.must(w.showNext())
			if diff := w.dump().shape(before); diff != "" {
				t.Errorf("another press changed something:\n%s", diff)
			}
			ns, err := w.cloud.Namespace(w.ctx, w.id())
			w.must(err)
			if auth == cloud.AuthAPIKey && len(ns.Keys) != 1 {
				t.Errorf("%d API keys are left, want the last run's alone", len(ns.Keys))
			}
		})
	}
}

// TestShowGoesOn: what was done by hand, forgotten, reset or cut short is no dead end.
func TestShowGoesOn(t *testing.T) {
	for _, tt := range []struct {
		name  string
		setup func(*world)
		then  func(*world)
		parts int // presses that are left
	}{
		{"steps done by hand", func(w *world) {
			bare(cloud.AuthMTLS)(w)
			w.must(second(w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, "payments.a2dd6", "")))
		}, nil, 3},
		{"a key that is not lent any more", shown(cloud.AuthMTLS, 2), func(w *world) { w.must(w.Keys.TakeBack(w.ctx, dana, w.m.ID)) }, 3},
		{"a rehearsal cloud that was emptied", shown(cloud.AuthMTLS, 1), func(w *world) { w.must(w.Acts.Rehearsal.Reset(w.ctx, dana)) }, 3},
		{"a restart", shown(cloud.AuthMTLS, 2), func(w *world) { w.end(); w.open() }, 3},
		{"a restart with an API key", shown(cloud.AuthAPIKey, 2), func(w *world) { w.end(); w.open() }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			defer func() { w.end() }()
			tt.setup(w)
			if tt.then != nil {
				tt.then(w)
			}
			for n := 1; !w.arrived(); n++ {
				if n > tt.parts {
					t.Fatalf("after %d presses the transfer is %q", tt.parts, w.view().Step(migration.StepTransfer).Status)
				}
				w.must(w.showNext())
				w.settle()
			}
		})
	}
}

// TestShowOnlyRehearsals: nothing is made in Temporal Cloud by itself.
func TestShowOnlyRehearsals(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.made(migration.Cloud, cloud.AuthMTLS)
	before := w.dump()
	if err := w.showNext(); !fault.Is(err, fault.Conflict) {
		t.Errorf("a migration to Temporal Cloud: %v", err)
	}
	if diff := w.dump().shape(before); diff != "" {
		t.Errorf("it changed something:\n%s", diff)
	}
}

// TestOwnNamespace: each rehearsal gets a namespace of its own, whatever it is called and whoever has the name already.
func TestOwnNamespace(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.made(migration.Rehearsal, cloud.AuthMTLS) // Payments has payments.a2dd6
	seen := map[string]bool{"payments.a2dd6": true}
	for _, name := range []string{"Payments", "Payments", "2024 ledger", "支払い", "x", strings.Repeat("Very long ", 8), strings.Repeat("Very long ", 7) + "too"} {
		m, err := w.Migrations.CreateNamed(w.ctx, dana, name, "go", migration.Rehearsal, cloud.AuthMTLS)
		w.must(err)
		v, err := w.Book.View(w.ctx, m.ID)
		w.must(err)
		id, err := w.Migrations.FreeNamespace(w.ctx, v)
		w.must(err)
		if seen[id.String()] {
			t.Errorf("%s would share %s", m.Name, id)
		}
		seen[id.String()] = true
		if _, err := w.Migrations.SetNamespace(w.ctx, dana, m.ID, id.String(), ""); err != nil {
			t.Errorf("%s: %s is refused: %v", m.Name, id, err)
		}
	}
}

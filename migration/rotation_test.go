package migration_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
)

// keyedDesk is a migration whose workers sign in with an API key.
func keyedDesk(t testing.TB, mode migration.Mode) *desk {
	t.Helper()
	d := sit(t, mode)
	d.m.Auth = cloud.AuthAPIKey
	d.must(d.view().SetNamespace(home))
	return d
}

func (d *desk) rotation() *migration.Rotation { return migration.RotationOf(d.view()) }

// rotating has begun to replace k1, and has k2 where second is set.
func rotating(t testing.TB, mode migration.Mode, second bool) *desk {
	t.Helper()
	d := keyedDesk(t, mode)
	d.must(migration.StartRotation(d.view(), "ro-1", migration.KeyRef{ID: "k1", Name: "worker"}))
	if second {
		lane, print := migration.KeyByAPerson, ""
		if mode == migration.Rehearsal {
			lane, print = migration.KeyByOnramp, cloud.KeyPrint("two")
		}
		d.must(migration.SetSecondKey(d.view(), lane, migration.KeyRef{ID: "k2", Name: "worker", Print: print}))
	}
	return d
}

// keyCheck is a check of the wizard with a key, which the server accepts or not.
func (d *desk) keyCheck(which, token string, accepted bool) migration.Outcome {
	c := d.about("")
	c.Auth, c.Passed, c.Accepted, c.Key = cloud.AuthAPIKey, accepted, accepted, cloud.KeyPrint(token)
	state, code := migration.RunFailed, "AK-03"
	if accepted {
		state, code = migration.RunPassed, "OK"
	}
	o := d.ended(migration.CheckRun, d.rotation().About(which, d.view().AboutCheck(c)), state, code)
	d.add(d.view().Checked(o, c))
	return o
}

// TestRotationByHand: each step in Temporal Cloud, what it needs, and what ends it.
func TestRotationByHand(t *testing.T) {
	d := keyedDesk(t, migration.Cloud)
	refused := func(want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(fault.All(err)[0].Title+" "+fault.All(err)[0].Cause, want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	start := func(k migration.KeyRef) error {
		_, err := migration.StartRotation(d.view(), "ro-1", k)
		return err
	}
	refused("key ID is missing", start(migration.KeyRef{Name: "worker"}))
	refused("an API key, not its ID", start(migration.KeyRef{ID: "eyJhbGciOiJub25lIn0.eyJqdGkiOiJhIn0.x"}))
	refused("an API key, not its ID", start(migration.KeyRef{ID: "k1", Name: "eyJhbGciOiJub25lIn0.eyJqdGkiOiJhIn0.x"}))
	refused("not a key ID", start(migration.KeyRef{ID: "k 1"}))
	refused("not the name of a key", start(migration.KeyRef{ID: "k1", Name: "a\nb"}))
	refused("No API key is being replaced", second(migration.SetSecondKey(d.view(), migration.KeyByAPerson, migration.KeyRef{ID: "k2"})))
	d.must(migration.StartRotation(d.view(), "ro-1", migration.KeyRef{ID: " k1 ", Name: "worker"}))
	refused("already being replaced", start(migration.KeyRef{ID: "k3"}))
	if r := d.rotation(); !r.Open() || r.Now() != migration.GateKey || r.Old.ID != "k1" || d.view().Summary(noon).Replacing != migration.ReplaceKey {
		t.Errorf("%+v", r)
	}
	refused("key that you are replacing", second(migration.SetSecondKey(d.view(), migration.KeyByAPerson, migration.KeyRef{ID: "k1"})))
	refused("no new API key yet", d.rotation().CanGive(migration.NewKey, "two"))
	d.must(migration.SetSecondKey(d.view(), migration.KeyByAPerson, migration.KeyRef{ID: "k2"}))
	refused("has not been checked yet", d.rotation().CanDelete())
	refused("has not been checked yet", second(migration.NoteKeyWorkers(d.view(), "I know")))
	d.keyCheck(migration.OldKey, "one", true)
	refused("This is the old API key", d.rotation().CanGive(migration.NewKey, " one\n"))
	if d.rotation().Passed(migration.GateProof) {
		t.Error("the old key alone proves nothing")
	}
	d.keyCheck(migration.NewKey, "two", false)
	d.keyCheck(migration.NewKey, "two", true)
	if r := d.rotation(); !r.Passed(migration.GateProof) || r.New.Refused != nil || !r.Old.Proven {
		t.Errorf("%+v", r.New)
	}
	refused("Nobody has confirmed", migration.DeletedElsewhere(d.view(), true))
	d.must(migration.NoteKeyWorkers(d.view(), "Argo shows revision 12 everywhere"))
	refused("has not seen that the old API key is deleted", migration.DeletedElsewhere(d.view(), false))

	// A key that was copied wrongly is refused too: that shows nothing.
	wrong := *d
	wrong.facts = slices.Clone(d.facts)
	wrong.now = func() time.Time { return noon.Add(time.Minute) }
	wrong.keyCheck(migration.OldKey, "on", false)
	refused("copied wrongly", migration.DeletedElsewhere(wrong.view(), false))

	// A person's word is enough once the new one has passed after it.
	said := *d
	said.facts = slices.Clone(d.facts)
	refused("has not been checked since", migration.DeletedElsewhere(said.view(), true))
	said.now = func() time.Time { return noon.Add(time.Minute) }
	said.keyCheck(migration.NewKey, "two", true)
	if err := migration.DeletedElsewhere(said.view(), true); err != nil {
		t.Error(err)
	}

	d.now = func() time.Time { return noon.Add(time.Minute) }
	d.keyCheck(migration.OldKey, "one", false)
	refused("has not been checked since", migration.DeletedElsewhere(d.view(), false))
	d.now = func() time.Time { return noon.Add(2 * time.Minute) }
	d.keyCheck(migration.NewKey, "two", true)
	if err := migration.DeletedElsewhere(d.view(), false); err != nil {
		t.Fatal(err)
	}
	d.must(migration.KeyDeleted(d.view(), migration.RotateEndData{}))
	if r := d.rotation(); r.Open() || r.Deleted == nil || d.view().Summary(noon).Replacing != "" {
		t.Errorf("%+v", r)
	}
	refused("nothing to roll back", second(migration.RotateBack(d.view(), migration.GateWorkers)))
	for _, f := range d.facts {
		if strings.Contains(string(f.Data), `"one"`) || strings.Contains(string(f.Data), `"two"`) {
			t.Errorf("a key is in %s", f.Data)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestRotationLeavesSteps: that the old key is refused at the end sends no step back, and an ordinary check with the new key
// proves it as well.
func TestRotationLeavesSteps(t *testing.T) {
	d := keyedDesk(t, migration.Cloud)
	c := d.about("")
	c.Auth, c.Passed, c.Accepted = cloud.AuthAPIKey, true, true
	d.check(c, migration.RunPassed, "OK", "")
	d.must(migration.StartRotation(d.view(), "ro-1", migration.KeyRef{ID: "k1"}))
	d.must(migration.SetSecondKey(d.view(), migration.KeyByOps, migration.KeyRef{ID: "k2", Print: cloud.KeyPrint("two")}))
	c.Key = cloud.KeyPrint("two")
	d.check(c, migration.RunPassed, "OK", "")
	if !d.rotation().Passed(migration.GateProof) {
		t.Error("an ordinary check with the new key proves nothing")
	}
	d.keyCheck(migration.OldKey, "one", false)
	if s := d.view().Step(migration.StepTest); s.Status != migration.Done {
		t.Errorf("%+v", s)
	}
	d.must(d.view().SetNamespace(migration.NamespaceData{Namespace: "other.a1b2c", Address: "other.a1b2c.tmprl.cloud:7233"}))
	if r := d.rotation(); !r.Overtaken || r.Open() || r.GoesOn() == nil {
		t.Errorf("%+v", r)
	}
	if _, err := migration.StartRotation(payments(t, migration.Cloud).view(), "x", migration.KeyRef{ID: "k1"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("with certificates: %v", err)
	}
}

// TestRotationMovedOn: a form of an older page is told who moved it on.
func TestRotationMovedOn(t *testing.T) {
	d := rotating(t, migration.Cloud, false)
	seen := d.view().Edition()
	facts, err := migration.SetSecondKey(d.view(), migration.KeyByAPerson, migration.KeyRef{ID: "k2", Name: "next"})
	d.must(facts, err)
	if err := d.view().MovedOn(seen); err == nil || !strings.Contains(fault.All(err)[0].Cause, "next (ID k2)") {
		t.Errorf("%v", err)
	}
	if err := d.view().Replaces(seen, facts); err == nil {
		t.Error("an older form takes the place of what it did not see")
	}
}

// keyProgram is somebody who calls the namespace with a key.
type keyProgram struct {
	name, key string
	open      bool
	last      time.Time
}

// TestRotationNeverCuts: whatever people, workers and restarts do and in whatever order, no step deletes a key that is seen,
// and none deletes the old one before the new one has passed a check.
func TestRotationNeverCuts(t *testing.T) {
	const window = time.Minute
	var tally sync.Map
	count := func(what string) {
		n, _ := tally.LoadOrStore(what, new(int))
		*n.(*int)++
	}
	rapid.Check(t, func(rt *rapid.T) {
		now := noon
		d := keyedDesk(t, migration.Rehearsal)
		d.now = func() time.Time { return now }
		since := now.Add(-time.Hour)
		live, made := map[string]bool{"k1": true}, 1
		world := []*keyProgram{{"a", "k1", true, now}, {"b", "k1", true, now}, {"c", "k1", false, now}}
		callers := func() cloud.Callers {
			c := cloud.Callers{Since: since, At: now}
			for _, p := range world {
				if !p.open && p.last.Before(since) {
					continue
				}
				x := cloud.Caller{Identity: p.name, KeyID: p.key, Calls: 1, Last: p.last}
				if p.open {
					x.Open = 1
				}
				c.List = append(c.List, x)
			}
			return c
		}
		step := func(what string, err error) bool {
			switch {
			case err == nil:
				count(what)
			case fault.Is(err, fault.Conflict), fault.Is(err, fault.Invalid):
				count(what + " refused")
			default:
				rt.Fatalf("%s: %v", what, err)
			}
			return err == nil
		}
		drop := func(key string) {
			for _, p := range world {
				if p.key == key && (p.open || now.Sub(p.last) < window) && (p.open || !p.last.Before(since)) {
					rt.Fatalf("%s cut off %s", key, p.name)
				}
			}
			delete(live, key)
		}
		remove := func() {
			r := d.rotation()
			err := r.CanDelete()
			if err == nil {
				err = r.Free(callers(), r.Old.ID, window)
			}
			if !step("delete", err) {
				return
			}
			if r.New == nil || r.New.Passed == nil {
				rt.Fatal("deleted without proof")
			}
			drop(r.Old.ID)
			d.must(migration.KeyDeleted(d.view(), r.Seen(callers())))
		}
		check := func(which string) {
			r := d.rotation()
			if r == nil || r.Side(which) == nil {
				return
			}
			key := r.Side(which).ID
			if r.CanGive(which, "token "+key) == nil && !r.Overtaken && !r.Undone {
				d.keyCheck(which, "token "+key, live[key])
			}
		}
		secondKey := func() {
			if !step("second key", d.rotation().CanTakeKey()) {
				return
			}
			made++
			id := fmt.Sprint("k", made)
			live[id] = true
			d.must(migration.SetSecondKey(d.view(), migration.KeyByOnramp, migration.KeyRef{ID: id, Print: cloud.KeyPrint("token " + id)}))
		}
		start := func() {
			var keys []string
			for k := range live {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			facts, err := migration.StartRotation(d.view(), fmt.Sprint("ro-", len(d.facts)), migration.KeyRef{ID: keys[0]})
			if step("start", err) {
				d.add(facts)
			}
		}
		move := func(p *keyProgram, key string) {
			if live[key] {
				p.key, p.open, p.last = key, true, now
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"what comes next": func(*rapid.T) {
				switch r := d.rotation(); {
				case !r.Open():
					start()
				case r.New == nil:
					secondKey()
				case !r.Passed(migration.GateProof):
					check(migration.NewKey)
				default:
					for _, p := range world {
						move(p, r.New.ID)
					}
					now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(rt, "seconds")) * time.Second)
					remove()
				}
			},
			"start":      func(*rapid.T) { start() },
			"second key": func(*rapid.T) { secondKey() },
			"check": func(rt *rapid.T) {
				check(rapid.SampledFrom([]string{migration.OldKey, migration.NewKey}).Draw(rt, "which"))
			},
			"one program": func(rt *rapid.T) {
				p := world[rapid.IntRange(0, 2).Draw(rt, "program")]
				if r := d.rotation(); rapid.Bool().Draw(rt, "goes") || r == nil {
					p.open = false
				} else if r.New != nil && rapid.Bool().Draw(rt, "moves") {
					move(p, r.New.ID)
				} else {
					move(p, r.Old.ID)
				}
			},
			"time": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			},
			"delete": func(*rapid.T) { remove() },
			"back": func(rt *rapid.T) {
				gate := rapid.SampledFrom([]string{migration.GateKey, migration.GateProof, migration.GateWorkers, "nonsense"}).Draw(rt, "gate")
				facts, err := migration.RotateBack(d.view(), gate)
				r := d.rotation()
				if err == nil && r.Deletes(gate) {
					if err = r.Free(callers(), r.New.ID, window); err == nil {
						drop(r.New.ID)
					}
				}
				if step("back "+gate, err) {
					d.add(facts)
				}
			},
			"onramp restarts": func(*rapid.T) {
				since = now
				for _, p := range world {
					p.open = false
				}
			},
			"": func(rt *rapid.T) {
				r := d.rotation()
				for i, gate := range migration.KeyGates {
					if i > 0 && r != nil && r.Passed(gate) && !r.Passed(migration.KeyGates[i-1]) && r.Open() {
						rt.Fatalf("gate %s is behind it and one before is not: %+v", gate, r)
					}
				}
			},
		})
	})
	for _, must := range []string{"start", "start refused", "second key", "delete", "delete refused", "back key", "back key refused", "back nonsense refused"} {
		n, ok := tally.Load(must)
		if !ok && !testing.Short() {
			t.Errorf("no %q happened: the model is too tame", must)
			continue
		}
		if ok {
			t.Logf("%-16s %d", must, *n.(*int))
		}
	}
}

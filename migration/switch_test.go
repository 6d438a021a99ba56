package migration_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
)

func (d *desk) changing() *migration.Switch { return migration.SwitchOf(d.view()) }

// switched writes facts down as the store does: the end of a switch makes its method the migration's.
func (d *desk) switched(facts []migration.Fact, err error) {
	d.t.Helper()
	d.must(facts, err)
	for _, f := range facts {
		if to := migration.SwitchedTo(f); to != "" {
			d.m.Auth = to
		}
	}
}

// tries is a check of the wizard with a credential of one method, which the server accepts or not.
func (d *desk) tries(which, given string, accepted bool) {
	d.t.Helper()
	s := d.changing()
	auth := s.Side(which).Auth
	as := migration.SignedIn(d.view(), auth)
	c := migration.Check{Namespace: home.Namespace, Address: home.Address, Auth: auth, Passed: accepted, Accepted: accepted, Made: d.now()}
	code := "OK"
	if auth == cloud.AuthAPIKey {
		c.Key = cloud.KeyPrint(given)
	} else {
		c.Leaf = given
	}
	state := migration.RunPassed
	if !accepted {
		state, code = migration.RunFailed, map[string]string{cloud.AuthAPIKey: "AK-01", cloud.AuthMTLS: "AK-02"}[auth]
	}
	o := d.ended(migration.CheckRun, s.About(which, as.AboutCheck(c)), state, code)
	d.add(d.view().Checked(o, c))
}

func (d *desk) says(want string, err error) {
	d.t.Helper()
	if err == nil || !strings.Contains(fault.All(err)[0].Title+" "+fault.All(err)[0].Cause, want) {
		d.t.Errorf("got %v, want %q", err, want)
	}
}

// TestSwitchToKeysByHand: from client certificates to API keys in Temporal Cloud, what each step needs, and what ends it.
func TestSwitchToKeysByHand(t *testing.T) {
	d := payments(t, migration.Cloud)
	d.passes()
	d.says("not being changed", second(migration.LetBoth(d.view(), migration.KeyByAPerson, false)))
	d.must(migration.StartSwitch(d.view(), "sw-1"))
	d.says("sign-in method is being changed", second(migration.StartSwitch(d.view(), "sw-2")))
	d.says("sign-in method is being changed", second(d.view().StartReplacement("re-1", migration.ReplaceCA)))
	if s := d.changing(); s.Now() != migration.GateBoth || s.Old.Auth != cloud.AuthMTLS || s.New.Auth != cloud.AuthAPIKey || d.view().Summary(noon).Replacing != migration.ReplaceAuth {
		t.Errorf("%+v", s)
	}
	d.says("does not take API keys yet", d.changing().CanTakeKey())
	d.says("does not take both methods yet", d.changing().CanCheck(migration.OldMethod))
	d.must(migration.LetBoth(d.view(), migration.KeyByAPerson, false))
	d.says("takes both methods already", second(migration.LetBoth(d.view(), migration.KeyByAPerson, true)))
	d.says("There is no API key yet", d.changing().CanCheck(migration.NewMethod))
	d.says("key ID is missing", second(migration.SetSwitchKey(d.view(), migration.KeyByAPerson, migration.KeyRef{})))
	d.must(migration.SetSwitchKey(d.view(), migration.KeyByAPerson, migration.KeyRef{ID: "k1", Name: "fleet"}))
	d.says("have not been checked yet", d.changing().CanTurnOff())
	d.tries(migration.NewMethod, "one", true)
	if d.changing().Passed(migration.GateProof) {
		t.Error("the new method alone proves nothing: the old one must still work")
	}
	d.tries(migration.OldMethod, "leaf1", false)
	d.says("have not been checked yet", second(migration.NoteSwitchWorkers(d.view(), "I know")))
	d.tries(migration.OldMethod, "leaf1", true)
	if !d.changing().Passed(migration.GateProof) {
		t.Errorf("%+v", d.changing())
	}
	d.says("Nobody has confirmed", migration.TurnedOffElsewhere(d.view(), true))
	d.must(migration.NoteSwitchWorkers(d.view(), "Argo shows revision 12 everywhere"))
	d.says("has not seen that client certificates are turned off", migration.TurnedOffElsewhere(d.view(), false))
	d.says("has not been checked since", migration.TurnedOffElsewhere(d.view(), true))

	// A certificate that never passed may be refused for another reason.
	wrong := *d
	wrong.facts = slices.Clone(d.facts)
	wrong.now = func() time.Time { return noon.Add(time.Minute) }
	wrong.tries(migration.OldMethod, "leaf7", false)
	d.says("another reason", migration.TurnedOffElsewhere(wrong.view(), false))
	if !wrong.changing().SaidAlone() {
		t.Error("a person's word would count as seen")
	}

	d.now = func() time.Time { return noon.Add(time.Minute) }
	d.tries(migration.OldMethod, "leaf1", false)
	d.says("has not been checked since", migration.TurnedOffElsewhere(d.view(), false))
	d.now = func() time.Time { return noon.Add(2 * time.Minute) }
	d.tries(migration.NewMethod, "one", true)
	if err := migration.TurnedOffElsewhere(d.view(), false); err != nil || d.changing().SaidAlone() {
		t.Fatal(err)
	}
	d.switched(migration.Switched(d.view(), migration.SwitchEndData{}, nil))
	v := d.view()
	if s := d.changing(); s.Open() || s.Done == nil || v.Migration.Auth != cloud.AuthAPIKey || v.Certificate != nil || v.Summary(noon).Replacing != "" {
		t.Errorf("%+v, auth %s", s, v.Migration.Auth)
	}
	if s := v.Step(migration.StepTest); s.Status != migration.Done || s.Run == "" {
		t.Errorf("the check with the new method is not that of the step: %+v", s)
	}
	d.says("nothing to roll back", second(migration.SwitchBack(d.view(), migration.GateWorkers)))
	d.tries(migration.OldMethod, "leaf1", false) // shown on the page of what is done
	if d.changing().Old.Refused == nil || d.status(migration.StepTest) != migration.Done {
		t.Error("the refusal of the old method sends a step back, or is not seen")
	}
	for _, f := range d.facts {
		if strings.Contains(string(f.Data), `"one"`) {
			t.Errorf("a key is in %s", f.Data)
		}
	}

	// And back: the certificate of before does, and is the migration's again at the end.
	d.must(migration.StartSwitch(d.view(), "sw-3"))
	d.says("sign-in method is being changed", second(migration.StartRotation(d.view(), "ro-1", migration.KeyRef{ID: "k1"})))
	if v := d.view(); v.Certificate == nil || migration.TakesCertificates(v) != nil || v.Step(migration.StepCertificates).Status != migration.Done || d.status(migration.StepTest) != migration.Done {
		t.Errorf("%+v", v.Steps)
	}
	d.must(migration.LetBoth(d.view(), migration.KeyByOps, false))
	d.tries(migration.NewMethod, "leaf1", true)
	d.tries(migration.OldMethod, "one", true)
	d.must(d.view().SetCertificate(certificate("ca2", "leaf2")))
	if d.changing().Passed(migration.GateProof) {
		t.Error("another certificate was never checked")
	}
	d.tries(migration.NewMethod, "leaf2", true)
	d.must(migration.NoteSwitchWorkers(d.view(), "all restarted"))
	d.now = func() time.Time { return noon.Add(3 * time.Minute) }
	d.tries(migration.NewMethod, "leaf2", true)
	if err := migration.TurnedOffElsewhere(d.view(), true); err != nil || !d.changing().SaidAlone() {
		t.Fatal(err)
	}
	d.switched(migration.Switched(d.view(), migration.SwitchEndData{Said: true}, nil))
	if v := d.view(); v.Migration.Auth != cloud.AuthMTLS || v.Certificate.LeafFingerprint != "leaf2" || d.status(migration.StepTest) != migration.Done || d.status(migration.StepUpload) != migration.Done {
		t.Errorf("%+v", d.view().Steps)
	}
}

// TestSwitchOnce: without both methods the change is made in one step; what it needs, and what no step asks for.
func TestSwitchOnce(t *testing.T) {
	d := keyedDesk(t, migration.Cloud)
	d.says("has no certificates", migration.TakesCertificates(d.view()))
	d.must(migration.StartSwitch(d.view(), "sw-1"))
	d.says("no client certificate yet", second(migration.LetBoth(d.view(), migration.KeyByAPerson, true)))
	d.must(d.view().SetCertificate(certificate("ca1", "leaf1")))
	d.must(migration.LetBoth(d.view(), migration.KeyByAPerson, true))
	d.says("one step was chosen", second(migration.LetBoth(d.view(), migration.KeyByAPerson, false)))
	d.says("does not take client certificates yet", d.changing().CanCheck(migration.NewMethod))
	if s := d.changing(); s.Now() != migration.GateWorkers || !s.Once() {
		t.Errorf("%+v", s)
	}
	d.tries(migration.OldMethod, "one", true)
	d.must(migration.NoteSwitchWorkers(d.view(), "every worker is stopped"))
	if err := d.changing().CanCheck(migration.NewMethod); err != nil {
		t.Error(err)
	}
	d.now = func() time.Time { return noon.Add(time.Minute) }
	d.tries(migration.OldMethod, "one", false)
	d.now = func() time.Time { return noon.Add(2 * time.Minute) }
	d.tries(migration.NewMethod, "leaf1", true)
	if err := migration.TurnedOffElsewhere(d.view(), false); err != nil {
		t.Error(err)
	}
	d.must(d.view().SetNamespace(migration.NamespaceData{Namespace: "other.a1b2c", Address: "other.a1b2c.tmprl.cloud:7233"}))
	if s := d.changing(); !s.Overtaken || s.Open() || s.GoesOn() == nil {
		t.Errorf("%+v", s)
	}
}

// TestSwitchMovedOn: a form of an older page is told who moved it on.
func TestSwitchMovedOn(t *testing.T) {
	d := payments(t, migration.Cloud)
	d.must(migration.StartSwitch(d.view(), "sw-1"))
	seen := d.view().Edition()
	facts, err := migration.LetBoth(d.view(), migration.KeyByAPerson, false)
	d.must(facts, err)
	if err := d.view().MovedOn(seen); err == nil || !strings.Contains(fault.All(err)[0].Cause, "takes both sign-in methods now") {
		t.Errorf("%v", err)
	}
	if err := d.view().Replaces(seen, facts); err == nil {
		t.Error("an older form takes the place of what it did not see")
	}
}

// TestSwitchRefusals: a check that stopped somewhere else says nothing about a method, nor does one that was made elsewhere.
func TestSwitchRefusals(t *testing.T) {
	d := payments(t, migration.Cloud)
	d.must(migration.StartSwitch(d.view(), "sw-1"))
	d.must(migration.LetBoth(d.view(), migration.KeyByAPerson, false))
	d.must(migration.SetSwitchKey(d.view(), migration.KeyByAPerson, migration.KeyRef{ID: "k1"}))
	for _, code := range []string{"DN-01", "TC-01", "AK-08", "SV-01", "WF-01"} {
		o := d.ended(migration.CheckRun, d.changing().About(migration.NewMethod, "x"), migration.RunFailed, code)
		if facts := d.view().Checked(o, migration.Check{Key: "p"}); len(facts) > 0 {
			t.Errorf("%s: %v", code, facts)
		}
	}
	o := d.ended(migration.CheckRun, d.changing().About(migration.NewMethod, "x"), migration.RunPassed, "OK")
	if facts := d.view().Checked(o, migration.Check{}); len(facts) > 0 {
		t.Errorf("without a credential: %v", facts)
	}
	o.From = "elsewhere"
	if facts := d.view().Checked(o, migration.Check{Key: "p"}); len(facts) > 0 {
		t.Errorf("reported: %v", facts)
	}
}

// switchProgram is somebody who calls the namespace with one of the methods.
type switchProgram struct {
	name, auth string
	open       bool
	last       time.Time
}

// TestSwitchNeverCuts: whatever people, workers and restarts do and in whatever order, in both directions and with or without
// both methods, no step turns off a method that a program is seen with, and none turns the old one off beside the new one
// before both have passed a check.
func TestSwitchNeverCuts(t *testing.T) {
	const window = time.Minute
	tally := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		now := noon
		d := payments(t, migration.Rehearsal)
		d.now = func() time.Time { return now }
		since := now.Add(-time.Hour)
		first := rapid.SampledFrom([]string{cloud.AuthMTLS, cloud.AuthAPIKey}).Draw(rt, "first")
		d.m.Auth = first
		ns := cloud.Namespace{Auth: first, Keys: []cloud.Key{{ID: "k1"}}, CAs: []cloud.CA{{Fingerprint: "ca1"}}}
		world := []*switchProgram{{"a", first, true, now}, {"b", first, true, now}, {"c", first, false, now}}
		callers := func() cloud.Callers {
			c := cloud.Callers{Since: since, At: now}
			for _, p := range world {
				if !p.open && p.last.Before(since) {
					continue
				}
				x := cloud.Caller{Identity: p.name, Leaf: "leaf1", Calls: 1, Last: p.last}
				if p.auth == cloud.AuthAPIKey {
					x.KeyID, x.Leaf = "k1", ""
				}
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
				tally[what]++
			case fault.Is(err, fault.Conflict), fault.Is(err, fault.Invalid):
				tally[what+" refused"]++
			default:
				rt.Fatalf("%s: %v", what, err)
			}
			return err == nil
		}
		set := func(auth string) {
			for _, p := range world {
				if auth != cloud.AuthBoth && p.auth != auth && ns.Takes(p.auth) && (p.open || now.Sub(p.last) < window) && (p.open || !p.last.Before(since)) {
					rt.Fatalf("%s alone cuts off %s", auth, p.name)
				}
			}
			ns.Auth = auth
		}
		start := func() {
			facts, err := migration.StartSwitch(d.view(), fmt.Sprint("sw-", len(d.facts)))
			if step("start", err) {
				d.add(facts)
			}
		}
		let := func(once bool) {
			s := d.changing()
			facts, err := migration.LetBoth(d.view(), migration.KeyByOnramp, once)
			auth := ns.Auth
			if err == nil && !once {
				auth, err = s.Let(ns)
			}
			if step(map[bool]string{true: "once", false: "both"}[once], err) {
				set(auth)
				d.add(facts)
			}
		}
		key := func() {
			facts, err := migration.SetSwitchKey(d.view(), migration.KeyByOnramp, migration.KeyRef{ID: "k1", Print: cloud.KeyPrint("one")})
			if step("key", err) {
				d.add(facts)
			}
		}
		check := func(which string) {
			s := d.changing()
			if s.CanCheck(which) != nil {
				return
			}
			auth := s.Side(which).Auth
			d.tries(which, map[string]string{cloud.AuthMTLS: "leaf1", cloud.AuthAPIKey: "one"}[auth], ns.Takes(auth))
		}
		off := func() {
			s := d.changing()
			var auth string
			err := s.CanTurnOff()
			if err == nil {
				auth, err = s.TurnOff(ns, callers(), window)
			}
			if !step("off", err) {
				return
			}
			if !s.Once() && (s.New.Passed == nil || s.Old.Passed == nil) {
				rt.Fatal("turned off without proof")
			}
			set(auth)
			if s.Once() {
				tally["off once"]++
			} else {
				tally["off "+s.Old.Auth]++
			}
			facts, err := migration.Switched(d.view(), s.Seen(callers()), []string{"ca1"})
			if err != nil {
				rt.Fatal(err)
			}
			d.switched(facts, nil)
			if d.m.Auth != ns.Auth {
				rt.Fatalf("the migration signs in with %s, its namespace takes %s", d.m.Auth, ns.Auth)
			}
		}
		move := func(p *switchProgram, auth string) {
			if ns.Takes(auth) {
				p.auth, p.open, p.last = auth, true, now
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"what comes next": func(*rapid.T) {
				switch s := d.changing(); {
				case !s.Open():
					start()
				case s.Both == nil:
					let(rapid.IntRange(0, 2).Draw(rt, "once") == 0)
				case !s.Made():
					key()
				case !s.Passed(migration.GateProof):
					check(migration.NewMethod)
					check(migration.OldMethod)
				default:
					for _, p := range world {
						if s.Once() {
							p.open = false
						} else {
							move(p, s.New.Auth)
						}
					}
					now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(rt, "seconds")) * time.Second)
					off()
				}
			},
			"start": func(*rapid.T) { start() },
			"let":   func(rt *rapid.T) { let(rapid.Bool().Draw(rt, "once")) },
			"key":   func(*rapid.T) { key() },
			"check": func(rt *rapid.T) {
				check(rapid.SampledFrom([]string{migration.OldMethod, migration.NewMethod}).Draw(rt, "which"))
			},
			"one program": func(rt *rapid.T) {
				p := world[rapid.IntRange(0, 2).Draw(rt, "program")]
				if rapid.Bool().Draw(rt, "goes") {
					p.open = false
				} else {
					move(p, rapid.SampledFrom([]string{cloud.AuthMTLS, cloud.AuthAPIKey}).Draw(rt, "auth"))
				}
			},
			"time": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			},
			"off": func(*rapid.T) { off() },
			"back": func(rt *rapid.T) {
				gate := rapid.SampledFrom(append([]string{"nonsense"}, migration.SwitchGates...)).Draw(rt, "gate")
				facts, err := migration.SwitchBack(d.view(), gate)
				s, auth := d.changing(), ns.Auth
				if err == nil && s.TakesBack(gate) {
					auth, err = s.TakeBack(ns, callers(), window)
				}
				if step("back "+gate, err) {
					set(auth)
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
				s := d.changing()
				for i, gate := range migration.SwitchGates {
					if i > 0 && s.Open() && s.Passed(gate) && !s.Passed(migration.SwitchGates[i-1]) {
						rt.Fatalf("gate %s is behind it and one before is not: %+v", gate, s)
					}
				}
			},
		})
	})
	for _, must := range []string{"start", "start refused", "both", "once", "key", "off", "off mtls", "off api-key", "off once", "off refused", "back both", "back both refused", "back nonsense refused"} {
		if tally[must] == 0 && !testing.Short() {
			t.Errorf("no %q happened: the model is too tame", must)
			continue
		}
		t.Logf("%-22s %d", must, tally[must])
	}
}

package migration_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
)

// bundleCloud is a rehearsal cloud that knows one namespace: its bundle, and callers who come and go.
type bundleCloud struct {
	now    func() time.Time
	bundle []byte
	since  time.Time
	world  []*program
	read   map[string]cloud.Namespace // by bundle
}

// program is somebody who calls the namespace.
type program struct {
	name string
	set  certsvc.Set
	open bool
	last time.Time // zero: it was never let in
}

func (c *bundleCloud) namespace() cloud.Namespace {
	if n, ok := c.read[string(c.bundle)]; ok {
		return n
	}
	n := cloud.Namespace{BundlePEM: string(c.bundle)}
	certs, _ := certsvc.LintBundle(c.bundle, c.now())
	for _, x := range certs {
		n.CAs = append(n.CAs, cloud.CA{Subject: certsvc.SubjectOf(x), Fingerprint: certsvc.Fingerprint(x), NotAfter: x.NotAfter})
	}
	c.read[string(c.bundle)] = n
	return n
}

func (c *bundleCloud) callers() cloud.Callers {
	out := cloud.Callers{Since: c.since, At: c.now()}
	for _, p := range c.world {
		if !p.open && p.last.Before(c.since) {
			continue // the book began after it
		}
		x := cloud.Caller{Leaf: p.set.Summary.LeafFingerprint, LeafSubject: p.set.Summary.LeafSubject, CA: p.set.Summary.CAFingerprint,
			Identity: p.name, Last: p.last, Calls: 1}
		if p.open {
			x.Open = 1
		}
		out.List = append(out.List, x)
	}
	return out
}

func (c *bundleCloud) trusts(s certsvc.Set) bool {
	return slices.ContainsFunc(c.namespace().CAs, func(x cloud.CA) bool { return x.Fingerprint == s.Summary.CAFingerprint })
}

// sets are certificates of three CAs, and a second leaf of the first; made once.
var sets = sync.OnceValue(func() map[string]certsvc.Set {
	svc := certsvc.New(certsvc.Options{})
	out := map[string]certsvc.Set{}
	for _, name := range []string{"old", "new", "third"} {
		set, err := svc.IssueSet(certsvc.SetRequest{Namespace: home.Namespace, Address: home.Address,
			CA:   certsvc.CASpec{CommonName: name + " CA", KeyType: certsvc.KeyTypes[1]},
			Leaf: certsvc.LeafSpec{CommonName: name + " worker", KeyType: certsvc.KeyTypes[1]}})
		if err != nil {
			panic(err)
		}
		out[name] = set
	}
	leaf, err := svc.Leaf(out["old"].CA, certsvc.LeafSpec{CommonName: "old worker again", KeyType: certsvc.KeyTypes[1]})
	if err != nil {
		panic(err)
	}
	again := out["old"]
	again.Leaf, again.Summary.LeafFingerprint, again.Summary.LeafSubject = leaf, leaf.Fingerprint(), certsvc.SubjectOf(leaf.Cert)
	out["old again"] = again
	return out
})

func dataOf(s certsvc.Set) migration.CertificateData {
	return migration.CertificateData{Lane: "server", CAPEM: string(s.CA.CertPEM), LeafPEM: string(s.Leaf.CertPEM), CAFingerprint: s.Summary.CAFingerprint,
		LeafFingerprint: s.Summary.LeafFingerprint, CASubject: s.Summary.CASubject, LeafSubject: s.Summary.LeafSubject,
		CANotAfter: s.CA.Cert.NotAfter, LeafNotAfter: s.Leaf.Cert.NotAfter}
}

// TestReplacementNeverCuts: whatever people, workers and restarts do and in whatever order, no step of a
// replacement takes away a CA while a certificate under it is seen, and the state is that of the facts.
func TestReplacementNeverCuts(t *testing.T) {
	const window = time.Minute
	var tally sync.Map
	read := map[string]cloud.Namespace{}
	ids := 0
	newID := func() string { ids++; return fmt.Sprint("re-", ids) }
	count := func(what string) {
		n, _ := tally.LoadOrStore(what, new(int))
		*n.(*int)++
	}
	rapid.Check(t, func(rt *rapid.T) {
		now := time.Now().UTC()
		clock := func() time.Time { return now }
		all := sets()
		cloud := &bundleCloud{now: clock, read: read, bundle: all["old"].CA.CertPEM, since: now.Add(-time.Hour)}
		for i := range 3 {
			cloud.world = append(cloud.world, &program{name: fmt.Sprintf("worker-%d", i), set: all["old"], open: true, last: now})
		}
		d := sit(t, migration.Rehearsal)
		d.now = clock
		d.must(d.view().SetNamespace(home))
		d.must(d.view().SetCertificate(dataOf(all["old"])))
		add := func(facts []migration.Fact, err error) error {
			d.add(facts)
			return err
		}
		replacement := func() *migration.Replacement { return d.view().Replacement() }
		// The steps that change the bundle, as acts does them: the rule looks at bundle and callers at one moment.
		saveBoth := func() error {
			r := replacement()
			if err := r.GoesOn(); err != nil {
				return err
			}
			pem, err := r.Combine(cloud.namespace(), cloud.callers(), window, now)
			if err != nil {
				return err
			}
			cloud.bundle = pem
			return add(d.view().SeeBundle(cloud.namespace()))
		}
		removeOld := func() error {
			r := replacement()
			if err := r.CanRemove(); err != nil {
				return err
			}
			keep, seen, err := r.Remove(cloud.namespace(), cloud.callers(), window, now)
			if err != nil {
				return err
			}
			cloud.bundle = keep
			return add(d.view().Removed(seen))
		}
		back := func(gate string) error {
			facts, err := d.view().Back(gate)
			if err != nil {
				return err
			}
			if r := replacement(); r.Restores(gate) {
				pem, err := r.Restored(gate, cloud.namespace(), cloud.callers(), window, now)
				if err != nil {
					return err
				}
				cloud.bundle = pem
			}
			return add(facts, nil)
		}
		// step does one step of the wizard and sees that nobody who was seen was cut off by it.
		step := func(what string, do func() error) error {
			var seen []*program
			for _, p := range cloud.world {
				if (p.open || !p.last.IsZero() && now.Sub(p.last) < window) && cloud.trusts(p.set) {
					seen = append(seen, p)
				}
			}
			err := do()
			for _, p := range seen {
				if !cloud.trusts(p.set) {
					rt.Fatalf("%s cut off %s with %s", what, p.name, p.set.Summary.LeafSubject)
				}
			}
			if err == nil {
				count(what)
			} else if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) {
				rt.Fatalf("%s: %v", what, err)
			} else {
				count(what + " refused")
			}
			return err
		}
		any := func(rt *rapid.T) certsvc.Set {
			return all[rapid.SampledFrom([]string{"old", "new", "third", "old again"}).Draw(rt, "set")]
		}
		fitting := func(rt *rapid.T) certsvc.Set {
			r := replacement()
			if r == nil || rapid.IntRange(0, 4).Draw(rt, "odd") == 0 {
				return any(rt)
			}
			if r.NewCA != nil {
				for _, name := range []string{"old again", "new", "third", "old"} {
					if x := all[name]; x.Summary.CAFingerprint == r.NewCA.Fingerprint && x.Summary.LeafFingerprint != r.Old.LeafFingerprint {
						return x
					}
				}
			}
			if r.Old.CAFingerprint == all["old"].Summary.CAFingerprint {
				return all["new"]
			}
			return all["old"]
		}
		remove := func() {
			before := replacement()
			if step("remove", removeOld) != nil {
				return
			}
			if !before.Passed(migration.GateProof) {
				rt.Fatalf("removed without proof: %+v", before)
			}
			v := d.view()
			ns := cloud.namespace()
			if v.Certificate.LeafFingerprint != before.New.LeafFingerprint || v.Replacement().Open() || before.What == "ca" && slices.Contains(ns.Fingerprints(), before.Old.CAFingerprint) {
				rt.Fatal("removed, and the old one is still there")
			}
		}
		checkWith := func(x certsvc.Set) {
			c := d.about(x.Summary.LeafFingerprint)
			state, code := migration.RunFailed, "CL-03"
			if cloud.trusts(x) {
				c.Passed, c.Accepted, state, code = true, true, migration.RunPassed, "OK"
			}
			d.check(c, state, code, "")
		}
		byLeaf := func(leaf string) certsvc.Set {
			for _, x := range all {
				if x.Summary.LeafFingerprint == leaf {
					return x
				}
			}
			rt.Fatalf("nobody made the leaf %s", leaf)
			return certsvc.Set{}
		}
		switchAll := func() {
			r := replacement()
			if r == nil || r.New == nil || !cloud.trusts(byLeaf(r.New.LeafFingerprint)) {
				return
			}
			now = now.Add(window)
			for _, p := range cloud.world {
				p.set, p.open, p.last = byLeaf(r.New.LeafFingerprint), true, now
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"what comes next": func(rt *rapid.T) {
				r := replacement()
				switch {
				case !r.Open():
					_ = add(d.view().StartReplacement(newID(), "ca"))
				case r.NewCA == nil:
					_ = add(d.view().SetNewCA("server", fitting(rt).CA.CertPEM, cloud.bundle, now))
				case !r.Passed(migration.GateCA):
					_ = step("save both", saveBoth)
				case r.New == nil:
					_ = add(d.view().SetNewLeaf(dataOf(fitting(rt))))
				case !r.Passed(migration.GateProof):
					checkWith(byLeaf(r.Old.LeafFingerprint))
					checkWith(byLeaf(r.New.LeafFingerprint))
				default:
					switchAll()
					now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(rt, "seconds")) * time.Second)
					remove()
				}
			},
			"start": func(rt *rapid.T) {
				what := rapid.SampledFrom([]string{"ca", "ca", "leaf"}).Draw(rt, "what")
				_ = step("start "+what, func() error { return add(d.view().StartReplacement(newID(), what)) })
			},
			"new ca": func(rt *rapid.T) {
				x := fitting(rt)
				_ = step("new ca", func() error { return add(d.view().SetNewCA("server", x.CA.CertPEM, cloud.bundle, now)) })
			},
			"save both": func(*rapid.T) {
				_ = step("save both", saveBoth)
			},
			"look": func(*rapid.T) {
				_ = step("look", func() error { return add(d.view().SeeBundle(cloud.namespace())) })
			},
			"new leaf": func(rt *rapid.T) {
				x := fitting(rt)
				_ = step("new leaf", func() error { return add(d.view().SetNewLeaf(dataOf(x))) })
			},
			"check": func(rt *rapid.T) {
				x := fitting(rt)
				if rapid.Bool().Draw(rt, "the old one") {
					if r := replacement(); r != nil {
						x = byLeaf(r.Old.LeafFingerprint)
					}
				}
				checkWith(x)
			},
			"everybody switches": func(*rapid.T) { switchAll() },
			"one program": func(rt *rapid.T) {
				p := cloud.world[rapid.IntRange(0, 2).Draw(rt, "program")]
				switch rapid.IntRange(0, 2).Draw(rt, "does") {
				case 0:
					p.open = false
				default:
					if x := fitting(rt); cloud.trusts(x) {
						p.set, p.open, p.last = x, true, now
					}
				}
			},
			"time": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			},
			"remove": func(*rapid.T) { remove() },
			"back": func(rt *rapid.T) {
				gate := rapid.SampledFrom([]string{"ca", "leaf", "proof", "workers", "nonsense"}).Draw(rt, "gate")
				_ = step("back "+gate, func() error { return back(gate) })
			},
			"somebody saves another bundle": func(rt *rapid.T) {
				if rapid.IntRange(0, 5).Draw(rt, "really") != 0 {
					return
				}
				cloud.bundle = any(rt).CA.CertPEM
				for _, p := range cloud.world {
					p.open = p.open && cloud.trusts(p.set)
				}
			},
			"other certificates": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "really") == 0 {
					d.must(d.view().SetCertificate(dataOf(any(rt))))
				}
			},
			"onramp restarts": func(*rapid.T) {
				// The rehearsal cloud restarts with it: its book is new, and nobody has come back yet.
				cloud.since = now
				for _, p := range cloud.world {
					p.open = false
				}
			},
			"": func(rt *rapid.T) {
				r := replacement()
				if r == nil {
					return
				}
				passed := true
				for _, gate := range []string{"ca", "leaf", "proof", "workers"} {
					if r.Passed(gate) && !passed {
						rt.Fatalf("gate %s is behind it and one before is not: %+v", gate, r)
					}
					if gate != "ca" { // Cloud's first gate is passed by the third
						passed = passed && r.Passed(gate)
					}
				}
			},
		})
	})
	for _, must := range []string{"remove", "remove refused", "back ca", "back ca refused", "back workers", "save both", "start leaf", "new leaf", "new ca refused"} {
		n, ok := tally.Load(must)
		if !ok && testing.Short() {
			t.Logf("no %q happened in so few tries", must)
			continue
		}
		if !ok {
			t.Errorf("no %q happened: the model is too tame", must)
			continue
		}
		t.Logf("%-16s %d", must, *n.(*int))
	}
}

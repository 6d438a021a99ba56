package migration_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
)

// proven is a replacement of the CA in a rehearsal with both client certificates proven.
func proven(t *testing.T) *desk {
	t.Helper()
	d := replacing(t, migration.Rehearsal, migration.ReplaceCA)
	old, next := sets()["old"], sets()["new"]
	d.must(d.view().SetNewCA("server", next.CA.CertPEM, old.CA.CertPEM, d.now()))
	d.must(d.view().SeeBundle(holding(t, old, next)))
	d.must(d.view().SetNewLeaf(dataOf(next)))
	d.proves(old, true)
	d.proves(next, true)
	return d
}

// holding is a namespace whose bundle holds the CAs of some sets.
func holding(t testing.TB, all ...certsvc.Set) cloud.Namespace {
	t.Helper()
	var ns cloud.Namespace
	for _, s := range all {
		ns.BundlePEM += string(s.CA.CertPEM)
		ns.CAs = append(ns.CAs, cloud.CA{Subject: certsvc.SubjectOf(s.CA.Cert), Fingerprint: s.Summary.CAFingerprint, NotAfter: s.CA.Cert.NotAfter})
	}
	return ns
}

// TestRemoveLooksAtCallers: who is seen, and how long ago, decides whether the old CA goes, and what is told of it then.
func TestRemoveLooksAtCallers(t *testing.T) {
	const window = time.Minute
	old, next := sets()["old"].Summary, sets()["new"].Summary
	another := sets()["old again"].Summary // under the old CA too
	both := holding(t, sets()["old"], sets()["new"])
	at := time.Now()
	who := func(s certsvc.Summary, ago time.Duration, open int) cloud.Caller {
		return cloud.Caller{Leaf: s.LeafFingerprint, LeafSubject: s.LeafSubject, CA: s.CAFingerprint, Identity: "7@box", Last: at.Add(-ago), Calls: 1, Open: open}
	}
	many := make([]cloud.Caller, 7)
	for i := range many {
		many[i] = who(old, time.Second, i%2)
	}
	silent := who(next, time.Second, 0)
	silent.Calls = 0
	for _, tt := range []struct {
		name   string
		ns     cloud.Namespace
		list   []cloud.Caller
		age    time.Duration // of the book of callers
		says   []string      // of a refusal
		onNew  int
		oldAgo time.Duration // since the last of the old side; 0 for never
	}{
		{name: "nobody", ns: both, age: time.Hour},
		{name: "nobody, and the book is as old as it must be", ns: both, age: window},
		{name: "nobody, and the book is young", ns: both, age: window - 20*time.Second, says: []string{"not been running long enough", "Try again in 20 seconds"}},
		{name: "gone for just long enough", ns: both, age: time.Hour, list: []cloud.Caller{who(old, window, 0), who(old, 2*window, 0)}, oldAgo: window},
		{name: "another of the old CA, gone for long", ns: both, age: time.Hour, list: []cloud.Caller{who(another, 3*window, 0)}, oldAgo: 3 * window},
		{name: "another of the old CA", ns: both, age: time.Hour, list: []cloud.Caller{who(another, time.Second, 0)}, says: []string{"7@box"}},
		{name: "gone for nearly long enough", ns: both, age: time.Hour, list: []cloud.Caller{who(old, window-time.Second, 0)}, says: []string{"7@box", "last call 59 seconds ago"}},
		{name: "gone for long, but connected", ns: both, age: time.Hour, list: []cloud.Caller{who(old, time.Hour, 2)}, says: []string{"connections open: 2"}},
		{name: "five are named", ns: both, age: time.Hour, list: many[:5], says: []string{"7@box"}},
		{name: "of seven five are named", ns: both, age: time.Hour, list: many, says: []string{"and 2 more"}},
		{name: "those with the new one stay", ns: both, age: time.Hour, list: []cloud.Caller{who(next, 0, 3), who(next, 0, 0), silent}, onNew: 2},
		{name: "the new CA is gone", ns: holding(t, sets()["old"]), age: time.Hour, says: []string{"no longer in the namespace"}},
		{name: "the old CA is gone already", ns: holding(t, sets()["new"]), age: time.Hour, list: []cloud.Caller{who(next, 0, 1)}, onNew: 1},
	} {
		r := proven(t).view().Replacement()
		keep, seen, err := r.Remove(tt.ns, cloud.Callers{At: at, Since: at.Add(-tt.age), List: tt.list}, window, time.Now())
		if len(tt.says) > 0 {
			f := fault.From(err)
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			for _, s := range tt.says {
				if !strings.Contains(f.Title+f.Cause+f.Fix, s) {
					t.Errorf("%s: %q, %q, %q; want %q", tt.name, f.Title, f.Cause, f.Fix, s)
				}
			}
			if more := strings.Contains(f.Cause, "more"); more != (len(tt.list) > 5) {
				t.Errorf("%s: %q", tt.name, f.Cause)
			}
			continue
		}
		left, _, e := certsvc.ReadCertificates(keep)
		if err != nil || e != nil || len(left) != 1 || certsvc.Fingerprint(left[0]) != next.CAFingerprint {
			t.Errorf("%s: %d CAs stay, %v, %v", tt.name, len(left), err, e)
		}
		var last time.Time
		if tt.oldAgo > 0 {
			last = at.Add(-tt.oldAgo).UTC()
		}
		if seen.OnNew != tt.onNew || !seen.LastOld.Equal(last) {
			t.Errorf("%s: %d on the new one, the old one last at %s; want %d, %s", tt.name, seen.OnNew, seen.LastOld, tt.onNew, last)
		}
	}
}

// TestShortPathKeepsBundle: where the client certificate alone is replaced no bundle is asked for a new CA or changed.
func TestShortPathKeepsBundle(t *testing.T) {
	d := replacing(t, migration.Rehearsal, migration.ReplaceLeaf)
	_, err := d.view().SeeBundle(holding(t, sets()["old"]))
	wantFault(t, "a bundle to see", err, fault.Conflict, "")
	d.must(d.view().SetNewLeaf(dataOf(sets()["old again"])))
	d.proves(sets()["old"], true)
	d.proves(sets()["old again"], true)
	r, at := d.view().Replacement(), time.Now()
	ns := holding(t, sets()["third"])
	keep, _, err := r.Remove(ns, cloud.Callers{At: at, Since: at.Add(-time.Hour)}, time.Minute, at)
	if err != nil || string(keep) != ns.BundlePEM {
		t.Errorf("%d bytes of %d stay, %v", len(keep), len(ns.BundlePEM), err)
	}
	for _, gate := range []string{migration.GateCA, migration.GateLeaf, migration.GateWorkers} {
		if r.Restores(gate) {
			t.Errorf("rolling %s back changes the bundle", gate)
		}
	}
}

// TestRestores: which gates change the bundle when they are rolled back.
func TestRestores(t *testing.T) {
	d := replacing(t, migration.Rehearsal, migration.ReplaceCA)
	row := func() (out []string) {
		for _, gate := range []string{migration.GateCA, migration.GateLeaf, migration.GateProof, migration.GateWorkers} {
			if d.view().Replacement().Restores(gate) {
				out = append(out, gate)
			}
		}
		return out
	}
	if got := row(); len(got) > 0 {
		t.Errorf("before there is a new CA: %v", got)
	}
	d = proven(t)
	if got := row(); !slices.Equal(got, []string{migration.GateCA}) {
		t.Errorf("before the old CA is out: %v", got)
	}
	d.must(d.view().Removed(migration.ReplaceSeenData{}))
	if got := row(); !slices.Equal(got, []string{migration.GateCA, migration.GateWorkers}) {
		t.Errorf("after it is: %v", got)
	}
}

// TestOvertaken: other certificates overtake a replacement, at whichever gate it is; its own two do not.
func TestOvertaken(t *testing.T) {
	for _, tt := range []struct {
		name    string
		until   func(*testing.T) *desk
		set     string
		overdue bool
	}{
		{"the old one again, at the start", func(t *testing.T) *desk { return replacing(t, migration.Rehearsal, migration.ReplaceCA) }, "old", false},
		{"another, at the start", func(t *testing.T) *desk { return replacing(t, migration.Rehearsal, migration.ReplaceCA) }, "third", true},
		{"the old one again, proven", proven, "old", false},
		{"the new one, proven", proven, "new", false},
		{"another, proven", proven, "third", true},
	} {
		d := tt.until(t)
		if tt.set != "old" { // a change of mind on the page of step 2
			d.must(d.view().SetCertificate(dataOf(sets()[tt.set])))
		} else {
			d.must(d.view().SetCertificate(dataOf(sets()["third"])))
			d.must(d.view().SetCertificate(dataOf(sets()["old"])))
		}
		if r := d.view().Replacement(); r.Overtaken != tt.overdue {
			t.Errorf("%s: overtaken %v", tt.name, r.Overtaken)
		}
	}
}

// TestFactsOfAnotherReplacement: what was noted of an earlier replacement says nothing of this one.
func TestFactsOfAnotherReplacement(t *testing.T) {
	d := proven(t)
	text, err := json.Marshal(migration.ReplaceNoteData{ID: "another", Why: "they all have it"})
	if err != nil {
		t.Fatal(err)
	}
	d.add([]migration.Fact{{Kind: migration.FactReplaceNoted, Data: text}})
	if r := d.view().Replacement(); r.Noted != "" {
		t.Errorf("noted %q", r.Noted)
	}
	d.add([]migration.Fact{{Kind: migration.FactReplaceNoted, Data: json.RawMessage(`{`)}})
	if r := d.view().Replacement(); !r.NotedAt.IsZero() {
		t.Error("a note that cannot be read was taken")
	}
}

// TestFirstFact: the first fact of a migration counts as any other.
func TestFirstFact(t *testing.T) {
	d := sit(t, migration.Cloud)
	d.must(d.view().AddLeaf(migration.LeafData{Name: "payments-eu", CertificateData: certificate("ca1", "leaf7")}))
	if all := d.view().Leaves; len(all) != 1 || all[0].Fingerprint != "leaf7" {
		t.Errorf("%+v", all)
	}
}

// TestRunningIsNewest: the run that is shown as running is one that is.
func TestRunningIsNewest(t *testing.T) {
	d := payments(t, migration.Rehearsal)
	about := d.view().CheckHash()
	for _, state := range []migration.RunState{migration.RunRunning, migration.RunRunning, migration.RunInterrupted} {
		d.ended(migration.CheckRun, about, state, "")
	}
	d.ended(migration.CheckRun, "of other inputs", migration.RunRunning, "")
	if s := d.view().Step(migration.StepTest); s.Evidence != "check 2 is running" {
		t.Errorf("%+v", s)
	}
}

// TestCheckedAsAsked: a check that began about the present inputs is about these, whatever was repaired on the way.
func TestCheckedAsAsked(t *testing.T) {
	d := payments(t, migration.Cloud)
	c := d.about("leaf1")
	c.Passed, c.Accepted, c.Namespace = true, true, "other.x1y2z"
	facts := d.view().Checked(migration.Outcome{ID: "r", State: migration.RunPassed, InputHash: d.view().CheckHash()}, c)
	if len(facts) == 0 || facts[0].Kind != migration.FactCheck || facts[0].InputHash != d.view().CheckHash() {
		t.Errorf("%+v", facts)
	}
}

// TestSummaryNamesNamespace: lists find a migration by its namespace, once it has one.
func TestSummaryNamesNamespace(t *testing.T) {
	d := sit(t, migration.Cloud)
	if s := d.view().Summary(noon); s.Namespace != "" || s.CA != "" {
		t.Errorf("%+v", s)
	}
	d = payments(t, migration.Cloud)
	if s := d.view().Summary(noon); s.Namespace != home.Namespace || s.CA != "ca1" || s.Leaf != "leaf1" {
		t.Errorf("%+v", s)
	}
}

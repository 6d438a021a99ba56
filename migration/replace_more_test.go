package migration_test

import (
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
)

// replacing is a replacement of the CA up to both proofs, in Temporal Cloud where nobody sees the bundle.
func replacing(t *testing.T, mode migration.Mode, what string) *desk {
	t.Helper()
	d := sit(t, mode)
	now := time.Now()
	d.now = func() time.Time { now = now.Add(time.Second); return now }
	d.must(d.view().SetNamespace(home))
	d.must(d.view().SetCertificate(dataOf(sets()["old"])))
	d.must(d.view().StartReplacement("re-1", what))
	return d
}

func (d *desk) proves(s certsvc.Set, passed bool) {
	c := d.about(s.Summary.LeafFingerprint)
	state, code := migration.RunFailed, "CL-03"
	if passed {
		c.Passed, c.Accepted, state, code = true, true, migration.RunPassed, "OK"
	}
	d.check(c, state, code, "")
}

// TestProofs: what a check with the old and with the new client certificate proves, and what takes a proof back: a
// refusal, until the old CA may go; then that of the old one is what is hoped for.
func TestProofs(t *testing.T) {
	d := replacing(t, migration.Cloud, migration.ReplaceCA)
	old, next := sets()["old"], sets()["new"]
	re := func() *migration.Replacement { return d.view().Replacement() }
	d.proves(old, true)
	if re().OldPassed != nil {
		t.Error("the old one is proven before there is a new one: that proves nothing of both CAs")
	}
	d.must(d.view().SetNewCA("server", next.CA.CertPEM, old.CA.CertPEM, d.now()))
	d.must(d.view().SetNewLeaf(dataOf(next)))
	d.proves(next, true)
	d.proves(next, false)
	if re().NewPassed != nil || re().NewRefused == nil {
		t.Error("a refusal of the new one does not take its proof back")
	}
	d.proves(next, true)
	d.proves(old, true)
	if r := re(); r.NewRefused != nil || !r.Passed(migration.GateProof) {
		t.Errorf("both passed: %+v", r)
	}
	if err := d.view().RemovedElsewhere(); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Title(err), "Nobody has confirmed") {
		t.Errorf("without a word: %v", err)
	}
	d.proves(old, false)
	if re().OldPassed != nil {
		t.Error("a refusal of the old one before the word does not take its proof back")
	}
	d.proves(old, true)
	d.must(d.view().NoteWorkers("the platform team says so"))
	if err := d.view().RemovedElsewhere(); !strings.Contains(fault.Title(err), "not seen that the old CA is gone") {
		t.Errorf("before the old one is refused: %v", err)
	}
	d.proves(old, false)
	if re().OldPassed == nil || re().OldRefused == nil {
		t.Error("the refusal that is hoped for took the proof back")
	}
	if err := d.view().RemovedElsewhere(); !strings.Contains(fault.Title(err), "has not been checked since") {
		t.Errorf("before the new one passed again: %v", err)
	}
	d.proves(next, true)
	if err := d.view().RemovedElsewhere(); err != nil {
		t.Error(err)
	}
	d.must(d.view().Removed(migration.ReplaceSeenData{}))
	d.proves(next, false)
	if r := re(); r.NewPassed == nil || r.Open() {
		t.Error("what happens after the end takes a proof back")
	}
}

// TestShortPath: the client certificate alone is replaced under the CA that stays, which is there from the start.
func TestShortPath(t *testing.T) {
	d := replacing(t, migration.Rehearsal, migration.ReplaceLeaf)
	r, old := d.view().Replacement(), sets()["old"]
	if r.NewCA == nil || r.NewCA.Fingerprint != old.Summary.CAFingerprint || !r.Passed(migration.GateCA) || r.Reached(migration.GateCA) {
		t.Errorf("the CA of the short path: %+v", r.NewCA)
	}
	_, err := d.view().SetNewCA("server", sets()["new"].CA.CertPEM, old.CA.CertPEM, d.now())
	wantFault(t, "another CA", err, fault.Conflict, "")
	_, err = d.view().SetNewLeaf(dataOf(sets()["new"]))
	wantFault(t, "a leaf of another CA", err, fault.Invalid, "leaf")
	_, err = d.view().SetNewLeaf(dataOf(old))
	wantFault(t, "the leaf that goes", err, fault.Invalid, "leaf")
	for _, part := range []string{"CA", "leaf"} {
		key := dataOf(sets()["old again"])
		if text := "-----BEGIN PRIVATE KEY-----\nAAAA\n"; part == "CA" {
			key.CAPEM = text
		} else {
			key.LeafPEM = text
		}
		_, err = d.view().SetNewLeaf(key)
		wantFault(t, "a private key as "+part, err, fault.Invalid, "leaf")
	}
	d.must(d.view().SetNewLeaf(dataOf(sets()["old again"])))
	for i, who := range [][]string{{"a", "b"}, {"b", "a"}, {"b"}, {"b", "c"}} { // the first look is before, each later one after
		if n := d.must(d.view().SeePollers("Q", who)); (n == 1) != (i != 1) {
			t.Errorf("look %d adds %d facts", i, n)
		}
	}
	if r := d.view().Replacement(); r.Before == nil || strings.Join(r.Before.Identities, "") != "ab" || r.After == nil || strings.Join(r.After.Identities, "") != "bc" {
		t.Errorf("looked %+v, %+v", r.Before, r.After)
	}
}

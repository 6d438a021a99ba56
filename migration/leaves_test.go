package migration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
	"onramp/migration"
)

// TestLeaves: further client certificates are kept each once, the newest first, whatever the step does; they
// stop with their CA, and no step changes by them.
func TestLeaves(t *testing.T) {
	d := sit(t, migration.Rehearsal)
	d.must(d.view().SetCertificate(certificate("ca1", "leaf1")))
	before := d.view()
	more := func(name, ca, leaf string) migration.LeafData {
		return migration.LeafData{Name: name, CertificateData: certificate(ca, leaf)}
	}
	d.must(d.view().AddLeaf(more(" payments-eu ", "ca1", "leaf2")))
	d.must(d.view().AddLeaf(more("payments-eu", "ca1", "leaf2"))) // the same again
	end := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	batch := migration.BatchData{CAFingerprint: "ca2", CASubject: "CN=ca2", CANotAfter: end}
	for i := range migration.MaxBatchLeaves + 5 {
		batch.Leaves = append(batch.Leaves, migration.BatchLeaf{Name: fmt.Sprint("w", i), Subject: "CN=w", Fingerprint: fmt.Sprint("b", i), NotAfter: end.Add(time.Hour)})
	}
	d.must(d.view().AddBatch(batch))
	d.must(d.view().AddLeaf(more("payments-us", "ca1", "leaf3")))
	v := d.view()

	var got []string
	for _, l := range v.Leaves {
		if l.Lane != "batch" || l.Name == "w0" {
			got = append(got, l.Name+" "+l.CAFingerprint+" "+l.Fingerprint)
		}
	}
	if diff := cmp.Diff([]string{"payments-us ca1 leaf3", "w0 ca2 b0", "payments-eu ca1 leaf2"}, got); diff != "" {
		t.Error(diff)
	}
	if n := len(v.Leaves); n != migration.MaxBatchLeaves+2 {
		t.Errorf("%d leaves are listed", n)
	}
	if l := v.Leaves[1]; !l.Ends().Equal(end) {
		t.Errorf("a leaf beyond its CA ends %s, want with the CA %s", l.Ends(), end)
	}
	if l := v.Leaves[0]; !l.Ends().Equal(l.NotAfter) {
		t.Errorf("a leaf within its CA ends %s, want %s", l.Ends(), l.NotAfter)
	}
	if len(v.Facts) != 4 {
		t.Errorf("%d facts, want 4", len(v.Facts))
	}
	if diff := cmp.Diff(before.Steps, v.Steps); diff != "" {
		t.Errorf("a further leaf changed a step:\n%s", diff)
	}
	if got := v.Certificate.LeafFingerprint; got != "leaf1" {
		t.Errorf("the migration's certificate became %s", got)
	}
}

func TestLeavesRefuse(t *testing.T) {
	d := sit(t, migration.Rehearsal)
	key := certificate("ca1", "leaf1")
	key.LeafPEM = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"
	for name, tt := range map[string]struct {
		d     migration.LeafData
		field string
	}{
		"no name":           {migration.LeafData{CertificateData: certificate("ca1", "leaf1")}, "name"},
		"a control name":    {migration.LeafData{Name: "a\x1b[31m", CertificateData: certificate("ca1", "leaf1")}, "name"},
		"a turned name":     {migration.LeafData{Name: "a\u202eb", CertificateData: certificate("ca1", "leaf1")}, "name"},
		"a name of no text": {migration.LeafData{Name: "a\xff", CertificateData: certificate("ca1", "leaf1")}, "name"},
		"a long name":       {migration.LeafData{Name: fmt.Sprintf("%065d", 1), CertificateData: certificate("ca1", "leaf1")}, "name"},
		"no certificate":    {migration.LeafData{Name: "eu"}, "leaf"},
		"a private key":     {migration.LeafData{Name: "eu", CertificateData: key}, "leaf"},
	} {
		_, err := d.view().AddLeaf(tt.d)
		wantFault(t, name, err, fault.Invalid, tt.field)
	}
	_, err := d.view().AddBatch(migration.BatchData{})
	wantFault(t, "an empty batch", err, fault.Invalid, "rows")
}

package expiry_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/expiry"
	"onramp/migration"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// issue makes the public facts of a CA and a client certificate that last so many days from start.
func issue(t testing.TB, name string, caDays, leafDays int) migration.CertificateData {
	t.Helper()
	s := certsvc.New(certsvc.Options{Now: func() time.Time { return start }})
	set, err := s.IssueSet(certsvc.SetRequest{CA: certsvc.CASpec{CommonName: name + " CA", Days: caDays, KeyType: certsvc.ECP256},
		Leaf: certsvc.LeafSpec{CommonName: name, Days: leafDays, KeyType: certsvc.ECP256}})
	if err != nil {
		t.Fatal(err)
	}
	m := set.Summary
	return migration.CertificateData{Lane: "server", CAPEM: string(set.CA.CertPEM), LeafPEM: string(set.Leaf.CertPEM), CAFingerprint: m.CAFingerprint, LeafFingerprint: m.LeafFingerprint,
		CASubject: m.CASubject, LeafSubject: m.LeafSubject, CANotAfter: m.CANotAfter, LeafNotAfter: m.LeafNotAfter}
}

// endings are those of some migrations at a moment, the first end first.
func endings(moves []migration.View, now time.Time) (out []expiry.Ending) {
	for _, v := range moves {
		for _, e := range expiry.Derive(v, now).Endings {
			out = append(out, e.SeenAt(now))
		}
	}
	slices.SortStableFunc(out, func(a, b expiry.Ending) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Migration, b.Migration), strings.Compare(a.Certificate, b.Certificate))
	})
	return out
}

// told is a migration with facts a day apart from start.
func told(t testing.TB, name string, mode migration.Mode, certs ...migration.CertificateData) migration.View {
	t.Helper()
	v := migration.View{Migration: migration.Migration{ID: name, Name: name, Mode: mode}}
	for i, c := range certs {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		v.Facts = append(v.Facts, migration.Fact{ID: int64(i + 1), Kind: migration.FactCertificate, Data: text, At: start.Add(time.Duration(i) * day)},
			migration.Fact{Kind: migration.FactNamespace, Data: json.RawMessage(`{}`)})
	}
	return v
}

// The end is the first in the chain, whichever certificate that is, and the ladder is climbed to the moment.
func TestEffectiveExpiry(t *testing.T) {
	long, short := issue(t, "orders", 400, 20), issue(t, "payments", 90, 60)
	// A CA that ends before its client certificate, as other tools make it; here only the dates were told.
	bare := migration.CertificateData{LeafFingerprint: "cc", LeafSubject: "CN=bare", CASubject: "CN=old CA", LeafNotAfter: start.Add(50 * day), CANotAfter: start.Add(12 * day)}
	views := []migration.View{told(t, "payments", migration.Cloud, short), told(t, "orders", migration.Cloud, long), told(t, "bare", migration.Cloud, bare)}
	type line struct {
		Name, By   string
		IsCA       bool
		Days, Rung int
	}
	look := func(now time.Time) (out []line) {
		for _, e := range endings(views, now) {
			out = append(out, line{e.Name, e.By, e.IsCA, e.Days, e.Rung})
		}
		return out
	}
	for _, tt := range []struct {
		at   time.Duration
		want []line
	}{
		{0, []line{{"bare", "CN=old CA", true, 12, 15}, {"orders", "CN=orders", false, 20, 30}, {"payments", "CN=payments", false, 60, 60}}},
		{12 * day, []line{{"bare", "CN=old CA", true, 0, 1}, {"orders", "CN=orders", false, 8, 10}, {"payments", "CN=payments", false, 48, 60}}},
		{20*day + time.Second, []line{{"bare", "CN=old CA", true, -9, -1}, {"orders", "CN=orders", false, -1, -1}, {"payments", "CN=payments", false, 39, 60}}},
	} {
		if d := diff.Diff(tt.want, look(start.Add(tt.at))); d != "" {
			t.Errorf("after %s: %s", tt.at, d)
		}
	}
}

// A sweep over the whole life: each rung begins exactly on its day, in order, once.
func TestSweep(t *testing.T) {
	v := []migration.View{told(t, "payments", migration.Cloud, issue(t, "payments", 90, 70))}
	end := endings(v, start)[0].At
	var got []string
	last := 99
	for now := start; now.Before(end.Add(2 * day)); now = now.Add(time.Hour) {
		if e := endings(v, now)[0]; e.Rung != last {
			got = append(got, fmt.Sprintf("%d at %s before", e.Rung, end.Sub(now).Round(time.Hour)))
			last = e.Rung
		}
	}
	want := []string{"0 at 1680h0m0s before", "60 at 1440h0m0s before", "30 at 720h0m0s before", "15 at 360h0m0s before", "10 at 240h0m0s before", "5 at 120h0m0s before", "1 at 24h0m0s before", "-1 at -1h0m0s before"}
	if d := diff.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// One whose place was taken names what took it and goes after 30 days; one that ended with nothing in its
// place stays.
func TestSuccessors(t *testing.T) {
	a, b := issue(t, "payments", 30, 20), issue(t, "payments", 400, 300)
	v := []migration.View{told(t, "payments", migration.Cloud, a, b), told(t, "left", migration.Cloud, issue(t, "left", 10, 5))}
	all := endings(v, start.Add(2*day))
	if len(all) != 3 || all[0].Name != "left" || all[1].Active() || !all[2].Active() {
		t.Fatalf("%+v", all)
	}
	want := &expiry.Successor{Subject: b.LeafSubject, Certificate: b.LeafFingerprint, Since: start.Add(day)}
	if d := diff.Diff(want, all[1].Successor); d != "" {
		t.Error(d)
	}
	if n := len(endings(v, start.Add(31*day-time.Second))); n != 3 {
		t.Errorf("a moment before the 30 days are over: %d entries", n)
	}
	all = endings(v, start.Add(31*day))
	if len(all) != 2 || all[0].Name != "left" || all[0].Rung != expiry.Ended {
		t.Errorf("after 30 days: %+v", all)
	}
}

// The revision rises with each change, also when a certificate comes back, so that calendars take it.
func TestRevisions(t *testing.T) {
	a, b := issue(t, "payments", 90, 80), issue(t, "payments", 90, 81)
	revision := func(fingerprint string, certs ...migration.CertificateData) (int, bool) {
		for _, e := range endings([]migration.View{told(t, "payments", migration.Cloud, certs...)}, start.Add(5*day)) {
			if e.Certificate == fingerprint {
				return e.Revision, e.Active()
			}
		}
		return -1, false
	}
	steps := [][]migration.CertificateData{{a}, {a, b}, {a, b, a}, {a, b, a, b}}
	last := -1
	for i, certs := range steps {
		n, active := revision(a.LeafFingerprint, certs...)
		if n <= last || active != (i%2 == 0) {
			t.Errorf("after %d facts: revision %d after %d, active %v", len(certs), n, last, active)
		}
		last = n
	}
}

func TestMonths(t *testing.T) {
	var got []string
	for _, m := range expiry.Months(time.Date(2026, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200))) {
		got = append(got, m.Format("2006-01-02T15"))
	}
	if len(got) != 13 || got[0] != "2027-01-01T00" || got[11] != "2027-12-01T00" || got[12] != "2028-01-01T00" {
		t.Errorf("%v", got)
	}
}

// What is stored of a migration says when it is no longer right: when its certificate ends, and when one whose place
// was taken leaves.
func TestDerivedUntil(t *testing.T) {
	a, b := issue(t, "payments", 400, 20), issue(t, "payments", 400, 300)
	v := told(t, "payments", migration.Cloud, a, b)
	v.Certificate = &b
	for _, tt := range []struct {
		at    time.Duration
		until time.Time
		n     int
	}{
		{2 * day, start.Add(31 * day), 2}, // a was replaced on day 1
		{31*day - 1, start.Add(31 * day), 2},
		{31 * day, b.LeafNotAfter, 1},
		{300 * day, time.Time{}, 1},
	} {
		d := expiry.Derive(v, start.Add(tt.at))
		if !d.Until.Equal(tt.until) || len(d.Endings) != tt.n {
			t.Errorf("after %s: until %s, %d endings; want %s, %d", tt.at, d.Until, len(d.Endings), tt.until, tt.n)
		}
	}
}

// TestHeldByTheNamespace: the CA certificates that the namespace holds have a row each, with when they were read: those of the
// last reading, and of the present namespace alone.
func TestHeldByTheNamespace(t *testing.T) {
	v := told(t, "payments", migration.Cloud, issue(t, "payments", 90, 70))
	v.Namespace = &migration.NamespaceData{Namespace: "payments.a1b2c"}
	read := func(at time.Time, name string, cas ...cloud.HeldCA) {
		v.Facts = append(v.Facts, migration.Fact{ID: int64(len(v.Facts) + 1), Kind: migration.FactAsRead, At: at, Data: mustJSON(t, migration.AsReadData{Detail: cloud.Detail{Name: name, Settings: cloud.Settings{CAs: cas}}})})
	}
	held := func() (out []string) {
		for _, e := range endings([]migration.View{v}, start) {
			if e.Lane == expiry.LaneHeld {
				out = append(out, e.Subject+" "+e.At.Format(time.DateOnly)+" read "+e.Made.Format(time.DateOnly)+" in "+e.Client)
			}
		}
		return out
	}
	one, two := cloud.HeldCA{Subject: "CN=one", SHA256: "11", NotAfter: start.Add(20 * day)}, cloud.HeldCA{Subject: "CN=two", SHA256: "22", NotAfter: start.Add(40 * day)}
	read(start, "payments.a1b2c", one, two)
	read(start.Add(day), "payments.a1b2c", two)
	if d := diff.Diff([]string{"CN=two 2027-01-01 read 2026-11-23 in CA certificate in payments.a1b2c"}, held()); d != "" {
		t.Error(d)
	}
	v.Namespace = &migration.NamespaceData{Namespace: "other.a1b2c"}
	if got := held(); got != nil {
		t.Errorf("of another namespace: %v", got)
	}
}

func mustJSON(t testing.TB, data any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

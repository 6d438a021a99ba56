package certsvc

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
)

func subjects(cs []*x509.Certificate) string {
	var out []string
	for _, c := range cs {
		out = append(out, c.Subject.CommonName)
	}
	return strings.Join(out, " ")
}

func dropped(ds []Dropped) string {
	var out []string
	for _, d := range ds {
		why, _, _ := strings.Cut(d.Why, " on ")
		out = append(out, d.Cert.Subject.CommonName+": "+why)
	}
	return strings.Join(out, "; ")
}

// TestAddToBundle: old and new stand beside each other; what is dead goes with its reason.
func TestAddToBundle(t *testing.T) {
	root := func(cn string, to time.Time) (*x509.Certificate, odd) {
		o := odd{cn: cn, isCA: true, usage: caUsage, key: ecKey(t, elliptic.P256()), from: testNow.AddDate(-2, 0, 0), to: to}
		return o.sign(t, nil, nil), o
	}
	old, _ := root("CA2026", testNow.AddDate(0, 1, 0))
	dead, deadO := root("CA2024", testNow.AddDate(0, 0, -1))
	fresh, freshO := root("CA2027", testNow.AddDate(1, 0, 0))
	hanging := odd{cn: "under2024", isCA: true, usage: caUsage, key: ecKey(t, elliptic.P256())}.sign(t, dead, deadO.key)
	inter := odd{cn: "under2027", isCA: true, usage: caUsage, key: ecKey(t, elliptic.P256())}.sign(t, fresh, freshO.key)
	twin := odd{cn: "ca2026", isCA: true, usage: caUsage, key: ecKey(t, elliptic.P256())}.sign(t, nil, nil)
	renewed := odd{cn: "CA2024", isCA: true, usage: caUsage, key: deadO.key}.sign(t, nil, nil)
	many := func(n int) []byte {
		var out []byte
		for i := range n {
			c, _ := root(fmt.Sprint("x", i), testNow.AddDate(1, 0, 0))
			out = append(out, encodeCerts(c)...)
		}
		return out
	}
	leaf := makeSet().leaf.CertPEM

	for _, tt := range []struct {
		what         string
		current, add []byte
		want, gone   string
		kind         fault.Kind
		codes        []string
	}{
		{what: "first", add: encodeCerts(fresh), want: "CA2027"},
		{what: "beside", current: encodeCerts(old), add: encodeCerts(fresh), want: "CA2026 CA2027"},
		{what: "again", current: encodeCerts(old, fresh), add: encodeCerts(fresh), want: "CA2026 CA2027"},
		{what: "dead", current: encodeCerts(dead, old), add: encodeCerts(fresh), want: "CA2026 CA2027", gone: "CA2024: it expired"},
		{what: "dead with what hangs on it", current: encodeCerts(hanging, dead, old), add: encodeCerts(fresh), want: "CA2026 CA2027", gone: "CA2024: it expired; under2024: its issuer CN=CA2024 goes"},
		{what: "dead root renewed", current: encodeCerts(hanging, dead), add: encodeCerts(renewed), want: "under2024 CA2024", gone: "CA2024: it expired"},
		{what: "twice", current: encodeCerts(old, old), add: encodeCerts(fresh), want: "CA2026 CA2027", gone: "CA2026: it is in the bundle twice"},
		{what: "with intermediate", current: encodeCerts(old), add: encodeCerts(inter, fresh), want: "CA2026 under2027 CA2027"},
		{what: "intermediate of one that is there", current: encodeCerts(old, fresh), add: encodeCerts(inter), want: "CA2026 CA2027 under2027"},
		{what: "sixteen", current: many(15), add: encodeCerts(fresh), want: "x0 x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 x12 x13 x14 CA2027"},

		{what: "same name", current: encodeCerts(old), add: encodeCerts(twin), kind: fault.Conflict, codes: []string{"CH-02"}},
		{what: "seventeen", current: many(16), add: encodeCerts(fresh), kind: fault.Invalid, codes: []string{"CH-23"}},
		{what: "intermediate alone", current: encodeCerts(old), add: encodeCerts(inter), kind: fault.Invalid, codes: []string{"CH-07"}},
		{what: "a new one that is dead", current: encodeCerts(old), add: encodeCerts(dead), kind: fault.Invalid, codes: []string{"CH-11"}},
		{what: "a leaf", current: encodeCerts(old), add: leaf, kind: fault.Invalid, codes: []string{"CH-31"}},
		{what: "a key", current: encodeCerts(old), add: makeSet().ca.Key.Reveal(), kind: fault.Invalid, codes: []string{"IN-16"}},
		{what: "a key in the old", current: makeSet().ca.Key.Reveal(), add: encodeCerts(fresh), kind: fault.Invalid, codes: []string{"IN-16"}},
		{what: "nothing", current: encodeCerts(old), add: nil, kind: fault.Invalid, codes: []string{"KP-01"}},
	} {
		got, err := AddToBundle(tt.current, tt.add, testNow)
		if diff := cmp.Diff(tt.codes, codesOf(err)); diff != "" || err != nil && !fault.Is(err, tt.kind) {
			t.Errorf("%s: %v, want %s %v", tt.what, err, tt.kind, tt.codes)
			continue
		}
		if subjects(got.Certs) != tt.want || dropped(got.Dropped) != tt.gone {
			t.Errorf("%s: %q without %q, want %q without %q", tt.what, subjects(got.Certs), dropped(got.Dropped), tt.want, tt.gone)
		}
		if err == nil && !bytes.Equal(got.PEM, encodeCerts(got.Certs...)) {
			t.Errorf("%s: PEM and certificates differ", tt.what)
		}
	}
}

// TestRemoveFromBundle: by fingerprint, in openssl's form too; never the last one.
func TestRemoveFromBundle(t *testing.T) {
	w := newWorld(t)
	other := odd{cn: "Other", isCA: true, usage: caUsage, key: ecKey(t, elliptic.P256())}.sign(t, nil, nil)
	all := encodeCerts(w.root, w.inter, other)
	dir := t.TempDir()
	write(t, dir, "other.pem", encodeCerts(other))
	out, err := openssl(t, dir, "x509", "-in", "other.pem", "-noout", "-fingerprint", "-sha256")
	if err != nil {
		t.Fatal(out)
	}
	_, colons, _ := strings.Cut(strings.TrimSpace(out), "=")
	for _, tt := range []struct {
		what         string
		fingerprints []string
		want, gone   string
		kind         fault.Kind
	}{
		{"one", []string{colons}, "Acme Root Acme Issuing CA", "Other: it was removed", ""},
		{"root takes its intermediate along", []string{Fingerprint(w.root)}, "Other", "Acme Root: it was removed; Acme Issuing CA: its issuer CN=Acme Root,O=Acme goes", ""},
		{"unknown", []string{strings.Repeat("0", 64)}, "", "", fault.NotFound},
		{"all", []string{Fingerprint(w.root), Fingerprint(other)}, "", "", fault.Conflict},
		{"none", nil, "Acme Root Acme Issuing CA Other", "", ""},
	} {
		got, err := RemoveFromBundle(all, tt.fingerprints, testNow)
		if (err != nil) != (tt.kind != "") || err != nil && !fault.Is(err, tt.kind) || subjects(got.Certs) != tt.want || dropped(got.Dropped) != tt.gone {
			t.Errorf("%s: %q without %q, %v; want %q without %q, %s", tt.what, subjects(got.Certs), dropped(got.Dropped), err, tt.want, tt.gone, tt.kind)
		}
	}
	out, err = openssl(t, dir, "x509", "-in", "other.pem", "-noout", "-fingerprint", "-sha1")
	if err != nil {
		t.Fatal(out)
	}
	_, sha1Colons, _ := strings.Cut(strings.TrimSpace(out), "=")
	if want := strings.ToLower(strings.ReplaceAll(sha1Colons, ":", "")); TcldFingerprint(other) != want {
		t.Errorf("tcld's fingerprint is %s, openssl says %s", TcldFingerprint(other), want)
	}
}

// TestExpires: the first end in the chain counts, and the ladder's rungs are reached to the second.
func TestExpires(t *testing.T) {
	w := newWorld(t)
	end := testNow.AddDate(0, 0, 100)
	leaf := w.leaf(t, func(o *odd) { o.to = end })
	for _, tt := range []struct {
		left time.Duration
		days int
		rung int
	}{
		{60*day + time.Second, 60, 0}, {60 * day, 60, 60}, {30*day + time.Second, 30, 60}, {30 * day, 30, 30}, {15 * day, 15, 15}, {10 * day, 10, 10},
		{5 * day, 5, 5}, {25 * time.Hour, 1, 5}, {24 * time.Hour, 1, 1}, {time.Second, 0, 1}, {0, 0, 1}, {-time.Second, -1, -1}, {-day, -1, -1}, {-25 * time.Hour, -2, -1},
	} {
		e := Expires(certs(leaf), certs(w.root), end.Add(-tt.left))
		if e.Days != tt.days || e.Rung != tt.rung || !e.At.Equal(end) || e.IsCA || !e.Cert.Equal(leaf) {
			t.Errorf("%s left: %d days, rung %d, %s, CA %v; want %d, %d", tt.left, e.Days, e.Rung, e.At, e.IsCA, tt.days, tt.rung)
		}
	}
	short := odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, key: w.rootKey, to: testNow.AddDate(0, 0, 20)}.sign(t, nil, nil)
	if e := Expires(certs(leaf), certs(short), testNow); !e.IsCA || !e.Cert.Equal(short) || e.Days != 20 || e.Rung != 30 {
		t.Errorf("under a CA that ends first: %+v", e)
	}
	if e := Expires(certs(leaf), certs(short, w.root), testNow); e.IsCA {
		t.Errorf("under a renewed CA: %+v", e)
	}
	if e := Expires(nil, nil, testNow); e.Cert != nil {
		t.Errorf("%+v", e)
	}
}

// TestLadderOfTheNew: whoever just made a certificate for so many days reads that number; what expires soon is not flattered.
func TestLadderOfTheNew(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		left time.Duration
		days int
	}{
		{365*24*time.Hour - time.Minute, 365}, {365*24*time.Hour - 2*time.Hour, 364}, {100*24*time.Hour - time.Minute, 100},
		{60*24*time.Hour - time.Minute, 59}, {24*time.Hour - time.Minute, 0}, {-time.Minute, -1},
	} {
		if days, _ := Ladder(now.Add(tt.left), now); days != tt.days {
			t.Errorf("%s left: %d days, want %d", tt.left, days, tt.days)
		}
	}
}

//go:build !lean

package rehearsal

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

func TestSetCAs(t *testing.T) {
	c := sharedCloud(t)
	ca := newCA(t, "kept")
	id := newNamespace(t, c, ca)
	before, err := c.Namespace(testContext(t), id)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(ca.cert.Raw)
	if diff := cmp.Diff(cloud.Namespace{ID: id, BundlePEM: string(ca.pem()), Bytes: len(ca.pem()), Created: before.Created, Auth: cloud.AuthMTLS,
		CAs: []cloud.CA{{Subject: "CN=kept,O=acme", Fingerprint: hex.EncodeToString(sum[:]), NotAfter: ca.cert.NotAfter}}}, before); diff != "" {
		t.Error(diff)
	}
	intermediate := issue(t, x509.Certificate{Subject: pkix.Name{CommonName: "intermediate"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}, ca)
	keyDER, err := x509.MarshalPKCS8PrivateKey(ca.key)
	if err != nil {
		t.Fatal(err)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	expired := issue(t, x509.Certificate{Subject: pkix.Name{CommonName: "expired"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour)}, nil)
	many := func(n int) []byte {
		var b bytes.Buffer
		for i := range n {
			b.Write(newCA(t, fmt.Sprintf("ca %d", i)).pem())
		}
		return b.Bytes()
	}
	large := issue(t, x509.Certificate{Subject: pkix.Name{CommonName: "large", Organization: []string{strings.Repeat("x", 33<<10)}}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}, nil)
	for _, tt := range []struct {
		name   string
		bundle []byte
		code   string
		text   string // part of what the refusal says
	}{
		{"nothing", nil, "", ""},
		{"blanks", []byte(" \n\t"), "", ""},
		{"junk", []byte("certificate, please"), "", ""},
		{"binary junk", bytes.Repeat([]byte{0, 0xff, 0x30}, 999), "", ""},
		{"key instead of certificate", key, "IN-16", "private key"},
		{"key beside the certificate", append(ca.pem(), key...), "IN-16", "private key"},
		{"client certificate", ca.leaf(t).pem(), "", "client certificate"},
		{"expired", expired.pem(), "", "expired"},
		{"one expired among good ones", append(ca.pem(), expired.pem()...), "", "expired"},
		{"17 certificates", many(17), "CH-23", "16"},
		{"more than 32 KB", large.pem(), "CH-23", "bytes"},
		{"intermediate without root", intermediate.pem(), "CH-07", "issuer"},
		{"SHA-1", sha1CA(t), "CH-13", "SHA1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.SetCAs(testContext(t), id, tt.bundle)
			if err == nil {
				t.Fatal("accepted")
			}
			said := ""
			for _, f := range fault.All(err) {
				if f.Kind != fault.Invalid || f.Field != "ca_bundle" || f.Title == "" || f.Fix == "" {
					t.Errorf("fault %#v", f)
				}
				said += f.Code + " " + f.Cause + "\n"
			}
			if !strings.Contains(said, tt.code) || !strings.Contains(said, tt.text) {
				t.Errorf("refusal says %q, want %q and %q", said, tt.code, tt.text)
			}
			if strings.Contains(fmt.Sprintf("%v %#v", err, err), "PRIVATE KEY") {
				t.Error("the refusal holds the key")
			}
			after, err := c.Namespace(testContext(t), id)
			if diff := cmp.Diff(before, after); diff != "" || err != nil {
				t.Errorf("changed: %s, %v", diff, err)
			}
		})
	}
	for _, tt := range []struct {
		name   string
		bundle []byte
		n      int
	}{
		{"16 certificates", many(16), 16},
		{"intermediate and root", append(intermediate.pem(), ca.pem()...), 2},
		{"with text around", []byte("our CA, 2026\r\n" + strings.ReplaceAll(string(ca.pem()), "\n", "\r\n")), 1},
		{"DER", ca.cert.Raw, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, err := c.SetCAs(testContext(t), id, tt.bundle)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := parseBundle(n.BundlePEM); err != nil || len(again) != tt.n || len(n.CAs) != tt.n || n.Bytes != len(n.BundlePEM) {
				t.Errorf("got %d CAs, %d when read again (%v), %d of %d bytes", len(n.CAs), len(again), err, n.Bytes, len(n.BundlePEM))
			}
		})
	}
}

// sha1CA is a root with a SHA-1 signature. crypto/x509 makes none any more: a SHA-256 one gets the other
// algorithm's name, then that signature.
func sha1CA(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "sha1"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	sha256WithRSA := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b}
	sha1WithRSA := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05}
	changed := bytes.ReplaceAll(der, sha256WithRSA, sha1WithRSA)
	var parts struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(changed, &parts); err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum(parts.TBS.FullBytes)
	if parts.Signature.Bytes, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA1, sum[:]); err != nil {
		t.Fatal(err)
	}
	if der, err = asn1.Marshal(parts); err != nil {
		t.Fatal(err)
	}
	if c, err := x509.ParseCertificate(der); err != nil || c.SignatureAlgorithm != x509.SHA1WithRSA {
		t.Fatalf("no SHA-1 certificate: %v", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestPublicCA(t *testing.T) {
	public := newCA(t, "Well Known Root")
	roots := x509.NewCertPool()
	roots.AddCert(public.cert)
	now := time.Now()
	if err := publicCA([]*x509.Certificate{newCA(t, "own").cert}, roots, now); err != nil {
		t.Errorf("an own CA: %v", err)
	}
	err := publicCA([]*x509.Certificate{newCA(t, "own").cert, public.cert}, roots, now)
	if f := fault.From(err); err == nil || !strings.Contains(f.Cause, "Well Known Root") || f.Kind != fault.Invalid {
		t.Errorf("got %v", err)
	}
	issued := issue(t, x509.Certificate{Subject: pkix.Name{CommonName: "issued"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}, public)
	if err := publicCA([]*x509.Certificate{issued.cert}, roots, now); err == nil {
		t.Error("an intermediate of a public CA was accepted")
	}
}

func TestFiltersHold(t *testing.T) {
	c := sharedCloud(t)
	ca := newCA(t, "ours")
	id := newNamespace(t, c, ca)
	for _, sni := range []string{"", id.Host()} {
		if n, err := c.SetFilters(testContext(t), id, []byte(" \n")); err != nil || n.Filters != nil {
			t.Fatalf("clearing: %s, %v", n.Filters, err)
		}
		cl := mustDial(t, c, id, ca.leaf(t).pair(), sni) // worker-1, acme, payments
		if err := describe(cl, id.String()); err != nil {
			t.Fatal(err)
		}
		set := func(filters string) {
			t.Helper()
			n, err := c.SetFilters(testContext(t), id, []byte(filters))
			var got, want any
			if err := errors.Join(json.Unmarshal(n.Filters, &got), json.Unmarshal([]byte(filters), &want)); err != nil {
				t.Fatal(err)
			}
			if err != nil || !cmp.Equal(got, want) || n.BundlePEM != string(ca.pem()) {
				t.Fatalf("SetFilters: %s, %v", n.Filters, err)
			}
		}
		set(`{"filters":[{"commonName":"Dev-*"}]}`)
		unauthorized(t, describe(cl, id.String()))
		if _, err := handshake(t, c, clientTLS(c, ca.leaf(t).pair(), sni)); err != nil {
			t.Errorf("filters must not show in the handshake: %v", err)
		}
		set(`{"filters":[{"commonName":"Dev-*"},{"commonName":"WORKER-*","organization":"acme"}]}`)
		if err := describe(cl, id.String()); err != nil {
			t.Error(err)
		}
		for _, bad := range []string{`{"filters":[{"commonName":"*"}]}`, `{"filters":[{"cn":"worker-1"}]}`, `worker-1`, `{"filters":[]}`} {
			if _, err := c.SetFilters(testContext(t), id, []byte(bad)); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", bad, err)
			}
		}
		if n, err := c.Namespace(testContext(t), id); err != nil || !strings.Contains(string(n.Filters), "WORKER-*") {
			t.Errorf("after refusals: %s, %v", n.Filters, err)
		}
	}
}

func TestCreateNamespace(t *testing.T) {
	c := sharedCloud(t)
	ca := newCA(t, "ours")
	id := newNamespace(t, c, ca)
	if err := c.CreateNamespace(testContext(t), id); err != nil {
		t.Errorf("again: %v", err)
	}
	if n, err := c.Namespace(testContext(t), id); err != nil || len(n.CAs) != 1 {
		t.Errorf("creating it again changed it: %+v, %v", n, err)
	}
	for _, bad := range []namespace.ID{{}, {Name: "payments"}, {Account: "a1b2c"}} {
		if err := c.CreateNamespace(testContext(t), bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	missing := namespace.ID{Name: "nobody", Account: "a1b2c"}
	if _, err := c.Namespace(testContext(t), missing); !fault.Is(err, fault.NotFound) {
		t.Errorf("Namespace: %v", err)
	}
	if _, err := c.SetCAs(testContext(t), missing, ca.pem()); !fault.Is(err, fault.NotFound) {
		t.Errorf("SetCAs: %v", err)
	}
	if _, err := c.SetFilters(testContext(t), missing, nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("SetFilters: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c.work <- struct{}{} // somebody else is at it
	if err := c.CreateNamespace(ctx, missing); !fault.Is(err, fault.Unavailable) {
		t.Errorf("with an ended context: %v", err)
	}
	<-c.work

	for range 40 { // the server's default is 20 a second
		newNamespace(t, c)
	}

	// Somebody asks for a namespace before it is there; it works as soon as it was made.
	cl := mustDial(t, c, id, ca.leaf(t).pair(), "")
	next := namespace.ID{Name: "asked-too-early", Account: "a1b2c"}
	if err := describe(cl, next.String()); err == nil {
		t.Error("it is there already")
	}
	if err := c.CreateNamespace(testContext(t), next); err != nil {
		t.Fatal(err)
	}
	unauthorized(t, describe(cl, next.String())) // there, and without a CA
	setCAs(t, c, next, ca)
	runWorkflow(t, mustDial(t, c, next, ca.leaf(t).pair(), ""), "at-once")
	all, err := c.Namespaces(testContext(t))
	if err != nil || all[len(all)-1].ID != next || !all[0].Created.Before(all[len(all)-1].Created) {
		t.Errorf("not oldest first: %v, %v", all, err)
	}
}

// TestTakeBackCAs: a bundle becomes what it was before its last change, with nothing else changed: also where it was
// none, which nobody could save, and where the change had repaired a switch. One that was changed again stays.
func TestTakeBackCAs(t *testing.T) {
	c := sharedCloud(t)
	ctx := testContext(t)
	first, second := newCA(t, "first"), newCA(t, "second")
	id := namespace.ID{Name: "take-back", Account: "a1b2c"}
	check := func(n cloud.Namespace, err error) cloud.Namespace {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := c.CreateNamespace(ctx, id); err != nil {
		t.Fatal(err)
	}
	before := check(c.Namespace(ctx, id))
	after := check(c.SetCAs(ctx, id, first.pem()))
	if err := c.TakeBackCAs(ctx, after); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, check(c.Namespace(ctx, id))); diff != "" {
		t.Errorf("none became another (-before +after):\n%s", diff)
	}
	if err := c.TakeBackCAs(ctx, after); !fault.Is(err, fault.Conflict) {
		t.Errorf("taken back twice: %v", err)
	}
	check(c.SetCAs(ctx, id, first.pem()))
	after = check(c.SetCAs(ctx, id, second.pem()))
	check(c.SetAuth(ctx, id, cloud.AuthAPIKey)) // in between, and stays
	if err := c.TakeBackCAs(ctx, after); err != nil {
		t.Fatal(err)
	}
	if n := check(c.Namespace(ctx, id)); n.BundlePEM != string(first.pem()) || n.Auth != cloud.AuthAPIKey {
		t.Errorf("taken back: %+v", n)
	}
	check(c.SetAuth(ctx, id, cloud.AuthMTLS))
	turn(t, c, id, "wrong-ca", true)
	after = check(c.SetCAs(ctx, id, second.pem()))
	if err := c.TakeBackCAs(ctx, after); err != nil || len(c.Broken()[id.String()]) != 1 {
		t.Errorf("the switch that the change turned off: %v, %v", c.Broken()[id.String()], err)
	}
	turn(t, c, id, "wrong-ca", false)
	if n := check(c.Namespace(ctx, id)); n.BundlePEM != string(first.pem()) {
		t.Error("the own bundle behind the switch is lost")
	}
	after = check(c.SetCAs(ctx, id, second.pem()))
	check(c.SetCAs(ctx, id, first.pem()))
	if err := c.TakeBackCAs(ctx, after); !fault.Is(err, fault.Conflict) {
		t.Errorf("changed again meanwhile: %v", err)
	}
}

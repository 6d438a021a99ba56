package certsvc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"onramp/fault"
)

// testNow is the moment at which the tests live: a little after now, as openssl has no fake clock and
// what it makes must be valid already.
var testNow = time.Now().UTC().Add(time.Hour).Truncate(time.Second)

func testService() *Service { return New(Options{Now: func() time.Time { return testNow }}) }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// set is a CA and a client pair made once for all tests that only read it.
type set struct {
	ca, leaf Issued
}

var makeSet = sync.OnceValue(func() set {
	s := testService()
	ca, err := s.CA(CASpec{CommonName: "payments CA", Organization: "Acme"})
	if err != nil {
		panic(err)
	}
	leaf, err := s.Leaf(ca, LeafSpec{CommonName: "payments.a1b2c", Organization: "Acme"})
	if err != nil {
		panic(err)
	}
	return set{ca, leaf}
})

// rsaKey makes RSA keys of a size once.
var rsaKey = func() func(bits int) *rsa.PrivateKey {
	var mu sync.Mutex
	made := map[int]*rsa.PrivateKey{}
	return func(bits int) *rsa.PrivateKey {
		mu.Lock()
		defer mu.Unlock()
		if made[bits] == nil {
			k, err := rsa.GenerateKey(rand.Reader, bits)
			if err != nil {
				panic(err)
			}
			made[bits] = k
		}
		return made[bits]
	}
}()

func ecKey(t testing.TB, c elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	return must(ecdsa.GenerateKey(c, rand.Reader))(t)
}

// odd is a certificate made as strangers make them, for rules that our own never break.
type odd struct {
	cn       string
	org      string
	key      crypto.Signer
	isCA     bool
	noBasic  bool
	zeroPath bool
	usage    x509.KeyUsage
	eku      []x509.ExtKeyUsage
	from, to time.Time
	alg      x509.SignatureAlgorithm
	noKeyID  bool
	dns      []string
	extra    []pkix.Extension
	subject  *pkix.Name
	serial   int64
}

var oddSerial = struct {
	sync.Mutex
	n int64
}{}

// sign makes an odd certificate; parent nil signs it with its own key.
func (o odd) sign(t testing.TB, parent *x509.Certificate, parentKey crypto.Signer) *x509.Certificate {
	t.Helper()
	oddSerial.Lock()
	oddSerial.n++
	serial := oddSerial.n
	oddSerial.Unlock()
	if o.serial != 0 {
		serial = o.serial
	}
	if o.from.IsZero() {
		o.from = testNow.Add(-time.Hour)
	}
	if o.to.IsZero() {
		o.to = testNow.AddDate(0, 6, 0)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: name(o.cn, o.org, ""), NotBefore: o.from, NotAfter: o.to,
		KeyUsage: o.usage, ExtKeyUsage: o.eku, BasicConstraintsValid: !o.noBasic, IsCA: o.isCA, MaxPathLen: -1,
		SignatureAlgorithm: o.alg, DNSNames: o.dns, ExtraExtensions: o.extra,
	}
	if o.subject != nil {
		tmpl.Subject = *o.subject
	}
	if o.zeroPath {
		tmpl.MaxPathLen, tmpl.MaxPathLenZero = 0, true
	}
	if !o.noKeyID {
		tmpl.SubjectKeyId = must(keyID(o.key.Public()))(t)
	}
	if parent == nil {
		parent, parentKey = tmpl, o.key
	}
	der := must(x509.CreateCertificate(rand.Reader, tmpl, parent, o.key.Public(), parentKey))(t)
	return must(x509.ParseCertificate(der))(t)
}

func pemOf(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}

// readKey reads the first private key in a pasted text or file, by the steps that ReadPair reads it with: PKCS#8, PKCS#1 or SEC1, in PEM in any
// state that can be repaired with certainty, DER or base64. The error is an Invalid fault with Code
// KP-03 (a certificate), KP-05 (public key), KP-11, KP-12 (passphrase), KP-15, KP-26, KP-29, KP-33
// (curve), KP-36 (empty), KP-37 (damaged), KP-39, IN-16 (an API key) or IN-17. No error holds key material.
func readKey(raw []byte) (crypto.Signer, []Repair, error) {
	f, err := asKey(admit(raw))
	if err != nil {
		return nil, nil, err
	}
	if trouble := f.keyTrouble(); !trouble.none() {
		return nil, nil, trouble.fault()
	}
	return f.keys()[0], repairs(f.repairs, ""), nil
}

// keyOf returns the key inside an Issued.
func keyOf(t testing.TB, i Issued) crypto.Signer {
	t.Helper()
	k, _, err := readKey(i.Key.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// openssl runs openssl in a folder of the test and returns what it printed.
func openssl(t testing.TB, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func write(t testing.TB, dir, file string, content []byte) string {
	t.Helper()
	p := filepath.Join(dir, file)
	if err := os.WriteFile(p, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// codesOf are the codes of every fault in err.
func codesOf(err error) []string {
	var out []string
	for _, f := range fault.All(err) {
		out = append(out, f.Code)
	}
	return out
}

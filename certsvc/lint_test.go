package certsvc

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

const (
	caUsage   = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	leafUsage = x509.KeyUsageDigitalSignature
)

var clientAuth = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}

// world is a small PKI: a root that allows intermediates, one intermediate, and keys of both.
type world struct {
	rootKey, interKey, leafKey crypto.Signer
	root, inter                *x509.Certificate
}

func newWorld(t testing.TB) world {
	t.Helper()
	w := world{rootKey: ecKey(t, elliptic.P256()), interKey: ecKey(t, elliptic.P256()), leafKey: ecKey(t, elliptic.P256())}
	w.root = odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, key: w.rootKey, to: testNow.AddDate(5, 0, 0)}.sign(t, nil, nil)
	w.inter = odd{cn: "Acme Issuing CA", org: "Acme", isCA: true, usage: caUsage, key: w.interKey, to: testNow.AddDate(4, 0, 0)}.sign(t, w.root, w.rootKey)
	return w
}

// leaf signs a good client certificate by the root, changed by the caller.
func (w world) leaf(t testing.TB, change func(*odd)) *x509.Certificate {
	t.Helper()
	o := odd{cn: "worker", org: "Acme", key: w.leafKey, usage: leafUsage, eku: clientAuth}
	if change != nil {
		change(&o)
	}
	return o.sign(t, w.root, w.rootKey)
}

func certs(c ...*x509.Certificate) []*x509.Certificate { return c }

// brief is "CH-09! CH-17~" : errors with !, warnings with ?, notes with ~.
func brief(ls []Lint) string {
	var out []string
	for _, l := range ls {
		s := l.Code + map[Severity]string{SevError: "!", SevWarn: "?", SevNote: "~"}[l.Severity]
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

// v1 makes an X.509 version 1 certificate with openssl.
func v1(t testing.TB, caCert *x509.Certificate, caKey crypto.Signer, subj string) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	dir := t.TempDir()
	key := ecKey(t, elliptic.P256())
	write(t, dir, "k.pem", must(encodeKey(key))(t).Reveal())
	args := []string{"x509", "-req", "-in", "r.csr", "-out", "c.pem", "-days", "3650"}
	if caCert != nil {
		write(t, dir, "ca.pem", encodeCerts(caCert))
		write(t, dir, "ca.key", must(encodeKey(caKey))(t).Reveal())
		args = append(args, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
	} else {
		args = append(args, "-signkey", "k.pem")
	}
	for _, a := range [][]string{{"req", "-new", "-key", "k.pem", "-subj", subj, "-out", "r.csr"}, args} {
		if out, err := openssl(t, dir, a...); err != nil {
			t.Fatal(out)
		}
	}
	c, _, err := ReadCertificates(must(os.ReadFile(filepath.Join(dir, "c.pem")))(t))
	if err != nil || c[0].Version != 1 {
		t.Fatal(err, c)
	}
	return c[0], key
}

// TestLintLeaf: each rule for client certificates, broken and kept.
func TestLintLeaf(t *testing.T) {
	w := newWorld(t)
	good := w.leaf(t, nil)
	interLeaf := odd{cn: "worker", org: "Acme", key: w.leafKey, usage: leafUsage, eku: clientAuth}.sign(t, w.inter, w.interKey)
	other := odd{cn: "Other CA", org: "Other", isCA: true, usage: caUsage, key: ecKey(t, elliptic.P256())}.sign(t, nil, nil)
	otherRoot := odd{cn: "Acme Root 2", org: "Acme", isCA: true, usage: caUsage, key: ecKey(t, elliptic.P256())}.sign(t, nil, nil)
	twin := odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, key: ecKey(t, elliptic.P256())}.sign(t, nil, nil)
	short := odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, zeroPath: true, key: w.rootKey}.sign(t, nil, nil)
	oldRoot := odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, key: w.rootKey, from: testNow.AddDate(-3, 0, 0), to: testNow.AddDate(0, 0, -1)}.sign(t, nil, nil)
	self := odd{cn: "me", isCA: true, usage: leafUsage | caUsage, eku: clientAuth, key: w.leafKey}.sign(t, nil, nil)
	selfNoCA := odd{cn: "me", usage: leafUsage, eku: clientAuth, key: w.leafKey}.sign(t, nil, nil)
	bareRoot := odd{cn: "Acme Root", org: "Acme", isCA: true, noKeyID: true, usage: caUsage, key: w.rootKey}.sign(t, nil, nil)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)

	type bad struct {
		root *x509.Certificate
		leaf *x509.Certificate
	}
	under := func(ca odd, leaf odd) bad { // a pair under a CA of its own
		ca.key, leaf.key = orKey(ca.key, w.rootKey), orKey(leaf.key, w.leafKey)
		if ca.cn == "" {
			ca.cn = "CA"
		}
		if leaf.cn == "" && leaf.subject == nil {
			leaf.cn = "worker"
		}
		if leaf.usage == 0 {
			leaf.usage = leafUsage
		}
		if leaf.eku == nil {
			leaf.eku = clientAuth
		}
		root := ca.sign(t, nil, nil)
		return bad{root, leaf.sign(t, root, ca.key)}
	}
	pair := func(b bad) ([]*x509.Certificate, []*x509.Certificate) { return certs(b.leaf), certs(b.root) }
	v1Leaf, _ := v1(t, w.root, w.rootKey, "/CN=v1 worker")
	v1Root, v1Key := v1(t, nil, nil, "/CN=v1 root")
	underV1 := odd{cn: "worker", key: w.leafKey, usage: leafUsage, eku: clientAuth}.sign(t, v1Root, v1Key)

	for _, tt := range []struct {
		what            string
		chain, uploaded []*x509.Certificate
		want            string
	}{
		{what: "good", chain: certs(good), uploaded: certs(w.root)},
		{what: "good, CA unknown", chain: certs(good)},
		{what: "good, chain with its root", chain: certs(good, w.root), uploaded: certs(w.root)},
		{what: "good under an intermediate that is sent", chain: certs(interLeaf, w.inter), uploaded: certs(w.root)},
		{what: "good under an intermediate in the bundle", chain: certs(interLeaf), uploaded: certs(w.root, w.inter)},
		{what: "good, renewed root beside the expired one", chain: certs(good), uploaded: certs(oldRoot, w.root)},
		{what: "good, keyEncipherment too", chain: certs(w.leaf(t, func(o *odd) { o.usage |= x509.KeyUsageKeyEncipherment })), uploaded: certs(w.root)},
		{what: "EKU any", chain: certs(w.leaf(t, func(o *odd) { o.eku = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} })), uploaded: certs(w.root)},
		{what: "EKU server and client", chain: certs(w.leaf(t, func(o *odd) { o.eku = append(o.eku, x509.ExtKeyUsageServerAuth) })), uploaded: certs(w.root)},

		{what: "CH-01", chain: certs(good), uploaded: certs(other), want: "CH-01!"},
		{what: "CH-01 several", chain: certs(good), uploaded: certs(other, otherRoot), want: "CH-01!"},
		{what: "CH-01 empty bundle", chain: certs(good), uploaded: []*x509.Certificate{}, want: "CH-01!"},
		{what: "CH-01 self-signed", chain: certs(self), uploaded: certs(w.root), want: "CH-01! CH-18?"},
		{what: "CH-01 not CH-06 when intermediates are forbidden", chain: certs(interLeaf), uploaded: certs(short), want: "CH-01!"},
		{what: "CH-02", chain: certs(good), uploaded: certs(twin), want: "CH-02!"},
		{what: "CH-02 of the intermediate's issuer", chain: certs(interLeaf, w.inter), uploaded: certs(twin), want: "CH-02!"},
		{what: "CH-03", want: "CH-03!"},
		{what: "CH-04", chain: certs(underV1), uploaded: certs(v1Root), want: "CH-04!"},
		{what: "CH-05", want: "CH-05!"},
		{what: "CH-06", chain: certs(interLeaf), uploaded: certs(w.root), want: "CH-06!"},
		{what: "CH-08", chain: certs(interLeaf, w.inter), uploaded: certs(short), want: "CH-08! CH-12?"},
		{what: "CH-09", chain: certs(w.leaf(t, func(o *odd) { o.to = testNow.Add(-time.Second) })), uploaded: certs(w.root), want: "CH-09!"},
		{what: "CH-09 and the CA unknown", chain: certs(w.leaf(t, func(o *odd) { o.to = testNow.Add(-time.Second) })), want: "CH-09!"},
		{what: "good on its last second", chain: certs(w.leaf(t, func(o *odd) { o.to = testNow })), uploaded: certs(w.root)},
		{what: "good on its first second", chain: certs(w.leaf(t, func(o *odd) { o.from = testNow })), uploaded: certs(w.root)},
		{what: "CH-10", chain: certs(w.leaf(t, func(o *odd) { o.from = testNow.Add(time.Minute) })), uploaded: certs(w.root), want: "CH-10!"},
		{what: "CH-11", chain: certs(good), uploaded: certs(oldRoot), want: "CH-11!"},
		{what: "CH-11 before CH-09", chain: certs(w.leaf(t, func(o *odd) { o.to = testNow.AddDate(0, 0, -2); o.from = testNow.AddDate(-1, 0, 0) })), uploaded: certs(oldRoot), want: "CH-11! CH-09!"},
		{what: "CH-12", chain: certs(w.leaf(t, func(o *odd) { o.to = testNow.AddDate(6, 0, 0) })), uploaded: certs(w.root), want: "CH-12?"},
		{what: "CH-13", want: "CH-13!"},
		{what: "CH-13 MD5 is no longer parsed as anything else", want: "CH-13!"},
		{what: "CH-14", want: "CH-14!"},
		{what: "CH-14 of the CA", want: "CH-14!"},
		{what: "CH-15", chain: certs(w.leaf(t, func(o *odd) { o.eku = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })), uploaded: certs(w.root), want: "CH-15!"},
		{what: "CH-16", chain: certs(w.leaf(t, func(o *odd) { o.usage = x509.KeyUsageKeyEncipherment })), uploaded: certs(w.root), want: "CH-16!"},
		{what: "CH-17 as tcld", chain: certs(w.leaf(t, func(o *odd) { o.usage = 0; o.eku = nil })), uploaded: certs(w.root), want: "CH-17~"},
		{what: "CH-17 no EKU", chain: certs(w.leaf(t, func(o *odd) { o.eku = nil })), uploaded: certs(w.root), want: "CH-17~"},
		{what: "CH-18", chain: certs(w.leaf(t, func(o *odd) { o.isCA = true })), uploaded: certs(w.root), want: "CH-18?"},
		{what: "CH-19", chain: certs(v1Leaf), uploaded: certs(w.root), want: "CH-19! CH-12?"},
		{what: "CH-20", chain: certs(w.leaf(t, func(o *odd) { o.cn = "Acme Root" })), uploaded: certs(w.root), want: "CH-20!"},
		{what: "CH-20 and the CA unknown", chain: certs(w.leaf(t, func(o *odd) { o.cn = "Acme Root" })), want: "CH-20!"},
		{what: "CH-21", chain: certs(w.leaf(t, func(o *odd) { o.cn = "ACME root" })), uploaded: certs(w.root), want: "CH-21!"},
		{what: "CH-22", chain: certs(self), uploaded: certs(self), want: "CH-22? CH-18?"},
		{what: "CH-22 no CA", chain: certs(selfNoCA), uploaded: certs(selfNoCA), want: "CH-22!"},
		{what: "CH-40", chain: certs(selfNoCA), want: "CH-40!"},
		{what: "CH-40 beside another CA", chain: certs(selfNoCA), uploaded: certs(w.root), want: "CH-40!"},
		{what: "CH-40 without basic constraints", chain: certs(odd{cn: "me", noBasic: true, usage: leafUsage, eku: clientAuth, key: w.leafKey}.sign(t, nil, nil)), uploaded: certs(w.root), want: "CH-40! CH-33~"},
		{what: "CH-40 without key identifiers", chain: certs(odd{cn: "me", noKeyID: true, usage: leafUsage, eku: clientAuth, key: w.leafKey}.sign(t, nil, nil)), uploaded: certs(w.root), want: "CH-40!"},
		{what: "CH-40 a CA that may not sign", chain: certs(odd{cn: "me", isCA: true, usage: leafUsage, eku: clientAuth, key: w.leafKey}.sign(t, nil, nil)), uploaded: certs(w.root), want: "CH-40! CH-18?"},
		{what: "CH-40 version 1", chain: certs(v1Root), uploaded: certs(w.root), want: "CH-40! CH-19!"},
		{what: "CH-40 expired", chain: certs(odd{cn: "me", usage: leafUsage, eku: clientAuth, key: w.leafKey, to: testNow.Add(-time.Second)}.sign(t, nil, nil)), want: "CH-40! CH-09!"},
		{what: "CH-20 self-issued with another key", chain: certs(odd{cn: "Acme Root", org: "Acme", usage: leafUsage, eku: clientAuth, key: w.leafKey}.sign(t, w.root, w.rootKey)), uploaded: certs(other), want: "CH-20!"},
		{what: "CH-20 self-issued with another key, without key identifiers", chain: certs(odd{cn: "Acme Root", org: "Acme", noKeyID: true, usage: leafUsage, eku: clientAuth, key: w.leafKey}.sign(t, bareRoot, w.rootKey)), uploaded: certs(other), want: "CH-20!"},
		{what: "CH-25", want: "CH-25!"},
		{what: "CH-25 of the CA", want: "CH-25!"},
		{what: "CH-31", chain: certs(good), uploaded: certs(good), want: "CH-31!"},
		{what: "CH-33 as certstrap", chain: certs(w.leaf(t, func(o *odd) { o.noBasic = true })), uploaded: certs(w.root), want: "CH-33~"},
		{what: "KP-33", want: "KP-33!"},
		{what: "the CA pair as client, CA unknown", chain: certs(self), want: "CH-18?"},
		{what: "expired and signed by another", chain: certs(w.leaf(t, func(o *odd) { o.to = testNow.Add(-time.Second) })), uploaded: certs(other), want: "CH-01! CH-09!"},
		{what: "no chain"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			chain, uploaded := tt.chain, tt.uploaded
			switch tt.what {
			case "CH-03":
				chain, uploaded = pair(under(odd{usage: caUsage}, odd{}))
			case "CH-05":
				chain, uploaded = pair(under(odd{isCA: true, usage: x509.KeyUsageDigitalSignature}, odd{}))
			case "CH-13":
				root := odd{cn: "CA", isCA: true, usage: caUsage, key: rsaKey(2048)}.sign(t, nil, nil)
				chain, uploaded = certs(odd{cn: "w", usage: leafUsage, eku: clientAuth, key: w.leafKey, alg: x509.SHA1WithRSA}.sign(t, root, rsaKey(2048))), certs(root)
			case "CH-13 MD5 is no longer parsed as anything else":
				root, leaf := md5Pair(t)
				chain, uploaded = certs(leaf), certs(root)
			case "CH-14":
				chain, uploaded = pair(under(odd{isCA: true, usage: caUsage}, odd{key: rsaKey(1024)}))
			case "CH-14 of the CA":
				chain, uploaded = pair(under(odd{isCA: true, usage: caUsage, key: rsaKey(1024)}, odd{}))
			case "CH-25":
				chain, uploaded = pair(under(odd{isCA: true, usage: caUsage}, odd{key: ed}))
			case "CH-25 of the CA":
				chain, uploaded = pair(under(odd{isCA: true, usage: caUsage, key: ed}, odd{}))
			case "KP-33":
				chain, uploaded = pair(under(odd{isCA: true, usage: caUsage}, odd{key: ecKey(t, elliptic.P224())}))
			}
			got := LintLeaf(chain, uploaded, testNow)
			if brief(got) != tt.want {
				t.Errorf("got %q, want %q\n%+v", brief(got), tt.want, got)
			}
			judged(t, got)
			if code, _, _ := strings.Cut(tt.what, " "); strings.HasPrefix(code, "CH-") && (len(got) == 0 || got[0].Code != code) {
				t.Errorf("%s is not the most decisive of %s", code, brief(got))
			}
			if again := LintLeaf(chain, uploaded, testNow); !cmp.Equal(got, again) {
				t.Error("a second judgement differs")
			}
		})
	}
	if l := LintLeaf(certs(interLeaf), certs(w.root), testNow)[0]; !cmp.Equal(l.Also, []string{"CH-01"}) {
		t.Errorf("a missing intermediate cannot be told for certain, got %+v", l)
	}
	if l := LintLeaf(certs(good), certs(other), testNow)[0]; l.Also != nil || !strings.Contains(l.Text, "CN=Acme Root,O=Acme") || !strings.Contains(l.Text, "CN=Other CA") || !strings.Contains(l.Text, fmt.Sprintf("%x", w.root.SubjectKeyId)) {
		t.Errorf("CH-01 does not name issuer, SKI and bundle: %+v", l)
	}
}

func orKey(k, other crypto.Signer) crypto.Signer {
	if k != nil {
		return k
	}
	return other
}

// md5Pair makes a root and a leaf signed with MD5, as old scripts did.
func md5Pair(t testing.TB) (root, leaf *x509.Certificate) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "ca.key", must(encodeKey(rsaKey(2048)))(t).Reveal())
	write(t, dir, "c.key", must(encodeKey(ecKey(t, elliptic.P256())))(t).Reveal())
	write(t, dir, "ext", []byte("basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n"))
	for _, a := range [][]string{
		{"req", "-x509", "-key", "ca.key", "-subj", "/CN=md5 CA", "-days", "3650", "-out", "ca.pem", "-addext", "keyUsage=keyCertSign"},
		{"req", "-new", "-key", "c.key", "-subj", "/CN=md5 client", "-out", "c.csr"},
		{"x509", "-req", "-md5", "-in", "c.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext", "-days", "300", "-out", "c.pem"},
	} {
		if out, err := openssl(t, dir, a...); err != nil {
			t.Fatal(out)
		}
	}
	r, _, err1 := ReadCertificates(must(os.ReadFile(filepath.Join(dir, "ca.pem")))(t))
	l, _, err2 := ReadCertificates(must(os.ReadFile(filepath.Join(dir, "c.pem")))(t))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return r[0], l[0]
}

// judged checks that every lint has its parts.
func judged(t testing.TB, ls []Lint) {
	t.Helper()
	for _, l := range ls {
		if l.Text == "" || l.Fix == "" || l.Source == "" || strings.Contains(l.Text, "%!") {
			t.Errorf("lint lacks a part: %+v", l)
		}
	}
}

// TestLintBundle: what Cloud refuses on Save, each by its rule.
func TestLintBundle(t *testing.T) {
	w := newWorld(t)
	leaf := w.leaf(t, nil)
	interLeaf := odd{cn: "worker", key: w.leafKey, usage: leafUsage}.sign(t, w.inter, w.interKey)
	ca := func(o odd) []byte {
		o.isCA, o.usage = true, orUsage(o.usage)
		o.key = orKey(o.key, w.rootKey)
		if o.cn == "" {
			o.cn = "CA"
		}
		return encodeCerts(o.sign(t, nil, nil))
	}
	many := func(n int) []byte {
		var out []byte
		for i := range n {
			out = append(out, ca(odd{cn: fmt.Sprintf("CA %d", i), key: ecKey(t, elliptic.P256())})...)
		}
		return out
	}
	zero := odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, zeroPath: true, key: w.rootKey, to: testNow.AddDate(5, 0, 0)}.sign(t, nil, nil)
	v1Root, _ := v1(t, nil, nil, "/CN=v1 root")
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	var public []byte
	for r := range bundle.Roots() {
		if c := must(x509.ParseCertificate(r.Certificate))(t); strings.Contains(c.Subject.CommonName, "ISRG Root X1") {
			public = encodeCerts(c)
		}
	}
	secret := must(encodeKey(w.rootKey))(t).Reveal()
	sameNameInter := odd{cn: "acme ROOT", org: "Acme", isCA: true, usage: caUsage, key: w.interKey, to: testNow.AddDate(1, 0, 0)}.sign(t, w.root, w.rootKey)

	for _, tt := range []struct {
		what string
		raw  []byte
		n    int // certificates
		want string
	}{
		{"one root", encodeCerts(w.root), 1, ""},
		{"our own", makeSet().ca.CertPEM, 1, ""},
		{"root and intermediate", encodeCerts(w.root, w.inter), 2, ""},
		{"intermediate first", encodeCerts(w.inter, w.root), 2, ""},
		{"old beside new", append(ca(odd{cn: "CA 2026", key: w.interKey}), ca(odd{cn: "CA 2025"})...), 2, ""},
		{"no keyUsage at all", encodeCerts(odd{cn: "CA", isCA: true, key: w.rootKey}.sign(t, nil, nil)), 1, ""},
		{"16 certificates", many(16), 16, ""},
		{"comments", append([]byte("# our CA, 2026\n"), encodeCerts(w.root)...), 1, ""},
		{"BOM", append([]byte("\uFEFF"), encodeCerts(w.root)...), 1, "KP-16?"},

		{"IN-16 alone", secret, 0, "IN-16!"},
		{"IN-16 beside", append(encodeCerts(w.root), secret...), 0, "IN-16!"},
		{"IN-16 encrypted", append(encodeCerts(w.root), encryptedPKCS8(t)...), 0, "IN-16!"},
		{"IN-16 base64 twice", twice64(append(encodeCerts(w.root), secret...)), 0, "IN-16!"},
		{"IN-16 DER", der(secret), 0, "IN-16!"},
		{"IN-16 labelled as certificate", pemOf("CERTIFICATE", der(secret)), 0, "IN-16!"},
		{"IN-16 API key", []byte("eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.c2ln"), 0, "IN-16!"},
		{"IN-17", []byte("./ca.pem"), 0, "IN-17!"},
		{"KP-01", []byte(" \n"), 0, "KP-01!"},
		{"KP-04", pemOf("CERTIFICATE REQUEST", must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, w.leafKey))(t)), 0, "KP-04!"},
		{"KP-26", encodeCerts(w.root)[:300], 0, "KP-26!"},
		{"KP-27", damaged(encodeCerts(w.root)), 0, "KP-27!"},
		{"KP-39", []byte("hello"), 0, "KP-39!"},
		{"CH-02 twins", append(encodeCerts(w.root), ca(odd{cn: "Acme Root", org: "Acme", key: w.leafKey})...), 2, "CH-02?"},
		{"renewed with the same key", append(encodeCerts(w.root), ca(odd{cn: "Acme Root", org: "Acme"})...), 2, ""},
		{"CH-03", encodeCerts(odd{cn: "CA", usage: caUsage, key: w.rootKey}.sign(t, nil, nil)), 1, "CH-03!"},
		{"CH-04", encodeCerts(v1Root), 1, "CH-04!"},
		{"CH-04 v3 without", encodeCerts(odd{cn: "CA", noBasic: true, usage: caUsage, key: w.rootKey}.sign(t, nil, nil)), 1, "CH-04!"},
		{"CH-05", ca(odd{usage: x509.KeyUsageDigitalSignature}), 1, "CH-05!"},
		{"CH-07", encodeCerts(w.inter), 1, "CH-07!"},
		{"CH-07 with another root", append(encodeCerts(w.inter), ca(odd{cn: "x", key: w.leafKey})...), 2, "CH-07!"},
		{"CH-08", encodeCerts(zero, w.inter), 2, "CH-08!"},
		{"CH-10", ca(odd{from: testNow.Add(time.Hour)}), 1, "CH-10!"},
		{"CH-11", ca(odd{from: testNow.AddDate(-2, 0, 0), to: testNow.Add(-time.Hour)}), 1, "CH-11!"},
		{"CH-11 beside a good one", append(many(1), ca(odd{cn: "old", from: testNow.AddDate(-2, 0, 0), to: testNow.Add(-time.Hour)})...), 2, "CH-11!"},
		{"CH-12", encodeCerts(w.root, odd{cn: "I", isCA: true, usage: caUsage, key: w.interKey, to: testNow.AddDate(9, 0, 0)}.sign(t, w.root, w.rootKey)), 2, "CH-12?"},
		{"CH-13", ca(odd{key: rsaKey(2048), alg: x509.SHA1WithRSA}), 1, "CH-13!"},
		{"CH-14", ca(odd{key: rsaKey(1024)}), 1, "CH-14!"},
		{"CH-20 intermediate named as its root", encodeCerts(w.root, odd{cn: "Acme Root", org: "Acme", isCA: true, usage: caUsage, key: w.interKey}.sign(t, w.root, w.rootKey)), 2, "CH-20!"},
		{"CH-21 intermediate named as its root but for case", encodeCerts(w.root, sameNameInter), 2, "CH-21!"},
		{"CH-23 17 certificates", many(17), 17, "CH-23!"},
		{"CH-23 100 certificates", bytes.Repeat(encodeCerts(w.root), 100), 100, "CH-23!"},
		{"CH-23 300 certificates", bytes.Repeat(encodeCerts(w.root), 300), 0, "CH-23!"},
		{"CH-23 32 KB and one", append(encodeCerts(w.root), bytes.Repeat([]byte("#"), 32*1024+1-len(encodeCerts(w.root)))...), 1, "CH-23!"},
		{"32 KB", append(encodeCerts(w.root), bytes.Repeat([]byte("#"), 32*1024-len(encodeCerts(w.root)))...), 1, ""},
		{"CH-23 2 MB", bytes.Repeat([]byte("#"), 2<<20), 0, "CH-23!"},
		{"CH-24", public, 1, "CH-24!"},
		{"CH-25", ca(odd{key: ed}), 1, "CH-25!"},
		{"CH-29", encodeCerts(w.root, w.root), 2, "CH-29~"},
		{"CH-31", encodeCerts(leaf), 1, "CH-31!"},
		{"CH-31 beside its CA", encodeCerts(w.root, leaf), 2, "CH-31!"},
		{"CH-31 under an intermediate", encodeCerts(interLeaf), 1, "CH-31!"},
		{"KP-33", ca(odd{key: ecKey(t, elliptic.P224())}), 1, "KP-33!"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			got, ls := LintBundle(tt.raw, testNow)
			if len(got) != tt.n || brief(ls) != tt.want {
				t.Errorf("got %d certificates and %q, want %d and %q\n%+v", len(got), brief(ls), tt.n, tt.want, ls)
			}
			judged(t, ls)
		})
	}
}

func orUsage(u x509.KeyUsage) x509.KeyUsage {
	if u == 0 {
		return caUsage
	}
	return u
}

// TestLintTextsAreSafe: names out of certificates cannot act on a terminal or page.
func TestLintTextsAreSafe(t *testing.T) {
	w := newWorld(t)
	evil := pkix.Name{CommonName: "a\x1b[2J\nb\u202e<script>", Organization: []string{"\x00"}}
	c := odd{subject: &evil, key: w.leafKey, to: testNow.Add(-time.Second)}.sign(t, w.root, w.rootKey)
	for _, l := range LintLeaf(certs(c), certs(w.inter), testNow) {
		if text := l.Subject + l.Text; strings.ContainsAny(text, "\x1b\n\x00\u202e") {
			t.Errorf("unsafe text %q", text)
		}
	}
}

// TestLintJSON: a lint is an element of onramp.lint/1.
func TestLintJSON(t *testing.T) {
	got := string(must(json.Marshal(Lint{Code: "CH-09", Severity: SevError, Subject: "s", Text: "t", Fix: "f"}))(t))
	if want := `{"code":"CH-09","severity":"error","subject":"s","text":"t","fix":"f"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestEveryRuleIsJudged: the table has no rule that the tests above never break, and none twice.
func TestEveryRuleIsJudged(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.Code] || r.Kept == "" || r.Fix == "" || !strings.HasPrefix(r.Source, "https://") {
			t.Errorf("rule %+v", r)
		}
		seen[r.Code] = true
		if !slices.Contains(bundleRules, r.Code) && !slices.Contains(leafRules, r.Code) {
			t.Errorf("%s is in no list of checks", r.Code)
		}
	}
	for _, c := range append(slices.Clone(bundleRules), leafRules...) {
		if !seen[c] {
			t.Errorf("%s is in a list of checks and not in the table", c)
		}
	}
}

// TestSignedItself: what a person is told of a client certificate that signed itself can be carried out: nowhere is its
// CA asked for, as there is none, and its chain is not called complete.
func TestSignedItself(t *testing.T) {
	w := newWorld(t)
	for what, c := range map[string]*x509.Certificate{
		"CA:FALSE":                            odd{cn: "me", usage: leafUsage, eku: clientAuth, key: w.leafKey}.sign(t, nil, nil),
		"no basic constraints, no identifier": odd{cn: "me", noBasic: true, noKeyID: true, usage: leafUsage, eku: clientAuth, key: w.leafKey}.sign(t, nil, nil),
	} {
		inv := Inspect([]File{{"me.pem", encodeCerts(c)}}, "")
		chains := inv.Chains()
		if len(chains) != 1 || chains[0].Complete() || !chains[0].SignedItself() {
			t.Errorf("%s: the chain is called complete: %v", what, chains)
		}
		_, asCA := LintBundle(encodeCerts(c), testNow)
		for place, found := range map[string][]Lint{"inspect": inv.Judge(testNow), "as the CA": asCA, "beside a CA": LintLeaf(certs(c), certs(w.root), testNow), "by itself": LintLeaf(certs(c), nil, testNow)} {
			if len(found) == 0 || found[0].Severity != SevError {
				t.Errorf("%s, %s: %+v", what, place, found)
				continue
			}
			if fix := found[0].Fix; !strings.Contains(fix, "Make a CA") || strings.Contains(fix, "Upload ca.pem") {
				t.Errorf("%s, %s: %s %q", what, place, found[0].Code, fix)
			}
		}
	}
	if c := (Chain{Certs: certs(w.leaf(t, nil), w.root)}); !c.Complete() || c.SignedItself() {
		t.Error("a chain up to its root is complete")
	}
}

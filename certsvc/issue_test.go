package certsvc

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"onramp/fault"
)

// TestIssue: every key type gives a CA and a leaf with the extensions that Cloud's rules name.
func TestIssue(t *testing.T) {
	algorithms := map[KeyType]x509.SignatureAlgorithm{ECP256: x509.ECDSAWithSHA256, ECP384: x509.ECDSAWithSHA384, RSA2048: x509.SHA256WithRSA, RSA4096: x509.SHA256WithRSA}
	for _, kt := range KeyTypes {
		t.Run(string(kt), func(t *testing.T) {
			s := testService()
			ca := must(s.CA(CASpec{CommonName: "payments CA", Organization: "Acme", Days: 100, KeyType: kt}))(t)
			leaf := must(s.Leaf(ca, LeafSpec{CommonName: "worker", Organization: "Acme", OrganizationalUnit: "Payments", DNSNames: []string{"worker.acme.internal"}}))(t)
			for _, i := range []Issued{ca, leaf} {
				c := i.Cert
				if KeyTypeOf(c.PublicKey) != kt || c.SignatureAlgorithm != algorithms[kt] {
					t.Errorf("%s: key %s, signature %s", SubjectOf(c), KeyTypeOf(c.PublicKey), c.SignatureAlgorithm)
				}
				if c.Version != 3 || !c.NotBefore.Equal(testNow.Add(-time.Minute)) || len(c.SubjectKeyId) != 20 {
					t.Errorf("%s: version %d, not before %s, SKI %x", SubjectOf(c), c.Version, c.NotBefore, c.SubjectKeyId)
				}
				if block, _ := pem.Decode(i.Key.Reveal()); block == nil || block.Type != "PRIVATE KEY" {
					t.Errorf("%s: the key is not PKCS#8 PEM", SubjectOf(c))
				}
				if n := c.SerialNumber.BitLen(); n < 64 || n > 128 {
					t.Errorf("serial of %d bits", n)
				}
			}
			if c := ca.Cert; !c.IsCA || !c.MaxPathLenZero || c.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign || !critical(c, 19) || !critical(c, 15) || !c.NotAfter.Equal(testNow.AddDate(0, 0, 100)) {
				t.Errorf("CA: %v %v %v until %s", c.IsCA, c.MaxPathLenZero, c.KeyUsage, c.NotAfter)
			}
			c := leaf.Cert
			if c.IsCA || !c.BasicConstraintsValid || c.KeyUsage != x509.KeyUsageDigitalSignature || !cmp.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}) || !critical(c, 19) || !critical(c, 15) {
				t.Errorf("leaf: %v %v %v %v", c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage)
			}
			if string(c.AuthorityKeyId) != string(ca.Cert.SubjectKeyId) || !c.NotAfter.Equal(testNow.AddDate(0, 0, 99)) {
				t.Errorf("leaf: AKI %x, SKI of the CA %x, until %s", c.AuthorityKeyId, ca.Cert.SubjectKeyId, c.NotAfter)
			}
			if got := SubjectOf(c); got != "CN=worker,OU=Payments,O=Acme" {
				t.Errorf("subject %s", got)
			}
			if ca.Fingerprint() == leaf.Fingerprint() || len(ca.Fingerprint()) != 64 {
				t.Error("fingerprints", ca.Fingerprint(), leaf.Fingerprint())
			}
		})
	}
}

func critical(c *x509.Certificate, n int) bool {
	for _, e := range c.Extensions {
		if e.Id.Equal([]int{2, 5, 29, n}) {
			return e.Critical
		}
	}
	return false
}

// TestOpenSSLAgrees: an independent judge verifies what we issue and reads the extensions back.
func TestOpenSSLAgrees(t *testing.T) {
	for _, kt := range []KeyType{ECP384, ECP256, RSA2048} {
		s := New(Options{}) // openssl has no fake clock
		set := must(s.IssueSet(SetRequest{Namespace: "payments.a1b2c", CA: CASpec{KeyType: kt}, Leaf: LeafSpec{DNSNames: []string{"w.acme.internal"}}}))(t)
		dir := t.TempDir()
		write(t, dir, "ca.pem", set.CA.CertPEM)
		write(t, dir, "client.pem", set.Leaf.CertPEM)
		write(t, dir, "client.key", set.Leaf.Key.Reveal())
		if out, err := openssl(t, dir, "verify", "-x509_strict", "-check_ss_sig", "-purpose", "sslclient", "-CAfile", "ca.pem", "client.pem"); err != nil || !strings.Contains(out, "OK") {
			t.Errorf("%s: openssl verify: %v %s", kt, err, out)
		}
		out, err := openssl(t, dir, "x509", "-in", "client.pem", "-noout", "-text")
		if err != nil {
			t.Fatal(out)
		}
		for _, want := range []string{"Version: 3", "X509v3 Basic Constraints: critical\n                CA:FALSE", "X509v3 Key Usage: critical\n                Digital Signature\n",
			"TLS Web Client Authentication", "X509v3 Subject Key Identifier", "X509v3 Authority Key Identifier", "DNS:w.acme.internal", "CN = payments\n"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: client.pem lacks %q in\n%s", kt, want, out)
			}
		}
		out, _ = openssl(t, dir, "x509", "-in", "ca.pem", "-noout", "-text")
		for _, want := range []string{"CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "CN = payments CA"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: ca.pem lacks %q in\n%s", kt, want, out)
			}
		}
		fromKey, err1 := openssl(t, dir, "pkey", "-in", "client.key", "-pubout")
		fromCert, err2 := openssl(t, dir, "x509", "-in", "client.pem", "-noout", "-pubkey")
		if err1 != nil || err2 != nil || fromKey != fromCert {
			t.Errorf("%s: key and certificate differ to openssl: %s %s", kt, fromKey, fromCert)
		}
	}
}

// handshake connects a client that shows pair to a server that trusts ca, over mTLS, and says what each saw.
func handshake(t testing.TB, ca *x509.Certificate, pair tls.Certificate, version uint16) (clientErr, serverErr error) {
	t.Helper()
	server := must(New(Options{}).CA(CASpec{CommonName: "server root"}))(t)
	serverLeaf := odd{cn: "localhost", dns: []string{"localhost"}, key: ecKey(t, elliptic.P256()), from: time.Now().Add(-time.Hour), to: time.Now().Add(time.Hour)}
	serverCert := serverLeaf.sign(t, server.Cert, keyOf(t, server))
	pools := [2]*x509.CertPool{x509.NewCertPool(), x509.NewCertPool()}
	pools[0].AddCert(ca)
	pools[1].AddCert(server.Cert)
	ln := must(tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: version, MaxVersion: version, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pools[0],
		Certificates: []tls.Certificate{{Certificate: [][]byte{serverCert.Raw}, PrivateKey: serverLeaf.key}}}))(t)
	defer ln.Close()
	served := make(chan error, 1)
	go func() {
		conn, err := ln.Accept()
		if err == nil {
			defer conn.Close()
			err = conn.(*tls.Conn).Handshake()
		}
		if err == nil {
			_, err = conn.Write([]byte("hello"))
		}
		served <- err
	}()
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	conn, err := tls.DialWithDialer(dialer, "tcp", ln.Addr().String(), &tls.Config{ServerName: "localhost", RootCAs: pools[1],
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }})
	if err == nil {
		defer conn.Close()
		var b [5]byte
		_, err = io.ReadFull(conn, b[:]) // TLS 1.3 tells a refusal with the first read
	}
	return err, <-served
}

// TestHandshake: what we issue opens mTLS in both TLS versions; a leaf of another CA does not.
func TestHandshake(t *testing.T) {
	s := New(Options{})
	for _, kt := range []KeyType{ECP256, ECP384, RSA2048} {
		ca := must(s.CA(CASpec{CommonName: "CA", KeyType: kt}))(t)
		leaf := must(s.Leaf(ca, LeafSpec{CommonName: "worker"}))(t)
		pair, _, err := ReadPair(leaf.CertPEM, leaf.Key.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			if clientErr, serverErr := handshake(t, ca.Cert, pair.TLS(), version); clientErr != nil || serverErr != nil {
				t.Errorf("%s, TLS %x: client %v, server %v", kt, version, clientErr, serverErr)
			}
		}
		stranger := must(s.CA(CASpec{CommonName: "CA"}))(t)
		if _, serverErr := handshake(t, stranger.Cert, pair.TLS(), tls.VersionTLS13); serverErr == nil {
			t.Errorf("%s: a server that trusts another CA let the leaf in", kt)
		}
	}
}

// TestSpecRefused: each wrong field is named, all at once.
func TestSpecRefused(t *testing.T) {
	long := strings.Repeat("ä", 65)
	s := testService()
	ca := makeSet().ca
	for _, tt := range []struct {
		what string
		err  error
		want []string // fields
	}{
		{"no CN", second(s.CA(CASpec{})), []string{"common_name"}},
		{"CN of 65", second(s.CA(CASpec{CommonName: long})), []string{"common_name"}},
		{"CN of 64 umlauts", second(s.CA(CASpec{CommonName: long[2:]})), nil},
		{"CN and days and key", second(s.CA(CASpec{CommonName: "a\x00b", Days: 100000, KeyType: "dsa"})), []string{"common_name", "days", "key_type"}},
		{"newline", second(s.CA(CASpec{CommonName: "a\nb"})), []string{"common_name"}},
		{"bidi", second(s.CA(CASpec{CommonName: "a", Organization: "a\u202Eb"})), []string{"organization"}},
		{"escape", second(s.CA(CASpec{CommonName: "a\x1b[31m"})), []string{"common_name"}},
		{"broken UTF-8", second(s.CA(CASpec{CommonName: "a\xff"})), []string{"common_name"}},
		{"negative days", second(s.CA(CASpec{CommonName: "a", Days: -1})), []string{"days"}},
		{"3651 days", second(s.CA(CASpec{CommonName: "a", Days: 3651})), []string{"days"}},
		{"3650 days", second(s.CA(CASpec{CommonName: "a", Days: 3650, KeyType: ECP256})), nil},
		{"leaf as long as its CA", second(s.Leaf(ca, LeafSpec{CommonName: "w", Days: 365})), []string{"days"}},
		{"leaf of 364 days", second(s.Leaf(ca, LeafSpec{CommonName: "w", Days: 364})), nil},
		{"leaf named as its CA", second(s.Leaf(ca, LeafSpec{CommonName: "payments CA", Organization: "Acme"})), []string{"common_name"}},
		{"leaf named as its CA but for case", second(s.Leaf(ca, LeafSpec{CommonName: "PAYMENTS ca", Organization: "ACME"})), []string{"common_name"}},
		{"leaf named as its CA but for blanks", second(s.Leaf(ca, LeafSpec{CommonName: "payments  CA", Organization: "Acme"})), []string{"common_name"}},
		{"leaf with the CA's CN and another O", second(s.Leaf(ca, LeafSpec{CommonName: "payments CA"})), nil},
		{"bad names", second(s.Leaf(ca, LeafSpec{CommonName: "w", OrganizationalUnit: long, DNSNames: []string{"ok.example", "not a name", "-x.example"}, KeyType: "rsa-1024"})), []string{"organizational_unit", "dns_names", "dns_names", "key_type"}},
		{"CA without key", second(s.Leaf(Issued{Cert: ca.Cert}, LeafSpec{CommonName: "w"})), []string{"ca"}},
		{"CA with another key", second(s.Leaf(Issued{Cert: ca.Cert, Key: makeSet().leaf.Key}, LeafSpec{CommonName: "w"})), []string{"ca_key"}},
		{"leaf for a CA", second(s.Leaf(makeSet().leaf, LeafSpec{CommonName: "w"})), []string{"ca"}},
		{"not a request", second(s.Sign(ca, []byte("hello"), LeafSpec{})), []string{"csr"}},
		{"key for a request", second(s.Sign(ca, ca.Key.Reveal(), LeafSpec{})), []string{"csr"}},
	} {
		var got []string
		for _, f := range fault.All(tt.err) {
			got = append(got, f.Field)
			if f.Kind != fault.Invalid || f.Title == "" || f.Fix == "" {
				t.Errorf("%s: fault %+v lacks a part", tt.what, f)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: fields (-want +got):\n%s%v", tt.what, diff, tt.err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestLeafEnd: a leaf ends at least a day before its CA, and the refusal tells the real bound.
func TestLeafEnd(t *testing.T) {
	now := testNow
	for _, tt := range []struct {
		left time.Duration // of the CA
		days int
		want time.Duration // from now; 0 is refused
		says string
	}{
		{365 * day, 0, 364 * day, ""},
		{365 * day, 364, 364 * day, ""},
		{365*day - 5*time.Second, 364, 364*day - 5*time.Second, ""}, // made one after the other
		{365*day - 2*time.Hour, 364, 0, "Enter 363 days at most"},
		{365 * day, 365, 0, "Enter 364 days at most"},
		{365 * day, 1, 1 * day, ""},
		{30 * day, 364, 0, "Enter 29 days at most"},
		{36 * time.Hour, 0, 12 * time.Hour, ""},
		{36 * time.Hour, 1, 0, "Make a new CA"},
		{24 * time.Hour, 0, 0, "Make a new CA"},
		{-time.Hour, 0, 0, "Make a new CA"},
		{365 * day, -5, 0, "Enter 1 to 3650 days"},
	} {
		end, f := leafEnd(now, now.Add(tt.left), tt.days)
		switch {
		case tt.want > 0 && (f != nil || !end.Equal(now.Add(tt.want))):
			t.Errorf("CA %s, %d days: ends after %s, %v; want %s", tt.left, tt.days, end.Sub(now), f, tt.want)
		case tt.want == 0 && (f == nil || !strings.Contains(f.Fix, tt.says)):
			t.Errorf("CA %s, %d days: %s, %+v; want a refusal that says %q", tt.left, tt.days, end.Sub(now), f, tt.says)
		}
	}
}

// TestSign: a request's subject is kept, spec wins, extensions are ours, and bad requests are refused.
func TestSign(t *testing.T) {
	s, ca := testService(), makeSet().ca
	key := ecKey(t, elliptic.P256())
	request := func(subject pkix.Name, k any) []byte {
		return must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject, DNSNames: []string{"evil.example"},
			ExtraExtensions: []pkix.Extension{{Id: []int{2, 5, 29, 19}, Critical: true, Value: []byte{0x30, 0x03, 0x01, 0x01, 0xff}}}}, k))(t)
	}
	full := pkix.Name{CommonName: "svc", Organization: []string{"Acme"}, OrganizationalUnit: []string{"Pay"}, Country: []string{"CH"}, Locality: []string{"Bern"}}
	der := request(full, key)
	leaf := must(s.Sign(ca, pemOf("CERTIFICATE REQUEST", der), LeafSpec{Organization: "Other", Days: 30}))(t)
	if got := SubjectOf(leaf.Cert); got != "CN=svc,OU=Pay,O=Other,L=Bern,C=CH" {
		t.Errorf("subject %s", got)
	}
	if leaf.Cert.IsCA || len(leaf.Cert.DNSNames) > 0 || !leaf.Cert.NotAfter.Equal(testNow.AddDate(0, 0, 30)) || !sameKey(leaf.Cert.PublicKey, key.Public()) {
		t.Errorf("leaf: CA %v, names %v, until %s", leaf.Cert.IsCA, leaf.Cert.DNSNames, leaf.Cert.NotAfter)
	}
	if _, err := s.Sign(ca, der, LeafSpec{}); err != nil {
		t.Errorf("DER request: %v", err)
	}
	if _, err := s.Sign(ca, []byte("\uFEFF"+strings.ReplaceAll(string(pemOf("NEW CERTIFICATE REQUEST", der)), "\n", "\r\n")), LeafSpec{}); err != nil {
		t.Errorf("request with BOM and another label: %v", err)
	}
	forged := append([]byte(nil), der...)
	forged[len(forged)-1] ^= 1
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	for _, tt := range []struct {
		what, code string
		csr        []byte
	}{
		{"forged signature", "KP-27", forged},
		{"RSA-1024", "CH-14", request(full, rsaKey(1024))},
		{"Ed25519", "CH-25", request(full, ed)},
		{"P-224", "KP-33", request(full, ecKey(t, elliptic.P224()))},
		{"the CA's own key", "KP-10", request(full, keyOf(t, ca))},
		{"the CA's name", "CH-20", request(pkix.Name{CommonName: "payments CA", Organization: []string{"Acme"}}, key)},
		{"the CA's name in capitals", "CH-21", request(pkix.Name{CommonName: "PAYMENTS CA", Organization: []string{"ACME"}}, key)},
		{"a certificate", "KP-39", makeSet().leaf.CertPEM},
		{"nothing", "KP-01", nil},
	} {
		if _, err := s.Sign(ca, tt.csr, LeafSpec{}); fault.From(err) == nil || fault.From(err).Code != tt.code {
			t.Errorf("%s: %v, want code %s", tt.what, err, tt.code)
		}
	}
}

// TestRandomSets: whatever is asked within the rules, our own rules, Go and the clock's edges accept it.
func TestRandomSets(t *testing.T) {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("abcXYZ019 .-_&,=+#\"'<>äß支")), 1, 40, 64)
	rapid.Check(t, func(t *rapid.T) {
		caDays := rapid.IntRange(3, 3650).Draw(t, "ca days")
		now := testNow.Add(time.Duration(rapid.Int64Range(0, int64(30*365*day)).Draw(t, "now")))
		s := New(Options{Now: func() time.Time { return now }})
		req := SetRequest{Namespace: "n1.a1b2c", CA: CASpec{CommonName: "CA " + text.Draw(t, "ca"), Organization: text.Draw(t, "o"), Days: caDays, KeyType: rapid.SampledFrom([]KeyType{ECP256, ECP384}).Draw(t, "type")},
			Leaf: LeafSpec{CommonName: "leaf " + text.Draw(t, "cn"), Organization: text.Draw(t, "o2"), OrganizationalUnit: rapid.SampledFrom([]string{"", "ou"}).Draw(t, "ou"), Days: rapid.IntRange(0, caDays-2).Draw(t, "days")}}
		set, err := s.IssueSet(req)
		if err != nil {
			t.Fatalf("IssueSet(%+v) = %v", req, err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(set.CA.Cert)
		for _, at := range []time.Time{now.Add(-30 * time.Second), now, set.Leaf.Cert.NotAfter} {
			if _, err := set.Leaf.Cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
				t.Errorf("at %s: %v", at, err)
			}
		}
		if set.CA.Cert.NotAfter.Sub(set.Leaf.Cert.NotAfter) < day {
			t.Errorf("leaf ends %s, CA %s", set.Leaf.Cert.NotAfter, set.CA.Cert.NotAfter)
		}
		if p, done, err := ReadPair(set.Leaf.CertPEM, set.Leaf.Key.Reveal()); err != nil || len(done) > 0 || !p.Leaf().Equal(set.Leaf.Cert) {
			t.Errorf("ReadPair of our own: %v, %v", done, err)
		}
		for _, c := range set.Summary.Checks {
			if !c.Passed || c.Text == "" || c.Source == "" {
				t.Errorf("check %+v", c)
			}
		}
	})
}

// TestIssueSet: defaults, lanes and errors with the names of one form.
func TestIssueSet(t *testing.T) {
	s := testService()
	set := must(s.IssueSet(SetRequest{Namespace: "payments.a1b2c"}))(t)
	if sum := set.Summary; sum.CASubject != "CN=payments CA" || sum.LeafSubject != "CN=payments" || sum.CAKeyType != ECP384 || sum.LeafKeyType != ECP384 || !sum.ServerMadeKey || len(sum.Checks) < 30 {
		t.Errorf("summary %+v", sum)
	}
	key := ecKey(t, elliptic.P256())
	csr := must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "mine"}}, key))(t)
	set = must(s.IssueSet(SetRequest{Namespace: "payments.a1b2c", CSR: csr}))(t)
	if set.Summary.ServerMadeKey || !set.Leaf.Key.Empty() || set.Summary.LeafSubject != "CN=mine" || set.Summary.LeafKeyType != ECP256 {
		t.Errorf("summary %+v", set.Summary)
	}
	own := must(s.IssueSet(SetRequest{Namespace: "payments.a1b2c", Authority: &set.CA}))(t)
	if own.Summary.CAFingerprint != set.Summary.CAFingerprint {
		t.Error("the given CA was not used")
	}
	for _, tt := range []struct {
		what string
		req  SetRequest
		want string // fields with codes
	}{
		{"everything wrong", SetRequest{CA: CASpec{Days: 9999, Organization: "a\tb"}, Leaf: LeafSpec{Days: 9999, KeyType: "x"}}, "ca_common_name organization ca_days key_type common_name leaf_days"},
		{"leaf too long", SetRequest{Namespace: "p.a1b2c", CA: CASpec{Days: 30}, Leaf: LeafSpec{Days: 30}}, "leaf_days/CH-12"},
		{"same names", SetRequest{CA: CASpec{CommonName: "x"}, Leaf: LeafSpec{CommonName: "X"}}, "common_name/CH-21"},
		{"CA of one day", SetRequest{Namespace: "p.a1b2c", CA: CASpec{Days: 1}}, "leaf_days/CH-12"},
		{"broken request", SetRequest{Namespace: "p.a1b2c", CSR: []byte("x"), CA: CASpec{Days: -1}}, "ca_days csr/KP-39"},
		{"expired CA", SetRequest{Namespace: "p.a1b2c", Authority: expired(t)}, "ca/CH-11"},
		{"SHA-1 CA", SetRequest{Namespace: "p.a1b2c", Authority: brought(t, odd{cn: "old", isCA: true, key: rsaKey(2048), alg: x509.SHA1WithRSA})}, "ca/CH-13"},
		{"RSA-1024 CA", SetRequest{Namespace: "p.a1b2c", Authority: brought(t, odd{cn: "old", isCA: true, key: rsaKey(1024)})}, "ca/CH-14"},
	} {
		_, err := s.IssueSet(tt.req)
		var got []string
		for _, f := range fault.All(err) {
			g := f.Field
			if f.Code != "" {
				g += "/" + f.Code
			}
			got = append(got, g)
			if f.Kind != fault.Invalid {
				t.Errorf("%s: %+v", tt.what, f)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: got %q, want %q (%v)", tt.what, got, tt.want, err)
		}
	}
}

// TestBroughtDeepCA: the client's name is compared with every name above it, not only with its CA's.
func TestBroughtDeepCA(t *testing.T) {
	w := newWorld(t)
	key := ecKey(t, elliptic.P256())
	deep := odd{cn: "Deep CA", isCA: true, usage: caUsage, key: key, to: testNow.AddDate(3, 0, 0)}.sign(t, w.inter, w.interKey)
	ca := Issued{Cert: deep, CertPEM: encodeCerts(deep, w.inter, w.root), Key: must(encodeKey(key))(t)}
	if _, err := testService().IssueSet(SetRequest{Namespace: "p.a1b2c", Authority: &ca}); err != nil {
		t.Errorf("a good name: %v", err)
	}
	_, err := testService().IssueSet(SetRequest{Authority: &ca, Leaf: LeafSpec{CommonName: "ACME root", Organization: "acme"}})
	if diff := cmp.Diff([]string{"CH-21"}, codesOf(err)); diff != "" || !fault.Is(err, fault.Invalid) {
		t.Errorf("the root's name: %v", err)
	}
}

// brought is a CA that somebody brings, with its key.
func brought(t testing.TB, o odd) *Issued {
	t.Helper()
	c := o.sign(t, nil, nil)
	return &Issued{Cert: c, CertPEM: encodeCerts(c), Key: must(encodeKey(o.key))(t)}
}

func expired(t testing.TB) *Issued {
	return brought(t, odd{cn: "gone", isCA: true, key: ecKey(t, elliptic.P256()), from: testNow.AddDate(-2, 0, 0), to: testNow.AddDate(-1, 0, 0)})
}

// TestSameOrgAsTcld: a leaf with the CA's organization and no CN differs by an empty OU in tcld's output;
// that is not the same name (cloud-facts T2).
func TestSameOrgAsTcld(t *testing.T) {
	key := ecKey(t, elliptic.P384())
	caName := pkix.Name{Organization: []string{"acme"}}
	ca := odd{subject: &caName, isCA: true, key: key, usage: x509.KeyUsageDigitalSignature | x509.KeyUsageCRLSign | x509.KeyUsageCertSign}.sign(t, nil, nil)
	leafName := pkix.Name{Organization: []string{"acme"}, OrganizationalUnit: []string{""}}
	leaf := odd{subject: &leafName, key: ecKey(t, elliptic.P384()), dns: []string{"client.endentity.acme.x1y2"}, to: testNow.AddDate(0, 5, 0)}.sign(t, ca, key)
	if exact, folded := sameName(leaf.RawSubject, ca.RawSubject); exact || folded {
		t.Errorf("%s and %s are one name to us", leaf.Subject, ca.Subject)
	}
	for _, l := range LintLeaf([]*x509.Certificate{leaf}, []*x509.Certificate{ca}, testNow) {
		if l.Severity != SevNote || l.Code != "CH-17" {
			t.Errorf("tcld's own output gets %+v", l)
		}
	}
}

// TestNoKeyInErrors: no fault of this room carries key material.
func TestNoKeyInErrors(t *testing.T) {
	for _, tt := range pairCases(t) {
		_, done, err := ReadPair(tt.cert, tt.key)
		text := fmt.Sprint(done, err)
		for _, f := range fault.All(err) {
			text += fmt.Sprintf("%+v %v", *f, f.Err)
		}
		key := keyOf(t, makeSet().leaf).(*ecdsa.PrivateKey)
		for _, leak := range []string{string(makeSet().leaf.Key.Reveal()[40:80]), fmt.Sprintf("%x", must(key.Bytes())(t)[:8])} {
			if strings.Contains(text, leak) {
				t.Errorf("%s: key material in %.200s", tt.id, text)
			}
		}
	}
}

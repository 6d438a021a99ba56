//go:build !lean

package rehearsal

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"onramp/fault"
)

func TestTrustFiles(t *testing.T) {
	c := newCloud(t, Options{}) // the root is there before the start
	system := newCA(t, "a root of the system")
	odd := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("a root that Go cannot read")})
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, bytes.Join([][]byte{[]byte("# the system's"), system.pem(), odd}, []byte("\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", roots)
	dir := filepath.Join(t.TempDir(), "trust here")
	var env map[string]string
	for range 2 { // again: as a restart does
		var err error
		if env, err = c.TrustFiles(dir); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"SSL_CERT_FILE": "trust.pem", "NODE_EXTRA_CA_CERTS": "server-root.pem", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": "trust.pem"} {
		if env[name] != filepath.Join(dir, want) {
			t.Errorf("%s=%s", name, env[name])
		}
	}
	if want := `-Djavax.net.ssl.trustStore="` + // quoted: there is a blank in the path
		filepath.Join(dir, "trust.p12") + `"`; !strings.HasPrefix(env["JAVA_TOOL_OPTIONS"], want) || len(env) != 4 {
		t.Errorf("environment %v", env)
	}
	if b, err := os.ReadFile(env["NODE_EXTRA_CA_CERTS"]); err != nil || !bytes.Equal(b, c.RootPEM()) {
		t.Errorf("server-root.pem: %v", err)
	}
	all, err := os.ReadFile(env["SSL_CERT_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(all)
	for _, cert := range []*x509.Certificate{system.cert, c.authority.root} {
		if _, err := cert.Verify(x509.VerifyOptions{Roots: pool}); err != nil {
			t.Errorf("trust.pem lacks %s: %v", cert.Subject, err)
		}
	}
	p12, err := os.ReadFile(filepath.Join(dir, "trust.p12"))
	if err != nil {
		t.Fatal(err)
	}
	certs, err := pkcs12.DecodeTrustStore(p12, storePassword)
	if err != nil || len(certs) != 2 || !certs[0].Equal(c.authority.root) || !certs[1].Equal(system.cert) {
		t.Errorf("trust.p12 holds %d certificates, %v", len(certs), err)
	}

	// Its own file is not the system's: the rehearsal of last week must not stay trusted.
	t.Setenv("SSL_CERT_FILE", env["SSL_CERT_FILE"])
	if b, err := c.systemRoots(env["SSL_CERT_FILE"]); err != nil || bytes.Contains(b, bytes.TrimSpace(c.RootPEM())) {
		t.Errorf("took its own file for the system's, %v", err)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.TrustFiles(blocked); !fault.Is(err, fault.Internal) {
		t.Errorf("into a file: %v", err)
	}
}

// The certificates shown to callers: leaves that last, under a root, one an account.
func TestServerCertificates(t *testing.T) {
	a, err := newAuthority("Another root")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.rootPEM)
	for account, names := range map[string][]string{
		"":      {"localhost", "127.0.0.1", "::1"},
		"a1b2c": {"payments.a1b2c.tmprl.cloud", "orders.a1b2c.tmprl.cloud"},
	} {
		l, err := a.leaf(account)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := a.leaf(account); again != l || err != nil {
			t.Errorf("account %q: not the same at the second time, %v", account, err)
		}
		for _, name := range names {
			if _, err := l.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: l.Leaf.NotAfter.AddDate(-5, 0, 0)}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if l.Leaf.IsCA || l.Leaf.VerifyHostname("payments.zzzzz.tmprl.cloud") == nil {
			t.Errorf("account %q: CA %v, names %v", account, l.Leaf.IsCA, l.Leaf.DNSNames)
		}
	}
}

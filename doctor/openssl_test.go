package doctor

import (
	"bufio"
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// opensslServer starts `openssl s_server` with the lab's certificate: it judges client certificates as
// OpenSSL does, which in eight of ten cases is not as Go does. more are further options.
func opensslServer(l *lab, more ...string) string {
	l.t.Helper()
	dir := l.t.TempDir()
	cert := l.serverCA.issue(l.t, "lab server", "p256", func(c *x509.Certificate) {
		c.ExtKeyUsage, c.DNSNames = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []string{"localhost"}
	})
	for name, content := range map[string][]byte{"server.pem": cert.cert, "server.key": cert.key, "clients.pem": l.clientCA.pem} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			l.t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "openssl", append([]string{"s_server", "-accept", "127.0.0.1:0", "-alpn", "h2", "-cert", "server.pem",
		"-key", "server.key", "-CAfile", "clients.pem", "-Verify", "5", "-verify_return_error"}, more...)...)
	cmd.Dir = dir
	in, err := cmd.StdinPipe() // open, or the server ends
	if err != nil {
		l.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		stop()
		in.Close()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "ACCEPT "); ok {
			go func() {
				for lines.Scan() {
				}
			}()
			return "localhost" + address[strings.LastIndexByte(address, ':'):]
		}
	}
	l.t.Fatal("openssl s_server said no address")
	return ""
}

// onTheWire runs the ladder up to stage client-cert without Cloud's certificate rules: what the server
// alone says about a certificate. key, when not nil, is presented instead of the pair's own.
func onTheWire(t testing.TB, target Target, key crypto.Signer) Verdict {
	t.Helper()
	e := engine(patient)
	r := &run{o: e.o, t: target, now: time.Now(), values: map[string]string{}}
	defer r.close()
	for _, s := range ladder {
		if s.id == "chain" {
			continue
		}
		r.started = time.Now()
		r.st = &Stage{ID: s.id, Status: Pass, Evidence: map[string]any{}, Findings: []string{}}
		s.run(r, t.Context())
		if s.id == "pair" && key != nil {
			r.pair.Key = key
		}
		if r.verdict != nil || s.id == "client-cert" {
			break
		}
	}
	return r.conclude()
}

// patient is for servers that share the machine with other tests: silence is judged late.
func patient(o *Options) { o.Budgets.TLS, o.Budgets.Probe = 5*time.Second, 3*time.Second }

func TestOpenSSLServer(t *testing.T) {
	issued := func(edit ...func(*x509.Certificate)) func(*lab) keyPair {
		return func(l *lab) keyPair { return l.clientCA.issue(l.t, "orders worker", "p256", edit...) }
	}
	for _, c := range []struct {
		name      string
		pair      func(*lab) keyPair
		otherKey  bool
		code      string // of a whole check, which knows Cloud's rules
		wire      string // what the server's refusal alone shows; "" where it would mislead and stage chain comes first
		wireLevel Level
	}{
		{"no certificate", func(*lab) keyPair { return keyPair{} }, false, "CL-01", "CL-01", Certain},
		{"unknown CA", func(l *lab) keyPair { return newAuthority(l.t, "Stranger", nil).issue(l.t, "orders worker", "p256") }, false, "CL-03", "CL-03", Certain},
		{"expired", issued(expired), false, "CH-09", "CL-04", Likely},
		{"not yet valid", issued(notYet), false, "CH-10", "CL-05", Likely},
		{"for servers only", issued(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), false, "CH-15", "CL-06", Certain},
		{"without digitalSignature", issued(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), false, "CH-16", "CL-06", Certain},
		{"SHA-1", issued(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 }), false, "CH-13", "CL-05", Likely},
		{"RSA-1024", func(l *lab) keyPair { return l.clientCA.issue(l.t, "orders worker", "rsa1024") }, false, "CH-14", "CL-05", Likely},
		{"the CA's own name", issued(func(c *x509.Certificate) {
			c.Subject = pkix.Name{CommonName: "Lab client CA", Organization: []string{"Lab"}}
		}), false, "CH-20", "", ""},
		{"the CA's own name in capitals", issued(func(c *x509.Certificate) {
			c.Subject = pkix.Name{CommonName: "LAB CLIENT CA", Organization: []string{"LAB"}}
		}), false, "CH-21", "", ""},
		{"another key", issued(), true, "KP-06", "CL-07", Certain},
		{"good", issued(), false, "", OK, Certain},
	} {
		for _, version := range []string{"-tls1_3", "-tls1_2"} {
			t.Run(c.name+version, func(t *testing.T) {
				t.Parallel()
				l := newLab(t)
				p := c.pair(l)
				target := l.target(opensslServer(l, version))
				target.CertPEM, target.KeyPEM = p.cert, p.key
				var key crypto.Signer
				if c.otherKey {
					key = mustKey(t, "p256")
				}
				if v := onTheWire(t, target, key); c.wire != "" && (v.Code != c.wire || v.Level != c.wireLevel) {
					t.Errorf("by the server's refusal alone: %s %s, want %s %s", v.Code, v.Level, c.wire, c.wireLevel)
				}
				if c.otherKey {
					target.KeyPEM = l.clientCA.issue(t, "another", "p256").key
				}
				if c.code == "" {
					return // the server speaks no HTTP/2: what follows the certificate is not its business
				}
				if r := check(t, target, patient); r.Verdict.Code != c.code || r.Verdict.Level != Certain {
					t.Errorf("want %s certain\n%s", c.code, show(r))
				}
			})
		}
	}
}

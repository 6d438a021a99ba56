package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// healthyPairs are client certificates that Cloud accepts, in every form that people have them.
func healthyPairs(t testing.TB, l *lab) map[string]keyPair {
	t.Helper()
	out := map[string]keyPair{}
	mid := newAuthority(t, "Lab intermediate", l.clientCA)
	for _, kind := range []string{"p256", "p384", "p521", "rsa2048"} {
		plain := l.clientCA.issue(t, "worker "+kind, kind)
		bare := l.clientCA.issue(t, "bare "+kind, kind, func(c *x509.Certificate) { c.KeyUsage, c.ExtKeyUsage = 0, nil })
		chained := mid.issue(t, "chained "+kind, kind)
		chained.cert = append(chained.cert, mid.pem...)
		for name, p := range map[string]keyPair{"plain": plain, "as tcld makes it": bare, "with intermediate": chained} {
			out[kind+" "+name] = p
			out[kind+" "+name+", CRLF"] = keyPair{crlf(p.cert), crlf(p.key)}
			out[kind+" "+name+", text before"] = keyPair{append([]byte("subject=CN\nissuer=CN\n"), p.cert...), p.key}
			out[kind+" "+name+", no last line break"] = keyPair{[]byte(strings.TrimSpace(string(p.cert))), []byte(strings.TrimSpace(string(p.key)))}
			out[kind+" "+name+", both in one file"] = keyPair{append(slices.Clone(p.cert), p.key...), append(slices.Clone(p.cert), p.key...)}
			out[kind+" "+name+", old key form"] = keyPair{p.cert, oldForm(t, p.key)}
			out[kind+" "+name+", whole chain"] = keyPair{append(slices.Clone(p.cert), l.clientCA.pem...), p.key}
		}
	}
	return out
}

func crlf(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), "\n", "\r\n")) }

// oldForm writes a PKCS#8 key as SEC1 or PKCS#1.
func oldForm(t testing.TB, key []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(key)
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return oldKey(t, k)
}

// Healthy pairs must not be alarmed about: 84 of them, at TLS 1.3 and 1.2, with the CA known and not.
func TestNoFalseAlarms(t *testing.T) {
	l := newLab(t)
	addresses := []string{l.serve(l.mtls()), l.serve(l.mtls(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }))}
	n, alarms := 0, 0
	for name, p := range healthyPairs(t, l) {
		for i, address := range addresses {
			for _, known := range []bool{true, false} {
				target := l.target(address)
				target.CertPEM, target.KeyPEM = p.cert, p.key
				if known {
					target.UploadedCA = l.clientCA.pem
				}
				n++
				r := check(t, target)
				if r.Verdict.Code != OK {
					alarms++
					t.Errorf("%s, server %d, CA known %v: false alarm\n%s", name, i, known, show(r))
				}
			}
		}
	}
	if *update {
		intoPage(t, "healthy", fmt.Sprintf("%d healthy variants, %d false alarms.\n", n, alarms))
	}
	t.Logf("figure: R3 false_alarms=%d variants=%d", alarms, n)
	if n < 200 {
		t.Errorf("only %d healthy variants", n)
	}
}

func TestHealthyIPv6(t *testing.T) {
	ln, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Fatal("this machine has no IPv6 loopback: ", err)
	}
	l := newLab(t)
	s := grpc.NewServer(grpc.Creds(credentials.NewTLS(l.mtls())))
	register(s, l)
	go func() { _ = s.Serve(ln) }()
	defer s.Stop()
	if r := check(t, l.target(ln.Addr().String())); r.Verdict.Code != OK {
		t.Errorf("want OK\n%s", show(r))
	}
}

// Endpoints that are healthy in other ways.
func TestOtherHealthyEndpoints(t *testing.T) {
	t.Run("behind a proxy", func(t *testing.T) {
		l := newLab(t)
		r := check(t, l.target(labHost+":7233"), dnsSays(nowhere)(l), proxy(t, proxyTunnels, l.serve(l.mtls())))
		if r.Verdict.Code != OK {
			t.Errorf("want OK\n%s", show(r))
		}
		if out, _ := json.Marshal(r); strings.Contains(string(out), "secret") {
			t.Errorf("the proxy's password is in the report: %s", out)
		}
	})
	t.Run("excepted from the proxy", func(t *testing.T) {
		l := newLab(t)
		_, port, _ := net.SplitHostPort(l.serve(l.mtls()))
		env := map[string]string{"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "tmprl.cloud"}
		r := check(t, l.target(labHost+":"+port), dnsSays(dnsReply{v4: []string{"127.0.0.1"}})(l), func(o *Options) { o.Getenv = func(n string) string { return env[n] } })
		if r.Verdict.Code != OK {
			t.Errorf("want OK\n%s", show(r))
		}
	})
	t.Run("API key", func(t *testing.T) {
		l := newLab(t)
		target := l.target(l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })))
		target.CertPEM, target.KeyPEM, target.APIKey = nil, nil, "key\n"
		r := check(t, target)
		if r.Verdict.Code != OK || r.Target.Auth != "api-key" || !slices.Contains(r.Stages[0].Findings, "AK-05") {
			t.Errorf("want OK with AK-05\n%s", show(r))
		}
	})
	t.Run("without TLS, as asked", func(t *testing.T) {
		l := newLab(t)
		r := check(t, Target{Address: l.serve(nil), Namespace: labNamespace, Plaintext: true})
		if r.Verdict.Code != OK {
			t.Errorf("want OK\n%s", show(r))
		}
	})
	t.Run("says goodbye once", func(t *testing.T) {
		l := newLab(t)
		if r := check(t, l.target(goodbye(l))); r.Verdict.Code != OK {
			t.Errorf("want OK\n%s", show(r))
		}
	})
}

// Warnings are findings: the stage says warn, the verdict stays OK.
func TestWarnings(t *testing.T) {
	healthy := func(l *lab) Target { return l.target(l.serve(l.mtls())) }
	for _, c := range []struct {
		code, stage string
		make        func(l *lab) Target
		prepare     func(*lab) func(*Options)
	}{
		{"CH-12", "chain", func(l *lab) Target {
			t := healthy(l)
			p := l.clientCA.issue(l.t, "long", "p256", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(9999 * time.Hour) })
			t.CertPEM, t.KeyPEM, t.UploadedCA = p.cert, p.key, l.clientCA.pem
			return t
		}, nil},
		{"CH-27", "chain", func(l *lab) Target {
			t := healthy(l)
			t.Filters = []byte(`{"filters":[{"commonName":"*"}]}`)
			return t
		}, nil},
		{"CL-15", "client-cert", func(l *lab) Target {
			return l.target(l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })))
		}, nil},
		{"TC-07", "tcp", func(l *lab) Target {
			_, port, _ := net.SplitHostPort(l.serve(l.serverWith(l.serverCA, names("temporal.example.com"))))
			return l.target("temporal.example.com:" + port)
		}, dnsSays(dnsReply{v4: []string{"127.0.0.1", "127.0.0.2"}})},
		{"DN-08", "dns", func(l *lab) Target {
			_, port, _ := net.SplitHostPort(l.serve(l.mtls()))
			return l.target(labHost + ":" + port)
		}, dnsSays(dnsReply{v4: []string{"127.0.0.1"}})},
	} {
		t.Run(c.code, func(t *testing.T) {
			l := newLab(t)
			var edits []func(*Options)
			if c.prepare != nil {
				edits = append(edits, c.prepare(l))
			}
			r := check(t, c.make(l), edits...)
			i := slices.IndexFunc(r.Stages, func(s Stage) bool { return s.ID == c.stage })
			if r.Verdict.Code != OK || r.Stages[i].Status != Warn || !slices.Contains(r.Stages[i].Findings, c.code) {
				t.Errorf("want OK with a warning %s at %s\n%s", c.code, c.stage, show(r))
			}
		})
	}
}

// Neither key material nor an API key is in a report, and the API key is not sent to a server that did
// not prove who it is.
func TestSecretsStay(t *testing.T) {
	l := newLab(t)
	heard := make(chan string, 16)
	address := raw(t, func(c net.Conn) {
		b := make([]byte, 1<<16)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			select {
			case heard <- string(b[:n]):
			default:
			}
			_, _ = c.Write([]byte{0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		}
	})
	target := l.target(address)
	target.APIKey = "canary-api-key"
	r := check(t, target)
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(l.client.key)
	for _, secret := range []string{"canary-api-key", "PRIVATE KEY", string(l.client.key[40:80]), string(block.Bytes[:16])} {
		if strings.Contains(string(out), secret) {
			t.Errorf("the report holds %q", secret)
		}
	}
	if s := fmt.Sprintf("%v %+v %s", target, target, target); strings.Contains(s, "canary") || strings.Contains(s, "PRIVATE KEY") {
		t.Errorf("a printed target shows secrets: %s", s)
	}
	if len(heard) == 0 {
		t.Error("the server heard nothing")
	}
	for len(heard) > 0 {
		if s := <-heard; strings.Contains(s, "canary") {
			t.Errorf("the API key was sent to a server without TLS: %q", s)
		}
	}
}

func TestCancelledRunEndsAtOnce(t *testing.T) {
	l := newLab(t)
	ctx, cancel := context.WithCancel(t.Context())
	started := time.Now()
	r := engine(func(o *Options) { o.Budgets.TLS = time.Minute }).Run(ctx, l.target(raw(t, silence)), func(s Stage) {
		if s.ID == "tls" && s.Status == Running {
			cancel()
		}
	})
	if r.Verdict.Code != UnknownCode || time.Since(started) > 30*time.Second { // the stage had a minute
		t.Errorf("after %s\n%s", time.Since(started), show(r))
	}
	wholeReport(t, r)
}

// A silent fault is named within the asked time, not after the stages' own budgets.
func TestTimeoutIsKept(t *testing.T) {
	l := newLab(t)
	started := time.Now()
	r := New(Options{Getenv: func(string) string { return "" }, Timeout: 1200 * time.Millisecond, Budgets: Budgets{TLS: time.Minute}}).Run(t.Context(), l.target(raw(t, silence)), nil)
	if took := time.Since(started); took > 30*time.Second || r.Verdict.Code != "TC-05" {
		t.Errorf("after %s\n%s", took, show(r))
	}
}

package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certified writes a certificate of its own signature for 127.0.0.1, and its key.
func certified(t testing.TB, cert, key string, serial int64) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "onramp.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		put(t, path+".new", pem.EncodeToMemory(b))
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
}

// sharedPortal is `onramp serve` for several people.
type sharedPortal struct {
	*process
	t         testing.TB
	public    string // the name that people open
	data      string
	cert, key string
	line      struct {
		URL, Data, Listen, Metrics string
		First                      string `json:"first_admin"`
	}
}

func openShared(t testing.TB, more ...string) *sharedPortal {
	t.Helper()
	dir := t.TempDir()
	s := &sharedPortal{t: t, public: "https://onramp.test", data: filepath.Join(dir, "data"), cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	certified(t, s.cert, s.key, 1)
	s.process = start(t, "", cleanEnv(), program, append([]string{"serve", "--addr", "127.0.0.1:0", "--data", s.data, "--rehearsal", "off", "--json", "--public-url", s.public,
		"--tls-cert-file", s.cert, "--tls-key-file", s.key, "--signin", "local"}, more...)...)
	if err := json.Unmarshal([]byte(s.process.line(`^\{.*\}$`)[0]), &s.line); err != nil {
		t.Fatal(err)
	}
	return s
}

// person is somebody's client, with cookies of their own.
func (s *sharedPortal) person() *http.Client {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	dial := &net.Dialer{}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, DisableKeepAlives: true, //nolint:gosec // its own certificate
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dial.DialContext(ctx, network, s.line.Listen)
			}}}
}

// send sends a request, and a form as a script does.
func (s *sharedPortal) send(c *http.Client, method, path string, form ...string) (*http.Response, string) {
	s.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		v.Set(form[i], form[i+1])
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.public+path, strings.NewReader(v.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Origin", s.public)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := c.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(b)
}

// want fails unless a request is answered with a status; it returns the answer's text.
func (s *sharedPortal) want(status int, c *http.Client, method, path string, form ...string) string {
	s.t.Helper()
	resp, body := s.send(c, method, path, form...)
	if resp.StatusCode != status {
		s.t.Errorf("%s %s answers %d, want %d\n%.500s", method, path, resp.StatusCode, status, body)
	}
	return body
}

// TestShared: a team's first hour with a portal of its own, by the command line's contract.
// ASVS 12.1.1.
func TestShared(t *testing.T) {
	const word = "otter lantern brisk 41 gravel"
	s := openShared(t)
	if s.line.URL != s.public+"/" || s.line.Data != s.data || !strings.HasPrefix(s.line.First, s.public+"/start?t=") {
		t.Fatalf("the line of serve: %+v", s.line)
	}
	first := strings.TrimPrefix(s.line.First, s.public)
	dana, omar, nobody := s.person(), s.person(), s.person()
	resp, _ := s.send(nobody, "GET", "/healthz")
	if resp.ProtoMajor != 2 || resp.StatusCode != 200 {
		t.Errorf("/healthz answers %d by %s", resp.StatusCode, resp.Proto)
	}
	s.want(200, nobody, "GET", "/readyz")
	s.want(404, nobody, "GET", "/metrics")
	s.want(401, nobody, "GET", "/")
	s.want(200, dana, "GET", first)
	s.want(303, dana, "POST", "/start", "name", "Dana", "email", "dana@example.com", "password", word)
	s.want(200, dana, "GET", "/people")
	s.want(410, nobody, "GET", first)
	m, err := http.Get(s.line.Metrics)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Body.Close()
	if b, _ := io.ReadAll(m.Body); m.StatusCode != 200 || !strings.Contains(string(b), "onramp_") {
		t.Errorf("the metrics answer %d", m.StatusCode)
	}

	// onramp people, while the portal serves.
	add := run(t, cleanEnv(), "people", "add", "--email", "omar@example.com", "--role", "viewer", "--data", s.data)
	link, _, _ := strings.Cut(add.out, "\n")
	if add.code != 0 || !strings.HasPrefix(link, s.public+"/start?t=") {
		t.Fatalf("people add: %d %s %s", add.code, add.out, add.err)
	}
	token := strings.TrimPrefix(link, s.public+"/start?t=")
	s.want(303, omar, "POST", "/start", "t", token, "password", word)
	s.want(200, omar, "GET", "/")
	if body := s.want(403, omar, "POST", "/new", "name", "Payments", "lang", "go", "mode", "cloud", "auth", "mtls"); !strings.Contains(body, "Dana (owner)") {
		t.Error("who may is not said")
	}
	s.want(403, omar, "GET", "/people")
	if a := run(t, cleanEnv(), "people", "role", "--email", "omar@example.com", "--role", "developer", "--data", s.data); a.code != 0 {
		t.Errorf("people role: %s", a.err)
	}
	s.want(303, omar, "POST", "/new", "name", "Payments", "lang", "go", "mode", "cloud", "auth", "mtls")
	if a := run(t, cleanEnv(), "people", "disable", "omar@example.com", "--data", s.data, "--json"); a.code != 0 || !strings.Contains(a.out, `"disabled":true`) {
		t.Errorf("people disable: %s %s", a.out, a.err)
	}
	s.want(401, omar, "GET", "/")
	s.want(401, omar, "POST", "/signin", "email", "omar@example.com", "password", word)
	list := run(t, cleanEnv(), "people", "list", "--data", s.data)
	for _, text := range []string{"dana@example.com", "owner", "omar@example.com", "disabled"} {
		if !strings.Contains(list.out, text) {
			t.Errorf("people list lacks %s:\n%s", text, list.out)
		}
	}
	for _, secret := range []string{word, token, strings.TrimPrefix(first, "/start?t=")} {
		if strings.Contains(strings.ReplaceAll(s.output(), s.line.First, ""), secret) {
			t.Error("a secret is in the log")
		}
	}
	// A renewed certificate is in use at the next handshakes; a file that is half of a pair changes nothing.
	serial := func() int64 {
		conn, err := tls.Dial("tcp", s.line.Listen, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // its own certificate
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	certified(t, s.cert, filepath.Join(t.TempDir(), "other.key"), 2)
	within(t, "the half of a pair is noticed", func() bool { serial(); return strings.Contains(s.output(), "the one before goes on") })
	if serial() != 1 {
		t.Error("half of a pair is in use")
	}
	certified(t, s.cert, s.key, 3)
	within(t, "the new certificate is in use", func() bool { return serial() == 3 })
	if _, err := tls.Dial("tcp", s.line.Listen, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil { //nolint:gosec // it has to be refused: ASVS 12.1.1
		t.Error("TLS 1.1 is spoken")
	}
	if code, took := s.stop(); code != 0 || took > 10*time.Second {
		t.Errorf("the stop took %s and ended %d", took, code)
	}
}

// TestSharedRefusals: what is missing for a shared portal is said, all of it at once.
func TestSharedRefusals(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certified(t, cert, key, 1)
	other := filepath.Join(dir, "other.key")
	certified(t, filepath.Join(dir, "other.pem"), other, 2)
	for _, tt := range []struct {
		name string
		args []string
		says []string
	}{
		{"nothing but an address", []string{"--addr", "0.0.0.0:0"}, []string{"TLS", "sign-in", "--public-url"}},
		{"every address", []string{"--addr", ":0"}, []string{"TLS", "sign-in"}},
		{"no TLS and no sign-in", []string{"--addr", "0.0.0.0:0", "--public-url", "https://onramp.test"}, []string{"needs TLS", "needs sign-in", "--tls-cert-file", "--behind-proxy", "--signin"}},
		{"no sign-in", []string{"--addr", "0.0.0.0:0", "--public-url", "https://onramp.test", "--tls-cert-file", cert, "--tls-key-file", key}, []string{"needs sign-in"}},
		{"no TLS", []string{"--addr", "0.0.0.0:0", "--public-url", "https://onramp.test", "--signin", "local"}, []string{"needs TLS"}},
		{"half of a pair", []string{"--public-url", "https://onramp.test", "--signin", "local", "--tls-cert-file", cert}, []string{"--tls-key-file"}},
		{"files of two pairs", []string{"--public-url", "https://onramp.test", "--signin", "local", "--tls-cert-file", cert, "--tls-key-file", other}, []string{"do not belong together"}},
		{"no files", []string{"--public-url", "https://onramp.test", "--signin", "local", "--tls-cert-file", "/nope.pem", "--tls-key-file", key}, []string{"/nope.pem"}},
		{"an address without TLS", []string{"--public-url", "http://onramp.test", "--signin", "local", "--behind-proxy", "10.0.0.0/8"}, []string{"--public-url"}},
		{"an address with a path", []string{"--public-url", "https://onramp.test/x", "--signin", "local", "--behind-proxy", "10.0.0.0/8"}, []string{"--public-url"}},
		{"sign-in without an address", []string{"--signin", "local"}, []string{"--public-url"}},
		{"all at once", []string{"--public-url", "https://x y", "--signin", "magic", "--behind-proxy", "everybody", "--targets", "q", "--metrics-addr", "z"}, []string{"--public-url", "--signin", "--behind-proxy", "--targets", "--metrics-addr"}},
		{"a provider that is not named", []string{"--public-url", "https://onramp.test", "--signin", "oidc", "--behind-proxy", "10.0.0.7"}, []string{"--oidc-issuer", "--oidc-client-id", "--oidc-role"}},
		{"groups without an owner", []string{"--public-url", "https://onramp.test", "--signin", "oidc", "--behind-proxy", "10.0.0.7", "--oidc-issuer", "https://idp.test", "--oidc-client-id", "x", "--oidc-role", "a=viewer"}, []string{"owner"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := run(t, cleanEnv(), append([]string{"serve", "--data", filepath.Join(t.TempDir(), "data"), "--rehearsal", "off"}, tt.args...)...)
			if a.code != 2 {
				t.Errorf("exit %d, want 2\n%s", a.code, a.err)
			}
			for _, text := range tt.says {
				if !strings.Contains(a.err, text) {
					t.Errorf("does not name %q:\n%s", text, a.err)
				}
			}
		})
	}
	if a := run(t, cleanEnv(), "people", "list", "--data", filepath.Join(dir, "none")); a.code != 2 || !strings.Contains(a.err, "no Onramp data") {
		t.Errorf("people without data: %d %s", a.code, a.err)
	}
}

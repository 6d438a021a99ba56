//go:build !lean

package rehearsal

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/namespace"
)

const (
	bundles   = 1000
	perUpload = certsvc.MaxBundleCerts // so many CAs are uploaded together
)

// madeBundle is one random bundle and where its files are.
type madeBundle struct {
	set             certsvc.Set
	cert, key, what string
}

// TestThousandBundles: bundles of random names, keys, days and lanes are clean by our rules and by
// openssl's, carry the three extensions, and the rehearsal cloud and openssl s_server take them from
// Go, Python and Node.
func TestThousandBundles(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	c, dir := started(t, Options{}), t.TempDir() // its own: a handshake at localhost names the CAs of all namespaces
	root := filepath.Join(dir, "root.pem")
	put(t, root, c.RootPEM())
	python, node := startClient(t, "python3", "testdata/client.py"), startClient(t, "node", "testdata/client.mjs")
	kinds, handshakes := map[string]int{}, 0
	for first := 0; first < bundles; first += perUpload {
		batch := make([]madeBundle, 0, perUpload)
		var cas []byte
		for i := first; i < min(first+perUpload, bundles); i++ {
			b := randomBundle(t, r, dir, i)
			kinds[b.what]++
			batch, cas = append(batch, b), append(cas, b.set.CA.CertPEM...)
		}
		if _, found := certsvc.LintBundle(cas, time.Now()); len(found) > 0 {
			t.Errorf("the CAs of bundles %d and on: %+v", first, found)
		}
		opensslAgrees(t, dir, batch)
		id := namespace.ID{Name: fmt.Sprintf("bundles-%d", first/perUpload), Account: "a1b2c"}
		if err := c.CreateNamespace(testContext(t), id); err != nil {
			t.Fatal(err)
		}
		if _, err := c.SetCAs(testContext(t), id, cas); err != nil {
			t.Fatalf("the cloud refuses the CAs of bundles %d and on: %v", first, err)
		}
		server, stop := opensslServer(t, dir, cas)
		for _, b := range batch {
			cloud := asked{Host: "127.0.0.1", Name: id.String() + ".tmprl.cloud", Root: root, Cert: b.cert, Key: b.key, ALPN: "h2", Hear: "\x00\x00"}
			cloud.Port = c.door.port()
			strict := asked{Host: "127.0.0.1", Port: server, Name: "localhost", Root: filepath.Join(dir, "server-root.pem"), Cert: b.cert, Key: b.key, Say: "hello\n", Hear: "olleh"}
			for where, ask := range map[string]asked{"the rehearsal cloud": cloud, "openssl s_server": strict} {
				for who, answer := range map[string]func(asked) string{"Go": inGo, "Python": python, "Node": node} {
					if got := answer(ask); got != "ok" {
						t.Errorf("bundle %s (%s, %s) from %s to %s: %s", b.cert, b.what, b.set.Summary.LeafSubject, who, where, got)
					}
					handshakes++
				}
			}
			pair, err := tls.X509KeyPair(read(t, b.cert), read(t, b.key))
			if err != nil {
				t.Fatal(err)
			}
			cl, err := dial(t, c, id, &pair, cloud.Name) // the Go SDK asks GetSystemInfo
			if err != nil {
				t.Errorf("bundle %s from the Go SDK: %v", b.cert, err)
				continue
			}
			cl.Close()
		}
		stop()
		if t.Failed() {
			t.FailNow() // one upload's worth of reasons is enough
		}
	}
	t.Logf("%d bundles, %d handshakes, 0 refused; lanes and keys: %v", bundles, handshakes, kinds)
}

// randomBundle makes one bundle as the portal would and writes the client's files into dir.
func randomBundle(t *testing.T, r *rand.Rand, dir string, i int) madeBundle {
	t.Helper()
	word := func(most int) string {
		letters := []rune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789äöüßéøπ東京-_.'&+=/# ")
		out := make([]rune, 1+r.IntN(most))
		for j := range out {
			out[j] = letters[r.IntN(len(letters))]
		}
		return strings.TrimSpace("x" + string(out) + "y")
	}
	maybe := func(s string) string {
		if r.IntN(2) == 0 {
			return ""
		}
		return s
	}
	kinds := []certsvc.KeyType{certsvc.ECP256, certsvc.ECP384, certsvc.ECP256, certsvc.ECP384, certsvc.ECP256, certsvc.ECP384, certsvc.RSA2048}
	kind := kinds[r.IntN(len(kinds))]
	if r.IntN(200) == 0 {
		kind = certsvc.RSA4096
	}
	days := 2 + r.IntN(3649)
	req := certsvc.SetRequest{Namespace: fmt.Sprintf("bundle-%d.a1b2c", i),
		CA:   certsvc.CASpec{CommonName: fmt.Sprintf("%s %d", word(40), i), Organization: maybe(word(60)), Days: days, KeyType: kind},
		Leaf: certsvc.LeafSpec{CommonName: fmt.Sprintf("%s leaf %d", word(40), i), Organization: maybe(word(60)), OrganizationalUnit: maybe(word(60))}}
	if r.IntN(2) == 0 {
		req.Leaf.Days = 1 + r.IntN(days-1)
	}
	for range r.IntN(3) {
		req.Leaf.DNSNames = append(req.Leaf.DNSNames, fmt.Sprintf("worker-%d.acme.internal", r.IntN(1000)))
	}
	b := madeBundle{what: "server-made " + string(kind)}
	var keyPEM []byte
	if r.IntN(3) == 0 { // the key stays with the person: a request is signed
		var how string
		req.CSR, keyPEM, how = request(t, r, req.Leaf)
		b.what = "request " + how
	} else {
		req.Leaf.KeyType = kinds[r.IntN(len(kinds))]
	}
	set, err := certsvc.New(certsvc.Options{}).IssueSet(req)
	if err != nil {
		t.Fatalf("bundle %d, %+v: %v", i, req, err)
	}
	if keyPEM == nil {
		keyPEM = set.Leaf.Key.Reveal()
	}
	chain, done, err := certsvc.ReadCertificates(set.Leaf.CertPEM)
	if err != nil || len(done) > 0 {
		t.Fatalf("bundle %d: %v, %v", i, err, done)
	}
	if found := certsvc.LintLeaf(chain, []*x509.Certificate{set.CA.Cert}, time.Now()); len(found) > 0 {
		t.Errorf("bundle %d breaks %+v", i, found)
	}
	b.set, b.cert, b.key = set, filepath.Join(dir, fmt.Sprintf("%d.pem", i)), filepath.Join(dir, fmt.Sprintf("%d.key", i))
	put(t, b.cert, set.Leaf.CertPEM)
	put(t, b.key, keyPEM)
	put(t, filepath.Join(dir, fmt.Sprintf("%d.ca", i)), set.CA.CertPEM)
	return b
}

// rsaKeys are made once: what is random about a request is elsewhere.
var rsaKeys = map[int]*rsa.PrivateKey{}

// request is a certificate request with a key of a random kind.
func request(t *testing.T, r *rand.Rand, leaf certsvc.LeafSpec) (csr, key []byte, how string) {
	t.Helper()
	var signer any
	var err error
	switch how = []string{"P-256", "P-384", "P-521", "RSA-2048", "RSA-3072"}[r.IntN(5)]; how {
	case "P-256":
		signer, err = ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	case "P-384":
		signer, err = ecdsa.GenerateKey(elliptic.P384(), crand.Reader)
	case "P-521":
		signer, err = ecdsa.GenerateKey(elliptic.P521(), crand.Reader)
	default:
		bits, _ := strconv.Atoi(how[4:])
		if rsaKeys[bits] == nil {
			if rsaKeys[bits], err = rsa.GenerateKey(crand.Reader, bits); err != nil {
				t.Fatal(err)
			}
		}
		signer = rsaKeys[bits]
	}
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.CertificateRequest{}
	template.Subject.CommonName = leaf.CommonName
	der, err := x509.CreateCertificateRequest(crand.Reader, template, signer)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), how
}

var extensions = []*regexp.Regexp{
	regexp.MustCompile(`X509v3 Basic Constraints: critical\s+CA:FALSE`),
	regexp.MustCompile(`X509v3 Key Usage: critical\s+Digital Signature`),
	regexp.MustCompile(`X509v3 Extended Key Usage:\s+TLS Web Client Authentication`),
}

// opensslAgrees: verify for a client's purpose says OK, and -text shows the three extensions.
func opensslAgrees(t *testing.T, dir string, batch []madeBundle) {
	t.Helper()
	for _, b := range batch {
		ca := strings.TrimSuffix(b.cert, ".pem") + ".ca"
		if out, err := exec.Command("openssl", "verify", "-purpose", "sslclient", "-CAfile", ca, b.cert).CombinedOutput(); err != nil || !bytes.HasSuffix(out, []byte(": OK\n")) {
			t.Errorf("openssl verify of %s: %v\n%s", b.cert, err, out)
		}
		text, err := exec.Command("openssl", "x509", "-in", b.cert, "-noout", "-text").CombinedOutput()
		for _, e := range extensions {
			if err != nil || !e.Match(text) {
				t.Errorf("openssl x509 -text of %s (%v) shows no %s:\n%s", b.cert, err, e, text)
			}
		}
	}
}

// opensslServer is an s_server that wants a client certificate of one of cas; it repeats each line
// backwards. Its own certificate stands under server-root.pem in dir.
func opensslServer(t *testing.T, dir string, cas []byte) (port int, stop func()) {
	t.Helper()
	own := filepath.Join(dir, "server-root.pem")
	if _, err := os.Stat(own); err != nil {
		ca := newCA(t, "server root")
		server := ca.leaf(t, func(c *x509.Certificate) {
			c.Subject.CommonName, c.DNSNames, c.ExtKeyUsage = "localhost", []string{"localhost"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		})
		key, err := x509.MarshalPKCS8PrivateKey(server.key)
		if err != nil {
			t.Fatal(err)
		}
		put(t, own, ca.pem())
		put(t, filepath.Join(dir, "server.pem"), server.pem())
		put(t, filepath.Join(dir, "server.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	}
	put(t, filepath.Join(dir, "clients.pem"), cas)
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-rev",
		"-CAfile", "clients.pem", "-Verify", "5", "-verify_return_error")
	cmd.Dir = dir
	stdin, stdout := pipes(t, cmd)
	lines := bufio.NewScanner(stdout)
	accept := regexp.MustCompile(`^ACCEPT 127\.0\.0\.1:(\d+)`)
	for port == 0 && lines.Scan() {
		if m := accept.FindStringSubmatch(lines.Text()); m != nil {
			port, _ = strconv.Atoi(m[1])
		}
	}
	if port == 0 {
		t.Fatal("openssl s_server does not listen")
	}
	drained := make(chan struct{})
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, stdout) }()
	return port, func() { cancel(); _ = stdin.Close(); <-drained; _ = cmd.Wait() }
}

// asked is one connection for a client to make.
type asked struct {
	Host string `json:"host"`
	Port int    `json:"port"`
	Name string `json:"name"`
	Root string `json:"root"`
	Cert string `json:"cert"`
	Key  string `json:"key"`
	ALPN string `json:"alpn"`
	Say  string `json:"say"`
	Hear string `json:"hear"` // what the server's first bytes are
}

// startClient runs a client program that answers a line for each line.
func startClient(t *testing.T, program, script string) func(asked) string {
	t.Helper()
	cmd := exec.Command(program, script)
	cmd.Stderr = os.Stderr
	stdin, stdout := pipes(t, cmd)
	t.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() })
	lines := bufio.NewScanner(stdout)
	return func(a asked) string {
		line, err := json.Marshal(a)
		if err != nil {
			return err.Error()
		}
		if _, err := stdin.Write(append(line, '\n')); err != nil {
			return err.Error()
		}
		if !lines.Scan() {
			return fmt.Sprintf("%s ended: %v", program, lines.Err())
		}
		return lines.Text()
	}
}

func pipes(t *testing.T, cmd *exec.Cmd) (io.WriteCloser, io.Reader) {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs what the tests need.", err)
	}
	return stdin, stdout
}

// inGo makes the same connection with crypto/tls.
func inGo(a asked) string {
	pair, err := tls.LoadX509KeyPair(a.Cert, a.Key)
	if err != nil {
		return err.Error()
	}
	roots := x509.NewCertPool()
	if b, err := os.ReadFile(a.Root); err != nil || !roots.AppendCertsFromPEM(b) {
		return fmt.Sprint("no root: ", err)
	}
	config := &tls.Config{ServerName: a.Name, RootCAs: roots, Certificates: []tls.Certificate{pair}}
	if a.ALPN != "" {
		config.NextProtos = []string{a.ALPN}
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: within}, "tcp", net.JoinHostPort(a.Host, strconv.Itoa(a.Port)), config)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(within)); err != nil {
		return err.Error()
	}
	if _, err := io.WriteString(conn, a.Say); err != nil {
		return err.Error()
	}
	got := make([]byte, len(a.Hear))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != a.Hear {
		return fmt.Sprintf("heard %q, %v", got, err)
	}
	return "ok"
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

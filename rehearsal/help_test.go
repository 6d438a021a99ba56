//go:build !lean

package rehearsal

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/goleak"

	"onramp/namespace"
)

// TestMain fails when a test leaves a goroutine behind: of ours, of the server's or of the SDK's.
func TestMain(m *testing.M) {
	code := m.Run()
	if shared.cloud != nil {
		if err := shared.cloud.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if code == 0 {
		if err := leaks(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// within bounds every wait of the tests. It measures nothing: it ends what hangs, on a machine that is busy too.
const within = 2 * time.Minute

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	t.Cleanup(cancel)
	return ctx
}

// leaks tells the goroutines that do not end within the bound of all waits; goleak alone gives them a second.
func leaks(o ...goleak.Option) error {
	deadline := time.Now().Add(within)
	err := goleak.Find(o...)
	for err != nil && time.Now().Before(deadline) {
		err = goleak.Find(o...)
	}
	return err
}

var shared struct {
	sync.Once
	cloud *Cloud
	err   error
	names int
	mu    sync.Mutex
}

// sharedCloud is one running Cloud for all tests that only add namespaces to it.
func sharedCloud(t testing.TB) *Cloud {
	t.Helper()
	shared.Do(func() {
		if shared.cloud, shared.err = New(Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}); shared.err == nil {
			shared.err = shared.cloud.Start(context.Background())
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cloud
}

// alone ends the shared Cloud, for a test that looks for goroutines left behind; the next sharedCloud is another.
func alone(t testing.TB) {
	t.Helper()
	if shared.cloud != nil {
		if err := shared.cloud.Close(); err != nil {
			t.Error(err)
		}
	}
	shared.cloud, shared.Once = nil, sync.Once{}
}

// newCloud is a Cloud of the test's own, closed at its end.
func newCloud(t testing.TB, o Options) *Cloud {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

// started is newCloud and Start.
func started(t testing.TB, o Options) *Cloud {
	t.Helper()
	c := newCloud(t, o)
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

// newNamespace makes a namespace that no other test has, with a CA of its own where ca is given.
func newNamespace(t testing.TB, c *Cloud, cas ...*testCA) namespace.ID {
	t.Helper()
	shared.mu.Lock()
	shared.names++
	id := namespace.ID{Name: fmt.Sprintf("payments-%d", shared.names), Account: "a1b2c"}
	shared.mu.Unlock()
	if err := c.CreateNamespace(testContext(t), id); err != nil {
		t.Fatal(err)
	}
	if len(cas) > 0 {
		setCAs(t, c, id, cas...)
	}
	return id
}

func setCAs(t testing.TB, c *Cloud, id namespace.ID, cas ...*testCA) {
	t.Helper()
	var b strings.Builder
	for _, ca := range cas {
		b.Write(ca.pem())
	}
	if _, err := c.SetCAs(testContext(t), id, []byte(b.String())); err != nil {
		t.Fatal(err)
	}
}

// testCA is a certificate authority made for a test.
type testCA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue signs a certificate made from a template by parent, nil for self-signed.
func issue(t testing.TB, template x509.Certificate, parent *testCA) *testCA {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62)); err != nil {
		t.Fatal(err)
	}
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-time.Minute)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(24 * time.Hour)
	}
	template.BasicConstraintsValid = true
	issuer, signer := &template, key
	if parent != nil {
		issuer, signer = parent.cert, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, issuer, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &testCA{cert, key}
}

func newCA(t testing.TB, name string) *testCA {
	t.Helper()
	return issue(t, x509.Certificate{Subject: pkix.Name{CommonName: name, Organization: []string{"acme"}}, IsCA: true,
		NotAfter: time.Now().Add(48 * time.Hour), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}, nil)
}

// leaf is a client certificate; edit may change its template.
func (ca *testCA) leaf(t testing.TB, edit ...func(*x509.Certificate)) *testCA {
	t.Helper()
	template := x509.Certificate{Subject: pkix.Name{CommonName: "worker-1", Organization: []string{"acme"}, OrganizationalUnit: []string{"payments"}},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	for _, e := range edit {
		e(&template)
	}
	return issue(t, template, ca)
}

// ed25519Leaf is a client certificate with a key of Ed25519.
func (ca *testCA) ed25519Leaf(t testing.TB) ed25519Pair {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "worker-25519"}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, ca.cert, public, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	return ed25519Pair{der, key}
}

type ed25519Pair struct {
	der []byte
	key ed25519.PrivateKey
}

func (p ed25519Pair) pair() *tls.Certificate {
	return &tls.Certificate{Certificate: [][]byte{p.der}, PrivateKey: p.key}
}

func (ca *testCA) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw})
}

// pair is what a client presents: the certificate and intermediates.
func (ca *testCA) pair(intermediates ...*testCA) *tls.Certificate {
	c := &tls.Certificate{Certificate: [][]byte{ca.cert.Raw}, PrivateKey: ca.key, Leaf: ca.cert}
	for _, i := range intermediates {
		c.Certificate = append(c.Certificate, i.cert.Raw)
	}
	return c
}

// clientTLS trusts the Cloud's root and presents pair (nil: nothing), whatever the server asks for.
func clientTLS(c *Cloud, pair *tls.Certificate, serverName string) *tls.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(c.RootPEM())
	return &tls.Config{RootCAs: roots, ServerName: serverName, NextProtos: []string{"h2"},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if pair == nil {
				return &tls.Certificate{}, nil
			}
			return pair, nil
		}}
}

// dial connects the Go SDK. serverName "" is that of the address.
func dial(t testing.TB, c *Cloud, id namespace.ID, pair *tls.Certificate, serverName string) (client.Client, error) {
	t.Helper()
	cl, err := client.DialContext(testContext(t), client.Options{HostPort: c.Address(), Namespace: id.String(),
		ConnectionOptions: client.ConnectionOptions{TLS: clientTLS(c, pair, serverName), GetSystemInfoTimeout: within},
		Logger:            sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err == nil {
		t.Cleanup(cl.Close)
	}
	return cl, err
}

func mustDial(t testing.TB, c *Cloud, id namespace.ID, pair *tls.Certificate, serverName string) client.Client {
	t.Helper()
	cl, err := dial(t, c, id, pair, serverName)
	if err != nil {
		t.Fatalf("dial %s: %v", id, err)
	}
	return cl
}

// greet is the workflow of the tests.
func greet(ctx workflow.Context, name string) (string, error) {
	err := workflow.Sleep(ctx, time.Millisecond) // a timer: more than one workflow task
	return "hello " + name, err
}

const queue = "greetings"

// runWorkflow runs greet with a worker of its own to its end.
func runWorkflow(t testing.TB, cl client.Client, workflowID string) {
	t.Helper()
	w := worker.New(cl, queue, worker.Options{DisableRegistrationAliasing: true})
	w.RegisterWorkflowWithOptions(greet, workflow.RegisterOptions{Name: "Greet"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	ctx := testContext(t)
	run, err := cl.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: workflowID, TaskQueue: queue}, "Greet", "Ada")
	if err != nil {
		t.Fatal(err)
	}
	var said string
	if err := run.Get(ctx, &said); err != nil || said != "hello Ada" {
		t.Fatalf("workflow said %q, %v", said, err)
	}
}

// result reads the result of a workflow that has ended.
func result(t testing.TB, cl client.Client, workflowID string) (string, error) {
	t.Helper()
	var said string
	err := cl.GetWorkflow(testContext(t), workflowID, "").Get(testContext(t), &said)
	return said, err
}

// parsed is the certificates of CAs.
func parsed(t testing.TB, cas ...*testCA) []*x509.Certificate {
	t.Helper()
	var out []*x509.Certificate
	for _, ca := range cas {
		out = append(out, ca.cert)
	}
	return out
}

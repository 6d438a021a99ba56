package doctor

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/replication/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The fault laboratory: everything that can go wrong between a worker and Temporal Cloud, built on
// loopback from Go's own servers. No Temporal server is linked here.

// authority is a CA of the laboratory.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
	pem  []byte
}

var serial atomic.Int64

func mustKey(t testing.TB, kind string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch kind {
	case "", "p256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "p384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "p521":
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "rsa2048":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "rsa1024":
		key, err = rsa.GenerateKey(rand.Reader, 1024)
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		t.Fatalf("no key kind %q", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// newAuthority makes a CA, self-signed or under another; edit may change what is signed.
func newAuthority(t testing.TB, name string, under *authority, edit ...func(*x509.Certificate)) *authority {
	t.Helper()
	key := mustKey(t, "p256")
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: name, Organization: []string{"Lab"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if under != nil {
		tmpl.NotAfter = under.cert.NotAfter // or it would outlive its CA by the second between the two
	}
	for _, e := range edit {
		e(tmpl)
	}
	parent, signer := tmpl, key
	if under != nil {
		parent, signer = under.cert, under.key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key, pemOf("CERTIFICATE", der)}
}

func pemOf(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}

// keyPair is a certificate and its key in PEM.
type keyPair struct{ cert, key []byte }

func (p keyPair) tls(t testing.TB) tls.Certificate {
	t.Helper()
	c, err := tls.X509KeyPair(p.cert, p.key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issue makes a client certificate; edit may change what is signed.
func (a *authority) issue(t testing.TB, name, kind string, edit ...func(*x509.Certificate)) keyPair {
	t.Helper()
	key := mustKey(t, kind)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: name, Organization: []string{"Lab clients"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(30 * 24 * time.Hour),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, e := range edit {
		e(tmpl)
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{pemOf("CERTIFICATE", der), pemOf("PRIVATE KEY", k)}
}

// serverCert makes a server certificate for localhost, both loopback addresses and names.
func (a *authority) serverCert(t testing.TB, edit ...func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	edit = append([]func(*x509.Certificate){func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		c.DNSNames = []string{"localhost", "*.a1b2c.tmprl.cloud"}
		c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}}, edit...)
	return a.issue(t, "lab server", "p256", edit...).tls(t)
}

// temporal is a small WorkflowService: what the doctor asks, answered as a test says.
type temporal struct {
	workflowservice.UnimplementedWorkflowServiceServer
	info       func() error
	namespaces map[string]error // name → nil or the refusal; not there: NotFound
	state      enums.NamespaceState
	pollers    map[string][]*taskqueue.PollerInfo // queue + "/" + kind
	inside     string                             // the namespace that has the pollers; "" is every one
	versioning *taskqueue.TaskQueueVersioningInfo
	calls      atomic.Int64
	attributes map[string]enums.IndexedValueType // custom search attributes; nil refuses to tell them
	retention  time.Duration                     // 0 is three days
}

func (s *temporal) GetSystemInfo(ctx context.Context, _ *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	s.calls.Add(1)
	if s.info != nil {
		if err := s.info(); errors.Is(err, errHang) {
			<-ctx.Done()
			return nil, ctx.Err()
		} else if err != nil {
			return nil, err
		}
	}
	return &workflowservice.GetSystemInfoResponse{ServerVersion: "1.99.0"}, nil
}

func (s *temporal) DescribeNamespace(_ context.Context, req *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	if refusal, ok := s.namespaces[req.GetNamespace()]; ok && refusal != nil {
		return nil, serviceerror.ToStatus(refusal).Err()
	} else if !ok {
		return nil, serviceerror.ToStatus(serviceerror.NewNamespaceNotFound(req.GetNamespace())).Err()
	}
	state := s.state
	if state == enums.NAMESPACE_STATE_UNSPECIFIED {
		state = enums.NAMESPACE_STATE_REGISTERED
	}
	return &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespacepb.NamespaceInfo{Name: req.GetNamespace(), State: state},
		Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(cmp.Or(s.retention, 72*time.Hour))}, ReplicationConfig: &replication.NamespaceReplicationConfig{ActiveClusterName: "lab"}}, nil
}

func (s *temporal) DescribeTaskQueue(_ context.Context, req *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	if s.inside != "" && req.GetNamespace() != s.inside {
		return &workflowservice.DescribeTaskQueueResponse{}, nil
	}
	return &workflowservice.DescribeTaskQueueResponse{VersioningInfo: s.versioning, Pollers: s.pollers[req.GetTaskQueue().GetName()+"/"+req.GetTaskQueueType().String()]}, nil
}

func (s *temporal) ListNamespaces(context.Context, *workflowservice.ListNamespacesRequest) (*workflowservice.ListNamespacesResponse, error) {
	panic("the doctor must not list namespaces")
}

// errHang as the answer of info is no answer; errRefused refuses a certificate.
var (
	errHang    = errors.New("hang")
	errRefused = errors.New("refused")
)

// worker adds a worker to a task queue, last seen some time ago.
func (s *temporal) worker(queue string, kinds string, ago time.Duration) *temporal {
	if s.pollers == nil {
		s.pollers = map[string][]*taskqueue.PollerInfo{}
	}
	for _, kind := range strings.Split(kinds, "+") {
		s.pollers[queue+"/"+kind] = append(s.pollers[queue+"/"+kind],
			&taskqueue.PollerInfo{Identity: "7@worker-1", LastAccessTime: timestamppb.New(time.Now().Add(-ago))})
	}
	return s
}

// build makes every worker of a task queue one of a deployment's builds; current is the build that gets
// new workflows, "" for none.
func (s *temporal) build(build, current string) *temporal {
	for _, ps := range s.pollers {
		for _, p := range ps {
			p.DeploymentOptions = &deployment.WorkerDeploymentOptions{DeploymentName: "orders", BuildId: build, WorkerVersioningMode: enums.WORKER_VERSIONING_MODE_VERSIONED}
		}
	}
	s.versioning = &taskqueue.TaskQueueVersioningInfo{}
	if current != "" {
		s.versioning.CurrentDeploymentVersion = &deployment.WorkerDeploymentVersion{DeploymentName: "orders", BuildId: current}
	}
	return s
}

// lab is the usual set: a server CA, a client CA and a namespace.
type lab struct {
	t        testing.TB
	serverCA *authority
	clientCA *authority
	client   keyPair
	svc      *temporal
}

const labNamespace = "orders.a1b2c"

// newLab makes the set. The two CAs and the client pair are made once for all tests.
func newLab(t testing.TB) *lab {
	t.Helper()
	shared.once.Do(func() {
		shared.serverCA = newAuthority(t, "Lab server CA", nil)
		shared.clientCA = newAuthority(t, "Lab client CA", nil)
		shared.client = shared.clientCA.issue(t, "orders worker", "p256")
	})
	return &lab{t: t, serverCA: shared.serverCA, clientCA: shared.clientCA, client: shared.client,
		svc: &temporal{namespaces: map[string]error{labNamespace: nil}}}
}

var shared struct {
	once               sync.Once
	serverCA, clientCA *authority
	client             keyPair
}

// mtls is the TLS of a healthy server that trusts the lab's client CA.
func (l *lab) mtls(edit ...func(*tls.Config)) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(l.clientCA.cert)
	c := &tls.Config{Certificates: []tls.Certificate{l.serverCA.serverCert(l.t)}, ClientCAs: pool,
		ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"h2"}}
	for _, e := range edit {
		e(c)
	}
	return c
}

// keyedEndpoint is the TLS of a server of several namespaces: that of the lab takes API keys, so that its own endpoint asks
// for no client certificate; by any other name the server asks for one of some CAs.
func (l *lab) keyedEndpoint(cas *x509.CertPool) *tls.Config {
	return l.mtls(func(c *tls.Config) {
		c.ClientCAs = cas
		asking, open := c.Clone(), c.Clone()
		open.ClientAuth = tls.NoClientCert
		c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			if h.ServerName == labNamespace+".tmprl.cloud" {
				return open, nil
			}
			return asking, nil
		}
	})
}

// serve starts the gRPC service with this TLS (nil for none) and returns its address.
func (l *lab) serve(c *tls.Config, options ...grpc.ServerOption) string {
	l.t.Helper()
	if c != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(c)))
	}
	s := grpc.NewServer(options...)
	if l.svc != nil {
		workflowservice.RegisterWorkflowServiceServer(s, l.svc)
		operatorservice.RegisterOperatorServiceServer(s, &operator{svc: l.svc})
	}
	ln := listen(l.t, "127.0.0.1:0")
	go func() { _ = s.Serve(ln) }()
	l.t.Cleanup(s.Stop)
	return ln.Addr().String()
}

func listen(t testing.TB, address string) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// raw starts a TCP server whose every connection is handed to talk, then closed.
func raw(t testing.TB, talk func(net.Conn)) string {
	t.Helper()
	ln := listen(t, "127.0.0.1:0")
	var mu sync.Mutex
	var open []net.Conn
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() { defer c.Close(); talk(c) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return ln.Addr().String()
}

// The ways in which a raw server talks.
func silence(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

func resetAfterHello(c net.Conn) {
	_, _ = c.Read(make([]byte, 4096))
	_ = c.(*net.TCPConn).SetLinger(0)
}

func closeAfterHello(c net.Conn) { _, _ = c.Read(make([]byte, 1<<16)) }

// says reads the client's first words, answers and waits for the client to leave.
func says(words string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1<<16))
		_, _ = io.WriteString(c, words)
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	}
}

// greets speaks first, as SSH and mail servers do.
func greets(words string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, words)
		_, _ = io.Copy(io.Discard, c)
	}
}

// alerts answers the ClientHello with a plaintext fatal alert.
func alerts(n byte) func(net.Conn) {
	return says(string([]byte{0x15, 3, 3, 0, 2, 2, n}))
}

// target is the healthy target of a server of the lab.
func (l *lab) target(address string) Target {
	return Target{Address: address, Namespace: labNamespace, CertPEM: l.client.cert, KeyPEM: l.client.key, ExtraRootsPEM: l.serverCA.pem}
}

// engine is one with short budgets and an empty environment.
func engine(edit ...func(*Options)) *Engine {
	o := Options{
		Getenv:  func(string) string { return "" },
		Resolve: func() (string, error) { return "lab", nil },
		Timeout: 10 * time.Second,
		Budgets: Budgets{DNS: time.Second, TCP: time.Second, TLS: 700 * time.Millisecond, RPC: 2 * time.Second, Probe: 500 * time.Millisecond},
	}
	for _, e := range edit {
		e(&o)
	}
	return New(o)
}

func check(t testing.TB, target Target, edit ...func(*Options)) Report {
	t.Helper()
	r := engine(edit...).Run(context.Background(), target, nil)
	readsBack(t, r)
	return r
}

// show is a report in one line for failures.
func show(r Report) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s at %s: %s\n", r.Verdict.Code, r.Verdict.Level, r.Verdict.Stage, r.Verdict.Cause)
	for _, s := range r.Stages {
		fmt.Fprintf(&b, "  %-11s %-11s %s %v %v\n", s.ID, s.Status, s.Summary, s.Findings, s.Evidence)
	}
	return b.String()
}

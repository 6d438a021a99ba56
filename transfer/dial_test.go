package transfer

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc/credentials"

	"onramp/doctor"
	"onramp/fault"
)

// authority is a CA for tests.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t testing.TB, name string) authority {
	a := authority{t: t}
	a.cert, a.key, a.pem, _ = a.make(&x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// make signs a certificate: with the authority's key, or its own when there is none yet.
func (a authority) make(c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, []byte, []byte) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

func (a authority) leaf(name string, server bool) (certPEM, keyPEM []byte) {
	c := &x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, KeyUsage: x509.KeyUsageDigitalSignature}
	if server {
		c.ExtKeyUsage, c.DNSNames = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []string{name}
	}
	_, _, certPEM, keyPEM = a.make(c)
	return certPEM, keyPEM
}

// TestMTLS follows a transfer over mTLS with a server name that differs from the address, and looks at
// what a server sees of a client whose issuer is not on its list of hints: the certificate all the same.
func TestMTLS(t *testing.T) {
	const id, host = "payments.a1b2c", "payments.a1b2c.tmprl.cloud"
	roots, clients, others := newAuthority(t, "server root"), newAuthority(t, "payments CA"), newAuthority(t, "some other CA")
	serverPEM, serverKey := roots.leaf(host, true)
	pair, err := tls.X509KeyPair(serverPEM, serverKey)
	if err != nil {
		t.Fatal(err)
	}
	hints := x509.NewCertPool()
	hints.AddCert(others.cert)
	shown, sni := make(chan string, 8), make(chan string, 8)
	f := newFake(t, credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert, ClientCAs: hints, NextProtos: []string{"h2"},
		VerifyConnection: func(s tls.ConnectionState) error {
			shown <- s.PeerCertificates[0].Subject.CommonName
			sni <- s.ServerName
			return nil
		}}))
	f.add(append(aTransfer(), completed(`"done"`))...)
	certPEM, keyPEM := clients.leaf("worker", false)
	f.target = doctor.Target{Address: f.target.Address, Namespace: id, ServerName: host, CertPEM: certPEM, KeyPEM: keyPEM, ExtraRootsPEM: roots.pem}
	res := f.watch(quick(time.Minute), Request{FollowOnly: true}).end()
	if res.Status != Completed {
		t.Errorf("ended %+v", res)
	}
	if cn, name := <-shown, <-sni; cn != "worker" || name != host {
		t.Errorf("the server saw certificate %q for %q", cn, name)
	}

	f.target.ExtraRootsPEM = nil // and without its root, no word goes to that server
	res = f.watch(New(Options{Patience: time.Minute}), Request{FollowOnly: true}).end()
	if res.Status != NotStarted || res.Verdict.Code == "OK" || !strings.Contains(res.Verdict.Cause, "unknown authority") {
		t.Errorf("a server that nobody vouches for: %+v", res)
	}
}

func TestPrepare(t *testing.T) {
	a, b := newAuthority(t, "a"), newAuthority(t, "b")
	certPEM, keyPEM := a.leaf("worker", false)
	_, otherKey := b.leaf("worker", false)
	good := doctor.Target{Address: "payments.a1b2c.tmprl.cloud:7233", Namespace: "payments.a1b2c", CertPEM: certPEM, KeyPEM: keyPEM}
	tests := map[string]struct {
		change         func(*doctor.Target)
		address, space string // wanted
		field, code    string // of the fault, when there is one
	}{
		"good":                   {func(*doctor.Target) {}, "payments.a1b2c.tmprl.cloud:7233", "payments.a1b2c", "", ""},
		"the tutorial's address": {func(t *doctor.Target) { t.Address = "https://payments.a1b2c.tmprl.cloud:7233" }, "payments.a1b2c.tmprl.cloud:7233", "payments.a1b2c", "", ""},
		"an endpoint for an ID":  {func(t *doctor.Target) { t.Namespace = "payments.a1b2c.tmprl.cloud:7233" }, "payments.a1b2c.tmprl.cloud:7233", "payments.a1b2c", "", ""},
		"no account":             {func(t *doctor.Target) { t.Namespace = "payments" }, "", "", "namespace", "IN-11"},
		"another's key":          {func(t *doctor.Target) { t.KeyPEM = otherKey }, "", "", "cert", ""},
		"no key":                 {func(t *doctor.Target) { t.KeyPEM = nil }, "", "", "cert", ""},
		"roots without one":      {func(t *doctor.Target) { t.RootsPEM = []byte("nothing") }, "", "", "ca", ""},
		"local": {func(t *doctor.Target) {
			*t = doctor.Target{Address: "localhost:7233", Namespace: "default", Plaintext: true}
		}, "localhost:7233", "default", "", ""},
		"local, no namespace": {func(t *doctor.Target) { *t = doctor.Target{Address: "localhost:7233", Plaintext: true} }, "localhost:7233", "default", "", ""},
		"a key without TLS": {func(t *doctor.Target) {
			*t = doctor.Target{Address: "localhost:7233", Plaintext: true, APIKey: "secret"}
		}, "", "", "api-key", "AK-09"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			target := good
			tt.change(&target)
			p, err := prepare(target)
			f := fault.From(err)
			if tt.field != "" {
				if f == nil || f.Kind != fault.Invalid || f.Field != tt.field || f.Code != tt.code && tt.code != "" {
					t.Errorf("fault %+v", f)
				}
				if f != nil && (strings.Contains(f.Title+f.Cause+f.Fix, "secret") || strings.Contains(f.Error(), "PRIVATE")) {
					t.Errorf("a secret in %+v", f)
				}
				return
			}
			if err != nil || p.address != tt.address || p.namespace != tt.space {
				t.Errorf("%s, %s, %v", p.address, p.namespace, err)
			}
		})
	}
}

// TestRefusals: what the server answers to the start, and the verdict; the doctor knows better where it
// knows anything.
func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		answer error
		doctor string
		code   string
		level  doctor.Level
	}{
		"no namespace":             {serviceerror.NewNamespaceNotFound("payments.a1b2c"), "", "NS-01", doctor.Certain},
		"not for you":              {serviceerror.NewPermissionDenied("Request unauthorized.", ""), "", "NS-02", doctor.Likely},
		"not for you, and why":     {serviceerror.NewPermissionDenied("Request unauthorized.", ""), "CH-26", "CH-26", doctor.Certain},
		"the doctor finds it fine": {serviceerror.NewPermissionDenied("Request unauthorized.", ""), "OK", "NS-02", doctor.Likely},
		"a web filter":             {serviceerror.NewPermissionDenied("unexpected HTTP status code received from server: 403 (Forbidden)", ""), "", "H2-03", doctor.Certain},
		"too fast":                 {serviceerror.NewResourceExhausted(0, "namespace rate limit exceeded"), "", "SY-04", doctor.Likely},
		"too large":                {serviceerror.NewInvalidArgument("Blob data size exceeds limit."), "NS-01", "WF-04", doctor.Certain},
		"something else":           {serviceerror.NewInternal("shard is on fire"), "", "unknown", doctor.Unknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.startErr = []error{tt.answer}
			s := quick(time.Minute)
			asked := 0
			if tt.doctor != "" {
				s.o.Diagnose = func(_ context.Context, target doctor.Target) doctor.Verdict {
					asked++
					if target.Address != f.target.Address || target.TaskQueue != "" {
						t.Errorf("the doctor was asked about %q, queue %q", target.Address, target.TaskQueue)
					}
					return doctor.Verdict{Code: tt.doctor, Level: doctor.Certain, Title: "found"}
				}
			}
			res := f.watch(s, own).end()
			if res.Status != NotStarted || res.Verdict.Code != tt.code || res.Verdict.Level != tt.level {
				t.Errorf("ended %s with %s (%s), want %s (%s)", res.Status, res.Verdict.Code, res.Verdict.Level, tt.code, tt.level)
			}
			if tt.code == "unknown" && !strings.Contains(res.Verdict.Cause, "shard is on fire") {
				t.Errorf("an unknown without its evidence: %+v", res.Verdict)
			}
		})
	}
}

// TestNobodyThere: an address where nothing listens, quickly and without a stack of words.
func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var events []Event
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	res := quick(time.Minute).Run(ctx, Request{Target: doctor.Target{Address: addr, Namespace: "default", Plaintext: true}}, func(es []Event) { events = append(events, es...) })
	if res.Status != NotStarted || res.Verdict.Code != "unknown" || len(events) != 1 {
		t.Errorf("ended %+v; events:\n%s", res, listing(events))
	}
	if _, err := quick(0).Pollers(ctx, Request{Target: doctor.Target{Address: addr, Plaintext: true}, TaskQueue: "q"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("pollers: %v", err)
	}
}

// TestSlowGreeting: a server that takes long for its first answer is asked again with more time where a check finds nothing
// wrong with it; where one finds something, that is said at once.
func TestSlowGreeting(t *testing.T) {
	for _, tt := range []struct {
		name  string
		check doctor.Verdict
		want  string
		code  string
	}{
		{"busy", doctor.Verdict{Code: doctor.OK}, Completed, ""},
		{"nobody answers", doctor.Verdict{Code: "TC-05"}, NotStarted, "TC-05"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.greetings = []time.Duration{time.Hour, 200 * time.Millisecond}
			f.add(append(aTransfer(), completed(`"done"`))...)
			s := New(Options{Patience: time.Minute, Diagnose: func(context.Context, doctor.Target) doctor.Verdict { return tt.check }})
			s.beat.greeting = 50 * time.Millisecond
			res := f.watch(s, Request{FollowOnly: true}).end()
			if res.Status != tt.want || tt.code != "" && res.Verdict.Code != tt.code {
				t.Errorf("ended %s: %+v", res.Status, res.Verdict)
			}
		})
	}
	f := newFake(t)
	f.greetings = []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}
	s := New(Options{Patience: time.Minute, Diagnose: func(context.Context, doctor.Target) doctor.Verdict { return doctor.Verdict{Code: doctor.OK} }})
	s.beat.greeting, s.beat.start = 50*time.Millisecond, 100*time.Millisecond
	if res := f.watch(s, Request{FollowOnly: true}).end(); res.Status != NotStarted || res.Verdict.Title != "Temporal did not answer in time" {
		t.Errorf("ended %s: %+v", res.Status, res.Verdict)
	}
}

func TestPollers(t *testing.T) {
	f := newFake(t)
	f.poll(workflowPoller, "TRANSFER_MONEY_TASK_QUEUE", "7@host", time.Second)
	f.poll(activityPoller, "TRANSFER_MONEY_TASK_QUEUE", "7@host", time.Second)
	got, err := quick(0).Pollers(t.Context(), Request{Target: f.target, Template: "python", Worker: "own"})
	if err != nil || len(got) != 2 || got[0].Identity != "7@host" || got[0].Kind != workflowPoller || got[1].Kind != activityPoller || time.Since(got[0].LastAccess) > time.Minute {
		t.Errorf("pollers %+v, %v", got, err)
	}
	if _, err := quick(0).Pollers(t.Context(), Request{Target: f.target}); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a queue: %v", err)
	}
}

// TestElsewhere: the worker that was not restarted polls the local server, which is known to the caller.
func TestElsewhere(t *testing.T) {
	here, local := newFake(t), newFake(t)
	local.poll(workflowPoller, "orders", "7@host", time.Second)
	here.add(started("orders", "1"), taskIsScheduled())
	req := own
	req.GiveUp, req.Elsewhere = true, []doctor.Target{{Address: "127.0.0.1:1", Namespace: "default", Plaintext: true}, local.target}
	s := quick(50 * time.Millisecond)
	res := here.watch(s, req).end()
	if res.Verdict.Code != stillLocal || res.Verdict.Level != doctor.Certain || !strings.Contains(res.Verdict.Cause, local.target.Address) {
		t.Errorf("verdict %+v", res.Verdict)
	}
}

// TestDetect: which template one's own worker is, from what it tells about itself.
func TestDetect(t *testing.T) {
	tests := map[string]struct {
		queue, identity string
		template        string
	}{
		"python's queue":         {"TRANSFER_MONEY_TASK_QUEUE", "7@host", "python"},
		"go, by its identity":    {"TRANSFER_MONEY_TASK_QUEUE", "7@host@TRANSFER_MONEY_TASK_QUEUE", "go"},
		"go, of older SDKs":      {"TRANSFER_MONEY_TASK_QUEUE", "7@host@", "go"},
		"typescript's queue":     {"money-transfer", "7@host", "typescript"},
		"java's queue":           {"MONEY_TRANSFER_TASK_QUEUE", "7@host", "java"},
		"nobody: the tutorial's": {"", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			if tt.queue != "" {
				f.poll(workflowPoller, tt.queue, tt.identity, 0)
			}
			f.add(append(aTransfer(), completed(`"done"`))...)
			w := f.watch(quick(time.Minute), Request{Worker: "own"})
			w.end()
			got := ""
			for _, e := range w.all {
				if e.Event == "note" {
					got = e.Data.Template
				}
			}
			p, _ := LookupProfile(or(tt.template, "python"))
			start := f.starts[0]
			if got != tt.template || start.GetTaskQueue().GetName() != p.TaskQueue || start.GetWorkflowType().GetName() != p.WorkflowType {
				t.Errorf("took %q: %s on %s", got, start.GetWorkflowType().GetName(), start.GetTaskQueue().GetName())
			}
			if keys := string(start.GetInput().GetPayloads()[0].GetData()); !strings.Contains(keys, p.Keys[0].JSON) {
				t.Errorf("input %s has not the keys of %s", keys, p.Language)
			}
		})
	}
}

// TestNothingSecretIsTold: no event, result or log line holds the key or the API key.
func TestNothingSecretIsTold(t *testing.T) {
	var log strings.Builder
	f := newFake(t)
	f.startErr = []error{serviceerror.NewPermissionDenied("Request unauthorized.", "")}
	s := New(Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	a := newAuthority(t, "a")
	certPEM, keyPEM := a.leaf("worker", false)
	req := own
	req.Target = doctor.Target{Address: f.target.Address, Namespace: "payments.a1b2c", CertPEM: certPEM, KeyPEM: keyPEM, APIKey: "canary-of-an-api-key"}
	var told strings.Builder
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	res := s.Run(ctx, req, func(es []Event) {
		for _, e := range es {
			told.WriteString(e.Line() + "\n" + string(encode(e)))
		}
	})
	told.WriteString(string(encode(res)))
	for _, secret := range []string{"canary-of-an-api-key", "PRIVATE KEY", string(keyPEM[40:80])} {
		if strings.Contains(told.String(), secret) || strings.Contains(log.String(), secret) {
			t.Errorf("%q was told", secret)
		}
	}
}

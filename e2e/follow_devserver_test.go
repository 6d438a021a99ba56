package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nexus-rpc/sdk-go/nexus"
	"go.temporal.io/api/enums/v1"
	nexuspb "go.temporal.io/api/nexus/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporalnexus"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// devTLS puts TLS before a server without it, as `onramp transfer` dials no other, and gives its address and the file of
// its root.
func devTLS(t *testing.T, plain string) (address, root string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				to, err := net.Dial("tcp", plain)
				if err != nil {
					_ = from.Close()
					return
				}
				back := make(chan struct{})
				go func() {
					defer close(back)
					_, _ = io.Copy(to, from)
					_ = to.Close()
				}()
				_, _ = io.Copy(from, to)
				_ = from.Close()
				<-back
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); open.Wait() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "localhost:" + port, root
}

// quoteFlow calls a Nexus operation and waits for its answer.
func quoteFlow(ctx workflow.Context, endpoint, operation string) error {
	return workflow.NewNexusClient(endpoint, "Quotes").ExecuteOperation(ctx, operation, "a", workflow.NexusOperationOptions{}).Get(ctx, nil)
}

// signalQuote is a workflow that answers a Nexus operation once it gets a signal.
func signalQuote(ctx workflow.Context, _ string) (string, error) {
	workflow.GetSignalChannel(ctx, "approve").Receive(ctx, nil)
	return "a price", nil
}

// TestFollowDevServer: what the rehearsal cloud has not, as Temporal Cloud has it by invitation or set up by its own
// API: paused workflows and Nexus operations, on the official dev server.
func TestFollowDevServer(t *testing.T) {
	const namespace, queue = "shop.a2dd6", "shop"
	plain := devServer(t, "--namespace", namespace, "--dynamic-config-value", "frontend.WorkflowPauseEnabled=true")
	address, root := devTLS(t, plain)
	h := rehearsalLine{Address: plain, Namespace: namespace}
	f := &follower{t, h, h.dial(t)}
	f.works(queue, worker.Options{}, func(w worker.Worker) {
		w.RegisterWorkflowWithOptions(signalFlow, workflow.RegisterOptions{Name: "signalFlow"})
		w.RegisterWorkflowWithOptions(quoteFlow, workflow.RegisterOptions{Name: "quoteFlow"})
		w.RegisterWorkflow(signalQuote)
		service := nexus.NewService("Quotes")
		service.MustRegister(nexus.NewSyncOperation("fails", func(context.Context, string, nexus.StartOperationOptions) (string, error) {
			return "", errors.New("the price list is locked")
		}), temporalnexus.NewWorkflowRunOperation("slow", signalQuote, func(_ context.Context, _ string, o nexus.StartOperationOptions) (client.StartWorkflowOptions, error) {
			return client.StartWorkflowOptions{ID: "quote-" + o.RequestID}, nil
		}))
		w.RegisterNexusService(service)
	})
	for endpoint, to := range map[string]string{"prices": queue, "locked": queue, "shut": queue, "nobody": "queue-without-a-worker"} {
		_, err := f.c.OperatorService().CreateNexusEndpoint(t.Context(), &operatorservice.CreateNexusEndpointRequest{Spec: &nexuspb.EndpointSpec{Name: endpoint,
			Target: &nexuspb.EndpointTarget{Variant: &nexuspb.EndpointTarget_Worker_{Worker: &nexuspb.EndpointTarget_Worker{Namespace: namespace, TaskQueue: to}}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	quote := func(endpoint, operation string) func(string) error {
		return func(id string) error {
			if err := f.started(id, queue, "quoteFlow", endpoint, operation); err != nil {
				return err
			}
			return f.reaches(id, enums.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED)
		}
	}
	for _, s := range []shape{
		{"a paused workflow", func(id string) error {
			if err := f.started(id, queue, "signalFlow"); err != nil {
				return err
			}
			if err := f.reaches(id, enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED); err != nil {
				return err
			}
			_, err := f.c.WorkflowService().PauseWorkflowExecution(t.Context(), &workflowservice.PauseWorkflowExecutionRequest{Namespace: namespace, WorkflowId: id,
				Identity: "ada@example.com", Reason: "the books are audited", RequestId: id})
			return err
		}, "OK", "paused by ada@example.com (the books are audited)", true, ""},
		{"a Nexus operation that runs", quote("prices", "slow"), "OK", "Quotes/slow at the endpoint prices", true, ""},
		{"a Nexus operation that fails", quote("locked", "fails"), "WF-22", "the endpoint locked", false, "30s"},
		{"a Nexus operation that its service does not have", quote("shut", "missing"), "WF-15", "operation \"missing\" not found", false, ""},
		{"a Nexus operation that nobody serves", quote("nobody", "slow"), "WF-22", "Quotes/slow at the endpoint nobody", false, "60s"},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			id := strings.ReplaceAll(s.name, " ", "-")
			if err := s.start(id); err != nil {
				t.Fatal(err)
			}
			if s.long == "" {
				s.long = "12s"
			}
			a := run(t, cleanEnv(), "transfer", "--follow", "--workflow-id", id, "--address", address, "--namespace", namespace, "--tls-ca-path", root, "--patience", "3s", "--timeout", s.long, "--json")
			events := transferEvents(t, a.out)
			v := events[len(events)-1].Verdict
			if v == nil || v.Code != s.code || !strings.Contains(v.Title+" "+v.Cause, s.says) || (a.code == 0) != s.healthy || strings.HasPrefix(v.Title, "Not stuck") != s.healthy {
				t.Errorf("exit %d, want %s with %q\n%s\n%s", a.code, s.code, s.says, a.out, a.err)
			}
			for _, e := range events {
				if e.Verdict == nil {
					continue
				}
				for _, fix := range e.Verdict.Fix {
					if advised.MatchString(fix.Text + " " + fix.Command) {
						t.Errorf("advises to end it: %+v", fix)
					}
				}
			}
			if v != nil {
				t.Logf("%s %s: %s. %s", v.Code, v.Level, v.Title, v.Cause)
			}
		})
	}
}

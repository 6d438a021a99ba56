//go:build !lean

package rehearsal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/authorization"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"onramp/namespace"
)

// handshake does what a careful client does: a TLS handshake, then a read, so that the server's verdict on
// the client certificate is seen. It returns the server's certificate and the error of the read.
func handshake(t *testing.T, c *Cloud, conf *tls.Config) (*tls.ConnectionState, error) {
	t.Helper()
	d := &tls.Dialer{Config: conf}
	conn, err := d.DialContext(testContext(t), "tcp", c.Address())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	state := conn.(*tls.Conn).ConnectionState()
	_, err = conn.Read(make([]byte, 1)) // HTTP/2 servers speak first
	return &state, err
}

func TestHandshake(t *testing.T) {
	c := sharedCloud(t)
	ca, other := newCA(t, "ours"), newCA(t, "other")
	id := newNamespace(t, c, ca)
	empty := newNamespace(t, c)
	elsewhere := newNamespace(t, c, newCA(t, "elsewhere"))
	intermediate := issue(t, x509.Certificate{Subject: pkix.Name{CommonName: "intermediate"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}, ca)
	old := func(x *x509.Certificate) {
		x.NotBefore, x.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	}
	usage := func(u x509.KeyUsage) func(*x509.Certificate) {
		return func(x *x509.Certificate) { x.KeyUsage = u }
	}
	sameName := func(x *x509.Certificate) { x.Subject = ca.cert.Subject }
	capitals := func(x *x509.Certificate) {
		x.Subject = pkix.Name{CommonName: strings.ToUpper(ca.cert.Subject.CommonName), Organization: ca.cert.Subject.Organization}
	}
	serverOnly := func(x *x509.Certificate) { x.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }
	for _, tt := range []struct {
		name   string
		sni    string // "" is localhost
		pair   *tls.Certificate
		refuse string // part of the error; "" is accepted
	}{
		{"localhost", "", ca.leaf(t).pair(), ""},
		{"by address", "127.0.0.1", ca.leaf(t).pair(), ""},
		{"by endpoint", id.Host(), ca.leaf(t).pair(), ""},
		{"by endpoint in capitals", strings.ToUpper(id.Host()), ca.leaf(t).pair(), ""},
		{"with the intermediate", id.Host(), intermediate.leaf(t).pair(intermediate), ""},
		{"the CA itself", id.Host(), ca.pair(), "bad certificate"}, // as older tutorials of Temporal do
		{"keyEncipherment only", id.Host(), ca.leaf(t, usage(x509.KeyUsageKeyEncipherment)).pair(), "bad certificate"},
		{"no keyUsage, as tcld issues it", id.Host(), ca.leaf(t, usage(0)).pair(), ""},
		{"the CA's own name", id.Host(), ca.leaf(t, sameName).pair(), "bad certificate"},
		{"the CA's own name, over localhost", "", ca.leaf(t, sameName).pair(), "bad certificate"},
		{"the CA's name in capitals", id.Host(), ca.leaf(t, sameName, capitals).pair(), "bad certificate"},
		{"Ed25519", id.Host(), ca.ed25519Leaf(t).pair(), "bad certificate"},
		{"intermediate left out", id.Host(), intermediate.leaf(t).pair(), "unknown certificate authority"},
		{"another CA", "", other.leaf(t).pair(), "unknown certificate authority"},
		{"another namespace's CA at this endpoint", elsewhere.Host(), ca.leaf(t).pair(), "unknown certificate authority"},
		{"no certificate", "", nil, "certificate required"},
		{"no certificate at the endpoint", id.Host(), nil, "certificate required"},
		{"namespace without CA", empty.Host(), ca.leaf(t).pair(), "unknown certificate authority"},
		{"namespace without CA, no certificate", empty.Host(), nil, "certificate required"},
		{"expired leaf", id.Host(), ca.leaf(t, old).pair(), "expired certificate"},
		{"leaf for servers only", id.Host(), ca.leaf(t, serverOnly).pair(), "bad certificate"},
		{"unknown namespace of a known account", "nobody.a1b2c.tmprl.cloud", ca.leaf(t).pair(), "reset by peer"},
		{"unknown account", "payments.zzzzz.tmprl.cloud", ca.leaf(t).pair(), "reset by peer"},
		{"regional endpoint, which asks nobody for a certificate", "us-east-1.aws.api.temporal.io", ca.leaf(t).pair(), ""},
		{"no regional endpoint", "us-east-9.aws.api.temporal.io", ca.leaf(t).pair(), "reset by peer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state, err := handshake(t, c, clientTLS(c, tt.pair, tt.sni))
			if tt.refuse == "" {
				if err != nil {
					t.Fatal(err)
				}
				if leaf := state.PeerCertificates[0]; leaf.IsCA || state.NegotiatedProtocol != "h2" {
					t.Errorf("server certificate is a CA: %v, protocol %q", leaf.IsCA, state.NegotiatedProtocol)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.refuse) {
				t.Fatalf("got %v, want %q", err, tt.refuse)
			}
		})
	}
	t.Run("TLS 1.1", func(t *testing.T) {
		conf := clientTLS(c, ca.leaf(t).pair(), "")
		conf.MinVersion, conf.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		if _, err := handshake(t, c, conf); err == nil || !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("TLS 1.2", func(t *testing.T) {
		conf := clientTLS(c, ca.leaf(t).pair(), id.Host())
		conf.MaxVersion = tls.VersionTLS12
		if _, err := handshake(t, c, conf); err != nil {
			t.Error(err)
		}
	})
	t.Run("no session is resumed", func(t *testing.T) {
		conf := clientTLS(c, ca.leaf(t).pair(), id.Host())
		conf.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		for range 2 {
			if state, err := handshake(t, c, conf); err != nil || state.DidResume {
				t.Errorf("resumed: %v, %v", state.DidResume, err)
			}
		}
	})
	t.Run("plaintext", func(t *testing.T) {
		conn, err := net.Dial("tcp", c.Address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(io.LimitReader(conn, 1<<10)); strings.Contains(string(b), "HTTP") || err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
			t.Errorf("plaintext got %q, %v", b, err)
		}
	})
}

// unauthorized fails the test unless err is Cloud's refusal, which says no more than this.
func unauthorized(t *testing.T, err error) {
	t.Helper()
	var denied *serviceerror.PermissionDenied
	if !errors.As(err, &denied) || denied.Error() != "Request unauthorized." || denied.Reason != "" {
		t.Errorf("got %T %v, want PermissionDenied: Request unauthorized.", err, err)
	}
}

func describe(cl client.Client, name string) error {
	_, err := cl.WorkflowService().DescribeNamespace(context.Background(), &workflowservice.DescribeNamespaceRequest{Namespace: name})
	return err
}

func TestCalls(t *testing.T) {
	c := sharedCloud(t)
	ca := newCA(t, "ours")
	id, twin, foreign := newNamespace(t, c, ca), newNamespace(t, c, ca), newNamespace(t, c, newCA(t, "foreign"))
	pair := ca.leaf(t).pair()
	ctx := testContext(t)
	local := mustDial(t, c, id, pair, "")
	bound := mustDial(t, c, id, pair, id.Host())

	for name, cl := range map[string]client.Client{"localhost": local, "endpoint": bound} {
		t.Run(name, func(t *testing.T) {
			runWorkflow(t, cl, "greet-"+name)
			if err := describe(cl, id.String()); err != nil {
				t.Errorf("own namespace: %v", err)
			}
			unauthorized(t, describe(cl, foreign.String()))
			unauthorized(t, describe(cl, "temporal-system"))
			for what, call := range map[string]func(workflowservice.WorkflowServiceClient) error{
				"ListNamespaces": func(s workflowservice.WorkflowServiceClient) error {
					_, err := s.ListNamespaces(ctx, &workflowservice.ListNamespacesRequest{})
					return err
				},
				"ScanWorkflowExecutions": func(s workflowservice.WorkflowServiceClient) error {
					//lint:ignore SA1019 that it is refused is the point
					_, err := s.ScanWorkflowExecutions(ctx, &workflowservice.ScanWorkflowExecutionsRequest{Namespace: id.String()})
					return err
				},
				"GetClusterInfo": func(s workflowservice.WorkflowServiceClient) error {
					_, err := s.GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
					return err
				},
				"RegisterNamespace": func(s workflowservice.WorkflowServiceClient) error {
					_, err := s.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{Namespace: "mine.a1b2c"})
					return err
				},
				"UpdateNamespace": func(s workflowservice.WorkflowServiceClient) error {
					_, err := s.UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{Namespace: id.String()})
					return err
				},
				"DescribeNamespace by UUID": func(s workflowservice.WorkflowServiceClient) error {
					_, err := s.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Id: "32049b68-7872-4094-8e63-d0dd59896a83"})
					return err
				},
				"start in a foreign namespace": func(s workflowservice.WorkflowServiceClient) error {
					_, err := s.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{Namespace: foreign.String(), WorkflowId: "x"})
					return err
				},
			} {
				t.Run(what, func(t *testing.T) { unauthorized(t, call(cl.WorkflowService())) })
			}
			t.Run("OperatorService", func(t *testing.T) {
				_, err := cl.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: id.String()})
				unauthorized(t, err)
			})
			t.Run("namespace not set", func(t *testing.T) {
				var invalid *serviceerror.InvalidArgument
				if err := describe(cl, ""); !errors.As(err, &invalid) || invalid.Error() != "Namespace not set on request." {
					t.Errorf("got %v", err)
				}
			})
			t.Run("GetSystemInfo", func(t *testing.T) {
				if _, err := cl.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{}); err != nil {
					t.Error(err)
				}
			})
			t.Run("health", func(t *testing.T) {
				if _, err := cl.CheckHealth(ctx, nil); err != nil {
					t.Error(err)
				}
			})
		})
	}
	t.Run("unknown namespace at localhost", func(t *testing.T) { unauthorized(t, describe(local, "my-ns")) })
	t.Run("unknown namespace at another's endpoint", func(t *testing.T) { unauthorized(t, describe(bound, "my-ns")) })
	t.Run("same CA, same connection at localhost", func(t *testing.T) { unauthorized(t, describe(local, twin.String())) })
	t.Run("same CA, a connection of its own at localhost", func(t *testing.T) {
		own := mustDial(t, c, twin, pair, "")
		unauthorized(t, describe(own, "my-ns")) // a wrong name ties the connection to nothing
		if err := describe(own, twin.String()); err != nil {
			t.Error(err)
		}
		unauthorized(t, describe(own, id.String()))
	})
	t.Run("same CA at another's endpoint", func(t *testing.T) { unauthorized(t, describe(bound, twin.String())) })
	t.Run("streams", func(t *testing.T) {
		conn, err := grpc.NewClient(c.Address(), grpc.WithTransportCredentials(credentials.NewTLS(clientTLS(c, pair, ""))))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		reflect, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := reflect.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}); err != nil {
			t.Fatal(err)
		}
		if services, err := reflect.Recv(); err != nil || !strings.Contains(services.String(), "temporal.api.workflowservice.v1.WorkflowService") {
			t.Errorf("reflection: %v, %v", services, err)
		}
		watch, err2 := healthpb.NewHealthClient(conn).Watch(ctx, &healthpb.HealthCheckRequest{})
		if err2 == nil {
			_, err2 = watch.Recv()
		}
		if status.Convert(err2).Message() != "Request unauthorized." {
			t.Errorf("got %v", err2)
		}
	})
}

// Every call that names no namespace is refused but those that the gate answers for by name: one that a
// later server adds must not slip through.
func TestMethodsWithoutNamespace(t *testing.T) {
	var without []string
	for _, file := range []protoreflect.FileDescriptor{workflowservice.File_temporal_api_workflowservice_v1_service_proto, operatorservice.File_temporal_api_operatorservice_v1_service_proto} {
		service := file.Services().Get(0)
		for i := range service.Methods().Len() {
			m := service.Methods().Get(i)
			request, err := protoregistry.GlobalTypes.FindMessageByName(m.Input().FullName())
			if err != nil {
				t.Fatal(err)
			}
			if m.Input().Fields().ByName("namespace") == nil {
				without = append(without, string(m.Name()))
			} else if service.Name() == "WorkflowService" {
				continue
			}
			ca := newCA(t, "ours")
			s := newSpace(namespace.ID{Name: "payments", Account: "a1b2c"}, time.Now(), "", parsed(t, ca), nil)
			g := &gate{realm: func() *realm { return newRealm([]*space{s}, false) }, now: time.Now, callers: newCallers(time.Now, nil)}
			call := fmt.Sprintf("/%s/%s", service.FullName(), m.Name())
			state := tls.ConnectionState{PeerCertificates: parsed(t, ca.leaf(t))}
			got := g.judge(state, &authorization.CallTarget{APIName: call, Request: request.New().Interface()})
			if want := allowedIf(call == workflowService+"GetSystemInfo"); got != want {
				t.Errorf("%s: verdict %d, want %d", call, got, want)
			}
		}
	}
	if !slices.Contains(without, "GetSystemInfo") || !slices.Contains(without, "ListNamespaces") {
		t.Errorf("calls without a namespace: %v", without)
	}
}

func TestReplacedCA(t *testing.T) {
	c := sharedCloud(t)
	first, second := newCA(t, "first"), newCA(t, "second")
	id := newNamespace(t, c, first)
	for _, sni := range []string{"", id.Host()} {
		setCAs(t, c, id, first)
		old := mustDial(t, c, id, first.leaf(t).pair(), sni)
		if err := describe(old, id.String()); err != nil {
			t.Fatal(err)
		}
		setCAs(t, c, id, first, second) // rotation: both
		next := mustDial(t, c, id, second.leaf(t).pair(), sni)
		for _, cl := range []client.Client{old, next} {
			if err := describe(cl, id.String()); err != nil {
				t.Errorf("while both hold: %v", err)
			}
		}
		setCAs(t, c, id, second) // rotation: the new one alone
		unauthorized(t, describe(old, id.String()))
		_, err := old.WorkflowService().GetSystemInfo(testContext(t), &workflowservice.GetSystemInfoRequest{})
		unauthorized(t, err)
		if err := describe(next, id.String()); err != nil {
			t.Errorf("the new CA: %v", err)
		}
		if _, err := handshake(t, c, clientTLS(c, first.leaf(t).pair(), sni)); err == nil || !strings.Contains(err.Error(), "unknown certificate authority") {
			t.Errorf("a new connection of the old CA: %v", err)
		}
	}
}

package assess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"onramp/doctor"
)

// grpcServer serves a stub on loopback, as a real server does.
func grpcServer(t *testing.T, register func(*grpc.Server)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer()
	register(g)
	done := make(chan struct{})
	go func() { defer close(done); _ = g.Serve(l) }()
	t.Cleanup(func() { g.Stop(); <-done })
	return l.Addr().String()
}

// forward is a gRPC server whose answers are a stub's.
func forward(s *stub) func(*grpc.Server) {
	return func(g *grpc.Server) {
		for _, d := range []grpc.ServiceDesc{workflowServiceDesc(), operatorServiceDesc()} {
			for i, m := range d.Methods {
				name := m.MethodName
				d.Methods[i].Handler = func(srv any, ctx context.Context, dec func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
					args := requestOf(name)
					if err := dec(args); err != nil {
						return nil, err
					}
					s.mu.Lock()
					s.calls = append(s.calls, d.ServiceName+"/"+name)
					answer := s.answers[name]
					s.mu.Unlock()
					if answer == nil {
						return nil, status.Error(codes.Unimplemented, "unknown method")
					}
					return answer(args)
				}
			}
			g.RegisterService(&d, nil)
		}
	}
}

// TestHugeHistories: a history of 100 MB is not held in memory, and not taken for throttling.
func TestHugeHistories(t *testing.T) {
	s := server()
	blob := make([]byte, 20<<20)
	s.on("GetWorkflowExecutionHistory", func(any) (proto.Message, error) {
		h := everything()
		h.Events[0].GetWorkflowExecutionStartedEventAttributes().Input = &commonpb.Payloads{Payloads: []*commonpb.Payload{{Data: blob}}}
		return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: h.Events}, NextPageToken: []byte("more")}, nil
	})
	address := grpcServer(t, forward(s))
	conn, err := Dial(doctor.Target{Address: address, Plaintext: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	f, err := Collect(t.Context(), conn, address, quick())
	if err != nil {
		t.Fatal(err)
	}
	if f.Incomplete != "" {
		t.Errorf("incomplete: %s", f.Incomplete)
	}
	if h := f.Namespaces[0].Samples[0].History; h.Read != TooLarge {
		t.Errorf("the history was %s", h.Read)
	}
	verdict(t, f, "P1", Unknown)
	verdict(t, f, "W4", Unknown)

	// Pages that are small enough each, of a history without end.
	small := blob[:3<<20]
	pages := 0
	s.on("GetWorkflowExecutionHistory", func(any) (proto.Message, error) {
		pages++
		h := everything()
		h.Events[0].GetWorkflowExecutionStartedEventAttributes().Input = &commonpb.Payloads{Payloads: []*commonpb.Payload{{Data: small}}}
		return &workflowservice.GetWorkflowExecutionHistoryResponse{History: h, NextPageToken: []byte("more")}, nil
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f, err = Collect(t.Context(), conn, address, quick())
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if pages > 2*maxHistoryPages || int64(after.HeapAlloc)-int64(before.HeapAlloc) > 32<<20 {
		t.Errorf("%d pages, %d MiB more are held", pages, (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>20)
	}
	verdict(t, f, "P1", Blocker)
}

// TestUnreachable: why nothing can be said of an address, and the exit code of a check for it.
func TestUnreachable(t *testing.T) {
	closed := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer web.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	denied := server()
	denied.fail("GetSystemInfo", codes.Unauthenticated, "no token")
	denied.fail("GetClusterInfo", codes.PermissionDenied, "no token")
	missing := server()
	missing.fail("DescribeNamespace", codes.NotFound, "Namespace nowhere is not found.")
	engine := doctor.New(doctor.Options{Timeout: 20 * time.Second})
	for _, c := range []struct {
		name, address string
		namespaces    []string
		exit          int
		code          string
	}{
		{"nothing listens", closed, nil, 11, "TC-01"},
		{"a web server", strings.TrimPrefix(web.URL, "http://"), nil, 12, ""},
		{"a server with TLS", strings.TrimPrefix(secure.URL, "https://"), nil, 12, "PR-04"},
		{"gRPC of something else", grpcServer(t, func(*grpc.Server) {}), nil, 12, "PR-03"},
		{"refuses everything", grpcServer(t, forward(denied)), nil, 13, "NS-02"},
		{"no such namespace", grpcServer(t, forward(missing)), []string{"nowhere"}, 14, "NS-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := doctor.Target{Address: c.address, Plaintext: true}
			conn, err := Dial(target, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			o := quick()
			o.Namespaces, o.patience = c.namespaces, 5*time.Second
			_, err = Collect(t.Context(), conn, c.address, o)
			var u *Unreachable
			if !errors.As(err, &u) {
				t.Fatalf("%v", err)
			}
			v := Explain(t.Context(), engine, target, u)
			if code := doctor.ExitCode(v); code != c.exit || c.code != "" && v.Code != c.code || v.Title == "" || len(v.Fix) == 0 {
				t.Errorf("exit %d, want %d: %+v", code, c.exit, v)
			}
		})
	}
}

// TestDialRefuses: what cannot be a way in is said before anything is dialled.
func TestDialRefuses(t *testing.T) {
	for name, target := range map[string]doctor.Target{
		"a key without TLS": {Address: "localhost:7233", Plaintext: true, APIKey: "k"},
		"no pair":           {Address: "localhost:7233", CertPEM: []byte("x"), KeyPEM: []byte("y")},
		"no root":           {Address: "localhost:7233", RootsPEM: []byte("x")},
	} {
		if _, err := Dial(target, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestSourceIsNotCloud: what is said of a source's network tells nobody of Temporal Cloud, nor of the namespace that stands in.
func TestSourceIsNotCloud(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	engine := doctor.New(doctor.Options{Timeout: 10 * time.Second})
	for _, c := range []struct{ address, title, fix string }{
		{"foo", "foo does not resolve", "Check the source's address"},
		{closed, "Nothing is listening at " + closed, "Check the source's address"},
	} {
		for _, plain := range []bool{true, false} {
			v := Explain(t.Context(), engine, doctor.Target{Address: c.address, Plaintext: plain}, &Unreachable{Err: errors.New("no answer")})
			said := fmt.Sprintf("%+v", v)
			if c.title == "foo does not resolve" && v.Code != "DN-01" {
				t.Logf("this machine's DNS does not say that a name is unknown: %s", v.Code)
			} else if v.Title != c.title || !strings.Contains(said, c.fix) {
				t.Errorf("%s: %s", c.address, said)
			}
			for _, not := range []string{"assess.source", "Temporal Cloud", "tmprl"} {
				if strings.Contains(said, not) {
					t.Errorf("%s says %q: %s", c.address, not, said)
				}
			}
		}
	}
	made := atSource(doctor.Verdict{Code: "IN-10", Stage: "input", Title: "Still pointing at the local server", Cause: "foo is a name, while assess.source is a namespace of Temporal Cloud.",
		Fix: []Fix{{Text: "Point it at the namespace.", Command: "export TEMPORAL_ADDRESS=assess.source.tmprl.cloud:7233"}}}, "foo")
	if said := fmt.Sprintf("%+v", made); made.Title != "foo does not resolve" || made.Code != "DN-01" || strings.Contains(said, "assess.source") || strings.Contains(said, "Cloud") {
		t.Errorf("%s", said)
	}
}

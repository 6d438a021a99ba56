package doctor

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// Every call names its namespace in the header by which regional endpoints route (NS-09), and none carries an
// API key that was not given.
func TestEveryCallNamesTheNamespace(t *testing.T) {
	l := newLab(t)
	l.svc.worker("orders", "Workflow+Activity", time.Second)
	var mu sync.Mutex
	calls := map[string]bool{}
	target := l.target(l.serve(l.mtls(), grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		mu.Lock()
		defer mu.Unlock()
		calls[info.FullMethod] = true
		if got := md.Get("temporal-namespace"); !slices.Equal(got, []string{labNamespace}) {
			t.Errorf("%s names the namespace %q", info.FullMethod, got)
		}
		if got := md.Get("authorization"); len(got) > 0 {
			t.Errorf("%s carries an authorization", info.FullMethod)
		}
		return next(ctx, req)
	})))
	target.TaskQueue = "orders"
	if r := check(t, target); r.Verdict.Code != OK {
		t.Fatal(show(r))
	}
	for _, m := range []string{"GetSystemInfo", "DescribeNamespace", "DescribeTaskQueue"} {
		if !calls["/temporal.api.workflowservice.v1.WorkflowService/"+m] {
			t.Errorf("%s was not called: %v", m, calls)
		}
	}
}

// What is printed to confirm a verdict asks the question that the check asked: the same roots, server name and
// files, quoted for a shell.
func TestPrintedCommandsAskTheSame(t *testing.T) {
	l := newLab(t)
	target := l.target(l.serve(l.mtls()))
	target.ExtraRootsPEM, target.RootsPEM, target.CAPath, target.ServerName = nil, l.serverCA.pem, "my roots/server-root.pem", "localhost"
	target.CertPath, target.KeyPath = "certs/client.pem", "certs/client.key"
	for name, c := range map[string]struct {
		edit func(*Target)
		want []string
		not  string
	}{
		"namespace": {func(t *Target) { t.Namespace = "nowhere.a1b2c" },
			[]string{"temporal operator namespace describe", "--tls-ca-path 'my roots/server-root.pem'", "--tls-server-name localhost", "--tls-cert-path certs/client.pem"}, ""},
		"all is well":        {func(*Target) {}, []string{"--tls-ca-path 'my roots/server-root.pem'", "--tls-server-name localhost", "--tls-key-path certs/client.key"}, ""},
		"refused":            {func(t *Target) { t.CertPEM, t.KeyPEM, t.CertPath, t.KeyPath = nil, nil, "", "" }, []string{"openssl s_client", "-servername localhost", "-CAfile 'my roots/server-root.pem'"}, "client.pem"},
		"roots without name": {func(t *Target) { t.CAPath, t.ServerName, t.Namespace = "", "", "nowhere.a1b2c" }, []string{"--tls-ca-path server-root.pem"}, "--tls-server-name"},
		"API key":            {func(t *Target) { t.CertPEM, t.KeyPEM, t.CertPath, t.KeyPath, t.APIKey = nil, nil, "", "", "key" }, []string{"-CAfile"}, "client.pem"},
		"unreadable file": {func(t *Target) {
			t.InputFaults = []Finding{{Code: "KP-35", Fatal: true, Text: "gone", Evidence: map[string]any{"file": "my certs/a.pem"}}}
		}, []string{"ls -l 'my certs/a.pem'"}, "client.pem"},
	} {
		own := target
		c.edit(&own)
		v := check(t, own).Verdict
		for _, want := range c.want {
			if !strings.Contains(v.Confirm, want) {
				t.Errorf("%s: %q lacks %q", name, v.Confirm, want)
			}
		}
		if c.not != "" && strings.Contains(v.Confirm, c.not) {
			t.Errorf("%s: %q names %q", name, v.Confirm, c.not)
		}
	}
}

// A missing intermediate and another CA are the same from the bundle alone: neither is said to be certain, and
// both are named.
func TestMissingIntermediateIsLikely(t *testing.T) {
	l := newLab(t)
	mid := newAuthority(t, "Lab intermediate", l.clientCA)
	p := mid.issue(t, "orders worker", "p256")
	target := l.target(l.serve(l.mtls()))
	target.CertPEM, target.KeyPEM, target.UploadedCA = p.cert, p.key, l.clientCA.pem
	v := check(t, target).Verdict
	if v.Code != "CH-06" || v.Level != Likely || !slices.ContainsFunc(v.Candidates, func(c Candidate) bool { return c.Code == "CH-01" }) {
		t.Errorf("got %s %s beside %v, want CH-06 likely beside CH-01", v.Code, v.Level, v.Candidates)
	}
}

// A report says what was not looked at.
func TestNotChecked(t *testing.T) {
	l := newLab(t)
	r := check(t, l.target(closedPort(t)))
	all := strings.Join(r.NotChecked, "\n")
	for _, want := range []string{"dns: the address is an IP address", "tls: not reached", "task-queue: not reached", "--uploaded-ca", "--filters"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %q", want, all)
		}
	}
	target := l.target(l.serve(l.mtls()))
	target.UploadedCA, target.Filters = l.clientCA.pem, []byte(`{"filters":[{"commonName":"orders*"}]}`)
	l.svc.worker("orders", "Workflow+Activity", 0)
	target.TaskQueue, target.WorkflowType = "orders", "MoneyTransfer"
	if r = check(t, target); len(r.NotChecked) != 2 || !strings.Contains(r.NotChecked[1], "MoneyTransfer") {
		t.Errorf("not checked: %q", r.NotChecked)
	}
	var b strings.Builder
	if err := WriteText(&b, r, false); err != nil || !strings.Contains(b.String(), "Not checked: dns:") || !strings.Contains(b.String(), "rules of "+RulesDate) {
		t.Errorf("%v\n%s", err, b.String())
	}
}

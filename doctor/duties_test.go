package doctor

import (
	"context"
	"slices"
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

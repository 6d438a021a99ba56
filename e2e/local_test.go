package e2e

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// TestWorkerStillLocal: a worker that nobody restarted polls the local server (the official dev server). The page
// that was told where the application runs today names it: in the connection test, and in a transfer that nobody
// picks up.
func TestWorkerStillLocal(t *testing.T) {
	address := devServer(t)
	_, port, _ := net.SplitHostPort(address)
	pollLocally(t, address, "ORDERS")

	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	m, client := ordersReady(t, v)
	b := openBrowser(t, true, 1280, 900)
	b.open(p.url + m + "/test")
	run := v.upload(m+"/test", "key_source", "paste", "key_pem", client, "task_queue", "ORDERS", "local_address", "localhost:"+port, "local_namespace", "default").ok(t, "the check").path
	report := v.ended(run)
	if verdict := report["verdict"].(map[string]any); verdict["code"] != "TQ-07" {
		t.Fatalf("the verdict is %v", verdict)
	}
	b.open(p.url + run)
	b.has("TQ-07")
	b.has("left-behind@laptop")
	b.open(p.url + m + "/test")
	if got := b.html(); !strings.Contains(got, `value="localhost:`+port+`"`) {
		t.Error("the form does not know the old server any more")
	}
	// Without the address nobody looks there.
	run = v.upload(m+"/test", "key_source", "paste", "key_pem", client, "task_queue", "ORDERS").ok(t, "a check that was not told").path
	if verdict := v.ended(run)["verdict"].(map[string]any); verdict["code"] == "TQ-07" {
		t.Error("the local server was asked although nobody gave its address")
	}
	b.clean(p.url)
}

// pollLocally is a worker of the old world: it polls a task queue of the local server until the test ends.
func pollLocally(t *testing.T, address, queue string) {
	t.Helper()
	cc, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	svc := workflowservice.NewWorkflowServiceClient(cc)
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			poll, over := context.WithTimeout(ctx, 30*time.Second)
			_, err := svc.PollWorkflowTaskQueue(poll, &workflowservice.PollWorkflowTaskQueueRequest{Namespace: "default", Identity: "left-behind@laptop", TaskQueue: &taskqueue.TaskQueue{Name: queue, Kind: enums.TASK_QUEUE_KIND_NORMAL}}, grpc.WaitForReady(true))
			over()
			if err != nil && ctx.Err() == nil {
				t.Logf("polling the local server: %v", err)
				<-time.After(200 * time.Millisecond)
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done; cc.Close() })
	within(t, "the old worker polls", func() bool {
		res, err := svc.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{Namespace: "default", TaskQueue: &taskqueue.TaskQueue{Name: queue, Kind: enums.TASK_QUEUE_KIND_NORMAL}, TaskQueueType: enums.TASK_QUEUE_TYPE_WORKFLOW})
		if err != nil {
			t.Logf("asking the local server: %v", err)
		}
		return err == nil && len(res.GetPollers()) > 0
	})
}

// ordersReady makes a migration whose connection works, and returns its path and its client's key.
func ordersReady(t *testing.T, v *visitor) (m, key string) {
	t.Helper()
	run := failingRun(t, v)
	m = run[:strings.Index(run, "/test/")]
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Orders", "common_name", "orders",
		"ca_common_name", "Orders CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "certificates")
	bundle := v.form(m+"/certificates/bundle.zip").ok(t, "the bundle").files(t)
	v.form("/cloud/orders.f45a2", "ca_bundle", bundle["ca.pem"], "m", strings.TrimPrefix(m, "/m/")).ok(t, "the upload")
	return m, bundle["client.key"]
}

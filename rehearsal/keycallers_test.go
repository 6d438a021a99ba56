//go:build !lean

package rehearsal

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"onramp/cloud"
)

// TestKeyCallers: the book knows which API key each call had; a connection has the key of its last call. A deletion that
// looks at the book is refused while the key is seen, and the deleted key's next call is refused over the same connection.
func TestKeyCallers(t *testing.T) {
	c := sharedCloud(t)
	id := keyed(t, c)
	ctx := testContext(t)
	one, _, err := c.CreateAPIKey(ctx, id, "worker", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	two, _, err := c.CreateAPIKey(ctx, id, "worker", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	cl, err := dialKey(t, c, id, string(one.Secret.Reveal()), id.Host())
	if err != nil {
		t.Fatal(err)
	}
	// both is one connection whose key is changed while it is open.
	var now atomic.Value
	now.Store(string(one.Secret.Reveal()))
	both, err := client.DialContext(ctx, client.Options{HostPort: c.Address(), Namespace: id.String(), Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		Credentials:       client.NewAPIKeyDynamicCredentials(func(context.Context) (string, error) { return now.Load().(string), nil }),
		ConnectionOptions: client.ConnectionOptions{TLS: clientTLS(c, nil, id.Host()), GetSystemInfoTimeout: within}})
	if err != nil {
		t.Fatal(err)
	}
	defer both.Close()
	// poll asks for tasks with a key until it is told to stop, so that the call is sure to have arrived by then.
	poll := func(key cloud.NewKey) (stop func()) {
		ctx, cancel := context.WithCancel(ctx)
		now.Store(string(key.Secret.Reveal()))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = both.WorkflowService().PollWorkflowTaskQueue(ctx, &workflowservice.PollWorkflowTaskQueueRequest{Namespace: id.String(), Identity: "worker-1@host", TaskQueue: &taskqueue.TaskQueue{Name: queue}})
		}()
		return func() { cancel(); <-ended }
	}
	row := func(l []cloud.Caller, key string) cloud.Caller {
		if i := slices.IndexFunc(l, func(x cloud.Caller) bool { return x.KeyID == key && x.Identity == "worker-1@host" }); i >= 0 {
			return l[i]
		}
		return cloud.Caller{}
	}
	stop := poll(one)
	got := row(callersOf(t, c, id, func(l []cloud.Caller) bool { return row(l, one.ID).Open == 1 }), one.ID)
	stop()
	if got.Leaf != "" || got.CA != "" || got.Calls < 1 || !slices.Equal(got.TaskQueues, []string{queue}) || got.Last.IsZero() {
		t.Errorf("%+v", got)
	}
	no := errors.New("it is in use")
	if _, err := c.DeleteAPIKey(ctx, id, one.ID, func(l cloud.Callers) error {
		if row(l.List, one.ID).Open != 1 {
			t.Errorf("the deletion sees %+v", l.List)
		}
		return no
	}); !errors.Is(err, no) {
		t.Errorf("a deletion that its look refuses: %v", err)
	}
	if _, err := cl.DescribeWorkflowExecution(ctx, "nobody", ""); !errors.As(err, new(*serviceerror.NotFound)) {
		t.Errorf("the key after it: %v", err)
	}
	stop = poll(two) // the same connection, the other key
	defer stop()
	l := callersOf(t, c, id, func(l []cloud.Caller) bool { return row(l, two.ID).Open == 1 })
	if old := row(l, one.ID); old.Open != 0 {
		t.Errorf("the connection has both keys: %+v", old)
	}
	ns, err := c.DeleteAPIKey(ctx, id, one.ID, func(cloud.Callers) error { return nil })
	if err != nil || len(ns.Keys) != 1 || ns.Keys[0].ID != two.ID {
		t.Fatalf("%+v, %v", ns.Keys, err)
	}
	if _, err := cl.DescribeWorkflowExecution(ctx, "nobody", ""); status.Code(err) != codes.Unauthenticated {
		t.Errorf("the deleted key: %v", err)
	}
}

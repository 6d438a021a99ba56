package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

var quietLog = log.NewStructuredLogger(slog.New(slog.DiscardHandler))

// dial connects the Go SDK to where the line leads: with its API key, its client certificate, or, where it has
// neither, without TLS.
func (h rehearsalLine) dial(t testing.TB) client.Client {
	t.Helper()
	o := client.Options{HostPort: h.Address, Namespace: h.Namespace, Logger: quietLog}
	read := func(file string) []byte {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	o.ConnectionOptions.GetSystemInfoTimeout = patience
	if h.APIKey != "" || h.Cert != "" {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(read(h.ServerRoot))
		o.ConnectionOptions.TLS = &tls.Config{RootCAs: roots}
	}
	switch {
	case h.APIKey != "":
		o.ConnectionOptions.TLS.ServerName = h.ServerName
		o.Credentials = client.NewAPIKeyStaticCredentials(strings.TrimSpace(string(read(h.APIKey))))
	case h.Cert != "":
		pair, err := tls.LoadX509KeyPair(h.Cert, h.Key)
		if err != nil {
			t.Fatal(err)
		}
		o.ConnectionOptions.TLS.Certificates = []tls.Certificate{pair}
	}
	c, err := client.Dial(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

var workflowTasks, activityTasks = enums.TASK_QUEUE_TYPE_WORKFLOW, enums.TASK_QUEUE_TYPE_ACTIVITY

// pollersOf are the identities of those who poll a task queue, as the server knows them.
func pollersOf(t testing.TB, c client.Client, namespace, queue string, kind enums.TaskQueueType) map[string]bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var resp *workflowservice.DescribeTaskQueueResponse
	var err error
	for many := new(serviceerror.ResourceExhausted); ; <-time.After(200 * time.Millisecond) { // several look at once, at a namespace with Cloud's limits
		resp, err = c.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{Namespace: namespace, TaskQueueType: kind,
			TaskQueue: &taskqueue.TaskQueue{Name: queue, Kind: enums.TASK_QUEUE_KIND_NORMAL}})
		if !errors.As(err, &many) {
			break
		}
	}
	if err != nil {
		t.Fatalf("who polls %s: %v", queue, err)
	}
	out := map[string]bool{}
	for _, p := range resp.GetPollers() {
		out[p.GetIdentity()] = true
	}
	return out
}

// startsPolling starts a worker and waits until the server sees it poll the queue for each kind of task, both by
// default: what a worker prints comes before that, or not at all, and a compiler may run before. The server remembers
// pollers that are gone, so only one that was not there before counts. A worker that ends because its first call was not
// answered in time (Java's and Go's SDK allow a few seconds, which is little beside other programs) is started again, as a
// supervisor does, at most twice.
func startsPolling(t testing.TB, h rehearsalLine, queue string, begin func() *process, kinds ...enums.TaskQueueType) *process {
	t.Helper()
	if len(kinds) == 0 {
		kinds = []enums.TaskQueueType{workflowTasks, activityTasks}
	}
	c := h.dial(t)
	before := map[enums.TaskQueueType]map[string]bool{}
	for _, kind := range kinds {
		before[kind] = pollersOf(t, c, h.Namespace, queue, kind)
	}
	p, again := begin(), 2
	for _, kind := range kinds {
		within(t, "a worker polls "+queue, func() bool {
			select {
			case <-p.ended:
				if text := strings.ToLower(p.output()); again > 0 && (strings.Contains(text, "deadline_exceeded") || strings.Contains(text, "context deadline exceeded")) {
					p, again = begin(), again-1
					return false
				}
				t.Fatalf("the worker for %s ended:\n%s", queue, p.output())
			default:
			}
			for who := range pollersOf(t, c, h.Namespace, queue, kind) {
				if !before[kind][who] {
					return true
				}
			}
			return false
		})
	}
	return p
}

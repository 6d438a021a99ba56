package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/command/v1"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// source is a server with workflows on it, and how it is reached.
type source struct {
	address, namespace string
	flags              []string // of onramp assess, besides those two
	wants              int      // its exit code
	client             client.Client
}

// devSource is a dev server of the Temporal CLI.
func devSource(t testing.TB) source {
	t.Helper()
	return dialled(t, source{address: devServer(t), namespace: "default", wants: 20}, client.ConnectionOptions{})
}

// embeddedSource is the embedded server, without Temporal Cloud's limits, which a source of one's own has not either.
func embeddedSource(t testing.TB) source {
	t.Helper()
	h, _ := hold(t, "--actions-limit", "0", "--visibility-limit", "0")
	pair, err := tls.LoadX509KeyPair(h.Cert, h.Key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	root, err := os.ReadFile(h.ServerRoot)
	if err != nil || !roots.AppendCertsFromPEM(root) {
		t.Fatal(err)
	}
	return dialled(t, source{address: h.Address, namespace: h.Namespace, wants: 20, flags: []string{"--tls-cert-path", h.Cert, "--tls-key-path", h.Key, "--tls-ca-path", h.ServerRoot}},
		client.ConnectionOptions{TLS: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS12}})
}

func dialled(t testing.TB, s source, o client.ConnectionOptions) source {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: s.address, Namespace: s.namespace, ConnectionOptions: o, Logger: quietLog})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	s.client = c
	return s
}

// loaded fills a namespace with closed and open workflows of some types, all through the server's own API: each was started
// there, and each closed one was completed by its first task, which comes with the answer to its start.
func (s source) loaded(t testing.TB, closed, open, types int) {
	t.Helper()
	began := time.Now()
	jobs := make(chan int)
	var wg sync.WaitGroup
	var failed atomic.Int64
	for range 16 {
		wg.Go(func() {
			for i := range jobs {
				if err := s.oneOf(t.Context(), i, i < closed, types); err != nil && failed.Add(1) < 10 {
					t.Errorf("workflow %d: %v", i, err)
				}
			}
		})
	}
	for i := range closed + open {
		if i > 0 && i%2000 == 0 {
			fmt.Fprintf(os.Stderr, "%d workflows after %.0f s\n", i, time.Since(began).Seconds())
		}
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	count := func(query string) int64 {
		n, err := s.client.WorkflowService().CountWorkflowExecutions(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.namespace, Query: query})
		if err != nil {
			return -1
		}
		return n.GetCount()
	}
	within(t, "visibility has them all", func() bool {
		return count("ExecutionStatus = 'Running'") == int64(open) && count("ExecutionStatus = 'Completed'") == int64(closed)
	})
	t.Logf("%d workflows loaded in %.0f s", closed+open, time.Since(began).Seconds())
}

// oneOf starts a workflow, and ends it where it is to end. A call that does not come back on a busy machine is made anew, for
// another workflow ID; what the first one may have left is terminated.
func (s source) oneOf(ctx context.Context, i int, ends bool, types int) (err error) {
	for try := range 20 {
		id := fmt.Sprintf("w-%d-%d", i, try)
		one, cancel := context.WithTimeout(ctx, 30*time.Second)
		err = s.start(one, id, i, ends, types)
		cancel()
		if err == nil {
			return nil
		}
		one, cancel = context.WithTimeout(ctx, time.Minute)
		_, gone := s.client.WorkflowService().TerminateWorkflowExecution(one, &workflowservice.TerminateWorkflowExecutionRequest{Namespace: s.namespace, WorkflowExecution: &common.WorkflowExecution{WorkflowId: id}})
		cancel()
		var missing *serviceerror.NotFound
		if gone != nil && !errors.As(gone, &missing) {
			return errors.Join(err, gone)
		}
	}
	return err
}

func (s source) start(ctx context.Context, id string, i int, ends bool, types int) error {
	svc := s.client.WorkflowService()
	started, err := svc.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{Namespace: s.namespace, WorkflowId: id, RequestId: "start-" + id, Identity: "load",
		WorkflowType: &common.WorkflowType{Name: fmt.Sprintf("Type%02d", i%types)}, TaskQueue: &taskqueue.TaskQueue{Name: fmt.Sprintf("queue-%d", i%5)}, RequestEagerExecution: ends})
	if err != nil || !ends {
		return err
	}
	task := started.GetEagerWorkflowTask()
	if task == nil {
		return fmt.Errorf("the start brought no task")
	}
	_, err = svc.RespondWorkflowTaskCompleted(ctx, &workflowservice.RespondWorkflowTaskCompletedRequest{Namespace: s.namespace, TaskToken: task.TaskToken, Identity: "load",
		Commands: []*command.Command{{CommandType: enums.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION, Attributes: &command.Command_CompleteWorkflowExecutionCommandAttributes{
			CompleteWorkflowExecutionCommandAttributes: &command.CompleteWorkflowExecutionCommandAttributes{}}}}})
	return err
}

// large is how an assessment of a large source went.
type large struct {
	took  time.Duration
	calls int
	said  int   // progress reports
	bytes int64 // the most that the process had resident
}

var progressLine = regexp.MustCompile(`(\d+) of at most (\d+) calls`)

// assessLarge assesses a loaded source, and holds the report and what was said on the way against what is there.
func (s source) assessed(t testing.TB, open, types int, rate string) (l large) {
	t.Helper()
	cmd := exec.Command(program, append([]string{"assess", "--json", "--address", s.address, "--namespace", s.namespace, "--rate", rate}, s.flags...)...)
	cmd.Env = cleanEnv()
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	began := time.Now()
	err := cmd.Run()
	l.took = time.Since(began)
	var got struct {
		assessed
		Incomplete string
		Budget     int
	}
	if json.Unmarshal([]byte(out.String()), &got) != nil || cmd.ProcessState.ExitCode() != s.wants {
		t.Fatalf("%v: %s\n%.2000s", err, said.String(), out.String())
	}
	l.said = len(progressLine.FindAllString(said.String(), -1))
	l.bytes = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	for _, n := range got.RPCs {
		l.calls += n
	}
	if l.calls > got.Budget || got.Incomplete != "" {
		t.Errorf("%d calls of %d; incomplete %q", l.calls, got.Budget, got.Incomplete)
	}
	if n := got.Drain["open"]; n != float64(open) {
		t.Errorf("the drain counts %v open, want %d", n, open)
	}
	if n := len(got.Drain["types"].([]any)); n != types {
		t.Errorf("%d types, want %d", n, types)
	}
	last := 0
	for _, m := range progressLine.FindAllStringSubmatch(said.String(), -1) {
		n, _ := strconv.Atoi(m[1])
		most, _ := strconv.Atoi(m[2])
		if n < last || n > most || most != got.Budget {
			t.Errorf("progress says %s after %d", m[0], last)
		}
		last = n
	}
	if last == 0 || last != l.calls {
		t.Errorf("progress ends at %d calls, of %d that were made:\n%s", last, l.calls, said.String())
	}
	return l
}

// TestAssessMany: a source of some size is assessed within its budget, and what is said on the way is true.
// BenchmarkAssessLarge is the same with 50,000 closed and 2,000 open workflows.
func TestAssessMany(t *testing.T) {
	s := devSource(t)
	s.loaded(t, 600, 60, 30)
	l := s.assessed(t, 60, 30, "50")
	t.Logf("%d calls, %v, %d MB", l.calls, l.took, l.bytes>>20)
}

// BenchmarkAssessLarge: 50,000 closed and 2,000 open workflows of 30 types, assessed at the default rate; loading takes longer.
func BenchmarkAssessLarge(b *testing.B) {
	for name, of := range map[string]func(testing.TB) source{"embedded": embeddedSource, "dev": devSource} {
		b.Run(name, func(b *testing.B) {
			s := of(b)
			s.loaded(b, 50_000, 2_000, 30)
			b.ResetTimer()
			var l large
			for range b.N {
				l = s.assessed(b, 2_000, 30, "2")
			}
			b.ReportMetric(l.took.Seconds(), "s")
			b.ReportMetric(float64(l.calls), "calls")
			b.ReportMetric(float64(l.calls)/1000, "calls-of-budget")
			b.ReportMetric(float64(l.said), "progress-reports")
			b.ReportMetric(float64(l.bytes)/1e6, "MB-resident")
			if l.bytes > 200<<20 {
				b.Errorf("%d MB", l.bytes>>20)
			}
		})
	}
}

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/command/v1"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// loaded fills a dev server's namespace with closed and open workflows of some types. The first task of each comes with the
// answer to its start, so that a closed one costs two calls.
func loaded(t testing.TB, address string, closed, open, types int) {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: address, Logger: quietLog})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	svc := c.WorkflowService()
	jobs := make(chan int)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for i := range jobs {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				if err := oneOf(ctx, svc, i, i < closed, types); err != nil {
					t.Errorf("workflow %d: %v", i, err)
				}
				cancel()
			}
		})
	}
	for i := range closed + open {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	within(t, "visibility has them all", func() bool {
		n, err := svc.CountWorkflowExecutions(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Namespace: "default"})
		return err == nil && n.GetCount() == int64(closed+open)
	})
}

func oneOf(ctx context.Context, svc workflowservice.WorkflowServiceClient, i int, ends bool, types int) error {
	started, err := svc.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{Namespace: "default", WorkflowId: fmt.Sprint("w-", i), RequestId: fmt.Sprint("start-", i), Identity: "load",
		WorkflowType: &common.WorkflowType{Name: fmt.Sprintf("Type%02d", i%types)}, TaskQueue: &taskqueue.TaskQueue{Name: fmt.Sprintf("queue-%d", i%5)}, RequestEagerExecution: ends})
	if err != nil || !ends {
		return err
	}
	task := started.GetEagerWorkflowTask()
	if task == nil {
		return fmt.Errorf("the start brought no task")
	}
	_, err = svc.RespondWorkflowTaskCompleted(ctx, &workflowservice.RespondWorkflowTaskCompletedRequest{Namespace: "default", TaskToken: task.TaskToken, Identity: "load",
		Commands: []*command.Command{{CommandType: enums.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION, Attributes: &command.Command_CompleteWorkflowExecutionCommandAttributes{
			CompleteWorkflowExecutionCommandAttributes: &command.CompleteWorkflowExecutionCommandAttributes{}}}}})
	return err
}

// large is how an assessment of a large source went.
type large struct {
	took  time.Duration
	calls int
	bytes int64 // the most that the process had resident
}

var progressLine = regexp.MustCompile(`(\d+) of at most (\d+) calls`)

// assessLarge assesses a loaded source, and holds the report and what was said on the way against what is there.
func assessLarge(t testing.TB, address string, closed, open, types int, rate string) (l large) {
	t.Helper()
	cmd := exec.Command(program, "assess", "--json", "--address", address, "--namespace", "default", "--rate", rate)
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
	if json.Unmarshal([]byte(out.String()), &got) != nil || cmd.ProcessState.ExitCode() != 20 {
		t.Fatalf("%v: %s\n%.2000s", err, said.String(), out.String())
	}
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
	if last == 0 || last > l.calls {
		t.Errorf("progress ends at %d calls, of %d that were made:\n%s", last, l.calls, said.String())
	}
	return l
}

// TestAssessMany: a source of some size is assessed within its budget, and what is said on the way is true.
// BenchmarkAssessLarge is the same with 50,000 closed and 2,000 open workflows.
func TestAssessMany(t *testing.T) {
	address := devServer(t)
	loaded(t, address, 600, 60, 30)
	l := assessLarge(t, address, 600, 60, 30, "50")
	t.Logf("%d calls, %v, %d MB", l.calls, l.took, l.bytes>>20)
}

// BenchmarkAssessLarge: 50,000 closed and 2,000 open workflows of 30 types on the dev server, assessed at the default rate.
func BenchmarkAssessLarge(b *testing.B) {
	address := devServer(b)
	loaded(b, address, 50_000, 2_000, 30)
	var l large
	for range b.N {
		l = assessLarge(b, address, 50_000, 2_000, 30, "2")
	}
	b.ReportMetric(l.took.Seconds(), "s")
	b.ReportMetric(float64(l.calls), "calls")
	b.ReportMetric(float64(l.calls)/1000, "calls-of-budget")
	b.ReportMetric(float64(l.bytes)/1e6, "MB-resident")
	if l.bytes > 200<<20 {
		b.Errorf("%d MB", l.bytes>>20)
	}
}

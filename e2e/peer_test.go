package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// watchTexts notes in a page when it first shows the name of each event and the number of each attempt.
const watchTexts = `
window.onrampFirst = {};
addEventListener('DOMContentLoaded', () => {
  const events = ['WorkflowExecutionSignaled', 'ActivityTaskScheduled', 'ActivityTaskCompleted', 'WorkflowExecutionCompleted'];
  const note = what => { window.onrampFirst[what] ??= performance.timeOrigin + performance.now(); };
  const look = () => {
    const text = document.body.innerText, dense = text.replace(/ /g, '');
    for (const e of events) if (dense.includes(e)) note(e);
    for (const m of text.matchAll(/attempt\s+(\d+)/gi)) note('attempt ' + m[1]);
  };
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
  look();
});`

// side is one of the two that are compared: a server with a worker on it, and the browser that watches.
type side struct {
	name    string
	client  client.Client
	browser *browser
	watch   func(workflowID, runID string) string // the page to open; it has loaded when ready says so
	ready   string                                // what the loaded page shows

	mu    sync.Mutex
	began map[string]time.Time // workflow id and attempt: when the worker began it
}

// work runs the worker of a side: the workflow waits for a word; its activity fails until the last attempt.
func (s *side) work(b *testing.B) {
	b.Helper()
	s.began = map[string]time.Time{}
	w := worker.New(s.client, "peers", worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, attempts int, every time.Duration) error {
		workflow.GetSignalChannel(ctx, "go").Receive(ctx, nil)
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute,
			RetryPolicy: &temporal.RetryPolicy{InitialInterval: every, BackoffCoefficient: 1}})
		return workflow.ExecuteActivity(ctx, "Pay", attempts).Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "Peers"})
	w.RegisterActivityWithOptions(func(ctx context.Context, attempts int) error {
		info := activity.GetInfo(ctx)
		s.mu.Lock()
		s.began[info.WorkflowExecution.ID+strconv.Itoa(int(info.Attempt))] = time.Now()
		s.mu.Unlock()
		if int(info.Attempt) < attempts {
			return errors.New("the bank is closed")
		}
		return nil
	}, activity.RegisterOptions{Name: "Pay"})
	if err := w.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.Stop)
	s.browser.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(watchTexts).Do(ctx)
		return err
	}))
}

// run starts a workflow, opens its page and lets it go on; ended waits for its end and returns what the page showed when.
func (s *side) run(b *testing.B, id string, attempts int, every time.Duration) (ended func() (first map[string]time.Time)) {
	b.Helper()
	we, err := s.client.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "peers"}, "Peers", attempts, every)
	if err != nil {
		b.Fatal(err)
	}
	s.browser.open(s.watch(id, we.GetRunID()))
	s.browser.until(s.name+" shows the workflow", func() bool {
		var text string
		_ = s.browser.ask(chromedp.Evaluate(`document.body.innerText.replace(/ /g, '')`, &text))
		return strings.Contains(text, s.ready)
	})
	if err := s.client.SignalWorkflow(b.Context(), id, "", "go", nil); err != nil {
		b.Fatal(err)
	}
	return func() map[string]time.Time {
		if err := we.Get(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
		var raw map[string]float64
		deadline := time.Now().Add(15 * time.Second)
		for raw["WorkflowExecutionCompleted"] == 0 && time.Now().Before(deadline) {
			<-time.After(50 * time.Millisecond)
			_ = s.browser.ask(chromedp.Evaluate(`window.onrampFirst`, &raw))
		}
		first := map[string]time.Time{}
		for what, at := range raw {
			first[what] = time.UnixMicro(int64(at * 1000))
		}
		return first
	}
}

// delays are the times from the history's events to their place on the page.
func (s *side) delays(b *testing.B, id string, first map[string]time.Time) (out []time.Duration) {
	b.Helper()
	names := map[enums.EventType]string{enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "WorkflowExecutionSignaled", enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "ActivityTaskScheduled",
		enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: "ActivityTaskCompleted", enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: "WorkflowExecutionCompleted"}
	for h := s.client.GetWorkflowHistory(b.Context(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); h.HasNext(); {
		e, err := h.Next()
		if err != nil {
			b.Fatal(err)
		}
		if name, ok := names[e.GetEventType()]; ok {
			seen, ok := first[name]
			if !ok {
				b.Fatalf("%s never showed %s of %s", s.name, name, id)
			}
			out = append(out, seen.Sub(e.GetEventTime().AsTime()))
		}
	}
	return out
}

// BenchmarkBesideTemporalUI: fifty transfers followed on our page and on Temporal's own at the same time, each on its
// own server with the same worker: from the history event to the page. Then one whose activity fails once a second:
// how many attempts each page shows within a second of the attempt before having failed.
func BenchmarkBesideTemporalUI(b *testing.B) {
	const runs, attempts = 50, 15
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	p := openPortal(b, b.TempDir(), "127.0.0.1:0", "--log-level", "error")
	v := visit(b, p.url)
	c := connect(b, v)
	ours := &side{name: "Onramp", client: dialRehearsal(b, p, v, c), browser: openBrowser(b, true, 1280, 900), ready: "WorkflowExecutionStarted",
		watch: func(id, _ string) string {
			return p.url + v.upload(c.m+"/transfer/follow", c.withKey("workflow_id", id)...).ok(b, "follow "+id).path
		}}
	port, ui := closedPort(b), closedPort(b)
	start(b, "", cleanEnv(), pythonTool(b, "temporal"), "server", "start-dev", "--port", port, "--ui-port", ui, "--log-level", "error")
	within(b, "start-dev listens", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	cl, err := client.Dial(client.Options{HostPort: "127.0.0.1:" + port, Logger: quiet})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(cl.Close)
	tab := "history"
	theirs := &side{name: "Temporal's UI", client: cl, browser: openBrowser(b, true, 1280, 900), ready: "WorkflowExecutionStarted",
		watch: func(id, run string) string {
			return "http://127.0.0.1:" + ui + "/namespaces/default/workflows/" + id + "/" + run + "/" + tab
		}}
	sides := []*side{ours, theirs}
	for _, s := range sides {
		s.work(b)
	}
	took, shown := map[*side][]time.Duration{}, map[*side]int{}
	for b.Loop() {
	}
	for i := range runs {
		id := fmt.Sprintf("peer-%d", i)
		var ends []func() map[string]time.Time
		for _, s := range sides {
			ends = append(ends, s.run(b, id, 2, 200*time.Millisecond))
		}
		for j, s := range sides {
			took[s] = append(took[s], s.delays(b, id, ends[j]())...)
		}
	}
	tab, theirs.ready = "pending-activities", "Activities"
	var ends []func() map[string]time.Time
	for _, s := range sides {
		ends = append(ends, s.run(b, "retries", attempts, time.Second))
	}
	for j, s := range sides {
		first := ends[j]()
		for n := 2; n <= attempts; n++ {
			seen, ok := first["attempt "+strconv.Itoa(n)]
			if ok && seen.Sub(s.began["retries"+strconv.Itoa(n-1)]) <= time.Second {
				shown[s]++
			}
		}
	}
	b.ReportMetric(float64(len(took[ours])), "events")
	ms(b, "p50", percentile(took[ours], 50), budgetEvent)
	ms(b, "p95", percentile(took[ours], 95), budgetEvent)
	b.ReportMetric(float64(percentile(took[theirs], 50).Microseconds())/1000, "temporal-ui-p50-ms")
	b.ReportMetric(float64(percentile(took[theirs], 95).Microseconds())/1000, "temporal-ui-p95-ms")
	b.ReportMetric(float64(shown[ours]), fmt.Sprintf("attempts-within-1s-of-%d", attempts-1))
	b.ReportMetric(float64(shown[theirs]), fmt.Sprintf("temporal-ui-attempts-within-1s-of-%d", attempts-1))
}

// dialRehearsal connects the Go SDK to the portal's rehearsal cloud with the migration's client certificate.
func dialRehearsal(b *testing.B, p *portal, v *visitor, c connected) client.Client {
	b.Helper()
	pair, err := tls.X509KeyPair([]byte(c.cert), []byte(c.key))
	if err != nil {
		b.Fatal(err)
	}
	report := v.ended(v.upload(c.m+"/test", c.withKey()...).ok(b, "run the checks").path)
	cl, err := client.Dial(client.Options{HostPort: report["target"].(map[string]any)["address"].(string), Namespace: "docs-assembly.a2dd6",
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)), ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: rootsOf(b, p)}}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(cl.Close)
	return cl
}

package e2e

import (
	"context"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The budgets that docs/BENCHMARKS.md prints.
const (
	budgetFirstPage  = 300 * time.Millisecond
	budgetRehearsal  = time.Second
	budgetPage       = 40_000 // bytes on the wire, cold
	budgetRequests   = 5
	budgetEvent      = 300 * time.Millisecond // p95, history event to browser
	budgetMemoryOver = 1.3                    // of `temporal server start-dev`
)

// ms reports a duration and its share of a budget.
func ms(b *testing.B, name string, d, budget time.Duration) {
	b.ReportMetric(float64(d.Microseconds())/1000, name+"-ms")
	b.ReportMetric(float64(d)/float64(budget), name+"-of-budget")
}

func median(d []time.Duration) time.Duration { return percentile(d, 50) }

func percentile(d []time.Duration, p int) time.Duration {
	s := slices.Clone(d)
	slices.Sort(s)
	return s[min(len(s)-1, len(s)*p/100)]
}

// BenchmarkFirstPage: from the start of the process to the first page, median of 7, beside the budget and
// beside the UI of `temporal server start-dev` in the same run.
func BenchmarkFirstPage(b *testing.B) {
	var ours, peer []time.Duration
	cli := pythonTool(b, "temporal")
	for range 7 {
		addr := "127.0.0.1:" + closedPort(b)
		began := time.Now()
		p := start(b, "", cleanEnv(), program, "serve", "--addr", addr, "--data", b.TempDir(), "--log-level", "error")
		answers(b, "http://"+addr+"/")
		ours = append(ours, time.Since(began))
		p.kill()

		ui := closedPort(b)
		began = time.Now()
		s := start(b, "", cleanEnv(), cli, "server", "start-dev", "--port", closedPort(b), "--ui-port", ui, "--log-level", "error")
		answers(b, "http://127.0.0.1:"+ui+"/")
		peer = append(peer, time.Since(began))
		s.kill()
	}
	for b.Loop() {
	}
	ms(b, "first-page", median(ours), budgetFirstPage)
	b.ReportMetric(float64(median(peer).Microseconds())/1000, "start-dev-ui-ms")
	b.ReportMetric(float64(median(ours))/float64(median(peer)), "of-start-dev")
}

// answers waits for a 200 without pausing longer than a millisecond between tries.
func answers(b *testing.B, url string) {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		resp, err := http.Get(url)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		<-time.After(time.Millisecond)
	}
	b.Fatalf("%s does not answer", url)
}

// BenchmarkRehearsalReady: how long the embedded server takes until a namespace can be used, median of 5, as
// `onramp rehearse` prints it; and the memory of the portal with it beside `temporal server start-dev`.
func BenchmarkRehearsalReady(b *testing.B) {
	re := regexp.MustCompile(`ready after ([0-9.]+ m?s)`)
	var ready []time.Duration
	for range 5 {
		m := re.FindStringSubmatch(run(b, cleanEnv(), "rehearse").out)
		if m == nil {
			b.Fatal("rehearse does not say when the cloud was ready")
		}
		d, err := time.ParseDuration(strings.ReplaceAll(m[1], " ", ""))
		if err != nil {
			b.Fatal(err)
		}
		ready = append(ready, d)
	}
	p := openPortal(b, b.TempDir(), "127.0.0.1:0")
	within(b, "the rehearsal is ready", func() bool {
		_, page := p.get("/rehearsal")
		return strings.Contains(page, "ready")
	})
	port := closedPort(b)
	s := start(b, "", cleanEnv(), pythonTool(b, "temporal"), "server", "start-dev", "--port", port, "--ui-port", closedPort(b), "--log-level", "error")
	within(b, "start-dev listens", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	for b.Loop() {
	}
	ours, peer := resident(b, p.cmd.Process.Pid), resident(b, s.cmd.Process.Pid)
	ms(b, "ready", median(ready), budgetRehearsal)
	b.ReportMetric(ours, "portal-MB")
	b.ReportMetric(peer, "start-dev-MB")
	b.ReportMetric(ours/peer/budgetMemoryOver, "memory-of-budget")
}

// resident is the resident memory of a process in MB.
func resident(b *testing.B, pid int) float64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		b.Fatal(err)
	}
	m := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		b.Fatal("no VmRSS")
	}
	kb, _ := strconv.Atoi(string(m[1]))
	return float64(kb) / 1024
}

// BenchmarkPages: weight on the wire and number of requests of every page of the journey, cold, in Chromium;
// the worst of them beside the budget.
func BenchmarkPages(b *testing.B) {
	p := openPortal(b, b.TempDir(), "127.0.0.1:0", "--log-level", "error")
	br := openBrowser(b, true, 1280, 900)
	m := walkJourney(b, p, br, true)
	worst, most, worstPage := 0.0, 0, ""
	for b.Loop() {
	}
	for _, path := range []string{"/", "/new", m, m + "/namespace", m + "/certificates", m + "/upload", m + "/test", m + "/code", m + "/transfer", m + "/runs", "/help", "/help/CL-03", "/rehearsal", "/cloud"} {
		bytes, requests := weigh(b, p, path)
		b.Logf("%-40s %6.1f kB %d requests", path, bytes/1000, requests)
		if bytes > worst {
			worst, worstPage = bytes, path
		}
		most = max(most, requests)
	}
	b.Logf("heaviest: %s", worstPage)
	b.ReportMetric(worst/1000, "heaviest-kB")
	b.ReportMetric(worst/budgetPage, "weight-of-budget")
	b.ReportMetric(float64(most), "requests")
	b.ReportMetric(float64(most)/budgetRequests, "requests-of-budget")
}

// weigh loads a page in a fresh browser and counts what came over the wire.
func weigh(b *testing.B, p *portal, path string) (bytes float64, requests int) {
	br := openBrowser(b, true, 1280, 900)
	var mu sync.Mutex
	chromedp.ListenTarget(br.ctx, func(ev any) {
		if ev, ok := ev.(*network.EventLoadingFinished); ok {
			mu.Lock()
			bytes += ev.EncodedDataLength
			mu.Unlock()
		}
	})
	br.open(p.url + path)
	br.do(chromedp.Sleep(300 * time.Millisecond)) // what a page asks for after it has loaded counts too
	br.mu.Lock()
	requests = len(br.requests)
	br.mu.Unlock()
	mu.Lock()
	defer mu.Unlock()
	br.close()
	return bytes, requests
}

// observeEvents notes when a row of the event list enters the page. Rows that are there when the page is
// parsed are not counted: they were not pushed.
const observeEvents = `
window.onrampSeen = [];
window.onrampLive = 0; // since when the stream is open: what happened before is page load, not push
addEventListener('DOMContentLoaded', () => {
  const known = new Set([...document.querySelectorAll('[id^="event-"]')].map(n => n.id));
  const now = () => performance.timeOrigin + performance.now();
  const live = () => { if (!window.onrampLive && document.querySelector('live-feed[data-state="live"]')) window.onrampLive = now(); };
  new MutationObserver(live).observe(document.documentElement, { attributes: true, subtree: true, attributeFilter: ['data-state'] });
  new MutationObserver(() => {
    for (const n of document.querySelectorAll('[id^="event-"]')) {
      if (known.has(n.id)) continue;
      known.add(n.id);
      const time = n.querySelector('time[datetime]'), id = n.querySelector('.event-id');
      // The server writes ActivityTaskStarted only when the activity has ended, with the time it began at.
      if (n.tagName === 'LI' && time && id && !n.textContent.includes('ActivityTaskStarted')) {
        window.onrampSeen.push({ Seen: now(), Live: window.onrampLive, At: time.getAttribute('datetime'), History: id.textContent.trim() !== '' });
      }
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
});`

// BenchmarkEventToBrowser: from the time the server wrote into a history event to the moment its row stood in
// the page, over the events of 10 transfers watched in Chromium. Attempts that failed stand in no history before the
// activity has ended: they are asked for, at first after 0.3 s, and counted apart.
func BenchmarkEventToBrowser(b *testing.B) {
	p := openPortal(b, b.TempDir(), "127.0.0.1:0", "--log-level", "error")
	br := openBrowser(b, true, 1280, 900)
	m := walkJourney(b, p, br, true)
	br.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(observeEvents).Do(ctx)
		return err
	}))
	var took, asked []time.Duration
	for b.Loop() {
	}
	for range 10 {
		br.open(p.url + m + "/transfer")
		br.do(chromedp.Evaluate(`[...document.querySelectorAll('input[name=scenario]')].find(i => i.value === 'flaky').click()`, nil))
		br.clickTo("start-transfer", m+"/transfer/")
		br.has("WorkflowExecutionCompleted")
		var rows []struct {
			Seen    float64 // Unix milliseconds at which the row stood in the page
			Live    float64 // since when the stream was open, 0 before
			At      string  // the event's own time, RFC 3339
			History bool    // a history event; else an attempt that was asked for
		}
		br.do(chromedp.Evaluate(`window.onrampSeen`, &rows))
		for _, r := range rows {
			at, err := time.Parse(time.RFC3339Nano, r.At)
			if err != nil {
				b.Fatal(err)
			}
			if r.Live == 0 || float64(at.UnixNano())/1e6 < r.Live {
				continue
			}
			if d := time.Duration(r.Seen*1e6) - time.Duration(at.UnixNano()); r.History {
				took = append(took, d)
			} else {
				asked = append(asked, d)
			}
		}
	}
	if len(took) < 50 { // the budget is for 50 and more
		b.Fatalf("only %d events were seen arriving", len(took))
	}
	b.ReportMetric(float64(len(took)), "events")
	ms(b, "p50", percentile(took, 50), budgetEvent)
	ms(b, "p95", percentile(took, 95), budgetEvent)
	if len(asked) < 10 {
		b.Fatalf("only %d attempts were seen arriving", len(asked))
	}
	b.ReportMetric(float64(percentile(asked, 95))/1e6, "attempt-p95-ms")
}

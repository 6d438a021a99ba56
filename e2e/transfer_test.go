package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"go.temporal.io/sdk/worker"

	"onramp/transfer"
)

// tested is a rehearsed migration whose connection is tested; lend keeps the client key in the portal.
func (v *visitor) tested(lend bool) (m string, bundle map[string]string) {
	v.t.Helper()
	m = v.form("/rehearse-now").ok(v.t, "rehearse now").path
	m = "/" + strings.Join(strings.Split(strings.Trim(m, "/"), "/")[:2], "/")
	v.form(m+"/namespace", "namespace", "docs-assembly.a2dd6").ok(v.t, "save the namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments",
		"ca_common_name", "Payments CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(v.t, "make certificates")
	bundle = v.form(m+"/certificates/bundle.zip").ok(v.t, "download the bundle").files(v.t)
	v.form("/cloud/docs-assembly.a2dd6", "ca_bundle", bundle["ca.pem"], "m", strings.TrimPrefix(m, "/m/")).ok(v.t, "save the CA")
	run := v.upload(m+"/test", "key_source", "paste", "cert_pem", bundle["client.pem"], "key_pem", bundle["client.key"]).ok(v.t, "run the checks").path
	v.ended(run)
	if lend {
		v.form(m+"/certificates/lend", "lend", "on", "lent_key", bundle["client.key"]).ok(v.t, "lend the key")
	} else {
		v.form(m+"/certificates/forget", "x", "y").ok(v.t, "forget the keys")
	}
	return m, bundle
}

// transferForm is the form of a transfer by the built-in worker, with the lent key.
func transferForm(scenario string, more ...string) []string {
	form := []string{"scenario", scenario, "amount", "250", "source", "85-150", "target", "43-812", "reference", "r-" + scenario,
		"worker", "builtin", "template", "python", "key_source", "lent"}
	for i := 0; i+1 < len(more); i += 2 {
		if at := slices.Index(form, more[i]); at >= 0 && at%2 == 0 {
			form[at+1] = more[i+1]
		} else {
			form = append(form, more[i], more[i+1])
		}
	}
	return form
}

// eventIDs are the ids of the history's events on the page, oldest first.
func (b *browser) eventIDs() []string {
	b.t.Helper()
	var ids []string
	b.do(chromedp.Evaluate(`[...document.querySelectorAll('[data-event-id]')].map(e => e.dataset.eventId).reverse()`, &ids))
	return ids
}

// eachOnce reports whether ids are 1 to their number, each once. Their order is that of the events' times, which is not
// that of the ids: the server writes down that an activity started when it has ended, with the time of its start.
func eachOnce(ids []string) bool {
	seen := map[string]bool{}
	for i := range ids {
		seen[strconv.Itoa(i+1)] = true
	}
	for _, id := range ids {
		delete(seen, id)
	}
	return len(seen) == 0
}

// count counts elements.
func (b *browser) count(selector string) (n int) {
	b.t.Helper()
	b.until("the page that has "+selector, func() bool { // not in the middle of going to another
		return b.ask(chromedp.Evaluate(fmt.Sprintf(`document.querySelectorAll(%q).length`, selector), &n)) == nil
	})
	return n
}

// TestTransferPages walks the transfer's pages by clicking: retries with their countdown, no event missing or
// twice on the live page and after a reload, a refund with its failure chain, cancel, terminate with a reason,
// start again, the raw history that the SDK replays, and the same without JavaScript.
func TestTransferPages(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	m, _ := v.tested(true)
	b := openBrowser(t, true, 1280, 900)

	t.Run("flaky bank, live", func(t *testing.T) {
		b.t = t
		b.open(p.url + m + "/transfer")
		b.click("scenario-flaky")
		b.clickTo("start-transfer", m+"/transfer/")
		b.is(`[data-testid="pending"] [data-left]`)
		if left := b.valueOf(`[data-testid="pending"] [data-left]`); !strings.HasPrefix(left, "in ") && left != "now" {
			t.Errorf("the countdown says %q", left)
		}
		b.is(`[data-testid="pending"][data-attempt="2"]`)
		b.shot("flaky-running")
		b.has("WorkflowExecutionCompleted")
		b.has("Transfer complete")
		live := b.eventIDs()
		if !eachOnce(live) || len(live) < 10 {
			t.Errorf("live, the page has the events %v", live)
		}
		if n := b.count("#pending"); n != 0 {
			t.Error("a transfer that has ended still shows what is under way")
		}
		b.do(chromedp.Reload())
		if again := b.eventIDs(); !slices.Equal(again, live) {
			t.Errorf("after a reload the page has %v, before %v", again, live)
		}
		run := strings.Split(b.path(), "?")[0]
		b.clickTo("transfer-again", m+"/transfer/")
		b.until("another run", func() bool { return !strings.HasSuffix(b.path(), run) })
		b.has("Transfer complete")

		raw := v.get(run+"/history.json").ok(t, "the raw history")
		if d := raw.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment;") || !strings.HasSuffix(strings.Trim(d, `"`), ".json") {
			t.Errorf("Content-Disposition %q", d)
		}
		file := filepath.Join(t.TempDir(), "history.json")
		if err := os.WriteFile(file, raw.body, 0o600); err != nil {
			t.Fatal(err)
		}
		replayer := worker.NewWorkflowReplayer()
		replayer.RegisterWorkflow(transfer.MoneyTransfer)
		if err := replayer.ReplayWorkflowHistoryFromJSONFile(nil, file); err != nil {
			t.Errorf("the SDK does not replay the raw history: %v", err)
		}
		var history struct{ Events []struct{ EventID string } }
		if err := json.Unmarshal(raw.body, &history); err != nil || len(history.Events) != len(live) {
			t.Errorf("the raw history has %d events, the page %d: %v", len(history.Events), len(live), err)
		}
	})

	t.Run("refund", func(t *testing.T) {
		b.t = t
		run := v.upload(m+"/transfer", transferForm("refund")...).ok(t, "start").path
		b.open(p.url + run)
		b.has("Ended FAILED, as the scenario should")
		b.has("Failure chain")
		b.has("ActivityTaskFailed")
		b.shot("refund")
	})

	t.Run("cancel", func(t *testing.T) {
		b.t = t
		run := v.upload(m+"/transfer", transferForm("slow")...).ok(t, "start").path
		b.open(p.url + run)
		b.has("Last heartbeat")
		b.openDetails("acts")
		b.shot("slow-running")
		b.click("cancel")
		b.has("WorkflowExecutionCanceled")
		ids := b.eventIDs()
		if !eachOnce(ids) {
			t.Errorf("the page has the events %v", ids)
		}
		b.until("nothing left to cancel", func() bool { return b.count("#acts") == 0 }) // the log's last event comes before the run's end
	})

	t.Run("terminate", func(t *testing.T) {
		b.t = t
		run := v.upload(m+"/transfer", transferForm("slow")...).ok(t, "start").path
		b.open(p.url + run)
		b.has("ActivityTaskScheduled")
		b.openDetails("acts")
		b.fill("#reason", "seen enough")
		b.click("terminate")
		b.has("Workflow terminated: seen enough")
		if report := v.ended(run); report["status"] != "TERMINATED" {
			t.Errorf("the run ended %v", report["status"])
		}
	})

	t.Run("stuck", func(t *testing.T) {
		b.t = t
		run := v.upload(m+"/transfer", transferForm("success", "worker", "own", "task_queue", "nobody-here", "once", "stuck")...).ok(t, "start").path
		b.open(p.url + run)
		b.has("Stuck, still following")
		b.has("TQ-01")
		b.shot("stuck")
		v.upload(run+"/terminate", "reason", "test").ok(t, "terminate")
		b.has("WorkflowExecutionTerminated")
	})

	t.Run("somebody else's", func(t *testing.T) {
		b.t = t
		run := v.upload(m+"/transfer", transferForm("slow")...).ok(t, "start").path
		var id string
		within(t, "its workflow ID", func() bool {
			id = regexp.MustCompile(`onramp-money-transfer-rehearsal-[0-9a-f]{16}`).FindString(string(v.get(run).body))
			return id != ""
		})
		b.open(p.url + m + "/transfer")
		b.openDetails("follow")
		b.fill("#workflow_id", id)
		b.click("follow-workflow")
		b.waitPath(strings.Split(run, "?")[0]) // the run that follows it already
		v.form(run+"/stop", "x", "y").ok(t, "stop following")
		b.has("Interrupted")
		b.shot("interrupted")
		b.click("follow-again")
		b.until("another run", func() bool { return !strings.Contains(b.path(), run) && strings.Contains(b.path(), "/transfer/") })
		b.has("WorkflowExecutionCompleted")
		ids := b.eventIDs()
		if !eachOnce(ids) {
			t.Errorf("followed again, the page has the events %v", ids)
		}
	})

	t.Run("without JavaScript", func(t *testing.T) {
		n := openBrowser(t, false, 1280, 900)
		n.open(p.url + m + "/transfer")
		n.click("scenario-flaky")
		n.clickTo("start-transfer", m+"/transfer/")
		run := strings.Split(n.path(), "?")[0]
		n.open(p.url + run + "?follow=1")
		n.has("WorkflowExecutionCompleted")
		n.has("Transfer complete")
		n.clean(p.url)
	})
	b.t = t
	b.clean(p.url)
}

// TestDrillPages drills the rehearsal beside a local server in a real browser, stops one, and reads it without
// JavaScript.
func TestDrillPages(t *testing.T) {
	local := devServer(t)
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	m, _ := v.tested(true)
	b := openBrowser(t, true, 1280, 900)
	b.open(p.url + m + "/transfer")
	b.clickTo("open-drill", m+"/transfer/drill")
	b.fill("#count", "1000000000000")
	b.click("start-drill")
	b.has("up to 2000")
	b.fill("#count", "30")
	b.fill("#rate", "20")
	b.click("beside-local")
	b.fill("#beside_address", local)
	b.clickTo("start-drill", m+"/transfer/drill/")
	b.is("progress")
	b.has("under way")
	b.shot("drill-running")
	b.has("What changes when you move")
	b.has("60 transfers ended as they should")
	b.has("All balances match")
	b.has("ms, log scale")
	b.has("No 99th percentile: it needs 100 transfers, this drill has 30.")
	b.is(testID("legend"))
	b.shot("drill-done")
	run := strings.Split(b.path(), "?")[0]
	var res struct {
		Schema  string
		Reports []transfer.DrillReport
		Changes []transfer.Change
	}
	if err := json.Unmarshal(v.get(run+".json").ok(t, "the drill as JSON").body, &res); err != nil || res.Schema != "onramp.drill/1" || len(res.Reports) != 2 || len(res.Changes) < 4 {
		t.Errorf("the drill as JSON: %v, %+v", err, res)
	}
	for _, rep := range res.Reports {
		for _, l := range rep.Latencies {
			t.Logf("%-16s %-12s p50 %6.1f ms  p95 %6.1f ms", rep.Address, l.Name, l.P50, l.P95)
			if l.P99 != nil || l.NoP99 == "" {
				t.Errorf("%s: a 99th percentile of %d transfers", l.Name, l.Count)
			}
		}
	}
	b.open(p.url + m + "/transfer/drill?from=" + run[strings.LastIndexByte(run, '/')+1:])
	b.fill("#count", "2000")
	b.fill("#rate", "2")
	b.clickTo("start-drill", m+"/transfer/drill/")
	b.click("stop-drill")
	b.has("Interrupted")
	b.clean(p.url)
	last := strings.Split(b.path(), "?")[0]
	if s := v.get(last + "?follow=1"); s.status != http.StatusOK || !strings.Contains(string(s.body), "Interrupted") {
		t.Errorf("without JavaScript: %d\n%s", s.status, mainOf(s.body))
	}
}

// transfersOfAllKinds runs what the pages of step 6 show: a refund, one that is stuck, one that nobody watches
// any more, and a drill. The values are their pages.
func transfersOfAllKinds(t testing.TB, v *visitor, m string) map[string]string {
	t.Helper()
	out := map[string]string{
		"refund":      v.upload(m+"/transfer", transferForm("refund")...).ok(t, "a refund").path,
		"stuck":       v.upload(m+"/transfer", transferForm("success", "worker", "own", "task_queue", "nobody-here", "once", "stuck")...).ok(t, "one without a worker").path,
		"interrupted": v.upload(m+"/transfer", transferForm("slow")...).ok(t, "a slow one").path,
	}
	v.ended(out["refund"])
	v.form(out["interrupted"]+"/stop", "x", "y").ok(t, "stop watching")
	out["drill"] = v.upload(m+"/transfer/drill", "once", "d", "count", "20", "rate", "20", "scenario", "flaky", "worker", "builtin", "beside", "none", "key_source", "lent").ok(t, "a drill").path
	within(t, "the drill's end", func() bool { return v.get(out["drill"]+".json").status == http.StatusOK })
	within(t, "a verdict on the stuck one", func() bool { return strings.Contains(string(v.get(out["stuck"]).body), "TQ-01") })
	return out
}

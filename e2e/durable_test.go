package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/chromedp/chromedp"
	"github.com/rs/zerolog"
)

// connected is a migration whose connection works, with the client's key in the visitor's hands.
type connected struct{ m, cert, key string }

// connect takes a rehearsal to the point where a transfer can be started.
func connect(t testing.TB, v *visitor) connected {
	t.Helper()
	m := v.form("/rehearse-now").ok(t, "rehearse now").path
	m = "/" + strings.Join(strings.Split(strings.Trim(m, "/"), "/")[:2], "/")
	v.form(m+"/namespace", "namespace", "docs-assembly.a2dd6").ok(t, "save the namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "common_name", "payments", "ca_common_name", "Payments CA", "key_type", "ec-p256",
		"ca_days", "365", "leaf_days", "364").ok(t, "make certificates")
	bundle := v.form(m+"/certificates/bundle.zip").ok(t, "download the bundle").files(t)
	v.form("/cloud/docs-assembly.a2dd6", "ca_bundle", bundle["ca.pem"], "m", strings.TrimPrefix(m, "/m/")).ok(t, "save the CA")
	c := connected{m, bundle["client.pem"], bundle["client.key"]}
	if report := v.ended(v.upload(m+"/test", c.withKey()...).ok(t, "run the checks").path); report["verdict"].(map[string]any)["code"] != "OK" {
		t.Fatalf("the check says %v", report["verdict"])
	}
	return c
}

// withKey are form values and the key that the person pastes.
func (c connected) withKey(values ...string) []string {
	return append(values, "key_source", "paste", "cert_pem", c.cert, "key_pem", c.key)
}

func (c connected) transfer(scenario, reference string) []string {
	return c.withKey("once", reference, "scenario", scenario, "amount", "250", "source", "85-150", "target", "43-812", "reference", reference,
		"worker", "builtin", "template", "builtin")
}

var eventRow = regexp.MustCompile(`id="event-(\d+)"`)

// TestKillInMidTransfer: kill -9 of the portal while the built-in worker does a slow transfer. After a restart the
// run says that it was cut short, follows the same workflow again, and ends; every event is there once, and the
// bank's ledger has paid once.
func TestKillInMidTransfer(t *testing.T) {
	data := t.TempDir()
	addr := "127.0.0.1:" + closedPort(t)
	p := openPortal(t, data, addr)
	v := visit(t, p.url)
	c := connect(t, v)
	first := v.upload(c.m+"/transfer", c.transfer("slow", "kill-in-the-middle")...).ok(t, "start a slow transfer").path
	within(t, "the money is on its way", func() bool {
		page := string(v.get(first).body)
		return strings.Contains(page, "ActivityTaskCompleted") && !strings.Contains(page, "WorkflowExecutionCompleted") || strings.Contains(page, "heartbeat")
	})
	p.kill()
	p = openPortal(t, data, addr)
	// Until the lease of the process that was killed is over, its run may be alive.
	within(t, "the page of the run that was cut short offers to follow it again", func() bool {
		return strings.Contains(string(v.get(first).ok(t, "the run after the kill").body), first+"/follow")
	})
	again := v.upload(first+"/follow", c.withKey()...).ok(t, "follow it again").path
	if again == first {
		t.Fatal("following again is a run of its own")
	}
	result := v.ended(again)
	if result["status"] != "COMPLETED" {
		t.Fatalf("after the kill the transfer ended %v\n%s", result["status"], v.get(again+".json").body)
	}
	page := string(v.get(again).ok(t, "the page of the run that went on").body)
	last, seen := 0, map[int]bool{}
	for _, m := range eventRow.FindAllStringSubmatch(page, -1) {
		n, _ := strconv.Atoi(m[1])
		if seen[n] {
			t.Errorf("event %d stands twice on the page", n)
		}
		seen[n], last = true, max(last, n)
	}
	for n := 1; n <= last; n++ {
		if !seen[n] {
			t.Errorf("event %d of %d is missing", n, last)
		}
	}
	if last < 11 || !strings.Contains(page, "WorkflowExecutionCompleted") {
		t.Errorf("the page shows %d events and not the end", last)
	}
	if code, _ := p.stop(); code != 0 {
		t.Errorf("exit %d at the end", code)
	}
	paid := ledger(t, data)
	t.Logf("%d events, ledger %v", last, paid)
	if paid["withdraw"] != 1 || paid["deposit"] != 1 || paid["refund"] != 0 {
		t.Errorf("the ledger has %v, want one withdrawal and one deposit", paid)
	}
}

// ledger counts what the mock bank's journal has booked, by kind.
func ledger(t testing.TB, data string) map[string]int {
	t.Helper()
	f, err := os.Open(filepath.Join(data, "bank.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	booked := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e struct{ Op string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		booked[e.Op]++
	}
	return booked
}

// line puts toxiproxy before an address.
func line(t testing.TB, upstream string) *toxiproxy.Proxy {
	t.Helper()
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "line", "127.0.0.1:"+closedPort(t), upstream)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// TestBrowserLosesThePortal: the line between browser and portal is cut while a transfer is under way. The page says
// that it waits; when the line is back it goes on by itself, with every event once.
func TestBrowserLosesThePortal(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	c := connect(t, visit(t, p.url))
	_, port, _ := strings.Cut(strings.TrimPrefix(p.url, "http://"), ":")
	cut := line(t, "127.0.0.1:"+port)
	_, through, _ := strings.Cut(cut.Listen, ":")
	b := openBrowserWith(t, true, 1280, 900, chromedp.Flag("host-resolver-rules", fmt.Sprintf("MAP localhost:%s 127.0.0.1:%s", port, through)))
	v := visit(t, p.url)
	run := v.upload(c.m+"/transfer", c.transfer("slow", "browser-loses")...).ok(t, "start a slow transfer").path
	b.open("http://localhost:" + port + run)
	state := func() (s string) {
		_ = b.ask(chromedp.Evaluate(`document.querySelector('live-feed')?.dataset.state || ''`, &s))
		return s
	}
	b.until("the stream is open", func() bool { return state() == "live" })
	cut.Stop()
	b.until("the page notices", func() bool { return state() == "retry" || state() == "lost" })
	var says string
	b.do(chromedp.Evaluate(`document.body.innerText`, &says))
	if !strings.Contains(says, "Live updates") {
		t.Errorf("the page does not say that live updates wait:\n%.1500s", says)
	}
	within(t, "the transfer ended meanwhile", func() bool { return strings.Contains(string(v.get(run).body), "WorkflowExecutionCompleted") })
	if err := cut.Start(); err != nil {
		t.Fatal(err)
	}
	b.has("WorkflowExecutionCompleted")
	var rows []string
	b.do(chromedp.Evaluate(`[...document.querySelectorAll('[id^="event-"]')].map(e => e.id).filter(id => /^event-\d+$/.test(id))`, &rows))
	seen := map[string]bool{}
	for _, id := range rows {
		if seen[id] {
			t.Errorf("%s stands twice on the page", id)
		}
		seen[id] = true
	}
	for n := 1; n <= len(rows); n++ {
		if !seen[fmt.Sprintf("event-%d", n)] {
			t.Errorf("event %d of %d is missing on the page", n, len(rows))
		}
	}
	if len(rows) < 11 {
		t.Errorf("only %d events on the page", len(rows))
	}
}

// TestLineToTemporalDrops: the line to Temporal is cut while `onramp transfer` follows. It says so, goes on when the
// line is back, and gives every event once.
func TestLineToTemporalDrops(t *testing.T) {
	h, _ := hold(t)
	cut := line(t, strings.Replace(h.Address, "localhost", "127.0.0.1", 1))
	p := start(t, "", cleanEnv(), program, "transfer", "--address", cut.Listen, "--tls-server-name", "localhost", "--namespace", h.Namespace, "--tls-cert-path", h.Cert,
		"--tls-key-path", h.Key, "--tls-ca-path", h.ServerRoot, "--scenario", "slow", "--timeout", "2m", "--json")
	p.line(`"ActivityTaskScheduled"`)
	cut.Stop()
	p.line(`"connected":false`)
	if err := cut.Start(); err != nil {
		t.Fatal(err)
	}
	p.line(`"connected":true`)
	p.line(`"event":"end".*"COMPLETED"`)
	<-p.ended
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit %d\n%s", code, p.output())
	}
	next := 1
	for _, l := range strings.Split(p.output(), "\n") {
		var e struct{ ID int }
		if json.Unmarshal([]byte(l), &e) == nil && e.ID != 0 {
			if e.ID != next {
				t.Errorf("event %d came where %d was due", e.ID, next)
			}
			next = e.ID + 1
		}
	}
	if next < 12 {
		t.Errorf("only %d events came", next-1)
	}
}

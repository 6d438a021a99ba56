package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// everything is each element of the page as it stands: its place, its attributes and its own text. What is random each
// time a page is made is left out: the value that keeps a form from being sent twice.
const everything = `(() => {
  const out = [document.title, document.querySelector('link[rel=icon]').getAttribute('href')];
  for (const e of document.querySelectorAll('#rail, #rail *, #main, #main *')) {
    const attributes = [...e.attributes].filter(a => !(e.name === 'once' && a.name === 'value')).map(a => a.name + '=' + a.value).sort();
    const text = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).filter(Boolean);
    let depth = 0;
    for (let p = e.parentElement; p; p = p.parentElement) depth++;
    out.push(' '.repeat(depth) + [e.localName, ...attributes, '|', ...text].join(' '));
  }
  return out;
})()`

func (b *browser) everything() (all []string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(everything, &all))
	return all
}

// begin goes to a page that is sent bit by bit, and does not wait for its end.
func (b *browser) begin(url string) {
	b.t.Helper()
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, _, _, _, err := page.Navigate(url).Do(ctx)
		return err
	}))
}

// silence is a server that takes connections and says nothing until it ends.
func silence(t *testing.T) (addr string, end func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open := make(chan net.Conn, 1000)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(open)
				return
			}
			open <- c
		}
	}()
	end = func() {
		l.Close()
		for c := range open {
			c.Close()
		}
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String(), end
}

// rehearsalOf is the way into the rehearsal cloud of a portal, with a migration's pair.
func rehearsalOf(t *testing.T, p *portal, v *visitor, m string, bundle map[string]string) rehearsalLine {
	t.Helper()
	var rep struct {
		Target struct{ Address, Namespace string }
	}
	run := v.upload(m+"/test", "key_source", "paste", "cert_pem", bundle["client.pem"], "key_pem", bundle["client.key"]).ok(t, "run the checks").path
	v.ended(run)
	if err := json.Unmarshal(v.get(run+".json").ok(t, "the report").body, &rep); err != nil {
		t.Fatal(err)
	}
	h := rehearsalLine{Address: rep.Target.Address, Namespace: rep.Target.Namespace}
	dir := t.TempDir()
	for name, to := range map[string]*string{"client.pem": &h.Cert, "client.key": &h.Key} {
		*to = filepath.Join(dir, name)
		if err := os.WriteFile(*to, []byte(bundle[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_ = filepath.WalkDir(p.data, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "server-root.pem" {
			h.ServerRoot = path
		}
		return nil
	})
	if h.ServerRoot == "" {
		t.Fatal("the portal has written no root of its rehearsal")
	}
	return h
}

// TestEndAsAfterReload: a page that followed a run to its end is, element by element, what it is after a reload: the
// steps, the table of runs, the links, the headline, the title and the icon. So is a page without JavaScript, which was
// streamed. Each run waits for what the test does, so that its page is there before its end.
func TestEndAsAfterReload(t *testing.T) {
	whole, data, addr := t, t.TempDir(), "127.0.0.1:"+closedPort(t)
	p := openPortal(t, data, addr)
	v := visit(t, p.url)
	m, bundle := v.tested(true)
	h := rehearsalOf(t, p, v, m, bundle)
	key := []string{"key_source", "paste", "cert_pem", bundle["client.pem"], "key_pem", bundle["client.key"]}

	// A worker of the reader's own, which begins when the page is there.
	works := func(t *testing.T, queue string, fails bool) {
		t.Helper()
		w := worker.New(h.dial(t), queue, worker.Options{})
		w.RegisterWorkflowWithOptions(func(workflow.Context, map[string]any) (string, error) {
			if fails {
				return "", errors.New("no such account")
			}
			return "paid", nil
		}, workflow.RegisterOptions{Name: "MoneyTransfer"})
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Stop)
	}
	checks := func(more ...string) func(t *testing.T, try string) (run string, act func()) {
		return func(t *testing.T, _ string) (string, func()) {
			old, end := silence(t)
			return v.upload(m+"/test", append(append([]string{"local_address", old}, more...), key...)...).ok(t, "run the checks").path, end
		}
	}
	transfers := func(act func(t *testing.T, run, queue string)) func(t *testing.T, try string) (run string, act func()) {
		return func(t *testing.T, try string) (string, func()) {
			queue := strings.ReplaceAll(t.Name(), "/", "-") + try
			run := v.upload(m+"/transfer", transferForm("success", "worker", "own", "task_queue", queue, "once", queue)...).ok(t, "start a transfer").path
			return run, func() { act(t, run, queue) }
		}
	}
	drills := func(act func(t *testing.T, run, queue string)) func(t *testing.T, try string) (run string, act func()) {
		return func(t *testing.T, try string) (string, func()) {
			queue := strings.ReplaceAll(t.Name(), "/", "-") + try
			run := v.upload(m+"/transfer/drill", "once", queue, "count", "5", "rate", "50", "scenario", "success", "worker", "own", "template", "python", "task_queue", queue, "beside", "none",
				"key_source", "lent").ok(t, "start a drill").path
			return run, func() { act(t, run, queue) }
		}
	}
	post := func(path string) func(t *testing.T, run, queue string) {
		return func(t *testing.T, run, _ string) { v.upload(run+path, "reason", "seen enough").ok(t, path) }
	}
	rows := []struct {
		name  string
		word  string // the first of the title at the end
		until string // what the page shows before the test acts
		begin func(t *testing.T, try string) (run string, act func())
	}{
		{"a transfer that completes", "Passed", "#event-list li", transfers(func(t *testing.T, _, queue string) { works(t, queue, false) })},
		{"a transfer that fails", "Failed", "#event-list li", transfers(func(t *testing.T, _, queue string) { works(t, queue, true) })},
		{"a transfer that is stuck, and is left", "Interrupted", `#verdict[data-s="fail"]`, transfers(post("/stop"))},
		{"a transfer that is cancelled", "Failed", "#event-list li", func(t *testing.T, try string) (string, func()) {
			run := v.upload(m+"/transfer", transferForm("slow", "once", t.Name()+try)...).ok(t, "start a transfer").path
			return run, func() { post("/cancel")(t, run, "") }
		}},
		{"a transfer that is terminated", "Failed", "#event-list li", transfers(post("/terminate"))},
		{"a drill that is done", "Passed", "#drill-status", drills(func(t *testing.T, _, queue string) { works(t, queue, false) })},
		{"a drill that is stopped", "Interrupted", "#drill-status", drills(post("/stop"))},
		{"a run whose portal is killed and started again", "Interrupted", "#event-list li", transfers(func(t *testing.T, _, _ string) {
			p.kill()
			p = openPortal(whole, data, addr)
		})},
		{"a check that passes", "Passed", "#run-status", checks()},
		{"a check that fails", "Failed", "#run-status", checks("task_queue", "nobody-polls-it")}, // the last: without a tested connection nothing else begins
	}
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			for _, script := range []bool{true, false} {
				t.Run(map[bool]string{true: "with JavaScript", false: "without"}[script], func(t *testing.T) {
					if !script && strings.Contains(tt.name, "killed") {
						t.Skip("a page without JavaScript cannot learn what comes after its connection has been cut")
					}
					b := openBrowser(t, script, 1280, 900)
					var run string
					var act func()
					for try := 1; ; try++ { // a check waits for five seconds at most: on a busy machine its page may come later
						run, act = tt.begin(t, fmt.Sprint(try))
						if script {
							b.open(p.url + run)
							b.is("#run-sign")
							if b.count(`live-feed:not([data-state="done"])`) == 1 && b.count("#run-sign[data-over]") == 0 {
								b.is(tt.until)
								break
							}
						} else {
							b.begin(p.url + run + "?follow=1")
							b.until("the streamed page", func() bool { return strings.Contains(b.html(), `</div></div>`) })
							if !strings.Contains(b.html(), "run has ended") && strings.Contains(b.path(), "follow") {
								break
							}
						}
						if try == 5 {
							t.Fatalf("%d times the run was over before its page was there", try)
						}
					}
					act()
					if script {
						b.is(`live-feed[data-state="done"]`)
					} else {
						b.until("the end of the streamed page", func() bool {
							return strings.Contains(b.html(), "run has ended") || !strings.Contains(b.path(), "follow")
						})
						for range 400 { // the browser goes on to the run's own page by itself
							if !strings.Contains(b.path(), "follow") && strings.Contains(b.loaded(), "</html>") {
								break
							}
							<-time.After(50 * time.Millisecond)
						}
					}
					live := b.everything()
					if !strings.HasPrefix(live[0], tt.word+" · ") {
						t.Errorf("the title is %q, want %s first", live[0], tt.word)
					}
					b.open(p.url + run)
					b.is("#main")
					if d := cmp.Diff(live, b.everything()); d != "" {
						t.Errorf("the page at the end (-) and after a reload (+):\n%s", d)
					}
				})
			}
		})
	}
}

// title is what the tab says.
func (b *browser) title() (s string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(`document.title`, &s))
	return s
}

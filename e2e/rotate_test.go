package e2e

import (
	"context"
	"crypto/tls"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"
)

// keyAddress is where programs with an API key dial the rehearsal cloud of a portal, as the page of the namespace says.
func keyAddress(t *testing.T, v *visitor, ns string) string {
	t.Helper()
	m := shownAddress.FindStringSubmatch(string(v.get("/cloud/"+ns).ok(t, "the namespace").body))
	if m == nil {
		t.Fatal("the page of the namespace names no address")
	}
	return m[1]
}

var shownAddress = regexp.MustCompile(`mono small muted">(localhost:[0-9]+)<`)

// keyedPayer is a program of the Go SDK with a worker and a starter, which signs in with an API key.
func keyedPayer(t *testing.T, p *portal, address, key string, n *counted) (done *atomic.Int64, stop func()) {
	t.Helper()
	return pays(t, client.Options{HostPort: address, Namespace: "keyed.f45a2", Credentials: client.NewAPIKeyStaticCredentials(key), ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{RootCAs: rootsOf(t, p)}}}, n)
}

// pays is a program of the Go SDK with a worker and a starter that starts one payment after the other.
func pays(t *testing.T, o client.Options, n *counted) (done *atomic.Int64, stop func()) {
	t.Helper()
	o.Logger, o.ConnectionOptions.DialOptions = log.NewStructuredLogger(slog.New(slog.DiscardHandler)), []grpc.DialOption{n.dial()}
	cl, err := client.Dial(o)
	if err != nil {
		t.Fatal(err)
	}
	w := worker.New(cl, "keyed", worker.Options{WorkerStopTimeout: 5 * time.Second})
	w.RegisterWorkflowWithOptions(func(workflow.Context) error { return nil }, workflow.RegisterOptions{Name: "Pay"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	done = &atomic.Int64{}
	going, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for going.Err() == nil {
			run, err := cl.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{TaskQueue: "keyed", WorkflowExecutionTimeout: patience}, "Pay")
			if err == nil {
				err = run.Get(context.Background(), nil)
			}
			if err != nil {
				return // the calls that failed are counted
			}
			done.Add(1)
		}
	}()
	stopped := false
	return done, func() {
		if !stopped {
			stopped = true
			end()
			<-ended
			w.Stop()
			cl.Close()
		}
	}
}

// TestRotateUnderLoad replaces an API key by the page while two fleets work: one with the old key and, later, one with the
// new. The gate stays shut while the old fleet polls and opens after it has gone; no call fails; then the old key is refused.
func TestRotateUnderLoad(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--replace-window", "1s")
	v := visit(t, p.url)
	m := keyedMove(t, v)
	first := shownKey.FindString(string(v.form("/cloud/keyed.f45a2/keys", "key_name", "fleet", "key_days", "30", "m", "keyed").ok(t, "a key").body))
	address := keyAddress(t, v, "keyed.f45a2")
	at := m + "/keys"
	n := &counted{}
	before, stopOld := keyedPayer(t, p, address, first, n)
	defer stopOld()
	within(t, "the old fleet pays", func() bool { return before.Load() > 2 })

	b := openBrowser(t, true, 1280, 900)
	look := func(name string) {
		t.Helper()
		b.page(name, at, string(axe), p)
		b.open(p.url + at)
	}
	b.open(p.url + m)
	b.click("inside-api-keys")
	b.waitPath("/keys")
	look("rotate")
	b.click("old_id-" + idOfKey(t, b.html(), "fleet"))
	b.click("start-rotation")
	b.until("it is begun", func() bool { return b.count(testID("make-key")) == 1 })
	look("rotate-begin")
	b.click("make-key")
	b.until("the key is shown", func() bool { return b.count(testID("api-key")) == 1 })
	fresh := shownKey.FindString(b.html())
	if fresh == "" || fresh == first {
		t.Fatal("no new key is shown")
	}
	b.open(p.url + at)
	b.until("its check has passed", func() bool { return strings.Contains(b.html(), "passed with the new key") })
	if strings.Contains(b.html(), fresh) {
		t.Error("the key is shown again")
	}
	look("rotate-workers")
	if b.count(testID("delete-old")+"[disabled]") != 1 {
		t.Error("the old key may be deleted while a fleet uses it")
	}
	if r := v.form(at + "/delete"); r.status != 409 || !strings.Contains(string(r.body), "would be cut off") {
		t.Errorf("the deletion answers %d:\n%s", r.status, r.body)
	}

	after, stopNew := keyedPayer(t, p, address, fresh, n)
	defer stopNew()
	within(t, "the new fleet pays", func() bool { return after.Load() > 2 })
	if r := v.form(at + "/delete"); r.status != 409 {
		t.Errorf("with both fleets the deletion answers %d", r.status)
	}
	stopOld()
	b.until("nobody is seen with the old key", func() bool { return b.count(testID("delete-old")+":not([disabled])") == 1 })
	b.click("delete-old")
	b.has("Done on")
	look("rotate-done")
	was := after.Load()
	within(t, "the new fleet goes on", func() bool { return after.Load() > was+3 })
	stopNew()
	if len(n.failed) > 0 {
		t.Errorf("%d of %d calls failed:\n%s", len(n.failed), n.made.Load(), strings.Join(n.failed, "\n"))
	}
	run := v.form(m+"/test", "api_key", first).ok(t, "a check with the old key").path
	v.ended(run)
	if body := string(v.get(run).ok(t, "the run").body); !strings.Contains(body, "AK-03") {
		t.Error("the old key still works")
	}
	for _, key := range []string{first, fresh} {
		grepFiles(t, p.data, key[len(key)-24:])
	}
	t.Logf("%d payments before and %d after, %d calls, %d failed", before.Load(), after.Load(), n.made.Load(), len(n.failed))
	b.clean(p.url)
}

// idOfKey is the ID of the API key of a name in the list that a page shows.
func idOfKey(t *testing.T, page, name string) string {
	t.Helper()
	for _, part := range strings.Split(page, `name="old_id" value="`)[1:] {
		id, rest, _ := strings.Cut(part, `"`)
		if label, _, _ := strings.Cut(rest, "</label>"); strings.HasSuffix(label, ">"+name) {
			return id
		}
	}
	t.Fatalf("no key %s is listed", name)
	return ""
}

// rotating begins to replace the API key of a migration of keyedMove.
func rotating(t *testing.T, v *visitor, m string) {
	t.Helper()
	id := idOfKey(t, string(v.get(m+"/keys").ok(t, "the API keys").body), "worker")
	v.form(m+"/keys", "old_id", id).ok(t, "its replacement")
}

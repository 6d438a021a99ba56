package e2e

import (
	"archive/zip"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	browserdomain "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"
)

// TestReplaceInABrowser walks the steps in a browser, the new key made there, and judges the page at each step as
// TestPagesLookRight does the others.
func TestReplaceInABrowser(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--replace-window", "1s")
	v := visit(t, p.url)
	made := v.form("/new", "name", "Orders", "lang", "go", "mode", "rehearsal", "auth", "mtls").ok(t, "a migration").path
	m := "/" + strings.Join(strings.Split(strings.Trim(made, "/"), "/")[:2], "/")
	v.form(m+"/namespace", "namespace", "orders.f45a2").ok(t, "its namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Orders", "common_name", "orders",
		"ca_common_name", "Orders CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "its certificates")
	old := v.form(m+"/certificates/bundle.zip").ok(t, "its bundle").files(t)
	v.form("/cloud/orders.f45a2", "ca_bundle", old["ca.pem"], "m", strings.TrimPrefix(m, "/m/")).ok(t, "its CA saved")
	at := m + "/certificates/replace"

	b := openBrowser(t, true, 1280, 900)
	look := func(name string) {
		t.Helper()
		b.page(name, at, string(axe), p)
		b.open(p.url + at)
	}
	b.open(p.url + m + "/certificates")
	b.do(chromedp.Click(`#again > summary`, chromedp.NodeVisible))
	b.click("replace-wizard")
	b.waitPath("/certificates/replace")
	look("replace")
	b.click("replace-ca")
	b.do(chromedp.WaitVisible(`[data-testid="make-ca"]`))
	look("replace-begin")
	b.click("make-ca")
	b.do(chromedp.WaitVisible(`[data-testid="save-bundle"]`))
	look("replace-bundle")
	b.click("save-bundle")
	b.until("both CAs are seen", func() bool { return strings.Contains(b.html(), "Both CA certificates were seen in the namespace") })

	// The new key is made in this browser; Onramp gets a copy only because it may use it.
	b.click("make-leaf")
	b.do(chromedp.WaitVisible(`[data-testid="save-key"]`))
	b.click("save-key")
	look("replace-proof")

	// A check with each: the old key is pasted, and Onramp may use the new one. What comes of it is shown here.
	for _, which := range []string{"old", "new"} {
		source := map[string]string{"old": "paste", "new": "lent"}[which]
		if to := v.upload(at+"/check", "which", which, "key_source", source, "key_pem", old["client.key"]).ok(t, "a check with the "+which+" one").path; to != at {
			t.Fatalf("the check with the %s certificate leads to %s", which, to)
		}
	}
	b.until("both passed", func() bool { b.open(p.url + at); return strings.Contains(b.loaded(), "passed with the old one") })
	look("replace-workers")
	b.has("GetClientCertificate")
	b.until("nobody is seen with the old one", func() bool { return b.count(testID("remove-old")+":not([disabled])") == 1 })
	b.click("remove-old")
	b.has("Put the old CA back")
	look("replace-done")
	v.upload(at+"/check", "which", "old", "key_source", "paste", "key_pem", old["client.key"]).ok(t, "the old one again")
	b.until("it is refused", func() bool {
		b.open(p.url + at)
		return strings.Contains(b.loaded(), "A check with the old one was refused")
	})
	b.clean(p.url)
}

// counted counts the calls of programs, attempt by attempt, and what failed of them.
type counted struct {
	made   atomic.Int64
	mu     sync.Mutex
	failed []string
}

func (n *counted) dial() grpc.DialOption {
	return grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		err := invoke(ctx, method, req, reply, cc, opts...)
		n.made.Add(1)
		if err != nil && ctx.Err() == nil { // what the program itself called off did not fail
			n.mu.Lock()
			n.failed = append(n.failed, method+": "+err.Error())
			n.mu.Unlock()
		}
		return err
	})
}

// payer is a program of the Go SDK with a worker and a starter that starts one payment after the other.
func payer(t *testing.T, p *portal, address string, pair map[string][]byte, n *counted) (done *atomic.Int64, stop func()) {
	t.Helper()
	cert, err := tls.X509KeyPair(pair["client.pem"], pair["client.key"])
	if err != nil {
		t.Fatal(err)
	}
	cl, err := client.Dial(client.Options{HostPort: address, Namespace: "orders.f45a2", Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{Certificates: []tls.Certificate{cert}, RootCAs: rootsOf(t, p)}, DialOptions: []grpc.DialOption{n.dial()}}})
	if err != nil {
		t.Fatal(err)
	}
	w := worker.New(cl, "orders", worker.Options{WorkerStopTimeout: 5 * time.Second})
	w.RegisterWorkflowWithOptions(func(workflow.Context) error { return nil }, workflow.RegisterOptions{Name: "Pay"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	done, ended := &atomic.Int64{}, make(chan struct{})
	going, end := context.WithCancel(context.Background())
	go func() {
		defer close(ended)
		for going.Err() == nil {
			run, err := cl.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{TaskQueue: "orders", WorkflowExecutionTimeout: patience}, "Pay")
			if err == nil {
				err = run.Get(context.Background(), nil)
			}
			if err != nil {
				t.Errorf("a payment: %v", err)
				return
			}
			done.Add(1)
		}
	}()
	return done, sync.OnceFunc(func() { end(); <-ended; w.Stop(); cl.Close() })
}

// firstAction is the first action of the page as a person sees it: its test id, and whether it is inside a screen of
// 1280 by 800 without scrolling; "" while there is none.
const firstAction = `(done => {
  scrollTo(0, 0);
  const e = [...document.querySelectorAll('main .btn.go')].find(e => !e.disabled && e.checkVisibility() && !done.includes(e.dataset.testid));
  return document.readyState !== 'complete' || !e ? { id: '' } : { id: e.dataset.testid, bottom: e.getBoundingClientRect().bottom };
})(%s)`

// TestReplaceByPrimaryActions replaces a CA by nothing but the page's first action, under a worker and a starter that never
// stop, with a code page open that looks for a worker with the old key. The page stays, no call fails, and the look holds
// nothing up.
func TestReplaceByPrimaryActions(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--replace-window", "5s") // longer than a look for a worker is apart from the next
	v := visit(t, p.url)
	made := v.form("/new", "name", "Orders", "lang", "go", "mode", "rehearsal", "auth", "mtls").ok(t, "a migration").path
	m := "/" + strings.Join(strings.Split(strings.Trim(made, "/"), "/")[:2], "/")
	v.form(m+"/namespace", "namespace", "orders.f45a2").ok(t, "its namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Orders", "common_name", "orders",
		"ca_common_name", "Orders CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364", "lend", "on").ok(t, "its certificates")
	old := v.form(m+"/certificates/bundle.zip").ok(t, "its bundle").files(t)
	v.form("/cloud/orders.f45a2", "ca_bundle", old["ca.pem"], "m", strings.TrimPrefix(m, "/m/")).ok(t, "its CA saved")
	address := v.ended(v.upload(m+"/test", "key_source", "lent").ok(t, "a check").path)["target"].(map[string]any)["address"].(string)
	v.get(m+"/code").ok(t, "the code page, which writes the trust files")
	n := &counted{}
	before, stopOld := payer(t, p, address, map[string][]byte{"client.pem": []byte(old["client.pem"]), "client.key": []byte(old["client.key"])}, n)
	defer stopOld()
	v.form(m+"/code/worker").ok(t, "a look for a worker that is not there, which goes on")

	b := openBrowser(t, true, 1280, 800)
	dir := t.TempDir()
	b.do(browserdomain.SetDownloadBehavior(browserdomain.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(dir))
	at := m + "/certificates/replace"
	b.open(p.url + at)
	var steps, done []string
	var after *atomic.Int64
	var stopNew func()
	for len(steps) < 12 {
		var next struct {
			ID     string
			Bottom float64
		}
		list, _ := json.Marshal(append([]string{}, done...))
		if slices.Contains(steps, "run-check") && stopNew == nil { // both are proven: the worker moves
			b.has("Move every worker")
			b.is(testID("remove-old"))
			if b.count(testID("remove-old")+"[disabled]") != 1 {
				t.Error("the old CA may be removed while a worker uses it")
			}
			saved, _ := filepath.Glob(filepath.Join(dir, strings.TrimPrefix(m, "/m/")+"-bundle-????????.zip"))
			if len(saved) != 1 {
				t.Fatalf("the new certificate's bundle is saved as %q", saved)
			}
			files := unpack(t, saved[0])
			after, stopNew = payer(t, p, address, files, n)
			defer stopNew()
			stopOld()
		}
		ended := false
		b.until("the page's first action", func() bool {
			if ended = strings.Contains(b.loaded(), "Put the old CA back"); ended {
				return true
			}
			_ = b.ask(chromedp.Evaluate(fmt.Sprintf(firstAction, list), &next))
			return next.ID != "" && next.Bottom <= 800 && (len(steps) == 0 || next.ID != steps[len(steps)-1]) // in the first screen, once the answer is drawn
		})
		if ended {
			break
		}
		if path := strings.Split(b.path(), "?")[0]; path != at {
			t.Fatalf("after %v the page is %s", steps, path)
		}
		steps = append(steps, next.ID)
		b.click(next.ID)
		switch next.ID {
		case "save-key":
			done = append(done, next.ID)
			within(t, "the bundle is saved", func() bool {
				found, _ := filepath.Glob(filepath.Join(dir, "*.zip"))
				return len(found) == 1
			})
		case "make-leaf": // the answer may come after the steps have been pushed
			b.do(chromedp.WaitVisible(testID("save-key")))
		}
	}
	if want := []string{"replace-ca", "make-ca", "save-bundle", "make-leaf", "save-key", "run-check", "remove-old"}; !slices.Equal(steps, want) {
		t.Errorf("the way was %v, want %v", steps, want)
	}
	if path := b.path(); path != at {
		t.Errorf("it ends at %s", path)
	}
	was := after.Load()
	within(t, "payments go on afterwards", func() bool { return after.Load() > was+5 })
	stopNew()
	if len(n.failed) > 0 {
		t.Errorf("%d of %d calls failed:\n%s", len(n.failed), n.made.Load(), strings.Join(n.failed, "\n"))
	}
	t.Logf("%d clicks, %d payments before and %d after, %d calls, %d failed", len(steps), before.Load(), after.Load(), n.made.Load(), len(n.failed))
	b.clean(p.url)
}

// unpack reads a zip file.
func unpack(t *testing.T, path string) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		out[f.Name] = b
	}
	return out
}

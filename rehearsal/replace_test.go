//go:build !lean

package rehearsal

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/doctor"
	"onramp/handlers"
	"onramp/migration"
	"onramp/namespace"
	"onramp/runs"
	"onramp/snippet/reload"
	"onramp/store"
	"onramp/transfer"
)

// reader sits at the portal.
var reader = acts.Actor{Person: "local", Name: "the reader", Via: "portal"}

// wizard is the portal with its real rooms, driven by its forms.
type wizard struct {
	t    *testing.T
	url  string
	acts *acts.Acts
	log  *runs.Service
	http *http.Client
}

func newWizard(t *testing.T, c *Cloud, window time.Duration) *wizard {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	transfers := transfer.New(transfer.Options{})
	changes := &acts.Changes{}
	log, err := runs.New(runs.Options{Store: db, Changed: changes.Wake})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	keys, vault := custody.NewKeyring(time.Hour, nil), custody.NewVault(time.Hour, nil)
	keeper, err := custody.New(custody.Options{Store: db})
	if err != nil {
		t.Fatal(err)
	}
	all, err := acts.New(acts.Options{Store: db, Boards: store.NewBoards(db), Runs: log, Changes: changes, Checker: doctor.New(doctor.Options{}), Transfers: transfers, Issuer: certsvc.New(certsvc.Options{}),
		Vault: vault, Keyring: keys, Keeper: keeper, Rehearsal: cloud.Full(c), OwnComputer: true, ReplaceWindow: window})
	if err != nil {
		t.Fatal(err)
	}
	h, err := handlers.New(handlers.Options{Acts: all, Runs: log, Audit: keeper, DataDir: dir, Addr: srv.Listener.Addr().String(), Reader: reader})
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = h.Router()
	srv.Start()
	w := &wizard{t: t, url: srv.URL, acts: all, log: log, http: srv.Client()}
	w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		h.CloseStreams()
		srv.Close()
		if err := errors.Join(all.Close(), log.Close(), keeper.Close(), db.Close()); err != nil {
			t.Error(err)
		}
		keys.Close()
		vault.Close()
	})
	return w
}

// post sends a form and returns the answer.
func (w *wizard) post(path string, pairs ...string) (status int, body, location string) {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", w.url)
	return w.do(r)
}

func (w *wizard) do(r *http.Request) (int, string, string) {
	w.t.Helper()
	resp, err := w.http.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header.Get("Location")
}

func (w *wizard) get(path string) string {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	status, body, _ := w.do(r)
	if status != http.StatusOK {
		w.t.Fatalf("GET %s: %d", path, status)
	}
	return body
}

// must sends a form that has to work and returns where it leads.
func (w *wizard) must(path string, pairs ...string) string {
	w.t.Helper()
	status, body, location := w.post(path, pairs...)
	if status != http.StatusSeeOther {
		w.t.Fatalf("POST %s: %d\n%s", path, status, problemsIn(body))
	}
	return location
}

// problemsIn is what a refused page says is wrong.
func problemsIn(body string) string {
	_, from, _ := strings.Cut(body, `id="problems"`)
	text, _, _ := strings.Cut(from, "</ul>")
	return text
}

// check checks with one of the pairs and returns the run's code; the form leads back to the steps.
func (w *wizard) check(m, which string, key []byte) string {
	w.t.Helper()
	pairs := []string{"which", which, "key_source", "lent"}
	if key != nil {
		pairs = []string{"which", which, "key_source", "paste", "key_pem", string(key)}
	}
	at := "/m/" + m + "/certificates/replace"
	if to := w.must(at+"/check", pairs...); to != at {
		w.t.Errorf("the check leads to %s", to)
	}
	rows, err := w.log.Rows(w.t.Context(), m, migration.CheckRun, 1)
	if err != nil || len(rows) == 0 {
		w.t.Fatalf("%d checks, %v", len(rows), err)
	}
	for _, err := range w.log.Follow(testContext(w.t), rows[0].ID, 0) {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	run, err := w.log.Run(w.t.Context(), m, rows[0].ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return run.Code
}

// calls counts what the programs' clients call, attempt by attempt, and what failed of it.
type calls struct {
	made   atomic.Int64
	mu     sync.Mutex
	failed []string
}

func (n *calls) dial() grpc.DialOption {
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

func (n *calls) failures() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.failed
}

// pairFiles are a client certificate and its key where a program reads them.
type pairFiles struct{ cert, key string }

func (p pairFiles) write(t *testing.T, cert, key []byte) {
	t.Helper()
	for name, content := range map[string][]byte{p.key: key, p.cert: cert} {
		if err := os.WriteFile(name+".new", content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{p.key, p.cert} {
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
}

func newPairFiles(t *testing.T, cert, key []byte) pairFiles {
	t.Helper()
	dir := t.TempDir()
	p := pairFiles{filepath.Join(dir, "client.pem"), filepath.Join(dir, "client.key")}
	p.write(t, cert, key)
	return p
}

// program is a client that presents the pair that lies in its files.
func program(t *testing.T, c *Cloud, id namespace.ID, identity string, files pairFiles, hot bool, n *calls) client.Client {
	t.Helper()
	conf := reload.ClientTLS(files.cert, files.key)
	if !hot { // read once, as most programs do
		pair, err := tls.LoadX509KeyPair(files.cert, files.key)
		if err != nil {
			t.Fatal(err)
		}
		conf = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	conf.RootCAs, conf.ServerName = x509.NewCertPool(), id.Host()
	conf.RootCAs.AppendCertsFromPEM(c.RootPEM())
	cl, err := client.DialContext(testContext(t), client.Options{HostPort: c.Address(), Namespace: id.String(), Identity: identity,
		ConnectionOptions: client.ConnectionOptions{TLS: conf, GetSystemInfoTimeout: within, DialOptions: []grpc.DialOption{n.dial()}},
		Logger:            sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatalf("%s cannot connect: %v", identity, err)
	}
	t.Cleanup(cl.Close)
	return cl
}

const moneyQueue = "money-transfer"

// moneyWorker runs the money transfer.
func moneyWorker(t *testing.T, cl client.Client, bank *transfer.Bank) worker.Worker {
	t.Helper()
	w := worker.New(cl, moneyQueue, worker.Options{DisableRegistrationAliasing: true, WorkerStopTimeout: 5 * time.Second})
	w.RegisterWorkflowWithOptions(transfer.MoneyTransfer, workflow.RegisterOptions{Name: "MoneyTransfer"})
	book := func(ctx context.Context) string { return activity.GetInfo(ctx).WorkflowExecution.ID }
	for name, do := range map[string]any{
		"Withdraw": func(ctx context.Context, d transfer.Details) (any, error) { return bank.Withdraw(book(ctx), d) },
		"Deposit":  func(ctx context.Context, d transfer.Details) (any, error) { return bank.Deposit(book(ctx), d) },
		"Refund":   func(ctx context.Context, d transfer.Details) (any, error) { return bank.Refund(book(ctx), d) },
	} {
		w.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: name})
	}
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestReplaceUnderLoad replaces a CA through the portal's forms while three workers poll and transfers run.
// One worker and the starters read the new files at a handshake, two workers are restarted with an overlap.
// No call fails at any client, and the old CA cannot be removed while a certificate under it is seen.
func TestReplaceUnderLoad(t *testing.T) {
	const window = 2 * time.Second
	c := started(t, Options{renew: 2 * time.Second, poll: 3 * time.Second})
	w := newWizard(t, c, window)
	ctx := testContext(t)
	id := namespace.ID{Name: "payments", Account: "a1b2c"}

	// A migration whose first certificates are in the namespace.
	m, err := w.acts.Migrations.Create(ctx, reader, "Payments", "go", migration.Rehearsal, cloud.AuthMTLS)
	if err == nil {
		_, err = w.acts.Migrations.SetNamespace(ctx, reader, m.ID, id.String(), "")
	}
	if err == nil {
		err = c.CreateNamespace(ctx, id)
	}
	if err != nil {
		t.Fatal(err)
	}
	set, err := certsvc.New(certsvc.Options{}).IssueSet(certsvc.SetRequest{Namespace: id.String(), Address: c.Address(),
		CA: certsvc.CASpec{CommonName: "payments CA"}, Leaf: certsvc.LeafSpec{CommonName: "payments"}})
	if err == nil {
		_, err = c.SetCAs(ctx, id, set.CA.CertPEM)
	}
	s := set.Summary
	if err == nil {
		_, err = w.acts.Certificates.Import(ctx, reader, m.ID, string(set.CA.CertPEM), string(set.Leaf.CertPEM))
	}
	if err != nil {
		t.Fatal(err)
	}

	// Three workers poll and four starters transfer, all with the old certificate.
	bank, n := transfer.NewBank(), &calls{}
	files := newPairFiles(t, set.Leaf.CertPEM, set.Leaf.Key.Reveal())
	hot := program(t, c, id, "worker-hot", files, true, n)
	second := program(t, c, id, "worker-2", files, false, n)
	third := program(t, c, id, "worker-3", files, false, n)
	starter := program(t, c, id, "starter", files, true, n)
	hotWorker, secondWorker, thirdWorker := moneyWorker(t, hot, bank), moneyWorker(t, second, bank), moneyWorker(t, third, bank)
	running, stop := context.WithCancel(context.Background())
	defer stop()
	var starters sync.WaitGroup
	var done atomic.Int64
	for i := range 4 {
		starters.Go(func() {
			for k := 0; running.Err() == nil; k++ {
				ref := fmt.Sprintf("transfer-%d-%d", i, k)
				run, err := starter.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: ref, TaskQueue: moneyQueue, WorkflowExecutionTimeout: 4 * within}, "MoneyTransfer",
					transfer.Details{SourceAccount: "85-150", TargetAccount: "43-812", Amount: 250, ReferenceID: ref})
				if err == nil {
					err = run.Get(context.Background(), nil)
				}
				if err != nil {
					t.Errorf("%s: %v", ref, err)
					return
				}
				done.Add(1)
			}
		})
	}
	transfersPass := func(more int64) {
		t.Helper()
		at, tick := done.Load(), time.NewTicker(5*time.Millisecond)
		defer tick.Stop()
		until, moved := at+more, time.Now()
		for at < until {
			if now := done.Load(); now > at {
				at, moved = now, time.Now()
			}
			if time.Since(moved) > within {
				t.Fatalf("transfers stand still at %d", at)
			}
			<-tick.C
		}
	}
	transfersPass(10)

	// Steps 1 to 3.
	at := "/m/" + m.ID + "/certificates/replace"
	w.must(at, "what", "ca")
	if status, body, _ := w.post(at+"/ca", "lane", "make", "ca_common_name", "PAYMENTS ca", "ca_days", "365", "key_type", "ec-p256"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "CH-02") {
		t.Errorf("a new CA with the old one's name: %d\n%s", status, problemsIn(body))
	}
	w.must(at+"/ca", "lane", "make", "ca_common_name", "payments CA 2", "ca_days", "365", "key_type", "ec-p256")
	if page := w.get(at); !strings.Contains(page, "payments CA 2") || strings.Count(page, "BEGIN CERTIFICATE") != 2 {
		t.Error("the page does not show the bundle with both CAs")
	}
	if status, _, _ := w.post(at+"/bundle", "do", "look"); status != http.StatusConflict {
		t.Errorf("a bundle that nobody saved was seen: %d", status)
	}
	w.must(at+"/bundle", "do", "save")
	transfersPass(10)
	w.must(at+"/leaf", "lane", "make", "maker", "server", "common_name", "payments", "key_type", "ec-p256", "lend", "on")
	if status, _, _ := w.post(at + "/remove"); status != http.StatusConflict {
		t.Errorf("removal before any proof: %d", status)
	}
	newPair := w.bundle(at + "/bundle.zip")
	if code := w.check(m.ID, "old", set.Leaf.Key.Reveal()); code != "OK" {
		t.Fatalf("the check with the old certificate: %s", code)
	}
	if code := w.check(m.ID, "new", nil); code != "OK" {
		t.Fatalf("the check with the new certificate: %s", code)
	}

	// Step 4: refused as long as the old certificate is seen, and it says by whom.
	refused := func(names ...string) {
		t.Helper()
		status, body, _ := w.post(at + "/remove")
		said := problemsIn(body)
		for _, name := range append(names, "CN=payments", s.LeafFingerprint[:12]) {
			if status != http.StatusConflict || !strings.Contains(said, name) {
				t.Errorf("removal with old certificates seen: %d, without %q:\n%s", status, name, said)
			}
		}
		if ns, err := c.Namespace(testContext(t), id); err != nil || len(ns.CAs) != 2 {
			t.Fatalf("the namespace has %d CAs, %v", len(ns.CAs), err)
		}
	}
	refused("worker-hot", "worker-2", "worker-3", "starter")
	files.write(t, newPair["client.pem"], newPair["client.key"]) // the hot ones take it at their next handshake
	transfersPass(20)
	refused("worker-2", "worker-3")
	newSecond := moneyWorker(t, program(t, c, id, "worker-2-new", files, false, n), bank)
	secondWorker.Stop()
	second.Close()
	transfersPass(20)
	refused("worker-3")
	newThird := moneyWorker(t, program(t, c, id, "worker-3-new", files, false, n), bank)
	thirdWorker.Stop()
	third.Close()

	// The wizard lets go of the old CA once nobody is left on it.
	limit, tries := testContext(t), 0
	for {
		status, body, _ := w.post(at + "/remove")
		if status == http.StatusSeeOther {
			break
		}
		tries++
		if status != http.StatusConflict {
			t.Fatalf("removal: %d\n%s", status, problemsIn(body))
		}
		select {
		case <-limit.Done():
			t.Fatalf("the old certificate never went away:\n%s", problemsIn(body))
		case <-time.After(200 * time.Millisecond):
		}
	}
	transfersPass(50)
	if ns, err := c.Namespace(testContext(t), id); err != nil || len(ns.CAs) != 1 || ns.CAs[0].Fingerprint == s.CAFingerprint {
		t.Errorf("after the removal the namespace has %+v, %v", ns.CAs, err)
	}
	if code := w.check(m.ID, "old", set.Leaf.Key.Reveal()); code != "CL-03" {
		t.Errorf("the old certificate after its CA is gone: %s, want CL-03", code)
	}
	if code := w.check(m.ID, "new", nil); code != "OK" {
		t.Errorf("the new certificate after the old CA is gone: %s", code)
	}
	transfersPass(20)

	stop()
	starters.Wait()
	for _, x := range []worker.Worker{hotWorker, newSecond, newThird} {
		x.Stop()
	}
	if failed := n.failures(); len(failed) > 0 {
		t.Errorf("%d of %d calls failed:\n%s", len(failed), n.made.Load(), strings.Join(failed, "\n"))
	}
	v, err := w.acts.Book.View(t.Context(), m.ID)
	if err != nil || v.Certificate.CASubject != "CN=payments CA 2" || v.Replacement().Removed.OnNew < 3 {
		t.Errorf("after the replacement: %+v, %v", v.Certificate, err)
	}
	if page := w.get(at); !strings.Contains(page, "A check with the old one was refused") || !strings.Contains(page, "Put the old CA back") {
		t.Error("the page does not say how it ended")
	}
	t.Logf("%d transfers, %d calls, %d failed; removal was refused %d times on the way", done.Load(), n.made.Load(), len(n.failures()), tries+3)

	// And back: the old CA beside the new one, the old certificate accepted again.
	w.must(at+"/back", "gate", "workers")
	if code := w.check(m.ID, "old", set.Leaf.Key.Reveal()); code != "OK" {
		t.Errorf("the old certificate after its CA was put back: %s", code)
	}
}

// bundle takes a bundle.zip, once, and returns its files by name.
func (w *wizard) bundle(path string) map[string][]byte {
	w.t.Helper()
	status, body, _ := w.post(path)
	if status != http.StatusOK {
		w.t.Fatalf("POST %s: %d", path, status)
	}
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			w.t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		_ = r.Close()
		if err != nil {
			w.t.Fatal(err)
		}
		out[f.Name] = b
	}
	if again, _, _ := w.post(path); again != http.StatusGone {
		w.t.Errorf("the second download: %d, want 410", again)
	}
	return out
}

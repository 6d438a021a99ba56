package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/custody/custodytest"
	"onramp/doctor"
	"onramp/expiry"
	"onramp/fault"
	"onramp/handlers"
	"onramp/migration"
	"onramp/migration/storetest"
	"onramp/namespace"
	"onramp/transfer"
)

// desk is a portal on a real socket, on real rooms, with a fake Cloud side, checker and transferer.
type desk struct {
	t         testing.TB
	h         *handlers.Handlers
	srv       *httptest.Server
	client    *http.Client
	moves     *migration.Service
	store     *storetest.Memory
	audit     *custodytest.Memory
	custody   *custody.Keeper
	cloud     *fakeCloud
	log       *lockedBuffer
	checks    *steps[doctor.Stage]
	transfers *steps[transfer.Event]
	ops       *operations
	ended     func()
	lastKey   string // the client key that rehearsed got
}

type deskOptions struct {
	noCloud bool
	now     func() time.Time
	webhook *expiry.Notifier
	byHand  bool // runs emit only what the test sends
	code    string
	addr    string // where it says it listens, without the port
	pollers func(context.Context, transfer.Request) ([]transfer.Poller, error)
	detect  func(context.Context, transfer.Request) (transfer.Detected, error)
}

func sit(t testing.TB, o deskOptions) *desk {
	t.Helper()
	d := &desk{t: t, store: &storetest.Memory{}, cloud: newFakeCloud(), log: &lockedBuffer{}}
	d.checks, d.transfers, d.ops = newSteps[doctor.Stage](), newSteps[transfer.Event](), &operations{}
	log := slog.New(slog.NewTextHandler(d.log, nil))
	var err error
	d.moves, err = migration.New(migration.Options{Store: d.store, Log: log, Now: o.now,
		Checker:   checker{d.checks, o.byHand, o.code},
		Transfers: transferer{d.transfers, o.byHand, d.ops}})
	check(t, err)
	d.srv = httptest.NewUnstartedServer(nil)
	keys, vault := certsvc.NewKeyring(30*time.Minute, nil), certsvc.NewVault(10*time.Minute, nil)
	addr := d.srv.Listener.Addr().String()
	if o.addr != "" {
		addr = o.addr + addr[strings.LastIndexByte(addr, ':'):]
	}
	d.audit = &custodytest.Memory{}
	d.custody, err = custody.New(custody.Options{Store: d.audit, WorkFactor: 1, Log: log})
	check(t, err)
	opts := handlers.Options{Migrations: d.moves, Custody: d.custody, Webhook: o.webhook, Now: o.now, Certs: certsvc.New(certsvc.Options{Now: o.now}), Vault: vault, Keyring: keys,
		Pollers: o.pollers, Detect: o.detect, Version: "test", DataDir: t.TempDir(), Addr: addr, Log: log}
	if !o.noCloud {
		opts.Cloud = d.cloud
	}
	d.h, err = handlers.New(opts)
	check(t, err)
	d.srv.Config.Handler = d.h.Router()
	d.srv.Config.RegisterOnShutdown(d.h.CloseStreams)
	d.srv.Start()
	d.ended = sync.OnceFunc(func() {
		d.h.CloseStreams()
		d.checks.close()
		d.transfers.close()
		check(t, d.moves.Close())
		d.srv.Close()
		keys.Close()
		vault.Close()
	})
	t.Cleanup(d.ended)
	d.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return d
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	path   string
}

func (d *desk) send(r *http.Request) reply {
	d.t.Helper()
	resp, err := d.client.Do(r)
	check(d.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	check(d.t, err)
	return reply{resp.StatusCode, resp.Header, string(b), r.URL.RequestURI()}
}

func (d *desk) request(method, path string, body io.Reader, headers ...string) *http.Request {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.srv.URL+path, body)
	check(d.t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	return r
}

func (d *desk) get(path string, headers ...string) reply {
	d.t.Helper()
	return d.send(d.request("GET", path, nil, headers...))
}

// post sends a form: names and values.
func (d *desk) post(path string, fields ...string) reply {
	d.t.Helper()
	return d.send(d.request("POST", path, strings.NewReader(values(fields).Encode()), "Content-Type", "application/x-www-form-urlencoded"))
}

// fragment posts a form as the page's script does.
func (d *desk) fragment(path string, fields ...string) reply {
	d.t.Helper()
	return d.send(d.request("POST", path, strings.NewReader(values(fields).Encode()), "Content-Type", "application/x-www-form-urlencoded", "X-Fragment", "1"))
}

// upload posts a multipart form; a name that begins with @ is a file.
func (d *desk) upload(path string, fields ...string) reply {
	d.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		var part io.Writer
		var err error
		if name, file := strings.CutPrefix(fields[i], "@"); file {
			part, err = m.CreateFormFile(name, name+".pem")
		} else {
			part, err = m.CreateFormField(name)
		}
		check(d.t, err)
		_, err = io.WriteString(part, fields[i+1])
		check(d.t, err)
	}
	check(d.t, m.Close())
	return d.send(d.request("POST", path, &b, "Content-Type", m.FormDataContentType()))
}

func values(fields []string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return v
}

// want fails unless a reply has the status and holds the texts.
func (r reply) want(t testing.TB, status int, texts ...string) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("%s answered %d, want %d\n%.1500s", r.path, r.status, status, mainOf(r.body))
	}
	for _, s := range texts {
		if !strings.Contains(r.body, s) {
			t.Errorf("%s does not hold %q\n%.3000s", r.path, s, mainOf(r.body))
		}
	}
	return r
}

// lacks fails when a reply holds one of the texts.
func (r reply) lacks(t testing.TB, texts ...string) reply {
	t.Helper()
	for _, s := range texts {
		if strings.Contains(r.body, s) {
			t.Errorf("%s holds %q", r.path, s)
		}
	}
	return r
}

// to is where a reply leads, which must be 303.
func (r reply) to(t testing.TB) string {
	t.Helper()
	r.want(t, http.StatusSeeOther)
	return r.header.Get("Location")
}

func mainOf(body string) string {
	if i := strings.Index(body, "<main"); i >= 0 {
		return body[i:]
	}
	return body
}

// snapshot is everything that is stored, so that a test can see that nothing changed.
func (d *desk) snapshot() string {
	d.t.Helper()
	all, err := d.moves.List(d.t.Context())
	check(d.t, err)
	var b strings.Builder
	for _, v := range all {
		checks, err := d.moves.Runs(d.t.Context(), v.Migration.ID, migration.CheckRun, 1000)
		check(d.t, err)
		transfers, err := d.moves.Runs(d.t.Context(), v.Migration.ID, migration.TransferRun, 1000)
		check(d.t, err)
		drills, err := d.moves.Runs(d.t.Context(), v.Migration.ID, migration.DrillRun, 1000)
		check(d.t, err)
		text, err := json.Marshal([]any{v.Migration, v.Facts, checks, transfers, drills})
		check(d.t, err)
		b.Write(text)
		b.WriteByte('\n')
	}
	b.WriteString(d.cloud.snapshot())
	return b.String()
}

// finish follows a run, by its page's address, to its end.
func (d *desk) finish(page string) {
	d.t.Helper()
	id := page[strings.LastIndexByte(page, '/')+1:]
	for _, err := range d.moves.Follow(d.t.Context(), id, 0) {
		check(d.t, err)
	}
}

// keys is a key pair as certsvc makes it.
type keys struct{ ca, cert, key string }

// rehearsed is a migration with namespace, certificates and an uploaded CA; the client's key is given back.
func (d *desk) rehearsed() (m string, k keys) {
	d.t.Helper()
	m = strings.TrimSuffix(d.post("/rehearse-now").to(d.t), "/namespace")
	d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(d.t)
	d.post(m+"/certificates", serverLane...).to(d.t)
	files := unzip(d.t, d.post(m+"/certificates/bundle.zip").want(d.t, 200).body)
	d.lastKey = files["client.key"]
	k = keys{files["ca.pem"], files["client.pem"], files["client.key"]}
	d.post("/cloud/docs-assembly.a2dd6", "ca_bundle", k.ca, "m", strings.TrimPrefix(m, "/m/")).to(d.t)
	return m, k
}

// serverLane is the form of step 2 with the key made by Onramp.
var serverLane = []string{"lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments",
	"ca_common_name", "Payments CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364"}

// tested is rehearsed with a check that passed.
func (d *desk) tested() (m, run string, k keys) {
	d.t.Helper()
	m, k = d.rehearsed()
	run = d.upload(m+"/test", "key_source", "paste", "key_pem", k.key).to(d.t)
	d.finish(run)
	return m, run, k
}

// moved is tested with a transfer that completed.
func (d *desk) moved() (m, check, transfer string, k keys) {
	d.t.Helper()
	m, check, k = d.tested()
	transfer = d.upload(m+"/transfer", append(slices.Clone(transferForm), "key_source", "paste", "key_pem", k.key)...).to(d.t)
	d.finish(transfer)
	d.until(m, "the worker is seen", func(v migration.View) bool { return v.Step(migration.StepCode).Status == migration.Done })
	return m, check, transfer, k
}

// until waits for a migration to become so.
func (d *desk) until(m, what string, ok func(migration.View) bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 10*time.Second)
	defer cancel()
	for v, err := range d.moves.Watch(ctx, strings.TrimPrefix(m, "/m/")) {
		if err == nil && ok(v) {
			return
		}
	}
	d.t.Fatalf("not within 10 s: %s", what)
}

var transferForm = []string{"scenario", "success", "amount", "250", "source", "85-150", "target", "43-812", "reference", "r-1",
	"worker", "builtin", "template", "python", "task_queue", "q"}

// steps lets a test send what a run emits, one at a time.
type steps[T any] struct {
	next chan T
	end  chan struct{}
	once sync.Once
}

func newSteps[T any]() *steps[T] { return &steps[T]{next: make(chan T), end: make(chan struct{})} }

func (s *steps[T]) close() { s.once.Do(func() { close(s.end) }) }

// emit hands on what the test sends until it closes.
func (s *steps[T]) emit(ctx context.Context, to func(T)) {
	for {
		select {
		case v := <-s.next:
			to(v)
		case <-s.end:
			return
		case <-ctx.Done():
			return
		}
	}
}

// checker is a Checker whose stages all pass, up to the one where code falls.
type checker struct {
	hand   *steps[doctor.Stage]
	byHand bool
	code   string
}

func (c checker) Run(ctx context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report {
	r := doctor.Report{Schema: doctor.Schema, Verdict: doctor.Explain(doctor.OK, doctor.Certain, nil), TestedFrom: "here", Rules: doctor.RulesDate, TookMS: 12,
		Target: doctor.ReportTarget{Address: t.Address, Namespace: t.Namespace, Auth: "mtls"}}
	if c.byHand {
		c.hand.emit(ctx, emit)
		if ctx.Err() != nil {
			r.Verdict = doctor.Verdict{Code: doctor.UnknownCode, Level: doctor.Unknown}
		}
		return r
	}
	for _, f := range t.InputFaults {
		r.Verdict = doctor.Explain(f.Code, doctor.Certain, nil)
	}
	if c.code != "" {
		r.Verdict = doctor.Explain(c.code, doctor.Certain, nil)
	}
	reached := true
	for _, id := range doctor.StageIDs {
		s := doctor.Stage{ID: id, Status: doctor.NotReached, Findings: []string{}}
		if reached {
			emit(doctor.Stage{ID: id, Status: doctor.Running})
			s.Status, s.MS, s.Summary = doctor.Pass, 1.5, "fine"
			if r.Verdict.Stage == id {
				s.Status, s.Summary, reached = doctor.Fail, "broken", false
				s.Evidence = map[string]any{"wanted": "trust", "seen": "alert 48", "also": []any{"a", "b"}}
				s.Findings = []string{r.Verdict.Code}
			}
			emit(s)
		}
		r.Stages = append(r.Stages, s)
	}
	return r
}

// transferer is a Transferer whose workflow completes.
type transferer struct {
	hand   *steps[transfer.Event]
	byHand bool
	ops    *operations
}

func (f transferer) Run(ctx context.Context, req transfer.Request, emit func(transfer.Event)) transfer.Result {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	res := transfer.Result{WorkflowID: req.WorkflowID, RunID: "run-1", Status: "COMPLETED", AsExpected: true, Result: "done W-1 D-1", TookMS: 800,
		Verdict: doctor.Explain(doctor.OK, doctor.Certain, nil)}
	if f.byHand {
		f.hand.emit(ctx, emit)
		if ctx.Err() != nil { // stopped in the middle
			res.Status, res.AsExpected = "RUNNING", false
		}
		return res
	}
	for i, e := range []transfer.Event{
		{Event: "worker", Text: "The built-in worker polls q-1", Data: map[string]any{"task_queue": "q-1", "built_in": true, "worker": "me@here"}},
		{Event: "workflow", ID: 1, Type: "WorkflowExecutionStarted", Text: "Started", Data: map[string]any{"workflow_id": req.WorkflowID}},
		{Event: "activity", ID: 5, Type: "ActivityTaskScheduled", Activity: "withdraw", ActivityID: "5", Attempt: 1, State: "scheduled", Text: "Withdraw"},
		{Event: "activity", ID: 7, Type: "ActivityTaskCompleted", Activity: "withdraw", ActivityID: "5", Attempt: 1, State: "completed", Text: "Withdrawn"},
		{Event: "workflow", ID: 11, Type: "WorkflowExecutionCompleted", Text: "Complete"},
		{Event: "end", Status: "COMPLETED", Result: "done W-1 D-1"},
	} {
		e.At = at.Add(time.Duration(i) * 100 * time.Millisecond)
		emit(e)
	}
	return res
}

// fakeCloud is a Cloud side in memory that judges bundles by the same rules as the real one.
type fakeCloud struct {
	mu      sync.Mutex
	state   migration.CloudState
	spaces  map[namespace.ID]migration.CloudNamespace
	broken  bool // Namespaces panics
	callers migration.Callers
	on      map[string][]string // switches, by Namespace ID
}

var _ migration.CloudSide = (*fakeCloud)(nil)

func newFakeCloud() *fakeCloud {
	return &fakeCloud{state: migration.CloudState{Phase: "ready", Took: 360 * time.Millisecond}, spaces: map[namespace.ID]migration.CloudNamespace{}}
}

func (c *fakeCloud) State() migration.CloudState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}
func (c *fakeCloud) Address() string { return "localhost:7299" }
func (c *fakeCloud) RootPEM() []byte { return []byte("root") }
func (c *fakeCloud) TrustFiles(dir string) (map[string]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return map[string]string{"SSL_CERT_FILE": filepath.Join(dir, "trust.pem"), "NODE_EXTRA_CA_CERTS": filepath.Join(dir, "server-root.pem")}, nil
}

func (c *fakeCloud) CreateNamespace(_ context.Context, id namespace.ID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.spaces[id]; !ok {
		c.spaces[id] = migration.CloudNamespace{ID: id, Created: time.Now()}
	}
	return nil
}

func (c *fakeCloud) SetCAs(_ context.Context, id namespace.ID, pem []byte) (migration.CloudNamespace, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ns, ok := c.spaces[id]
	if !ok {
		return ns, fault.New(fault.NotFound, "There is no such namespace", "Create it.")
	}
	certs, lints := certsvc.LintBundle(pem, time.Now())
	var errs []error
	for _, l := range lints {
		if l.Severity == certsvc.SevError {
			errs = append(errs, fault.New(fault.Invalid, l.Text, l.Fix))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return ns, err
	}
	ns.CAs, ns.BundlePEM, ns.Bytes = nil, string(pem), len(pem)
	for _, x := range certs {
		ns.CAs = append(ns.CAs, migration.CloudCA{Subject: certsvc.SubjectOf(x), Fingerprint: certsvc.Fingerprint(x), NotAfter: x.NotAfter})
	}
	c.spaces[id] = ns
	return ns, nil
}

func (c *fakeCloud) SetFilters(_ context.Context, id namespace.ID, filters []byte) (migration.CloudNamespace, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ns := c.spaces[id]
	ns.Filters = filters
	c.spaces[id] = ns
	return ns, nil
}

func (c *fakeCloud) SetAuth(_ context.Context, id namespace.ID, auth string) (migration.CloudNamespace, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ns, ok := c.spaces[id]
	if !ok {
		return ns, fault.New(fault.NotFound, "There is no such namespace", "Create it.")
	}
	ns.Auth = auth
	c.spaces[id] = ns
	return ns, nil
}

// fakeKey is the API key that fakeCloud gives: whoever finds it in a place has found a leak.
const fakeKey = "eyJhbGciOiJub25lIn0.eyJqdGkiOiJhIn0.canary-api-key-canary-api-key-canary"

func (c *fakeCloud) CreateAPIKey(_ context.Context, id namespace.ID, name string, life time.Duration) (certsvc.Secret, migration.CloudNamespace, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ns := c.spaces[id]
	if name == "" {
		return certsvc.Secret{}, ns, fault.New(fault.Invalid, "The API key needs a name", "Give one.").In("key_name")
	}
	ns.Keys = append(ns.Keys, migration.CloudKey{ID: fmt.Sprint("key", len(ns.Keys)+1), Name: name, Created: time.Now(), Expires: time.Now().Add(life)})
	c.spaces[id] = ns
	return certsvc.NewSecret([]byte(fakeKey)), ns, nil
}

func (c *fakeCloud) DeleteAPIKey(_ context.Context, id namespace.ID, keyID string) (migration.CloudNamespace, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ns := c.spaces[id]
	ns.Keys = slices.DeleteFunc(ns.Keys, func(k migration.CloudKey) bool { return k.ID == keyID })
	c.spaces[id] = ns
	return ns, nil
}

func (c *fakeCloud) Namespaces(context.Context) ([]migration.CloudNamespace, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		panic("a defect with a secret: hunter2")
	}
	return slices.Collect(maps.Values(c.spaces)), nil
}

func (c *fakeCloud) Namespace(_ context.Context, id namespace.ID) (migration.CloudNamespace, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ns, ok := c.spaces[id]
	if !ok {
		return ns, fault.New(fault.NotFound, "There is no such namespace", "Create it.")
	}
	return ns, nil
}

func (c *fakeCloud) see(callers migration.Callers) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.callers = callers
}

func (c *fakeCloud) Callers(context.Context, namespace.ID) (migration.Callers, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.callers, nil
}

func (c *fakeCloud) ChangeCAs(ctx context.Context, id namespace.ID, change func(migration.CloudNamespace, migration.Callers) ([]byte, error)) (migration.CloudNamespace, error) {
	ns, err := c.Namespace(ctx, id)
	if err != nil {
		return ns, err
	}
	callers, _ := c.Callers(ctx, id)
	pem, err := change(ns, callers)
	if err != nil {
		return ns, err
	}
	return c.SetCAs(ctx, id, pem)
}

func (c *fakeCloud) Reset(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.spaces)
	return nil
}

func (c *fakeCloud) snapshot() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.spaces)
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

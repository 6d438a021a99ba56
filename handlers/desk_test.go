package handlers_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"onramp/cloud"
	"onramp/doctor"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/notices"
	"onramp/reach"
	"onramp/transfer"
)

// desk is a portal on a real socket, on real rooms and a real database, with a fake rehearsal cloud, checker and transferer.
type desk struct {
	*portal
	t         testing.TB
	srv       *httptest.Server
	client    *http.Client
	cloud     *fakeCloud
	log       *lockedBuffer
	checks    *steps[doctor.Stage]
	transfers *steps[transfer.Event]
	ops       *operations
	asked     *atomic.Int64 // how often the checker and the transferer were asked for anything
	ended     func()
	lastKey   string // the client key that rehearsed got
	as        string // the session that requests are sent with, at a portal for several people; "" for none
}

type deskOptions struct {
	noCloud  bool
	now      func() time.Time
	webhook  func(*portal) *notices.Notifier
	byHand   bool // runs emit only what the test sends
	code     string
	shared   bool           // several people share the portal: it is on TLS, and each signs in
	proxies  []netip.Prefix // of such a portal behind a reverse proxy, without TLS
	provider web.Provider
	gate     *reach.Gate // nil: whatever is asked for may be dialled
	noMails  bool        // no mail server is set
	machine  web.Machine
	patience time.Duration // for readers
	remote   bool          // whoever reaches the portal does not sit at its computer
	assessor *assessor     // of sources; nil: one of a small server
	crosser  *crosser      // of cut-overs; nil: one of two small servers
	account  bool          // the practised account can be changed
	pollers  func(context.Context, transfer.Request) ([]transfer.Poller, error)
	detect   func(context.Context, transfer.Request) (transfer.Detected, error)
}

func sit(t testing.TB, o deskOptions) *desk {
	t.Helper()
	d := &desk{t: t, cloud: newFakeCloud(), log: &lockedBuffer{}, asked: &atomic.Int64{}}
	d.checks, d.transfers, d.ops = newSteps[doctor.Stage](), newSteps[transfer.Event](), &operations{}
	d.srv = httptest.NewUnstartedServer(nil)
	var place cloud.Place
	if !o.noCloud {
		place = cloud.Full(d.cloud)
		if o.account {
			place.Adjust = &d.cloud.account
		}
	}
	if o.assessor == nil {
		o.assessor = &assessor{}
	}
	if o.crosser == nil {
		o.crosser = &crosser{}
	}
	var public *url.URL
	if o.shared {
		public = &url.URL{Scheme: "https", Host: d.srv.Listener.Addr().String()}
		o.remote = true
	}
	d.portal = open(t, portalOptions{shared: public, proxies: o.proxies, provider: o.provider, gate: o.gate, noMails: o.noMails, machine: o.machine, dir: filepath.Join(t.TempDir(), "data"), addr: d.srv.Listener.Addr().String(), dataDir: t.TempDir(), now: o.now, place: place, patience: o.patience,
		ownComputer: !o.remote, log: slog.New(slog.NewTextHandler(d.log, nil)), webhook: o.webhook, assessor: o.assessor, crosser: o.crosser,
		checker:   checker{d.checks, o.byHand, o.code, d.asked},
		transfers: transferer{d.transfers, o.byHand, d.ops, o.pollers, o.detect, d.asked}})
	d.srv.Config.Handler = d.h.Router()
	d.srv.Config.RegisterOnShutdown(d.h.CloseStreams)
	switch {
	case o.shared && len(o.proxies) == 0:
		d.srv.StartTLS()
	default:
		d.srv.Start()
	}
	d.ended = sync.OnceFunc(func() {
		d.h.CloseStreams()
		d.checks.close()
		d.transfers.close()
		check(t, d.runs.Close())
		d.srv.Close()
	})
	t.Cleanup(d.ended)
	d.client = &http.Client{Transport: d.srv.Client().Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
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
	if d.people != nil {
		if method != "GET" && method != "HEAD" {
			r.Header.Set("Origin", "https://"+strings.TrimPrefix(strings.TrimPrefix(d.srv.URL, "https://"), "http://"))
		}
		if d.as != "" {
			r.Header.Set("Cookie", "__Host-onramp="+d.as)
		}
	}
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

// snapshot is everything that is stored, here and in the cloud, so that a test can see that nothing changed.
func (d *desk) snapshot() string {
	d.t.Helper()
	return d.dump(d.t) + d.cloud.snapshot()
}

// finish follows a run, by its page's address, to its end.
func (d *desk) finish(page string) {
	d.t.Helper()
	id := page[strings.LastIndexByte(page, '/')+1:]
	for _, err := range d.runs.Follow(d.t.Context(), id, 0) {
		check(d.t, err)
	}
}

// logged waits until the log of a run holds so many entries.
func (d *desk) logged(id string, n int64) {
	d.t.Helper()
	for es, err := range d.runs.Follow(d.t.Context(), id, n-1) {
		if check(d.t, err); len(es) > 0 {
			return
		}
	}
	d.t.Fatalf("run %s has no %d entries", id, n)
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
	d.until(m, "Onramp's own worker is seen", func(v migration.View) bool { return v.Step(migration.StepCode).Evidence != "" })
	return m, check, transfer, k
}

// until waits for a migration to become so.
func (d *desk) until(m, what string, ok func(migration.View) bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 10*time.Second)
	defer cancel()
	for v, err := range d.acts.Book.Watch(ctx, strings.TrimPrefix(m, "/m/")) {
		if err == nil && ok(v) {
			return
		}
	}
	d.t.Fatalf("not within 10 s: %s", what)
}

var transferForm = []string{"scenario", "success", "amount", "250", "source", "85-150", "target", "43-812", "reference", "r-1",
	"worker", "builtin", "template", "python", "task_queue", "q"}

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

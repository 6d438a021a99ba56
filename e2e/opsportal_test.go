package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	"google.golang.org/protobuf/proto"
)

// opsAdmin is a person at a portal whose Temporal Cloud is the control plane of a rehearsal in another process.
type opsAdmin struct {
	*visitor
	t testing.TB
	p *portal
	h opsLine
	m string // the migration's path
}

// openOps opens a portal with the control plane of a rehearsal for Temporal Cloud's, and a migration to its namespace there.
func openOps(t testing.TB, h opsLine, data string) *opsAdmin {
	t.Helper()
	a := &opsAdmin{t: t, h: h, m: "/m/ledger"}
	a.start(data, h.Control.Address)
	a.form("/new", "name", "Ledger", "lang", "go", "mode", "cloud", "auth", "mtls").ok(t, "a migration")
	a.form(a.m+"/namespace", "namespace", h.Namespace).ok(t, "its namespace")
	a.form(a.m+"/certificates", serverMade...).ok(t, "its certificates")
	return a
}

// start starts the portal, again on the same data where it ran before.
func (a *opsAdmin) start(data, control string) {
	a.t.Helper()
	env := cleanEnv("TEMPORAL_CLOUD_API_SERVER="+control, "SSL_CERT_FILE="+a.h.ServerRoot)
	p := start(a.t, "", env, program, "serve", "--addr", "127.0.0.1:0", "--data", data, "--rehearsal", "off")
	a.p = &portal{process: p, url: p.line(`(http://[0-9.:]+)/`)[1], data: data}
	a.visitor = visit(a.t, a.p.url)
}

func (a *opsAdmin) key() string { return a.h.Control.Env["TEMPORAL_CLOUD_API_KEY"] }

// gives gives the owner's key.
func (a *opsAdmin) gives() seen {
	a.t.Helper()
	return a.form(a.m+"/ops", "ops_key", a.key()).ok(a.t, "look with a key")
}

var planned = regexp.MustCompile(`name="operation" value="([^"]+)"`)

// plans plans a change and returns its operation.
func (a *opsAdmin) plans(values ...string) string {
	a.t.Helper()
	page := a.form(a.m+"/ops/plan", values...).ok(a.t, "plan "+strings.Join(values, " "))
	op := planned.FindSubmatch(page.body)
	if op == nil {
		a.t.Fatalf("no difference to agree to:\n%s", mainOf(page.body))
	}
	return string(op[1])
}

func (a *opsAdmin) agrees(operation string) seen {
	a.t.Helper()
	return a.form(a.m+"/ops/apply", "operation", operation)
}

// specOf is the namespace's spec as another client sees it.
func (h opsLine) specOf(t testing.TB, c cloudservice.CloudServiceClient) *nspb.Namespace {
	t.Helper()
	out, err := c.GetNamespace(t.Context(), &cloudservice.GetNamespaceRequest{Namespace: h.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	return out.GetNamespace()
}

func heldCAs(n *nspb.Namespace) int {
	return bytes.Count(n.GetSpec().GetMtlsAuth().GetAcceptedClientCa(), []byte("BEGIN CERTIFICATE"))
}

// TestOpsPortalKilled: kill -9 of the portal between the plan, the call and the end of a change that was agreed to on the page.
// Started again, it brings what was sent to its end as soon as it has a key: one change, made once.
func TestOpsPortalKilled(t *testing.T) {
	h, _ := holdOps(t)
	c := opsClient(t, h)
	data := t.TempDir()
	a := openOps(t, h, data)
	have := heldCAs(h.specOf(t, c))
	notes := func() int {
		files, _ := filepath.Glob(filepath.Join(data, "cloud-operations", "*.json"))
		return len(files)
	}
	for _, point := range []struct {
		name string
		at   func(operation string) bool // the moment to kill it
	}{
		{"at the difference", nil},
		{"noted, about to be sent", func(string) bool { return notes() == 1 }},
		{"under way", func(op string) bool {
			got, err := c.GetAsyncOperation(t.Context(), &cloudservice.GetAsyncOperationRequest{AsyncOperationId: op})
			return err == nil && got.GetAsyncOperation() != nil
		}},
	} {
		t.Run(point.name, func(t *testing.T) {
			ca, _, _ := issued(t, strings.Fields(point.name)[0])
			pem, err := os.ReadFile(ca)
			if err != nil {
				t.Fatal(err)
			}
			a.gives()
			op := a.plans("what", "add-ca", "ca_pem", string(pem))
			if point.at != nil {
				var sent sync.WaitGroup
				client, base := *a.client, a.base
				sent.Go(func() {
					resp, err := client.Post(base+a.m+"/ops/apply", "application/x-www-form-urlencoded", strings.NewReader("operation="+op))
					if err == nil {
						resp.Body.Close()
					}
				})
				within(t, "the moment to kill", func() bool { return point.at(op) })
				a.p.kill()
				sent.Wait()
			} else {
				a.p.kill()
			}
			a.start(data, h.Control.Address)
			page := a.gives()
			if heldCAs(h.specOf(t, c)) == have { // it never arrived, and the page offers no change that was not agreed to
				if planned.Match(page.body) {
					t.Error("a plan of the process before is offered")
				}
				a.agrees(a.plans("what", "add-ca", "ca_pem", string(pem))).ok(t, "the change")
			} else if point.at != nil {
				holds(t, page, "The change is made")
			}
			have++
			if got := heldCAs(h.specOf(t, c)); got != have {
				t.Errorf("%d certificates, want %d", got, have)
			}
			if notes() != 0 {
				t.Error("the journal still has an operation")
			}
		})
	}
	// The making of a namespace: it becomes the migration's after the crash.
	a.form("/new", "name", "North", "lang", "go", "mode", "cloud", "auth", "api-key").ok(t, "a migration")
	a.m = "/m/north"
	a.gives()
	op := a.plans("what", "create", "name", "north", "region", "aws-us-east-1", "retention", "7", "sign_in", "api-key")
	var sent sync.WaitGroup
	client, base := *a.client, a.base
	sent.Go(func() {
		resp, err := client.Post(base+a.m+"/ops/apply", "application/x-www-form-urlencoded", strings.NewReader("operation="+op))
		if err == nil {
			resp.Body.Close()
		}
	})
	within(t, "it is under way", func() bool {
		got, err := c.GetAsyncOperation(t.Context(), &cloudservice.GetAsyncOperationRequest{AsyncOperationId: op})
		return err == nil && got.GetAsyncOperation() != nil
	})
	a.p.kill()
	sent.Wait()
	a.start(data, h.Control.Address)
	holds(t, a.gives(), "north.a2dd6")
	holds(t, a.get(a.m).ok(t, "overview"), "north.a2dd6")
}

// TestOpsPortalTwoAdmins: two admins, each at a page: the second is told what the first has changed, nothing is overwritten,
// and what no page shows stays as it was.
func TestOpsPortalTwoAdmins(t *testing.T) {
	h, _ := holdOps(t)
	c := opsClient(t, h)
	n := h.specOf(t, c)
	spec := proto.CloneOf(n.GetSpec())
	spec.Description = "kept by Terraform"
	spec.ProtoReflect().SetUnknown([]byte{0xf2, 0x06, 3, 'n', 'e', 'w'}) // field 110, which no version knows
	out, err := c.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: h.Namespace, Spec: spec, ResourceVersion: n.GetResourceVersion()})
	if err != nil {
		t.Fatal(err)
	}
	fulfilled(t, c, out.GetAsyncOperation())
	one, two := openOps(t, h, t.TempDir()), openOps(t, h, t.TempDir())
	holds(t, one.gives(), "Terraform keeps it")
	two.gives()
	first, second := one.plans("what", "add-ca"), two.plans("what", "attributes", "attributes", "CustomerId=Keyword")
	holds(t, one.agrees(first).ok(t, "the first"), "The change is made")
	late := two.agrees(second)
	holds(t, late, "changed meanwhile")
	holds(t, late, "+ CA certificate")
	holds(t, two.agrees(two.plans("what", "attributes", "attributes", "CustomerId=Keyword")).ok(t, "planned anew"), "The change is made")
	after := h.specOf(t, c).GetSpec()
	if heldCAs(h.specOf(t, c)) != 2 || len(after.GetSearchAttributes()) != 1 || after.GetDescription() != spec.GetDescription() ||
		!bytes.Equal(after.ProtoReflect().GetUnknown(), spec.ProtoReflect().GetUnknown()) {
		t.Errorf("something is lost: %v", after)
	}
}

// TestOpsPortalKeys: a Cloud Ops key, wherever it was typed, is in no file of the portal, no line of its log, no page, no
// address and no argument of a process. What of it Go's memory still holds after it was forgotten is counted and printed: a
// runtime that moves and copies values cannot promise to wipe them.
func TestOpsPortalKeys(t *testing.T) {
	h, _ := holdOps(t)
	a := openOps(t, h, t.TempDir())
	key := a.key()
	page := a.get(a.m+"/ops").ok(t, "before a key is given")
	for _, text := range []string{"15 minutes", h.Control.Address, "stored nowhere", "Which permission each act needs", "Namespace Admin", "Developer, Global Admin or Account Owner"} {
		holds(t, page, text)
	}
	var pages []seen
	met := func(s seen) seen { pages = append(pages, s); return s }
	met(a.form(a.m+"/ops", "ops_key", key+"x"))       // a wrong key, which ends as the right one begins
	met(a.form(a.m+"/ops", "ops_key", "Bearer "+key)) // not a key alone
	met(a.form(a.m+"/namespace", "namespace", key))   // a key in another field
	met(a.form(a.m+"/ops/plan", "what", "add-ca", "ca_pem", key))
	met(a.gives())
	holds(t, met(a.form(a.m+"/ops/plan", "what", "filters", "filters", key)), "in a field that takes none")
	met(a.agrees(a.plans("what", "add-ca")))
	met(a.form(a.m+"/ops/plan", "what", "create", "name", "south", "region", "us-east-1", "retention", "7", "sign_in", "api-key"))
	for _, path := range []string{a.m, a.m + "/ops", a.m + "/settings", "/audit", "/audit.json", "/expiry", a.m + "/report"} {
		met(a.get(path))
	}
	count := func() (n int) {
		memory(t, a.p.cmd.Process.Pid, func(part []byte) { n += bytes.Count(part, []byte(key)) })
		return n
	}
	held := count()
	met(a.form(a.m+"/ops/forget").ok(t, "forget the key"))
	forgotten := count()
	if held == 0 {
		t.Error("the search does not find a key that is in memory")
	}
	for _, s := range pages {
		if bytes.Contains(s.body, []byte(key)) {
			t.Errorf("the key is on the page %s", s.path)
		}
		if strings.Contains(s.path, key) || strings.Contains(fmt.Sprint(s.header), key) {
			t.Errorf("the key is in the address or the header of %s", s.path)
		}
	}
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", a.p.cmd.Process.Pid))
	if err != nil || bytes.Contains(args, []byte(key)) {
		t.Errorf("the arguments of the process: %v", err)
	}
	grepFiles(t, a.p.data, key)
	if strings.Contains(a.p.output(), key) {
		t.Error("the log holds the key")
	}
	t.Logf("copies of the key in the portal's memory: %d while it is held, %d after it was forgotten", held, forgotten)
	a.p.stop()
	grepFiles(t, a.p.data, key)
}

// TestOpsPortalBadInput: what people get wrong, on the page: it is named at its field before anything is sent.
func TestOpsPortalBadInput(t *testing.T) {
	h, _ := holdOps(t)
	c := opsClient(t, h)
	a := openOps(t, h, t.TempDir())
	a.gives()
	ca, _, _ := issued(t, "one")
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	caKey, err := os.ReadFile(h.CAKey)
	if err != nil {
		t.Fatal(err)
	}
	once := base64.StdEncoding.EncodeToString(pem)
	var many []string
	for i := range 26 {
		many = append(many, fmt.Sprintf(`{"commonName":"w%d"}`, i))
	}
	version := h.specOf(t, c).GetResourceVersion()
	for _, tt := range []struct {
		name   string
		form   []string
		status int
		says   string
	}{
		{"base64 of PEM, as tcld's --ca-certificate takes it", []string{"what", "add-ca", "ca_pem", once}, 200, "CN=one CA"},
		{"base64 twice", []string{"what", "add-ca", "ca_pem", base64.StdEncoding.EncodeToString([]byte(once))}, 200, "CN=one CA"}, // what it means is certain
		{"a CA's key", []string{"what", "add-ca", "ca_pem", string(caKey)}, 422, "private key"},
		{"no certificate", []string{"what", "add-ca", "ca_pem", "hello"}, 422, "certificate"},
		{"26 filters", []string{"what", "filters", "filters", `{"filters":[` + strings.Join(many, ",") + `]}`}, 422, "25"},
		{"an unknown type", []string{"what", "attributes", "attributes", "A=Float"}, 422, "KeywordList"},
		{"no type", []string{"what", "attributes", "attributes", "CustomerId"}, 422, "NAME=Type"},
		{"a region without its provider", []string{"what", "create", "name", "x1", "region", "us-east-1", "retention", "7", "sign_in", "api-key"}, 422, "aws-us-east-1"},
		{"a region without a hyphen", []string{"what", "create", "name", "x1", "region", "aws-us-east1", "retention", "7", "sign_in", "api-key"}, 422, "aws-us-east-1"},
		{"a retention of 91 days", []string{"what", "create", "name", "x1", "region", "aws-us-east-1", "retention", "91", "sign_in", "api-key"}, 422, "90"},
		{"a name with a capital", []string{"what", "create", "name", "Payments", "region", "aws-us-east-1", "retention", "7", "sign_in", "api-key"}, 422, "small letters"},
		{"a name that is there", []string{"what", "create", "name", strings.Split(h.Namespace, ".")[0], "region", "aws-us-east-1", "retention", "7", "sign_in", "api-key"}, 409, "exists already"},
		{"the last CA certificate", []string{"what", "remove-ca", "fingerprint", fingerprintOf(t, h.CA)}, 422, "without a CA"},
		{"no such change", []string{"what", "fly"}, 422, "does not know this change"},
		{"an API key where there are none", []string{"what", "key", "key_name", "w", "key_days", "30"}, 409, "takes no API keys"},
		{"both methods off", []string{"what", "sign-in", "sign_in", "none"}, 422, "Choose how workers sign in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := a.form(a.m+"/ops/plan", tt.form...)
			if s.status != tt.status && !(s.status == 422 && tt.status == 409) || !strings.Contains(string(s.body), tt.says) {
				t.Errorf("%d, want %d with %q\n%s", s.status, tt.status, tt.says, mainOf(s.body))
			}
			if strings.Contains(string(s.body), "PRIVATE KEY-----") {
				t.Error("a private key comes back")
			}
		})
	}
	if got := h.specOf(t, c).GetResourceVersion(); got != version {
		t.Error("something was sent")
	}
}

// fingerprintOf is the SHA-256 of a certificate's file.
func fingerprintOf(t testing.TB, file string) string {
	t.Helper()
	a := run(t, cleanEnv(), "cert", "inspect", file, "--json")
	m := regexp.MustCompile(`"sha256":\s*"([0-9a-f]{64})"`).FindStringSubmatch(a.out)
	if m == nil {
		t.Fatalf("no fingerprint\n%s%s", a.out, a.err)
	}
	return m[1]
}

// TestOpsPortalServerGone: the control plane cannot be reached while a change is under way: the change goes on, the page tells
// its end when it is there again, and a key that was revoked in the middle is said to be.
func TestOpsPortalServerGone(t *testing.T) {
	h, _ := holdOps(t)
	c := opsClient(t, h)
	gate := newCut(t, h.Control.Address)
	a := &opsAdmin{t: t, h: h, m: "/m/ledger"}
	a.start(t.TempDir(), gate.address)
	a.form("/new", "name", "Ledger", "lang", "go", "mode", "cloud", "auth", "mtls").ok(t, "a migration")
	a.form(a.m+"/namespace", "namespace", h.Namespace).ok(t, "its namespace")
	a.form(a.m+"/certificates", serverMade...).ok(t, "its certificates")
	a.gives()
	op := a.plans("what", "add-ca")
	var sent sync.WaitGroup
	client, base := *a.client, a.base
	sent.Go(func() {
		resp, err := client.Post(base+a.m+"/ops/apply", "application/x-www-form-urlencoded", strings.NewReader("operation="+op))
		if err == nil {
			resp.Body.Close()
		}
	})
	within(t, "it is under way", func() bool {
		got, err := c.GetAsyncOperation(t.Context(), &cloudservice.GetAsyncOperationRequest{AsyncOperationId: op})
		return err == nil && got.GetAsyncOperation() != nil
	})
	gate.cut()
	within(t, "the change ends without a reader", func() bool { return heldCAs(h.specOf(t, c)) == 2 })
	holds(t, a.get(a.m+"/ops").ok(t, "the page"), "makes the change")
	gate.open()
	within(t, "the page tells the end", func() bool {
		return strings.Contains(string(a.get(a.m+"/ops").body), "The change is made")
	})
	sent.Wait()
	gate.cut()
	s := a.form(a.m + "/ops/look")
	holds(t, s, "was not reached")
}

// cut is a way to a server that can be cut and opened again.
type cut struct {
	address string
	to      string
	mu      sync.Mutex // guards what follows
	ln      net.Listener
	conns   []net.Conn
}

func newCut(t testing.TB, to string) *cut {
	t.Helper()
	c := &cut{to: to}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	c.address, c.ln = "localhost:"+port, ln
	go c.serve(ln)
	t.Cleanup(c.cut)
	return c
}

func (c *cut) serve(ln net.Listener) {
	for {
		in, err := ln.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", c.to)
		if err != nil {
			in.Close()
			continue
		}
		c.mu.Lock()
		c.conns = append(c.conns, in, out)
		c.mu.Unlock()
		go pour(out, in)
		go pour(in, out)
	}
}

func pour(to, from net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, e := to.Write(buf[:n]); e != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	to.Close()
	from.Close()
}

// cut closes every connection, and nothing listens any more.
func (c *cut) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ln.Close()
	for _, x := range c.conns {
		x.Close()
	}
	c.conns = nil
}

// open listens again at the same port.
func (c *cut) open() {
	ln, err := net.Listen("tcp", "127.0.0.1:"+c.address[strings.LastIndexByte(c.address, ':')+1:])
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	c.ln = ln
	c.mu.Unlock()
	go c.serve(ln)
}

package e2e

import (
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// tcld is Temporal's own command line for its control plane.
type tcld struct {
	t    testing.TB
	path string
	dir  string // its home and where it writes
	env  []string
	// now is true for the versions that Temporal Cloud supports (v0.17.0 and later). v0.14.1, which make setup installs, knows
	// no regions with a provider, no sign-in methods and no service accounts.
	now bool
}

// tcldProgram is the tcld on PATH, else the one that make setup installed.
func tcldProgram(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("tcld"); err == nil {
		return path
	}
	path, err := filepath.Abs(filepath.Join(".tools", "tcld"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs tcld.", err)
	}
	return path
}

// tcld is one that calls a rehearsal with the key of its owner.
func (h opsLine) tcld(t testing.TB) tcld {
	t.Helper()
	c := tcld{t: t, path: tcldProgram(t), dir: t.TempDir()}
	if err := os.MkdirAll(filepath.Join(c.dir, ".config", "tcld"), 0o700); err != nil { // v0.14.1 makes none
		t.Fatal(err)
	}
	c.env = append(h.opsEnv(t.TempDir()), "HOME="+c.dir, "AUTO_CONFIRM=true")
	c.now = strings.Contains(c.run("namespace", "--help").out, "auth-method")
	return c
}

func (c tcld) run(args ...string) answer {
	c.t.Helper()
	return runCommand(c.t, c.t.Context(), c.dir, c.env, c.path, args...)
}

// must is a command that ends well.
func (c tcld) must(args ...string) string {
	c.t.Helper()
	a := c.run(args...)
	if a.code != 0 {
		c.t.Fatalf("tcld %v: exit %d\n%s\n%s", args, a.code, a.out, a.err)
	}
	return a.out
}

// done is a change that is seen to its end: tcld itself does not wait.
func (c tcld) done(args ...string) {
	c.t.Helper()
	out := c.must(args...)
	found := regexp.MustCompile(`"requestId": "([^"]+)"`).FindStringSubmatch(out)
	if found == nil {
		c.t.Fatalf("tcld %v tells no request\n%s", args, out)
	}
	within(c.t, "the request of tcld ends well", func() bool {
		status := c.must("request", "get", "--request-id", found[1])
		if strings.Contains(status, `"Failed"`) || strings.Contains(status, `"Rejected"`) {
			c.t.Fatalf("tcld %v: %s", args, status)
		}
		return strings.Contains(status, `"state": "Fulfilled"`)
	})
}

// region is the flag that chooses us-east-1, as each version takes it.
func (c tcld) region() string {
	if c.now {
		return "aws-us-east-1"
	}
	return "us-east-1"
}

// TestTcld: the real tcld makes and changes a namespace of the rehearsal, and what it changes holds at the door.
func TestTcld(t *testing.T) {
	h, _ := holdOps(t)
	c := h.tcld(t)
	const ns = "orders.a2dd6"
	ca, cert, key := issued(t, "one")
	ca2, cert2, key2 := issued(t, "two")
	pay := func(what, cert, key string, code int) {
		t.Helper()
		if a := run(t, cleanEnv(), "transfer", "--address", h.Address, "--namespace", ns, "--tls-cert-path", cert, "--tls-key-path", key,
			"--tls-ca-path", h.ServerRoot, "--tls-server-name", ns+".tmprl.cloud", "--json"); a.code != code {
			t.Errorf("%s: exit %d, want %d\n%s", what, a.code, code, a.out)
		}
	}
	if out := c.must("account", "get"); !strings.Contains(out, `"state": "Active"`) {
		t.Errorf("the account: %s", out)
	}
	if out := c.must("namespace", "list"); !strings.Contains(out, `"`+h.Namespace+`"`) {
		t.Errorf("the list: %s", out)
	}
	c.done("namespace", "create", "--namespace", "orders", "--region", c.region(), "--ca-certificate-file", ca, "--retention-days", "7", "--search-attribute", "CustomerId=Keyword")
	pay("the first certificate", cert, key, 0)
	pay("the second one before its CA is there", cert2, key2, 13)
	c.done("namespace", "accepted-client-ca", "add", "--namespace", ns, "--ca-certificate-file", ca2)
	pay("the second one", cert2, key2, 0)

	var held []struct{ Fingerprint, Subject string }
	if err := json.Unmarshal([]byte(c.must("namespace", "accepted-client-ca", "list", "--namespace", ns)), &held); err != nil || len(held) != 2 {
		t.Fatalf("%v, %+v", err, held)
	}
	filters := filepath.Join(c.dir, "filters.json")
	if err := os.WriteFile(filters, []byte(`{"filters":[{"commonName":"one"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c.done("namespace", "certificate-filters", "import", "--namespace", ns, "--certificate-filter-file", filters)
	if out := c.must("namespace", "certificate-filters", "export", "--namespace", ns); !strings.Contains(out, `"commonName": "one"`) {
		t.Errorf("the filters: %s", out)
	}
	pay("the certificate that no filter matches", cert2, key2, 14)
	c.done("namespace", "certificate-filters", "clear", "--namespace", ns)
	pay("without filters", cert2, key2, 0)

	c.done("namespace", "search-attributes", "add", "--namespace", ns, "--search-attribute", "OrderNumber=Int")
	c.done("namespace", "search-attributes", "rename", "--namespace", ns, "--existing-name", "OrderNumber", "--new-name", "OrderNo")
	c.done("namespace", "retention", "set", "--namespace", ns, "--retention-days", "9")
	if out := c.must("namespace", "retention", "get", "--namespace", ns); strings.TrimSpace(out) != "9" {
		t.Errorf("the retention: %s", out)
	}
	c.done("namespace", "accepted-client-ca", "remove", "--namespace", ns, "--ca-certificate-fingerprint", held[0].Fingerprint)
	pay("the certificate of the removed CA", cert, key, 13)
	pay("the other one", cert2, key2, 0)
	seen := c.must("namespace", "get", "--namespace", ns)
	for _, want := range []string{`"OrderNo": "Int"`, `"CustomerId": "Keyword"`, `"retentionDays": 9`} {
		if !strings.Contains(seen, want) {
			t.Errorf("no %s in %s", want, seen)
		}
	}
	c.keys(ns)
	c.refused(h, ns, ca)
	c.done("namespace", "delete", "--namespace", ns)
	if out := c.must("namespace", "list"); strings.Contains(out, ns) {
		t.Errorf("it is there still: %s", out)
	}
}

// keys makes API keys and service accounts, and deletes one.
func (c tcld) keys(ns string) {
	c.t.Helper()
	if !c.now {
		c.must("feature", "toggle-apikey")
	}
	c.done("apikey", "create", "--name", "mine", "--duration", "24h")
	if c.now {
		c.done("service-account", "create-scoped", "--name", "worker", "--namespace-permission", ns+"=Write")
		if out := c.must("service-account", "list"); !strings.Contains(out, `"worker"`) {
			c.t.Errorf("the service accounts: %s", out)
		}
	}
	var all struct {
		APIKeys []struct {
			ID   string
			Spec struct{ DisplayName string }
		}
	}
	if err := json.Unmarshal([]byte(c.must("apikey", "list")), &all); err != nil {
		c.t.Fatal(err)
	}
	for _, k := range all.APIKeys {
		if k.Spec.DisplayName == "mine" {
			c.done("apikey", "delete", "--id", k.ID)
			return
		}
	}
	c.t.Errorf("the key is not listed: %+v", all)
}

// refused: with a key that may only read, tcld looks and changes nothing; with none that is known it does neither.
func (c tcld) refused(h opsLine, ns, ca string) {
	c.t.Helper()
	ops := opsClient(c.t, h)
	made, err := ops.CreateServiceAccount(c.t.Context(), &cloudservice.CreateServiceAccountRequest{Spec: &identity.ServiceAccountSpec{Name: "reader",
		NamespaceScopedAccess: &identity.NamespaceScopedAccess{Namespace: ns, Access: &identity.NamespaceAccess{Permission: identity.NamespaceAccess_PERMISSION_READ}}}})
	if err != nil {
		c.t.Fatal(err)
	}
	fulfilled(c.t, ops, made.GetAsyncOperation())
	key, err := ops.CreateApiKey(c.t.Context(), &cloudservice.CreateApiKeyRequest{Spec: &identity.ApiKeySpec{OwnerId: made.GetServiceAccountId(),
		OwnerType: identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT, DisplayName: "reader", ExpiryTime: timestamppb.New(time.Now().Add(time.Hour))}})
	if err != nil {
		c.t.Fatal(err)
	}
	fulfilled(c.t, ops, key.GetAsyncOperation())
	reader := c
	reader.env = append(reader.env[:len(reader.env):len(reader.env)], "TEMPORAL_CLOUD_API_KEY="+key.GetToken())
	reader.must("namespace", "get", "--namespace", ns)
	for _, args := range [][]string{{"namespace", "accepted-client-ca", "add", "--namespace", ns, "--ca-certificate-file", ca},
		{"namespace", "retention", "set", "--namespace", ns, "--retention-days", "5"}, {"namespace", "delete", "--namespace", ns}} {
		if a := reader.run(args...); a.code == 0 || !strings.Contains(a.err+a.out, "PermissionDenied desc = Request unauthorized") {
			c.t.Errorf("tcld %v with a key that may read: exit %d\n%s\n%s", args, a.code, a.out, a.err)
		}
	}
	stranger := c
	stranger.env = append(stranger.env[:len(stranger.env):len(stranger.env)], "TEMPORAL_CLOUD_API_KEY=nonsense")
	if a := stranger.run("namespace", "list"); a.code == 0 || !strings.Contains(a.err+a.out, "Unauthenticated") {
		c.t.Errorf("a key that nobody knows: exit %d\n%s", a.code, a.err)
	}
}

// shell runs the lines of a command as the page shows them, one after the other, each to the end of its request. The ID of a
// service account that one makes is there for the next, as the notes say.
func (c *tcld) shell(lines string) {
	c.t.Helper()
	for line := range strings.Lines(lines) {
		a := runCommand(c.t, c.t.Context(), c.dir, append(c.env, "PATH="+filepath.Dir(c.path)+":"+os.Getenv("PATH")), "sh", "-c", line)
		if a.code != 0 {
			c.t.Fatalf("%s: exit %d\n%s\n%s", strings.TrimSpace(line), a.code, a.out, a.err)
		}
		if made := regexp.MustCompile(`"serviceAccountId": "([^"]+)"`).FindStringSubmatch(a.out); made != nil {
			c.env = append(c.env, "SERVICE_ACCOUNT_ID="+made[1])
		}
		if request := regexp.MustCompile(`"requestId": "([^"]+)"`).FindStringSubmatch(a.out); request != nil {
			within(c.t, "the request of "+strings.TrimSpace(line), func() bool {
				return strings.Contains(c.must("request", "get", "--request-id", request[1]), `"state": "Fulfilled"`)
			})
		}
	}
}

// codeOf is the text of a code block of a page.
func codeOf(t testing.TB, page []byte, id string) string {
	t.Helper()
	m := regexp.MustCompile(`(?s)<pre [^>]*id="` + regexp.QuoteMeta(id) + `"[^>]*>(.*?)</pre>`).FindSubmatch(page)
	if m == nil {
		t.Fatalf("the page shows no %s\n%s", id, mainOf(page))
	}
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(m[1]), ""))
}

// TestTcldLines: the real tcld understands each of its lines that the page of the control plane shows, and makes that change.
func TestTcldLines(t *testing.T) {
	h, _ := holdOps(t)
	c := h.tcld(t)
	ops := opsClient(t, h)
	a := openOps(t, h, t.TempDir())
	a.gives()
	ca, _, _ := issued(t, "one")
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ca.pem", "cas.pem"} {
		if err := os.WriteFile(filepath.Join(c.dir, name), pem, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	makes := func(id string, edit ...string) {
		t.Helper()
		a.form(a.m+"/ops/look").ok(t, "look again")
		c.shell(strings.NewReplacer(edit...).Replace(codeOf(t, a.get(a.m+"/ops").ok(t, "the page").body, id)))
	}
	has := func(what string, ok func(*nspb.NamespaceSpec) bool) {
		t.Helper()
		if n := h.specOf(t, ops); !ok(n.GetSpec()) {
			t.Errorf("after %s: %v", what, n.GetSpec())
		}
	}
	cas := func(n int) func(*nspb.NamespaceSpec) bool {
		return func(s *nspb.NamespaceSpec) bool {
			return strings.Count(string(s.GetMtlsAuth().GetAcceptedClientCa()), "BEGIN") == n
		}
	}
	makes("add-ca-tcld")
	has("add", cas(2))
	makes("filters-tcld")
	has("filters", func(s *nspb.NamespaceSpec) bool {
		return len(s.GetMtlsAuth().GetCertificateFilters()) == 1 && s.GetMtlsAuth().GetCertificateFilters()[0].GetCommonName() == "your-worker"
	})
	// The line of a plan is that of this very change.
	a.plans("what", "filters", "filters", "")
	c.shell(codeOf(t, a.get(a.m+"/ops").ok(t, "the plan").body, "plan-tcld"))
	has("no filters", func(s *nspb.NamespaceSpec) bool { return len(s.GetMtlsAuth().GetCertificateFilters()) == 0 })
	makes("attributes-tcld")
	has("attributes", func(s *nspb.NamespaceSpec) bool { return len(s.GetSearchAttributes()) == 1 })
	var held []struct{ Fingerprint, Subject string }
	if err := json.Unmarshal([]byte(c.must("namespace", "accepted-client-ca", "list", "--namespace", h.Namespace)), &held); err != nil || len(held) != 2 {
		t.Fatal(err, held)
	}
	makes("remove-ca-tcld", "FINGERPRINT", held[1].Fingerprint)
	has("removal", cas(1))
	makes("set-cas-tcld")
	has("replacement", func(s *nspb.NamespaceSpec) bool {
		return strings.TrimSpace(string(s.GetMtlsAuth().GetAcceptedClientCa())) == strings.TrimSpace(string(pem))
	})
	if !c.now { // what follows, v0.14.1 does not know
		return
	}
	makes("create-tcld")
	if out := c.must("namespace", "list"); !strings.Contains(out, `"ledger.a2dd6"`) {
		t.Errorf("the list: %s", out)
	}
	makes("sign-in-tcld")
	has("sign-in", func(s *nspb.NamespaceSpec) bool {
		return s.GetApiKeyAuth().GetEnabled() && !s.GetMtlsAuth().GetEnabled()
	})
	makes("key-tcld")
	if out := c.must("apikey", "list"); !strings.Contains(out, `"displayName": "ledger-worker"`) {
		t.Errorf("the keys: %s", out)
	}
}

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// bothInPython is what the official Python client meets when it makes a namespace with both sign-in methods and switches it.
func bothInPython(t *testing.T, h opsLine) map[string]map[string]string {
	t.Helper()
	ca, cert, key := issued(t, "one")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a := runCommand(t, ctx, "", cleanEnv("ADDRESS="+h.Address, "CONTROL="+h.Control.Address, "OPS_KEY="+h.Control.APIKey, "SERVER_ROOT="+h.ServerRoot, "CA_ONE="+ca, "CERT_ONE="+cert, "KEY_ONE="+key,
		"PYTHONDONTWRITEBYTECODE=1"), pythonTool(t, "python"), "testdata/cloudops/both.py")
	if a.code != 0 && !diedAtItsEnd(a) {
		t.Fatalf("exit %d\n%s\n%s", a.code, a.out, a.err)
	}
	steps := map[string]map[string]string{}
	for s := bufio.NewScanner(strings.NewReader(a.out)); s.Scan(); {
		var one map[string]string
		if err := json.Unmarshal(s.Bytes(), &one); err != nil {
			t.Fatalf("%v\n%s", err, a.out)
		}
		steps[one["step"]] = one
	}
	return steps
}

// TestBothMethodsPython: an account that has both sign-in methods at once has them for the official Python client, one that
// has not refuses them in Temporal Cloud's words. Certificates work at the namespace endpoint, API keys at the regional one,
// and after a switch only what is left.
func TestBothMethodsPython(t *testing.T) {
	without, _ := holdOps(t)
	if got := bothInPython(t, without)["create"]; got["code"] != "INVALID_ARGUMENT" || got["text"] != "cannot create namespace with provided auth method" {
		t.Errorf("without: %v", got)
	}
	h, _ := holdOps(t, "--both-methods", "on")
	steps := bothInPython(t, h)
	if steps["create"]["ended"] != "STATE_FULFILLED" {
		t.Fatalf("%v", steps)
	}
	const good, no = "transferred 250", "refused: "
	for step, want := range map[string]struct {
		mtls, keys                 bool
		certificate, regional, own string
	}{
		"both":         {true, true, good, good, no},
		"keys":         {false, true, no, good, good},
		"certificates": {true, false, good, no, no},
	} {
		got := steps[step]
		if (got["mtls_address"] != "") != want.mtls || (got["key_address"] != "") != want.keys || !strings.HasPrefix(got["certificate"], want.certificate) ||
			!strings.HasPrefix(got["regional_key"], want.regional) || !strings.HasPrefix(got["own_key"], want.own) {
			t.Errorf("%s: %v, want %+v", step, got, want)
		}
	}
}

// TestBothMethods: the official Go client and onramp cloud switch a namespace to both and on; the check names what an API key
// meets at the namespace endpoint then. Without the feature nothing changes.
func TestBothMethods(t *testing.T) {
	without, _ := holdOps(t)
	c := opsClient(t, without)
	n, err := c.GetNamespace(t.Context(), &cloudservice.GetNamespaceRequest{Namespace: without.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	spec := proto.CloneOf(n.GetNamespace().GetSpec())
	spec.ApiKeyAuth = &nspb.ApiKeyAuthSpec{Enabled: true}
	_, err = c.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: without.Namespace, Spec: spec, ResourceVersion: n.GetNamespace().GetResourceVersion()})
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "the rehearsal's words") {
		t.Errorf("cloud-sdk without the feature: %v", err)
	}
	if a := without.ops(t, t.TempDir(), "sign-in", "set", without.Namespace, "both", "--yes"); a.code != 14 {
		t.Errorf("onramp cloud without the feature: exit %d\n%s\n%s", a.code, a.out, a.err)
	}

	h, _ := holdOps(t, "--both-methods", "on")
	data := t.TempDir()
	set := func(method string) {
		t.Helper()
		if got := cloudChanged(t, h.ops(t, data, "sign-in", "set", h.Namespace, method, "--yes", "--json"), 0); !got.Applied {
			t.Fatalf("%s: %+v", method, got)
		}
	}
	set("both")
	keyFile := filepath.Join(t.TempDir(), "worker.key")
	cloudChanged(t, h.ops(t, data, "key", "create", h.Namespace, "--name", "worker", "--out", keyFile, "--yes", "--json"), 0)
	key, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	now := h.specOf(t, opsClient(t, h))
	if e := now.GetEndpoints(); e.GetMtlsGrpcAddress() == "" || e.GetGrpcAddress() == "" {
		t.Errorf("the endpoints are %v", e)
	}
	checked := func(what string, code int, says string, env []string, flags ...string) {
		t.Helper()
		a := run(t, cleanEnv(env...), append([]string{"check", "--namespace", h.Namespace, "--tls-ca-path", h.ServerRoot, "--json"}, flags...)...)
		if a.code != code || !strings.Contains(a.out, says) {
			t.Errorf("%s: exit %d, want %d with %s\n%s", what, a.code, code, says, a.out)
		}
		if strings.Contains(a.out+a.err, strings.TrimSpace(string(key))) {
			t.Errorf("%s: the key is printed", what)
		}
	}
	token := []string{"TEMPORAL_API_KEY=" + strings.TrimSpace(string(key))}
	checked("the certificate", 0, `"OK"`, nil, "--address", h.Address, "--tls-cert-path", h.Cert, "--tls-key-path", h.Key, "--tls-server-name", h.Namespace+".tmprl.cloud")
	checked("the key at the address for keys", 0, `"OK"`, token, "--address", now.GetEndpoints().GetGrpcAddress())
	checked("the key at the namespace endpoint", 13, `"AK-01"`, token, "--address", h.Address, "--tls-server-name", h.Namespace+".tmprl.cloud")
	checked("the key at the namespace endpoint", 13, `"AK-08"`, token, "--address", h.Address, "--tls-server-name", h.Namespace+".tmprl.cloud")

	set("api-key")
	checked("the certificate where keys are left", 13, `"certain"`, nil, "--address", h.Address, "--tls-cert-path", h.Cert, "--tls-key-path", h.Key, "--tls-server-name", h.Namespace+".tmprl.cloud")
	deleted := cloudChanged(t, h.ops(t, data, "key", "delete", h.Namespace, "--id", keyID(t, h, "worker"), "--yes", "--json"), 0)
	if !deleted.Applied || len(deleted.Diff) != 1 {
		t.Errorf("%+v", deleted)
	}
	checked("the deleted key", 13, `"AK-03"`, token, "--address", now.GetEndpoints().GetGrpcAddress())
}

// TestBothMethodsTcld: what tcld changes of a namespace that takes both leaves both, and one that knows sign-in methods turns
// them on and off.
func TestBothMethodsTcld(t *testing.T) {
	h, _ := holdOps(t, "--both-methods", "on")
	cli := h.tcld(t)
	takes := func(mtls, keys bool) {
		t.Helper()
		if s := h.specOf(t, opsClient(t, h)).GetSpec(); s.GetMtlsAuth().GetEnabled() != mtls || s.GetApiKeyAuth().GetEnabled() != keys {
			t.Errorf("want mTLS %v, API keys %v: %v", mtls, keys, s)
		}
	}
	if cli.now {
		cli.done("namespace", "auth-method", "set", "--namespace", h.Namespace, "--auth-method", "api_key_or_mtls")
	} else {
		cloudChanged(t, h.ops(t, t.TempDir(), "sign-in", "set", h.Namespace, "both", "--yes", "--json"), 0)
	}
	takes(true, true)
	cli.done("namespace", "retention", "set", "--namespace", h.Namespace, "--retention-days", "9")
	takes(true, true)
	if cli.now {
		cli.done("namespace", "auth-method", "set", "--namespace", h.Namespace, "--auth-method", "api_key")
		takes(false, true)
	}
}

// keyID is the ID of an API key by its name, as the official client lists it.
func keyID(t *testing.T, h opsLine, name string) string {
	t.Helper()
	all, err := opsClient(t, h).GetApiKeys(t.Context(), &cloudservice.GetApiKeysRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all.GetApiKeys() {
		if k.GetSpec().GetDisplayName() == name {
			return k.GetId()
		}
	}
	t.Fatalf("no key %s in %v", name, all)
	return ""
}

// TestBothMethodsOnThePage: the rehearsal's page gives both sign-in methods to its account, the page of a namespace offers them
// then and says where each signs in, and they are not taken back while a namespace has both. The audit has what was changed.
func TestBothMethodsOnThePage(t *testing.T) {
	v := visit(t, openPortalAtHome(t).url)
	strictMove(t, v)
	const at = "/cloud/strict.f45a2"
	ca, _, _ := issued(t, "page")
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	if body := string(v.get(at).ok(t, "the namespace").body); strings.Contains(body, `value="both"`) {
		t.Error("both is offered to an account that has it not")
	}
	if got := v.form(at+"/auth", "auth", "both"); got.status != 422 || !strings.Contains(string(got.body), "one sign-in method a namespace") {
		t.Errorf("both for an account that has it not: %d\n%s", got.status, mainOf(got.body))
	}
	if body := string(v.form("/rehearsal/methods", "methods", "both").ok(t, "the account").body); !strings.Contains(body, "Which sign-in methods a namespace may have") {
		t.Errorf("the rehearsal's page does not offer it\n%s", body)
	}
	if got := v.form(at+"/auth", "auth", "both"); got.status != 422 || !strings.Contains(string(got.body), "no CA certificate") {
		t.Errorf("both without a CA certificate: %d\n%s", got.status, mainOf(got.body))
	}
	v.form(at, "ca_bundle", string(pem)).ok(t, "its CA certificate")
	body := string(v.form(at+"/auth", "auth", "both").ok(t, "both").body)
	if !strings.Contains(body, "with a client certificate, localhost:") || !strings.Contains(body, "only client certificates sign in") {
		t.Errorf("the page of a namespace with both:\n%s", mainOf([]byte(body)))
	}
	if got := v.form("/rehearsal/methods", "methods", "one"); got.status != 409 || !strings.Contains(string(got.body), "strict.f45a2") {
		t.Errorf("taken back while a namespace has both: %d\n%s", got.status, mainOf(got.body))
	}
	v.form(at+"/auth", "auth", "api-key").ok(t, "API keys")
	v.form("/rehearsal/methods", "methods", "one").ok(t, "one method again")
	if audit := string(v.get("/audit.json").ok(t, "the audit").body); strings.Count(audit, "rehearsal-methods-saved") != 2 || strings.Count(audit, "sign-in-saved") != 2 {
		t.Errorf("the audit:\n%s", audit)
	}
}

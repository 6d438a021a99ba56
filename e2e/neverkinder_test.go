package e2e

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// signedBy is a client certificate under the CA of a rehearsal, as files; edit changes its template.
func (h rehearsalLine) signedBy(t testing.TB, ed bool, edit func(template, ca *x509.Certificate)) (cert, key string) {
	t.Helper()
	block := func(path string) []byte {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := pem.Decode(raw)
		return b.Bytes
	}
	ca, err := x509.ParseCertificate(block(h.CA))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := x509.ParsePKCS8PrivateKey(block(h.CAKey))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "worker"}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	edit(template, ca)
	var public, private any
	if ed {
		public, private, err = ed25519.GenerateKey(rand.Reader)
	} else {
		k, e := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		public, private, err = &k.PublicKey, k, e
	}
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, public, signer)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "client.pem"), filepath.Join(dir, "client.key")
	for path, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// inPython is what the official Python SDK meets with each namespace and pair, one a line.
func inPython(t testing.TB, h rehearsalLine, lines []string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, pythonTool(t, "python"), "testdata/neverkinder/connect.py")
	cmd.Env, cmd.Stdin = cleanEnv("ADDRESS="+h.Address, "SERVER_ROOT="+h.ServerRoot), strings.NewReader(strings.Join(lines, "\n"))
	raw, _ := cmd.Output() // it may die at its end
	var out []string
	for s := bufio.NewScanner(strings.NewReader(string(raw))); s.Scan(); {
		var one string
		if err := json.Unmarshal(s.Bytes(), &one); err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		out = append(out, one)
	}
	if len(out) != len(lines) {
		t.Fatalf("%d answers to %d connections\n%s", len(out), len(lines), raw)
	}
	return out
}

// TestStrictCertificates: client certificates that break what Temporal Cloud's documentation calls a must are refused in
// the handshake, to the official Python SDK and CLI; with --client-certificates lenient they are let in. The doctor names
// each either way.
func TestStrictCertificates(t *testing.T) {
	strict, _ := hold(t)
	lenient, _ := hold(t, "--client-certificates", "lenient")
	kinds := []struct {
		name, code string
		ed         bool
		edit       func(template, ca *x509.Certificate)
		good       bool
	}{
		{name: "as it should be", code: "OK", good: true, edit: func(*x509.Certificate, *x509.Certificate) {}},
		{name: "no keyUsage, as tcld issues it", code: "OK", good: true, edit: func(c, _ *x509.Certificate) { c.KeyUsage, c.ExtKeyUsage = 0, nil }},
		{name: "keyEncipherment only", code: "CH-16", edit: func(c, _ *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }},
		{name: "the CA's name", code: "CH-20", edit: func(c, ca *x509.Certificate) { c.Subject = ca.Subject }},
		{name: "CA:true", code: "CH-18", edit: func(c, _ *x509.Certificate) { c.IsCA, c.KeyUsage = true, c.KeyUsage|x509.KeyUsageCertSign }},
		{name: "Ed25519", code: "CH-25", ed: true, edit: func(*x509.Certificate, *x509.Certificate) {}},
	}
	for where, h := range map[string]rehearsalLine{"strict": strict, "lenient": lenient} {
		t.Run(where, func(t *testing.T) {
			var lines []string
			pairs := map[string][2]string{}
			for _, k := range kinds {
				cert, key := h.signedBy(t, k.ed, k.edit)
				pairs[k.name] = [2]string{cert, key}
				lines = append(lines, h.Namespace+" "+cert+" "+key)
			}
			got := inPython(t, h, lines)
			for i, k := range kinds {
				if in := got[i] == "in"; in != (k.good || where == "lenient") {
					t.Errorf("Python, %s: %s", k.name, got[i])
				}
				at := []string{"--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", pairs[k.name][0], "--tls-key-path", pairs[k.name][1], "--tls-ca-path", h.ServerRoot}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				cli := runCommand(t, ctx, "", cleanEnv(), pythonTool(t, "temporal"), append([]string{"workflow", "count"}, at...)...)
				cancel()
				if in := cli.code == 0; in != (k.good || where == "lenient") {
					t.Errorf("the CLI, %s: exit %d\n%s", k.name, cli.code, cli.err)
				}
				r, a := checkJSON(t, cleanEnv(), at...)
				want := k.code
				if where == "lenient" && want == "CH-18" { // a warning where it is let in
					want = "OK"
				}
				if r.Verdict.Code != want {
					t.Errorf("the check, %s: %s (%s), want %s\n%s", k.name, r.Verdict.Code, r.Verdict.Level, want, a.out)
				}
			}
		})
	}
}

// TestOneNamespaceAConnection: over localhost a namespace is judged as by its own endpoint, whose name the first line
// says: a wrong one and an unknown one are answered as in Temporal Cloud, to the official SDK and CLI.
func TestOneNamespaceAConnection(t *testing.T) {
	h, _ := hold(t)
	if h.ServerName != h.Namespace+".tmprl.cloud" {
		t.Errorf("server_name is %q", h.ServerName)
	}
	got := inPython(t, h, []string{h.Namespace + " " + h.Cert + " " + h.Key, "nobody.a2dd6 " + h.Cert + " " + h.Key, "default " + h.Cert + " " + h.Key})
	for i, want := range []string{"in", "PERMISSION_DENIED: Request unauthorized.", "PERMISSION_DENIED: Request unauthorized."} {
		if got[i] != want {
			t.Errorf("Python: %s, want %s", got[i], want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, serverName := range []string{"localhost", h.ServerName} {
		for ns, want := range map[string]string{h.Namespace: "", "nobody.a2dd6": "Request unauthorized."} {
			a := runCommand(t, ctx, "", cleanEnv(), pythonTool(t, "temporal"), "workflow", "count", "--address", h.Address, "--namespace", ns, "--tls-cert-path", h.Cert, "--tls-key-path", h.Key,
				"--tls-ca-path", h.ServerRoot, "--tls-server-name", serverName)
			if (a.code == 0) != (want == "") || !strings.Contains(a.err, want) {
				t.Errorf("the CLI, %s as %s: exit %d, %s", ns, serverName, a.code, a.err)
			}
		}
	}
}

// TestDocumentedAPIKeyCode: Temporal's documented code for API keys works as it stands, in TypeScript too: an address, a
// namespace and a key, and no server name.
func TestDocumentedAPIKeyCode(t *testing.T) {
	h, _ := hold(t, "--auth", "api-key")
	key, err := os.ReadFile(h.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	linkNodeModules(t, dir)
	code, err := os.ReadFile("testdata/neverkinder/documented.mjs")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "documented.mjs"), code, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	env := cleanEnv(append(h.trust(), "ADDRESS="+h.Address, "NAMESPACE="+h.Namespace, "API_KEY="+string(key))...)
	a := runCommand(t, ctx, dir, env, "node", "documented.mjs")
	if a.code != 0 || !strings.Contains(a.out, "client: 0 workflows") || !strings.Contains(a.out, "worker: connected") {
		t.Errorf("exit %d\n%s\n%s", a.code, a.out, a.err)
	}
	cli := runCommand(t, ctx, "", env, pythonTool(t, "temporal"), "workflow", "count", "--address", h.Address, "--namespace", h.Namespace, "--api-key", string(key))
	if cli.code != 0 {
		t.Errorf("the CLI: exit %d\n%s", cli.code, cli.err)
	}
	if other := runCommand(t, ctx, "", env, pythonTool(t, "temporal"), "workflow", "count", "--address", h.Address, "--namespace", "nobody.a2dd6", "--api-key", string(key)); other.code == 0 || !strings.Contains(other.err, "Request unauthorized") {
		t.Errorf("the CLI, another namespace: exit %d\n%s", other.code, other.err)
	}
}

// TestLimitsByTheCLI: what a namespace may do in a second is bounded as in Temporal Cloud, and can be set.
func TestLimitsByTheCLI(t *testing.T) {
	h, _ := hold(t, "--visibility-limit", "2", "--actions-limit", "0")
	c := h.dial(t)
	refused := 0
	for range 10 { // SDKs try again what is ResourceExhausted; the CLI's own connection is not needed for that
		_, err := c.WorkflowService().CountWorkflowExecutions(t.Context(), countRequest(h.Namespace))
		if err != nil {
			refused++
			if !strings.Contains(err.Error(), "namespace rate limit exceeded") {
				t.Errorf("refused with %v", err)
			}
		}
	}
	if refused < 6 {
		t.Errorf("%d of 10 were refused", refused)
	}
	for _, args := range [][]string{{"--actions-limit", "many"}, {"--visibility-limit", "-3"}, {"--client-certificates", "kind"}} {
		if a := run(t, cleanEnv(), append([]string{"rehearse"}, args...)...); a.code != 2 {
			t.Errorf("%v: exit %d", args, a.code)
		}
	}
}

func countRequest(ns string) *workflowservice.CountWorkflowExecutionsRequest {
	return &workflowservice.CountWorkflowExecutionsRequest{Namespace: ns}
}

// TestSearchAttributeFlag: a search attribute that rehearse makes is there for the Go SDK and the CLI, and one that is
// not is refused; what the rehearsal's database has no room for is said.
func TestSearchAttributeFlag(t *testing.T) {
	h, _ := hold(t, "--search-attribute", "Customer=Keyword", "--search-attribute", "Amount=Int", "--retention", "30", "--visibility-limit", "0")
	c := h.dial(t)
	customer := temporal.NewSearchAttributeKeyKeyword("Customer")
	if _, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "go", TaskQueue: "nobody", TypedSearchAttributes: temporal.NewSearchAttributes(customer.ValueSet("c-1"))}, "Transfer"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "none", TaskQueue: "nobody", TypedSearchAttributes: temporal.NewSearchAttributes(temporal.NewSearchAttributeKeyKeyword("Nobody").ValueSet("x"))}, "Transfer"); err == nil {
		t.Error("an attribute that is not there is taken")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cli := func(args ...string) answer {
		return runCommand(t, ctx, "", cleanEnv(), pythonTool(t, "temporal"), append(args, "--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert, "--tls-key-path", h.Key, "--tls-ca-path", h.ServerRoot)...)
	}
	if a := cli("workflow", "start", "--type", "Transfer", "--task-queue", "nobody", "--workflow-id", "cli", "--search-attribute", `Customer="c-1"`, "--search-attribute", "Amount=7"); a.code != 0 {
		t.Fatalf("exit %d\n%s", a.code, a.err)
	}
	within(t, "both are found", func() bool {
		a := cli("workflow", "count", "--query", "Customer = 'c-1'")
		return a.code == 0 && strings.Contains(a.out, "2")
	})
	d, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: h.Namespace})
	if err != nil || d.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() != 30*24*time.Hour {
		t.Errorf("retention: %v, %v", d.GetConfig(), err)
	}
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"--search-attribute", "Customer"}, "NAME=Type"},
		{[]string{"--search-attribute", "Customer=Bogus"}, "--search-attribute: "},
		{[]string{"--search-attribute", "Customer=Float"}, "KeywordList"},
		{[]string{"--search-attribute", "WorkflowId=Keyword"}, "--search-attribute: “WorkflowId” is reserved"},
		{[]string{"--search-attribute", "A=Keyword", "--search-attribute", "A=Int"}, "--search-attribute: “A” is given twice, as Keyword and as Int"},
		{[]string{"--search-attribute", "A=Int", "--search-attribute", "B=Int", "--search-attribute", "C=Int", "--search-attribute", "D=Int"}, "fewer than Temporal Cloud"},
		{[]string{"--retention", "91"}, "1 to 90"},
	} {
		if a := run(t, cleanEnv(), append([]string{"rehearse"}, tt.args...)...); a.code == 0 || !strings.Contains(a.err, tt.says) {
			t.Errorf("%v: exit %d, want %q\n%s", tt.args, a.code, tt.says, a.err)
		}
	}
}

// TestStrictnessOnThePage: the rehearsal's page lets certificates that break a documented must in, and refuses them
// again; the official Python SDK sees both, and the audit has both.
func TestStrictnessOnThePage(t *testing.T) {
	p := openPortalAtHome(t)
	v := visit(t, p.url)
	_, address := strictMove(t, v)
	dir := t.TempDir()
	for _, args := range [][]string{{"cert", "ca", "--out", dir, "--cn", "Page CA", "--org", "e2e"}} {
		if a := run(t, cleanEnv(), args...); a.code != 0 {
			t.Fatalf("%v: %d\n%s", args, a.code, a.err)
		}
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	v.form("/cloud/strict.f45a2", "ca_bundle", string(ca)).ok(t, "its CA")
	h := rehearsalLine{Address: address, Namespace: "strict.f45a2", CA: filepath.Join(dir, "ca.pem"), CAKey: filepath.Join(dir, "ca.key"), ServerRoot: filepath.Join(p.data, "rehearsal-trust", "server-root.pem")}
	cert, key := h.signedBy(t, false, func(c, _ *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })
	line := []string{h.Namespace + " " + cert + " " + key}
	for _, how := range []string{"strict", "lenient", "strict"} {
		body := string(v.form("/rehearsal/strictness", "strictness", how).ok(t, how).body)
		if !strings.Contains(body, "How strictly client certificates are judged") {
			t.Errorf("the page does not offer it:\n%s", body)
		}
		if got := inPython(t, h, line)[0]; (got == "in") != (how == "lenient") {
			t.Errorf("%s: %s", how, got)
		}
	}
	if body := string(v.get("/audit.json").ok(t, "the audit").body); strings.Count(body, "rehearsal-strictness-saved") != 3 {
		t.Errorf("the audit:\n%s", body)
	}
}

// strictMove makes a rehearsal with a namespace, and returns where the rehearsal cloud listens.
func strictMove(t *testing.T, v *visitor) (path, address string) {
	t.Helper()
	made := v.form("/new", "name", "Strict", "lang", "go", "mode", "rehearsal", "auth", "mtls").ok(t, "a migration").path
	path = "/" + strings.Join(strings.Split(strings.Trim(made, "/"), "/")[:2], "/")
	v.form(path+"/namespace", "namespace", "strict.f45a2").ok(t, "its namespace")
	m := regexp.MustCompile(`localhost:\d+`).FindString(string(v.get("/rehearsal").ok(t, "the rehearsal").body))
	if m == "" {
		t.Fatal("the page shows no address")
	}
	return path, m
}

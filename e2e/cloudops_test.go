package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"go.temporal.io/cloud-sdk/cloudclient"
	"google.golang.org/protobuf/proto"
)

// opsLine is the first line of `rehearse --hold` with its control plane.
type opsLine struct {
	rehearsalLine
	Control struct {
		Address string
		APIKey  string `json:"api_key"`
		Env     map[string]string
	}
	dir string
}

// holdOps starts a rehearsal whose control plane is used.
func holdOps(t testing.TB, args ...string) (opsLine, *process) {
	t.Helper()
	dir := t.TempDir()
	p := start(t, "", cleanEnv(), program, append([]string{"rehearse", "--hold", "--out", dir, "--json"}, args...)...)
	var h opsLine
	if err := json.Unmarshal([]byte(p.line(`^\{.*\}$`)[0]), &h); err != nil || h.Control.Address == "" {
		t.Fatalf("the first line tells no control plane: %v\n%s", err, p.output())
	}
	h.dir = dir
	return h, p
}

// issued is a new CA with a client certificate, as files.
func issued(t testing.TB, name string) (ca, cert, key string) {
	t.Helper()
	dir := t.TempDir()
	for _, args := range [][]string{{"cert", "ca", "--out", dir, "--cn", name + " CA", "--org", "e2e"},
		{"cert", "leaf", "--ca", dir + "/ca.pem", "--ca-key", dir + "/ca.key", "--cn", name, "--out", dir}} {
		if a := run(t, cleanEnv(), args...); a.code != 0 {
			t.Fatalf("%v: %d\n%s", args, a.code, a.err)
		}
	}
	return dir + "/ca.pem", dir + "/client.pem", dir + "/client.key"
}

// TestCloudOpsPython: the official Python client drives the rehearsal's control plane, and what it changes holds at the
// door for the official SDK's worker.
func TestCloudOpsPython(t *testing.T) {
	h, _ := holdOps(t)
	caOne, certOne, keyOne := issued(t, "one")
	caTwo, certTwo, keyTwo := issued(t, "two")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a := runCommand(t, ctx, "", cleanEnv("ADDRESS="+h.Address, "CONTROL="+h.Control.Address, "OPS_KEY="+h.Control.APIKey, "SERVER_ROOT="+h.ServerRoot,
		"CA_ONE="+caOne, "CERT_ONE="+certOne, "KEY_ONE="+keyOne, "CA_TWO="+caTwo, "CERT_TWO="+certTwo, "KEY_TWO="+keyTwo),
		pythonTool(t, "python"), "testdata/cloudops/ops.py")
	if a.code != 0 && !diedAtItsEnd(a) {
		t.Fatalf("exit %d\n%s\n%s", a.code, a.out, a.err)
	}
	steps := map[string]map[string]any{}
	for s := bufio.NewScanner(strings.NewReader(a.out)); s.Scan(); {
		var one map[string]any
		if err := json.Unmarshal(s.Bytes(), &one); err != nil {
			t.Fatalf("%v\n%s", err, a.out)
		}
		steps[one["step"].(string)] = one
	}
	const done, good = "STATE_FULFILLED", "transferred 250"
	for step, want := range map[string][2]string{
		"create": {"ended", done}, "add CA": {"ended", done}, "replace CA": {"ended", done}, "filter": {"ended", done}, "API keys": {"ended", done}, "delete": {"ended", done},
		"worker, first CA": {"result", good}, "worker, second CA": {"result", good}, "worker, WRITE key": {"result", good},
		"worker, second CA before it is added": {"result", "refused: "}, "worker, removed CA": {"result", "refused: "},
		"worker, no filter matches": {"result", "refused: "}, "worker, READ key": {"result", "refused: "},
		"poll, READ key": {"result", "refused: PERMISSION_DENIED"}, "poll, WRITE key": {"result", "polled"},
		"the same again": {"text", "nothing to change"}, "whoami": {"email", "owner@a2dd6.rehearsal.invalid"},
	} {
		if got, _ := steps[step][want[0]].(string); !strings.HasPrefix(got, want[1]) {
			t.Errorf("%s: %v, want %s", step, steps[step], want[1])
		}
	}
	if names, _ := steps["list"]["names"].([]any); len(names) != 1 || names[0] != h.Namespace {
		t.Errorf("list: %v", steps["list"])
	}
}

// opsClient is the official Go client with the owner's key.
func opsClient(t testing.TB, h opsLine) cloudservice.CloudServiceClient {
	t.Helper()
	key, err := os.ReadFile(h.Control.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(h.ServerRoot)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(root)
	c, err := cloudclient.New(cloudclient.Options{APIKey: strings.TrimSpace(string(key)), HostPort: h.Control.Address, TLSConfig: &tls.Config{RootCAs: pool}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.CloudService()
}

// fulfilled waits for an operation.
func fulfilled(t testing.TB, c cloudservice.CloudServiceClient, op *opspb.AsyncOperation) {
	t.Helper()
	within(t, "the operation ends well", func() bool {
		got, err := c.GetAsyncOperation(t.Context(), &cloudservice.GetAsyncOperationRequest{AsyncOperationId: op.GetId()})
		if err != nil {
			t.Fatal(err)
		}
		return got.GetAsyncOperation().GetState() == opspb.AsyncOperation_STATE_FULFILLED
	})
}

// ops runs `onramp cloud` against a rehearsal, noting its operations in data.
func (h opsLine) ops(t testing.TB, data string, args ...string) answer {
	t.Helper()
	return run(t, h.opsEnv(data), append([]string{"cloud"}, args...)...)
}

func (h opsLine) opsEnv(data string) []string {
	return cleanEnv("TEMPORAL_CLOUD_API_SERVER="+h.Control.Address, "TEMPORAL_CLOUD_API_KEY="+h.Control.Env["TEMPORAL_CLOUD_API_KEY"], "ONRAMP_DATA="+data, "SSL_CERT_FILE="+h.ServerRoot)
}

// change is the JSON of a change.
type cloudChange struct {
	Namespace string
	Diff      []string
	Operation *struct{ ID, State string }
	Resumed   *struct{ ID, State string }
	Applied   bool
	Fault     *struct{ Title, Cause, Fix string }
}

func cloudChanged(t testing.TB, a answer, code int) (c cloudChange) {
	t.Helper()
	if a.code != code {
		t.Fatalf("exit %d, want %d\n%s\n%s", a.code, code, a.out, a.err)
	}
	if err := json.Unmarshal([]byte(a.out), &c); err != nil {
		t.Fatalf("%v\n%s", err, a.out)
	}
	return c
}

// TestCloudOpsTwoAdmins: one admin with the official Go client and fields that Onramp's pages do not show, one with onramp
// cloud: neither overwrites the other's change.
func TestCloudOpsTwoAdmins(t *testing.T) {
	h, _ := holdOps(t)
	c := opsClient(t, h)
	get := func() *nspb.Namespace {
		out, err := c.GetNamespace(t.Context(), &cloudservice.GetNamespaceRequest{Namespace: h.Namespace})
		if err != nil {
			t.Fatal(err)
		}
		return out.GetNamespace()
	}
	n := get()
	spec := proto.CloneOf(n.GetSpec())
	spec.Description, spec.HighAvailability = "payments of the north", &nspb.HighAvailabilitySpec{DisableManagedFailover: true}
	spec.ProtoReflect().SetUnknown([]byte{0xf2, 0x06, 3, 'n', 'e', 'w'}) // field 110, which no version knows
	out, err := c.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: h.Namespace, Spec: spec, ResourceVersion: n.GetResourceVersion()})
	if err != nil {
		t.Fatal(err)
	}
	fulfilled(t, c, out.GetAsyncOperation())
	ca, _, _ := issued(t, "two")
	if got := cloudChanged(t, h.ops(t, t.TempDir(), "ca", "add", h.Namespace, ca, "--yes", "--json"), 0); !got.Applied || len(got.Diff) != 1 {
		t.Errorf("%+v", got)
	}
	after := get().GetSpec()
	if after.GetDescription() != spec.GetDescription() || !after.GetHighAvailability().GetDisableManagedFailover() || !bytes.Equal(after.ProtoReflect().GetUnknown(), spec.ProtoReflect().GetUnknown()) {
		t.Errorf("a field is lost: %v", after)
	}
	if bytes.Count(after.GetMtlsAuth().GetAcceptedClientCa(), []byte("BEGIN CERTIFICATE")) != 2 {
		t.Error("the bundle has not both CAs")
	}
	// A second admin changes it between difference and answer: nothing is overwritten, and the first is told what changed.
	other, _, _ := issued(t, "three")
	asking, answerTo := startAsking(t, h, "cloud", "ca", "add", h.Namespace, other)
	n = get()
	spec = proto.CloneOf(n.GetSpec())
	spec.RetentionDays = 9
	if out, err = c.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: h.Namespace, Spec: spec, ResourceVersion: n.GetResourceVersion()}); err != nil {
		t.Fatal(err)
	}
	fulfilled(t, c, out.GetAsyncOperation())
	answerTo("y\n")
	select {
	case <-asking.ended:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	if code := asking.cmd.ProcessState.ExitCode(); code != 14 || !strings.Contains(asking.output(), "retention 3 → 9 days") {
		t.Errorf("exit %d\n%s", code, asking.output())
	}
	if got := get().GetSpec(); got.GetRetentionDays() != 9 || bytes.Count(got.GetMtlsAuth().GetAcceptedClientCa(), []byte("BEGIN CERTIFICATE")) != 2 {
		t.Errorf("overwritten: %v", got)
	}
}

// startAsking starts a command that has asked, and returns how to answer it.
func startAsking(t testing.TB, h opsLine, args ...string) (*process, func(string)) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := startWith(t, h.opsEnv(t.TempDir()), r, args...)
	within(t, "it asks", func() bool { return strings.Contains(p.output(), "+ CA certificate") })
	return p, func(s string) {
		if _, err := w.WriteString(s); err != nil {
			t.Error(err)
		}
		w.Close()
	}
}

// TestCloudOpsKilled: kill -9 at every point between plan, call and end. The same command again brings it to its end: one
// change, made once.
func TestCloudOpsKilled(t *testing.T) {
	h, _ := holdOps(t)
	c := opsClient(t, h)
	certificates := func() int {
		out, err := c.GetNamespace(t.Context(), &cloudservice.GetNamespaceRequest{Namespace: h.Namespace})
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(out.GetNamespace().GetSpec().GetMtlsAuth().GetAcceptedClientCa(), []byte("BEGIN CERTIFICATE"))
	}
	have := certificates()
	for name, until := range map[string]func(p *process, data string) bool{
		"at the difference": func(p *process, _ string) bool { return strings.Contains(p.output(), "+ CA certificate") },
		"noted, about to be sent": func(_ *process, data string) bool {
			files, _ := filepath.Glob(filepath.Join(data, "cloud-operations", "*.json"))
			return len(files) == 1
		},
		"under way": func(p *process, _ string) bool { return strings.Contains(p.output(), ": running") },
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			ca, _, _ := issued(t, strings.Fields(name)[0])
			args := []string{"cloud", "ca", "add", h.Namespace, ca, "--yes"}
			p := start(t, "", h.opsEnv(data), program, args...)
			for !until(p, data) {
				select {
				case <-p.ended:
					t.Fatalf("it ended before it was killed\n%s", p.output())
				default:
				}
			}
			p.kill()
			cloudChanged(t, run(t, h.opsEnv(data), append(args, "--json")...), 0)
			have++
			if got := certificates(); got != have {
				t.Errorf("%d certificates, want %d", got, have)
			}
			if left, _ := filepath.Glob(filepath.Join(data, "cloud-operations", "*.json")); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestCloudOpsWorker: onramp cloud from an empty account to a transfer: a namespace, its CA, a client certificate that
// works, another CA, the first one removed.
func TestCloudOpsWorker(t *testing.T) {
	h, _ := holdOps(t)
	data := t.TempDir()
	ca, cert, key := issued(t, "one")
	made := cloudChanged(t, h.ops(t, data, "create", "north", "--region", "aws-us-east-1", "--retention", "7", "--ca", ca, "--yes", "--json"), 0)
	if made.Namespace != "north.a2dd6" || !made.Applied {
		t.Fatalf("%+v", made)
	}
	pay := func(cert, key string) answer {
		return run(t, cleanEnv(), "transfer", "--address", h.Address, "--namespace", made.Namespace, "--tls-cert-path", cert, "--tls-key-path", key,
			"--tls-ca-path", h.ServerRoot, "--tls-server-name", made.Namespace+".tmprl.cloud", "--json")
	}
	if a := pay(cert, key); a.code != 0 {
		t.Fatalf("exit %d\n%s", a.code, a.out)
	}
	again := cloudChanged(t, h.ops(t, data, "create", "north", "--region", "aws-us-east-1", "--retention", "7", "--ca", ca, "--yes", "--json"), 0)
	if len(again.Diff) != 0 {
		t.Errorf("made again: %+v", again)
	}
	ca2, cert2, key2 := issued(t, "two")
	cloudChanged(t, h.ops(t, data, "ca", "add", made.Namespace, ca2, "--yes", "--json"), 0)
	list := h.ops(t, data, "ca", "list", made.Namespace, "--json")
	var held struct {
		CAs []struct{ Subject, SHA1, SHA256 string } `json:"ca_certificates"`
	}
	if err := json.Unmarshal([]byte(list.out), &held); err != nil || len(held.CAs) != 2 {
		t.Fatalf("%v\n%s", err, list.out)
	}
	cloudChanged(t, h.ops(t, data, "ca", "remove", made.Namespace, "--fingerprint", held.CAs[0].SHA1, "--yes", "--json"), 0)
	if a := pay(cert2, key2); a.code != 0 {
		t.Errorf("the new certificate: exit %d\n%s", a.code, a.out)
	}
	if a := pay(cert, key); a.code != 13 {
		t.Errorf("the certificate of the removed CA: exit %d\n%s", a.code, a.out)
	}
	dry := cloudChanged(t, h.ops(t, data, "ca", "set", made.Namespace, ca, "--dry-run", "--json"), 0)
	if dry.Applied || len(dry.Diff) != 2 {
		t.Errorf("%+v", dry)
	}
}

// TestCloudOpsRefusals: exit codes and words of what is refused, and of operations that end otherwise. No key is anywhere.
func TestCloudOpsRefusals(t *testing.T) {
	h, _ := holdOps(t, "--operations", "rejected")
	key := h.Control.Env["TEMPORAL_CLOUD_API_KEY"]
	ca, _, _ := issued(t, "one")
	filters := filepath.Join(t.TempDir(), "filters.json")
	var many []string
	for range 26 {
		many = append(many, `{"commonName":"w`+string(rune('a'+len(many)))+`"}`)
	}
	if err := os.WriteFile(filters, []byte(`{"filters":[`+strings.Join(many, ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"an operation that is rejected", []string{"ca", "add", h.Namespace, ca, "--yes"}, 14, "rejected"},
		{"nobody answers", []string{"ca", "add", h.Namespace, ca}, 2, "--yes"},
		{"a CA's key", []string{"ca", "add", h.Namespace, h.CAKey, "--yes"}, 10, "key"},
		{"26 filters", []string{"filters", "set", h.Namespace, filters, "--yes"}, 10, "25"},
		{"an unknown type", []string{"attributes", "add", h.Namespace, "A=Float", "--yes"}, 10, "KeywordList"},
		{"a region without its provider", []string{"create", "x1", "--region", "us-east-1", "--auth", "api-key"}, 10, "aws-us-east-1"},
		{"a namespace that is not there", []string{"show", "nobody.a2dd6"}, 14, "namespaces"},
		{"no namespace", []string{"show"}, 2, "takes a Namespace ID"},
		{"a word that is no command", []string{"fly"}, 2, "unknown command cloud fly"},
		{"the key for the name of its file", []string{"whoami", "--api-key-path", key}, 13, "name of a file"},
		{"the key as the server", []string{"whoami", "--server", key}, 2, "secret"},
		{"a server that is not there", []string{"whoami", "--server", "127.0.0.1:" + closedPort(t)}, 11, "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := h.ops(t, data, c.args...)
			if a.code != c.code || !strings.Contains(a.out+a.err, c.says) {
				t.Errorf("exit %d, want %d with %q\n%s\n%s", a.code, c.code, c.says, a.out, a.err)
			}
			if strings.Contains(a.out+a.err, key) {
				t.Error("the key is shown")
			}
		})
	}
	bad := run(t, append(h.opsEnv(data), "TEMPORAL_CLOUD_API_KEY=nonsense"), "cloud", "whoami")
	if bad.code != 13 {
		t.Errorf("a wrong key: exit %d\n%s", bad.code, bad.err)
	}
	err := filepath.WalkDir(data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(key)) {
			t.Errorf("the key stands in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

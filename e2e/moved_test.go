package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestStuckElsewhere: a real worker that polls the right queue in the wrong place is named with that place: on the
// local server that nobody stopped (the official dev server), and in another namespace of the same account.
func TestStuckElsewhere(t *testing.T) {
	h, _ := hold(t)
	workers := stuckWorkers(t)
	stuckAt := func(t *testing.T, at rehearsalLine, template, code, place string, more ...string) {
		t.Helper()
		a := run(t, cleanEnv(), append([]string{"transfer", "--address", at.Address, "--namespace", at.Namespace, "--tls-cert-path", at.Cert, "--tls-key-path", at.Key,
			"--tls-ca-path", at.ServerRoot, "--worker", "own", "--template", template, "--patience", "3s", "--timeout", "90s", "--json"}, more...)...)
		events := transferEvents(t, a.out)
		if len(events) == 0 {
			t.Fatalf("exit %d, and nothing is said\n%s", a.code, a.err)
		}
		v := events[len(events)-1].Verdict
		if a.code != 15 || v == nil || v.Code != code || v.Level != "certain" || !strings.Contains(v.Cause, place) || len(v.Fix) == 0 {
			t.Fatalf("exit %d, want 15 and %s at %s\n%s\n%s", a.code, code, place, a.out, a.err)
		}
		t.Logf("%s %s: %s %s", v.Code, v.Level, v.Title, v.Cause)
	}

	t.Run("still on the local server", func(t *testing.T) {
		local := devServer(t)
		for lang, worker := range workers {
			queue := "local-" + lang
			worker(t, rehearsalLine{Address: local, Namespace: "default"}, "nothing", queue)
			stuckAt(t, h, lang, "TQ-07", local, "--task-queue", queue, "--local-address", local)
		}
	})

	t.Run("in another namespace", func(t *testing.T) {
		p := openPortal(t, t.TempDir(), "127.0.0.1:0")
		v := visit(t, p.url)
		c := connect(t, v)
		other := v.form("/new", "name", "Other", "lang", "go", "mode", "rehearsal", "auth", "mtls").ok(t, "a second migration").path
		other = "/" + strings.Join(strings.Split(strings.Trim(other, "/"), "/")[:2], "/")
		v.form(other+"/namespace", "namespace", "orders.f45a2").ok(t, "its namespace")
		ca := v.get(c.m+"/certificates/ca.pem").ok(t, "the CA").body
		v.form("/cloud/orders.f45a2", "ca_bundle", string(ca), "m", strings.TrimPrefix(other, "/m/")).ok(t, "the same CA there")
		report := v.ended(v.upload(c.m+"/test", c.withKey()...).ok(t, "the check").path)
		at := rehearsalLine{Address: report["target"].(map[string]any)["address"].(string), Namespace: "docs-assembly.a2dd6", ServerRoot: filepath.Join(p.data, "rehearsal-trust", "trust.pem")}
		at.Cert, at.Key = filepath.Join(t.TempDir(), "client.pem"), filepath.Join(t.TempDir(), "client.key")
		for path, text := range map[string]string{at.Cert: c.cert, at.Key: c.key} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for lang, worker := range workers {
			queue := "moved-" + lang
			elsewhere := at
			elsewhere.Namespace = "orders.f45a2"
			worker(t, elsewhere, "nothing", queue)
			stuckAt(t, at, lang, "TQ-03", "orders.f45a2", "--task-queue", queue, "--other-namespace", "orders.f45a2")
		}
	})
}

// TestFollowSomebodyElses: a workflow that the official CLI started, and that is stuck, is followed by its pasted
// id: named while it is stuck, its run chosen by --run-id, and read by the page's own `temporal workflow show`.
func TestFollowSomebodyElses(t *testing.T) {
	h, _ := hold(t)
	workers := stuckWorkers(t)
	begin := func(id string) string {
		t.Helper()
		out := temporalCLI(t, h, "workflow", "start", "--type", "MoneyTransfer", "--task-queue", "others", "--workflow-id", id, "--output", "json")
		var started struct{ RunID string }
		if err := json.Unmarshal([]byte(out), &started); err != nil || started.RunID == "" {
			t.Fatalf("%v in %s", err, out)
		}
		return started.RunID
	}
	follow := func(more ...string) (answer, []transferEvent) {
		t.Helper()
		a := run(t, cleanEnv(), append([]string{"transfer", "--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert, "--tls-key-path", h.Key,
			"--tls-ca-path", h.ServerRoot, "--follow", "--patience", "3s", "--timeout", "60s", "--json"}, more...)...)
		return a, transferEvents(t, a.out)
	}
	verdict := func(a answer, events []transferEvent, exit int, code string) {
		t.Helper()
		if v := events[len(events)-1].Verdict; a.code != exit || v == nil || v.Code != code {
			t.Errorf("exit %d, want %d and %s\n%s\n%s", a.code, exit, code, a.out, a.err)
		}
	}
	temporalCLI(t, h, "workflow", "start", "--type", "Nobody", "--task-queue", "nobody-there", "--workflow-id", "alone")
	a, events := follow("--workflow-id", "alone")
	verdict(a, events, 15, "TQ-01")
	workers["go"](t, h, "nothing", "others")
	temporalCLI(t, h, "workflow", "start", "--type", "Unknown", "--task-queue", "others", "--workflow-id", "unknown")
	a, events = follow("--workflow-id", "unknown")
	verdict(a, events, 15, "WF-01")
	temporalCLI(t, h, "workflow", "start", "--type", "MoneyTransfer", "--task-queue", "others", "--workflow-id", "keys", "--input", `"not an object"`)
	a, events = follow("--workflow-id", "keys")
	verdict(a, events, 15, "WF-14")
	if strings.Contains(a.out, `"event":"worker"`) {
		t.Errorf("who only follows starts a worker:\n%s", a.out)
	}
	a, events = follow("--workflow-id", "nothing-of-that-name")
	verdict(a, events, 15, "WF-19")
	if a = run(t, cleanEnv(), "transfer", "--address", h.Address, "--namespace", h.Namespace, "--follow"); a.code != 2 || a.out != "" {
		t.Errorf("--follow without an id: exit %d, want 2\n%s", a.code, a.out)
	}

	// Two runs of one id: the newest by default, the old one by its run id.
	first := begin("twice")
	temporalCLI(t, h, "workflow", "terminate", "--workflow-id", "twice", "--reason", "the first one")
	second := begin("twice")
	a, _ = follow("--workflow-id", "twice", "--run-id", first)
	if a.code != 15 || !strings.Contains(a.out, "WorkflowExecutionTerminated") || strings.Contains(a.out, second) {
		t.Errorf("--run-id: exit %d\n%s", a.code, a.out)
	}
	temporalCLI(t, h, "workflow", "terminate", "--workflow-id", "twice", "--reason", "the second one")
	a, _ = follow("--workflow-id", "twice")
	if !strings.Contains(a.out, second) || strings.Contains(a.out, first) || !strings.Contains(a.out, "the second one") {
		t.Errorf("without --run-id: exit %d\n%s", a.code, a.out)
	}
}

// TestShowCommand: the command that a transfer's page gives to read the workflow with the Temporal CLI reads it.
func TestShowCommand(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	c := connect(t, v)
	run := v.upload(c.m+"/transfer", c.transfer("success", "shown")...).ok(t, "a transfer").path
	v.ended(run)
	b := openBrowser(t, true, 1280, 900)
	b.open(p.url + run)
	b.openDetails("show")
	command := b.commandOf("show-cli")
	home := t.TempDir()
	for name, text := range map[string]string{"client.pem": c.cert, "client.key": c.key} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.HasPrefix(command, "temporal workflow show ") || regexp.MustCompile(`--follow\b`).MatchString(command) {
		t.Fatalf("the command is %q", command)
	}
	a := runCommand(t, t.Context(), home, cleanEnv("PATH="+filepath.Dir(pythonTool(t, "temporal"))+":"+os.Getenv("PATH")), "bash", "-c", command)
	if a.code != 0 || !strings.Contains(a.out, "WorkflowExecutionCompleted") {
		t.Errorf("exit %d of %s\n%s\n%s", a.code, command, a.out, a.err)
	}
}

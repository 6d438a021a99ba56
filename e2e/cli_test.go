package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// report is what `onramp check --json` prints: scripts rely on it.
type report struct {
	Schema string
	Target struct {
		Address, Namespace string
		ServerName         string `json:"server_name"`
		Auth               string
		Normalised         []struct{ Field, From, To, Code string }
	}
	Verdict struct {
		Code, Level, Stage, Title, Cause string
		NotWrong                         string `json:"not_wrong"`
		Fix                              []struct{ Who, Text, Command string }
		Candidates                       []struct{ Code, Why string }
	}
	Stages []struct {
		ID, Status, Summary string
		MS                  *float64
		Evidence            map[string]any
		Findings            []string
	}
	TestedFrom string `json:"tested_from"`
	Rules      string
	TookMS     float64 `json:"took_ms"`
}

func checkJSON(t *testing.T, env []string, args ...string) (report, answer) {
	t.Helper()
	a := run(t, env, append(append([]string{"check"}, args...), "--json")...)
	var r report
	if err := json.Unmarshal([]byte(a.out), &r); err != nil {
		t.Fatalf("onramp check %s: not one JSON value on stdout: %v\n%s\n%s", strings.Join(args, " "), err, a.out, a.err)
	}
	return r, a
}

// TestRehearse: the whole way with no account, six steps with times, exit 0.
func TestRehearse(t *testing.T) {
	a := run(t, cleanEnv(), "rehearse")
	if a.code != 0 {
		t.Fatalf("exit %d\n%s\n%s", a.code, a.out, a.err)
	}
	for i, step := range []string{"Namespace", "Certificates", "CA upload", "Connection", "Worker", "Transfer"} {
		re := regexp.MustCompile(`(?m)^` + string(rune('1'+i)) + `  ` + step + ` +[0-9.]+ (ms|s) `)
		if !re.MatchString(a.out) {
			t.Errorf("no line for step %d %s with its time in:\n%s", i+1, step, a.out)
		}
	}
	if l := lastLine(a.out); !strings.Contains(l, "completed") {
		t.Errorf("last line %q does not say that the transfer completed", l)
	}
}

// placeholder is a name in braces that should have become the user's value.
var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// TestCheckContract: a healthy endpoint and the faults a newcomer meets, against the real server, through
// the command line: verdict, level, stage and exit code.
func TestCheckContract(t *testing.T) {
	h, _ := hold(t)
	other, _ := hold(t, "--namespace", "orders.f45a2")
	good := map[string]string{"--address": h.Address, "--namespace": h.Namespace, "--tls-cert-path": h.Cert, "--tls-key-path": h.Key, "--tls-ca-path": h.ServerRoot}
	_, port, _ := net.SplitHostPort(h.Address)
	closed := closedPort(t)
	plaintext := devServer(t)
	for _, tt := range []struct {
		name               string
		with               map[string]string // changed flags; "" takes the flag away
		env                []string
		code, level, stage string
		exit               int
	}{
		{name: "healthy", code: "OK", level: "certain", exit: 0},
		{name: "healthy, trusting through the environment", with: map[string]string{"--tls-ca-path": ""}, env: h.trust(), code: "OK", level: "certain", exit: 0},
		{name: "healthy, by server name", with: map[string]string{"--tls-server-name": h.Namespace + ".tmprl.cloud"}, code: "OK", level: "certain", exit: 0},
		{name: "a URL for an address is repaired", with: map[string]string{"--address": "https://" + h.Address + "/"}, code: "OK", level: "certain", exit: 0},
		{name: "fields swapped are swapped back", with: map[string]string{"--tls-cert-path": h.Key, "--tls-key-path": h.Cert}, code: "OK", level: "certain", exit: 0},
		{name: "key of another pair", with: map[string]string{"--tls-key-path": other.Key}, code: "KP-06", level: "certain", stage: "pair", exit: 10},
		{name: "no file", with: map[string]string{"--tls-cert-path": h.Cert + ".missing"}, code: "KP-35", level: "certain", stage: "input", exit: 10},
		{name: "nothing listens", with: map[string]string{"--address": "127.0.0.1:" + closed}, code: "TC-01", level: "certain", stage: "tcp", exit: 11},
		{name: "no such name", with: map[string]string{"--address": "nobody.invalid:" + port}, code: "DN-01", stage: "dns", exit: 11},
		{name: "a local server without TLS", with: map[string]string{"--address": plaintext}, code: "PR-01", level: "certain", stage: "tls", exit: 12},
		{name: "own CA as the server's root", with: map[string]string{"--tls-ca-path": h.CA}, code: "SV-01", stage: "tls", exit: 12},
		{name: "no client certificate", with: map[string]string{"--tls-cert-path": "", "--tls-key-path": ""}, code: "CL-01", level: "certain", stage: "client-cert", exit: 13},
		{name: "certificate of a CA that was not uploaded", with: map[string]string{"--tls-cert-path": other.Cert, "--tls-key-path": other.Key}, code: "CL-03", stage: "client-cert", exit: 13},
		{name: "no such namespace", with: map[string]string{"--namespace": "nobody.a2dd6"}, code: "NS-01", level: "likely", stage: "namespace", exit: 14},
		{name: "no worker", with: map[string]string{"--task-queue": "TRANSFER_MONEY_TASK_QUEUE"}, code: "TQ-01", level: "certain", stage: "task-queue", exit: 15},
		{name: "namespace without its account", with: map[string]string{"--namespace": "docs-assembly"}, code: "IN-11", level: "likely", stage: "namespace", exit: 14},
		{name: "namespace without its account, which the host carries", with: map[string]string{"--address": "docs-assembly.a2dd6.tmprl.cloud:7233", "--namespace": "docs-assembly"}, code: "IN-11", level: "certain", stage: "input", exit: 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var args []string
			for flag, v := range good {
				if w, changed := tt.with[flag]; changed {
					v = w
				}
				if v != "" {
					args = append(args, flag, v)
				}
			}
			for flag, v := range tt.with {
				if _, known := good[flag]; !known {
					args = append(args, flag, v)
				}
			}
			r, a := checkJSON(t, cleanEnv(tt.env...), args...)
			if r.Verdict.Code != tt.code || a.code != tt.exit || (tt.level != "" && r.Verdict.Level != tt.level) || (tt.stage != "" && r.Verdict.Stage != tt.stage) {
				t.Errorf("verdict %s %s at %s, exit %d; want %s %s at %s, exit %d\n%s", r.Verdict.Code, r.Verdict.Level, r.Verdict.Stage, a.code, tt.code, tt.level, tt.stage, tt.exit, a.out)
			}
			if r.Schema != "onramp.check/1" || r.Rules == "" || r.TestedFrom == "" || len(r.Stages) != 10 {
				t.Errorf("schema %q, rules %q, tested from %q, %d stages", r.Schema, r.Rules, r.TestedFrom, len(r.Stages))
			}
			if tt.code != "OK" && (r.Verdict.Title == "" || r.Verdict.Cause == "" || r.Verdict.NotWrong == "" || len(r.Verdict.Fix) == 0) {
				t.Errorf("the verdict leaves something unsaid: %+v", r.Verdict)
			}
			if left := placeholder.FindString(a.out); left != "" {
				t.Errorf("a placeholder was not filled: %s", left)
			}
			for _, s := range r.Stages {
				if s.Findings == nil || s.Evidence == nil || s.MS == nil || !strings.Contains("pass warn fail skip not-reached", s.Status) {
					t.Errorf("stage %s: status %q, findings %v, evidence %v", s.ID, s.Status, s.Findings, s.Evidence)
				}
			}
			if key, err := os.ReadFile(h.Key); err != nil || strings.Contains(a.out+a.err, strings.Split(string(key), "\n")[1]) {
				t.Errorf("the output holds the private key (%v)", err)
			}
		})
	}
}

var givenPorts sync.Map

// closedPort is a port on which nothing listens and that nobody else gets by chance: it lies below those that the
// system gives away, to listeners on port 0 and to connections.
func closedPort(t testing.TB) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(12_000 + rand.IntN(18_000))
		if _, given := givenPorts.LoadOrStore(port, true); given {
			continue
		}
		if ln, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			ln.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// devServer starts the official dev server, without TLS and without its UI, and returns its address once it has its
// namespace.
func devServer(t testing.TB, more ...string) string {
	t.Helper()
	port := closedPort(t)
	s := start(t, "", cleanEnv(), pythonTool(t, "temporal"), append([]string{"server", "start-dev", "--headless", "--port", port, "--log-level", "error"}, more...)...)
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:" + port, Logger: quietLog})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	within(t, "the dev server has its namespace", func() bool {
		select {
		case <-s.ended:
			t.Fatalf("the dev server ended:\n%s", s.output())
		default:
		}
		_, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
		return err == nil
	})
	return "127.0.0.1:" + port
}

// TestHoldFiles: keys are written for their owner only, and a second run replaces them as a whole.
func TestHoldFiles(t *testing.T) {
	h, p := hold(t)
	for file, mode := range map[string]os.FileMode{h.CA: 0o644, h.Cert: 0o644, h.Key: 0o600, h.CAKey: 0o600, h.ServerRoot: 0o644} {
		st, err := os.Stat(file)
		if err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s: %v %v, want mode %v", filepath.Base(file), st.Mode().Perm(), err, mode)
		}
	}
	if h.Schema != "onramp.rehearsal/1" || h.Namespace != "docs-assembly.a2dd6" || len(h.TrustEnv) != 4 {
		t.Errorf("first line: %+v", h)
	}
	if code, took := p.stop(); code != 0 || took > 10*time.Second {
		t.Errorf("SIGTERM: exit %d after %s, want 0", code, took)
	}
}

// TestSettings: every wrong setting is reported, in one go, with its name; nothing is started.
func TestSettings(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  []string
		args []string
		exit int
		says []string
	}{
		{name: "all at once", args: []string{"serve", "--addr", "nonsense", "--rehearsal", "maybe", "--colour", "--log-level", "loud"}, exit: 2,
			says: []string{"--addr", "--rehearsal", "--colour", "--log-level"}},
		{name: "beyond loopback", args: []string{"serve", "--addr", "0.0.0.0:8686"}, exit: 2, says: []string{"TLS", "sign-in"}},
		{name: "beyond loopback by environment", env: []string{"ONRAMP_ADDR=192.0.2.1:80"}, exit: 2, says: []string{"192.0.2.1:80", "TLS", "sign-in"}},
		{name: "a flag wins over the environment", env: []string{"ONRAMP_LANG=klingon"}, args: []string{"code", "--lang", "python", "--namespace", "a1.b2c3d"}, exit: 0},
		{name: "unknown command", args: []string{"migrate"}, exit: 2, says: []string{"migrate", "onramp --help"}},
		{name: "hold without a directory", args: []string{"rehearse", "--hold"}, exit: 2, says: []string{"--out"}},
		{name: "unknown language", args: []string{"code", "--lang", "klingon", "--namespace", "a1.b2c3d"}, exit: 2, says: []string{"--lang", "klingon"}},
		{name: "namespace that does not parse", args: []string{"code", "--lang", "python", "--namespace", "no_pe"}, exit: 2, says: []string{"--namespace"}},
		{name: "transfer of nothing", args: []string{"transfer", "--amount", "-5", "--scenario", "heist"}, exit: 2, says: []string{"--scenario"}},
		{name: "help", args: []string{"check", "--help"}, exit: 0},
		{name: "version", args: []string{"version"}, exit: 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := run(t, cleanEnv(tt.env...), tt.args...)
			if a.code != tt.exit {
				t.Fatalf("exit %d, want %d\n%s\n%s", a.code, tt.exit, a.out, a.err)
			}
			for _, s := range tt.says {
				if !strings.Contains(a.err, s) {
					t.Errorf("stderr does not name %q:\n%s", s, a.err)
				}
			}
		})
	}
}

// TestFilesThatCannotBeRead: a missing file and a pipe that nobody writes to are named (KP-35, exit 10) by check
// and by transfer, in good time, and nothing is started.
func TestFilesThatCannotBeRead(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{pipe, pipe + ".missing"} {
		for _, command := range []string{"check", "transfer"} {
			t.Run(command+" "+filepath.Base(file), func(t *testing.T) {
				t.Parallel() // they wait for the pipe
				a := run(t, cleanEnv(), command, "--address", "127.0.0.1:1", "--namespace", "docs-assembly.a2dd6", "--tls-cert-path", file, "--tls-key-path", file, "--json")
				if a.code != 10 || !strings.Contains(a.out, `"KP-35"`) || !strings.Contains(a.out, filepath.Base(file)) {
					t.Errorf("exit %d, want 10 and KP-35\n%s%s", a.code, a.out, a.err)
				}
			})
		}
	}
}

// TestServeStops: SIGTERM ends streams and drains; a port in use is said in one line.
func TestServeStops(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	if code, _ := p.get("/healthz"); code != 200 {
		t.Errorf("GET /healthz = %d", code)
	}
	busy := run(t, cleanEnv(), "serve", "--addr", strings.TrimPrefix(p.url, "http://"), "--data", t.TempDir())
	if busy.code != 2 || !strings.Contains(busy.err, "--addr") {
		t.Errorf("a port in use: exit %d\n%s", busy.code, busy.err)
	}
	same := run(t, cleanEnv(), "serve", "--addr", "127.0.0.1:0", "--data", p.data)
	if same.code == 0 || !strings.Contains(same.err, "data") {
		t.Errorf("a data directory in use: exit %d\n%s", same.code, same.err)
	}
	if code, took := p.stop(); code != 0 || took > 12*time.Second {
		t.Errorf("SIGTERM: exit %d after %s\n%s", code, took, p.output())
	}
	again := openPortal(t, p.data, "127.0.0.1:0")
	again.cmd.Process.Signal(syscall.SIGTERM)
	again.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-again.ended:
	case <-time.After(15 * time.Second):
		t.Error("two signals did not end the program")
	}
}

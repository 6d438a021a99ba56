// Package e2e walks Onramp as its users do: the built program, a real browser, the official Python SDK and
// the official temporal CLI, all on loopback.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for what has to come. It measures nothing: it ends a run that hangs, and is long enough
// for a machine that is busy with other things.
const patience = 3 * time.Minute

// program is the path of the built program; TestMain makes it unless ONRAMP_E2E_PROGRAM names one.
var program string

func TestMain(m *testing.M) {
	if files := os.Getenv(bareEnv); files != "" {
		serveBare(files)
		return
	}
	if built := os.Getenv("ONRAMP_E2E_PROGRAM"); built != "" {
		program = built
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "onramp-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "onramp")
	build := exec.Command("go", "build", "-o", program, ".") // in its own module, with the libraries that it ships with
	build.Dir = ".."
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	code := 1
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot build the program:", err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// cleanEnv is an environment in which nothing of the developer's own Temporal or Onramp settings is left.
func cleanEnv(extra ...string) []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "TEMPORAL_") && !strings.HasPrefix(name, "ONRAMP_") && name != "SSL_CERT_FILE" {
			env = append(env, kv)
		}
	}
	return append(env, extra...)
}

// answer is what one run of a program gave.
type answer struct {
	out, err string
	code     int
	signal   syscall.Signal // what ended it, 0 where it exited
}

// run runs the program to its end.
func run(t testing.TB, env []string, args ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return runCommand(t, ctx, "", env, program, args...)
}

// runCommand runs any command in a directory to its end.
func runCommand(t testing.TB, ctx context.Context, dir string, env []string, name string, args ...string) answer {
	t.Helper()
	cmd := exec.CommandContext(ctx, name, args...)
	var out, errOut bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	a := answer{out: out.String(), err: errOut.String(), code: cmd.ProcessState.ExitCode()}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		a.signal = status.Signal()
	}
	return a
}

// process is a program that stays up.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	ended chan struct{}
	mu    sync.Mutex
	log   bytes.Buffer // stdout and stderr
	lines chan string  // of stdout
}

// start starts a command that stays up; it is killed when the test ends.
func start(t testing.TB, dir string, env []string, name string, args ...string) *process {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, env
	return startCommand(t, cmd)
}

// startWith starts the program with something at its stdin.
func startWith(t testing.TB, env []string, stdin io.Reader, args ...string) *process {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env, cmd.Stdin = env, stdin
	return startCommand(t, cmd)
}

func startCommand(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, ended: make(chan struct{}), lines: make(chan string, 1000)}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errOut, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", cmd.Path, err)
	}
	var readers sync.WaitGroup
	read := func(r io.Reader, each func(string)) {
		readers.Go(func() {
			s := bufio.NewScanner(r)
			s.Buffer(nil, 1<<20)
			for s.Scan() {
				p.mu.Lock()
				p.log.WriteString(s.Text() + "\n")
				p.mu.Unlock()
				each(s.Text())
			}
		})
	}
	read(out, func(l string) {
		select {
		case p.lines <- l:
		default:
		}
	})
	read(errOut, func(string) {})
	go func() {
		readers.Wait()
		p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	return p
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// kill is kill -9.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// stop is SIGTERM; it returns the exit code and how long the program took to end.
func (p *process) stop() (int, time.Duration) {
	p.t.Helper()
	began := time.Now()
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("the program did not end after SIGTERM:\n%s", p.output())
	}
	return p.cmd.ProcessState.ExitCode(), time.Since(began)
}

// line waits for a line of stdout that matches and returns its submatches.
func (p *process) line(pattern string) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(patience)
	for {
		select {
		case l := <-p.lines:
			if m := re.FindStringSubmatch(l); m != nil {
				return m
			}
		case <-p.ended:
			p.t.Fatalf("the program ended before it printed %q:\n%s", pattern, p.output())
		case <-deadline:
			p.t.Fatalf("no line like %q within %s:\n%s", pattern, patience, p.output())
		}
	}
}

// portal is a running `onramp serve`.
type portal struct {
	*process
	url  string // "http://127.0.0.1:PORT"
	data string
}

// openPortal starts `onramp serve` on a free port, or on addr.
func openPortal(t testing.TB, data, addr string, args ...string) *portal {
	t.Helper()
	p := start(t, "", cleanEnv(), program, append([]string{"serve", "--addr", addr, "--data", data}, args...)...)
	m := p.line(`(http://[0-9.:]+)/`)
	return &portal{process: p, url: m[1], data: data}
}

// openPortalAtHome starts `onramp serve` as a newcomer does, with no setting but a free port, in a home of its own.
func openPortalAtHome(t testing.TB) *portal {
	t.Helper()
	home := t.TempDir()
	p := start(t, "", cleanEnv("HOME="+home, "XDG_DATA_HOME="), program, "serve", "--addr", "127.0.0.1:0")
	m := p.line(`(http://[0-9.:]+)/`)
	return &portal{process: p, url: m[1], data: filepath.Join(home, ".local", "share", "onramp")}
}

// get reads a page.
func (p *portal) get(path string) (int, string) {
	p.t.Helper()
	resp, err := http.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// rehearsalLine is the first line of `onramp rehearse --hold`.
type rehearsalLine struct {
	Schema, Address, Namespace, Cert, Key, CA string
	CAKey                                     string            `json:"ca_key"`
	ServerRoot                                string            `json:"server_root"`
	TrustEnv                                  map[string]string `json:"trust_env"`
	APIKey                                    string            `json:"api_key"` // a path; with --auth api-key
	ServerName                                string            `json:"server_name"`
}

// hold starts `onramp rehearse --hold` and returns its first line.
func hold(t testing.TB, args ...string) (rehearsalLine, *process) {
	t.Helper()
	p := start(t, "", cleanEnv(), program, append([]string{"rehearse", "--hold", "--out", t.TempDir(), "--json"}, args...)...)
	m := p.line(`^\{.*\}$`)
	var h rehearsalLine
	if err := json.Unmarshal([]byte(m[0]), &h); err != nil {
		t.Fatalf("first line of rehearse --hold: %v\n%s", err, m[0])
	}
	return h, p
}

// trust is the trust environment as KEY=value.
func (h rehearsalLine) trust() []string {
	var env []string
	for k, v := range h.TrustEnv {
		env = append(env, k+"="+v)
	}
	return env
}

// within polls until ok.
func within(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
		<-time.After(50 * time.Millisecond)
	}
}

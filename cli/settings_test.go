package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// typed runs a command line with nothing on stdin and an empty environment.
func typed(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var out, diag bytes.Buffer
	code = Run(ctx, World{Args: args, Getenv: func(string) (string, bool) { return "", false }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &diag})
	return code, out.String(), diag.String()
}

const (
	someToken = "eyJhbGciOiJFUzI1NiIsImtpZCI6Ild2dHdhQSJ9.eyJleHAiOjQxMDI0NDQ4MDB9.GEHEIMGEHEIM"
	someKey   = "-----BEGIN PRIVATE KEY-----\nGEHEIMGEHEIMGEHEIMGEHEIM\n-----END PRIVATE KEY-----\n"
)

// What a command line gets wrong is said by its place, never by its value: that may be a secret.
func TestMistypedArguments(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		says string
		code int
	}{
		{"three dashes", []string{"check", "---json"}, "argument 1 is not a flag", exitUsage},
		{"three dashes and a value", []string{"check", "--json", "---api-key=GEHEIM"}, "argument 2 is not a flag", exitUsage},
		{"dashes and an equals sign", []string{"check", "--="}, "argument 1 is not a flag", exitUsage},
		{"a dash and an equals sign", []string{"check", "-=GEHEIM", "-="}, "argument 2 is not a flag", exitUsage},
		{"dashes alone", []string{"decode", "----", "--", "--"}, "argument 1 is not a flag", exitUsage},
		{"many mistakes", append([]string{"check"}, strings.Split(strings.Repeat("-= ", 1000), " ")...), "argument 20 is not a flag", exitUsage},
		{"at a command that takes files", []string{"cert", "inspect", "---json"}, "argument 1 is not a flag", exitUsage},
		{"no such flag", []string{"check", "--nope=GEHEIM"}, "there is no flag --nope", exitUsage},
		{"a password after one dash", []string{"check", "-pGEHEIM"}, "argument 1 is not a flag of this command", exitUsage},
		{"lower case after one dash", []string{"check", "-pgeheim"}, "argument 1 is not a flag of this command", exitUsage},
		{"an argument without a flag", []string{"check", "--json", "GEHEIM"}, "argument 2 is not one", exitUsage},
		{"no duration", []string{"check", "--timeout", "GEHEIM"}, "--timeout: This is not a duration", exitUsage},
		{"no truth", []string{"check", "--json=GEHEIM"}, "--json takes true or false", exitUsage},
		{"no value", []string{"check", "--address"}, "--address needs a value", exitUsage},
		{"no such command", []string{"chek"}, "unknown command chek", exitUsage},
		{"a secret as command", []string{someToken}, "the first argument is not a command", exitUsage},
		{"an API key as namespace", []string{"check", "--namespace", someToken, "--address", "127.0.0.1:1"}, "--namespace: This is a secret", exitUsage},
		{"an API key as address", []string{"check", "--address", someToken}, "--address: This is a secret", exitUsage},
		{"a key as task queue", []string{"check", "--task-queue", someKey}, "--task-queue: This is a secret", exitUsage},
		{"a key as amount", []string{"transfer", "--amount", someKey}, "--amount: This is a secret", exitUsage},
		{"a key as file to inspect", []string{"cert", "inspect", someToken}, "A secret was given where a file name belongs", exitUsage},
		{"an API key for the name of its file", []string{"check", "--namespace", "a.b12", "--api-key-path", someToken}, "KP-35", exitInput},
		{"a part of an API key for the name of its file", []string{"check", "--namespace", "a.b12", "--api-key-path", "GEHEIM"}, "KP-35", exitInput},
		{"a key for the name of its file", []string{"check", "--namespace", "a.b12", "--tls-key-path", someKey, "--json"}, "KP-35", exitInput},
		{"a certificate for the name of its file", []string{"check", "--namespace", "a.b12", "--tls-cert-path", "-----BEGIN CERTIFICATE-----\nGEHEIM"}, "KP-35", exitInput},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := typed(t, c.args...)
			if code != c.code || !strings.Contains(stdout+stderr, c.says) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", code, c.code, c.says, stdout, stderr)
			}
			if all := stdout + stderr; strings.Contains(strings.ToUpper(all), "GEHEIM") || len(all) > 8000 {
				t.Errorf("%d bytes, and what was given is among them: %.600s", len(all), all)
			}
		})
	}
}

// The environment's values are no more shown than the flags'.
func TestSecretInTheEnvironment(t *testing.T) {
	for name, code := range map[string]int{"TEMPORAL_NAMESPACE": exitUsage, "ONRAMP_JSON": exitUsage, "TEMPORAL_MTLS_TLS_KEY": exitInput} {
		var out bytes.Buffer
		got := Run(t.Context(), World{Args: []string{"check", "--address", "127.0.0.1:1"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
			Getenv: func(n string) (string, bool) { return someKey, n == name }})
		if got != code || strings.Contains(out.String(), "GEHEIM") || !strings.Contains(out.String(), name) {
			t.Errorf("%s: exit %d, want %d:\n%s", name, got, code, out.String())
		}
	}
}

// A signal ends a command at once, whatever it waits for; serve and rehearse end in order, and at the second one at
// once.
func TestSignals(t *testing.T) {
	hangs := func(context.Context, World) int { select {} }
	ends := func(ctx context.Context, _ World) int { <-ctx.Done(); return 7 }
	for _, c := range []struct {
		name    string
		args    []string
		run     func(context.Context, World) int
		signals []os.Signal
		code    int
	}{
		{"no signal", []string{"check"}, func(context.Context, World) int { return 11 }, nil, 11},
		{"SIGINT, waiting for ever", []string{"check"}, hangs, []os.Signal{os.Interrupt}, 130},
		{"SIGTERM, waiting for ever", []string{"decode"}, hangs, []os.Signal{syscall.SIGTERM}, 143},
		{"SIGINT, and the command heeds it", []string{"transfer"}, ends, []os.Signal{os.Interrupt}, 130},
		{"a server ends in order", []string{"serve"}, ends, []os.Signal{syscall.SIGTERM}, 7},
		{"a server without a name", []string{"--json"}, ends, []os.Signal{os.Interrupt}, 7},
		{"a rehearsal ends in order", []string{"rehearse", "--hold"}, ends, []os.Signal{os.Interrupt}, 7},
		{"a server that hangs, told twice", []string{"serve"}, hangs, []os.Signal{os.Interrupt, os.Interrupt}, exitInternal},
	} {
		t.Run(c.name, func(t *testing.T) {
			signals := make(chan os.Signal, 2)
			for _, s := range c.signals {
				signals <- s
			}
			code := make(chan int, 1)
			go func() { code <- untilSignal(signals, World{Args: c.args}, c.run) }()
			select {
			case got := <-code:
				if got != c.code {
					t.Errorf("exit %d, want %d", got, c.code)
				}
			case <-time.After(20 * time.Second):
				t.Error("the command did not end")
			}
		})
	}
}

// Every subcommand that reads stdin, a pipe or the network ends by SIGINT.
func TestSignalsEndEveryCommand(t *testing.T) {
	endless, _ := io.Pipe()
	for _, args := range [][]string{
		{"decode"}, {"code", "--judge", "-"}, {"check", "--address", "192.0.2.1:7233", "--namespace", "a.b12"},
		{"transfer", "--address", "192.0.2.1:7233", "--namespace", "a.b12"}, {"cert", "inspect", "-"},
	} {
		t.Run(args[0], func(t *testing.T) {
			signals := make(chan os.Signal, 1)
			w := World{Args: args, Getenv: func(string) (string, bool) { return "", false }, Stdin: endless, Stdout: io.Discard, Stderr: io.Discard}
			started := make(chan struct{})
			code := make(chan int, 1)
			go func() {
				code <- untilSignal(signals, w, func(ctx context.Context, w World) int { close(started); return Run(ctx, w) })
			}()
			<-started
			select {
			case signals <- os.Interrupt:
			case got := <-code:
				t.Skipf("it was done before the signal, with %d", got)
			}
			select {
			case got := <-code:
				if got != 130 && got != exitUsage && got != exitInput && got != 11 {
					t.Errorf("exit %d", got)
				}
			case <-time.After(20 * time.Second):
				t.Error("the command did not end")
			}
		})
	}
}

// FuzzArguments: no command line crashes, hangs, or has its values repeated in what is said of mistakes.
func FuzzArguments(f *testing.F) {
	for _, s := range []string{"---json", "--=", "-=", "--json --address", "-h", "--help x", "--timeout 5s -- --x", "- -- --- =", "--json=--json", "--\x00", "--address=\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := append(strings.Split(line, " "), "-=", "-=") // never a whole command: nothing is dialled
		for _, command := range [][]string{{"check"}, {"decode"}, {"version"}, {"cert", "lint"}} {
			var out, diag bytes.Buffer
			code := Run(t.Context(), World{Args: append(command, args...), Getenv: func(string) (string, bool) { return "", false },
				Stdin: strings.NewReader(""), Stdout: &out, Stderr: &diag})
			if code != exitUsage && !(code == exitOK && strings.Contains(out.String(), "--json")) {
				t.Fatalf("%q: exit %d: %s%s", args, code, out.String(), diag.String())
			}
			if diag.Len() > 10000 {
				t.Fatalf("%q: %d bytes of mistakes", args, diag.Len())
			}
		}
	})
}

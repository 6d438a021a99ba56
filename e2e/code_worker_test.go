package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestCodeWorkers: money-transfer projects of the Go, TypeScript and Java SDKs, changed exactly as `onramp code`
// says and run by the commands it gives, work in the rehearsal cloud: the worker does the transfer that Onramp
// starts and the one that the project's own starter starts. The languages run side by side; their task queues differ.
func TestCodeWorkers(t *testing.T) {
	h, _ := hold(t)
	for _, lang := range []struct {
		name  string
		ready func(t *testing.T, dir string) // gives a copy what `onramp code` takes for granted
	}{
		{"go", func(*testing.T, string) {}},
		{"typescript", linkNodeModules},
		{"java", func(*testing.T, string) {}},
	} {
		t.Run(lang.name, func(t *testing.T) {
			t.Parallel()
			for _, style := range [][]string{
				{"--style", "explicit", "--vars", "tutorial"},
				{"--style", "envconfig"},
			} {
				t.Run(style[1], func(t *testing.T) {
					dir, c := project(t, h, lang.name, style...)
					lang.ready(t, dir)
					env := cleanEnv(append(pairs(c.Env), h.trust()...)...)
					if lang.name != "typescript" { // its packages are those of e2e/package.json
						for _, line := range c.Commands.Install {
							shell(t, dir, env, line)
						}
					}
					worker := workerShell(t, h, dir, env, c)
					own := run(t, cleanEnv(), "transfer", "--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert,
						"--tls-key-path", h.Key, "--tls-ca-path", h.ServerRoot, "--template", lang.name, "--worker", "own", "--patience", "120s", "--json")
					if own.code != 0 || !strings.Contains(lastLine(own.out), `"COMPLETED"`) {
						t.Fatalf("onramp transfer --worker own: exit %d\n%s\n%s\nworker:\n%s", own.code, own.out, own.err, worker.output())
					}
					transferred(t, dir, env, c.Commands.Starter[0], worker)
					worker.killGroup()
				})
			}
		})
	}
}

// linkNodeModules lends a TypeScript project the packages that `make setup` installed.
func linkNodeModules(t *testing.T, dir string) {
	t.Helper()
	modules, err := filepath.Abs("node_modules")
	if err == nil {
		_, err = os.Stat(filepath.Join(modules, "@temporalio", "worker"))
	}
	if err == nil {
		err = os.Symlink(modules, filepath.Join(dir, "node_modules"))
	}
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs the Temporal SDK of TypeScript.", err)
	}
}

// shell runs one line of a shell to its end and wants it to succeed.
func shell(t *testing.T, dir string, env []string, line string) answer {
	t.Helper()
	a := tryShell(t, dir, env, line)
	if a.code != 0 {
		t.Fatalf("%s: exit %d\n%s\n%s", line, a.code, a.out, a.err)
	}
	return a
}

// tryShell runs one line of a shell to its end.
func tryShell(t *testing.T, dir string, env []string, line string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience) // a compiler among them
	defer cancel()
	return runCommand(t, ctx, dir, env, "bash", "-c", line)
}

// diedAtItsEnd reports whether a Python program crashed as its SDK may when all is done and the interpreter ends, with words
// or by a bare signal (github.com/temporalio/sdk-python/issues/300). What it was to do is judged by what it printed.
func diedAtItsEnd(a answer) bool { return a.signal == syscall.SIGABRT || a.signal == syscall.SIGSEGV }

// transferred runs a project's starter, which must tell the result of its transfer.
func transferred(t *testing.T, dir string, env []string, line string, worker group) {
	t.Helper()
	a := tryShell(t, dir, env, line)
	crashed := strings.Contains(" "+line, " python ") && diedAtItsEnd(a)
	if !strings.Contains(a.out, "Result: Transfer complete") || a.code != 0 && !crashed {
		t.Errorf("%s: exit %d, signal %d\n%s\n%s\nworker:\n%s", line, a.code, a.signal, a.out, a.err, worker.output())
	}
}

// group is a command that stays up, with the programs that it starts: go run, npm and mvn start others.
type group struct{ *process }

// startShell starts one line of a shell that stays up; it and what it started is killed when the test ends.
func startShell(t *testing.T, dir string, env []string, line string) group {
	t.Helper()
	g := group{start(t, dir, env, "setsid", "bash", "-c", line)}
	t.Cleanup(g.killGroup)
	return g
}

// workerShell starts a project's worker by the command that `onramp code` gives and waits until it polls.
func workerShell(t *testing.T, h rehearsalLine, dir string, env []string, c codeAnswer) (g group) {
	t.Helper()
	startsPolling(t, h, c.Transfer.TaskQueue, func() *process {
		g = startShell(t, dir, env, c.Commands.Worker[0])
		return g.process
	})
	return g
}

func (g group) killGroup() {
	syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL)
	<-g.ended
}

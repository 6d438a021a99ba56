package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// codeAnswer is what `onramp code --json` prints.
type codeAnswer struct {
	Env   map[string]string
	Files []struct{ Path, Content string }
	Edits []struct{ File, Before, After string }

	Commands struct{ Install, Worker, Starter []string }
	Transfer struct {
		TaskQueue string `json:"task_queue"`
	}
}

// pythonTool is a program of the Python environment that `make setup` made.
func pythonTool(t testing.TB, name string) string {
	t.Helper()
	p, err := filepath.Abs(filepath.Join(".venv", "bin", name))
	if err == nil {
		_, err = os.Stat(p)
	}
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs the official Python SDK and the temporal CLI.", err)
	}
	return p
}

// project copies the money-transfer project of a language and applies the edits and files of `onramp code`.
func project(t testing.TB, h rehearsalLine, lang string, args ...string) (dir string, c codeAnswer) {
	t.Helper()
	c = code(t, append([]string{"--lang", lang, "--namespace", h.Namespace, "--address", h.Address, "--cert-path", h.Cert, "--key-path", h.Key}, args...)...)
	dir = t.TempDir()
	applyCode(t, projectOf(t, lang), dir, c)
	return dir, c
}

// code asks `onramp code`.
func code(t testing.TB, args ...string) (c codeAnswer) {
	t.Helper()
	a := run(t, cleanEnv(), append([]string{"code", "--json"}, args...)...)
	if a.code != 0 {
		t.Fatalf("onramp code %q: exit %d\n%s", args, a.code, a.err)
	}
	if err := json.Unmarshal([]byte(a.out), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// applyCode copies a project and applies the edits and files of `onramp code`.
func applyCode(t testing.TB, from, dir string, c codeAnswer) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Path), []byte(f.Content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range c.Edits {
		file := filepath.Join(dir, e.File)
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), e.Before); n != 1 {
			t.Fatalf("%s: the text to replace stands there %d times, want once:\n%s", e.File, n, e.Before)
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(b), e.Before, e.After, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// pairs is a map as KEY=value.
func pairs(m map[string]string) []string {
	var out []string
	for k, v := range m {
		out = append(out, k+"="+v)
	}
	return out
}

// onlyTrust is the one variable that makes the Python SDK and the CLI trust the rehearsal's root.
func onlyTrust(h rehearsalLine) string { return "SSL_CERT_FILE=" + h.TrustEnv["SSL_CERT_FILE"] }

// TestPythonWorker: a money-transfer project of the Python SDK, changed exactly as `onramp code` says, runs
// against the rehearsal cloud, and its own starter, Onramp and the temporal CLI start transfers on it.
func TestPythonWorker(t *testing.T) {
	h, _ := hold(t)
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"explicit, the tutorial's names", []string{"--style", "explicit", "--vars", "tutorial"}},
		{"explicit, standard names", []string{"--style", "explicit", "--vars", "standard"}},
		{"envconfig", []string{"--style", "envconfig"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, c := project(t, h, "python", tt.args...)
			env := cleanEnv(append(pairs(c.Env), onlyTrust(h), "PYTHONDONTWRITEBYTECODE=1")...)
			python := pythonTool(t, "python")
			worker := startsPolling(t, h, c.Transfer.TaskQueue, func() *process { return start(t, dir, env, python, "run_worker.py") })
			own := run(t, cleanEnv(), "transfer", "--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert,
				"--tls-key-path", h.Key, "--tls-ca-path", h.ServerRoot, "--template", "python", "--worker", "own", "--json")
			if own.code != 0 {
				t.Fatalf("onramp transfer --worker own: exit %d\n%s\n%s\nworker:\n%s", own.code, own.out, own.err, worker.output())
			}
			if end := lastLine(own.out); !strings.Contains(end, `"COMPLETED"`) || !strings.Contains(end, "Transfer complete") {
				t.Errorf("last line of onramp transfer = %s", end)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			starter := runCommand(t, ctx, dir, env, python, "run_workflow.py")
			if !strings.Contains(starter.out, "Result: Transfer complete") {
				t.Errorf("the template's starter: exit %d\n%s\n%s", starter.code, starter.out, starter.err)
			}
			checked := run(t, cleanEnv(), "check", "--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert,
				"--tls-key-path", h.Key, "--tls-ca-path", h.ServerRoot, "--task-queue", "TRANSFER_MONEY_TASK_QUEUE")
			if checked.code != 0 {
				t.Errorf("onramp check with a worker polling: exit %d\n%s", checked.code, checked.out)
			}
			worker.kill()
		})
	}
}

// TestTemporalCLI: the official CLI starts the workflow with the command that `onramp code` prints, and the
// tutorial's own command is explained.
func TestTemporalCLI(t *testing.T) {
	h, _ := hold(t)
	dir, c := project(t, h, "python", "--style", "explicit", "--vars", "tutorial")
	env := cleanEnv(append(pairs(c.Env), onlyTrust(h), "PYTHONDONTWRITEBYTECODE=1")...)
	worker := start(t, dir, env, pythonTool(t, "python"), "run_worker.py")

	text := run(t, cleanEnv(), "code", "--lang", "python", "--namespace", h.Namespace, "--address", h.Address,
		"--cert-path", h.Cert, "--key-path", h.Key, "--style", "explicit", "--vars", "tutorial")
	command := commandIn(t, text.out)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	path := "PATH=" + filepath.Dir(pythonTool(t, "temporal")) + string(os.PathListSeparator) + os.Getenv("PATH")
	started := runCommand(t, ctx, dir, append(env, path), "bash", "-c", command)
	if started.code != 0 {
		t.Fatalf("the repaired command failed: exit %d\n%s\n%s\n%s", started.code, command, started.out, started.err)
	}
	id := workflowID(t, started.out)
	followed := runCommand(t, ctx, dir, env, pythonTool(t, "temporal"), "workflow", "result", "--workflow-id", id,
		"--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert, "--tls-key-path", h.Key)
	if !strings.Contains(followed.out, "COMPLETED") {
		t.Fatalf("the workflow the CLI started did not complete:\n%s\n%s\nworker:\n%s", followed.out, followed.err, worker.output())
	}

	// The tutorial's own command: a URL for an address, another queue, no input.
	checked := run(t, append(cleanEnv(pairs(c.Env)...), "TEMPORAL_HOST_URL=https://"+h.Address), "check", "--tls-ca-path", h.ServerRoot,
		"--task-queue", "money-transfer", "--json")
	var report struct {
		Target struct {
			Normalised []struct{ Code string }
		}
		Verdict struct{ Code string }
	}
	if err := json.Unmarshal([]byte(checked.out), &report); err != nil {
		t.Fatal(err)
	}
	if checked.code != 15 || report.Verdict.Code != "TQ-02" || len(report.Target.Normalised) == 0 || report.Target.Normalised[0].Code != "IN-01" {
		t.Errorf("check of the tutorial's settings: exit %d, verdict %s, normalised %v; want 15, TQ-02, IN-01\n%s", checked.code, report.Verdict.Code, report.Target.Normalised, checked.out)
	}
	stuck := run(t, cleanEnv(), "transfer", "--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert, "--tls-key-path", h.Key,
		"--tls-ca-path", h.ServerRoot, "--template", "python", "--worker", "own", "--task-queue", "money-transfer", "--patience", "2s", "--json")
	if stuck.code != 15 || !strings.Contains(lastLine(stuck.out), `"TQ-02"`) {
		t.Errorf("transfer on the tutorial's task queue: exit %d, last line %s; want 15 and TQ-02", stuck.code, lastLine(stuck.out))
	}
	noInput := run(t, cleanEnv(), "transfer", "--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert, "--tls-key-path", h.Key,
		"--tls-ca-path", h.ServerRoot, "--template", "python", "--worker", "own", "--input", "[]", "--patience", "3s", "--json")
	if noInput.code != 15 || !strings.Contains(lastLine(noInput.out), "input") {
		t.Errorf("transfer without input: exit %d, last line %s; want 15 and a verdict that names the input", noInput.code, lastLine(noInput.out))
	}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return lines[len(lines)-1]
}

// commandIn takes the `temporal workflow start …` command out of the text of `onramp code`.
func commandIn(t testing.TB, text string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\ntemporal workflow start")
	if !ok {
		t.Fatalf("no `temporal workflow start` in:\n%s", text)
	}
	var b strings.Builder
	b.WriteString("temporal workflow start")
	for _, l := range strings.SplitAfter(rest, "\n") {
		b.WriteString(l)
		if !strings.HasSuffix(strings.TrimRight(l, "\n"), "\\") {
			break
		}
	}
	return b.String()
}

func workflowID(t testing.TB, out string) string {
	t.Helper()
	for _, l := range strings.Split(out, "\n") {
		if f := strings.Fields(l); len(f) == 2 && f[0] == "WorkflowId" {
			return f[1]
		}
	}
	t.Fatalf("no WorkflowId in:\n%s", out)
	return ""
}

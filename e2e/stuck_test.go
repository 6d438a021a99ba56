package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.temporal.io/api/enums/v1"
)

// stuckWorker starts a worker that is wrong in a given way and polls a queue of a server.
type stuckWorker func(t *testing.T, at rehearsalLine, stuck, queue string) *process

// stuckWorkers are those of each SDK.
func stuckWorkers(t *testing.T) map[string]stuckWorker {
	t.Helper()
	goWorker := filepath.Join(t.TempDir(), "worker")
	if a := runCommand(t, t.Context(), "", cleanEnv("GOFLAGS=-buildvcs=false"), "go", "build", "-o", goWorker, "./testdata/stuck"); a.code != 0 {
		t.Fatalf("the Go worker does not build: %s", a.err)
	}
	starter := func(command ...string) stuckWorker {
		return func(t *testing.T, at rehearsalLine, stuck, queue string) *process {
			t.Helper()
			var kinds []enums.TaskQueueType
			switch stuck {
			case "workflows only":
				kinds = append(kinds, workflowTasks)
			case "activities only":
				kinds = append(kinds, activityTasks)
			}
			return startsPolling(t, at, queue, func() *process {
				return start(t, "", cleanEnv("STUCK="+stuck, "QUEUE="+queue, "ADDRESS="+at.Address, "NAMESPACE="+at.Namespace, "CERT="+at.Cert, "KEY="+at.Key,
					"ROOT="+at.ServerRoot, "PYTHONDONTWRITEBYTECODE=1"), command[0], command[1:]...)
			}, kinds...)
		}
	}
	return map[string]stuckWorker{
		"go":     starter(goWorker),
		"python": starter(pythonTool(t, "python"), "testdata/stuck/worker.py"),
	}
}

// transferEvent is a line of `onramp transfer --json`.
type transferEvent struct {
	Event, Type, Status string
	WorkflowID          string `json:"-"`
	Data                map[string]any
	Verdict             *struct {
		Code, Level, Title, Cause string
		Fix                       []struct{ Who, Text, Command string }
	}
}

// transferEvents reads the lines.
func transferEvents(t testing.TB, out string) (events []transferEvent) {
	t.Helper()
	for line := range strings.Lines(out) {
		var e transferEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		events = append(events, e)
	}
	return events
}

// TestStuck: every way in which a transfer gets stuck, brought about by real workers of the Go and Python
// SDKs, is named while it is stuck, with evidence and a fix, and `onramp transfer` exits with 15.
func TestStuck(t *testing.T) {
	h, _ := hold(t)
	workers := stuckWorkers(t)
	other := map[string]string{"go": "python", "python": "go"}
	for _, tt := range []struct {
		name    string
		stuck   string // what is wrong with the worker; "" for none
		queue   string // that it polls, %s standing for the transfer's
		args    []string
		code    string
		despite string // an earlier worker: killed once the workflow waits
		says    string // evidence in title or cause
	}{
		{name: "no worker", code: "TQ-01"},
		{name: "a queue of nearly that name", stuck: "nothing", queue: " %s", code: "TQ-02"},
		{name: "only workflow pollers", stuck: "workflows only", queue: "%s", code: "TQ-05"},
		{name: "only activity pollers", stuck: "activities only", queue: "%s", code: "TQ-10"},
		{name: "a workflow type that is not registered", stuck: "other workflow", queue: "%s", code: "WF-01", says: "Payout"},
		{name: "an activity type that is not registered", stuck: "other activity", queue: "%s", code: "WF-02"},
		{name: "no input", stuck: "nothing", queue: "%s", args: []string{"--input", "[]"}, code: "WF-13"},
		{name: "JSON keys of another language", stuck: "nothing", queue: "%s", args: []string{"--template", "other"}, code: "WF-14"},
		{name: "code that changed", stuck: "changed", queue: "%s", despite: "to be changed", code: "WF-03"},
		{name: "a worker that died", queue: "%s", despite: "dies", code: "TQ-04"},
	} {
		for lang, worker := range workers {
			t.Run(tt.name+", "+lang, func(t *testing.T) {
				t.Parallel()
				queue := fmt.Sprintf("q%x", sha256.Sum256([]byte(lang+tt.name)))[:16] // no name is near another
				template := lang
				args := slices.Clone(tt.args)
				if i := slices.Index(args, "other"); i > 0 {
					template, args = other[lang], slices.Delete(args, i-1, i+1)
				}
				if tt.despite == "" && tt.stuck != "" {
					worker(t, h, tt.stuck, fmt.Sprintf(tt.queue, queue))
				}
				line := append([]string{"transfer", "--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert, "--tls-key-path", h.Key,
					"--tls-ca-path", h.ServerRoot, "--worker", "own", "--template", template, "--task-queue", queue, "--patience", "3s", "--timeout", "90s", "--json"}, args...)
				follower := make(chan answer, 1)
				if tt.despite != "" {
					first := worker(t, h, tt.despite, queue)
					go func() { follower <- run(t, cleanEnv(), line...) }()
					if tt.despite == "dies" {
						first.line("has the task")
					} else {
						within(t, "the workflow waits", func() bool {
							return strings.Contains(listed(t, h, queue), "Running") && strings.Contains(history(t, h, queue), "TimerStarted")
						})
					}
					first.kill()
					if tt.stuck != "" {
						worker(t, h, tt.stuck, queue)
					}
				} else {
					go func() { follower <- run(t, cleanEnv(), line...) }()
				}
				a := <-follower
				events := transferEvents(t, a.out)
				last := events[len(events)-1]
				if a.code != 15 || last.Verdict == nil || last.Verdict.Code != tt.code {
					t.Fatalf("exit %d, want 15 and %s\n%s\n%s", a.code, tt.code, a.out, a.err)
				}
				if v := last.Verdict; v.Title == "" || v.Cause == "" || len(v.Fix) == 0 || !strings.Contains(v.Title+v.Cause, tt.says) {
					t.Errorf("the verdict lacks evidence or a fix: %+v", v)
				}
				if !slices.ContainsFunc(events, func(e transferEvent) bool { return e.Event == "diagnosis" }) {
					t.Errorf("nothing was said while it was stuck:\n%s", a.out)
				}
				t.Logf("%s %s: %s %s", last.Verdict.Code, last.Verdict.Level, last.Verdict.Title, last.Verdict.Cause)
			})
		}
	}
}

// temporalCLI runs the official CLI in the rehearsal.
func temporalCLI(t testing.TB, h rehearsalLine, args ...string) string {
	t.Helper()
	a := runCommand(t, t.Context(), "", cleanEnv(), pythonTool(t, "temporal"), append(args, "--address", h.Address, "--namespace", h.Namespace,
		"--tls-cert-path", h.Cert, "--tls-key-path", h.Key, "--tls-ca-path", h.ServerRoot)...)
	return a.out + a.err
}

// listed lists the workflows of a queue, history shows the first one's.
func listed(t testing.TB, h rehearsalLine, queue string) string {
	t.Helper()
	return temporalCLI(t, h, "workflow", "list", "--query", "TaskQueue = '"+queue+"'")
}

func history(t testing.TB, h rehearsalLine, queue string) string {
	t.Helper()
	var found []struct{ Execution struct{ WorkflowID string } }
	if err := json.Unmarshal([]byte(temporalCLI(t, h, "workflow", "list", "--output", "json", "--query", "TaskQueue = '"+queue+"'")), &found); err != nil || len(found) == 0 {
		return ""
	}
	return temporalCLI(t, h, "workflow", "show", "--workflow-id", found[0].Execution.WorkflowID)
}

// TestClock: a worker whose clock is a quarter of an hour ahead is told of before anything fails. The transfer
// goes through: today's SDKs keep time limits as spans, not by the time of day (transfer's own tests have the
// worker that does not).
func TestClock(t *testing.T) {
	h, _ := hold(t)
	// The wrapper's own child would outlive it: only what it sets is taken.
	faked, err := exec.Command("faketime", "-f", "+15m", "printenv", "LD_PRELOAD").Output()
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs faketime.", err)
	}
	start(t, "", cleanEnv("STUCK=nothing", "QUEUE=ahead", "REPORT_EVERY=1", "ADDRESS="+h.Address, "NAMESPACE="+h.Namespace, "CERT="+h.Cert, "KEY="+h.Key, "ROOT="+h.ServerRoot,
		"PYTHONDONTWRITEBYTECODE=1", "FAKETIME=+15m", "LD_PRELOAD="+strings.TrimSpace(string(faked))), pythonTool(t, "python"), "testdata/stuck/worker.py")
	within(t, "a word about the clock", func() bool { // the worker's first report may come after its first poll
		a := run(t, cleanEnv(), "transfer", "--address", h.Address, "--namespace", h.Namespace, "--tls-cert-path", h.Cert, "--tls-key-path", h.Key,
			"--tls-ca-path", h.ServerRoot, "--worker", "own", "--template", "python", "--task-queue", "ahead", "--json")
		if a.code != 0 {
			t.Fatalf("exit %d, want 0\n%s", a.code, a.out)
		}
		return strings.Contains(a.out, "is about 15 min ahead.")
	})
}

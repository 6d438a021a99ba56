package e2e

import (
	"os/exec"
	"testing"
)

// TestUnwrittenAnswer: a report that nobody gets never looks like a good one, and thrown away on purpose it
// keeps its exit code.
func TestUnwrittenAnswer(t *testing.T) {
	for _, c := range []struct {
		command string
		code    int
	}{
		{"check --address 127.0.0.1:1 --namespace docs-assembly.a2dd6 --json >/dev/full", 1},
		{"check --address 127.0.0.1:1 --namespace docs-assembly.a2dd6 >/dev/full", 1},
		{"check --address 127.0.0.1:1 --namespace docs-assembly.a2dd6 --json >/dev/null", 11},
		{"check --address 127.0.0.1:1 --namespace docs-assembly.a2dd6 >/dev/null", 11},
		{"version >/dev/full", 1},
		{"version >/dev/null", 0},
	} {
		cmd := exec.Command("sh", "-c", program+" "+c.command)
		cmd.Env = cleanEnv()
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != c.code {
			t.Errorf("onramp %s: exit %d, want %d", c.command, got, c.code)
		}
	}
}

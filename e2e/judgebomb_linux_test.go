package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// spent is what one command took: processor time, memory at its largest, exit code and what it printed.
type spent struct {
	cpu    time.Duration
	memory int64
	code   int
	out    string
}

// spend runs the program once, with a text as its standard input.
func spend(t *testing.T, stdin string, args ...string) spent {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Stdin = cleanEnv(), strings.NewReader(stdin)
	b, _ := cmd.CombinedOutput() // its exit code is what is looked at
	u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatal("no usage")
	}
	return spent{time.Duration(u.Utime.Nano() + u.Stime.Nano()), u.Maxrss << 10, cmd.ProcessState.ExitCode(), string(b)}
}

// judgeBombs are texts of the longest that is read, as they are given to every form of the portal too: with as many
// parts, profiles, commands and references as there can be, and with what makes parsers call themselves.
func judgeBombs() map[string]string {
	const size = 256<<10 - 400
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	many := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size-200; i++ {
			fmt.Fprintf(&b, format, i, i)
		}
		return b.String()
	}
	return map[string]string{
		"services":             "services:\n" + many("  w%d:\n    environment: {TEMPORAL_ADDRESS: \"h%d:7233\", TEMPORAL_NAMESPACE: a}\n"),
		"services of one name": "services:\n" + fill("  w:\n    environment: {TEMPORAL_ADDRESS: h, TEMPORAL_NAMESPACE: a}\n"),
		"profiles":             many("%%p%d.quarkus.temporal.connection.target=h%d:7233\n"), "profiles of one name": fill("%p.quarkus.temporal.connection.target=h:7233\n"),
		"profiles of TOML": many("[profile.p%d]\naddress = \"h%d.a1b2c.tmprl.cloud:7233\"\n"),
		"commands":         many("docker run --name w%d -e TEMPORAL_ADDRESS=h%d:7233 x\n"), "commands of one name": fill("docker run -e TEMPORAL_ADDRESS=h:7233 x\n"),
		"expansion": fill("A=$A$A$A$A\n"), "quoted pairs": fill("export \"TEMPORAL_ADDRESS=$TEMPORAL_ADDRESS\"\n"), "fields": many("\tHostPort%d: \"h%d.tmprl.cloud:7233\",\n"),
		"brackets": fill(`{"a":[`), "flow maps": "env: " + fill("{a: "), "TOML tables": "[profile.a]\na = " + fill("{a="), "HCL for": "resource \"a\" \"b\" {\n a = " + fill("[for a in "),
		"bicep conditions": "param x string = 'a'\nvar a = " + fill("a ? "), "substitutions": fill("$("), "continuations": "A=" + fill("\\\n"), "fences": fill("```\n"), "bytes": fill("\x00\xff"),
	}
}

// TestJudgeBombs: no pasted text takes more than its share of the machine at the command line, of the judge and of the
// decoder, by a file or by standard input.
func TestJudgeBombs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bomb")
	idle := spend(t, "TEMPORAL_ADDRESS=a.b1c2d.tmprl.cloud:7233\n", "code", "--judge", "-").memory
	var worst spent
	n := 0
	for what, text := range judgeBombs() {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"code", "--judge", file}, {"code", "--judge", "-", "--json"}, {"code", "--judge", file, "--shell", "compose"}, {"decode"}, {"decode", "--json"}} {
			n++
			s := spend(t, text, args...)
			worst.cpu, worst.memory = max(worst.cpu, s.cpu), max(worst.memory, s.memory-idle)
			if s.cpu > 2*time.Second || s.memory-idle > 300<<20 || s.code == 1 || s.code < 0 {
				t.Errorf("%s: %.60q: exit %d, %v of processor time, %d MB above idle\n%.300s", what, args, s.code, s.cpu.Round(time.Millisecond), (s.memory-idle)>>20, s.out)
			}
		}
	}
	t.Logf("%d times (a text to a command): at most %v of processor time and %d MB above idle", n, worst.cpu.Round(time.Millisecond), worst.memory>>20)
}

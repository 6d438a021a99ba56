package snippet

import (
	"os/exec"
	"strings"
	"testing"
)

// TestPythonParses: Python's own parser takes every file that we write. e2e runs them.
func TestPythonParses(t *testing.T) {
	for _, r := range cells() {
		for _, r.ServerName = range []string{"", "name.example.com"} {
			for _, f := range write(t, r).Files {
				if !strings.HasSuffix(f.Path, ".py") {
					continue
				}
				cmd := exec.Command("python3", "-c", "import ast, sys; ast.parse(sys.stdin.read())")
				cmd.Stdin = strings.NewReader(f.Content)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s, server name %q: %v\n%s\n%s", r.cell(), r.ServerName, err, out, f.Content)
				}
			}
		}
	}
}

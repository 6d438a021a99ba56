package snippet

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// TestPythonParses: Python's own parser takes every file that we write. e2e runs them.
func TestPythonParses(t *testing.T) {
	files := map[string]string{}
	for _, r := range cells() {
		for _, r.ServerName = range []string{"", "name.example.com"} {
			for _, f := range write(t, r).Files {
				if strings.HasSuffix(f.Path, ".py") {
					files[r.cell()+r.ServerName] = f.Content
				}
			}
		}
	}
	in, err := json.Marshal(files)
	if err != nil || len(files) != 12 {
		t.Fatalf("%d files, %v; want 12", len(files), err)
	}
	cmd := exec.Command("python3", "-c", "import ast, json, sys\nfor n, s in json.load(sys.stdin).items(): ast.parse(s, n)")
	cmd.Stdin = bytes.NewReader(in)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRehearseKeepsFiles: no file of --out is written over unless --force says so; the message names it, and nothing
// has been started or written by then.
func TestRehearseKeepsFiles(t *testing.T) {
	for _, name := range rehearsalFiles {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		w := World{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) (string, bool) { return "", false }}
		if code := rehearse(t.Context(), w, []string{"--out", dir}); code != 2 {
			t.Errorf("%s: exit code %d, want 2: %s", name, code, &errs)
		}
		if !strings.Contains(errs.String(), name) || !strings.Contains(errs.String(), "--force") {
			t.Errorf("%s is not named, or --force is not: %s", name, &errs)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
			t.Errorf("%s was changed: %q, %v", name, b, err)
		}
		if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
			t.Errorf("%s: there are %d files now, %v", name, len(all), err)
		}
	}
}

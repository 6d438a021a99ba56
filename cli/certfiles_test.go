package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAllFilesOrNone: when one of several files cannot have its place, none of the others stays, whatever the reason, and
// what was there before is as it was.
func TestAllFilesOrNone(t *testing.T) {
	files := []output{{"ca.pem", []byte("certificate"), 0o644}, {"ca.key", []byte("key"), 0o600}, {"sub/none/client.pem", []byte("no folder for it"), 0o644}}
	for _, tt := range []struct {
		name  string
		there map[string]string // what the directory holds
		force bool
		files []output
		ok    bool
	}{
		{name: "an empty directory", files: files[:2], ok: true},
		{name: "the last has no folder", files: files},
		{name: "the last has no folder, with --force", files: files, force: true},
		{name: "one is there", there: map[string]string{"ca.key": "precious"}, files: files[:2]},
		{name: "one is there, with --force", there: map[string]string{"ca.key": "old"}, files: files[:2], force: true, ok: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range tt.there {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := place(World{Stderr: io.Discard}, dir, tt.force, tt.files...)
			if (err == nil) != tt.ok {
				t.Fatalf("error %v, want ok %v", err, tt.ok)
			}
			want := map[string]string{}
			for name, content := range tt.there {
				want[name] = content
			}
			for _, f := range tt.files {
				if tt.ok {
					want[f.name] = string(f.content)
				}
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range entries {
				got = append(got, e.Name())
				b, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil || want[e.Name()] != string(b) {
					t.Errorf("%s holds %q, want %q; %v", e.Name(), b, want[e.Name()], err)
				}
			}
			if len(got) != len(want) {
				t.Errorf("the directory holds %s", strings.Join(got, ", "))
			}
		})
	}
}

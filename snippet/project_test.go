package snippet

import (
	"slices"
	"strings"
	"testing"
)

// TestProject: every cell gives a whole project: every edit fits it, nothing local is left, every file is there once,
// and no secret is in it.
func TestProject(t *testing.T) {
	for _, r := range cells() {
		for _, r.Shell = range r.shells() {
			files, err := Project(r)
			if err != nil {
				t.Fatalf("%s on %s: %v", r.cell(), r.Shell, err)
			}
			c := write(t, r)
			var names []string
			for _, f := range files {
				if slices.Contains(names, f.Path) || strings.HasPrefix(f.Path, "/") || strings.Contains(f.Path, "..") || f.Content == "" {
					t.Errorf("%s: file %q twice, empty or outside", r.cell(), f.Path)
				}
				names = append(names, f.Path)
				if strings.Contains(f.Content, "localhost:7233") || strings.Contains(f.Content, "127.0.0.1:7233") || strings.Contains(f.Content, "newLocalServiceStubs()") {
					t.Errorf("%s: %s still connects to a local server", r.cell(), f.Path)
				}
				if strings.Contains(f.Content, "PRIVATE KEY-----") || strings.Contains(f.Content, "<<") && !strings.HasSuffix(f.Path, ".php") {
					t.Errorf("%s: %s holds a secret or a placeholder", r.cell(), f.Path)
				}
			}
			at := slices.IndexFunc(files, func(f File) bool { return f.Path == "README.md" })
			for _, want := range slices.Concat(c.Commands.Install, c.Commands.Worker, c.Commands.Starter, []string{"orders.a1b2c"}) {
				if !strings.Contains(files[at].Content, want) {
					t.Errorf("%s: the README lacks %q", r.cell(), want)
				}
			}
		}
	}
	if _, err := Project(Request{Lang: "cobol", Namespace: "orders.a1b2c"}); err == nil {
		t.Error("a project in COBOL")
	}
}

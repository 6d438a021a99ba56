package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestJudgeShowsWholeChanges: a value that becomes nothing, or comes from nothing, has no arrow that points nowhere.
func TestJudgeShowsWholeChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte("TEMPORAL_ADDRESS=http://localhost:7233\nTEMPORAL_NAMESPACE=default\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stdout, stderr := typed(t, "code", "--judge", file)
	if !strings.Contains(stdout, "http://localhost:7233") {
		t.Fatalf("the address is not judged:\n%s%s", stdout, stderr)
	}
	for line := range strings.Lines(stdout) {
		if l := strings.TrimSpace(line); strings.HasSuffix(l, "->") || strings.HasPrefix(l, "->") {
			t.Errorf("an arrow points nowhere: %q", l)
		}
	}
}

package cli

import (
	"strings"
	"testing"
)

// TestAssessRefuses: what cannot be meant is refused before anything is read.
func TestAssessRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		args       []string
	}{
		{"no rate", "from 0.1 to 50", []string{"assess", "--rate", "0"}},
		{"a namespace of a file", "judged as a whole", []string{"assess", "--from", "facts.json", "--namespace", "x"}},
	} {
		var out strings.Builder
		code := Run(t.Context(), World{Args: tt.args, Getenv: func(string) (string, bool) { return "", false }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
		if code != exitUsage || !strings.Contains(out.String(), tt.says) {
			t.Errorf("%s: exit %d, %s", tt.name, code, out.String())
		}
	}
}

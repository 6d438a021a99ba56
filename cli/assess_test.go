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
		{"code that is not there", "no such directory", []string{"assess", "--code", "/nowhere/at/all"}},
		{"a namespace of a file", "judged as a whole", []string{"assess", "--from", "facts.json", "--namespace", "x"}},
	} {
		var out strings.Builder
		code := Run(t.Context(), World{Args: tt.args, Getenv: func(string) (string, bool) { return "", false }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
		if code != exitUsage || !strings.Contains(out.String(), tt.says) {
			t.Errorf("%s: exit %d, %s", tt.name, code, out.String())
		}
	}
}

// TestReadersSayTheirExitCodes: a command whose exit codes say what was found lists them in its help.
func TestReadersSayTheirExitCodes(t *testing.T) {
	for _, tt := range []struct {
		args []string
		says []string
	}{
		{[]string{"assess"}, []string{"20 a WARNING", "21 a BLOCKER", "22 UNKNOWN", "14 no such namespace"}},
		{[]string{"cutover", "status"}, []string{"0 every gate passed", "21 one says stop", "11 network"}},
		{[]string{"cutover", "twins"}, []string{"0 none", "21 some", "22 not known"}},
		{[]string{"cutover", "stragglers"}, []string{"0 none", "20 some", "22 not known"}},
		{[]string{"cutover", "watch"}, []string{"0 it was interrupted"}},
	} {
		var out strings.Builder
		code := Run(t.Context(), World{Args: append(tt.args, "--help"), Getenv: func(string) (string, bool) { return "", false }, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
		_, exits, found := strings.Cut(out.String(), "Exit codes:")
		for _, want := range tt.says {
			if code != exitOK || !found || !strings.Contains(exits, want) {
				t.Errorf("%v: exit %d, the help lacks %q", tt.args, code, want)
			}
		}
	}
}

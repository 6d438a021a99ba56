package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// TestStartupTexts: what a real worker prints that cannot do its work is brought to the decoder as it is printed. It
// names the cause and does not send anybody to look at the connection.
func TestStartupTexts(t *testing.T) {
	h, _ := hold(t)
	for _, tt := range []struct{ name, stuck, queue, prints, code string }{
		{"a task queue under the server's prefix", "nothing", "/_sys/tenant-workflows", "reserved prefix", "WK-01"},
		{"a worker without anything registered", "empty", "orders", "must be specified", "WK-02"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "", cleanEnv("STUCK="+tt.stuck, "QUEUE="+tt.queue, "ADDRESS="+h.Address, "NAMESPACE="+h.Namespace, "CERT="+h.Cert, "KEY="+h.Key,
				"ROOT="+h.ServerRoot, "PYTHONDONTWRITEBYTECODE=1"), pythonTool(t, "python"), "testdata/stuck/worker.py")
			within(t, "the worker says "+tt.prints, func() bool { return strings.Contains(p.output(), tt.prints) })
			cmd := exec.CommandContext(t.Context(), program, "decode", "--json")
			cmd.Env, cmd.Stdin = cleanEnv(), strings.NewReader(p.output())
			out, err := cmd.Output()
			var d struct {
				Code, Level string
				Fix         []struct{ Text, Command string }
			}
			if err == nil {
				err = json.Unmarshal(out, &d)
			}
			if err != nil || d.Code != tt.code {
				t.Fatalf("%v: %s, want %s\n%s", err, out, tt.code, p.output())
			}
			for _, f := range d.Fix {
				if strings.Contains(f.Command, "onramp check") {
					t.Errorf("the check is advised: %+v", f)
				}
			}
		})
	}
}

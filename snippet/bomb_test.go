package snippet

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"onramp/snippet/config"
)

// TestJudgeIsBounded: the judge adds little to what reading costs, on texts with as many settings and parts as there
// can be.
func TestJudgeIsBounded(t *testing.T) {
	many := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < config.MaxText-300; i++ {
			fmt.Fprintf(&b, format, i, i)
		}
		return b.String()
	}
	doubling := "TEMPORAL_ADDRESS=a\n" + strings.Repeat("TEMPORAL_ADDRESS=$TEMPORAL_ADDRESS$TEMPORAL_ADDRESS\n", 40)
	for name, text := range map[string]string{
		"doubling": doubling, "settings": many("TEMPORAL_CERT_%d=%d\n"), "own addresses": many("TEMPORAL_%d_X_ADDRESS=h%d:1\n"), "one name": many("TEMPORAL_ADDRESS=h%d:%d\n"),
		"services": "services:\n" + many("  w%d:\n    environment: {TEMPORAL_ADDRESS: \"h%d:7233\", TEMPORAL_NAMESPACE: a}\n"),
		"profiles": many("[profile.p%d]\naddress = \"h%d:7233\"\n"), "branches": many("if a; then\nTEMPORAL_ADDRESS=h%d:7233\nTEMPORAL_NAMESPACE=n%d\nfi\n"), "branches of one": "if a; then :\n" + many("elif b%d; then TEMPORAL_ADDRESS=h%d\n") + "fi\n",
		"deep keys": "temporal:\n" + many("  k%d: {address: \"h%d\"}\n"), "long names": "TEMPORAL_" + strings.Repeat("A_", 100_000) + "ADDRESS=a\n", "long value": "TEMPORAL_ADDRESS=" + strings.Repeat("a.", 100_000), "long namespace": "TEMPORAL_NAMESPACE=" + strings.Repeat("a", 200_000), "long certificate": "TEMPORAL_TLS_CLIENT_CERT_DATA=" + strings.Repeat("QUFB", 50_000),
		"properties": many("spring.temporal.connection.a%d=%d\n"), "connections": many("---\napiVersion: temporal.io/v1alpha1\nkind: Connection\nmetadata: {name: c%d}\nspec: {hostPort: \"h%d:7233\"}\n") + "---\napiVersion: temporal.io/v1alpha1\nkind: WorkerDeployment\nmetadata: {name: w}\nspec: {workerOptions: {temporalNamespace: a.a1b2c}}\n",
	} {
		start := time.Now()
		e := judgeEnvironment(context.Background(), text, EnvChoice{})
		for _, shell := range []string{"", "bash"} {
			out, err := e.Repaired(shell)
			if err == nil && len(out) > 2*len(text)+10_000 {
				t.Errorf("%s: %d bytes came back for %d", name, len(out), len(text))
			}
		}
		if len(e.Findings) > 500 {
			t.Errorf("%s: %d findings", name, len(e.Findings))
		}
		took := time.Since(start)
		t.Logf("%s: %v, %d findings", name, took, len(e.Findings))
		if took > 10*time.Second { // a loop without end, not a slow machine
			t.Errorf("%s takes %v", name, took)
		}
	}
}

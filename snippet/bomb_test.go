package snippet

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"onramp/snippet/config"
)

// heavy are texts of the longest size that is read, by kind, with as many settings and parts as there can be.
func heavy() map[string]string {
	many := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < config.MaxText-300; i++ {
			fmt.Fprintf(&b, format, i, i)
		}
		return b.String()
	}
	doubling := "TEMPORAL_ADDRESS=a\n" + strings.Repeat("TEMPORAL_ADDRESS=$TEMPORAL_ADDRESS$TEMPORAL_ADDRESS\n", 40)
	return map[string]string{
		"doubling": doubling, "settings": many("TEMPORAL_CERT_%d=%d\n"), "own addresses": many("TEMPORAL_%d_X_ADDRESS=h%d:1\n"), "one name": many("TEMPORAL_ADDRESS=h%d:%d\n"),
		"services": "services:\n" + many("  w%d:\n    environment: {TEMPORAL_ADDRESS: \"h%d:7233\", TEMPORAL_NAMESPACE: a}\n"),
		"profiles": many("[profile.p%d]\naddress = \"h%d:7233\"\n"), "branches": many("if a; then\nTEMPORAL_ADDRESS=h%d:7233\nTEMPORAL_NAMESPACE=n%d\nfi\n"), "branches of one": "if a; then :\n" + many("elif b%d; then TEMPORAL_ADDRESS=h%d\n") + "fi\n",
		"deep keys": "temporal:\n" + many("  k%d: {address: \"h%d\"}\n"), "long names": "TEMPORAL_" + strings.Repeat("A_", 100_000) + "ADDRESS=a\n", "long value": "TEMPORAL_ADDRESS=" + strings.Repeat("a.", 100_000), "long namespace": "TEMPORAL_NAMESPACE=" + strings.Repeat("a", 200_000), "long certificate": "TEMPORAL_TLS_CLIENT_CERT_DATA=" + strings.Repeat("QUFB", 50_000),
		"properties": many("spring.temporal.connection.a%d=%d\n"), "connections": many("---\napiVersion: temporal.io/v1alpha1\nkind: Connection\nmetadata: {name: c%d}\nspec: {hostPort: \"h%d:7233\"}\n") + "---\napiVersion: temporal.io/v1alpha1\nkind: WorkerDeployment\nmetadata: {name: w}\nspec: {workerOptions: {temporalNamespace: a.a1b2c}}\n",
		"env": many("TEMPORAL_W%d_ADDRESS=h%d.a1b2c.tmprl.cloud:7233\n"), "env one name": many("TEMPORAL_NAMESPACE=n%d.a%d\n"), "env references": "X0=a\n" + many("X%d=$X%d\n"), "env paths": many("TEMPORAL_TLS_CLIENT_CERT_PATH=/c/%d/%d.pem\n"),
		"shell": many("export TEMPORAL_W%d_ADDRESS=\"h%d:7233\"\n"), "shell commands": many("docker run --name w%d -e TEMPORAL_ADDRESS=h%d:7233 -e TEMPORAL_NAMESPACE=a x\n"), "shell flags": many("temporal workflow list --address h%d:7233 --namespace n%d\n"),
		"yaml": "env:\n" + many("  TEMPORAL_W%d_ADDRESS: \"h%d:7233\"\n"), "yaml lists": "env:\n" + many("  - name: TEMPORAL_%d_ADDRESS\n    value: h%d:7233\n"), "compose": "services:\n" + many("  w%d:\n    image: w\n    environment:\n      - TEMPORAL_ADDRESS=h%d:7233\n      - TEMPORAL_NAMESPACE=a.a1b2c\n"), "compose of one": "services:\n  w:\n    environment:\n" + many("      TEMPORAL_%d_ADDRESS: h%d:7233\n"),
		"kubernetes": many("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\ndata: {TEMPORAL_ADDRESS: \"h%d:7233\", TEMPORAL_NAMESPACE: a.a1b2c}\n"), "deployments": many("---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: c%d}\nspec: {template: {spec: {containers: [{name: w%d, env: [{name: TEMPORAL_ADDRESS, value: \"h:7233\"}]}]}}}\n"),
		"toml": "[profile.default]\n" + many("temporal_%d_address = \"h%d:7233\"\n"), "toml profiles": many("[profile.p%d]\naddress = \"h%d.a1b2c.tmprl.cloud:7233\"\nnamespace = \"a.a1b2c\"\n[profile.p.tls]\n"),
		"hcl": many("variable \"temporal_%d_address\" {\n  default = \"h%d:7233\"\n}\n"), "hcl resources": many("resource \"aws_ecs_task_definition\" \"w%d\" {\n  container_definitions = jsonencode([{ name = \"w%d\", environment = [{ name = \"TEMPORAL_ADDRESS\", value = var.address }] }])\n}\n"), "hcl assignments": many("temporal_%d_address = \"h%d:7233\"\n"),
		"json": "{" + many("\"TEMPORAL_%d_ADDRESS\":\"h%d:7233\",\n") + "\"x\":1}", "json tasks": "{\"containerDefinitions\":[" + many("{\"name\":\"w%d\",\"environment\":[{\"name\":\"TEMPORAL_ADDRESS\",\"value\":\"h%d:7233\"}]},\n") + "{}]}",
		"markdown": many("# %d\n\n```bash\nexport TEMPORAL_ADDRESS=h%d:7233\nexport TEMPORAL_NAMESPACE=a.a1b2c\n```\n\n"), "markdown table": "| name | value |\n|---|---|\n" + many("| TEMPORAL_%d_ADDRESS | h%d:7233 |\n"), "markdown prose": many("Set `TEMPORAL_%d_ADDRESS` to `h%d:7233`.\n"),
		"bicep": many("param temporal%dAddress string = 'h%d:7233'\n"), "powershell": many("$env:TEMPORAL_W%d_ADDRESS = 'h%d:7233'\n"), "cmd": many("set TEMPORAL_W%d_ADDRESS=h%d:7233\n"),
		"quarkus": many("quarkus.temporal.a%d.connection.target=h%d:7233\n"), "properties profiles": many("%%p%d.quarkus.temporal.connection.target=h%d:7233\n"), "spring yaml": many("---\nspring:\n  config.activate.on-profile: p%d\n  temporal.connection.target: h%d:7233\n"),
	}
}

// TestJudgeIsBounded: the judge adds little to what reading costs.
func TestJudgeIsBounded(t *testing.T) {
	for name, text := range heavy() {
		start := spent()
		e := judgeWhole(t, text)
		if len(e.Findings) > 500 {
			t.Errorf("%s: %d findings", name, len(e.Findings))
		}
		if took := spent() - start; took > mayTake {
			t.Errorf("%s takes %v of a processor", name, took)
		}
	}
}

// judgeWhole judges a text and writes both repaired versions.
func judgeWhole(tb testing.TB, text string) Environment {
	tb.Helper()
	e := judgeEnvironment(context.Background(), text, EnvChoice{})
	for _, shell := range []string{"", "bash"} {
		out, err := e.Repaired(shell)
		if err == nil && len(out) > 2*len(text)+10_000 {
			tb.Errorf("%d bytes came back for %d", len(out), len(text))
		}
	}
	return e
}

// mayTake is what judging one text may take of a processor.
const mayTake = 2 * time.Second

// spent is what this process has taken of a processor; a wall clock on a busy machine says nothing.
func spent() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkJudge: what the judge takes for 256 kB of each kind, as a share of what it may take: two seconds of a
// processor.
func BenchmarkJudge(b *testing.B) {
	texts := heavy()
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			before := spent()
			b.ReportAllocs()
			for b.Loop() {
				judgeWhole(b, texts[name])
			}
			b.ReportMetric(float64(spent()-before)/float64(b.N)/float64(mayTake), "of-processor-limit")
		})
	}
}

package snippet

import (
	"fmt"
	"strings"
	"testing"
)

// TestJudgeCommandShowsNoSecret: whatever place of a pasted command a secret stands in, no answer holds it.
func TestJudgeCommandShowsNoSecret(t *testing.T) {
	const key = "eyJhbGciOiJFUzI1NiJ9.c4nary-part.c4nary_sig"
	const pem = "-----BEGIN PRIVATE KEY-----\nc4nary/MIIE+x\n-----END PRIVATE KEY-----"
	for _, tt := range []struct {
		command string
		taken   bool // off the command line, with a finding
	}{
		{"temporal workflow start --api-key " + key, true},
		{"temporal workflow start --api-key=c4nary", true},
		{"temporal workflow start --api-key 'c4 c4nary' --namespace orders.a1b2c", true},
		{"temporal workflow start --tls-key-data \"" + pem + "\"", true},
		{"temporal workflow start --grpc-meta 'authorization=Bearer c4nary'", false},
		{"temporal workflow start --address " + key, false},
		{"export TEMPORAL_API_KEY=c4nary\ntemporal workflow start", false},
		{"set -gx TEMPORAL_API_KEY 'c4nary'\ntemporal workflow start", false},
		{"set \"TEMPORAL_CLOUD_API_KEY=c4nary\"\ntemporal workflow start", false},
		{"$env:TEMPORAL_API_KEY = \"c4nary\"\ntemporal workflow start", false},
		{"TEMPORAL_TLS_CLIENT_KEY_DATA='" + pem + "'\ntemporal workflow start", false},
		{"temporal wrong " + key, false},
		{pem, false},
	} {
		findings, repaired := judgeCommand(tt.command, "go")
		all := fmt.Sprint(findings, repaired)
		if strings.Contains(all, "c4nary") {
			t.Errorf("%q: the secret is in %s", tt.command, all)
		}
		if taken := strings.Contains(all, "A secret stands in the command"); taken != tt.taken || taken && strings.Contains(repaired, hidden) {
			t.Errorf("%q: %s", tt.command, all)
		}
	}
	for _, s := range []string{"temporal workflow start --api-key $TEMPORAL_API_KEY", `--api-key "${KEY}"`, "--api-key %TEMPORAL_API_KEY%", tutorialCommand} {
		if got, found := MaskCommand(s); got != s || found {
			t.Errorf("MaskCommand(%q) = %q, %v; want it as it was", s, got, found)
		}
	}
}

// TestPasswordInAnAddress: a user and a password before an address's host come back nowhere.
func TestPasswordInAnAddress(t *testing.T) {
	for _, address := range []string{"https://user:hunter2hunter2@pay.a1b2c.tmprl.cloud:7233", "user:hunter2hunter2@pay.a1b2c.tmprl.cloud:7233", "user:hunter2hunter2@temporal.example.com:7233", "grpc://tok-hunter2hunter2@temporal.example.com:70000"} {
		for _, form := range []string{"TEMPORAL_ADDRESS=%s\nTEMPORAL_NAMESPACE=pay.a1b2c\n", "services:\n  worker:\n    environment:\n      TEMPORAL_ADDRESS: %s\n      TEMPORAL_NAMESPACE: pay.a1b2c\n", "export TEMPORAL_HOST_URL='%s'\n", "[profile.default]\naddress = \"%s\"\nnamespace = \"pay.a1b2c\"\n", "temporal workflow list --address %s --namespace pay.a1b2c\n"} {
			e := judged(fmt.Sprintf(form, address))
			again, _ := e.Repaired("")
			if all := fmt.Sprintf("%+v", e) + again; strings.Contains(all, "hunter2") {
				t.Errorf("%q of %s is shown: %s", form, address, all)
			}
		}
	}
	if e := judged("services:\n  worker:\n    image: redis:7@sha256:0123\n    environment:\n      TEMPORAL_ADDRESS: pay.a1b2c.tmprl.cloud:7233\n"); !strings.Contains(e.Given, "redis:7@sha256:0123") {
		t.Errorf("an image is no password: %s", e.Given)
	}
}

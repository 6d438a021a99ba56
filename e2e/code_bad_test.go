package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCodeBadInput: what cannot be written is refused with exit 2, the flag named, and nothing on stdout.
func TestCodeBadInput(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"unknown language", []string{"--lang", "cobol", "--namespace", "orders.a1b2c"}, "cobol"},
		{"no language", []string{"--namespace", "orders.a1b2c"}, "language"},
		{"a namespace without account", []string{"--lang", "go", "--namespace", "orders"}, "account"},
		{"a namespace that is a page", []string{"--lang", "go", "--namespace", "https://example.com/x y"}, "namespace"},
		{"a path with a newline", []string{"--lang", "go", "--namespace", "orders.a1b2c", "--cert-path", "a\nb.pem"}, "line break"},
		{"a path with an escape", []string{"--lang", "go", "--namespace", "orders.a1b2c", "--key-path", "\x1b[31m.key"}, "control character"},
		{"unknown shell", []string{"--lang", "go", "--namespace", "orders.a1b2c", "--shell", "tcsh"}, "shell"},
		{"no such file to judge", []string{"--judge", "/nowhere/.env"}, "cannot be read"},
		{"judged for an unknown shell", []string{"--judge", "testdata/envconfig/load.py", "--shell", "tcsh"}, "shell"},
	} {
		a := run(t, cleanEnv(), append([]string{"code"}, tt.args...)...)
		if a.code != 2 || a.out != "" || !strings.Contains(strings.ToLower(a.err), strings.ToLower(tt.want)) || strings.Contains(a.err, "\x1b") {
			t.Errorf("%s: exit %d, want 2 and %q\n%s\n%s", tt.name, a.code, tt.want, a.out, a.err)
		}
	}
}

// TestCodeJudge: `onramp code --judge` reads a file or stdin, masks what is secret, and its exit code is the class of
// the first danger.
func TestCodeJudge(t *testing.T) {
	const good = "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_TLS_CLIENT_CERT_PATH=client.pem\nTEMPORAL_TLS_CLIENT_KEY_PATH=client.key\n"
	const secret = "eyJhbGciOiJub25lIn0.c4nary.c4nary"
	for _, tt := range []struct {
		name, text string
		exit       int
		code       string
	}{
		{"well", good, 0, ""},
		{"no setting at all", "HOME=/root\n", 10, ""},
		{"still local", strings.ReplaceAll(good, "orders.a1b2c.tmprl.cloud", "localhost"), 10, "IN-10"},
		{"own CA as the server's root", good + "TEMPORAL_TLS_SERVER_CA_CERT_PATH=ca.pem\n", 12, "SV-01"},
		{"the key of tcld", "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_CLOUD_API_KEY=" + secret + "\n", 13, "AK-06"},
		{"TLS off with a key", "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_API_KEY=" + secret + "\nTEMPORAL_TLS=false\n", 13, "AK-09"},
		{"still the namespace default", strings.ReplaceAll(good, "NAMESPACE=orders.a1b2c", "NAMESPACE=default"), 14, "NS-11"},
	} {
		file := filepath.Join(t.TempDir(), ".env")
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		text := run(t, cleanEnv(), "code", "--judge", file)
		a := run(t, cleanEnv(), "code", "--judge", file, "--shell", "fish", "--json")
		var got struct {
			Schema   string
			Findings []struct{ Code, Level string }
			Repaired string
		}
		if err := json.Unmarshal([]byte(a.out), &got); err != nil {
			t.Fatalf("%s: %v\n%s", tt.name, err, a.out)
		}
		if a.code != tt.exit || text.code != tt.exit || got.Schema != "onramp.environment/1" || !strings.Contains(a.out, tt.code) {
			t.Errorf("%s: exit %d and %d, want %d and %s\n%s", tt.name, a.code, text.code, tt.exit, tt.code, a.out)
		}
		if strings.Contains(a.out+a.err+text.out+text.err, "c4nary") {
			t.Errorf("%s: a secret is printed", tt.name)
		}
		if tt.name == "well" && !strings.Contains(got.Repaired, "set -gx TEMPORAL_ADDRESS orders.a1b2c.tmprl.cloud:7233") {
			t.Errorf("repaired for fish: %s", got.Repaired)
		}
	}
}

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCertCommands: a CA and a leaf made in the terminal keep Cloud's rules and OpenSSL's; a request made
// elsewhere is signed; nothing is overwritten unasked; a key in the place of a certificate is named.
func TestCertCommands(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must := func(exit int, args ...string) answer {
		t.Helper()
		a := run(t, cleanEnv(), append([]string{"cert"}, args...)...)
		if a.code != exit {
			t.Fatalf("onramp cert %s: exit %d, want %d\n%s\n%s", strings.Join(args, " "), a.code, exit, a.out, a.err)
		}
		return a
	}
	must(0, "ca", "--out", dir, "--cn", "Terminal CA", "--org", "Acme", "--days", "90", "--key-type", "ec-p256")
	must(0, "leaf", "--out", dir, "--ca", at("ca.pem"), "--ca-key", at("ca.key"), "--cn", "payments")
	verify := exec.Command("openssl", "verify", "-purpose", "sslclient", "-CAfile", at("ca.pem"), at("client.pem"))
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("openssl verify: %v\n%s", err, out)
	}
	for name, mode := range map[string]os.FileMode{"ca.pem": 0o644, "ca.key": 0o600, "client.pem": 0o644, "client.key": 0o600} {
		if st, err := os.Stat(at(name)); err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s: %v, want mode %v", name, err, mode)
		}
	}
	before, _ := os.ReadFile(at("ca.pem"))
	must(2, "ca", "--out", dir, "--cn", "Another CA")
	if after, _ := os.ReadFile(at("ca.pem")); string(after) != string(before) {
		t.Error("a CA that was there was replaced without --force")
	}
	var lint struct {
		Schema   string
		Findings []struct{ Code, Severity, Subject, Text, Fix string }
	}
	if err := json.Unmarshal([]byte(must(0, "lint", at("client.pem"), "--ca", at("ca.pem"), "--json").out), &lint); err != nil || lint.Schema != "onramp.lint/1" || len(lint.Findings) != 0 {
		t.Errorf("lint of our own pair: %+v, %v", lint, err)
	}
	sub := filepath.Join(dir, "elsewhere")
	must(0, "csr", "--out", sub, "--cn", "orders")
	must(0, "sign", "--out", sub, "--ca", at("ca.pem"), "--ca-key", at("ca.key"), "--csr", filepath.Join(sub, "client.csr"))
	must(0, "inspect", filepath.Join(sub, "client.pem"), filepath.Join(sub, "client.key"), "--json")
	must(0, "bundle", "--ca", at("ca.pem"), "--cert", at("client.pem"), "--key", at("client.key"), "--namespace", "payments.a1b2c", "--out", at("bundle.zip"))

	if a := must(10, "lint", at("ca.key"), "--json"); strings.Contains(a.out, "PRIVATE KEY-----") || !strings.Contains(a.out, `"code"`) {
		t.Errorf("lint of a key: %s", a.out)
	}
	must(10, "bundle", "--ca", at("ca.pem"), "--cert", at("client.pem"), "--key", at("ca.key"), "--out", at("no.zip"))
	must(2, "ca", "--out", dir, "--cn", "x", "--days", "99999", "--force")
	must(2, "leaf", "--cn", "nobody")
	must(2, "shred")
}

// TestDecodeCommand: a known text gets its code, an unknown one an honest unknown, a secret is not repeated.
func TestDecodeCommand(t *testing.T) {
	for _, tt := range []struct{ in, code string }{
		{`failed reaching server: last connection error: connection error: desc = "error reading server preface: remote error: tls: certificate required"`, "CL-01"},
		{"Namespace payments is not found.", "NS-01"},
		{"the printer is on fire", "unknown"},
	} {
		cmd := exec.Command(program, "decode", "--json")
		cmd.Env, cmd.Stdin = cleanEnv(), strings.NewReader(tt.in)
		out, err := cmd.Output()
		var d struct{ Schema, Code, Level string }
		if err != nil || json.Unmarshal(out, &d) != nil || d.Schema != "onramp.decode/1" || d.Code != tt.code {
			t.Errorf("decode of %q = %+v, %v; want %s\n%s", tt.in, d, err, tt.code, out)
		}
	}
}

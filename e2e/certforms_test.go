package e2e

import (
	"archive/zip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// certRun runs onramp cert in a directory of its own and wants an exit code. No answer ever holds a private key.
type certRun struct {
	t   *testing.T
	dir string
}

func (c certRun) at(name string) string { return filepath.Join(c.dir, name) }

func (c certRun) want(exit int, args ...string) answer {
	c.t.Helper()
	a := run(c.t, cleanEnv(), append([]string{"cert"}, args...)...)
	if a.code != exit {
		c.t.Fatalf("onramp cert %s: exit %d, want %d\n%s\n%s", strings.Join(args, " "), a.code, exit, a.out, a.err)
	}
	if strings.Contains(a.out+a.err, "PRIVATE KEY-----") {
		c.t.Fatalf("onramp cert %s prints a key", strings.Join(args, " "))
	}
	return a
}

func (c certRun) json(into any, args ...string) {
	c.t.Helper()
	a := c.want(0, append(args, "--json")...)
	dec := json.NewDecoder(strings.NewReader(a.out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil || dec.More() {
		c.t.Fatalf("onramp cert %v: %v\n%s", args, err, a.out)
	}
}

func (c certRun) write(name, text string) string {
	c.t.Helper()
	if err := os.WriteFile(c.at(name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return c.at(name)
}

func (c certRun) openssl(args ...string) string {
	c.t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = c.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestCertForms: every form of a pair, with and without its key, in text and JSON; modes, and nothing replaced in
// silence.
func TestCertForms(t *testing.T) {
	c := certRun{t, t.TempDir()}
	c.want(0, "ca", "--out", c.dir, "--cn", "Forms CA", "--org", "Acme", "--path-length", "1", "--key-type", "ec-p256")
	if text := c.openssl("x509", "-in", "ca.pem", "-noout", "-text"); !strings.Contains(text, "CA:TRUE, pathlen:1") {
		t.Errorf("the path length is not that asked for:\n%s", text)
	}
	var made map[string]string
	c.json(&made, "leaf", "--out", c.dir, "--ca", c.at("ca.pem"), "--ca-key", c.at("ca.key"), "--cn", "Pay Worker", "--dns", "a.acme.internal,b.acme.internal")
	if made["schema"] != "onramp.cert/1" || made["cert"] != c.at("client.pem") || made["key"] != c.at("client.key") || len(made["sha256"]) != 64 {
		t.Errorf("leaf --json: %v", made)
	}
	password := c.write("password", "changeit\n")
	pair := []string{"--ca", c.at("ca.pem"), "--cert", c.at("client.pem"), "--namespace", "pay.a1b2c"}
	for format, file := range map[string]string{"zip": "bundle.zip", "full-chain": "full-chain.pem", "pkcs12": "client.p12", "pkcs12-legacy": "old.p12", "jks": "client.jks", "kubernetes": "secret.yaml",
		"base64": "b64.env", "dotenv": "plain.env", "terraform": "ca.tf", "cert-manager": "cm.yaml"} {
		args := append([]string{"bundle", "--format", format, "--out", c.at(file)}, pair...)
		holdsKey := false
		switch format {
		case "zip", "pkcs12", "pkcs12-legacy", "jks", "kubernetes", "base64":
			holdsKey = true
			c.want(2, args...)
			args = append(args, "--key", c.at("client.key"))
		}
		if strings.HasPrefix(format, "pkcs12") || format == "jks" {
			c.want(2, args...)
			args = append(args, "--password-path", password)
		}
		var got struct {
			Schema, Format, File string
			HoldsKey             bool `json:"holds_key"`
			Findings             []any
		}
		c.json(&got, args...)
		if got.Schema != "onramp.bundle/1" || got.Format != format || got.File != c.at(file) || got.HoldsKey != holdsKey {
			t.Errorf("bundle --json: %+v", got)
		}
		mode := os.FileMode(0o644)
		if holdsKey {
			mode = 0o600
		}
		if st, err := os.Stat(c.at(file)); err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s: %v, want mode %v", file, err, mode)
		}
		if a := c.want(2, args...); !strings.Contains(a.err, "is there already") {
			t.Errorf("%s again: %s", format, a.err)
		}
		if a := c.want(0, append(args, "--force")...); !strings.Contains(a.err, "replaced "+c.at(file)) || a.out == "" {
			t.Errorf("%s replaced in silence: %s", format, a.err)
		}
	}
	c.openssl("pkcs12", "-in", "client.p12", "-passin", "pass:changeit", "-nodes", "-out", "back.pem")
	c.openssl("pkcs12", "-in", "old.p12", "-legacy", "-passin", "pass:changeit", "-nodes", "-out", "back-old.pem")
	c.openssl("verify", "-purpose", "sslclient", "-CAfile", "ca.pem", "full-chain.pem")
	if env, err := os.ReadFile(c.at("plain.env")); err != nil || !strings.Contains(string(env), "pay.a1b2c.tmprl.cloud:7233") {
		t.Errorf(".env: %s, %v", env, err)
	}
	c.want(2, "bundle", "--format", "gif", "--ca", c.at("ca.pem"), "--cert", c.at("client.pem"))
	c.want(2, append([]string{"bundle", "--format", "jks", "--key", c.at("client.key"), "--password-path", c.write("short", "abc"), "--out", c.at("no.jks")}, pair...)...)
	c.want(10, append([]string{"bundle", "--format", "kubernetes", "--key", c.at("ca.key"), "--out", c.at("no.yaml")}, pair...)...)
	for _, name := range []string{"no.jks", "no.yaml"} {
		if _, err := os.Stat(c.at(name)); err == nil {
			t.Errorf("a refused command left %s", name)
		}
	}

	// All or none: where the key cannot have its place, the certificate is not left either.
	blocked := c.at("blocked")
	if err := os.MkdirAll(filepath.Join(blocked, "client.key"), 0o700); err != nil {
		t.Fatal(err)
	}
	leaf := []string{"leaf", "--ca", c.at("ca.pem"), "--ca-key", c.at("ca.key"), "--cn", "x", "--out", blocked}
	c.want(2, leaf...)
	c.want(2, append(leaf, "--force")...)
	list, err := os.ReadDir(blocked)
	if err != nil || len(list) != 1 {
		t.Errorf("half of a pair was left: %v, %v", list, err)
	}
}

// TestCertOwnCA: a CA in whatever form and order signs; one that Temporal Cloud refuses does not.
func TestCertOwnCA(t *testing.T) {
	c := certRun{t, t.TempDir()}
	ext := []string{"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-days", "500"}
	req := func(key, out string, more ...string) {
		c.openssl(append(append([]string{"req", "-x509", "-new", "-key", key, "-subj", "/CN=Own CA " + out, "-out", out}, ext...), more...)...)
	}
	c.openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "sec1.key")
	req("sec1.key", "ca.pem")
	c.openssl("pkcs8", "-topk8", "-in", "sec1.key", "-passout", "pass:secret", "-out", "locked.key")
	c.openssl("pkcs12", "-export", "-in", "ca.pem", "-inkey", "sec1.key", "-passout", "pass:secret", "-out", "ca.p12")
	c.openssl("genrsa", "-out", "small.key", "1024")
	req("small.key", "small.pem")
	req("sec1.key", "sha1.pem", "-sha1")
	pass, wrong := c.write("pass", "secret\n"), c.write("wrong", "nope")
	n := 0
	leaf := func(exit int, args ...string) answer {
		t.Helper()
		n++
		out := filepath.Join(c.dir, "out", string(rune('a'+n)))
		a := c.want(exit, append([]string{"leaf", "--cn", "worker", "--out", out}, args...)...)
		if _, err := os.Stat(filepath.Join(out, "client.key")); (err == nil) != (exit == 0) {
			t.Errorf("%v: exit %d, and client.key: %v", args, exit, err)
		}
		return a
	}
	leaf(0, "--ca", c.at("ca.pem"), "--ca-key", c.at("sec1.key"))
	leaf(0, "--ca", c.at("sec1.key"), "--ca-key", c.at("ca.pem")) // in any order
	leaf(0, c.at("sec1.key"), c.at("ca.pem"))
	leaf(0, "--ca", c.at("ca.p12"), "--ca-key-passphrase-path", pass)
	leaf(0, "--ca", c.at("ca.pem"), "--ca-key", c.at("locked.key"), "--ca-key-passphrase-path", pass)
	for want, args := range map[string][]string{
		"does not open":         {"--ca", c.at("ca.p12"), "--ca-key-passphrase-path", wrong},
		"protected by":          {"--ca", c.at("ca.pem"), "--ca-key", c.at("locked.key")},
		"of 1024 bits":          {"--ca", c.at("small.pem"), "--ca-key", c.at("small.key")},
		"ECDSA-SHA1":            {"--ca", c.at("sha1.pem"), "--ca-key", c.at("sec1.key")},
		"cannot be read":        {"--ca", c.at("nowhere"), "--ca-key", c.at("sec1.key")},
		"larger than":           {"--ca", c.write("large", strings.Repeat("x", 10<<20)), "--ca-key", c.at("sec1.key")},
		"The key in these file": {"--ca", c.at("ca.pem"), "--ca-key", c.at("small.key")},
	} {
		if a := leaf(10, args...); !strings.Contains(strings.ToLower(a.err), strings.ToLower(want)) {
			t.Errorf("%v says\n%s\nwant %q", args, a.err, want)
		}
	}
	ca := []string{"--ca", c.at("ca.pem"), "--ca-key", c.at("sec1.key")}
	for want, args := range map[string][]string{"--days": {"--days", "999999"}, "number of days": {"--days", "ten"}, "--cn": {"--cn", "a\x1b[31m"}, "DNS name": {"--dns", "-x"}, "key type": {"--key-type", "ed25519"}} {
		if a := leaf(2, append(args, ca...)...); !strings.Contains(a.err, want) || strings.Contains(a.err, "\x1b") {
			t.Errorf("%v says\n%s\nwant %q", args, a.err, want)
		}
	}
	if a := leaf(10, append([]string{"--days", "3000"}, ca...)...); !strings.Contains(a.err, "longer than this CA allows") {
		t.Errorf("beyond the CA: %s", a.err)
	}
	// A request whose signature was changed after it was made.
	c.want(0, "csr", "--cn", "orders", "--out", c.dir)
	csr, err := os.ReadFile(c.at("client.csr"))
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(csr), "-----END") - 12
	csr[i] = map[bool]byte{true: 'B', false: 'A'}[csr[i] == 'A']
	if a := c.want(10, append([]string{"sign", "--csr", c.write("forged.csr", string(csr)), "--out", c.at("forged")}, ca...)...); !strings.Contains(a.err, "signature is wrong") {
		t.Errorf("a forged request: %s", a.err)
	}
}

// TestCertBatch: a CSV gives one archive with a folder for each row, or the numbers of the bad rows and no file.
func TestCertBatch(t *testing.T) {
	c := certRun{t, t.TempDir()}
	c.want(0, "ca", "--out", c.dir, "--cn", "Batch CA", "--days", "90")
	ca := []string{"--ca", c.at("ca.pem"), "--ca-key", c.at("ca.key")}
	batch := func(exit int, rows, out string) answer {
		t.Helper()
		return c.want(exit, append([]string{"batch", "--csv", c.write("rows.csv", rows), "--out", c.at(out)}, ca...)...)
	}
	batch(0, "name,cn,days\neu,pay-eu,30\nus,,\n", "clients.zip")
	z, err := zip.OpenReader(c.at("clients.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	modes := map[string]string{}
	for _, f := range z.File {
		modes[f.Name] = f.Mode().String()
	}
	if diff := cmp.Diff(map[string]string{"ca.pem": "-rw-r--r--", "README.txt": "-rw-r--r--", "eu/client.pem": "-rw-r--r--", "eu/client.key": "-rw-------", "us/client.pem": "-rw-r--r--", "us/client.key": "-rw-------"}, modes); diff != "" {
		t.Error(diff)
	}
	if st, err := os.Stat(c.at("clients.zip")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the archive: %v, %v", st.Mode(), err)
	}
	if a := batch(2, "name\nx\n", "clients.zip"); !strings.Contains(a.err, "there already") {
		t.Errorf("again: %s", a.err)
	}
	a := batch(2, "name,cn,days\n../etc,x,1\nok,y,ten\nok,z,1\n", "bad.zip")
	for _, want := range []string{"Row 2: ", "Row 3: ", "Row 4: "} {
		if !strings.Contains(a.err, want) {
			t.Errorf("bad rows lack %q:\n%s", want, a.err)
		}
	}
	if a := batch(10, "name,days\nlong,2000\n", "bad.zip"); !strings.Contains(a.err, "Row 2: 2000 days is longer") {
		t.Errorf("beyond the CA: %s", a.err)
	}
	list, _ := filepath.Glob(c.at("*.zip"))
	temps, _ := filepath.Glob(c.at(".onramp-*"))
	if len(list) != 1 || len(temps) != 0 {
		t.Errorf("a refused batch left %v %v", list, temps)
	}
	var got struct {
		Schema, File string
		Count        int
		CA           string `json:"ca_sha256"`
	}
	c.json(&got, append([]string{"batch", "--csv", c.write("rows.csv", "name\nx\n"), "--out", c.at("json.zip"), "--key-type", "ec-p256"}, ca...)...)
	if got.Schema != "onramp.batch/1" || got.Count != 1 || got.File != c.at("json.zip") || len(got.CA) != 64 {
		t.Errorf("batch --json: %+v", got)
	}
}

// TestCertInspect: parts, chains and troubles in JSON and in words; a CA's key is told loudly.
func TestCertInspect(t *testing.T) {
	c := certRun{t, t.TempDir()}
	c.want(0, "ca", "--out", c.dir, "--cn", "Inspect CA")
	c.want(0, "leaf", "--out", c.dir, "--ca", c.at("ca.pem"), "--ca-key", c.at("ca.key"), "--cn", "worker")
	var got struct {
		Schema string
		Items  []map[string]any
		Chains []struct {
			SHA256, Subjects []string
			Complete         bool
			KeyFile          string `json:"key_file"`
		}
		Repairs, Troubles, Findings []map[string]any
	}
	c.json(&got, "inspect", c.at("client.key"), c.at("ca.pem"), c.at("client.pem"))
	if got.Schema != "onramp.inspect/1" || len(got.Items) != 3 || len(got.Chains) != 1 || got.Repairs == nil || got.Troubles == nil {
		t.Fatalf("inspect --json: %+v", got)
	}
	if ch := got.Chains[0]; !ch.Complete || ch.KeyFile != "client.key" || strings.Join(ch.Subjects, " < ") != "CN=worker < CN=Inspect CA" || len(ch.SHA256) != 2 {
		t.Errorf("chain %+v", ch)
	}
	if a := c.want(0, "inspect", c.at("ca.key"), c.at("ca.pem")); !strings.Contains(a.out, "never upload it") || !strings.Contains(a.out, "Chain (complete)") {
		t.Errorf("a CA's key: %s", a.out)
	}
	if a := c.want(10, "inspect", c.write("junk", "\x1b[31mjunk"), "--json"); !strings.Contains(a.out, `"code": "KP-39"`) || strings.Contains(a.out, "\x1b") {
		t.Errorf("junk: %s", a.out)
	}
	if a := c.want(10, "lint", c.at("ca.key"), "--json"); !strings.Contains(a.out, `"IN-16"`) {
		t.Errorf("lint of a CA's key: %s", a.out)
	}
}

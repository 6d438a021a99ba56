package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// typed runs a command in a folder and returns its exit code and everything that it printed.
func certTyped(t *testing.T, dir string, args ...string) (code int, out, errs string) {
	t.Helper()
	t.Chdir(dir)
	var o, e bytes.Buffer
	w := World{Args: args, Getenv: func(string) (string, bool) { return "", false }, Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e}
	code = cert(t.Context(), w, args)
	return code, o.String(), e.String()
}

// certDir holds a CA, a client certificate under it, and what people make of them.
func certDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, args := range [][]string{
		{"ca", "--cn", "Payments CA", "--org", "Payments", "--out", dir},
		{"leaf", "--ca", "ca.pem", "--ca-key", "ca.key", "--cn", "payments", "--dns", "payments.internal", "--out", dir},
	} {
		if code, _, errs := certTyped(t, dir, args...); code != exitOK {
			t.Fatal(code, errs)
		}
	}
	put := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ca := read("ca.pem")
	put("bom.pem", append([]byte("\xEF\xBB\xBF"), ca...))
	wide := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(string(ca))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	put("wide.pem", wide)
	put("glued.pem", append(bytes.TrimSpace(ca), read("client.pem")...))
	put("pair.csv", []byte("name,cn\na,a\n"))
	put("pass", []byte("changeit"))
	script := `set -e
openssl ecparam -name secp256k1 -genkey -noout -out odd.key; openssl req -x509 -new -key odd.key -subj /CN=odd -days 9 -out odd.pem; cat client.pem odd.pem > mixed.pem
openssl req -x509 -new -key ca.key -subj / -days 9 -out nameless.pem 2>/dev/null
openssl req -new -key client.key -subj /CN=asks -out client.csr
openssl req -new -key ca.key -subj "/O=Widgits" -out old.csr; openssl x509 -req -in old.csr -signkey ca.key -days 9 -out oldca.pem 2>/dev/null
printf hello > a.txt; python3 -m zipfile -c nothing.zip a.txt; openssl ecparam -name prime256v1 -out params.pem`
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = dir
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return dir
}

// TestCertCommands: what people type about certificates, with its exit code, what is said and what is not.
func TestCertCommands(t *testing.T) {
	dir := certDir(t)
	for _, tt := range []struct {
		args  string
		code  int
		says  []string
		lacks string
	}{
		{"lint client.pem --ca ca.pem", exitOK, []string{"No problems found: every rule"}, "signature was not"},
		{"lint client.pem", exitOK, []string{"No problems found in the certificate itself", "The signature was not checked", "--ca"}, "every rule"},
		{"lint ca.pem", exitOK, []string{"No problems found: every rule"}, "signature was not"},
		{"lint ca.pem --ca ca.pem", exitInput, []string{"CH-22", "CH-18"}, "No problems found"},
		{"lint client.pem --ca bom.pem", exitOK, []string{"KP-16", "bom.pem", "Temporal Cloud reads the file as it is"}, "No problems"},
		{"lint client.pem --ca wide.pem", exitOK, []string{"KP-17", "wide.pem"}, "Nothing"},
		{"lint wide.pem", exitOK, []string{"KP-17"}, "Nothing"},
		{"lint glued.pem", exitOK, []string{"KP-20", "other programs do not read", "KP-09"}, "KP-25"},
		{"lint nameless.pem", exitInput, []string{"CH-38", "(no name)"}, "serial"},
		{"lint oldca.pem", exitInput, []string{"CH-04", "version 1"}, "client certificate"},
		{"lint odd.pem", exitInput, []string{"KP-33", "secp256k1"}, "damaged"},
		{"lint client.pem --ca odd.pem", exitInput, []string{"KP-33"}, "Nothing"},
		{"leaf --ca nameless.pem --ca-key ca.key --cn x --out new", exitInput, []string{"no name"}, ""},
		{"inspect client.pem ca.pem", exitOK, []string{"serial ", "alternative names DNS:payments.internal", "signed by CN=Payments CA,O=Payments", "key ec-p384", "Chain (complete)"}, ""},
		{"inspect ca.pem nameless.pem", exitOK, []string{"By Temporal Cloud's rules", "CH-38"}, ""},
		{"inspect mixed.pem", exitInput, []string{"CN=payments", "CN=odd", "KP-33"}, "damaged"},
		{"inspect nothing.zip", exitInput, []string{"KP-39", "no certificate or key in nothing.zip"}, ""},
		{"inspect params.pem", exitInput, []string{"KP-42", "without a key", "neither a worker nor a namespace can use it"}, ""},
		{"lint nothing.zip", exitInput, []string{"KP-39", "zip archive", "onramp cert inspect"}, "BEGIN line"},
		{"lint client.pem --ca nothing.zip", exitInput, []string{"KP-39", "zip archive"}, "BEGIN line"},
		{"sign --ca ca.pem --ca-key ca.key --csr nothing.zip --out new", exitInput, []string{"zip archive"}, "BEGIN line"},
		{"bundle --ca nameless.pem --cert client.pem --key client.key --out odd.zip", exitOK, []string{"CH-38", "CH-01", "It was written"}, ""},
		{"bundle --ca ca.pem --cert client.pem --key client.key --out good.zip", exitOK, []string{"good.zip: "}, "It was written"},
		{"bundle --format full-chain --ca nothing.zip --cert client.pem --out x.pem", exitInput, []string{"zip archive"}, ""},
		{"bundle --ca params.pem --cert client.pem --key client.key --out x.zip", exitInput, []string{"the private key (BEGIN PRIVATE KEY) instead"}, "removed"},
		{"sign --ca ca.pem --ca-key ca.key --csr params.pem --out new", exitInput, []string{"not a signing request"}, ""},
	} {
		t.Run(tt.args, func(t *testing.T) {
			code, out, errs := certTyped(t, dir, strings.Fields(tt.args)...)
			if code != tt.code {
				t.Errorf("exit %d, want %d\n%s%s", code, tt.code, out, errs)
			}
			for _, s := range tt.says {
				if !strings.Contains(out+errs, s) {
					t.Errorf("it does not say %q:\n%s%s", s, out, errs)
				}
			}
			if tt.lacks != "" && strings.Contains(out+errs, tt.lacks) {
				t.Errorf("it says %q:\n%s%s", tt.lacks, out, errs)
			}
		})
	}
	code, out, _ := certTyped(t, dir, "inspect", "client.pem", "ca.pem", "--json")
	var report struct {
		Items []struct {
			Serial string   `json:"serial"`
			SANs   []string `json:"sans"`
		} `json:"items"`
		Findings []map[string]any `json:"findings"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitOK || report.Items[0].Serial == "" || !slices.Equal(report.Items[0].SANs, []string{"DNS:payments.internal"}) || report.Findings == nil {
		t.Errorf("exit %d, %v\n%s", code, err, out)
	}
}

// TestCertNeverOverwrites: no command replaces a file that is there without --force, and says which.
func TestCertNeverOverwrites(t *testing.T) {
	dir := certDir(t)
	before := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, tt := range []struct{ args, file string }{
		{"ca --cn other --out .", "ca.key"},
		{"leaf --ca ca.pem --ca-key ca.key --cn other --out .", "client.key"},
		{"csr --cn other --out .", "client.key"},
		{"sign --ca ca.pem --ca-key ca.key --csr client.csr --out .", "client.pem"},
		{"bundle --ca ca.pem --cert client.pem --key client.key --out pass", "pass"},
		{"bundle --format jks --ca ca.pem --cert client.pem --key client.key --password-path pass --out a.txt", "a.txt"},
		{"batch --ca ca.pem --ca-key ca.key --csv pair.csv --out a.txt", "a.txt"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			had := before(tt.file)
			code, _, errs := certTyped(t, dir, strings.Fields(tt.args)...)
			if code != exitUsage || !strings.Contains(errs, "is there already") || before(tt.file) != had {
				t.Errorf("exit %d: %s", code, errs)
			}
			left, err := filepath.Glob(filepath.Join(dir, ".onramp-*"))
			if err != nil || len(left) > 0 {
				t.Errorf("%v is left, %v", left, err)
			}
		})
	}
	if err := settle(filepath.Join(dir, "pass"), filepath.Join(dir, "a.txt"), false); err == nil || before("a.txt") != "hello" {
		t.Errorf("what came meanwhile was replaced: %v", err)
	}
}

// TestCertSecretsInWrongPlaces: a secret that is given to a flag or argument that is not for it is not printed.
func TestCertSecretsInWrongPlaces(t *testing.T) {
	dir := certDir(t)
	key, err := os.ReadFile(filepath.Join(dir, "client.key"))
	if err != nil {
		t.Fatal(err)
	}
	core := strings.Split(string(key), "\n")[1]
	for _, secret := range []struct{ what, value, core string }{
		{"a key", string(key), core},
		{"a key on one line", strings.ReplaceAll(string(key), "\n", `\n`), core},
		{"an API key", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2VjcmV0LXNlY3JldC1zZWNyZXQ", "c2VjcmV0LXNlY3JldC1zZWNyZXQ"},
	} {
		for _, args := range [][]string{
			{"inspect", " " + secret.value}, {"lint", " " + secret.value}, {"lint", "client.pem", "--ca", secret.value}, {"inspect", "client.key", "--passphrase-path", secret.value},
			{"ca", "--cn", "x", "--days", secret.value, "--out", "new"}, {"ca", "--cn", "x", "--key-type", secret.value, "--out", "new"}, {"ca", "--cn", "x", "--path-length", secret.value, "--out", "new"},
			{"leaf", "--ca", secret.value, "--cn", "x", "--out", "new"}, {"leaf", "--ca", "ca.pem", "--ca-key", secret.value, "--cn", "x", "--out", "new"},
			{"leaf", "--ca", "ca.pem", "--ca-key", "ca.key", "--ca-key-passphrase-path", secret.value, "--cn", "x", "--out", "new"},
			{"sign", "--ca", "ca.pem", "--ca-key", "ca.key", "--csr", secret.value}, {"batch", "--ca", "ca.pem", "--ca-key", "ca.key", "--csv", secret.value},
			{"bundle", "--format", "jks", "--ca", "ca.pem", "--cert", "client.pem", "--key", secret.value, "--password-path", "pass"},
			{"bundle", "--format", "jks", "--ca", "ca.pem", "--cert", "client.pem", "--key", "client.key", "--password-path", secret.value},
		} {
			code, out, errs := certTyped(t, dir, args...)
			if code == exitOK || strings.Contains(out+errs, secret.core) {
				t.Errorf("%s as %q: exit %d, printed %t\n%.300s", secret.what, args[:2], code, strings.Contains(out+errs, secret.core), out+errs)
			}
		}
	}
	for _, args := range [][]string{{"inspect", "client.key", "--passphrase-path", "hunter2"}, {"bundle", "--format", "jks", "--ca", "ca.pem", "--cert", "client.pem", "--key", "client.key", "--password-path", "hunter2"}} {
		if code, out, errs := certTyped(t, dir, args...); code == exitOK || strings.Contains(out+errs, "hunter2") {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errs)
		}
	}
}

package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certBombs are files that ask for more than they are worth.
func certBombs(t *testing.T, ca []byte) map[string][]byte {
	t.Helper()
	mega := func(unit string) []byte { return []byte(strings.Repeat(unit, (1<<20-300)/len(unit))) }
	packed := func(content []byte, files int) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range files {
			w, err := z.Create(string(rune('a'+i%26)) + strings.Repeat("x", i) + ".pem")
			if err == nil {
				_, err = w.Write(content)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	nested := ca
	for range 12 {
		nested = []byte(base64.StdEncoding.EncodeToString(nested))
	}
	deep := []byte{5, 0}
	for len(deep) < 60_000 {
		deep = append([]byte{0x30, 0x82, byte(len(deep) >> 8), byte(len(deep))}, deep...)
	}
	return map[string][]byte{
		"labels that are none": mega("BEGIN x END y "), "dashes": mega("-"), "written-out breaks": mega(`\n`), "END without BEGIN": mega("END CMS-"),
		"BEGIN without END": mega("-----BEGIN CERTIFICATE-----\n"), "empty blocks": mega("-----BEGIN CMS----------END CMS-----"), "Secrets": mega("LS0tLS1CRUdJTi=: "),
		"quotes": mega(`"' `), "zeroes": mega("\x00"), "commas": mega(","), "open lengths": append(bytes.Repeat([]byte{0x30, 0x80}, 200_000), make([]byte, 400_000)...),
		"a CA, 900 times": bytes.Repeat(ca, 900), "base64 in base64": nested, "DER, deep": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: deep}),
		"an archive that unpacks to megabytes": packed(mega("END CMS-"), 4), "an archive of many": packed(ca, 100), "nothing": {},
	}
}

// TestCertBombs: no command about certificates takes more than its share of the machine for a file, or ends with an
// error of its own.
func TestCertBombs(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, args := range [][]string{{"cert", "ca", "--cn", "CA", "--out", dir}, {"cert", "leaf", "--ca", filepath.Join(dir, "ca.pem"), "--ca-key", filepath.Join(dir, "ca.key"), "--cn", "w", "--out", dir}} {
		if a := run(t, cleanEnv(), args...); a.code != 0 {
			t.Fatal(a.err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	ca, err := os.ReadFile(at("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pass := write("pass", []byte("secret"))
	rows := write("rows.csv", []byte("name,cn,days\na,a,9\n"))
	idle := spend(t, "", "cert", "lint", at("ca.pem")).memory
	var worstCPU time.Duration
	var worstMemory int64
	n := 0
	for what, content := range certBombs(t, ca) {
		b := write("bomb", content)
		for _, line := range [][]string{
			{"inspect", b}, {"inspect", b, "--passphrase-path", pass}, {"inspect", b, b, b}, {"lint", b}, {"lint", at("client.pem"), "--ca", b}, {"lint", b, "--ca", b},
			{"bundle", "--ca", b, "--cert", at("client.pem"), "--key", at("client.key"), "--out", at("new"), "--force"}, {"bundle", "--ca", at("ca.pem"), "--cert", b, "--key", at("client.key"), "--out", at("new"), "--force"},
			{"bundle", "--ca", at("ca.pem"), "--cert", at("client.pem"), "--key", b, "--out", at("new"), "--force"},
			{"bundle", "--format", "terraform", "--ca", at("ca.pem"), "--cert", at("client.pem"), "--filters", b, "--out", at("new"), "--force"},
			{"sign", "--ca", at("ca.pem"), "--ca-key", at("ca.key"), "--csr", b, "--out", at("d")}, {"sign", "--ca", b, "--csr", b, "--out", at("d")},
			{"leaf", "--ca", b, "--ca-key", b, "--ca-key-passphrase-path", pass, "--cn", "x", "--out", at("d")}, {"batch", "--ca", at("ca.pem"), "--ca-key", at("ca.key"), "--csv", b, "--out", at("z"), "--force"},
			{"batch", "--ca", b, "--csv", rows, "--out", at("z"), "--force"},
		} {
			n++
			s := spend(t, "", append([]string{"cert"}, line...)...)
			worstCPU, worstMemory = max(worstCPU, s.cpu), max(worstMemory, s.memory-idle)
			if s.cpu > 2*time.Second || s.memory-idle > 300<<20 || s.code == 1 || s.code < 0 {
				t.Errorf("%s: %.60q: exit %d, %v of processor time, %d MB above idle\n%.300s", what, line, s.code, s.cpu.Round(time.Millisecond), (s.memory-idle)>>20, s.out)
			}
		}
	}
	t.Logf("%d times (a file to a command): at most %v of processor time and %d MB above idle", n, worstCPU.Round(time.Millisecond), worstMemory>>20)
}

package certsvc

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inNode runs the browser's csr.js under Node, which has the same WebCrypto, and decodes what the
// script's expression gives as JSON.
func inNode(t *testing.T, expression string, into any) {
	t.Helper()
	source, err := os.ReadFile("../static/js/csr.js")
	if err != nil {
		t.Fatal(err)
	}
	script := "'use strict'; globalThis.isSecureContext = true;\n" + string(source) +
		"\n(async () => process.stdout.write(JSON.stringify(" + expression + ")))();\n"
	cmd := exec.Command("node", "-")
	cmd.Stdin = strings.NewReader(script)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.String())
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("%v in %.200s", err, out)
	}
}

// TestBrowserRequests: requests made in the browser are signed by us, belong to their keys and pass openssl.
func TestBrowserRequests(t *testing.T) {
	var made []struct{ CSR, Key, CN, O, Curve string }
	inNode(t, `await Promise.all(Array.from({length: 20}, async (_, i) => {
		const want = {cn: 'payments-' + i + ' Zürich 支払', o: i % 3 ? 'Acme & Sons, "Ltd"' : '', curve: i % 2 ? 'P-256' : 'P-384'};
		const {csr, key} = await OnrampCSR.create(i % 4 ? want : {...want, curve: undefined});
		return {csr, key, cn: want.cn, o: want.o, curve: want.curve};
	}))`, &made)
	if len(made) != 20 {
		t.Fatalf("got %d requests", len(made))
	}
	s, dir := testService(), t.TempDir()
	ca := makeSet().ca
	for i, m := range made {
		leaf, err := s.Sign(ca, []byte(m.CSR), LeafSpec{})
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		wantType := map[string]KeyType{"P-256": ECP256, "P-384": ECP384}[m.Curve]
		if got := KeyTypeOf(leaf.Cert.PublicKey); leaf.Cert.Subject.CommonName != m.CN || got != wantType {
			t.Errorf("request %d became %q with %s, want %q with %s", i, leaf.Cert.Subject.CommonName, got, m.CN, wantType)
		}
		if got := strings.Join(leaf.Cert.Subject.Organization, "|"); got != m.O {
			t.Errorf("request %d has organization %q, want %q", i, got, m.O)
		}
		if !leaf.Key.Empty() {
			t.Error("a signed request came back with a key")
		}
		if _, done, err := ReadPair(leaf.CertPEM, []byte(m.Key)); err != nil || len(done) > 0 {
			t.Errorf("request %d: certificate and the browser's key: %v, %v", i, done, err)
		}
		write(t, dir, "client.csr", []byte(m.CSR))
		out, err := openssl(t, dir, "req", "-in", "client.csr", "-verify", "-noout", "-text")
		if err != nil || !strings.Contains(out, "verify OK") {
			t.Errorf("openssl req -verify: %v\n%s", err, out)
		}
		for _, want := range []string{"CA:FALSE", "Digital Signature", "TLS Web Client Authentication"} {
			if !strings.Contains(out, want) {
				t.Errorf("openssl shows no %q in\n%s", want, out)
			}
		}
	}
	if made[0].Key == made[1].Key {
		t.Error("two requests share a key")
	}
}

// TestBrowserZip: the archive that the browser writes has the names, contents and modes that unzip sees.
func TestBrowserZip(t *testing.T) {
	var archive string
	inNode(t, `Buffer.from(OnrampCSR.zip([
		{name: 'client.key', text: 'KEY\n', mode: 0o600}, {name: 'ca.pem', text: 'Grüezi '.repeat(20000)}, {name: 'empty', text: ''},
	], new Date(Date.UTC(2026, 10, 22, 12, 34, 56)))).toString('base64')`, &archive)
	raw := must(base64.StdEncoding.DecodeString(archive))(t)
	z := must(zip.NewReader(bytes.NewReader(raw), int64(len(raw))))(t)
	got := map[string]string{}
	modes := map[string]fs.FileMode{}
	for _, f := range z.File {
		r := must(f.Open())(t)
		got[f.Name] = string(must(io.ReadAll(r))(t)) // checks the CRC
		modes[f.Name] = f.Mode()
		if f.Modified.UTC().Format("2006-01-02 15:04:05") != "2026-11-22 12:34:56" {
			t.Errorf("%s is of %s", f.Name, f.Modified)
		}
	}
	if diff := cmp.Diff(map[string]string{"client.key": "KEY\n", "ca.pem": strings.Repeat("Grüezi ", 20000), "empty": ""}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]fs.FileMode{"client.key": 0o600, "ca.pem": 0o644, "empty": 0o644}, modes); diff != "" {
		t.Error(diff)
	}
	unzipped(t, raw, map[string]fs.FileMode{"client.key": 0o600, "ca.pem": 0o644, "empty": 0o644})
}

// unzipped unpacks an archive with unzip and compares what lies in the folder with the wanted modes.
func unzipped(t *testing.T, archive []byte, want map[string]fs.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "bundle.zip", archive)
	for _, args := range [][]string{{"-tq", "bundle.zip"}, {"-q", "bundle.zip", "-d", "out"}} {
		cmd := exec.Command("unzip", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("unzip %v: %v\n%s", args, err, out)
		}
	}
	got := map[string]fs.FileMode{}
	for _, e := range must(os.ReadDir(filepath.Join(dir, "out")))(t) {
		got[e.Name()] = must(e.Info())(t).Mode()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files on disk (-want +got):\n%s", diff)
	}
	return filepath.Join(dir, "out")
}

// TestBrowserSupport: the lane is offered only where WebCrypto exists, and an unknown curve is refused.
func TestBrowserSupport(t *testing.T) {
	var got []any
	inNode(t, `[OnrampCSR.supported(), (globalThis.isSecureContext = false, OnrampCSR.supported()), await OnrampCSR.create({cn: 'x', curve: 'P-521'}).catch(e => e.message)]`, &got)
	if diff := cmp.Diff([]any{true, false, "no such curve here: P-521"}, got); diff != "" {
		t.Error(diff)
	}
}

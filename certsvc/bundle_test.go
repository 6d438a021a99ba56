package certsvc

import (
	"archive/zip"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
)

// unpack reads an archive's files and modes.
func unpack(t testing.TB, raw []byte) (map[string]string, map[string]fs.FileMode) {
	t.Helper()
	z := must(zip.NewReader(bytes.NewReader(raw), int64(len(raw))))(t)
	content, modes := map[string]string{}, map[string]fs.FileMode{}
	for _, f := range z.File {
		r := must(f.Open())(t)
		content[f.Name], modes[f.Name] = string(must(io.ReadAll(r))(t)), f.Mode()
		if f.CreatorVersion>>8 != 3 {
			t.Errorf("%s is not marked as made on Unix", f.Name)
		}
	}
	return content, modes
}

// TestWriteBundle: fixed names, Unix modes, and what to upload and keep.
func TestWriteBundle(t *testing.T) {
	set := must(testService().IssueSet(SetRequest{Namespace: "payments.a1b2c", Address: "payments.a1b2c.tmprl.cloud:7233"}))(t)
	var out bytes.Buffer
	if err := WriteBundle(&out, set.Bundle()); err != nil {
		t.Fatal(err)
	}
	content, modes := unpack(t, out.Bytes())
	want := map[string]fs.FileMode{"ca.pem": 0o644, "client.pem": 0o644, "client.key": 0o600, "README.txt": 0o644, ".env": 0o644}
	if diff := cmp.Diff(want, modes); diff != "" {
		t.Errorf("modes (-want +got):\n%s", diff)
	}
	dir := unzipped(t, out.Bytes(), want)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "client.pem"), filepath.Join(dir, "client.key"))
	if err != nil || !pair.Leaf.Equal(set.Leaf.Cert) {
		t.Errorf("the pair on disk: %v", err)
	}
	env := "TEMPORAL_ADDRESS=payments.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=payments.a1b2c\nTEMPORAL_TLS_CLIENT_CERT_PATH=client.pem\nTEMPORAL_TLS_CLIENT_KEY_PATH=client.key\n"
	if diff := cmp.Diff(env, content[".env"]); diff != "" {
		t.Error(diff)
	}
	for _, w := range []string{"Upload this:  ca.pem", "Keep this:    client.pem and client.key", "payments.a1b2c", "Namespace Admin", "--ca-certificate-file ca.pem", set.CA.Fingerprint(), set.Leaf.Fingerprint(), "replace the CA"} {
		if !strings.Contains(content["README.txt"], w) {
			t.Errorf("README.txt lacks %q:\n%s", w, content["README.txt"])
		}
	}
	for name, text := range content {
		if strings.Contains(text, "PRIVATE KEY") != (name == "client.key") {
			t.Errorf("%s: private key where none belongs, or none where one does", name)
		}
		if strings.Contains(text, string(set.CA.Key.Reveal()[40:90])) {
			t.Errorf("%s holds the CA's key", name)
		}
		if strings.Contains(text, "REHEARSAL") || strings.Contains(strings.ToLower(text), "revoke ") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// TestWriteBundleVariants: without a key, for the rehearsal, with variables of the caller.
func TestWriteBundleVariants(t *testing.T) {
	s := makeSet()
	var out bytes.Buffer
	b := Bundle{Namespace: "p.a1b2c", CAPEM: s.ca.CertPEM, ClientPEM: s.leaf.CertPEM, Rehearsal: true, Made: testNow,
		Env: []EnvVar{{"A", "plain"}, {"B", "it's $HOME `x` \\"}, {"C", ""}}}
	if err := WriteBundle(&out, b); err != nil {
		t.Fatal(err)
	}
	content, _ := unpack(t, out.Bytes())
	if _, ok := content["client.key"]; ok || !strings.Contains(content["README.txt"], "client.key is not in this archive") || !strings.HasPrefix(content["README.txt"], "REHEARSAL") {
		t.Errorf("README.txt:\n%s", content["README.txt"])
	}
	cmd := exec.Command("sh", "-c", ". ./.env && printf '%s|%s|%s' \"$A\" \"$B\" \"$C\"")
	cmd.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(cmd.Dir, ".env"), []byte(content[".env"]), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := cmd.Output(); err != nil || string(got) != "plain|it's $HOME `x` \\|" {
		t.Errorf("a shell reads %q, %v", got, err)
	}
}

// TestWriteBundleRefuses: a CA key never travels with a client key, nor a key among certificates.
func TestWriteBundleRefuses(t *testing.T) {
	s := makeSet()
	good := Bundle{CAPEM: s.ca.CertPEM, ClientPEM: s.leaf.CertPEM, ClientKey: s.leaf.Key}
	other := must(testService().Leaf(s.ca, LeafSpec{CommonName: "other"}))(t)
	for _, tt := range []struct {
		what, code string
		change     func(*Bundle)
	}{
		{"CA key for the client's", "KP-10", func(b *Bundle) { b.ClientKey = s.ca.Key }},
		{"CA pair as client pair", "KP-10", func(b *Bundle) { b.ClientPEM, b.ClientKey = s.ca.CertPEM, s.ca.Key }},
		{"another client's key", "KP-06", func(b *Bundle) { b.ClientKey = other.Key }},
		{"key in ca.pem", "IN-16", func(b *Bundle) { b.CAPEM = cat(s.ca.CertPEM, s.ca.Key.Reveal()) }},
		{"key in client.pem", "IN-16", func(b *Bundle) { b.ClientPEM = cat(s.leaf.CertPEM, s.leaf.Key.Reveal()) }},
		{"no CA", "KP-01", func(b *Bundle) { b.CAPEM = nil }},
		{"no client certificate", "KP-01", func(b *Bundle) { b.ClientPEM = nil }},
	} {
		b := good
		tt.change(&b)
		var out bytes.Buffer
		err := WriteBundle(&out, b)
		if f := fault.From(err); f == nil || f.Code != tt.code || out.Len() > 0 {
			t.Errorf("%s: %v and %d bytes, want %s and none", tt.what, err, out.Len(), tt.code)
		}
	}
	bad := good
	bad.Env = []EnvVar{{"A", "x\ny"}}
	if err := WriteBundle(io.Discard, bad); err == nil {
		t.Error("a newline in a variable was written")
	}
	if err := WriteBundle(fullDisk{}, good); err == nil {
		t.Error("a failing writer was not noticed")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space") }

// TestWriteCAKeyArchive: the CA's key travels alone.
func TestWriteCAKeyArchive(t *testing.T) {
	s := makeSet()
	var out bytes.Buffer
	if err := WriteCAKeyArchive(&out, s.ca, "payments.a1b2c", false); err != nil {
		t.Fatal(err)
	}
	content, modes := unpack(t, out.Bytes())
	if diff := cmp.Diff(map[string]fs.FileMode{"ca.key": 0o600, "ca.pem": 0o644, "README.txt": 0o644}, modes); diff != "" {
		t.Error(diff)
	}
	if content["ca.key"] != string(s.ca.Key.Reveal()) || !strings.Contains(content["README.txt"], "payments.a1b2c") {
		t.Error("ca.key or README.txt is wrong")
	}
	if again, _, err := ReadPair([]byte(content["ca.pem"]), []byte(content["ca.key"])); err != nil || !again.Leaf().Equal(s.ca.Cert) {
		t.Errorf("the archive read again: %v", err)
	}
	if err := WriteCAKeyArchive(io.Discard, Issued{Cert: s.ca.Cert, CertPEM: s.ca.CertPEM}, "p.a1b2c", false); err == nil {
		t.Error("an archive without the key was written")
	}
	if err := WriteCAKeyArchive(io.Discard, Issued{Cert: s.ca.Cert, CertPEM: s.ca.CertPEM, Key: s.leaf.Key}, "p.a1b2c", false); err == nil {
		t.Error("an archive with the client's key was written")
	}
}

// TestBundleTimes: the files carry the day of issue, not 1980.
func TestBundleTimes(t *testing.T) {
	s := makeSet()
	var out bytes.Buffer
	if err := WriteBundle(&out, Bundle{CAPEM: s.ca.CertPEM, ClientPEM: s.leaf.CertPEM}); err != nil {
		t.Fatal(err)
	}
	z := must(zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len())))(t)
	for _, f := range z.File {
		if d := f.Modified.Sub(testNow).Abs(); d > 2*time.Second {
			t.Errorf("%s is of %s", f.Name, f.Modified)
		}
	}
}

// TestRehearsalBundleWorks: what a bundle of the rehearsal says is enough to connect, and it sends nobody to Temporal Cloud.
func TestRehearsalBundleWorks(t *testing.T) {
	s := makeSet()
	var out bytes.Buffer
	b := Bundle{Namespace: "p.a1b2c", Address: "localhost:7300", CAPEM: s.ca.CertPEM, ClientPEM: s.leaf.CertPEM, ClientKey: s.leaf.Key, Rehearsal: true, ServerRootPEM: s.ca.CertPEM}
	if err := WriteBundle(&out, b); err != nil {
		t.Fatal(err)
	}
	content, modes := unpack(t, out.Bytes())
	if content["server-root.pem"] != string(s.ca.CertPEM) || modes["server-root.pem"] != 0o644 || !strings.Contains(content[".env"], "TEMPORAL_TLS_SERVER_CA_CERT_PATH=server-root.pem\n") {
		t.Errorf("no server root in %v:\n%s", modes, content[".env"])
	}
	for _, no := range []string{"tcld", "Temporal Cloud >", "Namespace Admin", "Temporal mails"} {
		if strings.Contains(content["README.txt"], no) {
			t.Errorf("README.txt of a rehearsal says %q:\n%s", no, content["README.txt"])
		}
	}
	b.Rehearsal, b.ServerRootPEM = false, nil
	out.Reset()
	if err := WriteBundle(&out, b); err != nil {
		t.Fatal(err)
	}
	if content, _ := unpack(t, out.Bytes()); content["server-root.pem"] != "" || strings.Contains(content[".env"], "SERVER_CA") {
		t.Errorf("a bundle for Temporal Cloud names a root:\n%s", content[".env"])
	}
}

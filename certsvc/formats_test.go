package certsvc

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"onramp/fault"
)

// TestOutput: each format is what it says, holds the key where it says so and nowhere else, and names itself.
func TestOutput(t *testing.T) {
	p, w := chained(t)
	spec := OutputSpec{Namespace: "pay.a1b2c", Address: "pay.a1b2c.tmprl.cloud:7233", CAPEM: encodeCerts(w.root), ClientPEM: p.CertPEM(), ClientKey: p.KeyPEM(), Password: "changeit"}
	line := strings.Split(string(p.KeyPEM().Reveal()), "\n")[1]
	for _, f := range Formats {
		out, err := Output(f.Format, spec)
		if err != nil || len(out) == 0 {
			t.Errorf("%s: %v", f.Format, err)
			continue
		}
		seen := string(out)
		if f.Format == FormatBundle {
			files, _ := unpack(t, out)
			seen = files[FileClientKey]
		}
		if strings.Contains(seen, line) && !f.Key {
			t.Errorf("%s holds the key", f.Format)
		}
		if strings.HasSuffix(f.File, ".yaml") {
			for d := yaml.NewDecoder(bytes.NewReader(out)); ; {
				var doc map[string]any
				if err := d.Decode(&doc); err != nil {
					break
				}
				if doc["kind"] == nil {
					t.Errorf("%s: %v", f.Format, doc)
				}
			}
		}
		without := spec
		without.ClientKey, without.Password = Secret{}, ""
		_, err = Output(f.Format, without)
		if wants := f.Key && f.Format != FormatBundle; wants != (err != nil) {
			t.Errorf("%s without a key: %v", f.Format, err)
		}
		weak := spec
		weak.Password = "12345"
		if _, err = Output(f.Format, weak); f.Password != (err != nil) {
			t.Errorf("%s with a weak password: %v", f.Format, err)
		}
	}
	if _, err := Output("gif", spec); fault.From(err).Field != "format" || !strings.Contains(fault.From(err).Fix, "pkcs12-legacy") {
		t.Errorf("an unknown format: %v", err)
	}
	other := spec
	other.ClientKey = NewSecret(must(encodeKey(w.rootKey))(t).Reveal())
	if _, err := Output(FormatKubernetes, other); fault.From(err).Code != "KP-10" {
		t.Errorf("the CA's key in a Secret: %v", err)
	}
	for in, want := range map[string]string{"Payments EU": "payments-eu", "支払": "temporal-client", "-a.": "a", "": "temporal-client", strings.Repeat("x", 300): strings.Repeat("x", 200)} {
		if got := FitName(in); got != want || !k8sName.MatchString(got) {
			t.Errorf("FitName(%q) = %q", in, got)
		}
	}
}

// TestOwnKeySteps: the commands for a key that is elsewhere make what openssl and keytool read back.
func TestOwnKeySteps(t *testing.T) {
	p, w := chained(t)
	dir := t.TempDir()
	write(t, dir, FileClient, p.CertPEM())
	write(t, dir, FileCA, encodeCerts(w.root))
	write(t, dir, FileClientKey, p.KeyPEM().Reveal())
	_, noJava := exec.LookPath("keytool")
	for _, s := range OwnKeySteps("it's-me", "team a") {
		command := s.Command
		switch tool, _, _ := strings.Cut(command, " "); {
		case tool == "kubectl":
			if want := `kubectl create secret tls 'it'\''s-me' --namespace 'team a' --cert=client.pem --key=client.key`; command != want {
				t.Errorf("%s, want %s", command, want)
			}
			continue
		case tool == "keytool" && noJava != nil:
			t.Log("no keytool here")
			continue
		case tool == "keytool":
			command += " -srcstorepass changeit -deststorepass changeit"
		case tool == "openssl":
			command += " -passout pass:changeit"
		}
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
		if strings.HasPrefix(command, "base64") && string(out) != Base64Line(p.KeyPEM().Reveal()) {
			t.Errorf("base64 gave %q", out)
		}
	}
	for _, name := range []string{"client.p12", "client-legacy.p12"} {
		back, err := Inspect([]File{{name, must(os.ReadFile(filepath.Join(dir, name)))(t)}}, "changeit").ClientPair()
		if err != nil || !back.Leaf().Equal(p.Leaf()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if noJava == nil {
		listedByKeytool(t, dir, "client.jks")
	}
}

// zipped is an archive of names and contents.
func zipped(t *testing.T, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		out, err := z.Create(pairs[i])
		if err == nil {
			_, err = out.Write([]byte(pairs[i+1]))
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

// TestArchives: what Onramp handed out can be dropped back as it is; archives that are none, too large or nested
// say so, and cost nothing.
// ASVS 5.2.2.
func TestArchives(t *testing.T) {
	s := testService()
	ca := must(s.CA(CASpec{CommonName: "Payments CA"}))(t)
	var caKey bytes.Buffer
	if err := WriteCAKeyArchive(&caKey, ca, "pay.a1b2c", false); err != nil {
		t.Fatal(err)
	}
	got, done, err := ReadAuthority([]File{{"ca-key.zip", caKey.Bytes()}}, "")
	if err != nil || !got.Cert.Equal(ca.Cert) || len(done) != 0 {
		t.Errorf("ca-key.zip: %v, %v", done, err)
	}
	leaf := must(s.Leaf(ca, LeafSpec{CommonName: "payments"}))(t)
	bundle := must(Output(FormatBundle, OutputSpec{Namespace: "pay.a1b2c", CAPEM: ca.CertPEM, ClientPEM: leaf.CertPEM, ClientKey: leaf.Key}))(t)
	inv := Inspect([]File{{"bundle.zip", bundle}, {"ca-key.zip", caKey.Bytes()}}, "")
	if p, err := inv.ClientPair(); err != nil || !p.Leaf().Equal(leaf.Cert) {
		t.Errorf("bundle.zip: %v", err)
	}
	if chains := inv.Chains(); len(chains) != 1 || len(chains[0].Certs) != 2 || chains[0].KeyFile != "client.key" || !chains[0].Complete() {
		t.Errorf("chains %+v", chains)
	}
	if len(inv.CAs()) != 1 {
		t.Errorf("CAs %v", inv.CAs())
	}

	many := make([]string, 0, 2*maxArchiveFiles+2)
	for i := range maxArchiveFiles + 1 {
		many = append(many, fmt.Sprint(i, ".pem"), string(ca.CertPEM))
	}
	for name, tt := range map[string]struct {
		content []byte
		title   string
	}{
		"a zip of zips": {zipped(t, "inner.zip", string(bundle)), "another archive"},
		"a zip bomb":    {zipped(t, "big.pem", strings.Repeat("A", maxArchiveBytes+1)), "unpacks to more data"},
		"many files":    {zipped(t, many...), "101 files"},
		"a cut zip":     {bundle[:len(bundle)/2], "damaged archive"},
		"too much":      {append([]byte("PK\x03\x04"), make([]byte, maxArchiveBytes)...), "certificates and keys are only a few"},
	} {
		began := time.Now()
		inv := Inspect([]File{{"../x\x1b.zip", tt.content}}, "")
		if len(inv.Items) != 1 || inv.Items[0].Trouble == nil || !strings.Contains(inv.Items[0].Trouble.Title, tt.title) || strings.Contains(inv.Items[0].Trouble.Title, "\x1b") {
			t.Errorf("%s: %+v", name, inv.Items)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	// Beside what is of use, other files of an archive are passed over; a nested one is told, and the rest is read.
	mixed := zipped(t, "notes.md", "# hello", "sub/ca.pem", string(ca.CertPEM), "ca.key", string(ca.Key.Reveal()), "empty", "")
	inv = Inspect([]File{{"mixed.zip", mixed}}, "")
	var kinds []ItemKind
	for _, it := range inv.Items {
		kinds = append(kinds, it.Kind)
	}
	if diff := cmp.Diff([]ItemKind{ItemCertificate, ItemKey}, kinds); diff != "" {
		t.Error(diff)
	}
}

package certsvc

import (
	"bytes"
	"crypto/tls"
	"encoding/asn1"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"gopkg.in/yaml.v3"

	"onramp/fault"
)

// chained is a pair under an intermediate, with its CAs.
func chained(t testing.TB) (Pair, world) {
	t.Helper()
	w := newWorld(t)
	leaf := odd{cn: "worker", org: "Acme", key: w.leafKey, usage: leafUsage, eku: clientAuth}.sign(t, w.inter, w.interKey)
	return Pair{Chain: certs(leaf, w.inter), Key: w.leafKey}, w
}

// TestFullChain: client first, then up to the root, each once.
func TestFullChain(t *testing.T) {
	p, w := chained(t)
	want := encodeCerts(p.Leaf(), w.inter, w.root)
	for _, got := range [][]byte{FullChain(p.Chain, certs(w.root)), FullChain(p.Chain[:1], certs(w.root, w.inter)), FullChain(certs(p.Leaf(), w.inter, w.root), nil)} {
		if !bytes.Equal(got, want) {
			t.Errorf("got %d bytes, want %d", len(got), len(want))
		}
	}
	if FullChain(nil, nil) != nil {
		t.Error("a chain out of nothing")
	}
}

// TestPKCS12: both encryptions are read back by openssl and by us, and by keytool where Java is installed.
func TestPKCS12(t *testing.T) {
	p, w := chained(t)
	for _, legacy := range []bool{false, true} {
		store, err := PKCS12(p, certs(w.root), "payments wörker", "changeit", legacy)
		if err != nil {
			t.Fatal(err)
		}
		if modern := bytes.Contains(store, must(asn1.Marshal(oidPBES2))(t)); modern == legacy {
			t.Errorf("legacy %v, and AES %v", legacy, modern)
		}
		dir := t.TempDir()
		write(t, dir, "client.p12", store)
		args := []string{"pkcs12", "-in", "client.p12", "-passin", "pass:changeit", "-nodes"}
		if legacy {
			args = append(args, "-legacy")
		}
		out, err := openssl(t, dir, args...)
		if err != nil {
			t.Fatal(out)
		}
		if !strings.Contains(out, "friendlyName: payments w") {
			t.Errorf("legacy %v: no name in the store:\n%.300s", legacy, out)
		}
		back, err := Inspect([]File{{"openssl.pem", []byte(out)}}, "").ClientPair()
		if err != nil || !back.Leaf().Equal(p.Leaf()) || len(back.Chain) != 2 || strings.Count(out, "BEGIN CERTIFICATE") != 3 {
			t.Errorf("legacy %v: openssl reads %d certificates, %v", legacy, strings.Count(out, "BEGIN CERTIFICATE"), err)
		}
		inv := Inspect([]File{{"client.p12", store}}, "changeit")
		if i := slices.IndexFunc(inv.Items, func(it Item) bool { return it.Kind == ItemKey }); i < 0 || inv.Items[i].Alias != "payments wörker" {
			t.Errorf("legacy %v: the key's name is %v", legacy, inv.Items)
		}
		back, err = inv.ClientPair()
		if err != nil || !back.Leaf().Equal(p.Leaf()) {
			t.Errorf("legacy %v: we read %v", legacy, err)
		}
		listedByKeytool(t, dir, "client.p12")
	}
	for _, password := range []string{"", "12345", "with\x00nul"} {
		if _, err := PKCS12(p, nil, "", password, false); !fault.Is(err, fault.Invalid) {
			t.Errorf("password %q: %v", password, err)
		}
	}
}

// listedByKeytool reads a store with Java's keytool where there is one; 1 entry with 3 certificates.
func listedByKeytool(t testing.TB, dir, name string) {
	t.Helper()
	keytool, err := exec.LookPath("keytool")
	if err != nil {
		t.Logf("no keytool here: %s was not read by Java", name)
		return
	}
	cmd := exec.Command(keytool, "-list", "-v", "-keystore", name, "-storepass", "changeit")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "PrivateKeyEntry") || !strings.Contains(string(out), "Certificate chain length: 3") {
		t.Errorf("keytool reads %s: %v\n%s", name, err, out)
	}
}

// TestJKS: Java's own form, the same on every run but for its salt.
func TestJKS(t *testing.T) {
	p, w := chained(t)
	store, err := JKS(p, certs(w.root), "client", "changeit")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(store, []byte{0xFE, 0xED, 0xFE, 0xED}) {
		t.Errorf("it begins with %x", store[:4])
	}
	dir := t.TempDir()
	write(t, dir, "client.jks", store)
	listedByKeytool(t, dir, "client.jks")
	// Java hashes the UTF-16 units of a password.
	store, err = JKS(p, certs(w.root), "client", "Pässw0rd ü")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "umlaut.jks", store)
	if keytool, err := exec.LookPath("keytool"); err == nil {
		write(t, dir, "password", []byte("Pässw0rd ü"))
		cmd := exec.Command(keytool, "-list", "-keystore", "umlaut.jks", "-storepass:file", "password")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "LC_ALL=C.UTF-8")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PrivateKeyEntry") || strings.Contains(string(out), "password was incorrect") {
			t.Errorf("keytool: %v\n%s", err, out)
		}
	}
	if _, err := JKS(p, nil, "client", "пароль"); !fault.Is(err, fault.Invalid) || fault.From(err).Field != "password" {
		t.Errorf("a password that the form cannot have: %v", err)
	}
	if _, err := JKS(p, nil, "client", "short"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a short password: %v", err)
	}
}

// TestKubernetesSecret: a YAML parser reads the pair back.
func TestKubernetesSecret(t *testing.T) {
	p, w := chained(t)
	raw, err := KubernetesSecret("temporal-client", "payments", p, certs(w.root))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		APIVersion string `yaml:"apiVersion"`
		Kind, Type string
		Metadata   struct{ Name, Namespace string }
		Data       map[string]string
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.APIVersion != "v1" || doc.Kind != "Secret" || doc.Type != "kubernetes.io/tls" || doc.Metadata.Name != "temporal-client" || doc.Metadata.Namespace != "payments" {
		t.Errorf("%+v", doc)
	}
	got := map[string]string{}
	for k, v := range doc.Data {
		got[k] = string(must(base64.StdEncoding.DecodeString(v))(t))
	}
	if _, err := tls.X509KeyPair([]byte(got["tls.crt"]), []byte(got["tls.key"])); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(string(encodeCerts(w.root)), got["ca.crt"]); diff != "" {
		t.Error(diff)
	}
	if _, done, err := ReadPair(raw, raw); err != nil || len(done) != 2 || done[0].Code != "KP-22" {
		t.Errorf("our own Secret pasted back: %v, %v", done, err)
	}
	for _, bad := range []string{"", "Upper", "a b", "-a", "a\nkind: Pod"} {
		if _, err := KubernetesSecret(bad, "", p, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("name %q: %v", bad, err)
		}
	}
}

// TestCertManager: two documents that ask for what Cloud's rules want; no text breaks out of its place.
func TestCertManager(t *testing.T) {
	raw, err := CertManager(CertManagerSpec{Name: "temporal-client", Namespace: "payments", Leaf: LeafSpec{CommonName: `worker: "x" #{`, Organization: "Acme, [Ltd]", KeyType: RSA4096}})
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	var issuer, cert map[string]any
	if err := d.Decode(&issuer); err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(&cert); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"secretName": "temporal-client", "commonName": `worker: "x" #{`, "subject": map[string]any{"organizations": []any{"Acme, [Ltd]"}},
		"duration": "2160h", "renewBefore": "720h", "usages": []any{"digital signature", "client auth"},
		"privateKey": map[string]any{"algorithm": "RSA", "size": 4096, "encoding": "PKCS8", "rotationPolicy": "Always"},
		"issuerRef":  map[string]any{"kind": "Issuer", "name": "temporal-client"},
	}
	if diff := cmp.Diff(want, cert["spec"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"ca": map[string]any{"secretName": "temporal-client-ca"}}, issuer["spec"]); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(string(raw), "# First: kubectl create secret tls temporal-client-ca --namespace payments --cert=ca.pem --key=ca.key\n") {
		t.Errorf("%s", raw)
	}
	if _, err := CertManager(CertManagerSpec{Name: "x\ny"}); len(fault.All(err)) != 2 {
		t.Errorf("bad name and no CN: %v", err)
	}
}

// TestTerraform: one line of base64 that decodes to the certificates with nothing between them.
func TestTerraform(t *testing.T) {
	w := newWorld(t)
	clean := encodeCerts(w.root, w.inter)
	for _, in := range [][]byte{clean, cat([]byte("# root\n\n"), encodeCerts(w.root), []byte("\n\n\n"), encodeCerts(w.inter), []byte("\n\n")), replace(clean, "\n", "\r\n"), bytes.TrimSpace(clean)} {
		got, err := TerraformCA(in)
		if err != nil || strings.ContainsAny(got, "\n\r ") || !bytes.Equal(must(base64.StdEncoding.DecodeString(got))(t), clean) {
			t.Errorf("TerraformCA = %q, %v", got, err)
		}
	}
	if _, err := TerraformCA(cat(clean, makeSet().ca.Key.Reveal())); codesOf(err)[0] != "IN-16" {
		t.Errorf("a key: %v", err)
	}
	hcl, err := TerraformNamespace(clean, Filters{{CommonName: `a"${b}*`}, {Organization: "Acme", SubjectAlternativeName: "*.acme.internal"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `accepted_client_ca = "` + Base64Line(clean) + `"
certificate_filters = [
  {
    common_name = "a\"$${b}*"
  },
  {
    organization = "Acme"
    subject_alternative_name = "*.acme.internal"
  },
]
`
	if diff := cmp.Diff(want, hcl); diff != "" {
		t.Error(diff)
	}
}

// TestTerraformParses: Terraform's own parser reads what people wrote into filters back as they wrote it.
func TestTerraformParses(t *testing.T) {
	ca := encodeCerts(newWorld(t).root)
	filters := Filters{{CommonName: `a"${b}*`, Organization: `%{ if true }\ & <Söhne>`}, {OrganizationalUnit: "$${x}", SubjectAlternativeName: "*.acme.internal"}}
	text := must(TerraformNamespace(ca, filters))(t)
	file, bad := hclsyntax.ParseConfig([]byte("resource \"temporalcloud_namespace\" \"n\" {\n"+text+"}\n"), "main.tf", hcl.InitialPos)
	if bad.HasErrors() {
		t.Fatalf("%v\n%s", bad, text)
	}
	attributes := file.Body.(*hclsyntax.Body).Blocks[0].Body.Attributes
	value := func(name string) cty.Value {
		v, bad := attributes[name].Expr.Value(nil)
		if bad.HasErrors() {
			t.Fatalf("%s: %v", name, bad)
		}
		return v
	}
	if got := value("accepted_client_ca").AsString(); got != Base64Line(ca) {
		t.Errorf("accepted_client_ca = %q", got)
	}
	fields := map[string]func(*Filter) *string{"common_name": func(f *Filter) *string { return &f.CommonName }, "organization": func(f *Filter) *string { return &f.Organization },
		"organizational_unit": func(f *Filter) *string { return &f.OrganizationalUnit }, "subject_alternative_name": func(f *Filter) *string { return &f.SubjectAlternativeName }}
	var got Filters
	for _, one := range value("certificate_filters").AsValueSlice() {
		var f Filter
		for name, v := range one.AsValueMap() {
			*fields[name](&f) = v.AsString()
		}
		got = append(got, f)
	}
	if diff := cmp.Diff(filters, got); diff != "" {
		t.Error(diff)
	}
}

// TestBase64Line: one line whose decoding is the file, also by the base64 command.
func TestBase64Line(t *testing.T) {
	pem := makeSet().leaf.CertPEM
	line := Base64Line(pem)
	if !regexp.MustCompile(`^[A-Za-z0-9+/]+=*$`).MatchString(line) {
		t.Errorf("%q", line)
	}
	cmd := exec.Command("base64", "-d")
	cmd.Stdin = strings.NewReader(line)
	if got, err := cmd.Output(); err != nil || !bytes.Equal(got, pem) {
		t.Errorf("base64 -d: %v", err)
	}
	if _, err := os.Stat(filepath.Join("testdata", "README")); err != nil {
		t.Error("the fixtures do not say how they were made")
	}
}

// TestKubernetesNames: what is made fit is what Kubernetes takes, and what it refuses is refused here.
func TestKubernetesNames(t *testing.T) {
	for in, want := range map[string]string{"Payments .Prod": "payments.prod", "a..b": "a.b", "-x-.-y-": "x.y", "*.acme": "acme", "…": "temporal-client", "worker_1": "worker-1", strings.Repeat("a", 199) + ".b": strings.Repeat("a", 199)} {
		got := FitName(in)
		if got != want || checkK8sName("secret_name", "a Secret", got) != nil {
			t.Errorf("FitName(%q) = %q, want %q", in, got, want)
		}
	}
	for name, ok := range map[string]bool{"a": true, "a.b-c": true, "a..b": false, "a-.b": false, "a.-b": false, ".a": false, "A": false, "a\nb": false, strings.Repeat("a", 254): false} {
		if got := checkK8sName("secret_name", "a Secret", name) == nil; got != ok {
			t.Errorf("Secret %q: %t", name, got)
		}
	}
	for name, ok := range map[string]bool{"payments": true, "a.b": false, strings.Repeat("a", 63): true, strings.Repeat("a", 64): false} {
		if got := checkK8sName("k8s_namespace", "a namespace", name) == nil; got != ok {
			t.Errorf("namespace %q: %t", name, got)
		}
	}
}

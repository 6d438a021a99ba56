package certsvc

import (
	"crypto/elliptic"
	"crypto/x509/pkix"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"onramp/fault"
)

// TestNameText: names are written as openssl writes them by RFC 2253: nothing lost, merged or left as a number.
func TestNameText(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "conf", []byte("[req]\nprompt=no\nstring_mask=utf8only\nutf8=yes\ndistinguished_name=dn\n[dn]\n0.DC=com\n1.DC=acme\n0.OU=Payments\n1.OU=Prod\n0.CN=AIA\n1.CN=Acme Issuing CA\nemailAddress=pki@acme.com\nUID=w1\n"))
	key := ecKey(t, elliptic.P256())
	write(t, dir, "key.pem", must(encodeKey(key))(t).Reveal())
	for what, args := range map[string][]string{
		"parts twice":    {"-config", "conf"},
		"CN and CN":      {"-subj", "/CN=a/CN=b"},
		"OU and OU":      {"-subj", "/O=Acme/OU=Payments/OU=Prod/CN=w"},
		"one of several": {"-multivalue-rdn", "-subj", "/O=Acme/OU=Payments+OU=Prod/CN=w"},
		"signs":          {"-subj", `/O=Acme, Inc./CN=#a\+b "c" <d>; e `},
		"letters":        {"-utf8", "-subj", "/O=Müller & Söhne/CN=работник"},
		"DC":             {"-subj", "/DC=com/DC=acme/CN=w/emailAddress=pki@acme.com"},
		"a number":       {"-subj", "/CN=w/1.2.3.4=x"},
		"nothing":        {"-subj", "/"},
	} {
		out, err := openssl(t, dir, append([]string{"req", "-x509", "-new", "-key", "key.pem", "-days", "9", "-out", "c.pem"}, args...)...)
		if err != nil && what != "a number" {
			t.Fatal(what, out)
		} else if err != nil {
			continue // this openssl takes no numbers
		}
		cmd := exec.Command("openssl", "x509", "-in", "c.pem", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8")
		cmd.Dir = dir
		want := strings.TrimSuffix(strings.TrimPrefix(string(must(cmd.Output())(t)), "subject="), "\n")
		certs, _, err := ReadCertificates(must(os.ReadFile(filepath.Join(dir, "c.pem")))(t))
		if err != nil {
			t.Fatal(what, err)
		}
		if got := NameText(certs[0].RawSubject); !sameText(got, want) {
			t.Errorf("%s: %q, openssl %q", what, got, want)
		}
		if what == "nothing" && (SubjectOf(certs[0]) != "(no name)" || IssuerOf(certs[0]) != "(no name)") {
			t.Errorf("a certificate without a name is called %q", SubjectOf(certs[0]))
		}
	}
}

var emptyName pkix.Name

// TestNamelessAuthority: a CA without a name signs nothing; a client certificate without one is fine.
func TestNamelessAuthority(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	ca := odd{key: key, isCA: true, usage: caUsage, subject: &emptyName}.sign(t, nil, nil)
	_, err := testService().Leaf(Issued{Cert: ca, CertPEM: encodeCerts(ca), Key: must(encodeKey(key))(t)}, LeafSpec{CommonName: "w", Days: 9})
	if f := fault.From(err); f == nil || f.Code != "CH-38" || f.Field != "ca" {
		t.Errorf("it signs: %v", err)
	}
	root := odd{cn: "root", key: key, isCA: true, usage: caUsage}.sign(t, nil, nil)
	leaf := odd{key: ecKey(t, elliptic.P256()), usage: leafUsage, eku: clientAuth, dns: []string{"w.acme"}, subject: &emptyName}.sign(t, root, key)
	if got := brief(LintLeaf(certs(leaf), certs(root), testNow)); got != "" {
		t.Errorf("a client certificate with an alternative name alone: %s", got)
	}
	if SubjectOf(leaf) != "(no name; DNS:w.acme)" {
		t.Errorf("it is called %q", SubjectOf(leaf))
	}
}

package certsvc

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"strings"
	"testing"
)

// TestNamesOfFourBytes: a name of four bytes a character is read with each of them.
func TestNamesOfFourBytes(t *testing.T) {
	for text, raw := range map[string][]byte{"é": {0, 0, 0, 0xe9}, "支": {0, 0, 0x65, 0x2f}, "𠮷x": {0, 2, 0x0b, 0xb7, 0, 0, 0, 'x'}, "": {0, 0, 0}} {
		if got := universalText(raw); got != text {
			t.Errorf("% x is read as %q, want %q", raw, got, text)
		}
	}
}

// TestDNSNameEdges: what may stand in a DNS name, to the last character of each kind.
func TestDNSNameEdges(t *testing.T) {
	label := strings.Repeat("a", 63)
	for name, ok := range map[string]bool{"worker-1_a.acme.internal": true, "AZaz09.x": true, "*.acme.internal": true, label + ".x": true, strings.Join([]string{label, label, label, label[:61]}, "."): true,
		"": false, "a..b": false, "-a.b": false, "a-.b": false, label + "a.x": false, strings.Join([]string{label, label, label, label[:62]}, "."): false,
		"a b": false, "a@b": false, "a[b": false, "a`b": false, "a{b": false, "a/b": false, "a:b": false, "é.x": false} {
		if f := checkDNSName(name); (f == nil) != ok {
			t.Errorf("%.20q (%d): %v", name, len(name), f)
		}
	}
}

// TestRecipeWords: what each tool is told follows from the request: hash, days, organization, notes.
func TestRecipeWords(t *testing.T) {
	run := func(r Recipe) (text string) {
		for _, s := range r.Steps {
			text += s.Command + "\n"
		}
		return text + strings.Join(r.Notes, "\n")
	}
	ca := func(change func(*CASpec)) CASpec {
		c := CASpec{CommonName: "Payments CA", Days: 30, KeyType: ECP256}
		change(&c)
		return c
	}
	leaf := func(change func(*LeafSpec)) LeafSpec {
		l := LeafSpec{CommonName: "worker", Days: 29, KeyType: ECP256}
		change(&l)
		return l
	}
	plainCA, plain := ca(func(*CASpec) {}), leaf(func(*LeafSpec) {})
	const template = "needs a template"
	for _, tt := range []struct {
		name        string
		text        string
		has, hasNot []string
	}{
		{"openssl, P-256", run(opensslRecipe(plainCA, plain)), []string{"-sha256"}, []string{"-sha384"}},
		{"openssl, P-384", run(opensslRecipe(ca(func(c *CASpec) { c.KeyType = ECP384 }), plain)), []string{"-sha384"}, []string{"-sha256"}},
		{"openssl, RSA", run(opensslRecipe(ca(func(c *CASpec) { c.KeyType = RSA2048 }), plain)), []string{"-sha256"}, []string{"-sha384"}},
		{"step", run(stepRecipe(plainCA, plain)), []string{"--not-after 720h", "--not-after 696h"}, []string{template}},
		{"step, the CA's organization", run(stepRecipe(ca(func(c *CASpec) { c.Organization = "Acme" }), plain)), []string{template}, nil},
		{"step, the client's organization", run(stepRecipe(plainCA, leaf(func(l *LeafSpec) { l.Organization = "Acme" }))), []string{template}, nil},
		{"step, the client's unit", run(stepRecipe(plainCA, leaf(func(l *LeafSpec) { l.OrganizationalUnit = "Payments" }))), []string{template}, nil},
		{"tcld, no organization", run(tcldRecipe(plainCA, plain)), []string{"gen ca --org 'Payments CA'", "gen leaf --org 'Payments CA'"}, []string{"ASCII", "ca.key --rsa"}},
		{"tcld, the CA's organization", run(tcldRecipe(ca(func(c *CASpec) { c.Organization = "Acme" }), plain)), []string{"gen ca --org Acme", "gen leaf --org Acme"}, nil},
		{"tcld, the client's organization", run(tcldRecipe(plainCA, leaf(func(l *LeafSpec) { l.Organization = "Other" }))), []string{"gen ca --org 'Payments CA'", "gen leaf --org Other"}, nil},
		{"tcld, another script", run(tcldRecipe(plainCA, leaf(func(l *LeafSpec) { l.Organization = "支払" }))), []string{"ASCII", "gen leaf --org Temporal"}, nil},
	} {
		for _, s := range tt.has {
			if !strings.Contains(tt.text, s) {
				t.Errorf("%s: no %q in\n%s", tt.name, s, tt.text)
			}
		}
		for _, s := range tt.hasNot {
			if strings.Contains(tt.text, s) {
				t.Errorf("%s: %q in\n%s", tt.name, s, tt.text)
			}
		}
	}
	for in, want := range map[string]string{"Acme Ltd": "Acme Ltd", "  ~ ": "~", "a\x7fb": "ab", "é": "Temporal", "": "Temporal"} {
		if got := ascii(in); got != want {
			t.Errorf("%q in ASCII is %q, want %q", in, got, want)
		}
	}
}

// TestPerhapsIntermediate: a missing issuer may be an intermediate of a root of the bundle when that root allows
// intermediates and the name says so, or both are of one organization and the root calls itself one.
func TestPerhapsIntermediate(t *testing.T) {
	name := func(cn string, o ...string) pkix.Name { return pkix.Name{CommonName: cn, Organization: o} }
	for _, tt := range []struct {
		name         string
		issuer, root pkix.Name
		sealed       bool // the root allows no intermediate
		leafCA       bool // it is no CA at all
		want         bool
	}{
		{"its name says so", name("Acme Issuing CA 3"), name("Acme CA"), false, false, true},
		{"the root allows none", name("Acme Issuing CA 3"), name("Acme CA"), true, false, false},
		{"the root is no CA", name("Acme Issuing CA 3"), name("Acme CA"), false, true, false},
		{"one organization under a root", name("Acme CA 3", "Acme"), name("Acme Root", "Acme"), false, false, true},
		{"one organization under what is no root by name", name("Acme CA 3", "Acme"), name("Acme CA", "Acme"), false, false, false},
		{"one organization under a root without a name", name("Acme CA 3", "Acme"), name("", "Acme"), false, false, false},
		{"two organizations", name("Acme CA 3", "Acme"), name("Other Root", "Other"), false, false, false},
		{"no organization", name("Acme CA 3"), name("Acme Root"), false, false, false},
		{"an empty organization on both", name("Acme CA 3", ""), name("Acme Root", ""), false, false, false},
		{"another root", name("Acme Root 2", "Acme"), name("Acme Root", "Acme"), false, false, false},
	} {
		root := &x509.Certificate{Subject: tt.root, IsCA: !tt.leafCA, MaxPathLenZero: tt.sealed}
		if got := perhapsIntermediate(&x509.Certificate{Issuer: tt.issuer}, []*x509.Certificate{root}); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestAuthorityAmongOthers: the CA whose key is there signs, wherever it stands among CAs without keys.
func TestAuthorityAmongOthers(t *testing.T) {
	s := testService()
	var cas []Issued
	for _, cn := range []string{"first", "second", "third"} {
		cas = append(cas, must(s.CA(CASpec{CommonName: cn, KeyType: ECP256}))(t))
	}
	var all []byte
	for _, ca := range cas {
		all = append(all, ca.CertPEM...)
	}
	for i, ca := range cas {
		got, err := Inspect([]File{{Name: "cas.pem", Content: all}, {Name: "ca.key", Content: ca.Key.Reveal()}}, "").Authority()
		if err != nil || got.Fingerprint() != ca.Fingerprint() {
			t.Errorf("the key of the CA %d: %v", i, err)
		}
	}
}

// TestArchivesNoise: folders, hidden files and the README of an archive are no certificates, and nobody is told of them.
func TestArchivesNoise(t *testing.T) {
	ca := must(testService().CA(CASpec{CommonName: "ca", KeyType: ECP256}))(t)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range []struct {
		name    string
		content []byte
	}{{"bundle/", nil}, {"bundle/.DS_Store", []byte("noise")}, {"bundle/readme.TXT", []byte("words")}, {"bundle/ca.pem", ca.CertPEM}} {
		w := must(z.Create(f.name))(t)
		must(w.Write(f.content))(t)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var items []string
	for _, it := range Inspect([]File{{Name: "bundle.zip", Content: b.Bytes()}}, "").Items {
		items = append(items, it.File)
	}
	if len(items) != 1 || !slices.ContainsFunc(items, func(s string) bool { return strings.Contains(s, "ca.pem") }) {
		t.Errorf("items are %q", items)
	}
}

// TestConstraintsInWords: what a certificate says of being a CA.
func TestConstraintsInWords(t *testing.T) {
	for _, tt := range []struct {
		cert x509.Certificate
		want string
	}{
		{x509.Certificate{}, "absent"},
		{x509.Certificate{BasicConstraintsValid: true}, "CA:FALSE"},
		{x509.Certificate{BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true}, "CA:TRUE, path length 0"},
		{x509.Certificate{BasicConstraintsValid: true, IsCA: true, MaxPathLen: 2}, "CA:TRUE, path length 2"},
		{x509.Certificate{BasicConstraintsValid: true, IsCA: true, MaxPathLen: -1}, "CA:TRUE, no path length"},
	} {
		var found bool
		for _, d := range Describe(&tt.cert) {
			found = found || d.Value == tt.want
		}
		if !found {
			t.Errorf("no %q in %+v", tt.want, Describe(&tt.cert))
		}
	}
}

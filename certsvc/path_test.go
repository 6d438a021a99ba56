package certsvc

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// trait is one way in which a CA, an intermediate or a client certificate can be made.
type trait struct {
	name string
	do   func(*x509.Certificate)
	code string // the rule that it breaks, "" for none
	who  string // "ca" or "leaf" alone, "" for both
}

var unknownCritical = pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4, 5}, Critical: true, Value: []byte{5, 0}}

// traits are what CAs and client certificates of the generated pairs have.
var traits = []trait{
	{"plain", func(*x509.Certificate) {}, "", ""},
	{"for servers only", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, "CH-35", "ca"},
	{"for code signing only", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning} }, "CH-35", "ca"},
	{"for clients and servers", func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}, "", ""},
	{"an unknown critical extension", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{unknownCritical} }, "CH-34", ""},
	{"an unknown extension", func(c *x509.Certificate) {
		x := unknownCritical
		x.Critical = false
		c.ExtraExtensions = []pkix.Extension{x}
	}, "", ""},
	{"bound to another domain", func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"good.example"}
	}, "CH-36", "ca"},
	{"bound away from the domain", func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.ExcludedDNSDomains = true, []string{"evil.example"}
	}, "CH-36", "ca"},
	{"bound to the domain", func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"evil.example"}
	}, "", "ca"},
	{"expired", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }, "CH-09 CH-11", ""},
	{"not yet valid", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }, "CH-10", ""},
	{"may not sign", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }, "CH-05", "ca"},
	{"no CA", func(c *x509.Certificate) { c.IsCA = false }, "CH-03 CH-31", "ca"},
	{"no path length left", func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true }, "CH-08", "ca"},
	{"without a name", func(c *x509.Certificate) { c.Subject = pkix.Name{} }, "CH-38", "ca"},
	{"for servers", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, "CH-15", "leaf"},
	{"without extended key usage", func(c *x509.Certificate) { c.ExtKeyUsage = nil }, "", "leaf"},
	{"without a common name", func(c *x509.Certificate) { c.Subject = pkix.Name{} }, "", "leaf"},
}

// generated is a pair: what the namespace holds, what the worker sends, and the rules that were broken on purpose.
type generated struct {
	name     string
	uploaded []*x509.Certificate
	chain    []*x509.Certificate
	broken   string
}

// generator makes pairs with few keys, so that many are made in little time.
type generator struct {
	t    *testing.T
	keys []crypto.Signer
	n    int64
}

func (g *generator) template(cn string, ca bool, how trait) *x509.Certificate {
	g.n++
	c := &x509.Certificate{SerialNumber: big.NewInt(g.n), Subject: name(cn, "Acme", ""), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
		BasicConstraintsValid: true, IsCA: ca, MaxPathLen: -1}
	if ca {
		c.KeyUsage = caUsage
	} else {
		c.NotAfter, c.KeyUsage, c.ExtKeyUsage, c.DNSNames = time.Now().Add(900*time.Hour), leafUsage, clientAuth, []string{"w.evil.example"}
	}
	how.do(c)
	return c
}

// make signs a template by a parent and its key; parent nil makes a root.
func (g *generator) make(c *x509.Certificate, key crypto.Signer, parent *x509.Certificate, by crypto.Signer) *x509.Certificate {
	c.SubjectKeyId = must(keyID(key.Public()))(g.t)
	if parent == nil {
		parent, by = c, key
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by))(g.t)))(g.t)
}

// pairs are root × leaf, root × intermediate × leaf, and those that only a search finds.
func (g *generator) pairs() []generated {
	var out []generated
	add := func(name, broken string, uploaded, chain []*x509.Certificate) {
		out = append(out, generated{name, uploaded, chain, broken})
	}
	rootKey, interKey, leafKey := g.keys[0], g.keys[1], g.keys[2]
	for _, ca := range traits {
		if ca.who == "leaf" {
			continue
		}
		root := g.make(g.template("Root", true, ca), rootKey, nil, nil)
		for _, of := range traits {
			if of.who == "ca" {
				continue
			}
			broken := ca.code
			if ca.name == "no path length left" {
				broken = "" // there is no intermediate below it
			}
			leaf := g.make(g.template("worker", false, of), leafKey, root, rootKey)
			add(ca.name+" root, "+of.name+" leaf", broken+" "+of.code, []*x509.Certificate{root}, []*x509.Certificate{leaf})
		}
		for _, between := range traits {
			if between.who == "leaf" {
				continue
			}
			inter := g.make(g.template("Intermediate", true, between), interKey, root, rootKey)
			leaf := g.make(g.template("worker", false, traits[0]), leafKey, inter, interKey)
			second := between.code
			if between.name == "no path length left" {
				second = ""
			}
			add(ca.name+" root, "+between.name+" intermediate", ca.code+" "+second, []*x509.Certificate{root}, []*x509.Certificate{leaf, inter})
		}
	}
	root := g.make(g.template("Root", true, traits[0]), rootKey, nil, nil)
	leaf := g.make(g.template("worker", false, traits[0]), leafKey, root, rootKey)
	one := func(c ...*x509.Certificate) []*x509.Certificate { return c }
	renewed := g.template("Root", true, traits[0])
	renewed.NotBefore = time.Now().Add(24 * time.Hour)
	expired := g.template("Root", true, traits[0])
	expired.NotAfter = time.Now().Add(-time.Minute)
	impostor := g.make(g.template("Root", true, traits[0]), g.keys[3], nil, nil)
	old := g.make(g.template("Old Root", true, traits[0]), g.keys[3], nil, nil)
	cross := g.make(g.template("Root", true, traits[0]), rootKey, old, g.keys[3])
	add("a renewed CA that is not valid yet", "", one(root, g.make(renewed, rootKey, nil, nil)), one(leaf))
	add("a renewed CA first", "", one(g.make(renewed, rootKey, nil, nil), root), one(leaf))
	add("an expired CA of the same key", "", one(g.make(expired, rootKey, nil, nil), root), one(leaf))
	add("another CA of the same name first", "", one(impostor, root), one(leaf))
	add("a cross certificate sent along", "", one(root), one(leaf, cross))
	add("a cross certificate under the uploaded root", "", one(old), one(leaf, cross))
	add("a cross certificate and its own root uploaded", "", one(root, old), one(leaf, cross))
	add("the CA made again", "CH-02", one(impostor), one(leaf))
	add("another CA", "CH-01", one(old), one(leaf))
	bad := slices.Clone(leaf.Raw)
	bad[len(bad)-5] ^= 1
	add("a damaged signature", "CH-37", one(root), one(must(x509.ParseCertificate(bad))(g.t)))
	badRoot := slices.Clone(root.Raw)
	badRoot[len(badRoot)-5] ^= 1
	add("a root with a damaged signature on itself", "", one(must(x509.ParseCertificate(badRoot))(g.t)), one(leaf))
	add("a missing intermediate", "CH-06 CH-01", one(root), one(g.make(g.template("worker", false, traits[0]), leafKey, g.template("Intermediate", true, traits[0]), interKey)))
	bound := g.template("Intermediate", true, traits[0])
	bound.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 36}, Critical: true, Value: []byte{0x30, 3, 0x80, 1, 0}}}
	boundInter := g.make(bound, interKey, root, rootKey)
	add("an intermediate that requires a policy", "CH-39", one(root), one(g.make(g.template("worker", false, traits[0]), leafKey, boundInter, interKey), boundInter))
	small := g.keys[4]
	shortRoot := g.make(g.template("Short", true, traits[0]), small, nil, nil)
	add("a root of RSA-1024", "CH-14", one(shortRoot), one(g.make(g.template("worker", false, traits[0]), leafKey, shortRoot, small)))
	pss := g.template("Pss", true, traits[0])
	pss.SignatureAlgorithm = x509.SHA256WithRSAPSS
	pssRoot := g.make(pss, g.keys[5], nil, nil)
	under := g.template("worker", false, traits[0])
	under.SignatureAlgorithm = x509.SHA384WithRSAPSS
	add("signed with PSS", "", one(pssRoot), one(g.make(under, leafKey, pssRoot, g.keys[5])))
	return out
}

// asGoDoes verifies a pair as Temporal's server does.
func (p generated) asGoDoes() error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, c := range p.uploaded {
		roots.AddCert(c)
	}
	for _, c := range p.chain[1:] {
		between.AddCert(c)
	}
	_, err := p.chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err
}

// documented are rules that Temporal Cloud or NIST publish and that Go and OpenSSL do not look at.
var documented = []string{"CH-38", "CH-14", "CH-20", "CH-16"}

// TestPaths: on generated pairs, lint finds no error where both crypto/x509 and openssl verify accept, but for rules
// that are published elsewhere; it finds one wherever both refuse, and it is the rule that was broken.
func TestPaths(t *testing.T) {
	g := &generator{t: t}
	for range 4 {
		g.keys = append(g.keys, ecKey(t, elliptic.P256()))
	}
	small := smallRSA(t)
	g.keys = append(g.keys, small, must(rsa.GenerateKey(rand.Reader, 2048))(t))
	pairs := g.pairs()
	dir := t.TempDir()
	var script strings.Builder
	for i, p := range pairs {
		write(t, dir, fmt.Sprint(i, ".ca"), encodeCerts(p.uploaded...))
		write(t, dir, fmt.Sprint(i, ".leaf"), encodeCerts(p.chain[0]))
		write(t, dir, fmt.Sprint(i, ".chain"), encodeCerts(p.chain...))
		fmt.Fprintf(&script, "openssl verify -purpose sslclient -CAfile %d.ca -untrusted %d.chain %d.leaf >/dev/null 2>&1 && echo ok || echo no\n", i, i, i)
	}
	cmd := exec.Command("bash", "-c", script.String())
	cmd.Dir = dir
	verdicts := strings.Fields(string(must(cmd.Output())(t)))
	if len(verdicts) != len(pairs) || len(pairs) < 200 {
		t.Fatalf("%d verdicts on %d pairs, want 200 or more", len(verdicts), len(pairs))
	}
	counts := map[string]int{}
	seen := map[string]bool{}
	for i, p := range pairs {
		inGo, inOpenSSL := p.asGoDoes() == nil, verdicts[i] == "ok"
		var errs []string
		for _, l := range LintLeaf(p.chain, p.uploaded, time.Now()) {
			if seen[l.Code] = true; l.Severity == SevError {
				errs = append(errs, l.Code)
			}
		}
		unpublished := slices.DeleteFunc(slices.Clone(errs), func(c string) bool { return slices.Contains(documented, c) })
		switch {
		case inGo && inOpenSSL && len(unpublished) > 0:
			counts["false error"]++
			t.Errorf("%s: both accept, lint says %v", p.name, errs)
		case !inGo && !inOpenSSL && len(errs) == 0:
			counts["missed"]++
			t.Errorf("%s: both refuse (%v), lint finds nothing", p.name, p.asGoDoes())
		case !inGo && len(errs) == 0:
			counts["missed by Go's measure"]++
			t.Errorf("%s: Go refuses (%v), lint finds nothing", p.name, p.asGoDoes())
		case len(errs) > 0 && !slices.ContainsFunc(errs, func(c string) bool { return strings.Contains(p.broken, c) }):
			counts["another rule"]++
			t.Errorf("%s: lint says %v, broken was %q", p.name, errs, p.broken)
		case inGo == inOpenSSL:
			counts["as both"]++
		default:
			counts["as one of them"]++
		}
	}
	t.Logf("%d pairs: %v", len(pairs), counts)
	for _, code := range []string{"CH-34", "CH-35", "CH-36", "CH-37", "CH-38", "CH-39"} {
		if !seen[code] {
			t.Errorf("no pair breaks %s", code)
		}
	}
}

// smallRSA is an RSA key of 1024 bits.
func smallRSA(t *testing.T) crypto.Signer {
	t.Helper()
	return must(rsa.GenerateKey(rand.Reader, 1024))(t)
}

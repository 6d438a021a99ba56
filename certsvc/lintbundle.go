package certsvc

import (
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"onramp/fault"
)

// What a namespace holds at most (cloud-facts CA7).
const (
	MaxBundleCerts = 16
	MaxBundleBytes = 32 * 1024 // of PEM text, before base64
)

// LintBundle judges a CA bundle as Cloud does on Save: at most 16 certificates and 32 KB, CA:true,
// complete chains, SHA-256 or better, none expired, no private key inside (IN-16). raw is the PEM text.
// A text that is no bundle gives one Lint with the code of ReadCertificates and no certificates. Public
// CAs (CH-24) are an error, as whether the namespace has certificate filters is not known here. While too much is being
// read, a long text gives one Lint without a code, whose Err says so.
func LintBundle(raw []byte, now time.Time) (certs []*x509.Certificate, out []Lint) {
	if busy := admitted(len(raw), func() { certs, out = lintBundle(raw, now) }); busy != nil {
		return nil, unread(busy)
	}
	return certs, out
}

// unread is the finding about what could not be read, or not now.
func unread(err error) []Lint {
	f := fault.From(err)
	code := f.Code
	if code == "" && f.Kind != fault.TooMany {
		code = "CH-23" // too large to be read
	}
	return []Lint{{Code: code, Severity: SevError, Text: f.Title + ".", Fix: f.Fix, Source: srcCert, Err: f}}
}

// bundleTroubles are the faults of a text whose words speak of the client certificate, as they are where CA
// certificates belong.
var bundleTroubles = map[string]trouble{
	"KP-01": {"There is no CA certificate", "The text is empty.", "Paste ca.pem, from BEGIN CERTIFICATE to END CERTIFICATE."},
	"KP-15": {"This is a key store, not a CA certificate", "It packs certificates and keys together under a password; a namespace takes PEM.", "Paste ca.pem, the CA certificate alone."},
	"KP-29": {"This is an SSH or PGP key", "A namespace takes the X.509 certificate of a CA.", "Paste ca.pem, from BEGIN CERTIFICATE to END CERTIFICATE."},
	"KP-39": {"There is no CA certificate in this text", "Nothing in it is a certificate.", "Paste ca.pem, from BEGIN CERTIFICATE to END CERTIFICATE."},
}

// ofBundle is why a text could not be read, said of CA certificates.
func ofBundle(err error) error {
	f := fault.From(err)
	t, ok := bundleTroubles[f.Code]
	if !ok || f.Title == troubles["KP-39/zip"].title { // of an archive the same is true here
		return err
	}
	said := *f
	said.Title, said.Cause, said.Fix = t.title, t.cause, t.fix
	return &said
}

func lintBundle(raw []byte, now time.Time) ([]*x509.Certificate, []Lint) {
	found, err := recognise(raw)
	if err == nil && (found.has(kindKey) || found.has(kindEncryptedKey)) {
		var out lints
		out.add("IN-16", nil, "The bundle contains a private key. Onramp did not keep it.")
		return nil, out
	}
	var certs []*x509.Certificate
	if err == nil {
		if trouble := found.certificateTrouble(); !trouble.none() {
			err = trouble.fault()
		}
		certs = found.certs()
	}
	if err != nil {
		return nil, unread(ofBundle(err))
	}
	var out lints
	for _, r := range repairs(found.repairs, "") {
		out = append(out, Lint{Code: r.Code, Severity: SevWarn, Text: r.Text, Fix: "Upload the repaired text: Temporal Cloud reads the file as it is.", Source: srcCert})
	}
	if len(certs) > MaxBundleCerts {
		out.add("CH-23", nil, "The bundle has %d certificates; a namespace holds %d at most.", len(certs), MaxBundleCerts)
	}
	if size := bundleSize(raw, certs, len(found.repairs) > 0); size > MaxBundleBytes {
		out.add("CH-23", nil, "The bundle has %d bytes; a namespace holds %d at most.", size, MaxBundleBytes)
	}
	if len(certs) > 2*MaxBundleCerts {
		return certs, out // far from a bundle: it is not judged further
	}
	all := newPool(certs...)
	for i, c := range certs {
		if slices.ContainsFunc(certs[:i], c.Equal) {
			out.add("CH-29", c, "The certificate is in the bundle twice.")
			continue
		}
		out.bundled(c, all, now)
	}
	return certs, out.sorted()
}

// bundleSize is how many bytes of PEM go to Cloud: the text as it is, or what it became when repaired.
func bundleSize(raw []byte, certs []*x509.Certificate, repaired bool) int {
	if repaired {
		return len(encodeCerts(certs...))
	}
	return len(raw)
}

// bundled judges one certificate of a bundle.
func (ls *lints) bundled(c *x509.Certificate, all *pool, now time.Time) {
	if isClient(c) {
		if selfSigned(c) {
			l := ls.add("CH-31", c, "This client certificate signed itself; a namespace takes CA certificates.")
			l.Fix = rules[rank["CH-40"]].Fix
			return
		}
		ls.add("CH-31", c, "This is a client certificate, not the CA that signed it (%s).", IssuerOf(c))
		return
	}
	ls.authority(c, now, "CA")
	if i := slices.IndexFunc(*ls, func(l Lint) bool { return l.Code == "CH-10" && l.Subject == SubjectOf(c) }); i >= 0 && all.covered(c, now) {
		l := &(*ls)[i] // its key is trusted by another certificate until then
		l.Severity, l.Fix = SevNote, "No action needed if it is meant to replace the other one then."
		l.Text = fmt.Sprintf("The CA is not valid until %s; until then another certificate of its name and key in the bundle counts.", date(c.NotBefore))
	}
	if selfSigned(c) && len(all.issuersOf(c)) == 0 && all.verdict(c, c) == signatureWrong && !all.spent {
		l := ls.add("CH-37", c, "The CA's signature on itself is wrong: the certificate was changed after it was made. TLS libraries do not check it.")
		l.Severity = SevWarn
	}
	if !selfSigned(c) && len(all.issuersOf(c)) == 0 {
		ls.add("CH-07", c, "The bundle lacks the certificate of its issuer, %s.", IssuerOf(c))
	}
	path := all.path(c)
	for i, above := range path[1:] {
		ls.pathLength(above, i+1) // c is an intermediate of above
		if outlives(path[i], above) {
			ls.add("CH-12", path[i], endsAfterIssuer, date(path[i].NotAfter), SubjectOf(above), date(above.NotAfter))
		}
	}
	ls.names(path)
	for _, other := range all.certs {
		if other.Equal(c) {
			break // each couple once, at the later of the two
		}
		switch _, folded := sameName(c.RawSubject, other.RawSubject); {
		case folded && !sameKey(c.PublicKey, other.PublicKey) && !slices.ContainsFunc(path, other.Equal):
			l := ls.add("CH-02", c, "Two CAs in the bundle share the name %s and have different keys.", SubjectOf(c))
			l.Severity, l.Fix = SevWarn, "Give each CA a unique name, for example with the year in it: some TLS servers try only the first CA of a given name."
		case string(c.RawIssuer) == string(other.RawIssuer) && c.SerialNumber.Cmp(other.SerialNumber) == 0:
			ls.add("CH-32", c, "Two certificates of one issuer have the same serial number.")
		}
	}
	if hasExtension(c, 19) && len(c.SubjectKeyId) == 0 {
		ls.add("CH-32", c, "The CA has no subject key identifier.")
	}
	if public := publicAuthority(c); public != "" {
		ls.add("CH-24", c, "%s is a public CA: anyone with a certificate from it could connect, unless the namespace has certificate filters.", public)
	}
}

// covered reports whether another certificate of the pool is valid now for the name and key of c.
func (p *pool) covered(c *x509.Certificate, now time.Time) bool {
	return slices.ContainsFunc(p.certs, func(x *x509.Certificate) bool {
		return !x.Equal(c) && string(x.RawSubject) == string(c.RawSubject) && sameKey(x.PublicKey, c.PublicKey) && !now.Before(x.NotBefore) && !now.After(x.NotAfter)
	})
}

// isClient reports whether a certificate that is no CA looks like a client's or server's: issued by
// another, or made for TLS.
func isClient(c *x509.Certificate) bool {
	if c.IsCA || c.Version < 3 {
		return false
	}
	return !selfSigned(c) && (c.BasicConstraintsValid || hasExtension(c, 37) || hasExtension(c, 15) && c.KeyUsage&x509.KeyUsageCertSign == 0) ||
		selfSigned(c) && hasExtension(c, 37)
}

// publicRoots are Mozilla's by subject and public key.
var publicRoots = sync.OnceValue(func() []*x509.Certificate {
	var out []*x509.Certificate
	for r := range bundle.Roots() {
		if c, err := x509.ParseCertificate(r.Certificate); err == nil {
			out = append(out, c)
		}
	}
	return out
})

// publicAuthority names the public root that c is, or that issued it; "" for a private CA.
func publicAuthority(c *x509.Certificate) string {
	for _, root := range publicRoots() {
		if sameKey(c.PublicKey, root.PublicKey) || string(c.RawIssuer) == string(root.RawSubject) && signedWith(c, root.PublicKey) {
			return SubjectOf(root)
		}
	}
	return ""
}

// judgeSet judges a CA bundle and a client certificate under it, and lists every rule.
func judgeSet(caPEM []byte, leaf *x509.Certificate, now time.Time) ([]Check, []Lint) {
	certs, inBundle := LintBundle(caPEM, now)
	ofLeaf := LintLeaf([]*x509.Certificate{leaf}, certs, now)
	checks := append(checksOf("bundle", bundleRules, inBundle), checksOf("client", leafRules, ofLeaf)...)
	return checks, append(slices.Clone(inBundle), ofLeaf...)
}

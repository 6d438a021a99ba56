package certsvc

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/fault"
)

// Severity of a Lint.
type Severity string

// The severities: SevError is what Cloud (or TLS) refuses, SevWarn will hurt, SevNote is harmless.
const (
	SevError Severity = "error"
	SevWarn  Severity = "warn"
	SevNote  Severity = "note"
)

// Lint is one rule that a certificate breaks. Its JSON is an element of onramp.lint/1.
type Lint struct {
	Code     string   `json:"code"` // catalogue id: "CH-09"
	Severity Severity `json:"severity"`
	Subject  string   `json:"subject"`
	Text     string   `json:"text"`
	Fix      string   `json:"fix"`
	Source   string   `json:"source,omitempty"` // where the rule is published

	// Also are the ids of faults that look the same from here: with any, Code is likely, not certain.
	Also []string `json:"also,omitempty"`
}

// fault is the finding as a refusal of a form's field.
func (l Lint) fault(field string) *fault.Fault {
	f := fault.New(fault.Invalid, strings.TrimSuffix(l.Text, "."), l.Fix).In(field)
	f.Code = l.Code
	if l.Subject != "" {
		f.Cause = "The certificate is " + l.Subject + "."
	}
	return f
}

// lints collects findings.
type lints []Lint

// add records a broken rule with the severity, fix and source of the table.
func (ls *lints) add(code string, c *x509.Certificate, format string, args ...any) *Lint {
	r := rules[rank[code]]
	l := Lint{Code: code, Severity: r.Severity, Subject: SubjectOf(c), Text: fmt.Sprintf(format, args...), Fix: r.Fix, Source: r.Source}
	if slices.ContainsFunc(*ls, func(x Lint) bool { return x.Code == l.Code && x.Subject == l.Subject && x.Text == l.Text }) {
		return &Lint{}
	}
	*ls = append(*ls, l)
	return &(*ls)[len(*ls)-1]
}

// sorted puts errors first, then warnings, then notes, each by decisiveness.
func (ls lints) sorted() []Lint {
	weight := map[Severity]int{SevError: 0, SevWarn: 1, SevNote: 2}
	slices.SortStableFunc(ls, func(a, b Lint) int {
		if d := weight[a.Severity] - weight[b.Severity]; d != 0 {
			return d
		}
		return rank[a.Code] - rank[b.Code]
	})
	return ls
}

// date is a moment as the texts show it.
func date(t time.Time) string { return t.UTC().Format(dateLayout) }

// LintLeaf judges a client chain (leaf first, then intermediates) by Cloud's rules, against the CA
// bundle when uploaded is not nil. The order is most decisive first.
func LintLeaf(chain, uploaded []*x509.Certificate, now time.Time) []Lint {
	if len(chain) == 0 {
		return nil
	}
	leaf := chain[0]
	var out lints
	out.clientAlone(leaf, now)
	path := newPool(append(slices.Clone(uploaded), chain[1:]...)...).path(leaf) // the bundle first: that is what Cloud knows
	if uploaded != nil {
		out.anchor(path, uploaded)
	}
	out.authoritiesOf(path, now)
	out.names(path)
	return out.sorted()
}

// clientAlone judges what a client certificate says by itself.
func (ls *lints) clientAlone(c *x509.Certificate, now time.Time) {
	switch {
	case now.After(c.NotAfter):
		ls.add("CH-09", c, "The client certificate expired on %s.", date(c.NotAfter))
	case now.Before(c.NotBefore):
		ls.add("CH-10", c, "The client certificate is not valid until %s, or this clock is wrong by %s.", date(c.NotBefore), c.NotBefore.Sub(now).Round(time.Second))
	}
	ls.algorithms(c, "client certificate")
	if c.Version < 3 {
		ls.add("CH-19", c, "The client certificate is X.509 version %d; Temporal Cloud asks for version 3.", c.Version)
		return // it can have no extensions
	}
	switch {
	case c.BasicConstraintsValid && c.IsCA:
		ls.add("CH-18", c, "The client certificate is a CA (CA:TRUE); Temporal Cloud asks for CA:FALSE.")
	case !c.BasicConstraintsValid:
		ls.add("CH-33", c, "The client certificate has no basicConstraints extension.")
	}
	if !hasExtension(c, 15) {
		ls.add("CH-17", c, "The client certificate has no keyUsage extension.")
	} else if c.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		ls.add("CH-16", c, "The client certificate's keyUsage lacks Digital Signature.")
	}
	if any := hasExtension(c, 37); any && !mayAuthenticate(c) {
		ls.add("CH-15", c, "The client certificate's extended key usage lacks clientAuth: it is for servers only.")
	} else if !any && hasExtension(c, 15) {
		ls.add("CH-17", c, "The client certificate has no extendedKeyUsage extension.")
	}
}

// mayAuthenticate reports whether an extended key usage lets a client show the certificate.
func mayAuthenticate(c *x509.Certificate) bool {
	return slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// hasExtension reports whether a certificate has the extension 2.5.29.n.
func hasExtension(c *x509.Certificate, n int) bool {
	for _, e := range c.Extensions {
		if e.Id.Equal([]int{2, 5, 29, n}) {
			return true
		}
	}
	return false
}

// algorithms judges a certificate's key and signature; what names it in a sentence.
func (ls *lints) algorithms(c *x509.Certificate, what string) {
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
		ls.add("CH-13", c, "The %s is signed with %s; Temporal Cloud takes SHA-256 or stronger.", what, c.SignatureAlgorithm)
	case x509.PureEd25519, x509.DSAWithSHA256, x509.UnknownSignatureAlgorithm:
		ls.add("CH-25", c, "The %s is signed with %s; Temporal Cloud takes RSA or ECDSA only.", what, c.SignatureAlgorithm)
		return
	}
	if code, _ := weakKey(c.PublicKey); code != "" {
		ls.add(code, c, "The %s has a key of type %s; Temporal Cloud takes RSA of 2048 bits or more, P-256 or P-384.", what, KeyTypeOf(c.PublicKey))
	}
}

// maxPath bounds how far a chain is followed.
const maxPath = 16

// pool finds issuers among certificates, each only once: signatures are slow to verify.
type pool struct {
	certs  []*x509.Certificate
	issuer map[*x509.Certificate]*x509.Certificate
}

func newPool(certs ...*x509.Certificate) *pool {
	return &pool{certs: certs, issuer: map[*x509.Certificate]*x509.Certificate{}}
}

// path is the leaf, then each certificate's issuer as far as the pool has it.
func (p *pool) path(leaf *x509.Certificate) []*x509.Certificate {
	path := []*x509.Certificate{leaf}
	for len(path) < maxPath && !selfSigned(path[len(path)-1]) {
		issuer := p.issuerOf(path[len(path)-1])
		if issuer == nil || slices.ContainsFunc(path, issuer.Equal) {
			break
		}
		path = append(path, issuer)
	}
	return path
}

// maxNamesakes bounds how many CAs of one name are tried as an issuer; a namespace holds fewer.
const maxNamesakes = 2 * MaxBundleCerts

// issuerOf is the certificate of the pool that signed c, nil for none. Of several with the same key
// (a renewed CA) it is the one that ends last, the earlier in the pool of two that end together.
func (p *pool) issuerOf(c *x509.Certificate) *x509.Certificate {
	if best, known := p.issuer[c]; known {
		return best
	}
	var best *x509.Certificate
	tried := 0
	for _, x := range p.certs {
		if string(c.RawIssuer) != string(x.RawSubject) || best != nil && !x.NotAfter.After(best.NotAfter) || x.Equal(c) {
			continue
		}
		if tried++; tried > maxNamesakes {
			break
		}
		if issued(c, x) {
			best = x
		}
	}
	p.issuer[c] = best
	return best
}

// issued reports whether parent's name and key are those of c's issuer. MD5 signatures cannot be
// verified any more; there the names and key identifiers decide.
func issued(c, parent *x509.Certificate) bool {
	if string(c.RawIssuer) != string(parent.RawSubject) {
		return false
	}
	if c.SignatureAlgorithm == x509.MD5WithRSA || c.SignatureAlgorithm == x509.MD2WithRSA {
		return len(c.AuthorityKeyId) == 0 || string(c.AuthorityKeyId) == string(parent.SubjectKeyId)
	}
	return signedWith(c, parent.PublicKey)
}

func selfSigned(c *x509.Certificate) bool { return issued(c, c) }

// anchor judges whether a chain ends at a CA of the bundle.
func (ls *lints) anchor(path, uploaded []*x509.Certificate) {
	leaf, last := path[0], path[len(path)-1]
	in := func(c *x509.Certificate) bool { return slices.ContainsFunc(uploaded, c.Equal) }
	switch {
	case in(leaf) && selfSigned(leaf):
		l := ls.add("CH-22", leaf, "One self-signed certificate is both the client's and the uploaded CA.")
		if !leaf.IsCA {
			l.Severity = SevError // Cloud refuses to save it
		}
		return
	case in(leaf) && !leaf.IsCA:
		ls.add("CH-31", leaf, "The client certificate itself was uploaded, not the CA that signed it (%s).", printable(leaf.Issuer.String()))
		return
	case slices.ContainsFunc(path, in):
		return
	}
	if i := slices.IndexFunc(uploaded, func(u *x509.Certificate) bool {
		return string(u.RawSubject) == string(last.RawIssuer) && !last.Equal(u)
	}); i >= 0 && !selfSigned(last) {
		ls.add("CH-02", leaf, "The uploaded CA has the issuer's name (%s) but another key (SKI %s); the certificate was signed by key %s.",
			SubjectOf(uploaded[i]), keyIDText(uploaded[i].SubjectKeyId), keyIDText(last.AuthorityKeyId))
		return
	}
	issuer := printable(last.Issuer.String())
	if !selfSigned(last) && perhapsIntermediate(last, uploaded) {
		ls.add("CH-06", leaf, "The certificate of the issuer %s is neither sent with the client certificate nor in the bundle.", issuer).Also = []string{"CH-01"}
		return
	}
	var have []string
	for _, u := range uploaded {
		have = append(have, SubjectOf(u))
	}
	if len(have) == 0 {
		have = []string{"no CA"}
	}
	ls.add("CH-01", leaf, "The certificate was signed by %s (SKI %s); the bundle holds %s.", issuer, keyIDText(last.AuthorityKeyId), strings.Join(have, "; "))
}

// perhapsIntermediate reports whether the missing issuer of c looks like an intermediate under a root
// of the bundle: that root allows intermediates, and the issuer's name says so or shares its organization.
func perhapsIntermediate(c *x509.Certificate, uploaded []*x509.Certificate) bool {
	cn := strings.ToLower(c.Issuer.CommonName)
	for _, root := range uploaded {
		if root.MaxPathLenZero || !root.IsCA {
			continue
		}
		for _, word := range []string{"intermediate", "issuing", "subordinate", "sub ca", "signing"} {
			if strings.Contains(cn, word) {
				return true
			}
		}
		if strings.Contains(cn, "root") {
			continue
		}
		for _, o := range c.Issuer.Organization {
			if o != "" && slices.Contains(root.Subject.Organization, o) && len(root.Subject.CommonName) > 0 && strings.Contains(strings.ToLower(root.Subject.CommonName), "root") {
				return true
			}
		}
	}
	return false
}

// keyIDText shows a key identifier.
func keyIDText(id []byte) string {
	if len(id) == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%x", id)
}

// authoritiesOf judges the CAs above a client certificate and how they bound it.
func (ls *lints) authoritiesOf(path []*x509.Certificate, now time.Time) {
	for i, ca := range path[1:] {
		ls.authority(ca, now, "CA")
		if below := path[i]; below.NotAfter.After(ca.NotAfter) && now.Before(ca.NotAfter) {
			ls.add("CH-12", below, "The certificate ends on %s, after its CA %s, and will stop working on the CA's last day, %s.", date(below.NotAfter), SubjectOf(ca), date(ca.NotAfter))
		}
		ls.pathLength(ca, i)
	}
}

// authority judges one CA certificate by what it says itself.
func (ls *lints) authority(c *x509.Certificate, now time.Time, what string) {
	switch {
	case c.Version < 3 || !c.BasicConstraintsValid:
		ls.add("CH-04", c, "The %s has no basicConstraints extension (X.509 version %d), so it is no CA to TLS.", what, c.Version)
	case !c.IsCA:
		ls.add("CH-03", c, "The %s says CA:FALSE.", what)
	case hasExtension(c, 15) && c.KeyUsage&x509.KeyUsageCertSign == 0:
		ls.add("CH-05", c, "The %s may not sign certificates: its keyUsage lacks keyCertSign.", what)
	}
	switch {
	case now.After(c.NotAfter):
		ls.add("CH-11", c, "The CA expired on %s; every client certificate under it is refused.", date(c.NotAfter))
	case now.Before(c.NotBefore):
		ls.add("CH-10", c, "The CA is not valid until %s, or this clock is wrong by %s.", date(c.NotBefore), c.NotBefore.Sub(now).Round(time.Second))
	}
	ls.algorithms(c, what)
}

// pathLength judges whether a CA allows so many intermediates below it.
func (ls *lints) pathLength(ca *x509.Certificate, intermediates int) {
	if ca.IsCA && (ca.MaxPathLen > 0 || ca.MaxPathLenZero) && intermediates > ca.MaxPathLen {
		ls.add("CH-08", ca, "The CA allows %d intermediates below it (pathlen); there are %d.", ca.MaxPathLen, intermediates)
	}
}

// names judges whether every name of a chain is unique, ignoring case (cloud-facts EE4).
func (ls *lints) names(path []*x509.Certificate) {
	type named struct {
		raw  []byte
		cert *x509.Certificate
	}
	var all []named
	for _, c := range path {
		all = append(all, named{c.RawSubject, c})
	}
	if last := path[len(path)-1]; !selfSigned(last) { // its issuer's name is known though its certificate is not
		all = append(all, named{last.RawIssuer, nil})
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			exact, folded := sameName(a.raw, b.raw)
			switch {
			case exact:
				ls.add("CH-20", a.cert, "The certificate and a CA above it have the same name, %s.", SubjectOf(a.cert))
			case folded:
				ls.add("CH-21", a.cert, "The certificate %s and a CA above it have names that differ in case only.", SubjectOf(a.cert))
			}
		}
	}
}

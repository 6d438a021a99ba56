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

	// Err is why nothing was judged, nil for a finding: the text cannot be read, or (a TooMany fault) not now.
	Err *fault.Fault `json:"-"`
}

// fault is the finding as a refusal of a form's field.
func (l Lint) fault(field string) *fault.Fault {
	f := fault.New(fault.Invalid, strings.TrimSuffix(l.Text, "."), l.Fix).In(field)
	f.Code = l.Code
	if l.Err != nil {
		f.Kind = l.Err.Kind
	}
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

// LintLeaf judges a client chain (leaf first, then intermediates) by Cloud's rules, against the CA bundle when uploaded
// is not nil. Where several chains lead up from the client certificate (renewed and cross-signed CAs), the best of them
// is judged, as one good chain is enough for whoever verifies. The order is most decisive first.
func LintLeaf(chain, uploaded []*x509.Certificate, now time.Time) (out []Lint) {
	if len(chain) == 0 {
		return nil
	}
	above := append(slices.Clone(uploaded), chain[1:]...) // the bundle first: that is what Cloud knows
	if busy := admitted(proofs(above...), func() { out = newPool(above...).lintLeaf(chain[0], uploaded, now) }); busy != nil {
		return unread(busy)
	}
	return out
}

func (p *pool) lintLeaf(leaf *x509.Certificate, uploaded []*x509.Certificate, now time.Time) []Lint {
	var alone, best lints
	alone.clientAlone(leaf, now)
	if !slices.ContainsFunc(uploaded, leaf.Equal) { // else anchor says what was uploaded
		alone.ownIssuer(leaf, p)
	}
	for i, path := range p.paths(leaf) {
		var ls lints
		if uploaded != nil {
			ls.anchor(path, uploaded, p)
		}
		ls.authoritiesOf(path, now)
		ls.names(path)
		ls.asGo(path, now)
		if i == 0 || ls.worse(best) < 0 {
			best = ls
		}
	}
	for _, l := range best {
		alone.keep(l)
	}
	return alone.sorted()
}

// worse compares what two chains break: negative when ls is better.
func (ls lints) worse(other lints) int {
	for _, s := range []Severity{SevError, SevWarn, SevNote} {
		if d := ls.count(s) - other.count(s); d != 0 {
			return d
		}
	}
	return 0
}

func (ls lints) count(s Severity) int {
	n := 0
	for _, l := range ls {
		if l.Severity == s {
			n++
		}
	}
	return n
}

// keep adds a finding unless it is there.
func (ls *lints) keep(l Lint) {
	if !slices.ContainsFunc(*ls, func(x Lint) bool { return x.Code == l.Code && x.Subject == l.Subject && x.Text == l.Text }) {
		*ls = append(*ls, l)
	}
}

// clientAlone judges what a client certificate says by itself.
func (ls *lints) clientAlone(c *x509.Certificate, now time.Time) {
	switch {
	case now.After(c.NotAfter):
		ls.add("CH-09", c, "The client certificate expired on %s.", date(c.NotAfter))
	case now.Before(c.NotBefore):
		ls.add("CH-10", c, "The client certificate is not valid until %s, or this machine's clock is off by %s.", date(c.NotBefore), fault.Left(c.NotBefore.Sub(now)))
	}
	ls.algorithms(c, "client certificate")
	if c.Version < 3 {
		ls.add("CH-19", c, "The client certificate is X.509 version %d; Temporal Cloud requires version 3.", c.Version)
		return // it can have no extensions
	}
	switch {
	case c.BasicConstraintsValid && c.IsCA:
		ls.add("CH-18", c, "The client certificate is a CA (CA:TRUE); Temporal Cloud requires CA:FALSE.")
	case !c.BasicConstraintsValid:
		ls.add("CH-33", c, "The client certificate has no basicConstraints extension.")
	}
	ls.critical(c, "client certificate")
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

// critical judges whether TLS libraries know every extension that a certificate marks as critical.
func (ls *lints) critical(c *x509.Certificate, what string) {
	for _, oid := range c.UnhandledCriticalExtensions {
		ls.add("CH-34", c, "The %s marks the extension %s critical; TLS libraries do not know it and refuse the certificate.", what, oid)
	}
}

// algorithms judges a certificate's key and signature; what names it in a sentence.
func (ls *lints) algorithms(c *x509.Certificate, what string) {
	switch a := signatureOf(c.Raw); {
	case a.weak():
		ls.add("CH-13", c, "The %s is signed with %s; Temporal Cloud requires SHA-256 or stronger.", what, a.name)
	case a.kind == "", a.kind == "ed25519":
		ls.add("CH-25", c, "The %s is signed with %s; Temporal Cloud accepts only RSA and ECDSA.", what, a.name)
		return
	case !a.inGo() && !selfSigned(c): // a root's own signature is not verified
		ls.add("CH-25", c, "The %s is signed with %s, which Go programs, including Temporal's server, cannot verify.", what, a.name)
	}
	t := keyTypeOfCert(c)
	switch code, _ := weakKey(c.PublicKey); code {
	case "":
	case "CH-14":
		ls.add(code, c, "The %s has an RSA key of %s bits. Temporal Cloud publishes no minimum length, but NIST (SP 800-131A), OpenSSL on Debian and Ubuntu, and others reject keys under 2048 bits.", what, strings.TrimPrefix(string(t), "rsa-"))
	case "KP-33":
		ls.add(code, c, "The %s has a key on the curve %s, which TLS cannot use; use P-256 or P-384.", what, strings.ToUpper(strings.Replace(strings.TrimPrefix(string(t), "ec-"), "p", "p-", 1)))
	default:
		ls.add(code, c, "The %s has a key of type %s; Temporal Cloud accepts only RSA and ECDSA keys.", what, t)
	}
}

// ownIssuer judges a client certificate that signed itself: unless it may be uploaded as its own CA (cloud-facts CA2),
// no bundle can ever hold what it needs, and "upload its CA" would send a person after a file that does not exist.
func (ls *lints) ownIssuer(c *x509.Certificate, p *pool) {
	if !selfSigned(c) || mayBeOwnCA(c) {
		return
	}
	if p.verdict(c, c) == signatureWrong {
		if !p.spent {
			ls.add("CH-37", c, "The certificate names its own key as its issuer's, and its signature does not fit that key: it was changed after it was signed, or it is not whole.")
		}
		return
	}
	why := "it says CA:FALSE"
	switch {
	case c.Version < 3 || !c.BasicConstraintsValid:
		why = "it has no basicConstraints extension"
	case c.IsCA:
		why = "its keyUsage lacks keyCertSign"
	}
	l := ls.add("CH-40", c, "The certificate signed itself and is no CA (%s), so there is no CA to upload for it.", why)
	if c.IsCA { // Temporal Cloud publishes no rule for a CA's key usage: it may have been saved as its own CA
		l.Also = []string{"CH-05"}
	}
}

// mayBeOwnCA reports whether a certificate that signed itself can be uploaded as a CA.
func mayBeOwnCA(c *x509.Certificate) bool {
	return c.Version >= 3 && c.BasicConstraintsValid && c.IsCA && (!hasExtension(c, 15) || c.KeyUsage&x509.KeyUsageCertSign != 0)
}

// anchor judges whether a chain ends at a CA of the bundle.
func (ls *lints) anchor(path, uploaded []*x509.Certificate, all *pool) {
	leaf, last := path[0], path[len(path)-1]
	in := func(c *x509.Certificate) bool { return slices.ContainsFunc(uploaded, c.Equal) }
	switch {
	case in(leaf) && selfSigned(leaf):
		l := ls.add("CH-22", leaf, "The same self-signed certificate is used as client certificate and as CA certificate.")
		if !leaf.IsCA {
			l.Severity, l.Fix = SevError, rules[rank["CH-40"]].Fix // Cloud refuses to save it
		}
		return
	case in(leaf) && !leaf.IsCA:
		ls.add("CH-31", leaf, "The client certificate itself was uploaded, not the CA that signed it (%s).", IssuerOf(leaf))
		return
	case slices.ContainsFunc(path, in):
		return
	case selfSigned(leaf) && !mayBeOwnCA(leaf):
		return // told of the certificate by itself: it has no CA
	case selfSigned(leaf):
		l := ls.add("CH-01", leaf, "The certificate signed itself, and the bundle does not hold it but %s.", subjectsOf(uploaded))
		l.Fix = "Issue a client certificate from a CA of the bundle."
		return
	case sharesIssuersName(leaf):
		return // told by names: a CA of that name would not do, so it is not asked for
	}
	if !selfSigned(last) {
		if all.spent {
			ls.add("CH-23", leaf, "Too many CAs share this name and have long keys, so Onramp did not try them all: which of them signed the certificate is unknown.")
			return
		}
		if u := namesake(last, all.certs); u != nil {
			ls.otherKey(leaf, last, u)
			return
		}
	}
	issuer := IssuerOf(last)
	if !selfSigned(last) && perhapsIntermediate(last, uploaded) {
		ls.add("CH-06", leaf, "The certificate of the issuer %s is neither sent with the client certificate nor in the bundle.", issuer).Also = []string{"CH-01"}
		return
	}
	ls.add("CH-01", leaf, "The certificate was signed by %s (SKI %s); the bundle holds %s.", issuer, keyIDText(last.AuthorityKeyId), subjectsOf(uploaded))
}

// subjectsOf names the CAs of a bundle.
func subjectsOf(uploaded []*x509.Certificate) string {
	var have []string
	for _, u := range uploaded {
		have = append(have, SubjectOf(u))
	}
	if len(have) == 0 {
		return "no CA"
	}
	return strings.Join(have, "; ")
}

// sharesIssuersName reports whether a certificate bears its issuer's name, by Temporal Cloud's comparison.
func sharesIssuersName(c *x509.Certificate) bool {
	_, folded := sameName(c.RawSubject, c.RawIssuer)
	return folded
}

// namesake is a certificate that bears the name of c's issuer and did not sign it; nil for none.
func namesake(c *x509.Certificate, certs []*x509.Certificate) *x509.Certificate {
	var found *x509.Certificate
	for _, u := range certs {
		if string(u.RawSubject) != string(c.RawIssuer) || u.Equal(c) {
			continue
		}
		if _, same := keyIDs(c, u); same {
			return u // the likeliest
		}
		if found == nil {
			found = u
		}
	}
	return found
}

// otherKey says why last, in the chain of leaf, is not signed by u, which bears its issuer's name. That the keys differ
// is only said where the key identifiers say so; where they are the same, the signature itself is wrong.
func (ls *lints) otherKey(leaf, last, u *x509.Certificate) {
	both, same := keyIDs(last, u)
	if same {
		ls.add("CH-37", last, "The certificate names the key of the CA %s (SKI %s), but its signature does not match that key: the certificate was changed after it was signed, or is incomplete.", SubjectOf(u), keyIDText(u.SubjectKeyId))
		return
	}
	l := ls.add("CH-02", leaf, "This CA has the issuer's name (%s) but a different key (SKI %s); the certificate was signed by key %s.",
		SubjectOf(u), keyIDText(u.SubjectKeyId), keyIDText(last.AuthorityKeyId))
	if !both {
		l.Also = []string{"CH-37"}
	}
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
		switch below := path[i]; {
		case !outlives(below, ca) || !now.Before(ca.NotAfter):
		case i > 0:
			ls.add("CH-12", below, endsAfterIssuer, date(below.NotAfter), SubjectOf(ca), date(ca.NotAfter))
		default:
			ls.add("CH-12", below, "The certificate expires on %s, after its CA %s, and stops working when that CA expires on %s.", date(below.NotAfter), SubjectOf(ca), date(ca.NotAfter))
		}
		ls.pathLength(ca, i)
	}
}

// endsAfterIssuer is CH-12 of a CA, wherever it is found.
const endsAfterIssuer = "The CA expires on %s, but its issuer %s already expires on %s."

// outlives reports whether a certificate ends after its issuer, by more than the seconds between the making of the two.
func outlives(c, issuer *x509.Certificate) bool {
	return c.NotAfter.Sub(issuer.NotAfter) >= time.Minute
}

// authority judges one CA certificate by what it says itself.
func (ls *lints) authority(c *x509.Certificate, now time.Time, what string) {
	switch {
	case c.Version < 3 || !c.BasicConstraintsValid:
		ls.add("CH-04", c, "The %s has no basicConstraints extension (X.509 version %d), so TLS does not treat it as a CA.", what, c.Version)
	case !c.IsCA:
		ls.add("CH-03", c, "The %s says CA:FALSE.", what)
	case hasExtension(c, 15) && c.KeyUsage&x509.KeyUsageCertSign == 0:
		ls.add("CH-05", c, "The %s may not sign certificates: its keyUsage lacks keyCertSign.", what)
	}
	switch {
	case now.After(c.NotAfter):
		ls.add("CH-11", c, "The CA expired on %s; every client certificate under it is refused.", date(c.NotAfter))
	case now.Before(c.NotBefore):
		ls.add("CH-10", c, "The CA is not valid until %s, or this machine's clock is off by %s.", date(c.NotBefore), fault.Left(c.NotBefore.Sub(now)))
	}
	if nameless(c) {
		ls.add("CH-38", c, "The %s has no name: its subject is empty, so no certificate can name it as its issuer.", what)
	}
	if (len(c.ExtKeyUsage) > 0 || len(c.UnknownExtKeyUsage) > 0) && !mayAuthenticate(c) {
		ls.add("CH-35", c, "The %s's extended key usage lacks clientAuth, which restricts every certificate below it: TLS libraries refuse client certificates from this CA.", what)
	}
	ls.critical(c, what)
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
		if isEmptyName(last.RawIssuer) {
			ls.add("CH-38", last, "The CA that signed the certificate has no name.")
		}
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

package certsvc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/bits"
	"slices"
	"time"
)

// Bounds on looking for chains.
const (
	maxPath  = 16 // certificates in one
	maxPaths = 32 // chains that lead up from one certificate

	// maxVerifying is what the signatures of one pool may cost to verify, in about microseconds: 3,000 signatures of
	// RSA-2048, or 15 of the most expensive keys that are read.
	maxVerifying = 250_000
)

// pool finds issuers among certificates by their signatures, each of which is verified once.
type pool struct {
	certs   []*x509.Certificate
	issuers map[*x509.Certificate][]*x509.Certificate
	left    int  // of maxVerifying
	spent   bool // some signatures were not verified
}

func newPool(certs ...*x509.Certificate) *pool {
	return &pool{certs: certs, issuers: map[*x509.Certificate][]*x509.Certificate{}, left: maxVerifying}
}

// selfSigned reports whether a certificate is its own issuer: by its names, by its key identifiers where it has both,
// and for a client certificate without them by its signature. This is how OpenSSL tells roots: a CA's signature on
// itself proves nothing, and nobody verifies it.
func selfSigned(c *x509.Certificate) bool {
	if string(c.RawIssuer) != string(c.RawSubject) {
		return false
	}
	if both, same := keyIDs(c, c); both {
		return same
	}
	return c.IsCA || signedBy(c, c.PublicKey) != signatureWrong
}

// issuersOf are the certificates of the pool that signed c, the likeliest first: those whose key identifier it names,
// then those that end last. None for a root. A signature that cannot be verified here counts where no key identifier
// speaks against it.
func (p *pool) issuersOf(c *x509.Certificate) []*x509.Certificate {
	if known, ok := p.issuers[c]; ok {
		return known
	}
	var out []*x509.Certificate
	if both, _ := keyIDs(c, c); !selfSigned(c) || !both && p.verdict(c, c) == signatureWrong { // a new key's first certificate may bear the old one's name
		for _, x := range p.likeliest(c) {
			both, same := keyIDs(c, x)
			if v := p.verdict(c, x); v == signatureRight || v == signatureUnknown && (!both || same) {
				out = append(out, x)
			}
		}
	}
	p.issuers[c] = out
	return out
}

// likeliest are the certificates that bear the name of c's issuer, in the order in which they are tried.
func (p *pool) likeliest(c *x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for _, x := range p.certs {
		if string(c.RawIssuer) == string(x.RawSubject) && !x.Equal(c) && !slices.ContainsFunc(out, x.Equal) {
			out = append(out, x)
		}
	}
	fit := func(x *x509.Certificate) int {
		switch both, same := keyIDs(c, x); {
		case same:
			return 0
		case both:
			return 2
		}
		return 1
	}
	slices.SortStableFunc(out, func(a, b *x509.Certificate) int {
		if d := fit(a) - fit(b); d != 0 {
			return d
		}
		return b.NotAfter.Compare(a.NotAfter)
	})
	return out
}

// verdict judges whether parent's key signed c. Once the pool has spent what verifying may cost, nothing is found to be
// signed any more, and spent says so.
func (p *pool) verdict(c, parent *x509.Certificate) signed {
	cost := verifyCost(parent)
	if cost > p.left {
		p.spent = true
		return signatureWrong
	}
	p.left -= cost
	return signedBy(c, parent.PublicKey)
}

// verifyCost is about how many microseconds verifying a signature by a certificate's key takes.
func verifyCost(c *x509.Certificate) int {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		kilobits, e := k.N.BitLen()/1024+1, uint(k.E)
		return kilobits * kilobits * (bits.Len(e) + bits.OnesCount(e))
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return 50
		case elliptic.P384():
			return 430
		}
		return 1250
	}
	return 100
}

// paths are the chains that lead up from a certificate, itself first, each as far as the pool has it.
func (p *pool) paths(leaf *x509.Certificate) [][]*x509.Certificate {
	var out [][]*x509.Certificate
	var walk func(path []*x509.Certificate)
	walk = func(path []*x509.Certificate) {
		if len(out) == maxPaths {
			return
		}
		ends := true
		if len(path) < maxPath {
			for _, above := range p.issuersOf(path[len(path)-1]) {
				if slices.ContainsFunc(path, func(c *x509.Certificate) bool {
					return string(c.RawSubject) == string(above.RawSubject) && sameKey(c.PublicKey, above.PublicKey)
				}) {
					continue // it would go in a circle
				}
				ends = false
				walk(append(slices.Clone(path), above))
			}
		}
		if ends {
			out = append(out, path)
		}
	}
	walk([]*x509.Certificate{leaf})
	return out[:min(len(out), maxPaths)]
}

// path is the chain that leads up from a certificate: one that reaches a root before others, and then the one that
// stays valid longest.
func (p *pool) path(leaf *x509.Certificate) []*x509.Certificate {
	var best []*x509.Certificate
	for _, path := range p.paths(leaf) {
		whole, had := selfSigned(path[len(path)-1]), best != nil && selfSigned(best[len(best)-1])
		if best == nil || whole && !had || whole == had && endOf(path).After(endOf(best)) {
			best = path
		}
	}
	return best
}

// endOf is when the first certificate of a chain expires.
func endOf(path []*x509.Certificate) time.Time {
	end := path[0].NotAfter
	for _, c := range path[1:] {
		if c.NotAfter.Before(end) {
			end = c.NotAfter
		}
	}
	return end
}

// asGo lets crypto/x509, by which Temporal's server verifies, judge a chain in which no rule found an error: what it
// still refuses is told by its rule.
func (ls *lints) asGo(path []*x509.Certificate, now time.Time) {
	if len(path) < 2 || ls.count(SevError) > 0 || now.Before(path[0].NotBefore) || now.After(path[0].NotAfter) {
		return // nothing above it; or told already
	}
	leaf, last := path[0], path[len(path)-1]
	if len(leaf.UnhandledCriticalExtensions) > 0 || hasExtension(leaf, 37) && !mayAuthenticate(leaf) {
		return // told of the certificate by itself
	}
	for _, c := range path[:len(path)-1] {
		if !signatureOf(c.Raw).inGo() {
			return // told as CH-13 or CH-25
		}
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(last)
	for _, c := range path[1 : len(path)-1] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
	case errors.As(err, &invalid) && (invalid.Reason == x509.CANotAuthorizedForThisName || invalid.Reason == x509.TooManyConstraints || invalid.Reason == x509.UnconstrainedName):
		ls.add("CH-36", leaf, "The name constraints of a CA above the certificate do not allow its names: %s.", printable(invalid.Detail))
	case errors.As(err, &invalid) && invalid.Reason == x509.TooManyIntermediates:
		ls.add("CH-08", last, "The chain has more intermediates than a CA in it allows (pathlen).")
	default:
		ls.add("CH-39", leaf, "Go's verifier, which Temporal's server uses, refuses the chain: %s.", printable(err.Error()))
	}
}

package certsvc

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"onramp/fault"
)

// Pair is a client certificate with its chain and its private key.
// It prints, logs and marshals as [redacted].
type Pair struct {
	Chain []*x509.Certificate // the client certificate first, then intermediates
	Key   crypto.Signer       // belongs to Chain[0]
}

func (p Pair) String() string               { return "[redacted]" }
func (p Pair) GoString() string             { return "[redacted]" }
func (p Pair) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, "[redacted]") }
func (p Pair) LogValue() slog.Value         { return slog.StringValue("[redacted]") }
func (p Pair) MarshalJSON() ([]byte, error) { return []byte(`"[redacted]"`), nil }

// Leaf returns the client certificate, nil for the zero Pair.
func (p Pair) Leaf() *x509.Certificate {
	if len(p.Chain) == 0 {
		return nil
	}
	return p.Chain[0]
}

// CertPEM returns the chain as clean PEM, the client certificate first.
func (p Pair) CertPEM() []byte { return encodeCerts(p.Chain...) }

// KeyPEM returns the key as clean PKCS#8 PEM; empty for the zero Pair.
func (p Pair) KeyPEM() Secret {
	if p.Key == nil {
		return Secret{}
	}
	s, err := encodeKey(p.Key)
	if err != nil {
		return Secret{} // a key that was read from PKCS#8, PKCS#1 or SEC1 can be written
	}
	return s
}

// TLS returns the pair as crypto/tls takes it.
func (p Pair) TLS() tls.Certificate {
	t := tls.Certificate{PrivateKey: p.Key, Leaf: p.Leaf()}
	for _, c := range p.Chain {
		t.Certificate = append(t.Certificate, c.Raw)
	}
	return t
}

// Mismatch is the Err of a KP-06, KP-07, KP-08 or KP-10 fault: both halves' SPKI and what they are.
type Mismatch struct {
	CertSubject string
	CertSPKI    string // SHA-256, hex
	KeySPKI     string
	CertKeyType KeyType
	KeyType     KeyType
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("certificate %q has %s key %s, the private key is %s %s", m.CertSubject, m.CertKeyType, m.CertSPKI, m.KeyType, m.KeySPKI)
}

// ReadPair reads a client certificate (chain) and its private key from two pasted texts and sees that
// they belong together. Repaired and listed: swapped fields (KP-02), upside-down chains (KP-09) and
// whatever ReadCertificates repairs. A key may be PKCS#8, PKCS#1 or SEC1, in PEM in any state that can be repaired with
// certainty, DER or base64. Refused, as Invalid faults with Field FieldCertificate or FieldKey and a Code: those of
// ReadCertificates; of the key KP-03 (a certificate), KP-05 (a public key), KP-11, KP-12 (passphrase), KP-15, KP-26,
// KP-29, KP-33 (curve), KP-36 (empty), KP-37 (damaged), KP-39, IN-16 (an API key) and IN-17; of both KP-06, KP-07, KP-08
// and KP-10. Faults of both fields are joined. No error holds key material.
func ReadPair(cert, key []byte) (Pair, []Repair, error) { return ReadPairFor(cert, key, nil) }

// ReadPairFor is ReadPair where the CA bundle of the namespace is known: it recognises its key (KP-10).
func ReadPairFor(cert, key []byte, authorities []*x509.Certificate) (p Pair, done []Repair, err error) {
	if busy := admitted(len(cert)+len(key), func() { p, done, err = readPair(cert, key, authorities) }); busy != nil {
		return Pair{}, nil, busy
	}
	return p, done, err
}

func readPair(cert, key []byte, authorities []*x509.Certificate) (Pair, []Repair, error) {
	c, certErr := recognise(cert)
	k, keyErr := asKey(recognise(key))
	var done []Repair
	switch {
	case certErr == nil && keyErr == nil && swapped(c, k):
		c, k = k, c
		done = append(done, Repair{Code: "KP-02", Text: repairTexts["KP-02"]})
	case keyErr == nil && holdsBoth(k) && emptyFault(certErr):
		c, certErr = k, nil
		done = append(done, Repair{Code: "KP-30", Field: FieldCertificate, Text: repairTexts["KP-30"]})
	case certErr == nil && holdsBoth(c) && emptyFault(keyErr):
		k, keyErr = c, nil
		done = append(done, Repair{Code: "KP-30", Field: FieldKey, Text: repairTexts["KP-30"]})
	}
	var faults []*fault.Fault
	faults = append(faults, fieldFault(certErr, found.certificateTrouble, c, FieldCertificate))
	faults = append(faults, fieldFault(keyErr, found.keyTrouble, k, FieldKey))
	done = append(done, repairs(c.repairs, FieldCertificate)...)
	done = append(done, repairs(k.repairs, FieldKey)...)
	if err := joined(faults...); err != nil {
		return Pair{}, done, err
	}
	pair, reordered, f := match(c.certs(), k.keys(), authorities)
	if f != nil {
		return Pair{}, done, f
	}
	if reordered {
		done = append(done, Repair{Code: "KP-09", Field: FieldCertificate, Text: repairTexts["KP-09"]})
	}
	return pair, done, nil
}

// swapped reports whether the certificate field holds only a key and the key field a certificate.
func swapped(c, k found) bool {
	return !c.has(kindCertificate) && (c.has(kindKey) || c.has(kindEncryptedKey)) && k.has(kindCertificate)
}

func holdsBoth(f found) bool { return len(f.certs()) > 0 && len(f.keys()) > 0 }

func emptyFault(err error) bool {
	f := fault.From(err)
	return f != nil && (f.Code == "KP-01" || f.Code == "KP-36")
}

// fieldFault is what is wrong with one field, nil for nothing.
func fieldFault(err error, judge func(found) problem, f found, field string) *fault.Fault {
	if err != nil {
		return fault.From(err).In(field)
	}
	if trouble := judge(f); !trouble.none() {
		return trouble.fault().In(field)
	}
	return nil
}

// match finds the certificate that a key belongs to and puts it first.
func match(certs []*x509.Certificate, keys []crypto.Signer, authorities []*x509.Certificate) (p Pair, reordered bool, f *fault.Fault) {
	for _, key := range keys {
		i := slices.IndexFunc(certs, func(c *x509.Certificate) bool { return sameKey(key.Public(), c.PublicKey) })
		if i == 0 {
			return Pair{Chain: certs, Key: key}, false, nil
		}
		if i > 0 && !signedWith(certs[0], key.Public()) {
			return Pair{Chain: chainFrom(certs, i), Key: key}, true, nil
		}
	}
	return Pair{}, false, mismatch(certs[0], keys[0].Public(), append(slices.Clone(authorities), certs[1:]...))
}

// chainFrom puts certs[first] first and each one's issuer after it; what is left keeps its order.
func chainFrom(certs []*x509.Certificate, first int) []*x509.Certificate {
	rest := slices.Clone(certs)
	chain := []*x509.Certificate{rest[first]}
	rest = slices.Delete(rest, first, first+1)
	for len(rest) > 0 && len(chain) < maxPath {
		last := chain[len(chain)-1]
		i := max(0, slices.IndexFunc(rest, func(c *x509.Certificate) bool {
			return bytes.Equal(c.RawSubject, last.RawIssuer) && signedWith(last, c.PublicKey)
		}))
		chain = append(chain, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return append(chain, rest...)
}

// UpsideDown is the Repair of a chain whose client certificate came last.
var UpsideDown = Repair{Code: "KP-09", Text: repairTexts["KP-09"]}

// ClientFirst puts the client certificate of a chain first and each one's issuer after it; changed says that it was not
// so. A chain of CAs alone stays as it is.
func ClientFirst(chain []*x509.Certificate) (ordered []*x509.Certificate, changed bool) {
	i := slices.IndexFunc(chain, func(c *x509.Certificate) bool { return !c.IsCA })
	if i <= 0 || !slices.ContainsFunc(newPool(chain...).path(chain[i])[1:], chain[0].Equal) {
		return chain, false // it begins so, or its first certificate has nothing to do with it
	}
	return chainFrom(chain, i), true
}

// mismatch says in which way a certificate and a key are no pair.
func mismatch(c *x509.Certificate, key crypto.PublicKey, authorities []*x509.Certificate) *fault.Fault {
	m := &Mismatch{CertSubject: SubjectOf(c), CertSPKI: SPKI(c.PublicKey), KeySPKI: SPKI(key), CertKeyType: KeyTypeOf(c.PublicKey), KeyType: KeyTypeOf(key)}
	both := fmt.Sprintf("The certificate's public key is %s, the private key's is %s (SHA-256 of the SubjectPublicKeyInfo).", m.CertSPKI, m.KeySPKI)
	f := fault.Wrap(m, fault.Invalid, "", "").In(FieldKey)
	f.Who, f.Cause = "developer", both
	f.NotWrong = "Certificate and key can both be read."
	isAuthority := slices.ContainsFunc(authorities, func(a *x509.Certificate) bool { return sameKey(key, a.PublicKey) })
	switch {
	case c.BasicConstraintsValid && c.IsCA:
		f = f.In(FieldCertificate)
		f.Code, f.Title = "KP-08", "This is the CA's certificate, not the client's"
		f.Cause = fmt.Sprintf("%s has CA:TRUE and does not belong to this key. %s", m.CertSubject, both)
		f.Fix = "Paste client.pem, the certificate that was issued for this key. The CA belongs in the namespace's settings."
	case isAuthority || signedWith(c, key):
		f.Code, f.Title = "KP-10", "That key belongs to the CA"
		f.Cause = "This is the key of the CA that signed the certificate. " + both
		f.Fix = "Paste client.key, the key that was created with the client certificate, and keep ca.key away from workers."
	case family(c.PublicKey) != family(key):
		f.Code, f.Title = "KP-07", "Certificate and key use different algorithms"
		f.Cause = fmt.Sprintf("The certificate is %s, the key %s. %s", m.CertKeyType, m.KeyType, both)
		f.Fix = "Find the key that was created with this certificate, or issue a new pair."
	default:
		f.Code, f.Title = "KP-06", "Key and certificate are not a pair"
		f.Fix = "Find the key that was created with this certificate, or issue a new pair."
	}
	return f
}

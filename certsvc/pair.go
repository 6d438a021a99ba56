package certsvc

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
)

// Pair is a client certificate with its chain and its private key.
// It prints, logs and marshals as [redacted].
type Pair struct {
	Chain []*x509.Certificate // the client certificate first, then intermediates
	Key   crypto.Signer       // belongs to Chain[0]
}

// Leaf returns the client certificate, nil for the zero Pair.
func (p Pair) Leaf() *x509.Certificate { panic("unwritten") }

// CertPEM returns the chain as clean PEM, the client certificate first.
func (p Pair) CertPEM() []byte { panic("unwritten") }

// KeyPEM returns the key as clean PKCS#8 PEM.
func (p Pair) KeyPEM() Secret { panic("unwritten") }

// TLS returns the pair as crypto/tls takes it.
func (p Pair) TLS() tls.Certificate { panic("unwritten") }

// SPKI is the SHA-256 of a public key's SubjectPublicKeyInfo in lower-case hex: what tells whether a
// key and a certificate are a pair.
func SPKI(pub crypto.PublicKey) string { panic("unwritten") }

// Mismatch is the Err of a KP-06, KP-07, KP-08 or KP-10 fault: both halves' SPKI and what they are.
type Mismatch struct {
	CertSubject string
	CertSPKI    string // SHA-256, hex
	KeySPKI     string
	CertKeyType string // "ec-p384", "rsa-2048", …
	KeyType     string
}

func (m *Mismatch) Error() string { panic("unwritten") }

// ReadPair reads a client certificate (chain) and its private key from two pasted texts and sees that
// they belong together. Repaired and listed: swapped fields (KP-02), upside-down chains (KP-09) and
// whatever ReadCertificates and ReadKey repair. Refused, as Invalid faults with Field FieldCertificate or
// FieldKey and a Code: their codes, and KP-06, KP-07, KP-08, KP-10. Faults of both fields are joined.
func ReadPair(cert, key []byte) (Pair, []Repair, error) { return ReadPairFor(cert, key, nil) }

// ReadPairFor is ReadPair where the CA bundle of the namespace is known: it recognises its key (KP-10).
func ReadPairFor(cert, key []byte, authorities []*x509.Certificate) (Pair, []Repair, error) {
	panic("unwritten")
}

// Package certsvc makes, signs, repairs, judges and bundles certificate authorities and client
// certificates by Temporal Cloud's rules. Pure crypto and rules: no network, no disk, no database.
package certsvc

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// KeyType names a kind of key as commands and forms do.
type KeyType string

// The key types. ECP384 is the default, as tcld's.
const (
	ECP256  KeyType = "ec-p256"
	ECP384  KeyType = "ec-p384"
	RSA2048 KeyType = "rsa-2048"
	RSA4096 KeyType = "rsa-4096"
)

// KeyTypes are the kinds of key that CA and Leaf make, the default first.
var KeyTypes = []KeyType{ECP384, ECP256, RSA2048, RSA4096}

// Secret is private key material in PEM (PKCS#8). It prints as [redacted] whatever the verb;
// Reveal is the only way out.
type Secret struct{ b []byte }

// NewSecret wraps key material; it keeps b.
func NewSecret(b []byte) Secret { return Secret{b} }

// Reveal returns the key material.
func (s Secret) Reveal() []byte { return s.b }

// Empty reports whether there is none.
func (s Secret) Empty() bool { return len(s.b) == 0 }

func (s Secret) String() string               { return "[redacted]" }
func (s Secret) GoString() string             { return "[redacted]" }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, "[redacted]") }
func (s Secret) LogValue() slog.Value         { return slog.StringValue("[redacted]") }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"[redacted]"`), nil }
func (s Secret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// CASpec asks for a certificate authority.
type CASpec struct {
	CommonName   string // default "<namespace> CA" at the caller
	Organization string
	Days         int     // 1 to 3650; default 365
	KeyType      KeyType // default ECP384
	PathLength   int     // how many intermediate CAs may stand below it; 0, the default, to MaxPathLength
}

// MaxPathLength is the longest path length of a CA of ours.
const MaxPathLength = 2

// LeafSpec asks for a client certificate.
type LeafSpec struct {
	CommonName         string
	Organization       string
	OrganizationalUnit string
	DNSNames           []string
	Days               int     // 0: as long as its CA less one day
	KeyType            KeyType // default that of the CA; not used with a CSR
}

// Issued is a certificate and, when we made it, its key.
type Issued struct {
	Cert    *x509.Certificate
	CertPEM []byte
	Key     Secret // empty when the key was made elsewhere (CSR)
	// Signer signs in the place of Key, for a CA whose key is in another process; nil else.
	Signer crypto.Signer
}

// Fingerprint is the SHA-256 of the certificate, lower-case hex; "" without one.
func (i Issued) Fingerprint() string {
	if i.Cert == nil {
		return ""
	}
	return Fingerprint(i.Cert)
}

// Fingerprint is the SHA-256 of a certificate, lower-case hex.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// Options of a Service; every field has a default.
type Options struct {
	Now  func() time.Time // default time.Now
	Rand io.Reader        // serial numbers; default crypto/rand.Reader. Keys always use the system's
}

// Service makes and signs. It keeps nothing and is safe for concurrent use.
type Service struct{ o Options }

// oneAtATime is a source of random bytes that several goroutines may read.
type oneAtATime struct {
	mu sync.Mutex
	r  io.Reader
}

func (o *oneAtATime) Read(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.r.Read(p)
}

// New returns a Service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	} else {
		o.Rand = &oneAtATime{r: o.Rand}
	}
	return &Service{o: o}
}

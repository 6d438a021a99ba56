// Package certsvc makes, signs, repairs, judges and bundles certificate authorities and client
// certificates by Temporal Cloud's rules. Pure crypto and rules: no network, no disk, no database.
package certsvc

import (
	"crypto/x509"
	"io"
	"log/slog"
	"time"
)

// KeyType names a kind of key as contract.md does.
type KeyType string

// The key types. ECP384 is the default, as tcld's.
const (
	ECP256  KeyType = "ec-p256"
	ECP384  KeyType = "ec-p384"
	RSA2048 KeyType = "rsa-2048"
	RSA4096 KeyType = "rsa-4096"
)

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
func (s Secret) LogValue() slog.Value         { return slog.StringValue("[redacted]") }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"[redacted]"`), nil }
func (s Secret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// CASpec asks for a certificate authority.
type CASpec struct {
	CommonName   string // default "<namespace> CA" at the caller
	Organization string
	Days         int     // 1 to 3650; default 365
	KeyType      KeyType // default ECP384
}

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
}

// Fingerprint is the SHA-256 of the certificate, lower-case hex.
func (i Issued) Fingerprint() string { panic("unwritten") }

// Options of a Service; every field has a default.
type Options struct {
	Now  func() time.Time // default time.Now
	Rand io.Reader        // default crypto/rand.Reader
}

// Service makes and signs. It keeps nothing and is safe for concurrent use.
type Service struct{ o Options }

// New returns a Service.
func New(o Options) *Service { return &Service{o: o} }

// CA makes a certificate authority. Errors are Invalid faults naming the field, several joined.
func (s *Service) CA(spec CASpec) (Issued, error) { panic("unwritten") }

// Leaf makes a client certificate and its key, signed by ca (which holds its key).
func (s *Service) Leaf(ca Issued, spec LeafSpec) (Issued, error) { panic("unwritten") }

// Sign signs a PKCS#10 request (PEM or DER). Subject and validity come from spec where set, else from
// the request's subject; extensions are always ours. The request's self-signature is checked.
func (s *Service) Sign(ca Issued, csr []byte, spec LeafSpec) (Issued, error) { panic("unwritten") }

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

// LintLeaf judges a client chain (leaf first, then intermediates) by Cloud's rules, against the CA
// bundle when uploaded is not nil. The order is most decisive first.
func LintLeaf(chain, uploaded []*x509.Certificate, now time.Time) []Lint { panic("unwritten") }

// LintBundle judges a CA bundle as Cloud does on Save: at most 16 certificates and 32 KB, CA:true,
// complete chains, SHA-256 or better, none expired, no private key inside (IN-16). raw is the PEM text.
func LintBundle(raw []byte, now time.Time) ([]*x509.Certificate, []Lint) { panic("unwritten") }

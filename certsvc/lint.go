package certsvc

import (
	"crypto/x509"
	"time"
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

// LintLeaf judges a client chain (leaf first, then intermediates) by Cloud's rules, against the CA
// bundle when uploaded is not nil. The order is most decisive first.
func LintLeaf(chain, uploaded []*x509.Certificate, now time.Time) []Lint { panic("unwritten") }

// LintBundle judges a CA bundle as Cloud does on Save: at most 16 certificates and 32 KB, CA:true,
// complete chains, SHA-256 or better, none expired, no private key inside (IN-16). raw is the PEM text.
func LintBundle(raw []byte, now time.Time) ([]*x509.Certificate, []Lint) { panic("unwritten") }

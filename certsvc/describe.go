package certsvc

import (
	"crypto/x509"
	"fmt"
	"strings"
)

// Detail is one property of a certificate in words.
type Detail struct{ Name, Value string }

// keyUses are the words of key usage, as openssl x509 -text writes them.
var keyUses = []struct {
	bit  x509.KeyUsage
	word string
}{
	{x509.KeyUsageDigitalSignature, "digital signature"}, {x509.KeyUsageContentCommitment, "non repudiation"}, {x509.KeyUsageKeyEncipherment, "key encipherment"},
	{x509.KeyUsageDataEncipherment, "data encipherment"}, {x509.KeyUsageKeyAgreement, "key agreement"}, {x509.KeyUsageCertSign, "certificate sign"}, {x509.KeyUsageCRLSign, "CRL sign"},
}

// extKeyUses are the words of extended key usage.
var extKeyUses = map[x509.ExtKeyUsage]string{
	x509.ExtKeyUsageAny: "any", x509.ExtKeyUsageClientAuth: "TLS client", x509.ExtKeyUsageServerAuth: "TLS server", x509.ExtKeyUsageCodeSigning: "code signing",
	x509.ExtKeyUsageEmailProtection: "e-mail", x509.ExtKeyUsageTimeStamping: "time stamping", x509.ExtKeyUsageOCSPSigning: "OCSP signing",
}

// Describe is what a certificate says of itself, in the order that people ask for it. Every value is fit to be
// shown on one line.
func Describe(c *x509.Certificate) []Detail {
	var sans []string
	for _, n := range c.DNSNames {
		sans = append(sans, "DNS:"+n)
	}
	for _, n := range c.EmailAddresses {
		sans = append(sans, "email:"+n)
	}
	for _, n := range c.IPAddresses {
		sans = append(sans, "IP:"+n.String())
	}
	for _, n := range c.URIs {
		sans = append(sans, "URI:"+n.String())
	}
	constraints := "absent"
	switch {
	case c.BasicConstraintsValid && c.IsCA && (c.MaxPathLen > 0 || c.MaxPathLenZero):
		constraints = fmt.Sprintf("CA:TRUE, path length %d", c.MaxPathLen)
	case c.BasicConstraintsValid && c.IsCA:
		constraints = "CA:TRUE, no path length"
	case c.BasicConstraintsValid:
		constraints = "CA:FALSE"
	}
	var uses, extended []string
	for _, u := range keyUses {
		if c.KeyUsage&u.bit != 0 {
			uses = append(uses, u.word)
		}
	}
	for _, u := range c.ExtKeyUsage {
		word, ok := extKeyUses[u]
		if !ok {
			word = fmt.Sprintf("use %d", u)
		}
		extended = append(extended, word)
	}
	for _, oid := range c.UnknownExtKeyUsage {
		extended = append(extended, oid.String())
	}
	listed := func(words []string) string {
		if len(words) == 0 {
			return "absent"
		}
		return printable(strings.Join(words, ", "))
	}
	return []Detail{
		{"Subject", SubjectOf(c)}, {"Issuer", IssuerOf(c)},
		{"Valid from", date(c.NotBefore)}, {"Valid until", date(c.NotAfter)},
		{"Subject alternative names", listed(sans)}, {"Basic constraints", constraints},
		{"Key usage", listed(uses)}, {"Extended key usage", listed(extended)},
		{"Public key", string(KeyTypeOf(c.PublicKey))}, {"Signature", c.SignatureAlgorithm.String()},
		{"Serial number", fmt.Sprintf("%x", c.SerialNumber)}, {"Subject key identifier", keyIDText(c.SubjectKeyId)}, {"Authority key identifier", keyIDText(c.AuthorityKeyId)},
		{"SHA-256", Fingerprint(c)}, {"SHA-1, as tcld names it", TcldFingerprint(c)},
	}
}

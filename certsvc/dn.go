package certsvc

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// attributeNames are short names of attribute types: those of RFC 4514 §3, and OpenSSL's for the others.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "street",
	"2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description", "2.5.4.15": "businessCategory", "2.5.4.16": "postalAddress",
	"2.5.4.17": "postalCode", "2.5.4.18": "postOfficeBox", "2.5.4.20": "telephoneNumber", "2.5.4.41": "name", "2.5.4.42": "GN", "2.5.4.43": "initials",
	"2.5.4.44": "generationQualifier", "2.5.4.45": "x500UniqueIdentifier", "2.5.4.46": "dnQualifier", "2.5.4.65": "pseudonym", "2.5.4.97": "organizationIdentifier",
	"1.2.840.113549.1.9.1": "emailAddress", "1.2.840.113549.1.9.2": "unstructuredName", "1.2.840.113549.1.9.8": "unstructuredAddress",
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.3": "mail", "0.9.2342.19200300.100.1.25": "DC",
	"1.2.643.3.131.1.1": "INN", "1.2.643.100.1": "OGRN", "1.2.643.100.3": "SNILS", "1.2.643.100.5": "OGRNIP",
	"1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST", "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

// NameText is an encoded distinguished name as text by RFC 4514: the last part first, nothing merged and nothing left
// out, types without a name as numbers, values that are no text as # and hex. It is fit to be shown on one line; ""
// for a name without parts.
func NameText(raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	rdns, ok := parseName(raw)
	if !ok {
		return "#" + hex.EncodeToString(raw)
	}
	var out []string
	for i := len(rdns) - 1; i >= 0; i-- {
		var parts []string
		for _, a := range rdns[i] {
			parts = append(parts, a.String())
		}
		out = append(out, strings.Join(parts, "+"))
	}
	return strings.Join(out, ",")
}

// parseName takes an encoded name apart: its RDNs in their order, each with its attributes.
func parseName(raw []byte) ([][]attribute, bool) {
	var rdns []asn1.RawValue
	if rest, err := asn1.Unmarshal(raw, &rdns); err != nil || len(rest) > 0 {
		return nil, false
	}
	out := make([][]attribute, 0, len(rdns))
	for _, rdn := range rdns {
		var set []attribute
		if _, err := asn1.UnmarshalWithParams(rdn.FullBytes, &set, "set"); err != nil {
			return nil, false
		}
		out = append(out, set)
	}
	return out, true
}

// String is an attribute by RFC 4514 §2.3.
func (a attribute) String() string {
	name, known := attributeNames[a.Type.String()]
	if !known {
		name = a.Type.String()
	}
	text, ok := stringText(a.Value)
	if !ok || !known { // RFC 4514 §2.4: after a number, the encoding
		return name + "=#" + hex.EncodeToString(a.Value.FullBytes)
	}
	return name + "=" + escapeValue(text)
}

// escapeValue escapes what RFC 4514 §2.4 asks for; what cannot be seen is shown by its code point.
func escapeValue(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune(`,+"\<>;`, r), i == 0 && (r == '#' || r == ' '), i == len(s)-1 && r == ' ':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteString(printable(string(r)))
		}
	}
	return b.String()
}

// stringText is the text of an ASN.1 string of any type that names are written in; ok is false for other values.
func stringText(v asn1.RawValue) (text string, ok bool) {
	if v.Class != asn1.ClassUniversal || v.IsCompound {
		return "", false
	}
	switch v.Tag {
	case asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagIA5String, asn1.TagNumericString, tagVisible:
		return string(v.Bytes), utf8.Valid(v.Bytes)
	case asn1.TagT61String: // in practice Latin-1
		return latin1(v.Bytes), true
	case asn1.TagBMPString:
		return bmpText(v.Bytes), len(v.Bytes)%2 == 0
	case tagUniversal:
		return universalText(v.Bytes), len(v.Bytes)%4 == 0
	}
	return "", false
}

// String types that encoding/asn1 has no name for.
const (
	tagVisible   = 26
	tagUniversal = 28
)

func latin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

func bmpText(b []byte) string {
	u := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		u = append(u, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return string(utf16.Decode(u))
}

func universalText(b []byte) string {
	var s strings.Builder
	for i := 0; i+3 < len(b); i += 4 {
		s.WriteRune(rune(b[i])<<24 | rune(b[i+1])<<16 | rune(b[i+2])<<8 | rune(b[i+3]))
	}
	return s.String()
}

// nameless reports whether a certificate's subject is empty.
func nameless(c *x509.Certificate) bool { return isEmptyName(c.RawSubject) }

// isEmptyName reports whether an encoded name has no parts.
func isEmptyName(raw []byte) bool {
	rdns, ok := parseName(raw)
	return ok && len(rdns) == 0
}

// SubjectOf is a certificate's subject for people, by RFC 4514: "CN=worker,O=Acme". Without a subject it is "(no
// name)", with its alternative names where it has some.
func SubjectOf(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	if s := NameText(c.RawSubject); s != "" {
		return s
	}
	if sans := alternativeNames(c); len(sans) > 0 {
		return "(no name; " + sans[0] + ")"
	}
	return "(no name)"
}

// IssuerOf is the name of a certificate's issuer for people, as SubjectOf.
func IssuerOf(c *x509.Certificate) string {
	if s := NameText(c.RawIssuer); s != "" {
		return s
	}
	return "(no name)"
}

// alternativeNames are a certificate's subject alternative names as openssl writes them: "DNS:worker.acme". Each is fit
// to be shown.
func alternativeNames(c *x509.Certificate) []string {
	var out []string
	for _, n := range c.DNSNames {
		out = append(out, "DNS:"+printable(n))
	}
	for _, n := range c.EmailAddresses {
		out = append(out, "email:"+printable(n))
	}
	for _, n := range c.IPAddresses {
		out = append(out, "IP:"+n.String())
	}
	for _, n := range c.URIs {
		out = append(out, "URI:"+printable(n.String()))
	}
	return out
}

package certsvc

import (
	"crypto/x509"
	"encoding/asn1"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// outline is what can be read of a certificate or request that Go's parser declines: enough to show it and to say why.
type outline struct {
	subject, issuer     []byte // encoded
	notBefore, notAfter time.Time
	keyType             KeyType
	signature           algorithm
}

// certificateOutline reads the parts of a certificate (RFC 5280 §4.1) without judging their contents.
func certificateOutline(der []byte) (o outline, ok bool) {
	s := cryptobyte.String(der)
	var cert, tbs, validity, skip cryptobyte.String
	if !s.ReadASN1(&cert, cbasn1.SEQUENCE) || !cert.ReadASN1(&tbs, cbasn1.SEQUENCE) || !cert.SkipASN1(cbasn1.SEQUENCE) || !cert.SkipASN1(cbasn1.BIT_STRING) {
		return o, false
	}
	if !tbs.SkipOptionalASN1(cbasn1.Tag(0).Constructed().ContextSpecific()) || !tbs.SkipASN1(cbasn1.INTEGER) {
		return o, false
	}
	if o.signature, ok = readAlgorithm(&tbs); !ok {
		return o, false
	}
	var issuer, subject cryptobyte.String
	if !tbs.ReadASN1Element(&issuer, cbasn1.SEQUENCE) || !tbs.ReadASN1(&validity, cbasn1.SEQUENCE) || !tbs.ReadASN1Element(&subject, cbasn1.SEQUENCE) {
		return o, false
	}
	o.issuer, o.subject = issuer, subject
	for _, at := range []*time.Time{&o.notBefore, &o.notAfter} {
		var tag cbasn1.Tag
		if validity.ReadAnyASN1(&skip, &tag) {
			*at = looseTime(string(skip), tag)
		}
	}
	o.keyType, ok = spkiType(&tbs)
	return o, ok
}

// requestOutline reads the parts of a signing request (RFC 2986) without judging their contents.
func requestOutline(der []byte) (o outline, ok bool) {
	s := cryptobyte.String(der)
	var req, info, subject cryptobyte.String
	if !s.ReadASN1(&req, cbasn1.SEQUENCE) || !req.ReadASN1(&info, cbasn1.SEQUENCE) || !info.SkipASN1(cbasn1.INTEGER) || !info.ReadASN1Element(&subject, cbasn1.SEQUENCE) {
		return o, false
	}
	o.subject = subject
	if o.keyType, ok = spkiType(&info); !ok {
		return o, false
	}
	o.signature, ok = readAlgorithm(&req)
	return o, ok
}

// spkiType reads a SubjectPublicKeyInfo and names its kind.
func spkiType(s *cryptobyte.String) (KeyType, bool) {
	var info cryptobyte.String
	if !s.ReadASN1(&info, cbasn1.SEQUENCE) {
		return "", false
	}
	a, ok := readAlgorithm(&info)
	var bits asn1.BitString
	if !ok || !info.ReadASN1BitString(&bits) {
		return "", false
	}
	return a.keyType(bits.Bytes), true
}

// looseTime reads a time as OpenSSL does, with seconds or without; zero where it is none.
func looseTime(s string, tag cbasn1.Tag) time.Time {
	layouts := []string{"20060102150405Z0700", "200601021504Z0700", "20060102150405.999999999Z0700"}
	if tag == cbasn1.UTCTime {
		layouts = []string{"060102150405Z0700", "0601021504Z0700"}
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			if tag == cbasn1.UTCTime && t.Year() >= 2050 { // RFC 5280 §4.1.2.5.1
				t = t.AddDate(-100, 0, 0)
			}
			return t
		}
	}
	return time.Time{}
}

// keyTypeOfCert names the kind of a certificate's key, those that Go does not know too.
func keyTypeOfCert(c *x509.Certificate) KeyType {
	if c.PublicKey != nil {
		if t := KeyTypeOf(c.PublicKey); t != "unknown" {
			return t
		}
	}
	s := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	if t, ok := spkiType(&s); ok {
		return t
	}
	return "unknown"
}

// declined are the reasons of Go's parser, by words of its errors (crypto/x509/parser.go), and what they mean.
var declined = []struct{ said, means string }{
	{"negative serial number", "Its serial number is negative"},
	{"duplicate requested extensions", "It requests the same extension twice"},
	{"duplicate extension", "One of its extensions occurs twice"},
	{"unsupported string type: 28", "A name in it is written as a UniversalString"},
	{"unsupported string type", "A name in it uses an obsolete string type"},
	{"invalid PrintableString", "A name in it is labelled PrintableString and contains a character that this type does not allow, such as @, * or _"},
	{"invalid UTF-8 string", "A name in it is labelled UTF8String and is not valid UTF-8"},
	{"invalid IA5String", "A text in it is labelled IA5String and is not ASCII"},
	{"invalid NumericString", "A name in it is labelled NumericString and holds more than digits"},
	{"invalid BMPString", "A name in it is labelled BMPString and is not valid UTF-16"},
	{"invalid RDNSequence", "A name in it is not encoded as X.501 requires"},
	{"missing NULL parameters", "Its RSA key lacks the NULL that belongs after the algorithm"},
	{"modulus is not a positive", "Its RSA key has a modulus that is not positive"},
	{"exponent is not a positive", "Its RSA key has an exponent that is not positive"},
	{"large public exponent", "Its RSA key has an exponent of more than 31 bits"},
	{"invalid RSA", "Its RSA key is not encoded as RFC 3279 requires"},
	{"inner and outer signature algorithm", "It names two different signature algorithms, one inside and one outside the signed part"},
	{"malformed UTCTime", "A date in it is not written as RFC 5280 requires: with seconds, and in UTC"},
	{"malformed GeneralizedTime", "A date in it is not written as RFC 5280 requires: with seconds, and in UTC"},
	{"unsupported time format", "A date in it is neither a UTCTime nor a GeneralizedTime"},
	{"malformed validity", "Its dates are not encoded as RFC 5280 requires"},
	{"incorrectly marked critical", "An extension in it is marked critical that may not be"},
	{"trailing data", "There is extra data after its end"},
	{"invalid version", "Its version does not exist in X.509"},
	{"malformed version", "Its version is not encoded as RFC 5280 requires"},
	{"malformed serial number", "Its serial number is not encoded in the shortest form"},
	{"IP address", "An IP address among its alternative names has a wrong length"},
	{"cannot parse URI", "A URI among its alternative names cannot be read"},
	{"SAN ", "An alternative name in it contains characters that are not allowed"},
	{"invalid subject alternative name", "Its alternative names are not encoded as RFC 5280 requires"},
	{"constraint", "Its name constraints are not encoded as RFC 5280 requires"},
	{"basic constraints", "Its basic constraints are not encoded as RFC 5280 requires"},
	{"key usage", "Its key usage is not encoded as RFC 5280 requires"},
	{"Ed25519", "Its Ed25519 key is not encoded as RFC 8410 requires"},
	{"X25519", "Its X25519 key is not encoded as RFC 8410 requires"},
	{"DSA p", "Its DSA key is not encoded as RFC 3279 requires"},
	{"ECDSA parameters", "Its elliptic curve is not named as RFC 5480 requires"},
	{"malformed OID", "An object identifier in it is not encoded as X.690 requires"},
}

// whyDeclined says why Go's parser took no certificate in der, which has a certificate's outline. said is its error.
func whyDeclined(o outline, said error) problem {
	if p := unusable(o.keyType, "certificate"); p.code() == "KP-33" {
		return p
	}
	if o.notBefore.IsZero() || o.notAfter.IsZero() {
		return problem{key: "KP-27"} // no program writes such dates
	}
	return problem{"KP-41", meaning(said)}
}

// meaning says what an error of Go's parser means, with its own words.
func meaning(said error) string {
	words := strings.TrimPrefix(said.Error(), "x509: ")
	for _, d := range declined {
		if strings.Contains(words, d.said) {
			return d.means + " (Go says: " + words + ")"
		}
	}
	return "It is not encoded as its standard requires (Go says: " + words + ")"
}

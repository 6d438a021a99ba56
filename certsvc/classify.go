package certsvc

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// javaStores are the first bytes of Java's key stores that are no PKCS#12.
var javaStores = []struct {
	magic []byte
	key   string // of troubles
}{
	{[]byte{0xFE, 0xED, 0xFE, 0xED}, "KP-15/jks"},
	{[]byte{0xCE, 0xCE, 0xCE, 0xCE}, "KP-15/jceks"},
	{[]byte{0, 0, 0, 1, 0, 0, 0, 20}, "KP-15/bks"}, // BouncyCastle's, with its salt of 20 bytes
	{[]byte{0, 0, 0, 2, 0, 0, 0, 20}, "KP-15/bks"},
}

// binaryPart recognises a DER or BER file by its first element, and key stores by their first bytes.
func binaryPart(raw []byte) (part, bool) {
	for _, j := range javaStores {
		if bytes.HasPrefix(raw, j.magic) {
			return part{kind: kindPKCS12, trouble: problem{key: j.key}}, true
		}
	}
	if len(raw) < 2 || raw[0] != 0x30 {
		return part{}, false
	}
	if raw[1] == 0x80 { // BER, as some exporters write
		der, ok := toDER(raw)
		if !ok {
			return part{}, false
		}
		p := classify(der)
		if p.kind == kindCertificate && p.cert != nil {
			p = part{kind: kindCertificate, outline: outlineOf(p.cert), trouble: problem{"KP-41", "It is encoded in BER (with indefinite lengths), not in DER"}}
		}
		return p, p.kind != kindOther
	}
	der := firstElement(raw)
	if der == nil {
		if len(raw) > 64 && raw[1] == 0x82 && bytes.IndexByte(raw, 0) >= 0 {
			return part{kind: kindCertificate, trouble: problem{key: "KP-26"}}, true
		}
		return part{}, false
	}
	if tail := bytes.TrimLeft(raw[len(der):], "\r\n \x00"); len(tail) > 0 {
		return part{}, false
	}
	p := classify(der)
	return p, p.kind != kindOther || len(der) > 16
}

// firstElement is the first DER SEQUENCE of raw, nil when there is no whole one.
func firstElement(raw []byte) []byte {
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(raw, &v)
	if err != nil || v.Class != asn1.ClassUniversal || v.Tag != asn1.TagSequence || !v.IsCompound {
		return nil
	}
	return raw[:len(raw)-len(rest)]
}

// outlineOf is the outline of a certificate that was parsed.
func outlineOf(c *x509.Certificate) *outline {
	return &outline{subject: c.RawSubject, issuer: c.RawIssuer, notBefore: c.NotBefore, notAfter: c.NotAfter, keyType: keyTypeOfCert(c)}
}

var (
	oidPKCS7Data      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidPKCS7Signed    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidPKCS7Encrypted = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
)

// classify says what a DER element is by trying what it may be. What Go's parsers decline is read in outline, so that
// it is called by its name and its reason.
func classify(der []byte) part {
	cert, err := x509.ParseCertificate(der)
	if err == nil && oversized(cert.PublicKey) {
		return part{kind: kindCertificate, outline: outlineOf(cert), trouble: problem{key: "CH-25/rsa"}}
	}
	if err == nil {
		return part{kind: kindCertificate, der: der, cert: cert}
	}
	if p, ok := classifyKey(der); ok {
		return p
	}
	if p, ok := classifyRequest(der); ok {
		return p
	}
	if p, ok := classifyPublicKey(der); ok {
		return p
	}
	if p, ok := classifyContainer(der); ok {
		return p
	}
	if o, ok := certificateOutline(der); ok {
		return part{kind: kindCertificate, outline: &o, trouble: whyDeclined(o, err)}
	}
	if what := otherSigned(der); what != "" {
		return part{kind: kindForeign, trouble: problem{"KP-42", what}}
	}
	var signed struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, e := asn1.Unmarshal(der, &signed); e == nil && signed.TBS.Tag == asn1.TagSequence {
		return part{kind: kindCertificate, trouble: problem{key: "KP-27"}}
	}
	if what := parametersOf(der); what != "" {
		return part{kind: kindOther, trouble: problem{"KP-42", what}}
	}
	return part{kind: kindOther, trouble: problem{key: "KP-39/binary"}}
}

// classifyKey recognises private keys, and encrypted ones.
func classifyKey(der []byte) (part, bool) {
	key, why := parseKey(der)
	switch {
	case key != nil:
		return part{kind: kindKey, der: der, key: key}, true
	case !why.none():
		return part{kind: kindKey, trouble: why}, true
	}
	var encrypted struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if rest, e := asn1.Unmarshal(der, &encrypted); e == nil && len(rest) == 0 {
		return part{kind: kindEncryptedKey, der: der, trouble: problem{key: "KP-11"}}, true
	}
	return part{}, false
}

// classifyRequest recognises signing requests.
func classifyRequest(der []byte) (part, bool) {
	_, err := x509.ParseCertificateRequest(der)
	if err == nil {
		return part{kind: kindRequest, der: der}, true
	}
	if o, ok := requestOutline(der); ok {
		p := part{kind: kindRequest, outline: &o, trouble: unusable(o.keyType, "request")}
		if p.trouble.none() {
			p.trouble = problem{"KP-41/request", meaning(err)}
		}
		return p, true
	}
	return part{}, false
}

// classifyPublicKey recognises public keys of any kind.
func classifyPublicKey(der []byte) (part, bool) {
	if _, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return part{kind: kindPublicKey, der: der}, true
	}
	s := cryptobyte.String(der)
	if t, ok := spkiType(&s); ok && s.Empty() {
		return part{kind: kindPublicKey, der: der, outline: &outline{keyType: t}}, true
	}
	return part{}, false
}

// classifyContainer recognises PKCS#12 and PKCS#7.
func classifyContainer(der []byte) (part, bool) {
	var store struct {
		Version int
		Content struct {
			Type asn1.ObjectIdentifier
			Rest asn1.RawValue `asn1:"optional,explicit,tag:0"`
		}
		Mac asn1.RawValue `asn1:"optional"`
	}
	if _, e := asn1.Unmarshal(der, &store); e == nil && store.Version == 3 && (store.Content.Type.Equal(oidPKCS7Data) || store.Content.Type.Equal(oidPKCS7Signed)) {
		return part{kind: kindPKCS12, der: der, trouble: problem{key: "KP-15"}}, true
	}
	var content struct {
		Type asn1.ObjectIdentifier
		Rest asn1.RawValue `asn1:"optional,explicit,tag:0"`
	}
	if _, e := asn1.Unmarshal(der, &content); e != nil || !strings.HasPrefix(content.Type.String(), "1.2.840.113549.1.") {
		return part{}, false
	}
	if content.Type.Equal(oidPKCS7Signed) {
		if pkcs7Parts(der) != nil {
			return part{kind: kindPKCS7, der: der}, true
		}
		return part{kind: kindForeign, trouble: problem{"KP-42", "a PKCS#7 file without certificates"}}, true
	}
	return part{kind: kindForeign, trouble: problem{"KP-42", "a CMS message (PKCS#7) without certificates to read"}}, true
}

// pkcs7Parts takes the certificates out of a PKCS#7 SignedData, each judged by itself; nil when it holds none.
func pkcs7Parts(der []byte) []part {
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return nil
	}
	var signed struct {
		Version      int
		Algorithms   asn1.RawValue
		Content      asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		CRLs         asn1.RawValue `asn1:"optional,tag:1"`
		Signers      asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(outer.Content.Bytes, &signed); err != nil {
		return nil
	}
	var out []part
	for rest := signed.Certificates.Bytes; len(rest) > 0 && len(out) <= maxParts; {
		var v asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &v); err != nil {
			return append(out, part{kind: kindCertificate, trouble: problem{key: "KP-27"}})
		}
		if v.Class == asn1.ClassUniversal { // else an attribute certificate (RFC 5652 §10.2.2)
			out = append(out, classify(v.FullBytes))
		}
	}
	return out
}

// otherSigned names signed things that are no certificate: revocation lists, OCSP responses and the like; "" for none.
func otherSigned(der []byte) string {
	if _, err := x509.ParseRevocationList(der); err == nil {
		return "a certificate revocation list (CRL)"
	}
	s := cryptobyte.String(der)
	var body, tbs cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) {
		return ""
	}
	if inner := body; inner.SkipASN1(cbasn1.ENUM) { // OCSPResponse (RFC 6960)
		return "an OCSP response"
	}
	if !body.ReadASN1(&tbs, cbasn1.SEQUENCE) {
		return ""
	}
	if _, ok := readAlgorithm(&body); !ok || !body.SkipASN1(cbasn1.BIT_STRING) {
		return ""
	}
	// TBSCertList: version, algorithm, issuer, and a time in its own right, where a certificate has a SEQUENCE of two
	list := tbs
	list.SkipOptionalASN1(cbasn1.INTEGER)
	if _, ok := readAlgorithm(&list); ok && list.SkipASN1(cbasn1.SEQUENCE) && (list.PeekASN1Tag(cbasn1.UTCTime) || list.PeekASN1Tag(cbasn1.GeneralizedTime)) {
		return "a certificate revocation list (CRL)"
	}
	// AttributeCertificateInfo (RFC 5755): version 1 and a holder whose parts have context tags
	var version int
	var holder cryptobyte.String
	if tbs.ReadASN1Integer(&version) && version == 1 && tbs.ReadASN1(&holder, cbasn1.SEQUENCE) && len(holder) > 0 && holder[0]&0xC0 == 0x80 {
		return "an attribute certificate"
	}
	return ""
}

// parametersOf names key parameters without a key; "" for other things.
func parametersOf(der []byte) string {
	s := cryptobyte.String(der)
	var body cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) {
		return ""
	}
	n := 0
	for body.SkipASN1(cbasn1.INTEGER) {
		n++
	}
	if body.Empty() && (n == 2 || n == 3) {
		return "key parameters (DH or DSA) without a key"
	}
	return ""
}

// errKey is a key that was read and cannot be used; its problem says why.
type errKey struct{ problem }

func (e errKey) Error() string { return "certsvc: " + e.key }

// parseKey reads PKCS#8, PKCS#1 or SEC1 whatever the label said, as crypto/tls does. A key that cannot be used gives
// its problem; what is no private key gives neither.
func parseKey(der []byte) (crypto.Signer, problem) {
	signer, said := goKey(der)
	if signer != nil && twoCurves(der) {
		return nil, problem{"KP-37/go", "it names two different curves"}
	}
	if signer != nil {
		if oversized(signer.Public()) {
			return nil, problem{key: "CH-25/rsa"}
		}
		if k, ok := signer.(*ecdsa.PrivateKey); ok && k.Curve == elliptic.P224() {
			return nil, problem{"KP-33", "P-224"}
		}
		return signer, problem{}
	}
	t, ok := privateKeyType(der)
	if !ok {
		return nil, problem{}
	}
	if p := unusable(t, "key"); !p.none() {
		return nil, p
	}
	return nil, problem{"KP-37/go", strings.TrimPrefix(said.Error(), "x509: ")}
}

// goKey reads a private key by Go's own parsers; the error is that of the form which fits best.
func goKey(der []byte) (crypto.Signer, error) {
	any8, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		if k, ok := any8.(crypto.Signer); ok {
			return k, nil
		}
		return nil, errors.New("this key is for key agreement and cannot sign")
	}
	k1, err1 := x509.ParsePKCS1PrivateKey(der)
	if err1 == nil {
		return k1, nil
	}
	if k, err := x509.ParseECPrivateKey(der); err == nil {
		return k, nil
	}
	if strings.Contains(err.Error(), "use Parse") || strings.Contains(err.Error(), "asn1:") {
		return nil, err1
	}
	return nil, err
}

// privateKeyType names the kind of a private key in PKCS#8, PKCS#1, SEC1 or OpenSSL's form for DSA; ok is false for
// what is no private key.
func privateKeyType(der []byte) (t KeyType, ok bool) {
	s := cryptobyte.String(der)
	var body, octets, first cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1(&first, cbasn1.INTEGER) || len(first) != 1 || first[0] > 1 {
		return "", false
	}
	if rest := body; rest.PeekASN1Tag(cbasn1.SEQUENCE) {
		a, ok := readAlgorithm(&rest)
		if !ok || !rest.ReadASN1(&octets, cbasn1.OCTET_STRING) {
			return "", false
		}
		if a.oid == oidRSA || a.oid == oidPSS {
			return a.keyType(withoutVersion(octets)), true
		}
		return a.keyType(nil), true
	}
	if rest := body; first[0] == 1 && rest.ReadASN1(&octets, cbasn1.OCTET_STRING) { // SEC1 (RFC 5915)
		var params cryptobyte.String
		named := rest.ReadASN1(&params, cbasn1.Tag(0).Constructed().ContextSpecific())
		if !named {
			return "ec", rest.Empty() || rest.PeekASN1Tag(cbasn1.Tag(1).Constructed().ContextSpecific())
		}
		return algorithm{oidEC, params}.curve(), true
	}
	n := 0
	rest := body
	for rest.SkipASN1(cbasn1.INTEGER) {
		n++
	}
	switch {
	case n == 5 && rest.Empty():
		return "dsa", true
	case n >= 8:
		return algorithm{oid: oidRSA}.keyType(withoutVersion(der)), true
	}
	return "", false
}

// twoCurves reports whether a key in PKCS#8 names one curve outside and another inside; programs then disagree on which
// key it is.
func twoCurves(der []byte) bool {
	s := cryptobyte.String(der)
	var body, octets, sec1, named cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.SkipASN1(cbasn1.INTEGER) {
		return false
	}
	a, ok := readAlgorithm(&body)
	if !ok || a.oid != oidEC || !body.ReadASN1(&octets, cbasn1.OCTET_STRING) || !octets.ReadASN1(&sec1, cbasn1.SEQUENCE) ||
		!sec1.SkipASN1(cbasn1.INTEGER) || !sec1.SkipASN1(cbasn1.OCTET_STRING) || !sec1.ReadASN1(&named, cbasn1.Tag(0).Constructed().ContextSpecific()) {
		return false
	}
	return a.curve() != algorithm{oidEC, named}.curve()
}

// withoutVersion is an RSAPrivateKey with its version taken off, so that it begins as an RSAPublicKey does.
func withoutVersion(der []byte) []byte {
	s := cryptobyte.String(der)
	var body cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.SkipASN1(cbasn1.INTEGER) {
		return nil
	}
	return encodeElement([]byte{0x30}, body)
}

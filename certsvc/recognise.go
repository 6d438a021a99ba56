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
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// kind is what a part of a pasted text is.
type kind int

const (
	kindOther        kind = iota // parameters, revocation lists: passed over
	kindCertificate              // part.cert, or part.trouble when damaged
	kindKey                      // part.key, or part.trouble
	kindEncryptedKey             // part.trouble is KP-11 or KP-12
	kindPublicKey
	kindRequest
	kindPKCS12
	kindPKCS7 // never left in a result: its certificates are
	kindForeign
)

// part is one thing found in a text.
type part struct {
	kind    kind
	der     []byte
	cert    *x509.Certificate
	key     crypto.Signer
	dek     string // DEK-Info of a key in OpenSSL's old encryption
	trouble string // key of troubles when the part cannot be used
}

// found is what a text holds, in its order.
type found struct {
	parts   []part
	repairs codes
}

func (f found) has(k kind) bool {
	return slices.ContainsFunc(f.parts, func(p part) bool { return p.kind == k })
}

func (f found) certs() []*x509.Certificate {
	var out []*x509.Certificate
	for _, p := range f.parts {
		if p.cert != nil {
			out = append(out, p.cert)
		}
	}
	return out
}

func (f found) keys() []crypto.Signer {
	var out []crypto.Signer
	for _, p := range f.parts {
		if p.key != nil {
			out = append(out, p.key)
		}
	}
	return out
}

// firstTrouble is that of the first part of a kind which has one, "" for none.
func (f found) firstTrouble(kinds ...kind) string {
	for _, p := range f.parts {
		if p.trouble != "" && slices.Contains(kinds, p.kind) {
			return p.trouble
		}
	}
	return ""
}

var (
	pathLike  = regexp.MustCompile(`(?i)^["']?(file://)?(~|\.{1,2}|[a-z]:|\$?[\w{}.-]+)?[/\\]?([^\n"'<>|*?]*[/\\])*[^\n"'/\\]+\.(pem|crt|cer|cert|key|der|p12|pfx|txt)["']?$`)
	tokenLike = regexp.MustCompile(`^["']?(Bearer )?eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*["']?$`)
	sshLike   = regexp.MustCompile(`(?m)^\s*["']?(ssh-(ed25519|rsa|dss) AAAA|ecdsa-sha2-nistp\d+ AAAA|sk-(ssh|ecdsa)-|PuTTY-User-Key-File)`)
	pemBase64 = regexp.MustCompile(`LS0tLS1CRUdJTi[A-Za-z0-9+/_=-]+`) // "-----BEGIN" in base64
)

// maxParts bounds the blocks of one text; a namespace takes 16 certificates.
const maxParts = 200

// maxDepth bounds base64 inside base64.
const maxDepth = 3

// recognise finds every certificate, key, request and key store in a text or file. The error is a
// fault: TooLarge, or Invalid with the code of what the text is instead (IN-16, IN-17, KP-01 for an
// empty one, KP-29, KP-39).
func recognise(raw []byte) (found, error) {
	if len(raw) > MaxPaste {
		return found{}, tooLarge(len(raw))
	}
	f, trouble := recogniseDepth(raw, 0)
	if trouble != "" {
		return found{}, troubleFault(trouble)
	}
	if len(f.parts) > maxParts {
		e := tooLarge(len(raw))
		e.Title = fmt.Sprintf("The text holds %d certificates and keys", len(f.parts))
		e.Cause = fmt.Sprintf("At most %d are read.", maxParts)
		return found{}, e
	}
	return f, nil
}

func recogniseDepth(raw []byte, depth int) (f found, trouble string) {
	if p, ok := binaryPart(raw); ok {
		f.addDER(p, "KP-13", "KP-14")
		return f, ""
	}
	text, changes := plainText(raw)
	blocks, more := scan(text)
	if len(blocks) > 0 {
		f.addBlocks(blocks)
		if !strictly(raw, blocks) {
			for _, c := range append(changes, more...) {
				f.repairs.add(c)
			}
			if len(f.repairs) == 0 && f.firstTrouble(kindCertificate, kindKey, kindRequest) == "" {
				f.repairs.add("KP-20")
			}
		}
		return f, ""
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return f, "KP-01"
	}
	if depth < maxDepth {
		if inner, ok := fromBase64(text, depth); ok {
			for _, c := range changes {
				inner.repairs.add(c)
			}
			return inner, ""
		}
	}
	switch {
	case sshLike.MatchString(text):
		return f, "KP-29"
	case tokenLike.MatchString(text):
		return f, "IN-16/api"
	case !strings.Contains(text, "\n") && len(text) < 1024 && pathLike.MatchString(text):
		return f, "IN-17"
	case bytes.HasPrefix(raw, []byte{0xFE, 0xED, 0xFE, 0xED}):
		return f, "KP-15/jks"
	}
	return f, "KP-39"
}

// fromBase64 reads a text without BEGIN lines: base64 of PEM, on its own or as values of a Kubernetes
// Secret (KP-22), or bare base64 of DER (KP-23).
func fromBase64(text string, depth int) (found, bool) {
	var all found
	for _, token := range pemBase64.FindAllString(text, -1) {
		if f, trouble := recogniseDepth(decode64(token), depth+1); trouble == "" {
			all.parts = append(all.parts, f.parts...)
			all.repairs.add("KP-22")
			for _, c := range f.repairs {
				all.repairs.add(c)
			}
		}
	}
	if len(all.parts) > 0 && all.firstTrouble(kindCertificate, kindKey) == "" {
		return all, true
	}
	inner := strings.Trim(text, "\"'`“”‘’ \n\t,;")
	quoted := inner != text
	inner = writtenOut.ReplaceAllString(inner, "")
	raw := decode64(strings.Join(strings.Fields(inner), ""))
	if raw == nil {
		return all, len(all.parts) > 0
	}
	var f found
	if p, ok := binaryPart(raw); ok && p.trouble == "" && p.kind != kindOther {
		f.addDER(p, "KP-23", "KP-23")
	} else if g, trouble := recogniseDepth(raw, depth+1); trouble == "" && !ok {
		f = g
		f.repairs.add("KP-22")
	} else {
		return all, len(all.parts) > 0
	}
	if quoted {
		f.repairs.add("KP-24")
	}
	return f, true
}

// addDER adds a binary part with the code that its form has, one for keys and one for the others.
func (f *found) addDER(p part, certCode, keyCode string) {
	switch {
	case p.kind == kindPKCS7:
		f.repairs.add("KP-38")
		f.parts = append(f.parts, pkcs7Parts(p.der)...)
		return
	case p.key != nil:
		f.repairs.add(keyCode)
	case p.cert != nil || p.kind == kindRequest:
		f.repairs.add(certCode)
	}
	f.parts = append(f.parts, p)
}

// addBlocks turns BEGIN…END blocks into parts.
func (f *found) addBlocks(blocks []block) {
	for _, b := range blocks {
		packed := strings.ReplaceAll(b.label, " ", "")
		foreign := strings.Contains(packed, "OPENSSH") || strings.Contains(packed, "SSH2") || strings.Contains(packed, "PGP")
		isKey := strings.HasSuffix(packed, "PRIVATEKEY")
		isCert := strings.HasSuffix(packed, "CERTIFICATE")
		switch {
		case foreign:
			f.parts = append(f.parts, part{kind: kindForeign, trouble: "KP-29"})
		case b.encrypted, packed == "ENCRYPTEDPRIVATEKEY" && !b.cut:
			p := part{kind: kindEncryptedKey, trouble: "KP-11", der: b.der, dek: b.dek}
			if b.encrypted {
				p.trouble = "KP-12"
			}
			f.parts = append(f.parts, p)
		case b.cut && isKey:
			f.parts = append(f.parts, part{kind: kindKey, trouble: "KP-26"})
		case b.cut && knownLabel.MatchString(packed):
			f.parts = append(f.parts, part{kind: kindCertificate, trouble: "KP-26"})
		case b.der == nil && isKey:
			f.parts = append(f.parts, part{kind: kindKey, trouble: "KP-37"})
		case b.der == nil && isCert:
			f.parts = append(f.parts, part{kind: kindCertificate, trouble: "KP-27"})
		case isKey:
			p := classify(b.der)
			if p.kind != kindKey && p.kind != kindEncryptedKey {
				p = part{kind: kindKey, trouble: "KP-37"}
			}
			f.parts = append(f.parts, p)
		case isCert:
			der := b.der
			if b.label != "CERTIFICATE" {
				der = firstElement(der) // OpenSSL appends its trust settings
				f.repairs.add("KP-28")
			}
			p := classify(der)
			if p.cert == nil && p.kind != kindKey {
				trouble := p.trouble
				if trouble == "" || p.kind != kindCertificate {
					trouble = "KP-27"
				}
				p = part{kind: kindCertificate, trouble: trouble}
			}
			f.parts = append(f.parts, p)
		case b.der == nil:
			f.parts = append(f.parts, part{kind: kindOther})
		default:
			p := classify(b.der)
			if p.kind == kindPKCS7 {
				f.repairs.add("KP-38")
				f.parts = append(f.parts, pkcs7Parts(p.der)...)
				continue
			}
			if strings.HasSuffix(packed, "PARAMETERS") || packed == "X509CRL" {
				p = part{kind: kindOther}
			}
			if strings.HasSuffix(packed, "PUBLICKEY") {
				p = part{kind: kindPublicKey}
			}
			if strings.HasSuffix(packed, "CERTIFICATEREQUEST") {
				p = part{kind: kindRequest, der: b.der}
			}
			f.parts = append(f.parts, p)
		}
	}
}

// binaryPart recognises a DER (or BER) file by its first element.
func binaryPart(raw []byte) (part, bool) {
	if bytes.HasPrefix(raw, []byte{0xFE, 0xED, 0xFE, 0xED}) {
		return part{kind: kindPKCS12, trouble: "KP-15/jks"}, true
	}
	if bytes.HasPrefix(raw, []byte{0x30, 0x80, 0x02, 0x01, 0x03}) { // BER, as some exporters write
		return part{kind: kindPKCS12, trouble: "KP-15", der: raw}, true
	}
	der := firstElement(raw)
	if der == nil {
		if len(raw) > 64 && raw[0] == 0x30 && raw[1] == 0x82 && bytes.IndexByte(raw, 0) >= 0 {
			return part{kind: kindCertificate, trouble: "KP-26"}, true
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

var (
	oidPKCS7Data   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidPKCS7Signed = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
)

// classify says what a DER element is by trying what it may be.
func classify(der []byte) part {
	cert, err := x509.ParseCertificate(der)
	if err == nil && oversized(cert.PublicKey) {
		return part{kind: kindCertificate, trouble: "CH-25/rsa"}
	}
	if err == nil {
		return part{kind: kindCertificate, der: der, cert: cert}
	}
	if key, keyErr := parseKey(der); keyErr == nil {
		p := part{kind: kindKey, der: der, key: key}
		if k, ok := key.(*ecdsa.PrivateKey); ok && k.Curve == elliptic.P224() {
			p.key, p.trouble = nil, "KP-33"
		}
		return p
	} else if errors.Is(keyErr, errLong) {
		return part{kind: kindKey, trouble: "CH-25/rsa"}
	} else if errors.Is(keyErr, errCurve) {
		return part{kind: kindKey, trouble: "KP-33"}
	}
	if _, reqErr := x509.ParseCertificateRequest(der); reqErr == nil {
		return part{kind: kindRequest, der: der}
	}
	if _, pubErr := x509.ParsePKIXPublicKey(der); pubErr == nil {
		return part{kind: kindPublicKey, der: der}
	}
	if _, pubErr := x509.ParsePKCS1PublicKey(der); pubErr == nil {
		return part{kind: kindPublicKey, der: der}
	}
	var encrypted struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if rest, e := asn1.Unmarshal(der, &encrypted); e == nil && len(rest) == 0 {
		return part{kind: kindEncryptedKey, der: der, trouble: "KP-11"}
	}
	var store struct {
		Version int
		Content struct {
			Type asn1.ObjectIdentifier
			Rest asn1.RawValue `asn1:"optional,explicit,tag:0"`
		}
		Mac asn1.RawValue `asn1:"optional"`
	}
	if _, e := asn1.Unmarshal(der, &store); e == nil && store.Version == 3 && (store.Content.Type.Equal(oidPKCS7Data) || store.Content.Type.Equal(oidPKCS7Signed)) {
		return part{kind: kindPKCS12, der: der, trouble: "KP-15"}
	}
	var content struct {
		Type asn1.ObjectIdentifier
		Rest asn1.RawValue `asn1:"optional,explicit,tag:0"`
	}
	if _, e := asn1.Unmarshal(der, &content); e == nil && content.Type.Equal(oidPKCS7Signed) && pkcs7Parts(der) != nil {
		return part{kind: kindPKCS7, der: der}
	}
	var signed struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, e := asn1.Unmarshal(der, &signed); e == nil && signed.TBS.Tag == asn1.TagSequence {
		p := part{kind: kindCertificate, trouble: "KP-27"}
		if strings.Contains(err.Error(), "elliptic curve") {
			p.trouble = "KP-33"
		}
		return p
	}
	return part{kind: kindOther}
}

// pkcs7Parts takes the certificates out of a PKCS#7 SignedData; nil when it holds none.
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
	certs, err := x509.ParseCertificates(signed.Certificates.Bytes)
	if err != nil {
		return nil
	}
	var out []part
	for _, c := range certs {
		out = append(out, classify(c.Raw))
	}
	return out
}

// errCurve is a key that no TLS version of today can use.
var errCurve = errors.New("certsvc: curve not usable in TLS")

// errLong is an RSA key that is oversized.
var errLong = errors.New("certsvc: RSA key too long")

// parseKey reads PKCS#8, PKCS#1 or SEC1 whatever the label said, as crypto/tls does.
func parseKey(der []byte) (crypto.Signer, error) {
	any8, err8 := x509.ParsePKCS8PrivateKey(der)
	if err8 == nil {
		if k, ok := any8.(crypto.Signer); ok {
			if oversized(k.Public()) {
				return nil, errLong
			}
			return k, nil
		}
		return nil, errCurve // X25519 agrees on keys and cannot sign
	}
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		if oversized(&k.PublicKey) {
			return nil, errLong
		}
		return k, nil
	}
	k, errEC := x509.ParseECPrivateKey(der)
	if errEC == nil {
		return k, nil
	}
	if strings.Contains(err8.Error(), "elliptic curve") || strings.Contains(errEC.Error(), "elliptic curve") {
		return nil, errCurve
	}
	return nil, errors.New("certsvc: not a private key")
}

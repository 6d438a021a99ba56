package certsvc

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// kind is what a part of a pasted text is.
type kind int

const (
	kindOther        kind = iota // parameters and the like: passed over beside something else
	kindCertificate              // part.cert, or part.trouble when damaged
	kindKey                      // part.key, or part.trouble
	kindEncryptedKey             // part.trouble is KP-11 or KP-12
	kindPublicKey
	kindRequest
	kindPKCS12
	kindPKCS7   // never left in a result: its certificates are
	kindForeign // keys of other systems, revocation lists
)

// part is one thing found in a text.
type part struct {
	kind    kind
	der     []byte
	cert    *x509.Certificate
	key     crypto.Signer
	dek     string   // DEK-Info of a key in OpenSSL's old encryption
	outline *outline // of what Go's parser declined
	trouble problem  // why the part cannot be used
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

// firstTrouble is that of the first part of a kind which has one.
func (f found) firstTrouble(kinds ...kind) problem {
	for _, p := range f.parts {
		if !p.trouble.none() && slices.Contains(kinds, p.kind) {
			return p.trouble
		}
	}
	return problem{}
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
		return found{}, problem{key: trouble}.fault()
	}
	if len(f.parts) > maxParts {
		e := tooLarge(len(raw))
		e.Title = fmt.Sprintf("The text contains more than %d certificates and keys", maxParts)
		e.Cause = "Onramp reads no more than that."
		return found{}, e
	}
	return f, nil
}

func recogniseDepth(raw []byte, depth int) (f found, trouble string) {
	if isArchive(raw) {
		return f, "KP-39/zip"
	}
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
			if len(f.repairs) == 0 && f.firstTrouble(kindCertificate, kindKey, kindRequest).none() {
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
	}
	return f, "KP-39"
}

// fromBase64 reads a text without BEGIN lines: base64 of PEM, on its own or as values of a Kubernetes
// Secret (KP-22), or bare base64 of DER (KP-23).
func fromBase64(text string, depth int) (found, bool) {
	var all found
	for _, token := range pemBase64.FindAllString(text, maxParts+1) {
		if len(all.parts) > maxParts {
			break
		}
		if f, trouble := recogniseDepth(decode64(token), depth+1); trouble == "" {
			all.parts = append(all.parts, f.parts...)
			all.repairs.add("KP-22")
			for _, c := range f.repairs {
				all.repairs.add(c)
			}
		}
	}
	if len(all.parts) > 0 && all.firstTrouble(kindCertificate, kindKey).none() {
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
	if p, ok := binaryPart(raw); ok && p.kind != kindOther && p.trouble.key != "KP-27" && p.trouble.key != "KP-26" {
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
		if len(f.parts) > maxParts {
			return // more than is read
		}
		f.addBlock(b, strings.ReplaceAll(b.label, " ", ""))
	}
}

// addBlock turns one block into parts; packed is its label without blanks.
func (f *found) addBlock(b block, packed string) {
	isKey := strings.HasSuffix(packed, "PRIVATEKEY")
	isCert := strings.HasSuffix(packed, "CERTIFICATE")
	isRequest := strings.HasSuffix(packed, "CERTIFICATEREQUEST")
	one := func(p part) { f.parts = append(f.parts, p) }
	switch {
	case strings.Contains(packed, "OPENSSH"), strings.Contains(packed, "SSH2"), strings.Contains(packed, "PGP"):
		one(part{kind: kindForeign, trouble: problem{key: "KP-29"}})
	case b.encrypted:
		one(part{kind: kindEncryptedKey, trouble: problem{key: "KP-12"}, der: b.der, dek: b.dek})
	case packed == "ENCRYPTEDPRIVATEKEY" && !b.cut && b.der != nil:
		one(part{kind: kindEncryptedKey, trouble: problem{key: "KP-11"}, der: b.der})
	case b.cut && isKey:
		one(part{kind: kindKey, trouble: problem{key: "KP-26"}})
	case b.cut && knownLabel.MatchString(packed):
		one(part{kind: kindCertificate, trouble: problem{key: "KP-26"}})
	case b.der == nil && isKey:
		one(part{kind: kindKey, trouble: problem{key: "KP-37"}})
	case b.der == nil && isCert:
		one(part{kind: kindCertificate, trouble: problem{key: "KP-27"}})
	case b.der == nil && isRequest:
		one(part{kind: kindRequest, trouble: problem{key: "KP-27/request"}})
	case b.der == nil:
		one(part{kind: kindOther})
	case isKey:
		p := classify(b.der)
		if p.kind != kindKey && p.kind != kindEncryptedKey {
			p = part{kind: kindKey, trouble: problem{key: "KP-37"}}
		}
		one(p)
	case isCert:
		f.addCertificate(b, packed)
	case isRequest:
		p := classify(b.der)
		if p.kind != kindRequest {
			p = part{kind: kindRequest, trouble: problem{key: "KP-27/request"}}
		}
		one(p)
	case strings.HasSuffix(packed, "PARAMETERS"):
		one(part{kind: kindOther, trouble: problem{"KP-42", "key parameters without a key"}})
	case packed == "X509CRL":
		one(part{kind: kindForeign, trouble: problem{"KP-42", "a certificate revocation list (CRL)"}})
	case strings.HasSuffix(packed, "PUBLICKEY"):
		p := classify(b.der)
		one(part{kind: kindPublicKey, der: b.der, outline: p.outline})
	default:
		if p := containerPart(b.der); p.kind == kindPKCS7 {
			f.repairs.add("KP-38")
			f.parts = append(f.parts, pkcs7Parts(p.der)...)
		} else {
			one(p)
		}
	}
}

// addCertificate adds a block that is labelled as a certificate.
func (f *found) addCertificate(b block, packed string) {
	der := b.der
	if b.label != "CERTIFICATE" {
		if first := firstElement(der); first != nil {
			der = first // OpenSSL appends its trust settings
		}
		if packed != "ATTRIBUTECERTIFICATE" {
			f.repairs.add("KP-28")
		}
	}
	p := containerPart(der)
	switch {
	case p.kind == kindPKCS7: // as Windows' certreq and some CAs label it
		f.repairs.add("KP-38")
		f.parts = append(f.parts, pkcs7Parts(p.der)...)
		return
	case p.kind == kindOther, p.kind == kindEncryptedKey:
		p = part{kind: kindCertificate, trouble: problem{key: "KP-27"}}
	}
	f.parts = append(f.parts, p)
}

// containerPart is classify of what may be BER.
func containerPart(der []byte) part {
	if p, ok := binaryPart(der); ok && p.trouble.key != "KP-26" {
		return p
	}
	return classify(der)
}

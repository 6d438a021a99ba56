package certsvc

import (
	"bytes"
	"crypto/x509"
	"regexp"

	"onramp/fault"
)

// The parts of a pasted pair, as Fault.Field and Repair.Field name them.
const (
	FieldCertificate = "certificate"
	FieldKey         = "key"
)

// Repair is something changed in a pasted text whose meaning was certain.
type Repair struct {
	Code  string `json:"code"`            // catalogue id: "KP-16"
	Field string `json:"field,omitempty"` // FieldCertificate or FieldKey where two texts were read
	Text  string `json:"text"`            // what was wrong and what was done, one or two sentences
}

// ReadCertificates reads every certificate in a pasted text or file: PEM in any state that can be
// repaired with certainty, DER, base64, PKCS#7. It returns them in the order of the text, with what
// was repaired. The error is an Invalid fault with Code KP-01 (empty), KP-04 (signing request), KP-15
// (PKCS#12), KP-26 (cut off), KP-27 (damaged), KP-29 (SSH), KP-33 (curve), KP-39 (nothing known), IN-16
// (only a private key or an API key) or IN-17 (a path). A private key beside certificates is passed over. As every reader
// of this room, it refuses a long text with a TooMany fault while too much is being read.
func ReadCertificates(raw []byte) ([]*x509.Certificate, []Repair, error) {
	f, err := admit(raw)
	if err != nil {
		return nil, nil, err
	}
	if trouble := f.certificateTrouble(); !trouble.none() {
		return nil, nil, trouble.fault()
	}
	return f.certs(), repairs(f.repairs, ""), nil
}

// HoldsKey reports whether a text holds a private key, whatever was done to its lines or frame: such a text is not
// shown again. Where too much is being read at the moment to look, it may.
func HoldsKey(raw []byte) (holds bool) {
	if bytes.Contains(raw, []byte("PRIVATE KEY")) {
		return true // cut off or damaged, too
	}
	busy := admitted(len(raw), func() { holds = holdsKey(raw) })
	return holds || busy != nil
}

func holdsKey(raw []byte) bool {
	for i, text := range append([][]byte{raw}, longBase64.FindAll(raw, maxParts)...) {
		if i > 0 && len(text) == len(raw) {
			continue
		}
		if f, err := recognise(text); err == nil && (f.has(kindKey) || f.has(kindEncryptedKey)) {
			return true
		}
	}
	return false
}

// withoutKey refuses a text that holds a private key, with IN-16. Where too much is being read at the moment to look, it
// says so.
func withoutKey(text []byte) error {
	found, err := admit(text)
	switch {
	case fault.Is(err, fault.TooMany):
		return err
	case err == nil && (found.has(kindKey) || found.has(kindEncryptedKey)):
		return problem{key: "IN-16/key"}.fault()
	}
	return nil
}

// longBase64 is what a key can be among other text; the shortest has some fifty bytes.
var longBase64 = regexp.MustCompile(`[A-Za-z0-9+/_-]{64,}={0,2}`)

// asKey is what a text holds with the words of the key field.
func asKey(f found, err error) (found, error) {
	if e := fault.From(err); e != nil && e.Code == "KP-01" {
		err = problem{key: "KP-36"}.fault()
	}
	return f, err
}

// certificateTrouble says why a text gives no certificate chain.
func (f found) certificateTrouble() problem {
	if t := f.firstTrouble(kindCertificate); !t.none() {
		return t
	}
	if len(f.certs()) > 0 {
		return problem{}
	}
	switch {
	case f.has(kindRequest):
		return problem{key: "KP-04"}
	case f.has(kindPKCS12):
		return f.firstTrouble(kindPKCS12)
	case f.has(kindForeign):
		return f.firstTrouble(kindForeign)
	case f.has(kindKey), f.has(kindEncryptedKey):
		return problem{key: "IN-16/key"}
	case f.has(kindPublicKey):
		return problem{key: "KP-05"}
	case !f.firstTrouble(kindOther).none():
		return f.firstTrouble(kindOther)
	}
	return problem{key: "KP-39"}
}

// keyTrouble says why a text gives no private key.
func (f found) keyTrouble() problem {
	if len(f.keys()) > 0 {
		return problem{}
	}
	if t := f.firstTrouble(kindKey, kindEncryptedKey, kindPKCS12, kindForeign); !t.none() {
		return t
	}
	switch {
	case f.has(kindPublicKey):
		return problem{key: "KP-05"}
	case f.has(kindRequest):
		return problem{key: "KP-04"}
	case f.has(kindCertificate):
		return problem{key: "KP-03"}
	}
	return problem{key: "KP-39"}
}

// repairs turns codes into texts for one field.
func repairs(done codes, field string) []Repair {
	var out []Repair
	for _, c := range done {
		out = append(out, Repair{Code: c, Field: field, Text: repairTexts[c]})
	}
	return out
}

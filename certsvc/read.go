package certsvc

import (
	"crypto"
	"crypto/x509"
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
// (PKCS#12), KP-26 (cut off), KP-27 (damaged), KP-29 (SSH), KP-39 (nothing known), IN-16 (only a
// private key or an API key) or IN-17 (a path). A private key beside certificates is passed over.
func ReadCertificates(raw []byte) ([]*x509.Certificate, []Repair, error) { panic("unwritten") }

// ReadKey reads the first private key in a pasted text or file: PKCS#8, PKCS#1 or SEC1, in PEM in any
// state that can be repaired with certainty, DER or base64. The error is an Invalid fault with Code
// KP-03 (a certificate), KP-05 (public key), KP-11, KP-12 (passphrase), KP-15, KP-26, KP-29, KP-33
// (curve), KP-36 (empty), KP-37 (damaged), KP-39, IN-16 (an API key) or IN-17. No error holds key material.
func ReadKey(raw []byte) (crypto.Signer, []Repair, error) { panic("unwritten") }

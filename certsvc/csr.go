package certsvc

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"onramp/fault"
)

// readRequest reads a signing request and checks its signature and key.
func readRequest(raw []byte) (*x509.CertificateRequest, error) {
	found, err := recognise(raw)
	if err != nil {
		return nil, fault.From(err).In("csr")
	}
	bad := func(code, title, fix string) error {
		f := fault.New(fault.Invalid, title, fix).In("csr")
		f.Code = code
		return f
	}
	i := slices.IndexFunc(found.parts, func(p part) bool { return p.kind == kindRequest })
	if i < 0 {
		if found.has(kindKey) {
			return nil, bad("IN-16", "This is a private key, not a signing request", "Keep the key; paste the request (CSR) that was made from it.")
		}
		return nil, bad("KP-39", "This is not a signing request", "Paste the whole text from BEGIN CERTIFICATE REQUEST to END CERTIFICATE REQUEST.")
	}
	req, err := x509.ParseCertificateRequest(found.parts[i].der)
	if err != nil {
		return nil, bad("KP-27", "The signing request is damaged", "Copy the file again, or make the request again.")
	}
	if oversized(req.PublicKey) {
		return nil, troubleFault("CH-25/rsa").In("csr")
	}
	if err := req.CheckSignature(); err != nil {
		var weak x509.InsecureAlgorithmError
		if errors.As(err, &weak) {
			return nil, bad("CH-13", "The signing request is signed with SHA-1 or MD5", "Make it again with SHA-256: openssl req -new -sha256 -key client.key -out client.csr")
		}
		return nil, bad("KP-27", "The signing request's own signature is wrong", "Make the request again; it was changed after it was signed.")
	}
	if code, title := weakKey(req.PublicKey); code != "" {
		return nil, bad(code, title, "Make a key with ECDSA P-256 or P-384, or RSA of 2048 bits or more, and a request from it.")
	}
	return req, nil
}

// weakKey says why Temporal Cloud or TLS takes no such key; the code is "" for a good one.
func weakKey(pub crypto.PublicKey) (code, title string) {
	switch t := KeyTypeOf(pub); {
	case t == "ec-p224":
		return "KP-33", "The curve P-224 cannot be used in TLS"
	case t == "ec-p256", t == "ec-p384", t == "ec-p521":
		return "", ""
	case family(pub) == "rsa":
		var bits int
		if _, err := fmt.Sscanf(string(t), "rsa-%d", &bits); err != nil || bits < 2048 {
			return "CH-14", fmt.Sprintf("An RSA key of %d bits is too short", bits)
		}
		return "", ""
	}
	return "CH-25", "Temporal Cloud takes RSA or ECDSA keys only"
}

package certsvc

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"onramp/fault"
)

// readRequest reads a signing request and checks its signature and key.
func readRequest(raw []byte) (*x509.CertificateRequest, error) {
	found, err := admit(raw)
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
	if p := found.parts[i]; !p.trouble.none() {
		return nil, p.trouble.fault().In("csr")
	}
	req, err := x509.ParseCertificateRequest(found.parts[i].der)
	if err != nil {
		return nil, problem{key: "KP-27/request"}.fault().In("csr")
	}
	if f := judgeRequest(req); f != nil {
		return nil, f
	}
	return req, nil
}

// judgeRequest says why a signing request cannot be signed, nil when it can: its own signature, its key.
func judgeRequest(req *x509.CertificateRequest) *fault.Fault {
	spki := cryptobyte.String(req.RawSubjectPublicKeyInfo)
	t, _ := spkiType(&spki)
	switch p := unusable(t, "request"); {
	case !p.none():
		return p.fault().In("csr")
	case oversized(req.PublicKey):
		return problem{key: "CH-25/rsa"}.fault().In("csr")
	}
	bad := func(code, title, fix string) *fault.Fault {
		f := fault.New(fault.Invalid, title, fix).In("csr")
		f.Code = code
		return f
	}
	if code, title := weakKey(req.PublicKey); code != "" {
		return bad(code, title, "Make a key with ECDSA P-256 or P-384, or RSA of 2048 bits or more, and a request from it.")
	}
	if err := req.CheckSignature(); err != nil {
		switch a := signatureOf(req.Raw); {
		case a.weak():
			return bad("CH-13", "The signing request is signed with "+a.name, "Create it again with SHA-256: openssl req -new -sha256 -key client.key -out client.csr")
		case a.verify(req.PublicKey, req.RawTBSCertificateRequest, req.Signature) == signatureWrong:
			return problem{key: "KP-27/signature"}.fault().In("csr")
		}
	} else if a := signatureOf(req.Raw); a.weak() {
		return bad("CH-13", "The signing request is signed with "+a.name, "Create it again with SHA-256: openssl req -new -sha256 -key client.key -out client.csr")
	}
	return nil
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
	return "CH-25", "Temporal Cloud accepts only RSA and ECDSA keys"
}

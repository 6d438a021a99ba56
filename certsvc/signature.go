package certsvc

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	_ "crypto/md5"
	"crypto/rsa"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// signatureAlgo is how something is signed, as its encoding says; Go names a part of them only.
type signatureAlgo struct {
	name string // "SHA224-RSA"
	kind string // "rsa", "pss", "ec", "ed25519"; "" for others
	hash crypto.Hash
	salt int // of a PSS signature, in bytes
	mgf  crypto.Hash
}

// signatureHashes are the hashes of signatures. Those without a crypto.Hash here are named only.
var signatureAlgos = map[string]signatureAlgo{
	"1.2.840.113549.1.1.2": {name: "MD2-RSA"}, "1.2.840.113549.1.1.3": {name: "MD4-RSA"}, "1.2.840.113549.1.1.4": {name: "MD5-RSA", kind: "rsa", hash: crypto.MD5},
	"1.2.840.113549.1.1.5": {name: "SHA1-RSA", kind: "rsa", hash: crypto.SHA1}, "1.3.14.3.2.29": {name: "SHA1-RSA", kind: "rsa", hash: crypto.SHA1},
	"1.2.840.113549.1.1.14": {name: "SHA224-RSA", kind: "rsa", hash: crypto.SHA224}, "1.2.840.113549.1.1.11": {name: "SHA256-RSA", kind: "rsa", hash: crypto.SHA256},
	"1.2.840.113549.1.1.12": {name: "SHA384-RSA", kind: "rsa", hash: crypto.SHA384}, "1.2.840.113549.1.1.13": {name: "SHA512-RSA", kind: "rsa", hash: crypto.SHA512},
	"1.2.840.113549.1.1.15": {name: "SHA512/224-RSA", kind: "rsa", hash: crypto.SHA512_224}, "1.2.840.113549.1.1.16": {name: "SHA512/256-RSA", kind: "rsa", hash: crypto.SHA512_256},
	"1.3.36.3.3.1.2": {name: "RIPEMD160-RSA"}, "2.16.840.1.101.3.4.3.14": {name: "SHA3-256-RSA"}, "2.16.840.1.101.3.4.3.15": {name: "SHA3-384-RSA"}, "2.16.840.1.101.3.4.3.16": {name: "SHA3-512-RSA"},
	"1.2.840.10045.4.1": {name: "ECDSA-SHA1", kind: "ec", hash: crypto.SHA1}, "1.2.840.10045.4.3.1": {name: "ECDSA-SHA224", kind: "ec", hash: crypto.SHA224},
	"1.2.840.10045.4.3.2": {name: "ECDSA-SHA256", kind: "ec", hash: crypto.SHA256}, "1.2.840.10045.4.3.3": {name: "ECDSA-SHA384", kind: "ec", hash: crypto.SHA384},
	"1.2.840.10045.4.3.4": {name: "ECDSA-SHA512", kind: "ec", hash: crypto.SHA512},
	"1.2.840.10040.4.3":   {name: "DSA-SHA1"}, "2.16.840.1.101.3.4.3.1": {name: "DSA-SHA224"}, "2.16.840.1.101.3.4.3.2": {name: "DSA-SHA256"},
	"1.3.101.112": {name: "Ed25519", kind: "ed25519"}, "1.3.101.113": {name: "Ed448"},
}

// weakNames are signatures whose hash is weaker than SHA-256 and that are not verified here.
var weakNames = map[string]bool{"MD2-RSA": true, "MD4-RSA": true, "RIPEMD160-RSA": true, "DSA-SHA1": true, "DSA-SHA224": true}

// pssHashes are the hashes of RSASSA-PSS parameters.
var pssHashes = map[string]crypto.Hash{
	"1.3.14.3.2.26": crypto.SHA1, "2.16.840.1.101.3.4.2.4": crypto.SHA224, "2.16.840.1.101.3.4.2.1": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384, "2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

// weak reports whether the hash is weaker than SHA-256 (cloud-facts CA4, EE3).
func (a signatureAlgo) weak() bool {
	switch a.hash {
	case crypto.MD5, crypto.SHA1, crypto.SHA224, crypto.SHA512_224:
		return true
	}
	return weakNames[a.name]
}

// inGo reports whether crypto/x509 verifies such a signature on a certificate that another signed.
func (a signatureAlgo) inGo() bool {
	switch {
	case a.hash == crypto.SHA512_256:
		return false
	case a.kind == "pss": // three kinds of parameters alone
		return (a.hash == crypto.SHA256 || a.hash == crypto.SHA384 || a.hash == crypto.SHA512) && a.salt == a.hash.Size() && a.mgf == a.hash
	}
	return a.kind != "" && !a.weak()
}

// signatureOf is how a certificate or a request is signed.
func signatureOf(der []byte) signatureAlgo {
	s := cryptobyte.String(der)
	var body cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.SkipASN1(cbasn1.SEQUENCE) {
		return signatureAlgo{name: "unknown"}
	}
	a, ok := readAlgorithm(&body)
	switch {
	case !ok:
		return signatureAlgo{name: "unknown"}
	case a.oid == oidPSS:
		return pssOf(a.params)
	}
	if known, ok := signatureAlgos[a.oid]; ok {
		return known
	}
	if name, ok := keyAlgorithms[a.oid]; ok {
		return signatureAlgo{name: kindName(KeyType(name))}
	}
	return signatureAlgo{name: a.oid}
}

// pssOf reads RSASSA-PSS parameters (RFC 4055 §3.1), whose defaults are SHA-1 and 20 bytes of salt.
func pssOf(params []byte) signatureAlgo {
	var p struct {
		Hash    pkix.AlgorithmIdentifier `asn1:"explicit,tag:0,optional"`
		MGF     pkix.AlgorithmIdentifier `asn1:"explicit,tag:1,optional"`
		Salt    int                      `asn1:"explicit,tag:2,optional,default:20"`
		Trailer int                      `asn1:"explicit,tag:3,optional,default:1"`
	}
	a := signatureAlgo{kind: "pss", hash: crypto.SHA1, mgf: crypto.SHA1, salt: 20}
	if _, err := asn1.Unmarshal(params, &p); err != nil && len(params) > 0 {
		return signatureAlgo{name: "RSASSA-PSS with parameters that cannot be read"}
	} else if len(params) > 0 {
		a.salt = p.Salt
	}
	if len(p.Hash.Algorithm) > 0 {
		a.hash = pssHashes[p.Hash.Algorithm.String()]
	}
	if len(p.MGF.Algorithm) > 0 {
		var inner pkix.AlgorithmIdentifier
		_, err := asn1.Unmarshal(p.MGF.Parameters.FullBytes, &inner)
		if a.mgf = pssHashes[inner.Algorithm.String()]; err != nil {
			a.mgf = 0
		}
	}
	if a.hash == 0 || a.mgf == 0 || a.salt < 0 {
		return signatureAlgo{name: "RSASSA-PSS with a hash that is not known here"}
	}
	a.name = fmt.Sprintf("%s-RSAPSS", a.hash)
	if a.salt != a.hash.Size() {
		a.name += fmt.Sprintf(" with %d bytes of salt", a.salt)
	}
	if a.mgf != a.hash {
		a.name += fmt.Sprintf(" with MGF1 on %s", a.mgf)
	}
	return a
}

// signed is what verifying a signature ends with.
type signed int

const (
	signatureUnknown signed = iota // it cannot be verified here
	signatureRight
	signatureWrong
)

// verify judges a signature over message by a public key, by what the algorithm is rather than by what Go's x509 allows.
func (a signatureAlgo) verify(pub crypto.PublicKey, message, sig []byte) signed {
	if a.kind == "" || oversized(pub) {
		return signatureUnknown
	}
	digest := message
	if a.hash != 0 {
		if !a.hash.Available() {
			return signatureUnknown
		}
		h := a.hash.New()
		h.Write(message)
		digest = h.Sum(nil)
	}
	right := false
	switch k := pub.(type) {
	case *rsa.PublicKey:
		var err error
		switch {
		case len(sig) != k.Size():
			err = rsa.ErrVerification
		case a.kind == "rsa":
			err = rsa.VerifyPKCS1v15(k, a.hash, digest, sig)
		case a.kind == "pss" && a.mgf == a.hash:
			err = rsa.VerifyPSS(k, a.hash, digest, sig, &rsa.PSSOptions{SaltLength: a.salt, Hash: a.hash})
		case a.kind == "pss":
			return signatureUnknown
		default:
			return signatureWrong
		}
		if err != nil && !errors.Is(err, rsa.ErrVerification) {
			return signatureUnknown // a key that Go does not work with: under 1024 bits
		}
		right = err == nil
	case *ecdsa.PublicKey:
		right = a.kind == "ec" && ecdsa.VerifyASN1(k, digest, sig)
	case ed25519.PublicKey:
		right = a.kind == "ed25519" && ed25519.Verify(k, message, sig)
	default:
		return signatureUnknown
	}
	if right {
		return signatureRight
	}
	return signatureWrong
}

// signedBy judges whether the private half of pub signed c.
func signedBy(c *x509.Certificate, pub crypto.PublicKey) signed {
	if pub == nil {
		return signatureUnknown
	}
	return signatureOf(c.Raw).verify(pub, c.RawTBSCertificate, c.Signature)
}

// signedWith reports whether the private half of pub signed c.
func signedWith(c *x509.Certificate, pub crypto.PublicKey) bool {
	return signedBy(c, pub) == signatureRight
}

// keyIDs says what the key identifiers of a certificate and of its issuer tell: whether both are there, and whether they
// are the same.
func keyIDs(c, parent *x509.Certificate) (both, same bool) {
	both = len(c.AuthorityKeyId) > 0 && len(parent.SubjectKeyId) > 0
	return both, both && bytes.Equal(c.AuthorityKeyId, parent.SubjectKeyId)
}

package certsvc

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"onramp/fault"
)

// newKey makes a private key and its PKCS#8 PEM.
func newKey(t KeyType) (crypto.Signer, Secret, error) {
	var key crypto.Signer
	var err error
	switch t {
	case ECP256:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case ECP384:
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case RSA2048:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case RSA4096:
		key, err = rsa.GenerateKey(rand.Reader, 4096)
	default:
		return nil, Secret{}, fmt.Errorf("certsvc: no such key type %q", t)
	}
	if err != nil {
		return nil, Secret{}, fault.Wrap(err, fault.Internal, "No key could be made", "Try again.")
	}
	s, err := encodeKey(key)
	return key, s, err
}

// encodeKey writes a key as PKCS#8 PEM, which every SDK reads (cloud-facts K1, K2).
func encodeKey(key crypto.Signer) (Secret, error) {
	der, err := marshalKey(key)
	if err != nil {
		return Secret{}, fault.Wrap(err, fault.Internal, "The key cannot be written as PKCS#8", "Use an ECDSA or RSA key.")
	}
	defer clear(der)
	return NewSecret(encodePEM("PRIVATE KEY", der)), nil
}

// marshalKey is x509.MarshalPKCS8PrivateKey, which leaves a copy of the key for each of the structures around it; a key for
// ECDSA is written once, into memory that its caller wipes.
func marshalKey(key crypto.Signer) ([]byte, error) {
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return x509.MarshalPKCS8PrivateKey(key)
	}
	curve, ok := map[elliptic.Curve]asn1.ObjectIdentifier{elliptic.P256(): {1, 2, 840, 10045, 3, 1, 7}, elliptic.P384(): {1, 3, 132, 0, 34}}[ec.Curve]
	if !ok {
		return x509.MarshalPKCS8PrivateKey(key)
	}
	number, err := ec.Bytes()
	if err != nil {
		return nil, err
	}
	defer clear(number)
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	b := cryptobyte.NewFixedBuilder(make([]byte, 0, 300))    // one of P-384 has 185 bytes
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // RFC 5958
		b.AddASN1Int64(0)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1})
			b.AddASN1ObjectIdentifier(curve)
		})
		b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // RFC 5915
				b.AddASN1Int64(1)
				b.AddASN1OctetString(number)
				b.AddASN1(cbasn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddASN1BitString(point) })
			})
		})
	})
	return b.Bytes()
}

// forget wipes the number of a key that was made here and is needed no more. What Go's own packages keep of it stays.
func forget(key crypto.Signer) {
	if ec, ok := key.(*ecdsa.PrivateKey); ok {
		//lint:ignore SA1019 it is not to be used any more
		clear(ec.D.Bits())
	}
}

// encodePEM writes one block of PEM into memory of the right size at once: growing would cost as much again as the
// encoding, and leave parts of a key behind.
func encodePEM(label string, der []byte) []byte {
	lines := base64.StdEncoding.EncodedLen(len(der))
	var b bytes.Buffer
	b.Grow(lines + lines/64 + 1 + 2*(len(label)+len("-----BEGIN -----\n")))
	_ = pem.Encode(&b, &pem.Block{Type: label, Bytes: der}) // a buffer takes everything
	return b.Bytes()
}

// encodeCerts writes certificates as PEM in their order.
func encodeCerts(certs ...*x509.Certificate) []byte {
	var out []byte
	for i, c := range certs {
		if text := encodePEM("CERTIFICATE", c.Raw); i == 0 {
			out = text
		} else {
			out = append(out, text...)
		}
	}
	return out
}

// SPKI is the SHA-256 of a public key's SubjectPublicKeyInfo in lower-case hex: what tells whether a
// key and a certificate are a pair. It is "" for a key that X.509 does not know.
func SPKI(pub crypto.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return ""
	}
	return spkiOf(der)
}

// spkiOf is SPKI of an encoded SubjectPublicKeyInfo.
func spkiOf(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// KeyTypeOf names a public key: one of the KeyTypes, or "ec-p521", "rsa-3072", "ed25519" and the like.
func KeyTypeOf(pub crypto.PublicKey) KeyType {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P224():
			return "ec-p224"
		case elliptic.P256():
			return ECP256
		case elliptic.P384():
			return ECP384
		case elliptic.P521():
			return "ec-p521"
		}
		return "ec"
	case *rsa.PublicKey:
		return KeyType(fmt.Sprintf("rsa-%d", k.N.BitLen()))
	case ed25519.PublicKey:
		return "ed25519"
	}
	return "unknown"
}

// maxRSABits bounds RSA: work with a key grows with the cube of its length, and crypto/tls takes 8192 bits at most.
const maxRSABits = 16384

// oversized reports whether a key is an RSA key so long that working with it would hold the program up.
func oversized(pub crypto.PublicKey) bool {
	k, ok := pub.(*rsa.PublicKey)
	return ok && k.N.BitLen() > maxRSABits
}

// family is the algorithm alone: "ec", "rsa", "ed25519" …
func family(pub crypto.PublicKey) string {
	switch pub.(type) {
	case *ecdsa.PublicKey:
		return "ec"
	case *rsa.PublicKey:
		return "rsa"
	case ed25519.PublicKey:
		return "ed25519"
	}
	return "other"
}

// sameKey reports whether two public keys are equal.
func sameKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && b != nil && k.Equal(b)
}

// signatureAlgorithm chooses the hash as strong as the key: SHA-256 at least (cloud-facts CA4, EE3).
func signatureAlgorithm(pub crypto.PublicKey) (x509.SignatureAlgorithm, error) {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return x509.SHA256WithRSA, nil
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return x509.ECDSAWithSHA256, nil
		case elliptic.P384():
			return x509.ECDSAWithSHA384, nil
		case elliptic.P521():
			return x509.ECDSAWithSHA512, nil
		}
	}
	return 0, errors.New("certsvc: a CA signs with RSA or ECDSA on P-256, P-384 or P-521")
}

// keyID is a subject key identifier: RFC 7093 §2 method 1, the leftmost 160 bits of the SHA-256 of
// the public key's bits.
func keyID(pub crypto.PublicKey) ([]byte, error) {
	var bits []byte
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			return nil, err
		}
		bits = point
	case *rsa.PublicKey:
		bits = x509.MarshalPKCS1PublicKey(k)
	default:
		der, err := x509.MarshalPKIXPublicKey(pub)
		if err != nil {
			return nil, err
		}
		var info struct {
			Algorithm pkix.AlgorithmIdentifier
			Bits      asn1.BitString
		}
		if _, err := asn1.Unmarshal(der, &info); err != nil {
			return nil, err
		}
		bits = info.Bits.RightAlign()
	}
	sum := sha256.Sum256(bits)
	return sum[:20], nil
}

package certsvc

import (
	"encoding/asn1"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of public keys that are looked at more closely.
const (
	oidRSA = "1.2.840.113549.1.1.1"
	oidPSS = "1.2.840.113549.1.1.10"
	oidEC  = "1.2.840.10045.2.1"
	oidDSA = "1.2.840.10040.4.1"
)

// keyAlgorithms name the kinds of public key by their object identifier, as KeyType does. Sources: RFC 3279, 4055,
// 4491, 5480, 8410, 9814, 9881 and the registry of NIST's algorithms (CSOR).
var keyAlgorithms = map[string]string{
	oidRSA: "rsa", oidPSS: "rsa-pss", "1.2.840.113549.1.1.7": "rsa-oaep", oidEC: "ec", oidDSA: "dsa",
	"1.3.132.1.12": "ecdh", "1.3.132.1.13": "ecmqv", "1.2.840.113549.1.3.1": "dh", "1.2.840.10046.2.1": "dh",
	"1.3.101.110": "x25519", "1.3.101.111": "x448", "1.3.101.112": "ed25519", "1.3.101.113": "ed448",
	"1.2.643.2.2.19": "gost-2001", "1.2.643.7.1.1.1.1": "gost-2012-256", "1.2.643.7.1.1.1.2": "gost-2012-512",
	"2.16.840.1.101.3.4.3.17": "ml-dsa-44", "2.16.840.1.101.3.4.3.18": "ml-dsa-65", "2.16.840.1.101.3.4.3.19": "ml-dsa-87",
	"2.16.840.1.101.3.4.4.1": "ml-kem-512", "2.16.840.1.101.3.4.4.2": "ml-kem-768", "2.16.840.1.101.3.4.4.3": "ml-kem-1024",
}

// slhDSA is where NIST's identifiers of SLH-DSA begin and end (2.16.840.1.101.3.4.3.20 to .35).
const slhDSA = "2.16.840.1.101.3.4.3."

// curves name elliptic curves as OpenSSL does. Sources: RFC 5480, RFC 5639, SEC 2, GB/T 32918.
var curves = map[string]string{
	"1.2.840.10045.3.1.7": "p256", "1.3.132.0.34": "p384", "1.3.132.0.35": "p521", "1.3.132.0.33": "p224", "1.2.840.10045.3.1.1": "p192",
	"1.3.132.0.10": "secp256k1", "1.3.132.0.31": "secp192k1", "1.3.132.0.32": "secp224k1", "1.2.156.10197.1.301": "sm2",
	"1.3.132.0.1": "sect163k1", "1.3.132.0.15": "sect163r2", "1.3.132.0.26": "sect233k1", "1.3.132.0.27": "sect233r1", "1.3.132.0.16": "sect283k1",
	"1.3.132.0.17": "sect283r1", "1.3.132.0.36": "sect409k1", "1.3.132.0.37": "sect409r1", "1.3.132.0.38": "sect571k1", "1.3.132.0.39": "sect571r1",
	"1.3.36.3.3.2.8.1.1.1": "brainpoolP160r1", "1.3.36.3.3.2.8.1.1.3": "brainpoolP192r1", "1.3.36.3.3.2.8.1.1.5": "brainpoolP224r1",
	"1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.8": "brainpoolP256t1", "1.3.36.3.3.2.8.1.1.9": "brainpoolP320r1",
	"1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1", "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
}

// explicitCurve is a curve whose parameters are written out in the place of its name.
const explicitCurve = "ec-explicit"

// algorithm is an AlgorithmIdentifier.
type algorithm struct {
	oid    string
	params cryptobyte.String // with its tag; nil for none
}

// readAlgorithm reads an AlgorithmIdentifier.
func readAlgorithm(s *cryptobyte.String) (a algorithm, ok bool) {
	var body cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&oid) {
		return a, false
	}
	return algorithm{oid.String(), body}, true
}

// keyType names the kind of key that the algorithm is for; spki is the subjectPublicKey's bits, nil where they are not
// known. The name is an object identifier where the kind has none here.
func (a algorithm) keyType(bits []byte) KeyType {
	name, known := keyAlgorithms[a.oid]
	switch {
	case strings.HasPrefix(a.oid, slhDSA) && !known:
		return "slh-dsa"
	case !known:
		return KeyType(a.oid)
	case a.oid == oidRSA, a.oid == oidPSS:
		if n := modulusBits(bits); n > 0 {
			return KeyType(fmt.Sprintf("%s-%d", name, n))
		}
	case a.oid == oidEC:
		return a.curve()
	}
	return KeyType(name)
}

// curve names the curve of EC parameters: "ec-p256", "ec-secp256k1", explicitCurve, or "ec" where none is said.
func (a algorithm) curve() KeyType {
	params := a.params
	if params.PeekASN1Tag(cbasn1.SEQUENCE) {
		return explicitCurve
	}
	var oid asn1.ObjectIdentifier
	if !params.ReadASN1ObjectIdentifier(&oid) {
		return "ec"
	}
	if name, ok := curves[oid.String()]; ok {
		return KeyType("ec-" + name)
	}
	return KeyType("ec-" + oid.String())
}

// modulusBits is the length of the modulus of an RSAPublicKey, 0 where there is none.
func modulusBits(bits []byte) int {
	s := cryptobyte.String(bits)
	var body, n cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1(&n, cbasn1.INTEGER) {
		return 0
	}
	for len(n) > 0 && n[0] == 0 {
		n = n[1:]
	}
	if len(n) == 0 {
		return 0
	}
	size := 8 * len(n)
	for b := n[0]; b < 0x80; b <<= 1 {
		size--
	}
	return size
}

// unusable says why Temporal Cloud and workers take no key of a type; none for RSA, Ed25519 (which the rules judge) and
// the three curves of TLS. what is "key", "certificate" or "request", and suffixes the key of troubles.
func unusable(t KeyType, what string) problem {
	switch s := string(t); {
	case t == explicitCurve:
		return problem{"KP-33/explicit", what}
	case t == "ec-p256", t == "ec-p384", t == "ec-p521", strings.HasPrefix(s, "rsa-") && !strings.HasPrefix(s, "rsa-pss") && s != "rsa-oaep", s == "rsa", s == "ed25519":
		return problem{}
	case strings.HasPrefix(s, "ec"):
		name := strings.TrimPrefix(s, "ec-")
		if n, ok := strings.CutPrefix(name, "p"); ok {
			name = "P-" + n
		}
		return problem{"KP-33", name}
	case s == "x25519", s == "x448":
		return problem{"KP-33/agreement", strings.ToUpper(s)}
	}
	if strings.Contains(string(t), ".") {
		return problem{"CH-25/unnamed", string(t)}
	}
	return problem{"CH-25/kind", kindName(t)}
}

// kindName is a KeyType for a sentence: "RSASSA-PSS", "DSA".
func kindName(t KeyType) string {
	s := string(t)
	switch {
	case strings.HasPrefix(s, "rsa-pss"):
		return "RSASSA-PSS"
	case s == "rsa-oaep":
		return "RSAES-OAEP"
	case s == "ed448":
		return "Ed448"
	}
	return strings.ToUpper(s)
}

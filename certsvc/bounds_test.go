package certsvc

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"onramp/fault"
)

// TestManyCertificates: an archive of some kilobytes holds thousands of certificates of one name. They are neither
// all read nor compared with each other.
func TestManyCertificates(t *testing.T) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	serial := big.NewInt(1 << 40)
	tmpl := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "x"}, NotBefore: testNow, NotAfter: testNow.AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true}
	der := must(x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key))(t)
	at := bytes.Index(der, serial.Bytes()) + 3
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	n := 0
	for f := range maxArchiveFiles {
		w := must(z.Create(fmt.Sprint(f, ".pem")))(t)
		for range 80 {
			n++
			one := bytes.Clone(der) // another serial number: no copy of the others, and its signature fits none
			one[at], one[at+1] = byte(n>>8), byte(n)
			if err := pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: one}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 128<<10 {
		t.Fatalf("%d bytes: no form of ours would take them", b.Len())
	}
	inv := Inspect([]File{{"a.zip", b.Bytes()}, {"b.zip", b.Bytes()}}, "")
	if len(inv.Items) != maxParts+1 {
		t.Fatalf("%d items of %d", len(inv.Items), n)
	}
	last := inv.Items[maxParts].Trouble
	if last == nil || last.Kind != fault.TooLarge || !strings.Contains(last.Cause, "2.pem") {
		t.Errorf("the last item: %+v", last)
	}
	certs := inv.Certificates()
	issuer := must(x509.ParseCertificate(der))(t)
	child := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "y"}, NotBefore: testNow, NotAfter: testNow.AddDate(1, 0, 0)}, issuer, key.Public(), key))(t)))(t)
	for i, c := range certs {
		other := *c
		other.PublicKey = makeSet().leaf.Cert.PublicKey // of the name, not of the key
		certs[i] = &other
	}
	for less, found := range []bool{true, false} { // as many signatures are verified as are paid for, and no more
		p := newPool(append(certs[:19:19], issuer)...)
		p.left = 19*verifyCost(certs[0]) + verifyCost(issuer) - less
		if got := len(p.issuersOf(child)) > 0; got != found || p.spent == found {
			t.Errorf("with %d too little to spend, the issuer behind 19 namesakes is found: %t, spent: %t", less, got, p.spent)
		}
	}
	if chains := inv.Chains(); len(chains) != maxParts {
		t.Errorf("%d chains", len(chains))
	}
}

// TestLockedParts: what all the locked parts of some files ask for counts together.
func TestLockedParts(t *testing.T) {
	type algorithm = pkix.AlgorithmIdentifier
	raw := func(v any) asn1.RawValue { return asn1.RawValue{FullBytes: must(asn1.Marshal(v))(t)} }
	locked := func(kdf algorithm) []byte {
		aes := algorithm{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, Parameters: raw(make([]byte, 16))}
		der := must(asn1.Marshal(encryptedKeyInfo{algorithm{Algorithm: oidPBES2, Parameters: raw(struct{ KDF, Cipher algorithm }{kdf, aes})}, make([]byte, 64)}))(t)
		return pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der})
	}
	pbkdf2 := func(iterations int) []byte {
		return locked(algorithm{Algorithm: oidPBKDF2, Parameters: raw(struct {
			Salt       []byte
			Iterations int
		}{[]byte("salt"), iterations})})
	}
	scrypt := locked(algorithm{Algorithm: oidScrypt, Parameters: raw(struct {
		Salt    []byte
		N, R, P int
	}{[]byte("salt"), 1 << 17, 8, 4})})
	if e := (&effort{t.Context(), 10}); e.spend(11) == nil || e.spend(-1) == nil || e.spend(10) != nil || e.spend(1) == nil {
		t.Error("effort is spent twice")
	}
	inv := Inspect([]File{{"some.pem", bytes.Repeat(pbkdf2(10_000), 3)}, {"many.pem", bytes.Repeat(pbkdf2(maxRounds-20_000), 3)}, {"deep.pem", bytes.Repeat(scrypt, 2)}}, "x")
	costly := 0
	for _, it := range inv.Items {
		switch f := it.Trouble; {
		case it.Kind != ItemLockedKey || f == nil:
			t.Fatalf("%+v", it)
		case strings.Contains(f.Title, "too much work"):
			costly++
			if f.Code != "KP-11" || !strings.Contains(f.Fix, "openssl pkey") || !strings.Contains(f.Title, it.File) {
				t.Errorf("no way out is named: %+v", f)
			}
		}
	}
	if costly != 3+2 {
		t.Errorf("%d of %d keys were too much work, want 5", costly, len(inv.Items))
	}
}

// TestOversizedRSA: keys whose use would take minutes are refused wherever they are, before they are used.
func TestOversizedRSA(t *testing.T) {
	odd := func(bits int) *big.Int {
		b := make([]byte, bits/8)
		_, _ = rand.Read(b)
		b[0] |= 0xC0
		b[len(b)-1] |= 1
		return new(big.Int).SetBytes(b)
	}
	var der []byte
	for der == nil { // no primes are needed: nobody looks
		p, q, one, e := odd(maxRSABits/2+64), odd(maxRSABits/2+64), big.NewInt(1), big.NewInt(65537)
		p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
		d, inverse := new(big.Int).ModInverse(e, new(big.Int).Mul(p1, q1)), new(big.Int).ModInverse(q, p)
		if d == nil || inverse == nil {
			continue
		}
		der = must(asn1.Marshal(struct {
			V                         int
			N                         *big.Int
			E                         int
			D, P, Q, Dp, Dq, QInverse *big.Int
		}{0, new(big.Int).Mul(p, q), 65537, d, p, q, new(big.Int).Mod(d, p1), new(big.Int).Mod(d, q1), inverse}))(t)
	}
	long := must(x509.ParsePKCS1PrivateKey(der))(t)
	if _, _, err := readKey(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der})); fault.From(err) == nil || fault.From(err).Code != "CH-25" {
		t.Errorf("PKCS#1: %v", err)
	}
	if _, _, err := readKey(must(x509.MarshalPKCS8PrivateKey(long))(t)); fault.From(err) == nil || fault.From(err).Code != "CH-25" {
		t.Errorf("PKCS#8: %v", err)
	}
	signer := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotBefore: testNow, NotAfter: testNow.AddDate(1, 0, 0)}
	cert := must(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &long.PublicKey, signer))(t)
	if _, _, err := ReadCertificates(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})); fault.From(err) == nil || fault.From(err).Code != "CH-25" {
		t.Errorf("a certificate: %v", err)
	}
	// A request's key is judged before its signature is: this one's signature is of another key.
	plain := must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}}, signer))(t)
	var signed struct {
		TBS struct {
			Version    int
			Subject    asn1.RawValue
			Key        asn1.RawValue
			Attributes asn1.RawValue
		}
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(plain, &signed); err != nil {
		t.Fatal(err)
	}
	signed.TBS.Key = asn1.RawValue{FullBytes: must(x509.MarshalPKIXPublicKey(&long.PublicKey))(t)}
	req := must(asn1.Marshal(signed))(t)
	if _, err := readRequest(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: req})); fault.From(err) == nil || fault.From(err).Code != "CH-25" {
		t.Errorf("a request: %v", err)
	}
}

package certsvc

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/pem"
	"testing"
)

// TestASVS_11_2_3: keys have 128 bits of security unless somebody chooses RSA with 2048 bits, which Temporal Cloud takes
// and old systems ask for; and nobody gets less.
// ASVS 11.2.3.
func TestASVS_11_2_3(t *testing.T) {
	s := testService()
	for _, tt := range []struct {
		kind KeyType
		bits int
		safe bool
	}{{"", 384, true}, {ECP256, 256, true}, {ECP384, 384, true}, {RSA4096, 4096, true}, {RSA2048, 2048, false}} {
		ca := must(s.CA(CASpec{CommonName: "Payments CA", KeyType: tt.kind}))(t)
		leaf := must(s.Leaf(ca, LeafSpec{CommonName: "payments", KeyType: tt.kind}))(t)
		block, _ := pem.Decode([]byte(leaf.CertPEM))
		if block == nil {
			t.Fatal("no certificate")
		}
		bits := 0
		switch k := ca.Cert.PublicKey.(type) {
		case *ecdsa.PublicKey:
			bits = k.Params().BitSize
		case *rsa.PublicKey:
			bits = k.N.BitLen()
		}
		if bits != tt.bits {
			t.Errorf("%q makes a key of %d bits, want %d", tt.kind, bits, tt.bits)
		}
		if safe := bits >= 3072 || bits >= 256 && bits < 1024; safe != tt.safe {
			t.Errorf("%q: %v", tt.kind, safe)
		}
	}
	for _, weak := range []KeyType{"rsa-1024", "ec-p224", "dsa-1024", "rsa-512"} {
		if ca, err := s.CA(CASpec{CommonName: "Payments CA", KeyType: weak}); err == nil {
			t.Errorf("%q makes %v", weak, KeyTypeOf(ca.Cert.PublicKey))
		}
	}
}

package certsvc

import (
	"strings"
	"testing"
)

// TestRequestIsSigned: what we ask for, a CA of ours signs, and key and certificate are a pair.
func TestRequestIsSigned(t *testing.T) {
	s := New(Options{})
	ca, err := s.CA(CASpec{CommonName: "Request CA", KeyType: ECP256})
	if err != nil {
		t.Fatal(err)
	}
	for _, kt := range []KeyType{"", ECP256, ECP384, RSA2048} {
		csr, key, err := s.Request(LeafSpec{CommonName: "payments", Organization: "Acme", KeyType: kt})
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := s.Sign(ca, csr, LeafSpec{})
		if err != nil {
			t.Fatalf("%q: %v", kt, err)
		}
		if leaf.Cert.Subject.CommonName != "payments" || leaf.Cert.Subject.Organization[0] != "Acme" {
			t.Errorf("%q: signed for %s", kt, leaf.Cert.Subject)
		}
		if _, _, err := ReadPair(leaf.CertPEM, key.Reveal()); err != nil {
			t.Errorf("%q: key and certificate are no pair: %v", kt, err)
		}
	}
	for _, bad := range []LeafSpec{{}, {CommonName: strings.Repeat("x", 65)}, {CommonName: "a\x1b[31m"}, {CommonName: "a", KeyType: "ed25519"}} {
		if csr, _, err := s.Request(bad); err == nil {
			t.Errorf("Request(%+v) = %s, want a refusal", bad, csr)
		}
	}
}

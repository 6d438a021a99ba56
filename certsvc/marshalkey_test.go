package certsvc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"testing"
)

// TestMarshalKey: our PKCS#8 is that of Go, byte for byte, however many zeros a key begins with.
func TestMarshalKey(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		for range 600 { // two of which begin with a zero
			key := must(ecdsa.GenerateKey(curve, rand.Reader))(t)
			if ours, want := must(marshalKey(key))(t), must(x509.MarshalPKCS8PrivateKey(key))(t); !bytes.Equal(ours, want) {
				t.Fatalf("%s: %x, want %x", curve.Params().Name, ours, want)
			}
		}
	}
}

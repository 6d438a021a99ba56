package handlers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

// TestSecretsInOtherFields: a private key or an API key in a field that takes none is refused, kept nowhere, and not
// sent back. Line 2 of an EC key's PEM holds the whole key.
func TestSecretsInOtherFields(t *testing.T) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	line := strings.Split(whole, "\n")[1]
	token := "eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJjYW5hcnkifQ.Y2FuYXJ5Y2FuYXJ5"
	d := sit(t, deskOptions{})
	m := d.post("/new", "name", "payments", "lang", "go", "mode", "cloud", "auth", "mtls").to(t)
	m = strings.TrimSuffix(m, "/namespace")
	d.post(m+"/namespace", "namespace", "payments.a1b2c").to(t)
	before := d.snapshot()
	for what, secret := range map[string]string{"a line of a key": line, "the beginning of one": line[:60], "a key": whole, "a token": token} {
		for _, form := range [][]string{
			{"/new", "name", secret, "lang", "go", "mode", "cloud", "auth", "mtls"},
			{m + "/note", "step", "verify", "why", secret},
			{m + "/namespace", "namespace", secret},
			{m + "/namespace", "namespace", "payments.a1b2c", "region", secret},
			append([]string{m + "/certificates", "common_name", secret}, serverLane...),
			append([]string{m + "/certificates", "organization", secret}, serverLane...),
			{m + "/settings/name", "name", secret},
			{"/theme", "theme", "dark", "return", secret},
		} {
			d.post(form[0], form[1:]...).want(t, 422, "This is a secret").lacks(t, secret, line, line[:60], token)
		}
		d.upload("/new", "name", secret).want(t, 422, "This is a secret").lacks(t, secret)
		if after := d.snapshot(); after != before {
			t.Errorf("%s is kept", what)
		}
	}
	// Where one belongs, it is taken.
	d.post("/decode", "error_text", "remote error: tls: bad certificate "+token).want(t, 200, "CL-05").lacks(t, token)
	d.post(m+"/code/environment", "environment", "TEMPORAL_API_KEY="+token).want(t, 200).lacks(t, token)
}

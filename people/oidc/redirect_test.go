package oidc

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"onramp/custody"
	"onramp/fault"
)

// TestNoRedirect: a provider that sends the portal elsewhere does not answer; elsewhere is not asked.
// ASVS 15.3.2.
func TestNoRedirect(t *testing.T) {
	var asked atomic.Int64
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	issuer := httptest.NewTLSServer(http.RedirectHandler(elsewhere.URL+"/.well-known/openid-configuration", http.StatusFound))
	defer issuer.Close()
	roots := x509.NewCertPool()
	roots.AddCert(issuer.Certificate())
	p, err := New(Options{Issuer: issuer.URL, ClientID: "onramp", Redirect: "https://onramp.test/signin/callback", Roots: roots, Roles: map[string]custody.Role{"a": custody.Owner}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Begin(t.Context(), "/", false); !fault.Is(err, fault.Unavailable) {
		t.Errorf("the sign-in begins: %v", err)
	}
	if asked.Load() != 0 {
		t.Error("the redirect was followed")
	}
}

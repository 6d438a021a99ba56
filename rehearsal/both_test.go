//go:build !lean

package rehearsal

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"

	"onramp/cloud"
	"onramp/fault"
)

// allowBoth lets the account of a rehearsal have both sign-in methods at once.
func allowBoth(t testing.TB, c *Cloud, on bool) {
	t.Helper()
	if err := SettingsOf(c).SetBothMethods(testContext(t), on); err != nil {
		t.Fatal(err)
	}
}

// TestBothMethodsOnRequest: the account has both at once when it was turned on, a namespace needs a CA certificate for it,
// and it is not turned off while a namespace takes both. It is kept over a start and a reset.
func TestBothMethodsOnRequest(t *testing.T) {
	dir := t.TempDir()
	c := started(t, Options{Dir: dir})
	ctx := testContext(t)
	bare, id := newNamespace(t, c), newNamespace(t, c, newCA(t, "ours"))
	refused := func(err error, kind fault.Kind, want string) {
		t.Helper()
		if f := fault.From(err); !fault.Is(err, kind) || !strings.Contains(f.Title, want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	_, err := c.SetAuth(ctx, id, cloud.AuthBoth)
	refused(err, fault.Conflict, "one sign-in method")
	_, err = c.SetAuth(ctx, id, "neither")
	refused(err, fault.Invalid, "Unknown")
	allowBoth(t, c, true)
	_, err = c.SetAuth(ctx, bare, cloud.AuthBoth)
	refused(err, fault.Conflict, "no CA certificate")
	if ns, err := c.SetAuth(ctx, id, cloud.AuthBoth); err != nil || ns.Auth != cloud.AuthBoth || !ns.Takes(cloud.AuthMTLS) || !ns.Takes(cloud.AuthAPIKey) {
		t.Fatalf("%+v, %v", ns, err)
	}
	refused(SettingsOf(c).SetBothMethods(ctx, false), fault.Conflict, id.String())
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}

	c = started(t, Options{Dir: dir})
	ns, err := c.Namespace(ctx, id)
	if err != nil || ns.Auth != cloud.AuthBoth || !SettingsOf(c).BothMethods() {
		t.Fatalf("after a start: %+v, %v", ns, err)
	}
	if _, err := c.ChangeAuth(ctx, id, func(ns cloud.Namespace, who cloud.Callers) (string, error) {
		if ns.Auth != cloud.AuthBoth || who.Since.IsZero() {
			t.Errorf("the change sees %+v, %+v", ns, who)
		}
		return cloud.AuthAPIKey, nil
	}); err != nil {
		t.Fatal(err)
	}
	allowBoth(t, c, false)
	allowBoth(t, c, true)
	reset, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := c.Reset(reset); err != nil || !SettingsOf(c).BothMethods() {
		t.Errorf("after a reset: %v, %v", SettingsOf(c).BothMethods(), err)
	}
}

// TestBothMethods: at the endpoint of a namespace that takes both sign in those with a client certificate, at the regional
// one and at the address for keys those with an API key, and the book has both. Each is turned off for itself.
func TestBothMethods(t *testing.T) {
	c := started(t, Options{BothMethods: true})
	ctx := testContext(t)
	ca := newCA(t, "ours")
	id := newNamespace(t, c, ca)
	pair := ca.leaf(t).pair()
	set := func(auth string) {
		t.Helper()
		if _, err := c.SetAuth(ctx, id, auth); err != nil {
			t.Fatal(err)
		}
	}
	set(cloud.AuthAPIKey)
	key := newKey(t, c, id, time.Hour)
	before, err := dialKey(t, c, id, key, id.Host())
	if err != nil {
		t.Fatal(err)
	}
	const region = "us-east-1.aws.api.temporal.io"
	regional, err := dialKey(t, c, id, key, region)
	if err != nil {
		t.Fatal(err)
	}
	certificate := func() error {
		cl, err := dial(t, c, id, pair, id.Host())
		if err == nil {
			err = describe(cl, id.String())
		}
		return err
	}

	set(cloud.AuthBoth)
	var denied *serviceerror.PermissionDenied
	if err := describe(before, id.String()); !errors.As(err, &denied) || !strings.Contains(err.Error(), "regional endpoint alone") || !strings.Contains(err.Error(), "the rehearsal's words") {
		t.Errorf("a key at the namespace endpoint, on a connection from before: %v", err)
	}
	if _, err := handshake(t, c, clientTLS(c, nil, id.Host())); err == nil || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("a new connection without a certificate: %v", err)
	}
	if state, err := handshake(t, c, clientTLS(c, nil, region)); err != nil || len(state.PeerCertificates) == 0 {
		t.Errorf("the regional endpoint asks for a certificate: %v", err)
	}
	if _, err := dialKey(t, c, id, key, id.Host()); err == nil {
		t.Error("a key is let in at the namespace endpoint")
	}
	runWorkflow(t, regional, "with a key at the regional endpoint")
	runWorkflow(t, mustDial(t, c, id, pair, id.Host()), "with a certificate at the namespace endpoint")
	runWorkflow(t, mustDial(t, c, id, pair, ""), "with a certificate over localhost")
	keys, certs := 0, 0
	for _, who := range callersOf(t, c, id, func(l []cloud.Caller) bool { return len(l) > 1 }) {
		switch {
		case who.KeyID != "" && who.Leaf == "" && who.Calls > 0:
			keys++
		case who.KeyID == "" && who.Leaf != "" && who.Calls > 0:
			certs++
		}
	}
	if keys == 0 || certs == 0 {
		t.Errorf("the book has %d with keys, %d with certificates", keys, certs)
	}

	set(cloud.AuthMTLS)
	unauthorized(t, describe(regional, id.String()))
	if err := certificate(); err != nil {
		t.Errorf("with certificates alone: %v", err)
	}
	set(cloud.AuthAPIKey)
	if err := describe(regional, id.String()); err != nil {
		t.Errorf("with keys alone: %v", err)
	}
	if err := certificate(); err == nil || !strings.Contains(err.Error(), "Jwt is missing") {
		t.Errorf("a certificate with keys alone: %v", err)
	}
	if cl, err := dialKey(t, c, id, key, id.Host()); err != nil || describe(cl, id.String()) != nil {
		t.Errorf("the namespace endpoint with keys alone: %v", err)
	}
}

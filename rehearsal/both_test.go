//go:build !lean

package rehearsal

import (
	"context"
	"strings"
	"testing"
	"time"

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

package oidc

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"onramp/custody"
	"onramp/fault"
)

// issuer is a provider that tells its addresses once it is let.
type issuer struct {
	*httptest.Server
	asked atomic.Int64
	there chan struct{} // an entry for each who asks
	let   chan struct{}
	open  func() // closes let
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{there: make(chan struct{}, 100), let: make(chan struct{})}
	i.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		i.there <- struct{}{}
		<-i.let
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q}`, i.URL, i.URL+"/auth", i.URL+"/token", i.URL+"/keys")
	}))
	i.open = sync.OnceFunc(func() { close(i.let) })
	t.Cleanup(i.Close)
	t.Cleanup(i.open)
	return i
}

func (i *issuer) provider(t *testing.T, now func() time.Time) *Provider {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(i.Certificate())
	p, err := New(Options{Issuer: i.URL, ClientID: "onramp", Redirect: "https://onramp.test/signin/callback", Roots: roots, Roles: map[string]custody.Role{"a": custody.Owner}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSlowIssuer: while the issuer takes its time it is asked once for all who want to begin, whoever leaves waits no
// longer, and what needs no answer of it is judged at once.
// ASVS 15.2.2.
func TestSlowIssuer(t *testing.T) {
	i := newIssuer(t)
	p := i.provider(t, nil)
	const people = 40
	var all sync.WaitGroup
	errs := make([]error, people)
	for n := range errs {
		all.Go(func() { _, _, errs[n] = p.Begin(t.Context(), "/", false) })
	}
	<-i.there
	ctx, leave := context.WithCancel(t.Context())
	leave()
	answered := make(chan error, 2)
	go func() {
		_, _, err := p.Begin(ctx, "/", false)
		answered <- err
	}()
	go func() {
		_, _, err := p.Finish(t.Context(), "made-up", url.Values{"state": {"x"}})
		answered <- err
	}()
	for range 2 {
		select {
		case err := <-answered:
			if !errors.Is(err, context.Canceled) && !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
		case <-time.After(answerFor / 2): // less than the client's own patience
			t.Fatal("it waits for the issuer")
		}
	}
	i.open()
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if n := i.asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times by %d people", n, people)
	}
}

// TestTooManyBegun: when too many sign-ins are under way the one that began first makes room, and no other.
func TestTooManyBegun(t *testing.T) {
	i := newIssuer(t)
	i.open()
	now := time.Now()
	p := i.provider(t, func() time.Time { return now })
	begin := func() string {
		t.Helper()
		now = now.Add(time.Millisecond)
		_, pending, err := p.Begin(t.Context(), "/", false)
		if err != nil {
			t.Fatal(err)
		}
		return pending
	}
	first, second := begin(), begin()
	now = now.Add(time.Millisecond)
	for n := range mostPending - 2 {
		p.pending[fmt.Sprint("flood", n)] = attempt{began: now}
	}
	last := begin()
	if len(p.pending) != mostPending {
		t.Errorf("%d are under way", len(p.pending))
	}
	for what, x := range map[string]struct {
		name string
		want bool
	}{"the first": {first, false}, "the second": {second, true}, "the last": {last, true}} {
		if _, ok := p.take(x.name); ok != x.want {
			t.Errorf("%s can go on: %t", what, ok)
		}
	}
	begun := begin()
	now = now.Add(pendingFor + time.Second)
	begin()
	if _, ok := p.pending[begun]; ok || len(p.pending) != 1 {
		t.Errorf("%d are under way after their time", len(p.pending))
	}
}

// TestAsksForAuthTime: each sign-in has the provider tell when it last asked the person, and a second look has it ask.
func TestAsksForAuthTime(t *testing.T) {
	i := newIssuer(t)
	i.open()
	p := i.provider(t, nil)
	for again, want := range map[bool]string{false: "31536000 ", true: "0 login"} {
		address, _, err := p.Begin(t.Context(), "/", again)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if q := u.Query(); q.Get("max_age")+" "+q.Get("prompt") != want {
			t.Errorf("a second look %t asks %s", again, u.RawQuery)
		}
	}
}

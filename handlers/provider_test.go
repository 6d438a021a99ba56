package handlers_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"onramp/custody"
	"onramp/people"
	"onramp/reach"
)

// slowProvider signs people in, once it is let.
type slowProvider struct {
	there chan struct{} // an entry for each who is asked
	let   chan struct{}
}

func newSlowProvider() *slowProvider {
	return &slowProvider{there: make(chan struct{}, 1000), let: make(chan struct{})}
}

func (p *slowProvider) wait(ctx context.Context) error {
	p.there <- struct{}{}
	select {
	case <-p.let:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *slowProvider) Begin(ctx context.Context, _ string, _ bool) (address, pending string, err error) {
	return "https://id.example.com/auth", "pending", p.wait(ctx)
}

func (p *slowProvider) Finish(ctx context.Context, _ string, _ url.Values) (people.Claim, string, error) {
	return people.Claim{Issuer: "https://id.example.com", Subject: "mia", Role: custody.Owner, Proved: time.Now()}, "/help", p.wait(ctx)
}

// turnsThere are more requests than answers are made at once.
func turnsThere() int { return max(16, 4*runtime.GOMAXPROCS(0)) + 4 }

// heldUp sends many requests, waits until all of them wait for somebody else's network, and wants other pages to be
// answered meanwhile. let lets them go on; each is to answer with status.
func heldUp(t *testing.T, d *desk, request func(n int) *http.Request, there <-chan struct{}, let func(), status int) {
	t.Helper()
	var all sync.WaitGroup
	many := turnsThere()
	got := make([]int, many)
	for n := range many {
		r := request(n)
		all.Go(func() {
			resp, err := d.client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
			got[n] = resp.StatusCode
		})
	}
	defer all.Wait()
	defer let()
	late := time.After(20 * time.Second)
	for n := range many {
		select {
		case <-there:
		case <-late:
			t.Fatalf("of %d requests %d wait for the network, and the others for them", many, n)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, path := range []string{"/healthz", "/signin"} {
		r := d.request("GET", path, nil)
		r.Header.Del("Cookie")
		resp, err := d.client.Do(r.WithContext(ctx))
		if err != nil {
			t.Fatalf("%s waits too: %v", path, err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d", path, resp.StatusCode)
		}
	}
	let()
	all.Wait()
	for n, s := range got {
		if s != status {
			t.Errorf("request %d answers %d", n, s)
		}
	}
}

// TestSlowProvider: a provider of sign-ins that does not answer holds nobody else's page up.
// ASVS 15.2.2.
func TestSlowProvider(t *testing.T) {
	for _, path := range []string{"/signin/provider?next=/help", "/signin/callback?code=x&state=y"} {
		t.Run(strings.SplitN(path, "?", 2)[0], func(t *testing.T) {
			p := newSlowProvider()
			d := sharedDesk(t, deskOptions{provider: p, proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
			d.as = ""
			heldUp(t, d, func(n int) *http.Request {
				return d.request("GET", path, nil, "X-Forwarded-For", netip.AddrFrom4([4]byte{198, 51, 100, byte(n)}).String())
			}, p.there, sync.OnceFunc(func() { close(p.let) }), http.StatusSeeOther)
		})
	}
}

// TestSlowLookup: a name server that does not answer holds up nobody but who asks what will be dialled.
// ASVS 15.2.2.
func TestSlowLookup(t *testing.T) {
	there, on := make(chan struct{}, 1000), make(chan struct{})
	gate := reach.New(reach.Options{Resolve: func(context.Context, string) ([]netip.Addr, error) {
		there <- struct{}{}
		<-on // longer than a lookup may take: else one after the other would come to its end
		return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
	}})
	d := sharedDesk(t, deskOptions{gate: gate})
	path := "/m/" + d.cloudMove("Payments", "20") + "/test"
	heldUp(t, d, func(int) *http.Request { return d.request("GET", path, nil) }, there, sync.OnceFunc(func() { close(on) }), http.StatusOK)
}

// TestSignInsByProviderAreCounted: so many sign-ins a minute begin from one network, and so many come back there; the rest
// are refused before the provider is asked.
// ASVS 6.3.1.
func TestSignInsByProviderAreCounted(t *testing.T) {
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	p := newSlowProvider()
	close(p.let)
	d := sharedDesk(t, deskOptions{provider: p, now: func() time.Time { return now }, proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	d.as = ""
	for _, path := range []string{"/signin/provider", "/signin/callback?code=x&state=y"} {
		for _, network := range []string{"2001:db8:1::", "2001:db8:2::"} {
			asked := 0
			for n := range 30 {
				r := d.get(path, "X-Forwarded-For", network+string('1'+rune(n%9)))
				select {
				case <-p.there:
					asked++
				default:
				}
				if want := map[bool]int{true: 303, false: 429}[n < 20]; r.status != want {
					t.Errorf("%s, %d of %s, answers %d", path, n+1, network, r.status)
				}
			}
			if asked != 20 {
				t.Errorf("%s: the provider was asked %d times", path, asked)
			}
		}
	}
	now = now.Add(time.Minute)
	d.get("/signin/provider", "X-Forwarded-For", "2001:db8:1::1").want(t, 303)
}

// Package oidc lets an OpenID Connect provider say who signs in: the authorization code flow with state, nonce and PKCE
// (RFC 7636, S256). Groups that the provider tells become a role.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"onramp/custody"
	"onramp/fault"
	"onramp/people"
)

// Options of a Provider.
type Options struct {
	Issuer   string // required: its URL, as its tokens name it
	ClientID string // required
	Secret   string // "" for a public client: PKCE alone protects it
	Redirect string // required: where the provider sends browsers back, https://HOST/signin/callback
	// GroupsClaim names the claim that holds the groups; default "groups".
	GroupsClaim string
	Roles       map[string]people.Role // by group; a person gets the highest
	Roots       *x509.CertPool         // default: the system's
	Now         func() time.Time       // default time.Now
}

// How long a sign-in may take at the provider, and how many may be under way.
const (
	pendingFor  = 10 * time.Minute
	mostPending = 10_000
	answerFor   = 10 * time.Second // how long the provider may take to answer Onramp
	// remembered is how long ago the provider may have asked the person. It is long, so that it keeps to its own rule: a
	// sign-in that names it gets auth_time in the answer (OpenID Connect Core 2), from which a second look counts.
	remembered = 365 * 24 * time.Hour
)

// Provider is safe for concurrent use. It asks its issuer for its keys and addresses at the first sign-in, so that
// Onramp starts while the issuer is away.
type Provider struct {
	o      Options
	client *http.Client

	asking singleflight.Group // of the issuer, for all who wait

	mu      sync.Mutex // is held while nobody is asked
	found   *oidc.Provider
	pending map[string]attempt
}

// attempt is a sign-in under way. The browser holds its name alone.
type attempt struct {
	state, nonce, verifier, next string
	again                        bool
	began                        time.Time
}

// New returns a Provider; it is an error to leave out a required option.
func New(o Options) (*Provider, error) {
	if o.Issuer == "" || o.ClientID == "" || o.Redirect == "" {
		return nil, errors.New("oidc: a required option is missing")
	}
	if o.GroupsClaim == "" {
		o.GroupsClaim = "groups"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	return &Provider{o: o, client: &http.Client{Transport: transport, Timeout: answerFor, CheckRedirect: stay}, pending: map[string]attempt{}}, nil
}

// stay follows no redirect: a provider is asked at the addresses that it names itself.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// away is the fault of a provider that does not answer as it should.
func away(err error) error {
	f := fault.Wrap(err, fault.Unavailable, "Your company's sign-in does not answer", "Try again in a moment. If it goes on, tell whoever runs Onramp.")
	f.NotWrong = "Your account and your password are not the reason."
	return f
}

// refused is the fault of an answer that is not believed; why is for the log.
func refused(why error) error {
	f := fault.Wrap(why, fault.Denied, "This sign-in cannot be accepted", "Begin again from the sign-in page.")
	f.Cause = "It was not begun in this browser, was used already, took too long, or the answer is not one for this Onramp."
	f.Unchanged = true
	return f
}

// notAsked is the fault of a second look after which the provider does not say that it asked the person; why is for the log.
func notAsked(why error) error {
	f := fault.Wrap(why, fault.Denied, "Your company's sign-in does not say that it asked you again", "Try again. If it goes on, tell whoever runs that sign-in: after prompt=login, its ID token has to carry the auth_time of that moment.")
	f.NotWrong = "You stay signed in."
	f.Unchanged = true
	return f
}

// discover is the provider's addresses and keys. Of all who want them while they are not known one asks; whoever leaves
// meanwhile waits no longer.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	if known := p.known(); known != nil {
		return known, nil
	}
	answer := p.asking.DoChan(p.o.Issuer, func() (any, error) {
		if known := p.known(); known != nil { // since a moment ago
			return known, nil
		}
		// Others wait too, and its keys are fetched again later: not with the context of the request that happened to be first.
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.o.Issuer)
		if err == nil {
			p.mu.Lock()
			p.found = found
			p.mu.Unlock()
		}
		return found, err
	})
	select {
	case a := <-answer:
		if a.Err != nil {
			return nil, away(a.Err)
		}
		return a.Val.(*oidc.Provider), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (p *Provider) known() *oidc.Provider {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.found
}

func (p *Provider) config(found *oidc.Provider) oauth2.Config {
	return oauth2.Config{ClientID: p.o.ClientID, ClientSecret: p.o.Secret, Endpoint: found.Endpoint(), RedirectURL: p.o.Redirect,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email", "groups"}}
}

// Begin returns where to send the browser, and the name of the attempt, which it brings back. again makes the provider
// ask for the person's proof even where it remembers them.
func (p *Provider) Begin(ctx context.Context, next string, again bool) (address, pending string, err error) {
	found, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	a := attempt{state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), next: next, again: again, began: p.o.Now()}
	pending = rand.Text()
	p.mu.Lock()
	p.makeRoom(a.began)
	p.pending[pending] = a
	p.mu.Unlock()
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier)}
	if again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	} else {
		options = append(options, oauth2.SetAuthURLParam("max_age", strconv.Itoa(int(remembered.Seconds()))))
	}
	c := p.config(found)
	return c.AuthCodeURL(a.state, options...), pending, nil
}

// makeRoom forgets the attempts that took too long and, while there are too many, the oldest: whoever began just now has
// most of the way before them. p.mu is held.
func (p *Provider) makeRoom(now time.Time) {
	oldest := ""
	for name, a := range p.pending {
		switch {
		case now.Sub(a.began) > pendingFor:
			delete(p.pending, name)
		case oldest == "" || a.began.Before(p.pending[oldest].began):
			oldest = name
		}
	}
	if len(p.pending) >= mostPending {
		delete(p.pending, oldest)
	}
}

// take ends an attempt: nothing is judged by it twice.
func (p *Provider) take(name string) (attempt, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.pending[name]
	delete(p.pending, name)
	return a, ok && p.o.Now().Sub(a.began) <= pendingFor
}

// Finish judges what the browser brought back from the provider: the attempt has to be this browser's and unused, its
// state and nonce the ones that were sent, the token signed by the issuer for this client and not over. The faults:
// Denied; Unavailable.
func (p *Provider) Finish(ctx context.Context, pending string, answer url.Values) (c people.Claim, next string, err error) {
	a, ok := p.take(pending)
	if !ok {
		return c, "", refused(errors.New("no such attempt"))
	}
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(a.state)) != 1 {
		return c, "", refused(errors.New("another state"))
	}
	if code := answer.Get("error"); code != "" {
		f := fault.New(fault.Denied, "Your company's sign-in did not let you in", "Ask whoever runs it whether you may use Onramp.")
		f.Err = errors.New("the provider answered " + url.QueryEscape(code))
		return c, "", f
	}
	found, err := p.discover(ctx)
	if err != nil {
		return c, "", err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	config := p.config(found)
	token, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(a.verifier))
	var told *oauth2.RetrieveError
	switch {
	case errors.As(err, &told) && told.Response.StatusCode < http.StatusInternalServerError:
		return c, "", refused(err)
	case err != nil:
		return c, "", away(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.Verifier(&oidc.Config{ClientID: p.o.ClientID, Now: p.o.Now}).Verify(ctx, raw)
	if err != nil {
		return c, "", refused(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.nonce)) != 1 {
		return c, "", refused(errors.New("another nonce"))
	}
	if c, err = p.claim(ctx, found, token, id, a); err != nil {
		return c, "", err
	}
	return c, a.next, nil
}

// said is what Onramp reads of a token, besides the groups.
type said struct {
	Email    string `json:"email"`
	Verified *bool  `json:"email_verified"`
	Name     string `json:"name"`
	AuthTime int64  `json:"auth_time"`
}

// claim is whom a token is about. Where it names no groups the provider's userinfo is asked.
func (p *Provider) claim(ctx context.Context, found *oidc.Provider, token *oauth2.Token, id *oidc.IDToken, a attempt) (people.Claim, error) {
	c := people.Claim{Issuer: id.Issuer, Subject: id.Subject}
	var s said
	all := map[string]any{}
	if err := errors.Join(id.Claims(&s), id.Claims(&all)); err != nil {
		return c, refused(err)
	}
	if s.AuthTime > 0 { // of the token, which is signed: userinfo is not asked for it
		c.Proved = time.Unix(s.AuthTime, 0)
	}
	if a.again && c.Proved.Before(a.began.Add(-time.Minute)) {
		return c, notAsked(fmt.Errorf("a second look was begun at %s, and auth_time is %d", a.began.UTC().Format(time.RFC3339), s.AuthTime))
	}
	_, named := all[p.o.GroupsClaim]
	if (!named || s.Email == "") && found.UserInfoEndpoint() != "" {
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return c, away(err)
		}
		if info.Subject != id.Subject { // OpenID Connect Core 5.3.2
			return c, refused(errors.New("userinfo is about another"))
		}
		more := map[string]any{}
		if err := errors.Join(info.Claims(&s), info.Claims(&more)); err != nil {
			return c, refused(err)
		}
		if !named {
			all[p.o.GroupsClaim] = more[p.o.GroupsClaim]
		}
	}
	c.Name = s.Name
	if s.Verified == nil || *s.Verified {
		c.Email = s.Email
	}
	for _, g := range groups(all[p.o.GroupsClaim]) {
		c.Role = max(c.Role, p.o.Roles[g])
	}
	if c.Role < custody.Nobody || c.Role > custody.Owner {
		c.Role = custody.Nobody
	}
	return c, nil
}

// groups reads a claim that is one name or a list of them.
func groups(v any) (out []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

// company is a company's sign-in: a real OpenID Connect provider (zitadel/oidc), with groups, and with a hand on what it
// answers at its token endpoint.
type company struct {
	*storage.Storage
	srv    *httptest.Server
	mu     sync.Mutex
	groups []string
	life   time.Duration               // of ID tokens; 0: the provider's own
	asked  func() time.Time            // when it asked the person, who is remembered since; zero: it does not tell; nil: just now
	bend   func(idToken string) string // nil: answers go out as they are
}

func (c *company) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

// SetUserinfoFromToken adds the groups to what userinfo tells.
func (c *company) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, tokenID, subject, origin string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	info.AppendClaims("groups", c.groups)
	return c.Storage.SetUserinfoFromToken(ctx, info, tokenID, subject, origin)
}

// GetClientByClientID is the library's, with another lifetime.
func (c *company) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	client, err := c.Storage.GetClientByClientID(ctx, id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || c.life == 0 {
		return client, err
	}
	return shortLived{client, c.life}, nil
}

// AuthRequestByCode is the library's, of a person whom the provider remembered.
func (c *company) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	r, err := c.Storage.AuthRequestByCode(ctx, code)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || c.asked == nil {
		return r, err
	}
	return remembered{r, c.asked()}, nil
}

// CreateAccessToken is the library's, which knows its own requests alone.
func (c *company) CreateAccessToken(ctx context.Context, r op.TokenRequest) (string, time.Time, error) {
	if x, ok := r.(remembered); ok {
		r = x.AuthRequest
	}
	return c.Storage.CreateAccessToken(ctx, r)
}

type remembered struct {
	op.AuthRequest
	at time.Time
}

func (r remembered) GetAuthTime() time.Time { return r.at }

type shortLived struct {
	op.Client
	life time.Duration
}

func (s shortLived) IDTokenLifetime() time.Duration { return s.life }

// open serves the provider for a portal at an address.
func openCompany(t *testing.T, portal string) *company {
	t.Helper()
	c := &company{}
	var provider http.Handler
	c.srv = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/token") {
			provider.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		provider.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		c.mu.Lock()
		bend := c.bend
		c.mu.Unlock()
		var said map[string]any
		if bend != nil && json.Unmarshal(body, &said) == nil && said["id_token"] != nil {
			said["id_token"] = bend(said["id_token"].(string))
			body, _ = json.Marshal(said)
		}
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(rec.Code)
		_, _ = w.Write(body)
	}))
	t.Cleanup(c.srv.Close)
	c.Storage = storage.NewStorageWithClients(storage.NewUserStore(c.srv.URL), map[string]*storage.Client{
		"onramp": storage.WebClient("onramp", "s3cret", portal+"/signin/callback"), "other": storage.WebClient("other", "s3cret", portal+"/signin/callback")})
	p, err := op.NewProvider(&op.Config{CryptoKey: sha256.Sum256([]byte("test")), CodeMethodS256: true, AuthMethodPost: true, SupportedUILocales: []language.Tag{language.English}}, c, op.StaticIssuer(c.srv.URL))
	if err != nil {
		t.Fatal(err)
	}
	provider = p
	return c
}

// surfer is a person's browser, which trusts everybody here and follows nothing by itself.
type surfer struct {
	*http.Client
	t    *testing.T
	base string
	from string // its address: of each network so many sign-ins a minute are taken
}

var surfers atomic.Int64

func newSurfer(t *testing.T, base string, c *company) *surfer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &surfer{&http.Client{Transport: c.srv.Client().Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, t, base, fmt.Sprint("198.51.100.", surfers.Add(1))}
}

func (b *surfer) send(method, address string, form url.Values) (status int, location, body string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("X-Forwarded-For", b.from)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.base)
	}
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), string(text)
}

// begin sends the browser on its way to the provider and returns the address there.
func (b *surfer) begin(path string) string {
	b.t.Helper()
	_, _, page := b.send("GET", b.base+path+"?next=/help", nil)
	_, link, _ := strings.Cut(page, `href="/signin/provider?`)
	link, _, ok := strings.Cut(link, `"`)
	if !ok {
		b.t.Fatalf("%s leads to no provider\n%.800s", path, page)
	}
	status, to, body := b.send("GET", b.base+"/signin/provider?"+strings.ReplaceAll(link, "&amp;", "&"), nil)
	if status != http.StatusSeeOther {
		b.t.Fatalf("%s answers %d\n%.800s", path, status, body)
	}
	return to
}

// atProvider signs in there, and returns where the provider sends the browser back to.
func (b *surfer) atProvider(c *company, address string) string {
	b.t.Helper()
	_, login, body := b.send("GET", address, nil)
	u, err := url.Parse(login)
	if err != nil || u.Query().Get("authRequestID") == "" {
		b.t.Fatalf("the provider answers %q %s", login, body)
	}
	id := u.Query().Get("authRequestID")
	if err := c.CheckUsernamePassword("test-user@127.0.0.1", "verysecure", id); err != nil {
		b.t.Fatal(err)
	}
	_, back, body := b.send("GET", c.srv.URL+"/authorize/callback?id="+id, nil)
	if !strings.HasPrefix(back, b.base+"/signin/callback?") {
		b.t.Fatalf("the provider sends back to %q %s", back, body)
	}
	return back
}

// changed is an address with one of its parameters changed.
func changed(t *testing.T, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// TestOIDC: the portal against a real provider: who gets in, as what, and which answers it does not believe.
func TestOIDC(t *testing.T) {
	var portal *httputil.ReverseProxy
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { portal.ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	c := openCompany(t, front.URL)
	roots, secret := filepath.Join(t.TempDir(), "roots.pem"), filepath.Join(t.TempDir(), "secret")
	put(t, roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.srv.Certificate().Raw}))
	put(t, secret, []byte("s3cret\n"))
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, "", cleanEnv(), program, "serve", "--addr", "127.0.0.1:0", "--data", data, "--rehearsal", "off", "--json", "--public-url", front.URL, "--behind-proxy", "127.0.0.0/8",
		"--signin", "oidc", "--oidc-issuer", c.srv.URL, "--oidc-client-id", "onramp", "--oidc-client-secret-file", secret, "--oidc-ca-file", roots,
		"--oidc-role", "staff=viewer,dc=example=developer,bosses=owner")
	var line struct {
		URL, Listen string
		First       string `json:"first_admin"`
	}
	if err := json.Unmarshal([]byte(p.line(`^\{.*\}$`)[0]), &line); err != nil {
		t.Fatal(err)
	}
	if line.URL != front.URL+"/" || line.First != "" {
		t.Errorf("the line of serve: %+v", line)
	}
	portal = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: line.Listen})
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		r.SetXForwarded()
	}}
	in := func(b *surfer, back string) (int, string) {
		status, to, body := b.send("GET", back, nil)
		if status == http.StatusSeeOther {
			return status, to
		}
		return status, body
	}
	mayCreate := func(b *surfer) int {
		status, _, _ := b.send("POST", front.URL+"/new", url.Values{"name": {""}})
		return status
	}
	good := func(b *surfer) {
		t.Helper()
		if status, to := in(b, b.atProvider(c, b.begin("/signin"))); status != http.StatusSeeOther || to != "/help" {
			t.Fatalf("signing in answers %d %.600s", status, to)
		}
	}
	c.set(func() { c.groups = []string{"staff", "unknown"} })
	b := newSurfer(t, front.URL, c)
	if status, to, _ := b.send("GET", front.URL+"/expiry", nil); status != 303 || to != "/signin?next=%2Fexpiry" {
		t.Errorf("nobody is sent to %q", to)
	}
	good(b)
	if status := mayCreate(b); status != http.StatusForbidden {
		t.Errorf("a viewer's form answers %d", status)
	}
	// The groups count at the next sign-in.
	c.set(func() { c.groups = []string{"staff", "bosses"} })
	b = newSurfer(t, front.URL, c)
	good(b)
	if status, _, _ := b.send("GET", front.URL+"/people", nil); status != 200 || mayCreate(b) != http.StatusUnprocessableEntity {
		t.Error("a boss is no owner")
	}
	// A second look is the provider's: it has to have asked the person again.
	mayExport := func(b *surfer) bool {
		t.Helper()
		status, to, _ := b.send("GET", front.URL+"/audit.csv", nil)
		if status != 200 && (status != 303 || !strings.HasPrefix(to, "/again?")) {
			t.Errorf("exporting the audit answers %d %s", status, to)
		}
		return status == 200
	}
	secondLook := func(b *surfer) (int, string) { return in(b, b.atProvider(c, b.begin("/again"))) }
	if !mayExport(b) {
		t.Error("whoever has just given the password at the provider needs a second look")
	}
	if status, to := secondLook(b); status != 303 || to != "/help" {
		t.Errorf("the second look answers %d %.300s", status, to)
	}
	for name, asked := range map[string]func() time.Time{
		"remembered for an hour": func() time.Time { return time.Now().Add(-time.Hour) },
		"not told since when":    func() time.Time { return time.Time{} },
	} {
		t.Run(name, func(t *testing.T) {
			b := newSurfer(t, front.URL, c)
			c.set(func() { c.asked = asked })
			good(b)
			if mayExport(b) {
				t.Error("a sign-in that proves nothing passes for a second look")
			}
			if status, body := secondLook(b); status != http.StatusForbidden || !strings.Contains(body, "does not say that it asked you again") {
				t.Errorf("a second look at which nobody is asked answers %d\n%.600s", status, body)
			}
			c.set(func() { c.asked = nil })
			if status, to := secondLook(b); status != 303 || to != "/help" || !mayExport(b) {
				t.Errorf("the second look answers %d %.300s", status, to)
			}
			c.set(func() { c.asked = asked })
			_, to, _ := b.send("GET", front.URL+"/signin/provider?next=/help", nil)
			if status, to := in(b, b.atProvider(c, to)); status != 303 || to != "/help" { // in the place of a session that is proved
				t.Fatalf("signing in once more answers %d %.300s", status, to)
			}
			c.set(func() { c.asked = nil })
			if !mayExport(b) {
				t.Error("a sign-in loses the proof of the one before")
			}
		})
	}

	for _, tt := range []struct {
		name string
		back func(b *surfer) string
	}{
		{"another state", func(b *surfer) string { return changed(t, b.atProvider(c, b.begin("/signin")), "state", "made-up") }},
		{"no state", func(b *surfer) string { return changed(t, b.atProvider(c, b.begin("/signin")), "state", "") }},
		{"another nonce", func(b *surfer) string { return b.atProvider(c, changed(t, b.begin("/signin"), "nonce", "made-up")) }},
		{"no nonce", func(b *surfer) string { return b.atProvider(c, changed(t, b.begin("/signin"), "nonce", "")) }},
		{"another challenge", func(b *surfer) string {
			return b.atProvider(c, changed(t, b.begin("/signin"), "code_challenge", strings.Repeat("A", 43)))
		}},
		{"another client's code", func(b *surfer) string { return b.atProvider(c, changed(t, b.begin("/signin"), "client_id", "other")) }},
		{"a code of nobody", func(b *surfer) string { return changed(t, b.atProvider(c, b.begin("/signin")), "code", "made-up") }},
		{"the provider says no", func(b *surfer) string {
			return changed(t, changed(t, b.atProvider(c, b.begin("/signin")), "code", ""), "error", "access_denied")
		}},
		{"begun in another browser", func(b *surfer) string {
			other := newSurfer(t, front.URL, c)
			return other.atProvider(c, other.begin("/signin"))
		}},
		{"an expired token", func(b *surfer) string {
			c.set(func() { c.life = -time.Hour })
			return b.atProvider(c, b.begin("/signin"))
		}},
		{"a token for another client", func(b *surfer) string {
			begun := b.begin("/signin")
			foreign := changed(t, changed(t, changed(t, begun, "client_id", "other"), "code_challenge", ""), "code_challenge_method", "")
			u, _ := url.Parse(newSurfer(t, front.URL, c).atProvider(c, foreign))
			got := exchange(t, c, "other", front.URL+"/signin/callback", u.Query().Get("code"))
			c.set(func() { c.bend = func(string) string { return got } })
			return b.atProvider(c, begun)
		}},
		{"a token of an earlier sign-in", func(b *surfer) string {
			old := ""
			c.set(func() { c.bend = func(id string) string { old = id; return id } })
			other := newSurfer(t, front.URL, c)
			good(other)
			c.set(func() { c.bend = func(string) string { return old } })
			return b.atProvider(c, b.begin("/signin"))
		}},
		{"a token that was changed", func(b *surfer) string {
			c.set(func() {
				c.bend = func(id string) string {
					parts := strings.Split(id, ".")
					return parts[0] + "." + strings.Replace(parts[1], parts[1][8:12], "AAAA", 1) + "." + parts[2]
				}
			})
			return b.atProvider(c, b.begin("/signin"))
		}},
		{"a token without a signature", func(b *surfer) string {
			c.set(func() {
				c.bend = func(id string) string { return "eyJhbGciOiJub25lIn0." + strings.Split(id, ".")[1] + "." }
			})
			return b.atProvider(c, b.begin("/signin"))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newSurfer(t, front.URL, c)
			b.t = t
			status, body := in(b, tt.back(b))
			c.set(func() { c.bend, c.life = nil, 0 })
			if status != http.StatusForbidden {
				t.Errorf("answers %d\n%.600s", status, body)
			}
			if status, to, _ := b.send("GET", front.URL+"/people", nil); status != 303 || !strings.HasPrefix(to, "/signin") {
				t.Errorf("and lets in: %d %s", status, to)
			}
		})
	}
	t.Run("the same answer twice", func(t *testing.T) {
		b := newSurfer(t, front.URL, c)
		back := b.atProvider(c, b.begin("/signin"))
		first, _ := in(b, back)
		second, _ := in(b, back)
		if first != http.StatusSeeOther || second != http.StatusForbidden {
			t.Errorf("answer %d, then %d", first, second)
		}
	})
	t.Run("groups without a role", func(t *testing.T) {
		elsewhere := newSurfer(t, front.URL, c)
		good(elsewhere)
		c.set(func() { c.groups = []string{"unknown", "builders", "Bosses"} })
		b := newSurfer(t, front.URL, c)
		if status, body := in(b, b.atProvider(c, b.begin("/signin"))); status != http.StatusForbidden || !strings.Contains(body, "None of your groups has a role here") {
			t.Errorf("answers %d", status)
		}
		if status, to, _ := elsewhere.send("GET", front.URL+"/expiry", nil); status != 303 || !strings.HasPrefix(to, "/signin") {
			t.Errorf("another browser of the same person is still in: %d %s", status, to)
		}
		if listed := run(t, cleanEnv(), "people", "list", "--data", data); !strings.Contains(listed.out, "no group with a role") {
			t.Errorf("the list does not say so:\n%s", listed.out)
		}
	})
	t.Run("a group with signs in its name", func(t *testing.T) {
		c.set(func() { c.groups = []string{"dc=example"} })
		b := newSurfer(t, front.URL, c)
		good(b)
		if status := mayCreate(b); status != http.StatusUnprocessableEntity {
			t.Errorf("a developer's form answers %d", status)
		}
	})
	t.Run("disabled", func(t *testing.T) {
		c.set(func() { c.groups = []string{"bosses"} })
		b := newSurfer(t, front.URL, c)
		good(b)
		listed := run(t, cleanEnv(), "people", "list", "--data", data, "--json")
		var people struct {
			Accounts []struct{ ID, Email string }
		}
		if err := json.Unmarshal([]byte(listed.out), &people); err != nil || len(people.Accounts) != 1 {
			t.Fatalf("one person signed in many times: %v %s", err, listed.out)
		}
		// The command refuses to leave nobody as owner; the database holds one person here, so that a second is made first.
		if a := run(t, cleanEnv(), "people", "disable", people.Accounts[0].Email, "--data", data); a.code == 0 {
			t.Fatal("the last owner was disabled")
		}
		run(t, cleanEnv(), "people", "add", "--email", "second@example.com", "--role", "owner", "--data", data)
		if a := run(t, cleanEnv(), "people", "disable", people.Accounts[0].Email, "--data", data); a.code != 0 {
			t.Fatalf("disable: %s", a.err)
		}
		if status, to, _ := b.send("GET", front.URL+"/", nil); status != 303 || !strings.HasPrefix(to, "/signin") {
			t.Errorf("the next request answers %d", status)
		}
		if status, body := in(b, b.atProvider(c, b.begin("/signin"))); status != http.StatusForbidden || !strings.Contains(body, "disabled") {
			t.Errorf("signing in again answers %d", status)
		}
	})
}

// exchange redeems a code as a client and returns the ID token.
func exchange(t *testing.T, c *company, client, redirect, code string) string {
	t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}}
	r, err := http.NewRequestWithContext(t.Context(), "POST", c.srv.URL+"/oauth/token", bytes.NewBufferString(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(client, "s3cret")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var said struct {
		ID string `json:"id_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil || said.ID == "" {
		t.Fatalf("no token for %s: %v %s", client, err, resp.Status)
	}
	return said.ID
}

func put(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

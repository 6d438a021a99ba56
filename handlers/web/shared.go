package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"

	"onramp/notices"
	"onramp/people"
)

// Shared is what a portal for several people has besides.
type Shared struct {
	People *people.Service // required
	// Public is the address that people open: https, without a path. Host, origin, links and cookies follow from it.
	Public *url.URL
	// Proxies are where the reverse proxy that ends TLS sits; what it says of a request's origin is believed from there
	// alone. Empty: Onramp ends TLS itself.
	Proxies []netip.Prefix
	// Calendars are the addresses of people's calendars. Required.
	Calendars *people.Calendars
	// Mails are who gets mails, and when; nil: no mail server is set.
	Mails *notices.Subscriptions
	// Provider signs people in; nil: accounts with passwords do.
	Provider Provider
	// Metrics is where a listener of its own answers /metrics, host:port.
	Metrics string
}

// Provider is a service that signs people in (people/oidc).
type Provider interface {
	// Begin returns where to send the browser, and what has to be known when it comes back, which is no secret to it.
	// again asks the provider to let the person prove once more who they are.
	Begin(ctx context.Context, next string, again bool) (address, pending string, err error)
	// Finish judges what the browser brought back. It returns whom the provider has signed in, and next of Begin.
	Finish(ctx context.Context, pending string, answer url.Values) (c people.Claim, next string, err error)
}

// origin is the public address as browsers name it in Origin.
func (s *Shared) origin() string { return s.Public.Scheme + "://" + strings.ToLower(s.Public.Host) }

// hosts are the Host headers that the public address has.
func (s *Shared) hosts() map[string]bool {
	host := strings.ToLower(s.Public.Host)
	hosts := map[string]bool{host: true}
	switch s.Public.Port() {
	case "":
		hosts[host+":443"] = true
	case "443":
		hosts[strings.TrimSuffix(host, ":443")] = true
	}
	return hosts
}

// asksHealth reports a request that says nothing of content, and that monitors send to any name.
func asksHealth(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// refuses says why a request is none for this portal; "" when it is.
func (s *Shared) refuses(r *http.Request) string {
	hosts := s.hosts()
	switch peer := peerOf(r); {
	case asksHealth(r):
		return ""
	case r.TLS == nil && !s.trusts(peer):
		return "it came without TLS and not from the reverse proxy"
	case hosts[strings.ToLower(r.Host)]:
		return ""
	case s.trusts(peer) && hosts[strings.ToLower(r.Header.Get("X-Forwarded-Host"))]:
		return ""
	}
	return "it is for another host"
}

// foreign reports a request that would change something and does not come from a page of ours: its Origin has to be the
// public address, and the browser, where it says so, has to call it our own.
func (s *Shared) foreign(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	switch {
	case len(r.Header.Values("Origin")) > 1 || len(r.Header.Values("Sec-Fetch-Site")) > 1:
		return true
	case site != "" && site != "same-origin" && site != "none":
		return true
	case origin == "null" && isHandoff(r): // so browsers call it where the page tells nobody its address; its token is its right
		return false
	case origin != "":
		return strings.ToLower(origin) != s.origin()
	case site != "":
		return false
	}
	// onramp check --post, and a mail program that ends somebody's mails (RFC 8058): the token in the address is their right.
	report, _ := path.Match("/report/*.json", r.URL.Path)
	return !report && r.URL.Path != "/unsubscribe"
}

func (s *Shared) trusts(peer netip.Addr) bool {
	return slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(peer) })
}

// peerOf is the address at the other end of the connection.
func peerOf(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// cameFrom is the address that a request came from: the connection's other end or, behind a reverse proxy that is known,
// the last address of X-Forwarded-For that is no proxy's.
func (h *Site) cameFrom(r *http.Request) string {
	if h.Shared == nil {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			return ""
		}
		return host
	}
	peer := peerOf(r)
	if !h.Shared.trusts(peer) {
		return peer.String()
	}
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(said) {
		at, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			break
		}
		if peer = at.Unmap().WithZone(""); !h.Shared.trusts(peer) {
			break
		}
	}
	return peer.String()
}

// KnownMetricsHost refuses, where metrics are answered on loopback alone, requests under a name: a page of somebody else's
// site, whose name was made to point at this machine, reads nothing there.
func (h *Site) KnownMetricsHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, _ := netip.ParseAddrPort(h.Shared.Metrics)
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); at.Addr().IsLoopback() && err != nil && host != "localhost" {
			http.Error(w, "Ask by the address of this machine.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Base is the portal's own address as the reader of a page knows it, without a slash at its end.
func (h *Site) Base(r *http.Request) string {
	switch {
	case h.Shared != nil:
		return h.Shared.Public.String()
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// hostPrefix begins the names of cookies that a browser takes over HTTPS alone, from this host alone, for all of it.
const hostPrefix = "__Host-"

// setCookie sets a cookie for all of the portal that no script reads; over HTTPS alone where the portal is shared.
func setCookie(w http.ResponseWriter, r *http.Request, c *http.Cookie) {
	c.Path, c.HttpOnly = "/", true
	if RecordOf(r).shared {
		c.Name, c.Secure = hostPrefix+c.Name, true
	}
	http.SetCookie(w, c)
}

// readCookie reads a cookie that setCookie has set.
func readCookie(r *http.Request, name string) (*http.Cookie, error) {
	if RecordOf(r).shared {
		name = hostPrefix + name
	}
	return r.Cookie(name)
}

// The cookies of a sign-in under way: the token of a one-time link, and what a provider's answer is judged by. Both are
// for a few minutes, and the second has to survive a visit from the provider's site.
const (
	linkCookie    = "onramp_link"
	pendingCookie = "onramp_pending"
	pendingFor    = 10 * 60
)

// HoldLink keeps the token of a one-time link for the form that follows its page.
func HoldLink(w http.ResponseWriter, r *http.Request, token string) {
	setCookie(w, r, &http.Cookie{Name: linkCookie, Value: token, MaxAge: pendingFor, SameSite: http.SameSiteStrictMode})
}

// HeldLink is the token that HoldLink keeps; "" for none.
func HeldLink(r *http.Request) string {
	c, err := readCookie(r, linkCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// DropLink forgets it.
func DropLink(w http.ResponseWriter, r *http.Request) {
	setCookie(w, r, &http.Cookie{Name: linkCookie, MaxAge: -1, SameSite: http.SameSiteStrictMode})
}

// HoldPending keeps what a provider's answer is judged by.
func HoldPending(w http.ResponseWriter, r *http.Request, pending string) {
	setCookie(w, r, &http.Cookie{Name: pendingCookie, Value: pending, MaxAge: pendingFor, SameSite: http.SameSiteLaxMode})
}

// TakePending gives it back, once.
func TakePending(w http.ResponseWriter, r *http.Request) string {
	c, err := readCookie(r, pendingCookie)
	if err != nil {
		return ""
	}
	setCookie(w, r, &http.Cookie{Name: pendingCookie, MaxAge: -1, SameSite: http.SameSiteLaxMode})
	return c.Value
}

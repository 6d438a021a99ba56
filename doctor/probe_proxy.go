package doctor

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// chooseProxy finds the proxy that Go programs would use for the target (P12): HTTPS_PROXY and
// NO_PROXY, with the rules of net/http. Loopback is never proxied. Where it matters what is reached (Options.To) there is
// none: it would look the name up itself.
func (r *run) chooseProxy() {
	if r.o.To != nil {
		return
	}
	get := func(names ...string) (name, value string) {
		for _, n := range names {
			if v := r.o.Getenv(n); v != "" {
				return n, v
			}
		}
		return "", ""
	}
	name, value := get("HTTPS_PROXY", "https_proxy")
	if value == "" {
		return
	}
	_, no := get("NO_PROXY", "no_proxy")
	target := &url.URL{Scheme: "https", Host: r.addr.String()}
	// Whether the target is proxied at all is asked with an address that is surely good.
	applies, _ := (&httpproxy.Config{HTTPSProxy: "http://proxy.invalid:1", NoProxy: no}).ProxyFunc()(target)
	if applies == nil {
		return
	}
	u, err := (&httpproxy.Config{HTTPSProxy: value, NoProxy: no}).ProxyFunc()(target)
	// httpproxy takes a value that is no URL for host:port; one with a scheme must stand as it is.
	if strings.Contains(value, "://") {
		u, err = url.Parse(value)
	}
	if err != nil || u == nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") || !goodPort(u.Port()) {
		r.badProxy = name
		return
	}
	r.proxy = u
	r.values["proxy"] = u.Host
	r.values["variable"] = name
}

func goodPort(p string) bool {
	if p == "" {
		return true
	}
	n, err := strconv.Atoi(p)
	return err == nil && n > 0 && n < 65536
}

// proxyRefusal is a proxy's answer to CONNECT that is not 200.
type proxyRefusal struct{ status int }

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy answered CONNECT with %d %s", e.status, http.StatusText(e.status))
}

// errProxyDown and errNoConnect tell the two other ways in which a proxy fails.
var (
	errProxyDown = errors.New("the proxy cannot be reached")
	errNoConnect = errors.New("the proxy does not answer CONNECT as HTTP")
)

// proxyAddr is the proxy's host:port.
func proxyAddr(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// dialProxy connects to the target through the proxy.
func (r *run) dialProxy(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.TCP)
	defer cancel()
	conn, err := r.dial(ctx, proxyAddr(r.proxy))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errProxyDown, err)
	}
	if r.proxy.Scheme == "https" {
		tc := tls.Client(conn, &tls.Config{ServerName: r.proxy.Hostname()})
		if err := tc.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, fmt.Errorf("%w: %w", errProxyDown, err)
		}
		conn = tc
	}
	if err := connect(ctx, conn, r.addr.String(), r.proxy.User); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// connect opens a tunnel through a proxy.
func connect(ctx context.Context, conn net.Conn, to string, user *url.Userinfo) error {
	res, err := askTunnel(ctx, conn, to, user)
	switch {
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK:
		return &proxyRefusal{res.StatusCode}
	}
	return conn.SetDeadline(time.Time{})
}

// askTunnel asks a proxy for a tunnel (RFC 9110 §9.3.6).
func askTunnel(ctx context.Context, conn net.Conn, to string, user *url.Userinfo) (*http.Response, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(5 * time.Second)
	}
	_ = conn.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	auth := ""
	if user != nil {
		pass, _ := user.Password()
		auth = "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+pass)) + "\r\n"
	}
	if _, err := fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: onramp\r\n%s\r\n", to, to, auth); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoConnect, err)
	}
	// One byte at a time, so that nothing of the tunnel is read away.
	br := bufio.NewReaderSize(oneByte{conn}, 16)
	res, err := http.ReadResponse(br, &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil && timedOut(err):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errNoConnect, err)
	}
	return res, nil
}

// oneByte reads a connection byte by byte.
type oneByte struct{ net.Conn }

func (c oneByte) Read(b []byte) (int, error) {
	if len(b) > 1 {
		b = b[:1]
	}
	return c.Conn.Read(b)
}

// tcpByProxy is stage tcp where a proxy stands in between.
func (r *run) tcpByProxy(ctx context.Context) {
	r.see("proxy", r.proxy.Host)
	r.see("variable", r.values["variable"])
	r.path = path{dial: r.dialProxy}
	direct := r.direct(ctx)
	conn, err := r.dialProxy(ctx)
	if err == nil {
		r.conn = conn
		r.judgeDirect(direct)
		r.say("the proxy %s opens a tunnel to %s", r.proxyName(), r.addr)
		return
	}
	if r.expired(ctx) {
		return
	}
	r.see("error", err.Error())
	var refusal *proxyRefusal
	also := r.pastProxy(direct)
	switch {
	case errors.Is(err, errProxyDown):
		r.stop("PX-01", Certain, also...)
	case errors.As(err, &refusal):
		r.see("status", refusal.status)
		r.values["status"] = strconv.Itoa(refusal.status)
		switch refusal.status {
		case http.StatusProxyAuthRequired:
			r.stop("PX-02", Certain, also...)
		case http.StatusForbidden:
			r.stop("PX-03", Certain, also...)
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			r.stop("PX-04", Certain, also...)
		case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
			r.stop("PX-05", Certain, also...)
		default:
			r.stop("PX-03", Likely, also...)
		}
	case timedOut(err):
		r.stop("PX-06", Certain, also...)
	case errors.Is(err, errNoConnect):
		r.stop("PX-05", Certain, also...)
	default:
		r.unknown("")
	}
}

package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.temporal.io/api/serviceerror"
)

// webServer is a plain web server that answers every request, CONNECT too, with a status and a page.
func webServer(t testing.TB, status int) string {
	ln := listen(t, "127.0.0.1:0")
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html>hello</html>")
	})}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { srv.Close() })
	return ln.Addr().String()
}

// fieldRows are kinds that other laboratories and people brought (docs/field.md), where a client can know less than it
// seems.
func fieldRows() []faultRow {
	unknown := dnsSays(nowhere)
	alias := func(host string) func(*lab) Target {
		return func(l *lab) Target {
			t := l.target(host + ":7233")
			t.ExtraRootsPEM = nil
			return t
		}
	}
	// filtered is a namespace's endpoint that DNS leads to this machine, where something listens on the port.
	filtered := func(to string, address func(l *lab) string) (func(*lab) Target, func(*lab) func(*Options)) {
		return func(l *lab) Target {
				t := l.target(labHost + ":7233")
				t.ExtraRootsPEM = nil
				return t
			}, inside(func(l *lab) internet {
				return internet{names: map[string]dnsReply{labHost: {v4: []string{to}}}, routes: map[string]string{to + ":7233": address(l)}}
			})
	}
	row := func(name string, code string, level Level, stage string, make func(*lab) Target, prepare func(*lab) func(*Options)) faultRow {
		return faultRow{name, make, prepare, code, level, stage}
	}
	page := func(l *lab) string { return raw(l.t, says("HTTP/1.1 400 Bad Request\r\n\r\n")) }
	ownCA := func(l *lab) string { return l.serve(l.serverWith(newAuthority(l.t, "Filter CA", nil))) }
	pageMake, pageAt := filtered("127.0.0.1", page)
	_, pageAtNone := filtered("0.0.0.0", page)
	_, caAt := filtered("127.0.0.1", ownCA)
	_, closes := filtered("127.0.0.1", func(l *lab) string { return raw(l.t, closeAfterHello) })

	// atCloud is a server under Temporal Cloud's name whose certificate this system trusts, though no public CA made it.
	atCloud := func(serve func(l *lab, c *tls.Config) string, edit ...func(*tls.Config)) (func(*lab) Target, func(*lab) func(*Options)) {
		return func(l *lab) Target {
				t := l.target(labHost + ":7233")
				t.ExtraRootsPEM = nil
				return t
			}, atEast(func(l *lab) string {
				c := l.serverWith(systemCA)
				c.SessionTicketsDisabled = true
				for _, e := range edit {
					e(c)
				}
				return serve(l, c)
			})
	}
	over := func(talk func(*tls.Conn)) func(l *lab, c *tls.Config) string {
		return func(l *lab, c *tls.Config) string { return overTLS(l.t, c, talk) }
	}
	resets, resetAt := atCloud(over(resetTLS))
	_, dropAt := atCloud(over(dropTLS))
	_, neverAsks := atCloud(over(resetTLS), func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })
	_, cutsAt := atCloud(func(l *lab, c *tls.Config) string { return l.cutsCallsWith(c) })

	// refused is a server that refuses whatever certificate with this alert.
	refused := func(alert byte, pair func(l *lab) keyPair) func(*lab) Target {
		return func(l *lab) Target {
			t, p := l.target(l.refusesWith(alert)), pair(l)
			t.CertPEM, t.KeyPEM = p.cert, p.key
			return t
		}
	}
	isCA := func(l *lab) keyPair {
		return l.clientCA.issue(l.t, "orders worker", "p256", func(c *x509.Certificate) { c.IsCA = true })
	}
	ownAndCA := func(l *lab) keyPair {
		_, p := l.selfSigned("orders worker", func(c *x509.Certificate) {
			c.KeyUsage |= x509.KeyUsageDigitalSignature
		})
		return p
	}
	ofPublicCA := func(l *lab) keyPair { return systemCA.issue(l.t, "www.example.com", "p256") }
	logged := func(l *lab) keyPair {
		return newAuthority(l.t, "Public issuing CA", nil).issue(l.t, "www.example.com", "p256", public)
	}
	own := func(under func(l *lab) (*authority, []byte)) func(*lab) Target {
		return func(l *lab) Target {
			ca, root := under(l)
			t := l.target(l.serve(l.serverWith(ca)))
			t.ExtraRootsPEM, t.RootsPEM = nil, root
			return t
		}
	}
	plain := func(address func(l *lab) string) func(*lab) Target {
		return func(l *lab) Target { return l.target(address(l)) }
	}
	return []faultRow{
		row("IN-10 the alias of Docker's host", "IN-10", Likely, "dns", alias("host.docker.internal"), unknown),
		row("IN-10 the alias of Docker's gateway", "IN-10", Likely, "dns", alias("gateway.docker.internal"), unknown),
		row("IN-10 the alias of Podman's host", "IN-10", Likely, "dns", alias("host.containers.internal"), unknown),
		row("IN-10 a service of Compose", "IN-10", Likely, "dns", alias("temporal"), unknown),
		row("IN-10 a service of Kubernetes", "IN-10", Likely, "dns", alias("temporal-frontend.temporal.svc.cluster.local"), unknown),
		row("DN-01 a service of Compose, with a namespace of its own", "DN-01", Certain, "dns", func(l *lab) Target {
			t := l.target("temporal:7233")
			t.Namespace = "default"
			return t
		}, unknown),

		row("DN-08 filtered, and a page answers here", "DN-08", Likely, "tls", pageMake, pageAt),
		row("DN-08 filtered by 0.0.0.0, and a page answers here", "DN-08", Likely, "tls", pageMake, pageAtNone),
		row("DN-08 filtered, and a server of another CA answers here", "DN-08", Likely, "tls", pageMake, caAt),
		row("DN-08 filtered, and what answers here closes", "DN-08", Likely, "tls", pageMake, closes),
		row("DN-08 another server's name, filtered by 0.0.0.0", "DN-08", Certain, "dns", func(l *lab) Target {
			return l.target("temporal.example.com:1")
		}, dnsSays(dnsReply{v4: []string{"0.0.0.0"}})),

		row("CH-18 the client is a CA, and is refused as bad", "CH-18", Likely, "client-cert", refused(42, isCA), nil),
		row("CH-18 the client is a CA, and is refused as unsupported", "CH-18", Likely, "client-cert", refused(43, isCA), nil),
		row("CH-18 the client is a CA, and its issuer is not known", "CH-18", Likely, "client-cert", refused(48, isCA), nil),
		row("CH-18 the client is a CA that signed itself", "CH-18", Likely, "client-cert", refused(48, ownAndCA), nil),
		row("CH-24 the client's certificate is of a CA that this system trusts", "CH-24", Likely, "client-cert", refused(48, ofPublicCA), nil),
		row("CH-24 the client's certificate is in the public logs", "CH-24", Likely, "client-cert", refused(48, logged), nil),
		row("CH-24 a public CA's certificate, refused as bad", "CH-24", Likely, "client-cert", refused(42, ofPublicCA), nil),

		row("SV-11 a private server without its intermediate", "SV-11", Likely, "tls", own(func(l *lab) (*authority, []byte) {
			root := newAuthority(l.t, "Acme root", nil)
			return newAuthority(l.t, "Acme Issuing CA 1", root), root.pem
		}), nil),
		row("SV-11 a private server without its intermediate, its root in the system", "SV-11", Likely, "tls", own(func(l *lab) (*authority, []byte) {
			return newAuthority(l.t, "Acme intermediate", systemCA), nil
		}), nil),
		row("SV-13 a server that signed its own certificate", "SV-13", Certain, "tls", func(l *lab) Target {
			_, p := l.selfSigned("localhost", func(c *x509.Certificate) {
				c.IsCA, c.KeyUsage = false, x509.KeyUsageDigitalSignature
				c.DNSNames, c.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
			})
			t := l.target(l.serve(l.mtls(func(c *tls.Config) { c.Certificates = []tls.Certificate{p.tls(l.t)} })))
			t.ExtraRootsPEM = nil
			return t
		}, nil),

		row("PR-02 a web server that answers CONNECT as any request", "PR-02", Likely, "tls", plain(func(l *lab) string { return webServer(l.t, 200) }), nil),
		row("PR-02 a gateway without a backend", "PR-02", Likely, "tls", plain(func(l *lab) string { return webServer(l.t, 502) }), nil),
		row("PR-02 a web server that forbids", "PR-02", Likely, "tls", plain(func(l *lab) string { return webServer(l.t, 403) }), nil),
		row("PR-02 a web server that knows no CONNECT", "PR-02", Certain, "tls", plain(func(l *lab) string { return webServer(l.t, 405) }), nil),
		row("PX-11 a proxy that opens a tunnel", "PX-11", Likely, "tls", plain(func(l *lab) string {
			return raw(l.t, func(c net.Conn) {
				b := make([]byte, 4096)
				if n, _ := c.Read(b); strings.HasPrefix(string(b[:n]), "CONNECT") {
					_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
				} else {
					_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
				}
				silence(c)
			})
		}), nil),

		row("CL-12 reset after the certificate, at Cloud's name", "CL-12", Likely, "client-cert", resets, resetAt),
		row("CL-11 closed after the certificate, at Cloud's name", "CL-11", Likely, "client-cert", resets, dropAt),
		row("PX-09 reset, and the certificate was never asked for", "PX-09", Likely, "client-cert", resets, neverAsks),
		row("H2-11 dropped in mid-call, at Cloud's name", "H2-11", Likely, "grpc", resets, cutsAt),
	}
}

// fieldSources are where the kinds of fieldRows are seen in public, by kind: the source, and the rows that show it.
var fieldSources = []struct{ kind, source, rows string }{
	{"an alias that does not resolve", gh("temporalio/samples-java#595"), "IN-10 a service of Compose"},
	{"an alias that does not resolve", gh("TracecatHQ/tracecat#184"), "IN-10 the alias of Docker's host"},
	{"an alias that does not resolve", gh("airbytehq/airbyte#18079"), "IN-10 a service of Kubernetes"},
	{"an alias that does not resolve", "https://docs.podman.io/en/latest/markdown/podman-run.1.html", "IN-10 the alias of Podman's host"},
	{"a filtering resolver", gh("pi-hole/pi-hole#2337"), "DN-08 filtered by 0.0.0.0, and a page answers here"},
	{"a filtering resolver", gh("IngoZenz/personaldnsfilter#83"), "DN-08 filtered, and a page answers here"},
	{"a filtering resolver", gh("pi-hole/pi-hole#2947"), "DN-08 another server's name, filtered by 0.0.0.0"},
	{"a client certificate that is a CA", gh("coinbase/temporal-ruby#260"), "CH-18 the client is a CA, and its issuer is not known"},
	{"a client certificate that is a CA", gh("rustls/webpki#205"), "CH-18 the client is a CA that signed itself"},
	{"a client certificate that is a CA", "https://docs.temporal.io/cloud/certificates", "CH-18 the client is a CA, and is refused as bad"},
	{"a public CA's certificate", "https://docs.temporal.io/cloud/certificates", "CH-24 the client's certificate is of a CA that this system trusts"},
	{"a public CA's certificate", "https://letsencrypt.org/2025/05/14/ending-tls-client-authentication/", "CH-24 the client's certificate is in the public logs"},
	{"a public CA's certificate", "https://www.rfc-editor.org/rfc/rfc6962", "CH-24 a public CA's certificate, refused as bad"},
	{"a chain without its intermediate", gh("nodejs/node#33705"), "SV-11 a private server without its intermediate"},
	{"a chain without its intermediate", gh("golang/go#28276"), "SV-11 a private server without its intermediate, its root in the system"},
	{"a chain without its intermediate", gh("grpc/grpc#18998"), "SV-13 a server that signed its own certificate"},
	{"a web server or a proxy", "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6", "PR-02 a web server that answers CONNECT as any request"},
	{"a web server or a proxy", gh("grpc/grpc-java#9370"), "PR-02 a web server that knows no CONNECT"},
	{"a web server or a proxy", gh("warmuuh/milkman#80"), "PR-02 a gateway without a backend"},
	{"cut without a reason", gh("temporalio/sdk-rust#720"), "CL-12 reset after the certificate, at Cloud's name"},
	{"cut without a reason", gh("temporalio/tctl#353"), "CL-11 closed after the certificate, at Cloud's name"},
	{"cut without a reason", gh("grpc/grpc-java#7851"), "H2-11 dropped in mid-call, at Cloud's name"},
	{"a proxy that the SDK does not read", gh("temporalio/features#323"), "PX-13 the proxy alone leads there, and SDKs do not read it"},
	{"a proxy that the SDK does not read", gh("temporalio/sdk-rust#309"), "PX-13 the proxy alone leads there, and SDKs do not read it"},
	{"a proxy that the SDK does not read", gh("temporalio/sdk-typescript#1387"), "PX-13 the proxy alone leads there, and SDKs do not read it"},
}

// The page's table of the doctor's kinds names rows of the laboratory, and what they give.
func TestFieldRowsOnThePage(t *testing.T) {
	rows := map[string]faultRow{}
	for _, r := range allRows() {
		rows[r.name] = r
	}
	var b strings.Builder
	b.WriteString("| kind | source | right answer | row of `TestEveryReproducibleFault` |\n|---|---|---|---|\n")
	for _, s := range fieldSources {
		r, ok := rows[s.rows]
		if !ok {
			t.Errorf("%s: there is no row %q", s.kind, s.rows)
		}
		answer := r.code + ", " + string(r.level)
		if r.level == found {
			answer = r.code + " as a warning; the verdict is no more than likely"
		}
		b.WriteString("| " + s.kind + " | " + s.source + " | " + answer + " | " + s.rows + " |\n")
	}
	fieldPart(t, "doctor", b.String())
}

// A namespace that refuses a client whose certificate is a CA names that beside its own reasons.
func TestNamespaceRefusesACA(t *testing.T) {
	l := newLab(t)
	l.svc.namespaces[labNamespace] = serviceerror.NewPermissionDenied("Request unauthorized.", "")
	target, p := l.target(l.serve(l.mtls())), l.clientCA.issue(t, "orders worker", "p256", func(c *x509.Certificate) { c.IsCA = true })
	target.CertPEM, target.KeyPEM = p.cert, p.key
	if v := check(t, target).Verdict; v.Code != "NS-02" || !slices.ContainsFunc(v.Candidates, func(c Candidate) bool { return c.Code == "CH-18" }) {
		t.Errorf("%s %s, beside it %v", v.Code, v.Level, v.Candidates)
	}
}

// A key is certain to lack its role only where the server says so: the words for everything that is refused are those of a
// namespace that takes client certificates alone, too.
func TestNamespaceRefusesAKey(t *testing.T) {
	for answer, want := range map[string]Level{"caller has insufficient permissions for namespace 'orders.a1b2c'": Certain, "Request unauthorized.": Likely} {
		l := newLab(t)
		l.svc.namespaces[labNamespace] = serviceerror.NewPermissionDenied(answer, "")
		target := l.target(l.serve(l.mtls(func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })))
		target.CertPEM, target.KeyPEM, target.APIKey = nil, nil, "key"
		v := check(t, target).Verdict
		if v.Code != "AK-07" || v.Level != want || (want == Likely) != slices.ContainsFunc(v.Candidates, func(c Candidate) bool { return c.Code == "AK-01" }) {
			t.Errorf("%s: %s %s, beside it %v", answer, v.Code, v.Level, v.Candidates)
		}
	}
}

// Through a proxy alone a check that passes is no more than likely, and tells each SDK's option; where the direct way
// is open as well, it is certain.
func TestProxyThatTheSDKDoesNotRead(t *testing.T) {
	l := newLab(t)
	tunnel := proxy(t, proxyTunnels, l.serve(l.mtls()))
	nobody := dnsSays(nowhere)(l)
	r := check(t, l.target(labHost+":7233"), nobody, tunnel)
	v := r.Verdict
	if v.Code != OK || v.Level != Likely || !strings.Contains(v.Cause, "does not read it") || !strings.Contains(v.Title, "through the proxy") {
		t.Errorf("%s %s: %s", v.Code, v.Level, v.Cause)
	}
	all := ""
	for _, f := range v.Fix {
		all += f.Text + f.Command
	}
	for _, option := range []string{"http_connect_proxy_config", "http-connect", "-Dhttps.proxyHost", "HttpConnectProxy", "HTTPConnectProxyOptions"} {
		if !strings.Contains(all, option) {
			t.Errorf("%s is not told: %s", option, all)
		}
	}
	var text strings.Builder
	if err := WriteText(&text, r, false); err != nil || strings.Contains(text.String(), "Connected.") || !strings.Contains(text.String(), "What to do") {
		t.Errorf("%v\n%s", err, text.String())
	}
	there := healthyEast(l)
	both := func(o *Options) {
		there(o)
		dial := o.Dial
		tunnel(o)
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "127.0.0.1:") {
				var d net.Dialer
				return d.DialContext(ctx, network, address)
			}
			return dial(ctx, network, address)
		}
	}
	if v := check(t, l.target(labHost+":7233"), both).Verdict; v.Code != OK || v.Level != Certain || !strings.Contains(v.Unseen, "does not read it") {
		t.Errorf("%s %s, unseen: %s", v.Code, v.Level, v.Unseen)
	}
}

package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// tls is stage 5: does the server prove who it is, and does it speak HTTP/2. The client certificate
// is offered in the same handshake; how that was taken is the next stage's.
func (r *run) tls(ctx context.Context) {
	if r.t.Plaintext {
		r.skip("connecting without TLS, as asked")
		return
	}
	roots, ok := r.roots()
	if !ok {
		r.stop("SV-15", Certain)
		return
	}
	conn := r.conn
	r.conn = nil
	s := r.shake(roots)
	s.cert = r.tlsCertificate()
	var h *hello
	others := r.tryOthers(ctx, s)
	if conn != nil {
		h = s.do(ctx, conn)
	} else {
		h = r.again(ctx, s)
	}
	h = r.oneOfSeveral(ctx, s, h, <-others)
	r.hello = h
	if !h.verified {
		if h.err == nil {
			h.err = errors.New("the handshake ended without a verified server")
		}
		if !r.expired(ctx) {
			r.because(h.err)
			r.serverFailed(ctx, s, h)
		}
		return
	}
	r.seeServer(h.state)
	if h.state.NegotiatedProtocol != "h2" {
		r.say("%s speaks TLS, but not HTTP/2", r.addr)
		r.stop("PR-06", Certain)
		return
	}
	r.say("%s identified itself as %s (%s)", r.addr, clean(r.serverName, 100), tls.VersionName(h.state.Version))
	if bad := r.values["failing_address"]; bad != "" {
		r.st.Summary += ", but " + bad
	}
}

// shake is the handshake with which every probe begins.
func (r *run) shake(roots *x509.CertPool) shake {
	return shake{serverName: strings.Trim(r.serverName, "[]"), roots: roots, budget: r.o.Budgets.TLS}
}

// roots are the server roots to trust: the ones given, or the system's and the rehearsal's.
func (r *run) roots() (*x509.CertPool, bool) {
	if len(r.t.RootsPEM) > 0 {
		pool := x509.NewCertPool()
		return pool, pool.AppendCertsFromPEM(r.t.RootsPEM)
	}
	return r.systemRoots(), true
}

// systemRoots are the system's roots (SSL_CERT_FILE is honoured by crypto/x509) and the extra ones.
func (r *run) systemRoots() *x509.CertPool {
	pool, err := x509.SystemCertPool()
	if err != nil {
		r.o.Log.Warn("system roots", "err", err)
		pool = x509.NewCertPool()
	}
	if len(r.t.ExtraRootsPEM) > 0 {
		pool.AppendCertsFromPEM(r.t.ExtraRootsPEM)
	}
	return pool
}

// seeServer keeps who the server is.
func (r *run) seeServer(cs tls.ConnectionState) {
	r.see("tls_version", tls.VersionName(cs.Version))
	r.see("cipher_suite", tls.CipherSuiteName(cs.CipherSuite))
	r.see("alpn", cs.NegotiatedProtocol)
	r.seeCertificates(cs.PeerCertificates)
}

func (r *run) seeCertificates(chain []*x509.Certificate) {
	if len(chain) == 0 {
		return
	}
	leaf := chain[0]
	r.see("server_subject", nameOf(leaf.Subject.String(), leaf))
	r.see("server_issuer", leaf.Issuer.String())
	r.see("server_names", sanTexts(leaf))
	r.see("server_not_after", leaf.NotAfter.UTC().Format("2006-01-02 15:04 MST"))
	r.values["server"] = r.values["server_subject"]
	r.values["names"] = clean(strings.Join(sanTexts(leaf), ", "), maxValue)
	if r.values["names"] == "" {
		r.values["names"] = r.values["server_subject"]
	}
}

// nameOf is a certificate's subject, or its first name where the subject is empty.
func nameOf(subject string, c *x509.Certificate) string {
	if subject == "" && len(c.DNSNames) > 0 {
		return c.DNSNames[0]
	}
	return subject
}

func sanTexts(c *x509.Certificate) []string {
	out := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		out = append(out, ip.String())
	}
	return out
}

// serverFailed names why the server could not prove who it is.
func (r *run) serverFailed(ctx context.Context, s shake, h *hello) {
	var header tls.RecordHeaderError
	var unverified *tls.CertificateVerificationError
	switch {
	case errors.As(h.err, &unverified):
		r.seeCertificates(unverified.UnverifiedCertificates)
		r.untrusted(unverified)
		return
	case errors.As(h.err, &header):
		r.notTLS(ctx, header)
		return
	}
	switch end, alert := classify(h.err); end {
	case endAlert:
		r.see("alert", int(alert))
		r.refusedHello(alert)
	case endSilent:
		r.silent(ctx, s, h)
	case endEOF, endReset:
		r.cutOff(ctx, s, end)
	default:
		r.unknown("")
	}
}

// refusedHello maps an alert that came before the server showed its certificate.
func (r *run) refusedHello(alert uint8) {
	switch alert {
	case 112:
		r.stop("PR-14", Certain)
	case 80:
		r.stop("PR-13", Likely, candidate("PR-14", "Some servers answer a name they do not know with an internal error."))
	case 70:
		r.stop("PR-08", Certain)
	case 40:
		r.stop("PR-10", Likely)
	case 120:
		r.stop("PR-07", Certain)
	default:
		r.unknown("")
	}
}

// silent is a handshake that got no answer, or stopped half-way.
func (r *run) silent(ctx context.Context, s shake, h *hello) {
	if h.raw != nil && h.raw.in.Load() > 0 {
		r.say("the handshake began and then stood still")
		r.stop("PR-15", Likely, candidate("TC-05", "The server may be overloaded."))
		return
	}
	if what := r.plainProbe(ctx); what != speaksElse {
		r.spoke(ctx, what)
		return
	}
	if r.flaps(ctx, s) {
		return
	}
	r.say("%s accepts connections but does not answer the TLS handshake", r.addr)
	r.stop("TC-05", Likely, candidate("PR-15", "A device on the network path may drop large first messages."),
		candidate("PR-01", "A server without TLS may wait for more."))
}

// untrusted names why the server's certificate was not accepted.
func (r *run) untrusted(err *tls.CertificateVerificationError) {
	chain := err.UnverifiedCertificates
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case len(chain) == 0:
		r.unknown("")
	case errors.As(err, &host):
		r.wrongName(chain[0])
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		r.serverExpired(chain[0])
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		r.stop("SV-14", Certain)
	case errors.As(err, &unknown):
		r.unknownIssuer(chain)
	default:
		r.unknown("")
	}
}

// serverExpired is an expired certificate, or a wrong clock: from here they look the same (P13).
func (r *run) serverExpired(leaf *x509.Certificate) {
	r.see("clock", r.now.UTC().Format("2006-01-02 15:04 MST"))
	why := candidate("SV-09", "If the clock of this machine is wrong, the server's certificate only seems out of date.")
	if r.now.Before(leaf.NotBefore) {
		r.values["not_before"] = leaf.NotBefore.UTC().Format("2006-01-02 15:04 MST")
		r.see("server_not_before", r.values["not_before"])
		r.stop("SV-09", Likely, candidate("SV-08", "The server may really use a certificate that is not valid yet."))
		return
	}
	r.values["not_after"] = leaf.NotAfter.UTC().Format("2006-01-02 15:04 MST")
	r.stop("SV-08", Likely, why)
}

// defaultNames are what ingresses and proxies call the certificate that they serve for unknown names.
var defaultNames = []string{"ingress.local", "kubernetes ingress controller fake certificate", "traefik default cert",
	"default-backend", "traefik.default"}

// wrongName is a trusted certificate for another name.
func (r *run) wrongName(leaf *x509.Certificate) {
	all := strings.ToLower(leaf.Subject.CommonName + " " + strings.Join(leaf.DNSNames, " "))
	for _, d := range defaultNames {
		if strings.Contains(all, d) {
			r.stop("SV-05", Certain)
			return
		}
	}
	switch {
	case len(leaf.DNSNames)+len(leaf.IPAddresses) == 0:
		r.stop("SV-07", Certain)
	case isIP(r.serverName):
		r.stop("SV-06", Certain)
	default:
		r.stop("SV-04", Certain)
	}
}

// unknownIssuer is a certificate under a root that is not trusted: whose root, and why not. What the server did not
// send cannot be seen, so where its chain ends without a root, its CA may be trusted after all (SV-11).
func (r *run) unknownIssuer(chain []*x509.Certificate) {
	top := chain[len(chain)-1]
	issuer := top.Issuer.String()
	r.see("top_issuer", issuer)
	r.see("certificates_sent", len(chain))
	r.values["issuer"] = clean(issuer, maxValue)
	system := r.systemRoots()
	untrusted := func(also ...Candidate) {
		switch {
		case inspector(top):
			r.stop("PX-08", Likely, append(also, candidate("SV-13", "It may be a server of your own, whose CA was not given."))...)
		case selfSigned(top):
			r.stop("SV-13", Certain, also...)
		case lacksIntermediate(top):
			r.values["cause"] = fmt.Sprintf("The server sent %s, issued by %s, and not the certificate of that issuer, which by its name is an intermediate one: a client that trusts only its root cannot build the chain.", plural(len(chain), "certificate"), clean(issuer, 200))
			r.stop("SV-11", Likely, append(also, candidate("SV-13", "The issuer may be a CA of its own, which is not trusted here."))...)
		default:
			r.stop("SV-13", Likely, append(also, candidate("SV-11", "The issuer may chain to a trusted root, while the server does not send the issuer's certificate."))...)
		}
	}
	switch {
	case len(r.t.RootsPEM) > 0 && verifies(chain, system, r.now):
		r.stop("SV-01", Certain)
	case len(r.t.RootsPEM) > 0 && r.rootsAreClientCA() && !lacksIntermediate(top):
		r.stop("SV-01", Likely, candidate("SV-13", "The server may use a private CA, which was not given."))
	case len(r.t.RootsPEM) > 0:
		untrusted()
	case system.Equal(x509.NewCertPool()):
		r.stop("SV-02", Certain)
	case looksPublic(chain[0]) && len(chain) == 1:
		r.stop("SV-11", Likely, candidate("SV-02", "The roots of this machine may be too old."))
	case looksPublic(chain[0]):
		r.stop("SV-02", Likely, candidate("PX-08", "A device on the network path may inspect TLS."))
	case r.cloudHost() && r.private():
		r.stop("PX-08", Likely, candidate("DN-08", "The name resolves to a private address: a DNS filter's page or a server of this network may answer."),
			candidate("DN-12", "A private endpoint may lead to another service."))
	case r.cloudHost() && chain[0].VerifyHostname(strings.Trim(r.serverName, "[]")) == nil && !r.filtered:
		// Nobody but a device on the network path makes certificates for a name of Temporal Cloud.
		r.stop("PX-08", Certain)
	case r.cloudHost():
		r.stop("PX-08", Likely, candidate("SV-04", "Another server may answer at this address."))
	default:
		untrusted()
	}
}

func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// inspectors are how the CAs of devices that open TLS are called, which is by their makers or by what they do.
var inspectors = regexp.MustCompile(`(?i)zscaler|netskope|fortinet|fortigate|palo alto|blue ?coat|forcepoint|websense|cisco umbrella|check ?point|sophos|barracuda|watchguard|mitmproxy|charles proxy|fiddler|portswigger|(?:tls|ssl|https)[ -]?(?:inspect|intercept|decrypt|proxy)|(?:inspect|intercept|decrypt)\w* (?:of )?(?:tls|ssl|https)|forward trust`)

// inspector reports whether the issuer of a certificate is, by its name, a device that opens TLS.
func inspector(top *x509.Certificate) bool { return inspectors.MatchString(top.Issuer.String()) }

// intermediateNames are what people call the CAs that stand between a root and its certificates.
var intermediateNames = regexp.MustCompile(`(?i)\b(?:intermediate|issuing|issuer|subordinate|sub-?ca|sub|signing|ica|mid|int|(?:level|tier) ?[23])\b`)

// lacksIntermediate reports whether a chain that ends with this certificate looks as if one were missing: its issuer,
// which was not sent, is an intermediate by its name. A root's own name looks otherwise, and nothing else tells.
func lacksIntermediate(top *x509.Certificate) bool {
	return !bytes.Equal(top.RawIssuer, top.RawSubject) && intermediateNames.MatchString(top.Issuer.CommonName)
}

// rootsAreClientCA reports whether the given server root is the one that signed the client certificate.
func (r *run) rootsAreClientCA() bool {
	if !r.hasPair {
		return false
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(r.t.RootsPEM)
	return verifies(r.pair.Chain, pool, r.now)
}

package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"onramp/namespace"
)

// speech is what speaks on a port that is not TLS, by its first bytes.
type speech string

const (
	speaksHTTP2    speech = "HTTP/2 without TLS"
	speaksHTTP1    speech = "HTTP/1"
	speaksSSH      speech = "SSH"
	speaksMail     speech = "SMTP or FTP"
	speaksPostgres speech = "PostgreSQL"
	speaksMySQL    speech = "MySQL"
	speaksRedis    speech = "Redis"
	speaksElse     speech = ""
)

// speaks judges the first bytes of a non-TLS answer (P6).
func speaks(b []byte) speech {
	has := func(p string) bool { return bytes.HasPrefix(b, []byte(p)) }
	switch {
	case len(b) >= 5 && b[0] == 0 && b[1] == 0 && (b[3] == 4 || b[3] == 7):
		return speaksHTTP2 // a SETTINGS or GOAWAY frame
	case has("HTTP/"), has("<html"), has("<!DOC"):
		return speaksHTTP1
	case has("SSH-"):
		return speaksSSH
	case has("220"), has("421"), has("500 "), has("502 "):
		return speaksMail
	case has("-ERR"), has("-DEN"), has("+OK"):
		return speaksRedis
	case len(b) >= 5 && b[0] == 'E' && b[1] == 0:
		return speaksPostgres
	case len(b) >= 5 && b[3] == 0 && b[4] == 10:
		return speaksMySQL
	}
	return speaksElse
}

// notTLS names what answered instead of TLS.
func (r *run) notTLS(ctx context.Context, header tls.RecordHeaderError) {
	first := header.RecordHeader[:]
	if header.Conn != nil {
		first = append(bytes.Clone(first), readSome(header.Conn, 200*time.Millisecond)...)
	}
	r.see("first_bytes", fmt.Sprintf("% x", first[:min(len(first), 16)]))
	if printable := clean(string(first[:min(len(first), 80)]), 80); !strings.Contains(printable, "�") {
		r.see("first_text", printable)
	}
	r.spoke(ctx, speaks(first))
}

// spoke ends the ladder with the fault of a server that is not TLS.
func (r *run) spoke(ctx context.Context, what speech) {
	r.see("speaks", string(what))
	r.values["speaks"] = string(what)
	switch what {
	case speaksHTTP2:
		r.say("%s speaks gRPC without TLS", r.addr)
		if r.hostKind == namespace.HostLocal {
			r.note("IN-10")
		}
		r.stop("PR-01", Certain)
	case speaksHTTP1:
		r.web(ctx)
	case speaksElse:
		r.unknown("The server answered the TLS handshake with something that is not TLS.")
	default:
		r.say("%s speaks %s", r.addr, what)
		r.stop("PR-03", Certain)
	}
}

// web is what speaks HTTP/1 without TLS: a web server, or the port of a proxy. It is asked for a tunnel (CONNECT),
// which only a proxy understands; but a gateway in front of a web server can answer in its stead, so the answer never
// proves a proxy.
func (r *run) web(ctx context.Context) {
	proxy, server := candidate("PX-11", "It may be the port of a proxy."), candidate("PR-02", "A web server may answer like this too.")
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.Probe)
	defer cancel()
	conn, err := r.path.dial(ctx)
	if err != nil {
		r.stop("PR-02", Likely, proxy)
		return
	}
	defer conn.Close()
	res, err := askTunnel(ctx, conn, r.addr.String(), nil)
	if err != nil {
		r.stop("PR-02", Certain)
		return
	}
	r.see("connect", strconv.Itoa(res.StatusCode))
	switch {
	case res.StatusCode == http.StatusOK && (res.Header.Get("Content-Type") != "" || res.Header.Get("Content-Length") != "" || len(res.TransferEncoding) > 0):
		// It answers whatever it is asked. A tunnel has no content (RFC 9110 §9.3.6).
		r.stop("PR-02", Likely, proxy)
	case res.StatusCode == http.StatusOK, res.StatusCode == http.StatusProxyAuthRequired:
		r.stop("PX-11", Likely, server)
	case slices.Contains([]int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, res.StatusCode):
		r.stop("PR-02", Certain)
	default:
		r.stop("PR-02", Likely, proxy)
	}
}

// readSome reads what is there within a time, at most 512 bytes.
func readSome(c net.Conn, wait time.Duration) []byte {
	_ = c.SetReadDeadline(time.Now().Add(wait))
	b := make([]byte, 512)
	n, _ := io.ReadAtLeast(c, b, 11)
	return b[:n]
}

// cutOff separates the reasons for a connection that ends during the handshake: cut at once, a
// server without TLS, a server name that is not served (P8), a device on the network path.
func (r *run) cutOff(ctx context.Context, s shake, end ending) {
	if conn, err := r.path.dial(ctx); errors.Is(err, syscall.ECONNRESET) {
		r.cutAtOnce()
		return
	} else if err == nil {
		wait := min(r.o.Budgets.Read, r.o.Budgets.Probe)
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		b := make([]byte, 64)
		n, err := conn.Read(b)
		conn.Close()
		early, _ := classify(err)
		switch {
		case n > 0:
			r.spoke(ctx, speaks(b[:n]))
			return
		case early == endEOF, early == endReset:
			r.cutAtOnce()
			return
		}
	}
	if what := r.plainProbe(ctx); what != speaksElse {
		r.spoke(ctx, what)
		return
	}
	r.see("cut", "after the first message of the handshake")
	if r.flaps(ctx, s) {
		return
	}
	if r.sniHelps(ctx, s) {
		r.say("%s answers for %s, not for %s", r.addr, r.id.Host(), clean(r.serverName, 100))
		r.stop("IN-18", Certain)
		return
	}
	small := s
	small.curves, small.budget = []tls.CurveID{tls.X25519}, r.o.Budgets.Probe
	h := r.again(ctx, small)
	h.close()
	if h.verified {
		r.see("small_first_message", "works")
		r.stop("PR-15", Likely)
		return
	}
	r.say("%s ends the connection during the TLS handshake", r.addr)
	if end == endReset {
		r.stop("PR-12", Likely, r.cutCandidates()...)
		return
	}
	r.stop("PR-11", Likely, r.cutCandidates()...)
}

func (r *run) cutAtOnce() {
	r.say("%s cuts connections at once", r.addr)
	r.see("cut", "before anything was sent")
	r.stop("TC-06", Likely, r.cutCandidates()...)
}

func (r *run) cutCandidates() []Candidate {
	out := []Candidate{candidate("NS-08", "A connectivity rule of the namespace may allow private connections only.")}
	if r.cloudHost() {
		out = append(out, candidate("NS-01", "Cloud ends the handshake for namespaces that it does not know."))
	}
	return out
}

// plainProbe says the first words of HTTP/2 without TLS; they hold nothing of the user's.
func (r *run) plainProbe(ctx context.Context) speech {
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.Probe)
	defer cancel()
	conn, err := r.path.dial(ctx)
	if err != nil {
		return speaksElse
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(min(r.o.Budgets.Probe, time.Second)))
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		return speaksElse
	}
	return speaks(readSome(conn, min(r.o.Budgets.Probe, 500*time.Millisecond)))
}

// sniHelps tries the namespace's own name as TLS server name (P8).
func (r *run) sniHelps(ctx context.Context, s shake) bool {
	name := r.id.Host()
	if name == "" || strings.EqualFold(name, r.serverName) {
		return false
	}
	s.serverName, s.cert, s.budget = name, nil, r.o.Budgets.Probe
	h := r.again(ctx, s)
	h.close()
	if h.verified {
		r.see("server_name_that_works", name)
	}
	return h.verified
}

func isIP(s string) bool {
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil
}

// verifies reports whether a chain stands under a root of the pool, whatever it is for.
func verifies(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) bool {
	if len(chain) == 0 {
		return false
	}
	inter := x509.NewCertPool()
	for _, c := range chain[1:] {
		inter.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: inter, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}

// underExtraRoot reports whether the server stands under a root that was given beside the system's.
func (r *run) underExtraRoot() bool {
	if len(r.t.ExtraRootsPEM) == 0 {
		return false
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(r.t.ExtraRootsPEM)
	return verifies(r.hello.state.PeerCertificates, pool, r.now)
}

// oidSCT is the list of signed certificate timestamps (RFC 6962 §3.3): every public CA embeds it,
// a company's own CA does not.
var oidSCT = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

// looksPublic reports whether a certificate was issued by a public CA.
func looksPublic(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if e.Id.Equal(oidSCT) {
			return true
		}
	}
	return false
}

// flaps makes the same handshake twice more (P14), both at once. When one of them passes, the line or a server
// behind a load balancer comes and goes, and no probe with other settings proves anything.
func (r *run) flaps(ctx context.Context, s shake) bool {
	s.budget = r.o.Budgets.Probe
	var passed atomic.Int32
	var wg sync.WaitGroup
	for range repeats {
		wg.Go(func() {
			h := r.again(ctx, s)
			h.close()
			if h.verified {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	if passed.Load() == 0 {
		return false
	}
	r.comesAndGoes(int(passed.Load()), 1+repeats)
	return true
}

// comesAndGoes is a connection that passes some of the time (TC-10).
func (r *run) comesAndGoes(passed, tries int) {
	r.see("passed", fmt.Sprintf("%d of %d tries", passed, tries))
	r.say("%d of %d tries passed", passed, tries)
	r.stop("TC-10", Likely, candidate("TC-07", "One of several servers behind the address may be broken."),
		candidate("SY-09", "A server may have been restarting at this moment."))
}

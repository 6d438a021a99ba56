package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
)

// clientCert is stage 6: is the client certificate accepted? It reads before anything is written.
func (r *run) clientCert(ctx context.Context) {
	if r.t.Plaintext {
		r.skip("connecting without TLS, as asked")
		return
	}
	h := r.hello
	var first []byte
	end, alert := endOther, uint8(0)
	err := h.err
	if err != nil {
		end, alert = classify(err)
	} else {
		first, end, alert, err = h.listen(r.o.Budgets.Read)
	}
	r.see("asked", h.asked)
	r.see("sent", h.sent)
	if h.hints > 0 {
		r.see("acceptable_cas", h.hints)
	}
	if h.withheld != "" {
		r.see("not_in_list", h.withheld)
	}
	switch end {
	case endData, endTicket:
		r.see("proof", map[ending]string{endData: "the server's first frame", endTicket: "a session ticket"}[end])
		r.proof = true
		r.accepted()
	case endSilent:
		if h.raw.alerts() > 0 {
			r.gaveUp()
			return
		}
		// Some servers wait for the client's first words: stage grpc says them.
		r.see("proof", "none yet: the server is waiting")
		r.accepted()
	default:
		if r.expired(ctx) {
			return
		}
		r.because(err)
		r.refusedCertificate(ctx, end, alert)
		return
	}
	r.rpc = newRPC(r, &givenBack{Conn: h.conn, first: first}, h.state)
}

// accepted says what acceptance means: little where the server never asked.
func (r *run) accepted() {
	h := r.hello
	switch {
	case h.sent && r.proof:
		r.say("the client certificate was accepted")
	case h.sent:
		r.say("the client certificate was sent, and not refused so far")
	case h.asked:
		r.say("the server asks for a client certificate but accepts none")
		r.note("CL-16")
	case r.hasPair:
		r.say("the server does not ask for a client certificate")
		r.warn("CL-15")
	default:
		r.say("the server does not ask for a client certificate")
	}
	if h.sent && h.withheld != "" {
		r.note("CL-02")
	}
}

// refusedCertificate names why the connection ended after the client certificate was due. Where the
// reason was lost, the same handshake in TLS 1.2 (P2) and one without certificate (P3) bring it back.
func (r *run) refusedCertificate(ctx context.Context, end ending, alert uint8) {
	if end != endAlert {
		roots, _ := r.roots()
		s := r.shake(roots)
		s.cert, s.budget = r.tlsCertificate(), r.o.Budgets.Probe
		old := s
		old.maxVersion = tls.VersionTLS12
		if _, e, a := r.refusal(ctx, old); e == endAlert && a != 70 {
			r.see("with_tls_1_2", alertName(a))
			end, alert = e, a
		} else if _, e, a := r.refusal(ctx, s); e == endAlert {
			r.see("second_try", alertName(a))
			end, alert = e, a
		} else if e == endData || e == endTicket {
			r.comesAndGoes(1, 2)
			return
		}
		if end != endAlert {
			r.endedWithoutReason(ctx, s, end)
			return
		}
	}
	r.see("alert", int(alert))
	r.see("alert_name", alertName(alert))
	if r.hasPair {
		r.values["issuer"] = clean(r.pair.Chain[len(r.pair.Chain)-1].Issuer.String(), maxValue)
		r.values["subject"] = clean(r.pair.Leaf().Subject.String(), maxValue)
	}
	if !r.hello.sent {
		r.refusedNothing(alert)
		return
	}
	r.refusedWith(ctx, alert)
}

// takesKeys reports whether the namespace's own endpoint, asked for by name at the same address, asks nobody for a
// client certificate: such a namespace takes API keys (AK-02). Where that name was used in the first place
// the connection has shown it already.
func (r *run) takesKeys(ctx context.Context) bool {
	if !r.hasPair || r.id.IsZero() || strings.EqualFold(strings.Trim(r.serverName, "[]"), r.id.Host()) {
		return false
	}
	roots, _ := r.roots()
	s := r.shake(roots)
	s.serverName, s.budget = r.id.Host(), r.o.Budgets.Probe
	h, end, _ := r.refusal(ctx, s)
	if !h.verified || h.asked || end != endData && end != endTicket {
		return false
	}
	r.see("own_endpoint", r.id.Host()+" asks for no client certificate")
	return true
}

// ownEndpointIsCut reports whether the same address, asked for the namespace's own endpoint, ends the handshake, while
// under the name of this check it does not: Cloud ends it so for namespaces that it does not know (NS-01).
func ownEndpointIsCut(ctx context.Context, r *run) bool {
	if !r.hasPair || r.id.IsZero() || strings.EqualFold(strings.Trim(r.serverName, "[]"), r.id.Host()) {
		return false
	}
	roots, _ := r.roots()
	s := r.shake(roots)
	s.serverName, s.cert, s.budget = r.id.Host(), r.tlsCertificate(), r.o.Budgets.Probe
	h := r.again(ctx, s)
	defer h.close()
	if h.err == nil || h.verified {
		return false
	}
	if end, _ := classify(h.err); end != endReset && end != endEOF {
		return false
	}
	r.see("own_endpoint", r.id.Host()+" is cut off in the handshake")
	return true
}

// refusedNothing is a refusal where no certificate was sent.
func (r *run) refusedNothing(alert uint8) {
	switch {
	case r.hello.asked && (alert == 116 || alert == 40 || alert == 42):
		r.say("the server wants a client certificate and none was sent")
		if r.apiKey != "" {
			var also []Candidate
			if strings.EqualFold(strings.Trim(r.serverName, "[]"), r.id.Host()) && !r.id.IsZero() {
				also = append(also, candidate("AK-08", "The namespace may take both methods: then its API keys use the regional endpoint."))
			}
			r.stop("AK-01", Certain, also...)
			return
		}
		r.stop("CL-01", Certain)
	default:
		r.unknown("")
	}
}

// refusedWith maps the alert with which the sent certificate was refused.
func (r *run) refusedWith(ctx context.Context, alert uint8) {
	r.say("the server refused the client certificate: %s", alertName(alert))
	if (alert == 48 || alert == 42 || alert == 46) && r.takesKeys(ctx) {
		r.stop("AK-02", Likely, candidate("CL-03", "The address may lead elsewhere, where the namespace does not trust the CA."))
		return
	}
	if r.hello.withheld != "" {
		r.note("CL-02")
	}
	switch alert {
	case 48:
		r.stop("CL-03", Certain, r.untrustedCandidates()...)
	case 45:
		r.stop("CL-04", Likely, candidate("CH-11", "The CA may have expired."), candidate("CH-10", "The certificate may not be valid yet by the server's clock."),
			candidate("CH-09", "The certificate may have expired by the server's clock."))
	case 42:
		r.stop("CL-05", Likely, candidate("CH-26", "The namespace's certificate filters may not match."),
			candidate("CH-15", "The certificate may be for servers only."))
	case 43:
		r.stop("CL-06", Certain, candidate("CH-15", "Extended key usage without clientAuth."), candidate("CH-16", "Key usage without digitalSignature."))
	case 51:
		r.stop("CL-07", Certain, candidate("KP-34", "The worker may load certificate and key from different pairs."))
	case 49:
		r.stop("CL-08", Likely)
	case 46:
		r.stop("CL-09", Likely, candidate("CH-26", "The namespace's certificate filters may not match."))
	case 44:
		r.stop("CL-10", Likely)
	case 90:
		r.gaveUp()
	case 116:
		r.stop("CL-02", Likely, candidate("CL-01", "A device on the network path may have taken the certificate away."))
	default:
		r.unknown("")
	}
}

// untrustedCandidates are what CL-03 can come from, as far as the client's own chain rules some out.
func (r *run) untrustedCandidates() []Candidate {
	out := []Candidate{candidate("CH-01", "The namespace holds another CA, or none yet."),
		candidate("CH-02", "The CA may have been made again under the same name.")}
	if len(r.pair.Chain) == 1 {
		out = append(out, candidate("CH-06", "An intermediate may be missing after the client certificate."))
	}
	if r.cloudHost() {
		out = append(out, candidate("SV-12", "The address may be another account's: its server certificate is just as valid."))
	}
	return append(out, candidate("CH-28", "The last upload may have replaced the whole bundle."), candidate("CH-30", "A CA uploaded a moment ago takes a little while to take effect."))
}

// endedWithoutReason is a connection that ends without an alert after the handshake.
func (r *run) endedWithoutReason(ctx context.Context, s shake, end ending) {
	if end != endEOF && end != endReset {
		r.unknown("")
		return
	}
	if r.inspected() && !r.hello.asked {
		r.say("the server never asked for the client certificate, and its own is not a public CA's")
		r.stop("PX-09", Likely, candidate("CL-11", "Anything that ends a connection here without giving a reason can be the cause."))
		return
	}
	// A close_notify is an alert too: one alone before the end is a plain goodbye.
	if n := r.hello.raw.alerts(); n > 1 || n > 0 && end == endReset {
		r.gaveUp()
		return
	}
	if !r.hello.sent {
		r.say("the connection ended right after the handshake")
		r.stop("CL-11", Likely, candidate("CL-01", "The server may want a client certificate."))
		return
	}
	bare := s
	bare.cert = nil
	_, e, a := r.refusal(ctx, bare)
	r.see("without_certificate", describeEnd(e, a))
	r.say("the connection ended right after the client certificate, without a reason")
	also := []Candidate{candidate("CL-03", "The namespace may not trust the issuer.")}
	if r.inspected() {
		also = append(also, candidate("PX-09", "The server's certificate is not a public CA's: a device on the network path may inspect TLS."))
	}
	if end == endReset {
		r.stop("CL-12", Likely, also...)
		return
	}
	r.stop("CL-11", Likely, also...)
}

// gaveUp is a server that says "user canceled" (90) instead of a reason: Go's TLS passes over it in TLS 1.3,
// where its record is known by its length.
func (r *run) gaveUp() {
	r.see("passed_over", alertName(90))
	r.say("the server gave up after the client certificate without giving a reason")
	r.stop("CL-14", Likely, candidate("CL-11", "Anything that ends a connection here without giving a reason can be the cause."),
		candidate("CL-03", "The namespace may not trust the issuer."))
}

// inspected reports whether a trusted certificate for a Cloud host comes from a CA of somebody's own. A box that
// inspects TLS shows such a one, and does not ask for the client certificate that Cloud asks for; a server of one's
// own under Cloud's name shows it too, so it is never certain.
func (r *run) inspected() bool {
	peer := r.hello.state.PeerCertificates
	return r.cloudHost() && len(peer) > 0 && !looksPublic(peer[0]) && len(r.t.RootsPEM) == 0 &&
		len(r.hello.state.SignedCertificateTimestamps) == 0 && !r.underExtraRoot()
}

func describeEnd(e ending, alert uint8) string {
	if e == endAlert {
		return "alert " + alertName(alert)
	}
	return string(e)
}

// alertNames are the alerts of TLS (RFC 8446 §6) that a client can meet, in Go's words.
var alertNames = map[uint8]string{
	10: "unexpected message", 20: "bad record MAC", 40: "handshake failure", 42: "bad certificate",
	43: "unsupported certificate", 44: "revoked certificate", 45: "expired certificate", 46: "unknown certificate",
	47: "illegal parameter", 48: "unknown certificate authority", 49: "access denied", 50: "error decoding message",
	51: "error decrypting message", 70: "protocol version not supported", 71: "insufficient security level",
	80: "internal error", 86: "inappropriate fallback", 90: "user canceled", 109: "missing extension",
	110: "unsupported extension", 112: "unrecognized name", 113: "bad certificate status response",
	115: "unknown PSK identity", 116: "certificate required", 120: "no application protocol",
}

func alertName(n uint8) string {
	if s, ok := alertNames[n]; ok {
		return fmt.Sprintf("%s (%d)", s, n)
	}
	return fmt.Sprintf("alert %d", n)
}

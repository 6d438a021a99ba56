package doctor

import (
	"context"
	"crypto/tls"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/api/errordetails/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// grpc is stage 7: does Temporal answer? GetSystemInfo needs no namespace.
func (r *run) grpc(ctx context.Context) {
	if r.t.Plaintext {
		r.rpc = newRPC(r, &givenBack{Conn: r.conn}, tls.ConnectionState{})
		r.conn = nil
	}
	if r.rpc.failure != nil {
		r.because(r.rpc.failure)
		r.unknown("")
		return
	}
	compressed := r.compressed(ctx)
	res, err, ok := r.askTemporal(ctx)
	if !ok {
		return
	}
	if err == nil {
		r.see("server_version", res.GetServerVersion())
		r.say("Temporal answers")
		if v := res.GetServerVersion(); v != "" {
			r.st.Summary += " (server " + clean(v, 40) + ")"
		}
		r.judgeCompressed(compressed)
		return
	}
	st := status.Convert(err)
	r.seeStatus(st)
	switch {
	case st.Code() == codes.PermissionDenied && !httpStatus.MatchString(st.Message()) && !rstStream.MatchString(st.Message()):
		// Who may ask this is no question of the connection; the namespace stage judges.
		r.say("Temporal answers, but does not say its version to this caller")
		return
	case st.Code() == codes.Unimplemented && strings.Contains(st.Message(), "unknown method"):
		r.say("Temporal answers; it is too old to say its version")
		return
	}
	if r.expired(ctx) {
		return
	}
	r.rpcFailed(ctx, st)
}

func (r *run) systemInfo(ctx context.Context) (*workflowservice.GetSystemInfoResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.RPC)
	defer cancel()
	return r.rpc.svc.GetSystemInfo(r.rpc.context(ctx, r.t.Plaintext), &workflowservice.GetSystemInfoRequest{}, grpc.WaitForReady(false))
}

// reconnect makes a new connection as the first was made.
func (r *run) reconnect(ctx context.Context) bool {
	if r.t.Plaintext {
		return false
	}
	roots, _ := r.roots()
	s := r.shake(roots)
	s.cert = r.tlsCertificate()
	h := r.again(ctx, s)
	if h.err != nil {
		h.close()
		return false
	}
	r.rpc.close()
	r.rpc = newRPC(r, &givenBack{Conn: h.conn}, h.state)
	return r.rpc.failure == nil
}

// seeStatus keeps a gRPC status and what its details say: Temporal puts reasons there, not in the text.
func (r *run) seeStatus(st *status.Status) {
	r.see("grpc_code", st.Code().String())
	r.see("grpc_message", st.Message())
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errordetails.PermissionDeniedFailure:
			r.see("reason", d.GetReason())
		case *errordetails.ResourceExhaustedFailure:
			r.see("limit", d.GetCause().String())
			r.see("limit_scope", d.GetScope().String())
		case *errordetails.NamespaceNotFoundFailure:
			r.see("namespace_not_found", d.GetNamespace())
		case *errordetails.NamespaceInvalidStateFailure:
			r.see("namespace_state", d.GetState().String())
		case *errordetails.NamespaceNotActiveFailure:
			r.see("active_cluster", d.GetActiveCluster())
			r.see("this_cluster", d.GetCurrentCluster())
		case *errordetails.NamespaceUnavailableFailure:
			r.see("namespace_unavailable", d.GetNamespace())
		}
	}
}

var (
	httpStatus = regexp.MustCompile(`unexpected HTTP status code received from server: (\d{3})`)
	rstStream  = regexp.MustCompile(`stream terminated by RST_STREAM`)
)

// rpcFailed names why a call failed, for the reasons that are not the namespace's.
func (r *run) rpcFailed(ctx context.Context, st *status.Status) {
	m := st.Message()
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(m, p) {
				return true
			}
		}
		return false
	}
	if st.Code() == codes.DeadlineExceeded {
		// First of all: at the deadline a server may also end the stream (RST_STREAM), as a proxy would.
		r.noReply()
		return
	}
	if found := httpStatus.FindStringSubmatch(m); found != nil {
		r.values["status"] = found[1]
		n, _ := strconv.Atoi(found[1])
		r.stop(byHTTPStatus(n), Certain)
		return
	}
	switch {
	case rstStream.MatchString(m):
		r.stop("H2-10", Certain)
	case has("header list size to send violates"):
		r.stop("H2-12", Certain)
	case has("non-printable ASCII"):
		r.stop("AK-04", Certain)
	case has("too_many_pings"):
		r.stop("H2-08", Certain)
	}
	if said, left := r.rpc.given.farewell(); left && r.verdict == nil {
		r.see("goaway", either(said.debug, said.code.String()))
		switch {
		case said.debug == "too_many_pings":
			r.stop("H2-08", Certain)
		case said.tooManyPings():
			r.stop("H2-08", Likely, candidate("H2-05", "A gateway may limit the rate in this way."))
		}
	}
	if r.verdict != nil {
		return
	}
	switch st.Code() {
	case codes.Unimplemented:
		switch {
		case has("unknown service"):
			r.stop("SY-01", Certain)
		case unknownCompression(m):
			r.stop("H2-13", Certain)
		default:
			r.stop("SY-01", Likely)
		}
	case codes.Unauthenticated:
		r.unauthenticated()
	case codes.ResourceExhausted:
		switch {
		case has("received message larger than max"):
			r.stop("SY-05", Certain)
		case has("trying to send message larger than max"):
			r.stop("SY-06", Certain)
		case has("Workflow is busy"), r.values["limit"] == "BusyWorkflow":
			r.stop("SY-07", Certain)
		default:
			r.stop("SY-04", Certain)
		}
	case codes.Unavailable:
		r.unavailable(ctx, m)
	default:
		r.unknown("")
	}
}

func byHTTPStatus(n int) string {
	switch n {
	case 404:
		return "H2-02"
	case 403:
		return "H2-03"
	case 401:
		return "H2-04"
	case 429:
		return "H2-05"
	case 502, 503, 504:
		return "H2-06"
	}
	return "H2-07"
}

// noReply is a call without an answer: with HTTP/2's first frame seen it is the service that is slow.
func (r *run) noReply() {
	if strings.Contains(r.values["grpc_message"], "connections to become ready") || r.hello != nil && r.hello.raw != nil && r.hello.raw.in.Load() == 0 {
		r.stop("H2-01", Likely, candidate("SY-03", "The service may be overloaded."))
		return
	}
	if strings.Contains(r.values["grpc_message"], "server preface") {
		r.stop("H2-01", Likely, candidate("SY-03", "The service may be overloaded."))
		return
	}
	r.stop("SY-03", Likely, candidate("H2-01", "A device on the network path may have swallowed the call."))
}

// unavailable is a broken connection or a service that says it cannot. An alert that came late is
// fetched from the connection itself.
func (r *run) unavailable(ctx context.Context, m string) {
	has := func(s string) bool { return strings.Contains(m, s) }
	switch {
	case has("upstream connect error"), has("no healthy upstream"):
		r.stop("SY-02", Certain)
		return
	case has("shard status unknown"), has("shard"):
		r.stop("SY-08", Likely)
		return
	case r.leaving(), has("draining"), has("shutting down"):
		r.stop("SY-09", Likely, candidate("TC-10", "One of several servers behind the address may be broken."))
		return
	case has("i/o timeout"), has("deadline exceeded"):
		r.stop("H2-01", Likely, candidate("SY-03", "The service may be overloaded."))
		return
	}
	if r.t.Plaintext {
		if has("EOF") || has("reset by peer") || has("broken pipe") {
			r.withoutTLS(ctx)
			return
		}
		r.unknown("")
		return
	}
	broken := has("error reading server preface") || has("error reading from server") || has("broken pipe") || has("reset by peer") || has("EOF") || has("remote error") || has(errUsedUp.Error())
	if !broken {
		if r.hasPair && has("error") {
			r.unknown("")
			return
		}
		r.stop("SY-08", Likely)
		return
	}
	if end, alert := r.rpc.given.how(300 * time.Millisecond); end == endAlert {
		r.lateRefusal(ctx, alert)
		return
	}
	roots, _ := r.roots()
	s := r.shake(roots)
	s.cert, s.budget, s.maxVersion = r.tlsCertificate(), r.o.Budgets.Probe, tls.VersionTLS12
	if _, end, alert := r.refusal(ctx, s); end == endAlert && alert != 70 {
		r.lateRefusal(ctx, alert)
		return
	}
	switch {
	case r.proof || r.rpc.given.spoke():
		// The certificate was accepted before: what broke is the connection. Once more tells whether always.
		if r.reconnect(ctx) {
			if _, err := r.systemInfo(ctx); err == nil {
				r.comesAndGoes(1, 2)
				return
			}
		}
		r.stop("H2-11", Likely, candidate("TC-10", "The connection may break now and then."))
	case r.inspected() && !r.hello.asked:
		r.stop("PX-09", Likely, candidate("CL-11", "Anything that ends a connection here without giving a reason can be the cause."))
	default:
		r.stop("CL-11", Likely, candidate("H2-11", "A load balancer on the way may end connections."))
	}
}

// leaving reports whether the server said goodbye in order (GOAWAY with NO_ERROR).
func (r *run) leaving() bool {
	said, left := r.rpc.given.farewell()
	return left && said.code == http2.ErrCodeNo
}

// lateRefusal is a refused certificate whose alert came after stage client-cert: a slow line. The
// verdict is that stage's.
func (r *run) lateRefusal(ctx context.Context, alert uint8) {
	r.see("alert", int(alert))
	r.see("alert_name", alertName(alert))
	if r.hasPair {
		r.values["issuer"] = clean(r.pair.Chain[len(r.pair.Chain)-1].Issuer.String(), maxValue)
	}
	if r.hello.sent {
		r.refusedWith(ctx, alert)
	} else {
		r.refusedNothing(alert)
	}
}

// unauthenticated is a caller that the service does not know.
func (r *run) unauthenticated() {
	switch {
	case r.apiKey != "":
		r.stop("AK-03", Likely, candidate("AK-08", "A namespace with both methods may take the key at the regional endpoint only."))
	case r.t.OpsKeySet && !r.hasPair:
		r.stop("AK-06", Certain)
	case r.hello != nil && !r.hello.asked:
		r.stop("AK-02", Certain)
	default:
		r.stop("AK-02", Likely)
	}
}

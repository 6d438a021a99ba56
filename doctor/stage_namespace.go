package doctor

import (
	"context"
	"fmt"
	"onramp/fault"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// describeNamespace is stage 8. It asks for this one namespace: ListNamespaces is refused to mTLS
// clients even where all is well (NS-03).
func (r *run) describeNamespace(ctx context.Context) {
	if r.ns == "" {
		r.stop("NS-04", Certain)
		return
	}
	call, cancel := context.WithTimeout(ctx, r.o.Budgets.RPC)
	defer cancel()
	res, err := r.rpc.svc.DescribeNamespace(r.rpc.context(call, r.t.Plaintext),
		&workflowservice.DescribeNamespaceRequest{Namespace: r.ns}, grpc.WaitForReady(false))
	if err != nil {
		st := status.Convert(err)
		r.seeStatus(st)
		if !r.expired(ctx) {
			r.namespaceRefused(ctx, st)
		}
		return
	}
	info := res.GetNamespaceInfo()
	r.see("name", info.GetName())
	r.see("state", info.GetState().String())
	if c := res.GetReplicationConfig().GetActiveClusterName(); c != "" {
		r.see("active_cluster", c)
	}
	var retention time.Duration
	if ttl := res.GetConfig().GetWorkflowExecutionRetentionTtl(); ttl != nil {
		retention = ttl.AsDuration()
		r.see("retention", fault.Lasts(retention))
	}
	switch info.GetState() {
	case enums.NAMESPACE_STATE_DELETED, enums.NAMESPACE_STATE_DEPRECATED:
		r.stop("NS-06", Certain)
		return
	}
	r.say("you are in namespace %s", clean(r.ns, 120))
	if r.t.LocalAddress != "" {
		r.compareWithLocal(ctx, retention)
	}
}

// namespaceRefused names why the namespace could not be described.
func (r *run) namespaceRefused(ctx context.Context, st *status.Status) {
	m := st.Message()
	if httpStatus.MatchString(m) || rstStream.MatchString(m) {
		r.rpcFailed(ctx, st)
		return
	}
	cloudShaped := strings.Contains(r.ns, ".")
	switch {
	case st.Code() == codes.NotFound:
		r.say("there is no namespace %s here", clean(r.ns, 120))
		switch {
		case r.ns == "default":
			r.stop("NS-11", Certain)
		case r.otherRegion(ctx):
			r.stop("IN-19", Likely, candidate("NS-01", "The namespace may not exist at all."))
		case !cloudShaped && r.hasPair:
			r.stop("IN-11", Likely, candidate("NS-01", "The server may be one of your own that has no such namespace."))
		default:
			r.stop("NS-01", Certain, r.notFoundCandidates()...)
		}
	case st.Code() == codes.PermissionDenied:
		r.denied(ctx, cloudShaped)
	case strings.Contains(m, "invalid state"):
		r.stop("NS-06", Certain)
	case strings.Contains(m, "length exceeds limit"):
		r.stop("NS-05", Certain)
	case strings.Contains(m, "Namespace not set"):
		r.stop("NS-04", Certain)
	case strings.Contains(m, "active in cluster"), strings.HasPrefix(m, "Namespace unavailable"):
		if r.keptTooLong(ctx) {
			r.stop("DN-11", Likely, candidate("NS-07", "The failover may be running at this moment."))
			return
		}
		r.stop("NS-07", Certain)
	default:
		r.rpcFailed(ctx, st)
	}
}

// noRights is in what Temporal Cloud answers a key whose owner has no role on the namespace (temporalio/sdk-typescript#1765).
const noRights = "insufficient permissions"

// denied is PermissionDenied, whose text is generic on purpose: for a certificate three causes look
// the same.
func (r *run) denied(ctx context.Context, cloudShaped bool) {
	r.say("the namespace refuses this caller: %s", clean(r.values["grpc_message"], 120))
	r.anyCertificate(ctx)
	switch {
	case r.apiKey != "" && !r.hasPair && strings.Contains(r.values["grpc_message"], noRights):
		r.stop("AK-07", Certain)
	case r.apiKey != "" && !r.hasPair: // the words for everything that is refused: a namespace that takes certificates alone answers them too
		r.stop("AK-07", Likely, candidate("AK-01", "The namespace may take client certificates only."), candidate("AK-08", "A namespace with both methods may take the key at the regional endpoint only."))
	case r.takesKeys(ctx):
		r.stop("AK-02", Likely, r.deniedCandidates()...)
	case !cloudShaped && r.hasPair:
		r.stop("IN-11", Likely, candidate("NS-02", "The certificate may not be allowed into this namespace."))
	case !r.hasPair && r.hello != nil && !r.hello.asked && !r.t.Plaintext:
		r.stop("AK-02", Likely, candidate("NS-02", "The server may refuse anyone who does not sign in."))
	case r.otherRegion(ctx):
		r.stop("IN-19", Likely, r.deniedCandidates()...)
	case ownEndpointIsCut(ctx, r):
		r.stop("NS-01", Likely, append([]Candidate{candidate("NS-02", "The namespace may be there and refuse this caller, and its endpoint be closed to this network.")}, r.deniedCandidates()...)...)
	default:
		r.stop("NS-02", Likely, r.deniedCandidates()...)
	}
}

// anyCertificate connects without the client certificate (P3): where that passes too, the TLS handshake has
// proved nothing about the certificate (CL-16).
func (r *run) anyCertificate(ctx context.Context) {
	if r.hello == nil || !r.hello.sent {
		return
	}
	roots, _ := r.roots()
	s := r.shake(roots)
	s.budget = r.o.Budgets.Probe
	h, end, alert := r.refusal(ctx, s)
	r.see("without_certificate", describeEnd(end, alert))
	if h.verified && (end == endData || end == endTicket) {
		r.note("CL-16")
	}
}

func (r *run) deniedCandidates() []Candidate {
	return []Candidate{
		candidate("CH-26", "The namespace's certificate filters may not match "+quoteSubject(r)+"."),
		candidate("NS-10", "The certificate may belong to another namespace or account."),
		candidate("AK-08", "The namespace may want an API key instead of a certificate."),
		candidate("SV-12", "The address may be another account's: every account has a good server certificate."),
	}
}

func (r *run) notFoundCandidates() []Candidate {
	if r.cloudHost() {
		return []Candidate{candidate("IN-19", "A regional endpoint knows only the namespaces of its region.")}
	}
	return nil
}

func quoteSubject(r *run) string {
	if !r.hasPair {
		return "the client"
	}
	return fmt.Sprintf("%q", clean(r.pair.Leaf().Subject.String(), 120))
}

package cloudops

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"onramp/cloud"
	"onramp/fault"
)

// refusal turns an error of the API into a fault. What the API says is quoted: its words are not all public, so nothing is
// read out of them but what was seen (docs/cloud.md).
func (c *Client) refusal(err error, doing string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errForgotten) {
		return at(cloud.AtKey, errForgotten)
	}
	s := status.Convert(err)
	says := ""
	if m := strings.TrimSpace(c.key.scrub(s.Message())); m != "" {
		says = fmt.Sprintf("Temporal Cloud answered %s: %s", s.Code(), m)
	}
	f := &fault.Fault{Err: errors.New(says), Cause: says}
	where := cloud.AtChange
	switch s.Code() {
	case codes.Unauthenticated:
		where = cloud.AtKey
		f.Kind, f.Title, f.Who = fault.Denied, "The Cloud Ops API key was refused", "cloud-admin"
		f.Fix = "Use a key that is not expired, disabled or deleted. Its owner sees it in the Temporal Cloud UI under API Keys. The client certificates and API keys of workers are not affected."
	case codes.PermissionDenied:
		where = cloud.AtRight
		f.Kind, f.Title, f.Who = fault.Denied, "This key may not "+doing, "cloud-admin"
		f.Fix = "An Account Owner, a Global Admin or the Namespace Admin can. Temporal Cloud gives the same answer for a misspelt region, and for a namespace that was made less than a minute ago."
	case codes.NotFound:
		where = cloud.AtRight
		f.Kind, f.Title = fault.NotFound, "Temporal Cloud does not have it in this account"
		f.Fix = "Compare the Namespace ID with the list: onramp cloud namespaces."
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, unreached:
		where = cloud.AtNetwork
		f.Cause = "The connection: " + strings.TrimSuffix(strings.TrimPrefix(c.key.scrub(s.Message()), `connection error: desc = "transport: `), `"`)
		f.Kind, f.Title, f.Who = fault.Unavailable, "Temporal Cloud's control plane was not reached", "network"
		f.Fix = "See that this machine reaches " + c.o.Server + " over TLS, then run the same again: what was begun is picked up."
	case codes.ResourceExhausted:
		f.Kind, f.Title = fault.TooMany, "Temporal Cloud's limit is reached"
		f.Fix = "Wait a minute, then run the same again. An account has ten changes under way at most."
	case codes.AlreadyExists:
		f.Kind, f.Title = fault.Conflict, "It exists already"
		f.Fix = "Look at it: onramp cloud namespaces."
	case codes.Unimplemented:
		f.Kind, f.Title = fault.Unavailable, "The server does not know this call"
		f.Fix = "See that the server is Temporal Cloud's control plane, " + DefaultServer + "."
		where = cloud.AtNetwork
	default:
		f.Kind, f.Title = fault.Invalid, "Temporal Cloud did not accept the change"
		f.Fix = "Change what the answer names, then try again."
	}
	return at(where, f)
}

// nothingToChange reports the answer that is a success: the spec equals the present one
// (temporalio/tcld, temporalio/cloud-cli).
func nothingToChange(err error) bool {
	s := status.Convert(err)
	return s.Code() == codes.InvalidArgument && strings.Contains(s.Message(), "nothing to change")
}

// maybeStale reports the answers that can mean a stale resource version. Temporal Cloud's is not public, so that all of
// them make Onramp look again.
func maybeStale(err error) bool {
	s := status.Convert(err)
	switch s.Code() {
	case codes.FailedPrecondition, codes.Aborted:
		return true
	case codes.InvalidArgument:
		return strings.Contains(strings.ReplaceAll(strings.ToLower(s.Message()), "_", " "), "resource version")
	}
	return false
}

// passes reports an error of a look that another look may not have.
func passes(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Aborted, codes.Internal, unreached:
		return true
	}
	return false
}

// unreached stands in for Unavailable where nothing listens, the name is not known or TLS fails: the SDK tries Unavailable
// seven times, for half a minute, and none of these is over in that time. No call of the API answers it.
const unreached = codes.OutOfRange

// atOnce makes such a failure of a call known at once.
var atOnce grpc.UnaryClientInterceptor = func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, conn, opts...)
	s := status.Convert(err)
	if s.Code() != codes.Unavailable {
		return err
	}
	for _, sign := range []string{"authentication handshake failed", "connection refused", "no such host", "produced zero addresses"} {
		if strings.Contains(s.Message(), sign) {
			return status.Error(unreached, s.Message())
		}
	}
	return err
}

// within is the context of one call.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callWithin)
}

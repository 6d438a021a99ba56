package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"onramp/fault"
	"onramp/namespace"
)

// samples are the custom search attributes that Temporal's own set-up scripts make: nobody need miss them.
var samples = []string{"CustomBoolField", "CustomDatetimeField", "CustomDoubleField", "CustomIntField", "CustomKeywordField",
	"CustomStringField", "CustomTextField"}

// compareWithLocal holds the namespace against the one on the local server, where that was named (NS-12): a
// retention that is shorter here, and custom search attributes that are not here or of another type. What either
// side does not tell is said, and no alarm. retention is this namespace's, 0 where it is not told.
func (r *run) compareWithLocal(ctx context.Context, retention time.Duration) {
	cc, ns, err := r.localClient()
	if err != nil {
		r.notCompared = "the local server's address cannot be read"
		return
	}
	defer cc.Close()
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.Probe)
	defer cancel()
	there := metadata.AppendToOutgoingContext(ctx, "temporal-namespace", ns)
	local, err := workflowservice.NewWorkflowServiceClient(cc).DescribeNamespace(there, &workflowservice.DescribeNamespaceRequest{Namespace: ns}, grpc.WaitForReady(false))
	if err != nil {
		r.notCompared = fmt.Sprintf("the namespace %s at %s: %s", ns, strings.TrimPrefix(cc.Target(), "passthrough:///"), status.Convert(err).Message())
		return
	}
	var differ []string
	if ttl := local.GetConfig().GetWorkflowExecutionRetentionTtl(); ttl != nil {
		r.see("local_retention", fault.Lasts(ttl.AsDuration()))
		if retention > 0 && retention < ttl.AsDuration() {
			differ = append(differ, fmt.Sprintf("closed workflows are kept for %s here and %s there", fault.Lasts(retention), fault.Lasts(ttl.AsDuration())))
		}
	}
	lost, err := r.lostAttributes(ctx, there, operatorservice.NewOperatorServiceClient(cc), ns)
	if err != nil {
		r.notCompared = err.Error()
	}
	if len(lost) > 0 {
		r.see("search_attributes_missing", lost)
		differ = append(differ, "custom search attributes are missing: "+strings.Join(lost, ", "))
	}
	if len(differ) > 0 {
		r.see("differs_from_local", differ)
		r.warn("NS-12")
		r.say("you are in namespace %s; it differs from the local one: %s", clean(r.ns, 120), clean(strings.Join(differ, "; "), 400))
	}
}

// lostAttributes are the custom search attributes of the local namespace that this one has not, or of another
// type, as "Name=Type". The error says which side did not tell its own.
func (r *run) lostAttributes(ctx, there context.Context, local operatorservice.OperatorServiceClient, ns string) ([]string, error) {
	old, err := local.ListSearchAttributes(there, &operatorservice.ListSearchAttributesRequest{Namespace: ns}, grpc.WaitForReady(false))
	if err != nil {
		return nil, errors.New("the local server does not tell its search attributes: " + status.Convert(err).Message())
	}
	var wanted []string
	for name := range old.GetCustomAttributes() {
		if !slices.Contains(samples, name) {
			wanted = append(wanted, name)
		}
	}
	if len(wanted) == 0 {
		return nil, nil // so nobody need ask the other side, which may refuse
	}
	slices.Sort(wanted)
	here, err := operatorservice.NewOperatorServiceClient(r.rpc.cc).ListSearchAttributes(r.rpc.context(ctx, r.t.Plaintext),
		&operatorservice.ListSearchAttributesRequest{Namespace: r.ns}, grpc.WaitForReady(false))
	if err != nil {
		return nil, fmt.Errorf("the local namespace has the custom search attributes %s, and this one does not tell its own: %s",
			clean(strings.Join(wanted, ", "), 200), status.Convert(err).Message())
	}
	var lost []string
	for _, name := range wanted {
		want := old.GetCustomAttributes()[name]
		got, ok := here.GetCustomAttributes()[name]
		switch {
		case !ok:
			lost = append(lost, name+"="+attributeType(want))
		case got != want:
			lost = append(lost, fmt.Sprintf("%s=%s (here it is %s)", name, attributeType(want), attributeType(got)))
		}
	}
	return lost, nil
}

// attributeType is a type as tcld and the temporal CLI write it: "Keyword".
func attributeType(t enums.IndexedValueType) string {
	if t == enums.INDEXED_VALUE_TYPE_KEYWORD_LIST {
		return "KeywordList"
	}
	return t.String()
}

// localClient is a client of the local server, without TLS and without any secret, and its namespace.
func (r *run) localClient() (*grpc.ClientConn, string, error) {
	addr, _, err := namespace.ParseAddress(r.t.LocalAddress)
	if err != nil {
		return nil, "", err
	}
	opts := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy(), grpc.WithDisableRetry(), grpc.WithDisableServiceConfig()}
	if r.o.To != nil {
		dial := r.o.To(addr.String())
		opts = append(opts, grpc.WithContextDialer(func(ctx context.Context, to string) (net.Conn, error) { return dial(ctx, "tcp", to) }))
	}
	cc, err := grpc.NewClient("passthrough:///"+addr.String(), opts...)
	return cc, either(r.t.LocalNamespace, "default"), err
}

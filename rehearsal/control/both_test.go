package control

import (
	"encoding/base64"
	"strconv"
	"testing"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// TestBothMethods: in an account that has both sign-in methods at once a namespace is made with both, and switched from one
// to both to the other and back by both generations of the services. The endpoints follow, and what the other method had
// stays.
func TestBothMethods(t *testing.T) {
	w := newWorld(t, Options{Address: "door:1", KeyAddress: "keys:2"})
	w.shelf.both.Store(true)
	bundle := ca(t, "a", 300)
	made, err := w.owner.CreateNamespace(t.Context(), &cloudservice.CreateNamespaceRequest{Spec: &nspb.NamespaceSpec{Name: "orders", RetentionDays: 30, Replicas: []*nspb.ReplicaSpec{{Region: "aws-us-east-1"}},
		MtlsAuth: &nspb.MtlsAuthSpec{Enabled: true, AcceptedClientCa: bundle}, ApiKeyAuth: &nspb.ApiKeyAuthSpec{Enabled: true}}})
	if err != nil {
		t.Fatal(err)
	}
	done := func(op *opspb.AsyncOperation) {
		t.Helper()
		if got := w.ends(op); got.GetState() != opspb.AsyncOperation_STATE_FULFILLED {
			t.Fatal(got)
		}
	}
	done(made.GetAsyncOperation())
	shows := func(mtls, keyed bool) {
		t.Helper()
		n := w.get("orders.a2dd6")
		if got := n.GetSpec(); got.GetMtlsAuth().GetEnabled() != mtls || got.GetApiKeyAuth().GetEnabled() != keyed || len(got.GetMtlsAuth().GetAcceptedClientCa()) == 0 {
			t.Errorf("want mTLS %v and API keys %v, got %v", mtls, keyed, got)
		}
		if got := n.GetEndpoints().GetMtlsGrpcAddress(); got != map[bool]string{true: "door:1"}[mtls] {
			t.Errorf("mtls_grpc_address %q", got)
		}
		if got := n.GetEndpoints().GetGrpcAddress(); got != map[bool]string{true: "keys:2"}[keyed] {
			t.Errorf("grpc_address %q", got)
		}
	}
	shows(true, true)
	update := func(mtls, keyed bool) error {
		n := w.get("orders.a2dd6")
		spec := proto.CloneOf(n.GetSpec())
		if spec.ApiKeyAuth == nil {
			spec.ApiKeyAuth = &nspb.ApiKeyAuthSpec{}
		}
		spec.MtlsAuth.Enabled, spec.ApiKeyAuth.Enabled = mtls, keyed
		out, err := w.owner.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: n.GetNamespace(), Spec: spec, ResourceVersion: n.GetResourceVersion()})
		if err == nil {
			done(out.GetAsyncOperation())
		}
		return err
	}
	tcld := w.older(Owner, tcldNew)
	older := func(method int) error {
		now := tcld.must(nsService+"GetNamespace", field{1, "orders.a2dd6"})
		out, err := tcld.call(nsService+"UpdateNamespace", field{1, "orders.a2dd6"}, field{2, []field{{14, []field{{2, "us-east-1"}, {3, 1}}},
			{2, base64.StdEncoding.EncodeToString(bundle)}, {3, 30}, {13, method}}}, field{3, at(t, now, "1.2")})
		if err == nil {
			done(&opspb.AsyncOperation{Id: at(t, out, "1.2")})
		}
		return err
	}
	for _, step := range []struct {
		name        string
		change      func() error
		mtls, keyed bool
	}{
		{"API keys alone", func() error { return update(false, true) }, false, true},
		{"both again", func() error { return update(true, true) }, true, true},
		{"certificates alone", func() error { return update(true, false) }, true, false},
		{"both by the older services", func() error { return older(olderKeyOrMTLS) }, true, true},
		{"API keys alone by the older services", func() error { return older(olderKey) }, false, true},
	} {
		if err := step.change(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		shows(step.mtls, step.keyed)
	}
	if err := update(true, true); err != nil {
		t.Fatal(err)
	}
	w.shelf.both.Store(false) // a namespace that has both keeps it
	n := w.get("orders.a2dd6")
	spec := proto.CloneOf(n.GetSpec())
	spec.RetentionDays = 7
	out, err := w.owner.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: n.GetNamespace(), Spec: spec, ResourceVersion: n.GetResourceVersion()})
	if err != nil {
		t.Fatal(err)
	}
	done(out.GetAsyncOperation())
	shows(true, true)
	if got := at(t, tcld.must(nsService+"GetNamespace", field{1, "orders.a2dd6"}), "1.3.13"); got != strconv.Itoa(olderKeyOrMTLS) {
		t.Errorf("auth_method %s", got)
	}
	if err := update(true, false); err != nil {
		t.Fatal(err)
	}
	if err := update(true, true); status.Code(err) != codes.InvalidArgument {
		t.Errorf("both in an account that has it no more: %v", err)
	}
}

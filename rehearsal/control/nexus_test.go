package control

import (
	"testing"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	"go.temporal.io/cloud-sdk/api/nexus/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestEndpointOfAnother: a Developer changes and deletes the endpoints of namespaces that they are Namespace Admin of, and
// no other, wherever they would let one lead.
func TestEndpointOfAnother(t *testing.T) {
	w := newWorld(t, Options{})
	theirs := w.made("payments").GetNamespace()
	developer := w.as(Developer)
	own, err := developer.CreateNamespace(t.Context(), &cloudservice.CreateNamespaceRequest{Spec: &nspb.NamespaceSpec{Name: "orders", RetentionDays: 30,
		Replicas: []*nspb.ReplicaSpec{{Region: "aws-us-east-1"}}, ApiKeyAuth: &nspb.ApiKeyAuthSpec{Enabled: true}}})
	if err != nil {
		t.Fatal(err)
	}
	w.ends(own.GetAsyncOperation())
	spec := func(name, ns string) *nexus.EndpointSpec {
		return &nexus.EndpointSpec{Name: name, TargetSpec: &nexus.EndpointTargetSpec{Variant: &nexus.EndpointTargetSpec_WorkerTargetSpec{
			WorkerTargetSpec: &nexus.WorkerTargetSpec{NamespaceId: ns, TaskQueue: "q"}}}}
	}
	for name, c := range map[string]struct {
		in   string
		want codes.Code
	}{"theirs": {theirs, codes.PermissionDenied}, "own": {own.GetNamespace(), codes.OK}} {
		made, err := w.owner.CreateNexusEndpoint(t.Context(), &cloudservice.CreateNexusEndpointRequest{Spec: spec(name, c.in)})
		if err != nil {
			t.Fatal(err)
		}
		w.ends(made.GetAsyncOperation())
		version := func() string {
			got, err := developer.GetNexusEndpoint(t.Context(), &cloudservice.GetNexusEndpointRequest{EndpointId: made.GetEndpointId()})
			if err != nil {
				t.Fatal(err)
			}
			return got.GetEndpoint().GetResourceVersion()
		}
		changed, err := developer.UpdateNexusEndpoint(t.Context(), &cloudservice.UpdateNexusEndpointRequest{EndpointId: made.GetEndpointId(), Spec: spec(name+"2", own.GetNamespace()), ResourceVersion: version()})
		if status.Code(err) != c.want {
			t.Errorf("changing the endpoint %s: %v", name, err)
		}
		if err == nil {
			w.ends(changed.GetAsyncOperation())
		}
		if _, err := developer.DeleteNexusEndpoint(t.Context(), &cloudservice.DeleteNexusEndpointRequest{EndpointId: made.GetEndpointId(), ResourceVersion: version()}); status.Code(err) != c.want {
			t.Errorf("deleting the endpoint %s: %v", name, err)
		}
	}
}

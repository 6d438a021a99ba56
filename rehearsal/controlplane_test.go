//go:build !lean

package rehearsal

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"go.temporal.io/cloud-sdk/cloudclient"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/namespace"
)

// controlled is a Control of the test's own over a Cloud, and the client of an Account Owner.
func controlled(t *testing.T, c *Cloud) (*Control, cloudservice.CloudServiceClient) {
	t.Helper()
	p, err := NewControl(c, ControlOptions{Delay: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	key, err := p.NewOwnerKey("a2dd6", "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(c.RootPEM())
	cl, err := cloudclient.New(cloudclient.Options{APIKey: string(key.Reveal()), HostPort: p.Address(), TLSConfig: &tls.Config{RootCAs: roots}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cl.Close() })
	return p, cl.CloudService()
}

// over waits until an operation has ended, and fails the test unless it was fulfilled.
func over(t *testing.T, cl cloudservice.CloudServiceClient, op *opspb.AsyncOperation) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		got, err := cl.GetAsyncOperation(testContext(t), &cloudservice.GetAsyncOperationRequest{AsyncOperationId: op.GetId()})
		if err != nil {
			t.Fatal(err)
		}
		switch got.GetAsyncOperation().GetState() {
		case opspb.AsyncOperation_STATE_FULFILLED:
			return
		case opspb.AsyncOperation_STATE_PENDING, opspb.AsyncOperation_STATE_IN_PROGRESS:
			<-tick.C
		default:
			t.Fatal(got)
		}
	}
}

// TestControlPlane: what a client of the Cloud Ops API changes holds at the door: certificates, filters, search
// attributes, roles of API keys.
func TestControlPlane(t *testing.T) {
	c := started(t, Options{Dir: t.TempDir()})
	_, cl := controlled(t, c)
	ca := newCA(t, "ours")
	made, err := cl.CreateNamespace(testContext(t), &cloudservice.CreateNamespaceRequest{Spec: &nspb.NamespaceSpec{Name: "payments", RetentionDays: 30,
		Replicas: []*nspb.ReplicaSpec{{Region: "aws-us-east-1"}}, SearchAttributes: map[string]nspb.NamespaceSpec_SearchAttributeType{"Customer": nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_KEYWORD},
		MtlsAuth: &nspb.MtlsAuthSpec{Enabled: true, AcceptedClientCa: ca.pem()}}})
	if err != nil {
		t.Fatal(err)
	}
	over(t, cl, made.GetAsyncOperation())
	id := namespace.ID{Name: "payments", Account: "a2dd6"}
	worker := mustDial(t, c, id, ca.leaf(t).pair(), id.Host())
	runWorkflow(t, worker, "with the CA")
	if _, err := worker.ExecuteWorkflow(testContext(t), client.StartWorkflowOptions{TaskQueue: "q", TypedSearchAttributes: temporal.NewSearchAttributes(
		temporal.NewSearchAttributeKeyKeyword("Customer").ValueSet("c-1"))}, greet, "x"); err != nil {
		t.Errorf("with a search attribute: %v", err)
	}
	described, err := worker.WorkflowService().DescribeNamespace(testContext(t), &workflowservice.DescribeNamespaceRequest{Namespace: id.String()})
	if err != nil || described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() != 30*24*time.Hour {
		t.Errorf("retention: %v, %v", described.GetConfig(), err)
	}

	update := func(edit func(*nspb.NamespaceSpec)) {
		t.Helper()
		got, err := cl.GetNamespace(testContext(t), &cloudservice.GetNamespaceRequest{Namespace: id.String()})
		if err != nil {
			t.Fatal(err)
		}
		spec := proto.CloneOf(got.GetNamespace().GetSpec())
		edit(spec)
		out, err := cl.UpdateNamespace(testContext(t), &cloudservice.UpdateNamespaceRequest{Namespace: id.String(), Spec: spec, ResourceVersion: got.GetNamespace().GetResourceVersion()})
		if err != nil {
			t.Fatal(err)
		}
		over(t, cl, out.GetAsyncOperation())
	}
	next := newCA(t, "next")
	update(func(s *nspb.NamespaceSpec) { s.MtlsAuth.AcceptedClientCa = slices.Concat(ca.pem(), next.pem()) })
	runWorkflow(t, mustDial(t, c, id, next.leaf(t).pair(), id.Host()), "with the next CA")
	update(func(s *nspb.NamespaceSpec) { s.MtlsAuth.AcceptedClientCa = next.pem() })
	if err := describe(worker, id.String()); err == nil {
		t.Error("a certificate of the CA that was removed still calls")
	}
	update(func(s *nspb.NamespaceSpec) {
		s.MtlsAuth.CertificateFilters = []*nspb.CertificateFilterSpec{{CommonName: "nobody"}}
	})
	if _, err := dial(t, c, id, next.leaf(t).pair(), id.Host()); err != nil {
		t.Logf("a certificate that no filter matches: %v", err)
	} else if err := describe(mustDial(t, c, id, next.leaf(t).pair(), id.Host()), id.String()); err == nil {
		t.Error("a certificate that no filter matches calls")
	}
	page, err := c.Namespace(testContext(t), id) // what the rehearsal's own page shows is the same
	if err != nil || len(page.CAs) != 1 || len(page.Filters) == 0 {
		t.Errorf("%+v, %v", page, err)
	}

	update(func(s *nspb.NamespaceSpec) {
		s.MtlsAuth.Enabled, s.ApiKeyAuth = false, &nspb.ApiKeyAuthSpec{Enabled: true}
	})
	key := func(p identity.NamespaceAccess_Permission) string {
		robot, err := cl.CreateServiceAccount(testContext(t), &cloudservice.CreateServiceAccountRequest{Spec: &identity.ServiceAccountSpec{Name: p.String(),
			NamespaceScopedAccess: &identity.NamespaceScopedAccess{Namespace: id.String(), Access: &identity.NamespaceAccess{Permission: p}}}})
		if err != nil {
			t.Fatal(err)
		}
		over(t, cl, robot.GetAsyncOperation())
		out, err := cl.CreateApiKey(testContext(t), &cloudservice.CreateApiKeyRequest{Spec: &identity.ApiKeySpec{OwnerId: robot.GetServiceAccountId(),
			OwnerType: identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT, DisplayName: "k", ExpiryTime: timestamppb.New(time.Now().Add(time.Hour))}})
		if err != nil {
			t.Fatal(err)
		}
		over(t, cl, out.GetAsyncOperation())
		return out.GetToken()
	}
	writer, err := dialKey(t, c, id, key(identity.NamespaceAccess_PERMISSION_WRITE), id.Host())
	if err != nil {
		t.Fatal(err)
	}
	runWorkflow(t, writer, "with a Write key")
	reader, err := dialKey(t, c, id, key(identity.NamespaceAccess_PERMISSION_READ), id.Host())
	if err != nil {
		t.Fatal(err)
	}
	if err := describe(reader, id.String()); err != nil {
		t.Errorf("a Read key reads: %v", err)
	}
	if _, err := reader.ExecuteWorkflow(testContext(t), client.StartWorkflowOptions{TaskQueue: "q"}, greet, "x"); err == nil {
		t.Error("a Read key starts a workflow")
	}
	if _, err := writer.CheckHealth(testContext(t), &client.CheckHealthRequest{}); err == nil {
		t.Error("a health check with an API key answers")
	}
}

// TestControlPlaneIsKept: what the control plane holds of a namespace is there after a start; a reset forgets it.
func TestControlPlaneIsKept(t *testing.T) {
	dir := t.TempDir()
	ca := newCA(t, "ours")
	c := newCloud(t, Options{Dir: dir})
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	p, cl := controlled(t, c)
	made, err := cl.CreateNamespace(testContext(t), &cloudservice.CreateNamespaceRequest{Spec: &nspb.NamespaceSpec{Name: "payments", RetentionDays: 30, Description: "money",
		Replicas: []*nspb.ReplicaSpec{{Region: "aws-us-east-1"}}, MtlsAuth: &nspb.MtlsAuthSpec{Enabled: true, AcceptedClientCa: ca.pem()}}})
	if err != nil {
		t.Fatal(err)
	}
	over(t, cl, made.GetAsyncOperation())
	was, err := cl.GetNamespace(testContext(t), &cloudservice.GetNamespaceRequest{Namespace: made.GetNamespace()})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	again := started(t, Options{Dir: dir})
	_, cl = controlled(t, again)
	got, err := cl.GetNamespace(testContext(t), &cloudservice.GetNamespaceRequest{Namespace: made.GetNamespace()})
	if err != nil || got.GetNamespace().GetResourceVersion() != was.GetNamespace().GetResourceVersion() || !proto.Equal(got.GetNamespace().GetSpec(), was.GetNamespace().GetSpec()) {
		t.Errorf("%v, %v", got, err)
	}
	if err := again.Reset(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if all, err := cl.GetNamespaces(testContext(t), &cloudservice.GetNamespacesRequest{}); err != nil || len(all.GetNamespaces()) != 0 {
		t.Errorf("after a reset: %v, %v", all, err)
	}
}

//go:build !lean

package rehearsal

import (
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/fault"
	"onramp/namespace"
	"onramp/rehearsal/control"
)

// TestDeleteNamespace: from the deletion on a worker that was let in is refused on its open connection as on a new one,
// and the name can be made again, empty.
func TestDeleteNamespace(t *testing.T) {
	c := sharedCloud(t)
	ca := newCA(t, "acme")
	id := newNamespace(t, c, ca)
	other := newNamespace(t, c, ca)
	worker := ca.leaf(t)
	cl := mustDial(t, c, id, worker.pair(), "")
	describe := func(cl client.Client) error {
		_, err := cl.WorkflowService().DescribeTaskQueue(testContext(t), &workflowservice.DescribeTaskQueueRequest{Namespace: id.String(),
			TaskQueue: &taskqueue.TaskQueue{Name: "MONEY"}, TaskQueueType: enums.TASK_QUEUE_TYPE_WORKFLOW})
		return err
	}
	if err := describe(cl); err != nil {
		t.Fatalf("before: %v", err)
	}
	if _, err := cl.ExecuteWorkflow(testContext(t), client.StartWorkflowOptions{ID: "left", TaskQueue: "MONEY"}, "Transfer"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // one that is not there is left so
		if err := c.DeleteNamespace(testContext(t), id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Namespace(testContext(t), id); !fault.Is(err, fault.NotFound) {
		t.Errorf("it is shown afterwards: %v", err)
	}
	if err := describe(cl); err == nil {
		t.Error("a worker of the deleted namespace is let in on its open connection")
	}
	if again, err := dial(t, c, id, worker.pair(), ""); err == nil {
		if err := describe(again); err == nil {
			t.Error("a worker of the deleted namespace is let in anew")
		}
	}
	if _, err := c.Namespace(testContext(t), other); err != nil {
		t.Errorf("another namespace: %v", err)
	}

	if err := c.CreateNamespace(testContext(t), id); err != nil {
		t.Fatalf("made again: %v", err)
	}
	if again, err := dial(t, c, id, worker.pair(), ""); err == nil {
		if err := describe(again); err == nil {
			t.Error("made again, it still trusts the CA of before")
		}
	}
	setCAs(t, c, id, ca)
	cl = mustDial(t, c, id, worker.pair(), "")
	if err := describe(cl); err != nil {
		t.Errorf("made again, a worker of its CA is refused: %v", err)
	}
	_, err := cl.DescribeWorkflowExecution(testContext(t), "left", "")
	if _, gone := err.(*serviceerror.NotFound); !gone {
		t.Errorf("made again, it has a workflow of before: %v", err)
	}
	if _, err := cl.ExecuteWorkflow(testContext(t), client.StartWorkflowOptions{ID: "left", TaskQueue: "MONEY"}, "Transfer"); err != nil {
		t.Errorf("made again, a workflow cannot start: %v", err)
	}
}

// TestDeletedWithItsKeys: a namespace that Onramp deletes takes the permissions in it along, as the control plane's own
// deletion does.
func TestDeletedWithItsKeys(t *testing.T) {
	c := sharedCloud(t)
	p, cl := controlled(t, c)
	id := namespace.ID{Name: "gone-with-keys", Account: "a2dd6"}
	if err := c.CreateNamespace(testContext(t), id); err != nil {
		t.Fatal(err)
	}
	made, err := cl.CreateServiceAccount(testContext(t), &cloudservice.CreateServiceAccountRequest{Spec: &identity.ServiceAccountSpec{Name: "worker",
		NamespaceScopedAccess: &identity.NamespaceScopedAccess{Namespace: id.String(), Access: &identity.NamespaceAccess{Permission: control.Write}}}})
	if err != nil {
		t.Fatal(err)
	}
	over(t, cl, made.GetAsyncOperation())
	key, err := cl.CreateApiKey(testContext(t), &cloudservice.CreateApiKeyRequest{Spec: &identity.ApiKeySpec{OwnerId: made.GetServiceAccountId(),
		OwnerType: identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT, DisplayName: "k", ExpiryTime: timestamppb.New(time.Now().Add(time.Hour))}})
	if err != nil {
		t.Fatal(err)
	}
	over(t, cl, key.GetAsyncOperation())
	if s, at := p.server.Holder(key.GetToken(), id.String()); s != control.Good || at != control.Write {
		t.Fatalf("before: %v, %v", s, at)
	}
	if err := c.DeleteNamespace(testContext(t), id); err != nil {
		t.Fatal(err)
	}
	if s, at := p.server.Holder(key.GetToken(), id.String()); s != control.Unknown || at != control.None {
		t.Errorf("afterwards the key is %v, %v", s, at)
	}
}

//go:build !lean

package rehearsal

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/nexus/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"onramp/fault"
	"onramp/namespace"
)

// TestSettings: retention and search attributes of a namespace, as its page and `rehearse` set them, hold in the server
// and are kept; what Temporal Cloud's limits or SQLite refuse is refused with their words.
func TestSettings(t *testing.T) {
	dir := t.TempDir()
	c := newCloud(t, Options{Dir: dir})
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	ca := newCA(t, "ours")
	id := newNamespace(t, c, ca)
	s := SettingsOf(c)
	for days, good := range map[int]bool{0: false, 91: false, 1: true, 90: true} {
		if err := s.SetRetention(testContext(t), id, days); (err == nil) != good || err != nil && fault.From(err).Field != "retention" {
			t.Errorf("%d days: %v", days, err)
		}
	}
	if err := s.SetRetention(testContext(t), id, 45); err != nil {
		t.Fatal(err)
	}
	if err := s.AddAttributes(testContext(t), id, map[string]string{"Customer": "Keyword", "Amount": "Double"}); err != nil {
		t.Fatal(err)
	}
	for want, more := range map[string]map[string]string{
		"is no type": {"X": "Float"}, "at most 64": {strings.Repeat("x", 65): "Int"}, "has the type": {"Amount": "Int"}, "fewer than Temporal Cloud": {"A": "Int", "B": "Int", "C": "Int", "D": "Int"},
	} {
		err := s.AddAttributes(testContext(t), id, more)
		if f := fault.From(err); f == nil || f.Field != "search_attributes" || !strings.Contains(strings.Replace(f.Title, "with the type", "has the type", 1), want) {
			t.Errorf("%v: %v, want %q", more, err, want)
		}
	}
	cl := mustDial(t, c, id, ca.leaf(t).pair(), "")
	if _, err := cl.ExecuteWorkflow(testContext(t), client.StartWorkflowOptions{ID: "with", TaskQueue: "q", TypedSearchAttributes: temporal.NewSearchAttributes(
		temporal.NewSearchAttributeKeyKeyword("Customer").ValueSet("c-1"), temporal.NewSearchAttributeKeyFloat64("Amount").ValueSet(2.5))}, greet, "x"); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := int64(0); n != 1; <-tick.C {
		found, err := cl.WorkflowService().CountWorkflowExecutions(testContext(t), &workflowservice.CountWorkflowExecutionsRequest{Namespace: id.String(), Query: "Customer = 'c-1' AND Amount > 2"})
		if err != nil && !strings.Contains(err.Error(), "rate limit") {
			t.Fatal(err)
		}
		n = found.GetCount()
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	again := started(t, Options{Dir: dir})
	if got, err := SettingsOf(again).Of(testContext(t), id); err != nil || got.RetentionDays != 45 || len(got.Attributes) != 2 {
		t.Errorf("after a start: %+v, %v", got, err)
	}
}

// TestNexusEndpoints: endpoints made by the control plane are the server's, changed and deleted there too.
func TestNexusEndpoints(t *testing.T) {
	c := started(t, Options{})
	_, cl := controlled(t, c)
	target := namespace.ID{Name: "target", Account: "a2dd6"}
	if err := c.CreateNamespace(testContext(t), target); err != nil {
		t.Fatal(err)
	}
	spec := func(name, queue string) *nexus.EndpointSpec {
		return &nexus.EndpointSpec{Name: name, TargetSpec: &nexus.EndpointTargetSpec{Variant: &nexus.EndpointTargetSpec_WorkerTargetSpec{
			WorkerTargetSpec: &nexus.WorkerTargetSpec{NamespaceId: target.String(), TaskQueue: queue}}},
			PolicySpecs: []*nexus.EndpointPolicySpec{{Variant: &nexus.EndpointPolicySpec_AllowedCloudNamespacePolicySpec{
				AllowedCloudNamespacePolicySpec: &nexus.AllowedCloudNamespacePolicySpec{NamespaceId: "caller.a2dd6"}}}}}
	}
	knows := func(name, queue string) {
		t.Helper()
		c.work <- struct{}{}
		operator := operatorOf(c.server)
		<-c.work
		e, err := endpointNamed(testContext(t), operator, name)
		if got := e.GetSpec().GetTarget().GetWorker(); err != nil || got.GetTaskQueue() != queue || queue != "" && got.GetNamespace() != target.String() {
			t.Errorf("the server's endpoint %s: %v, %v", name, e, err)
		}
	}
	made, err := cl.CreateNexusEndpoint(testContext(t), &cloudservice.CreateNexusEndpointRequest{Spec: spec("payments", "one")})
	if err != nil {
		t.Fatal(err)
	}
	over(t, cl, made.GetAsyncOperation())
	knows("payments", "one")
	got, err := cl.GetNexusEndpoint(testContext(t), &cloudservice.GetNexusEndpointRequest{EndpointId: made.GetEndpointId()})
	if err != nil || len(got.GetEndpoint().GetSpec().GetPolicySpecs()) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	for why, bad := range map[string]*nexus.EndpointSpec{"twice": spec("payments", "two"), "no name": spec("1 2", "q"), "no queue": spec("x1", "")} {
		if _, err := cl.CreateNexusEndpoint(testContext(t), &cloudservice.CreateNexusEndpointRequest{Spec: bad}); err == nil {
			t.Errorf("%s: made", why)
		}
	}
	if _, err := cl.UpdateNexusEndpoint(testContext(t), &cloudservice.UpdateNexusEndpointRequest{EndpointId: made.GetEndpointId(), Spec: spec("payments", "two"), ResourceVersion: "old"}); err == nil {
		t.Error("a stale version changes it")
	}
	changed, err := cl.UpdateNexusEndpoint(testContext(t), &cloudservice.UpdateNexusEndpointRequest{EndpointId: made.GetEndpointId(), Spec: spec("payments", "two"), ResourceVersion: got.GetEndpoint().GetResourceVersion()})
	if err != nil {
		t.Fatal(err)
	}
	over(t, cl, changed.GetAsyncOperation())
	knows("payments", "two")
	list, err := cl.GetNexusEndpoints(testContext(t), &cloudservice.GetNexusEndpointsRequest{TargetTaskQueue: "two"})
	if err != nil || len(list.GetEndpoints()) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	gone, err := cl.DeleteNexusEndpoint(testContext(t), &cloudservice.DeleteNexusEndpointRequest{EndpointId: made.GetEndpointId(), ResourceVersion: list.GetEndpoints()[0].GetResourceVersion()})
	if err != nil {
		t.Fatal(err)
	}
	over(t, cl, gone.GetAsyncOperation())
	knows("payments", "")
}

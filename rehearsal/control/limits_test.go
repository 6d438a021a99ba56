package control

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func keyedSpec(name string) *nspb.NamespaceSpec {
	return &nspb.NamespaceSpec{Name: name, RetentionDays: 30, Replicas: []*nspb.ReplicaSpec{{Region: "aws-us-east-1"}}, ApiKeyAuth: &nspb.ApiKeyAuthSpec{Enabled: true}}
}

// TestRates: a user's calls are 40 at once, and then one by one.
func TestRates(t *testing.T) {
	w := newWorld(t, Options{})
	var r rates
	taken := 0
	for range 100 {
		if r.take("owner x", 40) {
			taken++
		}
	}
	if taken < 40 || taken > 60 { // a slow machine earns some more
		t.Errorf("%d of 100 calls passed", taken)
	}
	var err error
	for i := 0; i < 400 && err == nil; i++ {
		_, err = w.owner.GetRegions(t.Context(), &cloudservice.GetRegionsRequest{})
	}
	if status.Code(err) != codes.ResourceExhausted {
		t.Skipf("this machine makes fewer calls a second: %v", err)
	}
}

// TestTenInFlight: the eleventh change at once is refused.
func TestTenInFlight(t *testing.T) {
	w := newWorld(t, Options{Delay: time.Hour})
	for i := range maxInFlight {
		if _, err := w.owner.CreateServiceAccount(t.Context(), robotRequest(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.owner.CreateServiceAccount(t.Context(), robotRequest("one more")); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("%v", err)
	}
}

func robotRequest(name string) *cloudservice.CreateServiceAccountRequest {
	return &cloudservice.CreateServiceAccountRequest{Spec: &identity.ServiceAccountSpec{Name: name,
		Access: &identity.Access{AccountAccess: &identity.AccountAccess{Role: ReadOnly}}}}
}

// TestTenNamespaces: the eleventh namespace of an account is refused.
func TestTenNamespaces(t *testing.T) {
	w := newWorld(t, Options{})
	for i := range maxNamespaces {
		out, err := w.owner.CreateNamespace(t.Context(), &cloudservice.CreateNamespaceRequest{Spec: keyedSpec(fmt.Sprintf("n-%d", i))})
		if err != nil {
			t.Fatal(err)
		}
		w.ends(out.GetAsyncOperation())
	}
	if _, err := w.owner.CreateNamespace(t.Context(), &cloudservice.CreateNamespaceRequest{Spec: keyedSpec("one-more")}); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("%v", err)
	}
}

// TestReadAfterCreate: a Developer may not read at once what they have just made, and is its Namespace Admin then.
func TestReadAfterCreate(t *testing.T) {
	now := time.Now()
	w := newWorld(t, Options{Now: func() time.Time { return now }})
	dev := w.as(Developer)
	out, err := dev.CreateNamespace(t.Context(), &cloudservice.CreateNamespaceRequest{Spec: keyedSpec("orders")})
	if err != nil {
		t.Fatal(err)
	}
	w.ends(out.GetAsyncOperation())
	if _, err := dev.GetNamespace(t.Context(), &cloudservice.GetNamespaceRequest{Namespace: out.GetNamespace()}); !errors.Is(err, errUnauthorized) {
		t.Errorf("at once: %v", err)
	}
	now = now.Add(time.Minute)
	got, err := dev.GetNamespace(t.Context(), &cloudservice.GetNamespaceRequest{Namespace: out.GetNamespace()})
	if err != nil {
		t.Fatalf("a minute later: %v", err)
	}
	if _, err := dev.DeleteNamespace(t.Context(), &cloudservice.DeleteNamespaceRequest{Namespace: out.GetNamespace(), ResourceVersion: got.GetNamespace().GetResourceVersion()}); err != nil {
		t.Errorf("delete: %v", err)
	}
}

// TestKeyLimits: the life of an API key, and how many a service account has.
func TestKeyLimits(t *testing.T) {
	w := newWorld(t, Options{})
	robot, err := w.owner.CreateServiceAccount(t.Context(), robotRequest("worker"))
	if err != nil {
		t.Fatal(err)
	}
	w.ends(robot.GetAsyncOperation())
	key := func(life time.Duration) error {
		out, err := w.owner.CreateApiKey(t.Context(), &cloudservice.CreateApiKeyRequest{Spec: &identity.ApiKeySpec{OwnerId: robot.GetServiceAccountId(), OwnerType: identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT,
			DisplayName: "k", ExpiryTime: timestamppb.New(time.Now().Add(life))}})
		if err == nil {
			w.ends(out.GetAsyncOperation())
		}
		return err
	}
	for _, life := range []time.Duration{-time.Hour, maxKeyLife + time.Hour} {
		if err := key(life); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", life, err)
		}
	}
	for range maxRobotKey {
		if err := key(time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if err := key(time.Hour); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("the 21st: %v", err)
	}
}

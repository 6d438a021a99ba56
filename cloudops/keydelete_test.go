package cloudops

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	"google.golang.org/protobuf/proto"

	"onramp/cloud"
	"onramp/namespace"
	"onramp/rehearsal/control"
	"onramp/rehearsal/control/controltest"
)

// keyedPlane is a control plane with a namespace that takes API keys.
func keyedPlane(t *testing.T, o control.Options, ids ...namespace.ID) *controltest.Plane {
	p := controltest.Start(t, o)
	for _, id := range append(ids, payments) {
		p.Set(control.Space{ID: id, Created: time.Now().Add(-time.Hour), Keyed: true, RetentionDays: 30})
	}
	return p
}

// workerKey makes a key for a namespace.
func workerKey(t *testing.T, c *Client, id namespace.ID, name string) cloud.MadeKey {
	t.Helper()
	plan, err := c.PlanKey(t.Context(), id, name, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	key, err := c.MakeKey(t.Context(), plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Delivered(plan)
	return key
}

// TestDeleteKey: a key is shown, deleted, refused from then on, and not found for another plan. The other keys stay.
func TestDeleteKey(t *testing.T) {
	p := keyedPlane(t, control.Options{})
	c := client(t, p, control.Owner)
	old, next := workerKey(t, c, payments, "worker"), workerKey(t, c, payments, "worker")
	plan, err := c.PlanDeleteKey(t.Context(), payments, old.ID)
	if err != nil || len(plan.Diff) != 1 || !strings.Contains(plan.Diff[0], "- API key worker (ID "+old.ID+") of the service account worker") || len(plan.Warnings) != 0 || plan.Kind != cloud.KindKeyDelete {
		t.Fatalf("%+v, %v", plan, err)
	}
	a, err := c.Apply(t.Context(), plan, nil)
	if err != nil || !a.Changed || a.Operation.State != cloud.Fulfilled || a.Detail.Name != payments.String() {
		t.Fatalf("%+v, %v", a, err)
	}
	if state, _ := p.Holder(string(old.Secret.Reveal()), payments.String()); state != control.Unknown {
		t.Errorf("the deleted key is %v", state)
	}
	if state, _ := p.Holder(string(next.Secret.Reveal()), payments.String()); state != control.Good {
		t.Errorf("the other key is %v", state)
	}
	if _, err := c.PlanDeleteKey(t.Context(), payments, old.ID); cloud.Where(err) != cloud.AtRight {
		t.Errorf("planned again: %v", err)
	}
	if a, err := c.Apply(t.Context(), plan, nil); err != nil || a.Operation.State != cloud.Fulfilled { // the same operation: it is one change
		t.Errorf("sent again: %+v, %v", a, err)
	}
}

// TestDeleteKeyRefuses: what is no ID, whose key it must not be, a key that was changed since, one that is gone since.
func TestDeleteKeyRefuses(t *testing.T) {
	north := namespace.ID{Name: "north", Account: controltest.Account}
	p := keyedPlane(t, control.Options{}, north)
	c := client(t, p, control.Owner)
	elsewhere := workerKey(t, c, north, "north-worker")
	who, err := c.api.GetCurrentIdentity(t.Context(), &cloudservice.GetCurrentIdentityRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, id, where, says string }{
		{"nothing", "", cloud.AtBundle, "not the ID"},
		{"the key itself", string(elsewhere.Secret.Reveal()), cloud.AtBundle, "not its ID"},
		{"two words", "a b", cloud.AtBundle, "not the ID"},
		{"a key that is not there", "nobody", cloud.AtRight, "no API key of this ID"},
		{"the key in use", who.GetPrincipalApiKey().GetId(), cloud.AtConflict, "that Onramp uses"},
		{"a key of another namespace", elsewhere.ID, cloud.AtConflict, "for the namespace " + north.String()},
	} {
		_, err := c.PlanDeleteKey(t.Context(), payments, tt.id)
		if cloud.Where(err) != tt.where || !strings.Contains(err.Error(), tt.says) || tt.id != "" && len(tt.id) > 100 && strings.Contains(err.Error(), tt.id) {
			t.Errorf("%s: %q, %v", tt.name, cloud.Where(err), err)
		}
	}
	key := workerKey(t, c, payments, "worker")
	plan, err := c.PlanDeleteKey(t.Context(), payments, key.ID)
	if err != nil {
		t.Fatal(err)
	}
	now, err := c.api.GetApiKey(t.Context(), &cloudservice.GetApiKeyRequest{KeyId: key.ID})
	if err != nil {
		t.Fatal(err)
	}
	spec := proto.CloneOf(now.GetApiKey().GetSpec())
	spec.Disabled = true
	changed, err := c.api.UpdateApiKey(t.Context(), &cloudservice.UpdateApiKeyRequest{KeyId: key.ID, Spec: spec, ResourceVersion: now.GetApiKey().GetResourceVersion()})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.finish(t.Context(), changed.GetAsyncOperation(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Apply(t.Context(), plan, nil); cloud.Where(err) != cloud.AtConflict || !strings.Contains(err.Error(), "changed meanwhile") {
		t.Errorf("changed since: %v", err)
	}
	stale, err := c.PlanDeleteKey(t.Context(), payments, key.ID)
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.PlanDeleteKey(t.Context(), payments, key.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Apply(t.Context(), first, nil); err != nil {
		t.Fatal(err)
	}
	if a, err := c.Apply(t.Context(), stale, nil); err != nil || a.Changed {
		t.Errorf("deleted by somebody else since: %+v, %v", a, err)
	}
	account := client(t, p, control.Owner, func(o *Options) { o.Key = p.Key(control.Developer) })
	mine, err := account.api.GetCurrentIdentity(t.Context(), &cloudservice.GetCurrentIdentityRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if plan, err := c.PlanDeleteKey(t.Context(), payments, mine.GetPrincipalApiKey().GetId()); err != nil || len(plan.Warnings) != 1 {
		t.Errorf("a user's key: %q, %v", plan.Warnings, err)
	}
}

// TestDeleteKeyKilled: a program that ended anywhere between plan and end left what the next one brings to its end, once.
func TestDeleteKeyKilled(t *testing.T) {
	for name, sent := range map[string]bool{"before the call": false, "after the call": true} {
		t.Run(name, func(t *testing.T) {
			p := keyedPlane(t, control.Options{Delay: 40 * time.Millisecond})
			dir := t.TempDir()
			keep := func(o *Options) { o.Journal = NewJournal(dir) }
			c := client(t, p, control.Owner, keep)
			key := workerKey(t, c, payments, "worker")
			plan, err := c.PlanDeleteKey(t.Context(), payments, key.ID)
			if err != nil {
				t.Fatal(err)
			}
			plan.For = "ledger"
			if err := c.o.Journal.put(c.o.Server, plan); err != nil {
				t.Fatal(err)
			}
			if sent {
				if _, err := c.send(t.Context(), plan); err != nil {
					t.Fatal(err)
				}
			}
			after := client(t, p, control.Owner, keep)
			if pending, found := after.Pending("ledger"); !found || pending.Key == nil || pending.Key.ID != key.ID {
				t.Fatalf("pending: %+v", pending)
			}
			a, found, err := after.Resume(t.Context(), payments, nil)
			if err != nil || found != sent || sent && a.Operation.ID != plan.Operation {
				t.Fatalf("resumed %v: %+v, %v", found, a, err)
			}
			all, err := c.api.GetApiKeys(t.Context(), &cloudservice.GetApiKeysRequest{OwnerId: key.Owner})
			if err != nil {
				t.Fatal(err)
			}
			there := slices.ContainsFunc(all.GetApiKeys(), func(k *identity.ApiKey) bool { return k.GetId() == key.ID })
			if there == sent {
				t.Errorf("there: %v", there)
			}
		})
	}
}

package cloudops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// maxKeyLife is how long an API key lasts at most (docs.temporal.io/cloud/api-keys).
const maxKeyLife = 2 * 365 * 24 * time.Hour

// robots are the service accounts and keys that Onramp makes, and what an earlier call left of them.
type robots struct{ *Client }

// PlanKey works out a service account with the permission Write in one namespace, and an API key for it.
func (c *Client) PlanKey(ctx context.Context, id namespace.ID, name string, life time.Duration) (cloud.Plan, error) {
	name = strings.TrimSpace(name)
	if err := JudgeKey(name, life); err != nil {
		return cloud.Plan{}, err
	}
	n, err := c.fetch(ctx, id)
	if err != nil {
		return cloud.Plan{}, err
	}
	if !n.GetSpec().GetApiKeyAuth().GetEnabled() {
		return cloud.Plan{}, at(cloud.AtBundle, fault.New(fault.Conflict, "The namespace takes no API keys", "It takes client certificates. Change its sign-in method in the Temporal Cloud UI first."))
	}
	p := cloud.Plan{Operation: uuid.NewString(), Kind: kindKey, Namespace: id, Before: settingsOf(n.GetSpec()), After: settingsOf(n.GetSpec()),
		Key: &cloud.KeyPlan{Name: name, Ends: c.o.Now().Add(life).UTC().Truncate(time.Second)}}
	owner, err := (robots{c}).named(ctx, id, name)
	if err != nil {
		return cloud.Plan{}, err
	}
	if p.Key.Owner = owner; owner == "" {
		p.Diff = append(p.Diff, fmt.Sprintf("+ service account %s: Write in %s, Read-Only in the account", name, id))
	}
	p.Diff = append(p.Diff, fmt.Sprintf("+ API key %s of that service account, expires %s", name, p.Key.Ends.Format(time.RFC3339)))
	return p, nil
}

// named is the service account of a name that may write in one namespace; "" for none. A service account of that name with
// other rights is a conflict: a name is there once.
func (c robots) named(ctx context.Context, id namespace.ID, name string) (string, error) {
	for token := ""; ; {
		one, cancel := within(ctx)
		page, err := c.api.GetServiceAccounts(one, &cloudservice.GetServiceAccountsRequest{PageSize: 200, PageToken: token})
		cancel()
		if err != nil {
			return "", c.refusal(err, "list service accounts")
		}
		for _, r := range page.GetServiceAccount() {
			if r.GetSpec().GetName() != name {
				continue
			}
			scoped := r.GetSpec().GetNamespaceScopedAccess()
			if scoped.GetNamespace() != id.String() || scoped.GetAccess().GetPermission() != identity.NamespaceAccess_PERMISSION_WRITE {
				return "", at(cloud.AtConflict, fault.New(fault.Conflict, "A service account has that name and other rights", "Choose another name for the key.").In("name"))
			}
			return r.GetId(), nil
		}
		if token = page.GetNextPageToken(); token == "" {
			return "", nil
		}
	}
}

// MakeKey carries out a plan of PlanKey.
func (c *Client) MakeKey(ctx context.Context, p cloud.Plan, progress func(cloud.Operation)) (cloud.MadeKey, error) {
	if err := (robots{c}).clearLost(ctx, p.Namespace); err != nil {
		return cloud.MadeKey{}, err
	}
	owner, err := (robots{c}).named(ctx, p.Namespace, p.Key.Name) // again: an earlier try may have made it since the plan
	if err != nil {
		return cloud.MadeKey{}, err
	}
	if owner == "" {
		if owner, err = (robots{c}).create(ctx, p, progress); err != nil {
			return cloud.MadeKey{}, err
		}
	}
	if err := c.o.Journal.put(c.o.Server, p); err != nil {
		return cloud.MadeKey{}, err
	}
	one, cancel := within(ctx)
	out, err := c.api.CreateApiKey(one, &cloudservice.CreateApiKeyRequest{AsyncOperationId: p.Operation, Spec: &identity.ApiKeySpec{OwnerId: owner,
		OwnerType: identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT, DisplayName: p.Key.Name, Description: markOf(p.Operation), ExpiryTime: timestamppb.New(p.Key.Ends)}})
	cancel()
	if err != nil {
		if !passes(err) {
			c.o.Journal.drop(p.Operation)
		}
		return cloud.MadeKey{}, c.refusal(err, "make API keys of "+p.Namespace.String())
	}
	made := cloud.MadeKey{ID: out.GetKeyId(), Owner: owner, Ends: p.Key.Ends, Secret: certsvc.NewSecret([]byte(out.GetToken()))}
	if out.GetToken() == "" { // sent again after a break: the key itself was in the answer that did not come
		if err := (robots{c}).clearLost(ctx, p.Namespace); err != nil {
			return cloud.MadeKey{}, err
		}
		return cloud.MadeKey{}, at(cloud.AtChange, fault.New(fault.Unavailable, "The API key was lost on its way and was deleted again", "Make it again."))
	}
	if err := c.finish(ctx, out.GetAsyncOperation(), progress); err != nil {
		return cloud.MadeKey{}, err
	}
	return made, nil
}

// Delivered takes a key out of the journal: somebody has it, so that the next MakeKey leaves it alone.
func (c *Client) Delivered(p cloud.Plan) { c.o.Journal.drop(p.Operation) }

// markOf is the description of a key by which it is found again.
func markOf(operation string) string { return "made by onramp, operation " + operation }

// create makes the service account of a plan, or finds it where an earlier try has made it.
func (c robots) create(ctx context.Context, p cloud.Plan, progress func(cloud.Operation)) (string, error) {
	step := cloud.Plan{Operation: uuid.NewString(), Kind: kindRobot, Namespace: p.Namespace}
	if err := c.o.Journal.put(c.o.Server, step); err != nil {
		return "", err
	}
	one, cancel := within(ctx)
	defer cancel()
	out, err := c.api.CreateServiceAccount(one, &cloudservice.CreateServiceAccountRequest{AsyncOperationId: step.Operation, Spec: &identity.ServiceAccountSpec{
		Name: p.Key.Name, Description: markOf(step.Operation), NamespaceScopedAccess: &identity.NamespaceScopedAccess{Namespace: p.Namespace.String(),
			Access: &identity.NamespaceAccess{Permission: identity.NamespaceAccess_PERMISSION_WRITE}}}})
	if err != nil {
		if !passes(err) {
			c.o.Journal.drop(step.Operation)
		}
		return "", c.refusal(err, "make service accounts of "+p.Namespace.String())
	}
	if err := c.finish(ctx, out.GetAsyncOperation(), progress); err != nil {
		return "", err
	}
	c.o.Journal.drop(step.Operation)
	return out.GetServiceAccountId(), nil
}

// finish waits for an operation and makes an end that is not the good one an error.
func (c *Client) finish(ctx context.Context, op *opspb.AsyncOperation, progress func(cloud.Operation)) error {
	end, err := c.end(ctx, op, progress)
	if err != nil {
		return err
	}
	if end.State == cloud.Fulfilled {
		return nil
	}
	f := fault.New(fault.Conflict, fmt.Sprintf("Temporal Cloud ended the change as %s", end.State), "Try again; an Account Owner sees more in the Temporal Cloud UI.")
	f.Cause = end.Why
	return at(cloud.AtChange, f)
}

// clearLost ends what an earlier MakeKey began and nobody saw the end of: it waits for the service account, and deletes a
// key that nobody got.
func (c robots) clearLost(ctx context.Context, id namespace.ID) error {
	for {
		p, there, err := c.o.Journal.of(c.o.Server, id, kindRobot, kindKey)
		if err != nil || !there {
			return err
		}
		op, err := c.look(ctx, p.Operation)
		if err != nil && status.Code(err) != codes.NotFound {
			return c.refusal(err, "see operations")
		}
		if err == nil {
			end, err := c.end(ctx, op, nil)
			if err != nil {
				return err
			}
			if p.Kind == kindKey && end.State == cloud.Fulfilled {
				if err := c.deleteMarked(ctx, p.Operation); err != nil {
					return err
				}
			}
		}
		c.o.Journal.drop(p.Operation)
	}
}

// deleteMarked deletes the key that an operation made.
func (c robots) deleteMarked(ctx context.Context, operation string) error {
	for token := ""; ; {
		one, cancel := within(ctx)
		page, err := c.api.GetApiKeys(one, &cloudservice.GetApiKeysRequest{PageSize: 200, PageToken: token})
		cancel()
		if err != nil {
			return c.refusal(err, "list API keys")
		}
		for _, k := range page.GetApiKeys() {
			if k.GetSpec().GetDescription() != markOf(operation) {
				continue
			}
			one, cancel := within(ctx)
			defer cancel()
			out, err := c.api.DeleteApiKey(one, &cloudservice.DeleteApiKeyRequest{KeyId: k.GetId(), ResourceVersion: k.GetResourceVersion(), AsyncOperationId: uuid.NewString()})
			if err != nil {
				return c.refusal(err, "delete API keys")
			}
			return c.finish(ctx, out.GetAsyncOperation(), nil)
		}
		if token = page.GetNextPageToken(); token == "" {
			return nil
		}
	}
}

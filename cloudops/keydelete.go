package cloudops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// JudgeKeyID refuses what is no ID of an API key: before anything is dialled, and without showing what may be the key itself.
func JudgeKeyID(id string) error {
	switch {
	case strings.HasPrefix(id, "eyJ") && strings.Count(id, ".") == 2:
		return at(cloud.AtBundle, fault.New(fault.Invalid, "This is an API key, not its ID", "Give the ID from the list of API keys. If others may have seen the key, replace it.").In("key"))
	case id == "" || len(id) > 100 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }):
		return at(cloud.AtBundle, fault.New(fault.Invalid, "This is not the ID of an API key", "Copy it from the list of API keys: a short text of letters and digits.").In("key"))
	}
	return nil
}

// PlanDeleteKey works out the deletion of an API key. A key of a service account of another namespace is refused, and so is
// the key that this client uses; of one whose owner may do more than work in the namespace a warning says so.
func (c *Client) PlanDeleteKey(ctx context.Context, id namespace.ID, keyID string) (cloud.Plan, error) {
	if err := JudgeKeyID(keyID); err != nil {
		return cloud.Plan{}, err
	}
	n, err := c.fetch(ctx, id)
	if err != nil {
		return cloud.Plan{}, err
	}
	one, cancel := within(ctx)
	defer cancel()
	out, err := c.api.GetApiKey(one, &cloudservice.GetApiKeyRequest{KeyId: keyID})
	if status.Code(err) == codes.NotFound {
		f := fault.New(fault.NotFound, "Temporal Cloud has no API key of this ID for this Cloud Ops API key", "Compare the ID with the list of API keys. One that was deleted already is not listed.")
		f.Err, f.Cause = err, "Temporal Cloud answered "+c.key.scrub(status.Convert(err).Message())
		return cloud.Plan{}, at(cloud.AtRight, f)
	} else if err != nil {
		return cloud.Plan{}, c.refusal(err, "see API keys")
	}
	who, err := c.api.GetCurrentIdentity(one, &cloudservice.GetCurrentIdentityRequest{})
	if err != nil {
		return cloud.Plan{}, c.refusal(err, "see whose it is")
	}
	if who.GetPrincipalApiKey().GetId() == keyID {
		return cloud.Plan{}, at(cloud.AtConflict, fault.New(fault.Conflict, "This is the key that Onramp uses for the control plane", "Give the ID of the worker's key; delete this one in the Temporal Cloud UI.").In("key"))
	}
	k := out.GetApiKey()
	owner, warnings, err := ownerOf(ctx, c, id, k.GetSpec())
	if err != nil {
		return cloud.Plan{}, err
	}
	p := cloud.Plan{Operation: uuid.NewString(), Kind: kindKeyDelete, Namespace: id, Before: settingsOf(n.GetSpec()), After: settingsOf(n.GetSpec()), Warnings: warnings,
		Key: &cloud.KeyPlan{ID: keyID, Name: k.GetSpec().GetDisplayName(), Owner: k.GetSpec().GetOwnerId()}}
	line := fmt.Sprintf("- API key %s (ID %s) of %s", p.Key.Name, keyID, owner)
	if ends := k.GetSpec().GetExpiryTime(); ends != nil {
		p.Key.Ends = ends.AsTime()
		line += ", expires " + p.Key.Ends.Format(time.RFC3339)
	}
	p.Diff = []string{line + "; it cannot be put back"}
	p.Request, err = proto.Marshal(&cloudservice.DeleteApiKeyRequest{KeyId: keyID, ResourceVersion: k.GetResourceVersion(), AsyncOperationId: p.Operation})
	if err != nil {
		return cloud.Plan{}, fault.From(err)
	}
	return p, nil
}

// ownerOf is whose key it is, for people, and what to warn of. A service account of another namespace is a conflict.
func ownerOf(ctx context.Context, c *Client, id namespace.ID, spec *identity.ApiKeySpec) (who string, warnings []string, err error) {
	if spec.GetOwnerType() != identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT {
		return "a user", []string{"The key belongs to a user, who may use it in other namespaces too."}, nil
	}
	one, cancel := within(ctx)
	defer cancel()
	out, err := c.api.GetServiceAccount(one, &cloudservice.GetServiceAccountRequest{ServiceAccountId: spec.GetOwnerId()})
	switch code := status.Code(err); {
	case code == codes.PermissionDenied || code == codes.NotFound:
		return "the service account " + spec.GetOwnerId(), []string{"Onramp cannot see what else the owner of this key may do: it may be used in other namespaces too."}, nil
	case err != nil:
		return "", nil, c.refusal(err, "see service accounts")
	}
	robot := out.GetServiceAccount().GetSpec()
	switch scoped := robot.GetNamespaceScopedAccess(); {
	case scoped == nil:
		warnings = []string{"The service account " + robot.GetName() + " may work in more than this namespace: the key may be used elsewhere too."}
	case scoped.GetNamespace() != id.String():
		return "", nil, at(cloud.AtConflict, fault.New(fault.Conflict, "This API key is for the namespace "+scoped.GetNamespace(), "Give the ID of a key for "+id.String()+".").In("key"))
	}
	return "the service account " + robot.GetName(), warnings, nil
}

// keyThere reports whether a key of a plan is there still, once its deletion has ended.
func keyThere(ctx context.Context, c *Client, p cloud.Plan) (bool, error) {
	one, cancel := within(ctx)
	defer cancel()
	_, err := c.api.GetApiKey(one, &cloudservice.GetApiKeyRequest{KeyId: p.Key.ID})
	if status.Code(err) == codes.NotFound {
		return false, nil
	}
	return err == nil, c.refusal(err, "see API keys")
}

// keyChanged is the conflict of a key that is not as it was when its deletion was planned.
func keyChanged(c *Client, cause error) error {
	f := fault.New(fault.Conflict, "The API key was changed meanwhile, and it was not deleted", "Look at the difference again: plan the deletion anew.")
	f.Err, f.Cause = cause, "Temporal Cloud said: "+c.key.scrub(status.Convert(cause).Message())
	return at(cloud.AtConflict, f)
}

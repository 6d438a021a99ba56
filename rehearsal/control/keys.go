package control

import (
	"context"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	"go.temporal.io/cloud-sdk/api/resource/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// keys answers what makes and changes service accounts and API keys.
type keys struct{ s *Server }

// The bounds of API keys (docs.temporal.io/cloud/api-keys).
const (
	maxKeyLife  = 2 * 365 * 24 * time.Hour
	maxRobotKey = 20
	maxUserKey  = 10
)

// done begins a change that is made at the end of its operation; s.mu is held.
func (s *Server) done(who caller, kind, id, about string, req proto.Message, made func()) (*operation, error) {
	return s.begin(who, change{id: id, kind: kind, about: about, req: req, apply: func(context.Context) error { return nil },
		ended: func(ok bool) {
			if ok {
				made()
			}
		}})
}

// CreateServiceAccount makes a service account.
func (k keys) CreateServiceAccount(ctx context.Context, req *cloudservice.CreateServiceAccountRequest) (*cloudservice.CreateServiceAccountResponse, error) {
	s, who := k.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "CreateServiceAccount", req.GetAsyncOperationId(), req)
	if err != nil {
		return nil, err
	}
	if op != nil {
		return &cloudservice.CreateServiceAccountResponse{ServiceAccountId: op.about, AsyncOperation: op.show()}, nil
	}
	if !manages(who, req.GetSpec()) {
		return nil, errUnauthorized
	}
	if err := s.judgeRobot(who, req.GetSpec(), ""); err != nil {
		return nil, err
	}
	now := timestamppb.New(s.o.Now())
	o := &owner{account: who.account, robot: &identity.ServiceAccount{Id: newID(), ResourceVersion: newID(), Spec: proto.CloneOf(req.GetSpec()),
		State: resource.ResourceState_RESOURCE_STATE_ACTIVATING, CreatedTime: now, LastModifiedTime: now}}
	op, err = s.begin(who, change{id: req.GetAsyncOperationId(), kind: "CreateServiceAccount", about: o.id(), req: req,
		apply: func(context.Context) error { return nil },
		ended: func(ok bool) {
			if !ok {
				s.book.drop(o)
				return
			}
			o.robot.State = resource.ResourceState_RESOURCE_STATE_ACTIVE
		}})
	if err != nil {
		return nil, err
	}
	s.book.owners = append(s.book.owners, o)
	return &cloudservice.CreateServiceAccountResponse{ServiceAccountId: o.id(), AsyncOperation: op.show()}, nil
}

// robot is a service account that the caller may change, at its present version; s.mu is held.
func (s *Server) robotAt(who caller, id, version string) (*owner, error) {
	o := s.book.owner(who.account, id)
	switch {
	case o == nil || o.robot == nil:
		return nil, errNoRobot(id)
	case !manages(who, o.robot.GetSpec()):
		return nil, errUnauthorized
	case version != o.robot.GetResourceVersion():
		return nil, errStale
	}
	return o, nil
}

// UpdateServiceAccount replaces the spec of a service account.
func (k keys) UpdateServiceAccount(ctx context.Context, req *cloudservice.UpdateServiceAccountRequest) (*cloudservice.UpdateServiceAccountResponse, error) {
	s, who := k.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "UpdateServiceAccount", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		var o *owner
		if o, err = s.robotAt(who, req.GetServiceAccountId(), req.GetResourceVersion()); err == nil && !manages(who, req.GetSpec()) {
			err = errUnauthorized
		}
		if err == nil {
			err = s.judgeRobot(who, req.GetSpec(), o.id())
		}
		if err == nil && o.robot.GetSpec().GetNamespaceScopedAccess().GetNamespace() != req.GetSpec().GetNamespaceScopedAccess().GetNamespace() {
			err = ours(codes.InvalidArgument, "the namespace of a service account cannot be changed")
		}
		if err == nil {
			op, err = s.done(who, "UpdateServiceAccount", req.GetAsyncOperationId(), o.id(), req, func() {
				o.robot.Spec, o.robot.ResourceVersion, o.robot.LastModifiedTime = proto.CloneOf(req.GetSpec()), newID(), timestamppb.New(s.o.Now())
			})
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.UpdateServiceAccountResponse{AsyncOperation: op.show()}, nil
}

// SetServiceAccountNamespaceAccess gives a service account of the account a permission in one namespace.
func (k keys) SetServiceAccountNamespaceAccess(ctx context.Context, req *cloudservice.SetServiceAccountNamespaceAccessRequest) (*cloudservice.SetServiceAccountNamespaceAccessResponse, error) {
	s, who := k.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "SetServiceAccountNamespaceAccess", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		o := s.book.owner(who.account, req.GetServiceAccountId())
		switch {
		case o == nil || o.robot == nil:
			err = errNoRobot(req.GetServiceAccountId())
		case o.robot.GetResourceVersion() != req.GetResourceVersion():
			err = errStale
		case o.robot.GetSpec().GetAccess() == nil:
			err = ours(codes.InvalidArgument, "a service account of one namespace keeps its access")
		default:
			op, err = s.done(who, "SetServiceAccountNamespaceAccess", req.GetAsyncOperationId(), o.id(), req, func() {
				a := o.robot.GetSpec().GetAccess()
				if a.NamespaceAccesses == nil {
					a.NamespaceAccesses = map[string]*identity.NamespaceAccess{}
				}
				if a.NamespaceAccesses[req.GetNamespace()] = req.GetAccess(); req.GetAccess().GetPermission() == None {
					delete(a.NamespaceAccesses, req.GetNamespace())
				}
				o.robot.ResourceVersion = newID()
			})
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.SetServiceAccountNamespaceAccessResponse{AsyncOperation: op.show()}, nil
}

// DeleteServiceAccount deletes a service account with its keys.
func (k keys) DeleteServiceAccount(ctx context.Context, req *cloudservice.DeleteServiceAccountRequest) (*cloudservice.DeleteServiceAccountResponse, error) {
	s, who := k.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "DeleteServiceAccount", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		var o *owner
		if o, err = s.robotAt(who, req.GetServiceAccountId(), req.GetResourceVersion()); err == nil {
			op, err = s.done(who, "DeleteServiceAccount", req.GetAsyncOperationId(), o.id(), req, func() { s.book.drop(o) })
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.DeleteServiceAccountResponse{AsyncOperation: op.show()}, nil
}

// CreateApiKey makes an API key of a service account and answers with the key itself: this once. The same request sent
// again is answered without it. Who has no right on every key makes keys for service accounts that they manage, and a
// service account for itself.
func (k keys) CreateApiKey(ctx context.Context, req *cloudservice.CreateApiKeyRequest) (*cloudservice.CreateApiKeyResponse, error) {
	if req.GetSpec().GetOwnerType() != identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT {
		return nil, ours(codes.InvalidArgument, "CreateApiKey is for the keys of service accounts")
	}
	return newKey(ctx, k.s, req)
}

// newKey makes an API key of a service account, or of the caller.
func newKey(ctx context.Context, s *Server, req *cloudservice.CreateApiKeyRequest) (*cloudservice.CreateApiKeyResponse, error) {
	who := callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "CreateApiKey", req.GetAsyncOperationId(), req)
	if err != nil {
		return nil, err
	}
	if op != nil {
		return &cloudservice.CreateApiKeyResponse{KeyId: op.about, AsyncOperation: op.show()}, nil
	}
	spec := req.GetSpec()
	o := s.book.owner(who.account, spec.GetOwnerId())
	if o == nil || o.robot == nil && o.id() != who.id() {
		return nil, errNoRobot(spec.GetOwnerId())
	}
	if who.id() != o.id() && !manages(who, o.robot.GetSpec()) {
		return nil, errUnauthorized
	}
	if err := s.judgeKey(o, spec); err != nil {
		return nil, err
	}
	made, secret := s.hand(o, proto.CloneOf(spec), resource.ResourceState_RESOURCE_STATE_ACTIVATING)
	op, err = s.begin(who, change{id: req.GetAsyncOperationId(), kind: "CreateApiKey", about: made.shown.GetId(), req: req,
		apply: func(context.Context) error { return nil },
		ended: func(ok bool) {
			if !ok {
				s.book.dropKey(made)
				return
			}
			made.shown.State = resource.ResourceState_RESOURCE_STATE_ACTIVE
		}})
	if err != nil {
		s.book.dropKey(made)
		return nil, err
	}
	return &cloudservice.CreateApiKeyResponse{KeyId: made.shown.GetId(), Token: secret, AsyncOperation: op.show()}, nil
}

// judgeKey judges a new key of an owner; s.mu is held.
func (s *Server) judgeKey(o *owner, spec *identity.ApiKeySpec) error {
	live := 0
	for _, other := range s.book.keys {
		if other.account == o.account && other.shown.GetSpec().GetOwnerId() == o.id() && s.o.Now().Before(other.shown.GetSpec().GetExpiryTime().AsTime()) {
			live++
		}
	}
	most := maxRobotKey
	if o.user != nil {
		most = maxUserKey
	}
	life := spec.GetExpiryTime().AsTime().Sub(s.o.Now())
	switch {
	case spec.GetDisplayName() == "":
		return ours(codes.InvalidArgument, "the key needs a display_name")
	case spec.GetExpiryTime() == nil || life <= 0 || life > maxKeyLife:
		return ours(codes.InvalidArgument, "expiry_time is at most two years ahead")
	case live >= most:
		return ours(codes.ResourceExhausted, "%d keys are there, which is the most", live)
	}
	return nil
}

func (b *book) dropKey(gone *key) {
	for i, k := range b.keys {
		if k == gone {
			b.keys = append(b.keys[:i:i], b.keys[i+1:]...)
			return
		}
	}
}

// sees reports whether a caller may see, change and delete a key; s.mu is held.
func (s *Server) sees(who caller, k *key) bool {
	if r := who.role(); k.account == who.account && (r == Owner || r == GlobalAdmin || k.shown.GetSpec().GetOwnerId() == who.id()) {
		return true
	}
	o := s.book.owner(who.account, k.shown.GetSpec().GetOwnerId())
	return o != nil && o.robot != nil && o.robot.GetSpec().GetNamespaceScopedAccess() != nil && manages(who, o.robot.GetSpec())
}

// GetApiKeys lists the keys that the caller may see.
func (k keys) GetApiKeys(ctx context.Context, req *cloudservice.GetApiKeysRequest) (*cloudservice.GetApiKeysResponse, error) {
	who := callerOf(ctx)
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	var all []*identity.ApiKey
	for _, one := range k.s.book.keys {
		spec := one.shown.GetSpec()
		if k.s.sees(who, one) && (req.GetOwnerId() == "" || req.GetOwnerId() == spec.GetOwnerId()) && (req.GetOwnerType() == 0 || req.GetOwnerType() == spec.GetOwnerType()) {
			all = append(all, proto.CloneOf(one.shown))
		}
	}
	page, next, err := paged(all, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	return &cloudservice.GetApiKeysResponse{ApiKeys: page, NextPageToken: next}, nil
}

// keyAt is a key that the caller may see; s.mu is held.
func (s *Server) keyAt(who caller, id string) (*key, error) {
	one := s.book.key(who.account, id)
	if one == nil {
		return nil, ours(codes.NotFound, "no API key %q", id)
	}
	if !s.sees(who, one) {
		return nil, errUnauthorized
	}
	return one, nil
}

// GetApiKey is one key, without the key itself.
func (k keys) GetApiKey(ctx context.Context, req *cloudservice.GetApiKeyRequest) (*cloudservice.GetApiKeyResponse, error) {
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	one, err := k.s.keyAt(callerOf(ctx), req.GetKeyId())
	if err != nil {
		return nil, err
	}
	return &cloudservice.GetApiKeyResponse{ApiKey: proto.CloneOf(one.shown)}, nil
}

// UpdateApiKey names a key anew or switches it off and on.
func (k keys) UpdateApiKey(ctx context.Context, req *cloudservice.UpdateApiKeyRequest) (*cloudservice.UpdateApiKeyResponse, error) {
	s, who := k.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "UpdateApiKey", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		var one *key
		one, err = s.keyAt(who, req.GetKeyId())
		switch spec := req.GetSpec(); {
		case err != nil:
		case one.shown.GetResourceVersion() != req.GetResourceVersion():
			err = errStale
		case spec.GetOwnerId() != one.shown.GetSpec().GetOwnerId() || !proto.Equal(spec.GetExpiryTime(), one.shown.GetSpec().GetExpiryTime()):
			err = ours(codes.InvalidArgument, "owner and expiry of a key cannot be changed")
		default:
			op, err = s.done(who, "UpdateApiKey", req.GetAsyncOperationId(), one.shown.GetId(), req, func() {
				one.shown.Spec, one.shown.ResourceVersion, one.shown.LastModifiedTime = proto.CloneOf(spec), newID(), timestamppb.New(s.o.Now())
			})
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.UpdateApiKeyResponse{AsyncOperation: op.show()}, nil
}

// DeleteApiKey deletes a key: its next call is refused.
func (k keys) DeleteApiKey(ctx context.Context, req *cloudservice.DeleteApiKeyRequest) (*cloudservice.DeleteApiKeyResponse, error) {
	s, who := k.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "DeleteApiKey", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		var one *key
		one, err = s.keyAt(who, req.GetKeyId())
		switch {
		case err != nil:
		case one.shown.GetResourceVersion() != req.GetResourceVersion():
			err = errStale
		default:
			op, err = s.done(who, "DeleteApiKey", req.GetAsyncOperationId(), one.shown.GetId(), req, func() { s.book.dropKey(one) })
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.DeleteApiKeyResponse{AsyncOperation: op.show()}, nil
}

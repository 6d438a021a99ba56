package control

import (
	"context"
	"slices"

	"go.temporal.io/cloud-sdk/api/account/v1"
	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	"go.temporal.io/cloud-sdk/api/resource/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// access answers who calls, and who is in the account.
type access struct{ s *Server }

// GetCurrentIdentity is the caller and the key that the call came with.
func (a access) GetCurrentIdentity(ctx context.Context, _ *cloudservice.GetCurrentIdentityRequest) (*cloudservice.GetCurrentIdentityResponse, error) {
	who := callerOf(ctx)
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	out := &cloudservice.GetCurrentIdentityResponse{PrincipalApiKey: proto.CloneOf(who.key.shown)}
	if who.user != nil {
		out.Principal = &cloudservice.GetCurrentIdentityResponse_User{User: proto.CloneOf(who.user)}
	} else {
		out.Principal = &cloudservice.GetCurrentIdentityResponse_ServiceAccount{ServiceAccount: proto.CloneOf(who.robot)}
	}
	return out, nil
}

// GetAccount is the caller's account.
func (a access) GetAccount(ctx context.Context, _ *cloudservice.GetAccountRequest) (*cloudservice.GetAccountResponse, error) {
	return &cloudservice.GetAccountResponse{Account: &account.Account{Id: callerOf(ctx).account, Spec: &account.AccountSpec{},
		State: resource.ResourceState_RESOURCE_STATE_ACTIVE, ResourceVersion: "1"}}, nil
}

// GetUsers lists the users of the account, or those with access to a namespace.
func (a access) GetUsers(ctx context.Context, req *cloudservice.GetUsersRequest) (*cloudservice.GetUsersResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	var all []*identity.User
	for _, o := range a.s.book.owners {
		if o.user == nil || o.account != callerOf(ctx).account || req.GetEmail() != "" && o.user.GetSpec().GetEmail() != req.GetEmail() ||
			req.GetNamespace() != "" && o.in(req.GetNamespace()) == None {
			continue
		}
		all = append(all, proto.CloneOf(o.user))
	}
	page, next, err := paged(all, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	return &cloudservice.GetUsersResponse{Users: page, NextPageToken: next}, nil
}

// GetUser is one user.
func (a access) GetUser(ctx context.Context, req *cloudservice.GetUserRequest) (*cloudservice.GetUserResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	o := a.s.book.owner(callerOf(ctx).account, req.GetUserId())
	if o == nil || o.user == nil {
		return nil, ours(codes.NotFound, "no user %q", req.GetUserId())
	}
	return &cloudservice.GetUserResponse{User: proto.CloneOf(o.user)}, nil
}

// GetServiceAccounts lists the service accounts of the account.
func (a access) GetServiceAccounts(ctx context.Context, req *cloudservice.GetServiceAccountsRequest) (*cloudservice.GetServiceAccountsResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	var all []*identity.ServiceAccount
	for _, o := range a.s.book.owners {
		if o.robot != nil && o.account == callerOf(ctx).account {
			all = append(all, proto.CloneOf(o.robot))
		}
	}
	page, next, err := paged(all, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	return &cloudservice.GetServiceAccountsResponse{ServiceAccount: page, NextPageToken: next}, nil
}

// GetServiceAccount is one of them.
func (a access) GetServiceAccount(ctx context.Context, req *cloudservice.GetServiceAccountRequest) (*cloudservice.GetServiceAccountResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	o := a.s.book.owner(callerOf(ctx).account, req.GetServiceAccountId())
	if o == nil || o.robot == nil {
		return nil, errNoRobot(req.GetServiceAccountId())
	}
	return &cloudservice.GetServiceAccountResponse{ServiceAccount: proto.CloneOf(o.robot)}, nil
}

func errNoRobot(id string) error { return ours(codes.NotFound, "no service account %q", id) }

// manages reports whether a caller may make, change and delete a service account of this spec: Owners and Global Admins
// every one, a Namespace Admin those of the namespace.
func manages(who caller, spec *identity.ServiceAccountSpec) bool {
	if r := who.role(); r == Owner || r == GlobalAdmin {
		return true
	}
	scoped := spec.GetNamespaceScopedAccess()
	return scoped != nil && who.in(scoped.GetNamespace()) == Admin
}

// judgeRobot judges the spec of a service account; s.mu is held.
func (s *Server) judgeRobot(who caller, spec *identity.ServiceAccountSpec, own string) error {
	scopes := 0
	for _, set := range []bool{spec.GetAccess() != nil, spec.GetNamespaceScopedAccess() != nil, spec.GetProjectScopedAccess() != nil} {
		if set {
			scopes++
		}
	}
	switch {
	case spec.GetName() == "":
		return ours(codes.InvalidArgument, "a service account needs a name")
	case scopes != 1:
		return ours(codes.InvalidArgument, "a service account has one of access, namespace_scoped_access and project_scoped_access")
	case spec.GetProjectScopedAccess() != nil:
		return ours(codes.Unimplemented, "the rehearsal has no projects")
	}
	if scoped := spec.GetNamespaceScopedAccess(); scoped != nil {
		if _, err := s.find(who, scoped.GetNamespace()); err != nil {
			return ours(codes.InvalidArgument, "no namespace %q", scoped.GetNamespace())
		}
		if scoped.GetAccess().GetPermission() == None {
			return ours(codes.InvalidArgument, "the permission in %s is missing", scoped.GetNamespace())
		}
	}
	a := spec.GetAccess()
	// tf#197: an administrator has every namespace; more given one by one is refused or dropped.
	if r := a.GetAccountAccess().GetRole(); (r == Owner || r == GlobalAdmin) && len(a.GetNamespaceAccesses()) > 0 {
		return ours(codes.InvalidArgument, "an administrator has every namespace: namespace_accesses is not given")
	}
	for _, o := range s.book.owners {
		if o.robot != nil && o.account == who.account && o.robot.GetSpec().GetName() == spec.GetName() && o.id() != own {
			return ours(codes.AlreadyExists, "a service account is named %q already", spec.GetName())
		}
	}
	return nil
}

// tagged are the tags of a namespace.
type tagged map[string]string

func (b *book) tags(id string) map[string]string { return b.labels[id] }

func (b *book) tag(id string, set map[string]string, remove []string) {
	if b.labels == nil {
		b.labels = map[string]tagged{}
	}
	now := tagged{}
	for k, v := range b.labels[id] {
		if !slices.Contains(remove, k) {
			now[k] = v
		}
	}
	for k, v := range set {
		now[k] = v
	}
	b.labels[id] = now
}

// gone drops what belongs to a deleted namespace: its tags, its service accounts with their keys, and the permissions in
// it of everybody else. One that is made with its name later begins without them.
func (b *book) gone(id string) {
	delete(b.labels, id)
	for _, o := range slices.Clone(b.owners) {
		if o.robot.GetSpec().GetNamespaceScopedAccess().GetNamespace() == id {
			b.drop(o)
			continue
		}
		delete(o.access().GetNamespaceAccesses(), id)
	}
}

// access is what an owner may do; nil for a service account of one namespace.
func (o *owner) access() *identity.Access {
	if o.user != nil {
		return o.user.GetSpec().GetAccess()
	}
	return o.robot.GetSpec().GetAccess()
}

// drop takes out an owner with its keys.
func (b *book) drop(o *owner) {
	b.owners = slices.DeleteFunc(b.owners, func(x *owner) bool { return x == o })
	b.keys = slices.DeleteFunc(b.keys, func(k *key) bool { return k.shown.GetSpec().GetOwnerId() == o.id() && k.account == o.account })
}

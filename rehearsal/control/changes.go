package control

import (
	"context"
	"maps"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"onramp/namespace"
)

// changes answers what changes namespaces, and what asks for operations.
type changes struct{ s *Server }

// The kinds of operations.
const (
	kindCreate = "CreateNamespace"
	kindUpdate = "UpdateNamespace"
	kindDelete = "DeleteNamespace"
	kindRename = "RenameCustomSearchAttribute"
	kindTags   = "UpdateNamespaceTags"
)

// CreateNamespace makes a namespace of the caller's account.
func (n changes) CreateNamespace(ctx context.Context, req *cloudservice.CreateNamespaceRequest) (*cloudservice.CreateNamespaceResponse, error) {
	s, who := n.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	id := namespace.ID{Name: req.GetSpec().GetName(), Account: who.account}
	switch op, err := s.again(who, kindCreate, req.GetAsyncOperationId(), req); {
	case err != nil:
		return nil, err
	case op != nil:
		return &cloudservice.CreateNamespaceResponse{Namespace: id.String(), AsyncOperation: op.show()}, nil
	}
	if len(req.GetTags()) > 0 && who.role() != Owner && who.role() != GlobalAdmin {
		return nil, errUnauthorized
	}
	if read, repairs, err := namespace.ParseID(id.String()); err != nil || len(repairs) > 0 || read != id {
		return nil, ours(codes.InvalidArgument, "%q is no name of a namespace", id.Name)
	}
	for _, sp := range s.spaces() {
		if sp.ID == id {
			return nil, status.Errorf(codes.AlreadyExists, "namespace %s exists already%s", id, ourMark)
		}
	}
	next, err := s.asked(req.GetSpec(), Space{})
	if err == nil {
		err = s.rules.knows(who.account, req.GetSpec().GetConnectivityRuleIds())
	}
	if err != nil {
		return nil, err
	}
	next.ID, next.Created, next.Version = id, s.o.Now().UTC(), newID()
	if err := refused(s.o.Spaces.Judge(next)); err != nil {
		return nil, err
	}
	op, err := s.begin(who, change{id: req.GetAsyncOperationId(), kind: kindCreate, about: id.String(), req: req,
		apply: func(ctx context.Context) error { return s.o.Spaces.Put(ctx, next, "") },
		ended: func(ok bool) {
			if ok {
				delete(s.drafts, id.String())
				s.book.tag(id.String(), req.GetTags(), nil)
				s.adminOf(who, id.String())
			}
		}})
	if err != nil {
		return nil, err
	}
	s.drafts[id.String()] = next
	return &cloudservice.CreateNamespaceResponse{Namespace: id.String(), AsyncOperation: op.show()}, nil
}

// adminOf makes a Developer the Namespace Admin of what they have made (docs.temporal.io/cloud/manage-access); s.mu is
// held.
func (s *Server) adminOf(who caller, id string) {
	o := s.book.owner(who.account, who.id())
	if o == nil || o.role() != Developer {
		return
	}
	var a *identity.Access
	if o.user != nil {
		a = o.user.GetSpec().GetAccess()
	} else {
		a = o.robot.GetSpec().GetAccess()
	}
	if a.NamespaceAccesses == nil {
		a.NamespaceAccesses = map[string]*identity.NamespaceAccess{}
	}
	a.NamespaceAccesses[id] = &identity.NamespaceAccess{Permission: Admin}
}

// changing looks whether a namespace can be changed now; s.mu is held.
func (s *Server) changing(who caller, id, version string) (Space, error) {
	sp, err := s.find(who, id)
	switch {
	case err != nil:
		return sp, err
	case s.under(who.account, id) != nil:
		return sp, ours(codes.FailedPrecondition, "namespace %s is being changed by operation %s", id, s.under(who.account, id).shown.GetId())
	case s.stuck[id] != "" || s.drafts[id].Version != "":
		return sp, ours(codes.FailedPrecondition, "the last change of namespace %s failed: Temporal support mends that, here a reset of the rehearsal", id)
	case version == "":
		return sp, ours(codes.InvalidArgument, "resource_version is missing")
	case version != sp.Version:
		return sp, errStale
	}
	return sp, nil
}

// edit begins the change of a namespace to next; s.mu is held.
func (s *Server) edit(who caller, c change, was, next Space) (*opspb.AsyncOperation, error) {
	c.about = was.ID.String()
	if c.apply == nil {
		c.apply = func(ctx context.Context) error { return s.o.Spaces.Put(ctx, next, was.Version) }
	}
	ended := c.ended
	c.ended = func(ok bool) {
		if ended != nil {
			ended(ok)
		}
		if op := s.ops[who.account+"/"+c.id]; !ok && op != nil && op.shown.GetState() == opspb.AsyncOperation_STATE_FAILED {
			s.stuck[c.about] = c.id
		}
	}
	if c.id == "" {
		c.id = newID()
	}
	op, err := s.begin(who, c)
	if err != nil {
		return nil, err
	}
	return op.show(), nil
}

// UpdateNamespace replaces the whole spec of a namespace.
func (n changes) UpdateNamespace(ctx context.Context, req *cloudservice.UpdateNamespaceRequest) (*cloudservice.UpdateNamespaceResponse, error) {
	s, who := n.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if op, err := s.again(who, kindUpdate, req.GetAsyncOperationId(), req); err != nil || op != nil {
		if err != nil {
			return nil, err
		}
		return &cloudservice.UpdateNamespaceResponse{AsyncOperation: op.show()}, nil
	}
	was, err := s.changing(who, req.GetNamespace(), req.GetResourceVersion())
	if err != nil {
		return nil, err
	}
	if req.GetSpec().GetName() != was.ID.Name {
		return nil, ours(codes.InvalidArgument, "the name of a namespace cannot be changed")
	}
	next, err := s.asked(req.GetSpec(), was)
	if err != nil {
		return nil, err
	}
	if err := s.rules.knows(who.account, req.GetSpec().GetConnectivityRuleIds()); err != nil {
		return nil, err
	}
	if sameSpace(was, next) {
		return nil, status.Error(codes.InvalidArgument, "nothing to change")
	}
	if err := refused(s.o.Spaces.Judge(next)); err != nil {
		return nil, err
	}
	op, err := s.edit(who, change{id: req.GetAsyncOperationId(), kind: kindUpdate, req: req}, was, next)
	if err != nil {
		return nil, err
	}
	return &cloudservice.UpdateNamespaceResponse{AsyncOperation: op}, nil
}

// DeleteNamespace deletes a namespace with its workflows, unless it is protected.
func (n changes) DeleteNamespace(ctx context.Context, req *cloudservice.DeleteNamespaceRequest) (*cloudservice.DeleteNamespaceResponse, error) {
	s, who := n.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if op, err := s.again(who, kindDelete, req.GetAsyncOperationId(), req); err != nil || op != nil {
		if err != nil {
			return nil, err
		}
		return &cloudservice.DeleteNamespaceResponse{AsyncOperation: op.show()}, nil
	}
	was, err := s.changing(who, req.GetNamespace(), req.GetResourceVersion())
	if err != nil {
		return nil, err
	}
	if specOf(was).GetLifecycle().GetEnableDeleteProtection() {
		return nil, ours(codes.FailedPrecondition, "namespace %s is protected from deletion", was.ID)
	}
	op, err := s.edit(who, change{id: req.GetAsyncOperationId(), kind: kindDelete, req: req,
		apply: func(ctx context.Context) error { return s.o.Spaces.Delete(ctx, was.ID) },
		ended: func(ok bool) {
			if ok {
				s.book.gone(was.ID.String())
			}
		}}, was, was)
	if err != nil {
		return nil, err
	}
	return &cloudservice.DeleteNamespaceResponse{AsyncOperation: op}, nil
}

// RenameCustomSearchAttribute gives a search attribute another name.
func (n changes) RenameCustomSearchAttribute(ctx context.Context, req *cloudservice.RenameCustomSearchAttributeRequest) (*cloudservice.RenameCustomSearchAttributeResponse, error) {
	s, who := n.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if op, err := s.again(who, kindRename, req.GetAsyncOperationId(), req); err != nil || op != nil {
		if err != nil {
			return nil, err
		}
		return &cloudservice.RenameCustomSearchAttributeResponse{AsyncOperation: op.show()}, nil
	}
	was, err := s.changing(who, req.GetNamespace(), req.GetResourceVersion())
	if err != nil {
		return nil, err
	}
	from, to := req.GetExistingCustomSearchAttributeName(), req.GetNewCustomSearchAttributeName()
	kind := was.Attributes[from]
	if kind == "" || was.Attributes[to] != "" {
		return nil, ours(codes.InvalidArgument, "search attribute %q cannot become %q", from, to)
	}
	next := was
	next.Attributes = maps.Clone(was.Attributes)
	delete(next.Attributes, from)
	next.Attributes[to] = kind
	if err := namespace.JudgeAttributes(next.Attributes); err != nil {
		return nil, ours(codes.InvalidArgument, "%s", said(err))
	}
	op, err := s.edit(who, change{id: req.GetAsyncOperationId(), kind: kindRename, req: req,
		apply: func(ctx context.Context) error { return s.o.Spaces.RenameAttribute(ctx, was.ID, from, to) }}, was, next)
	if err != nil {
		return nil, err
	}
	return &cloudservice.RenameCustomSearchAttributeResponse{AsyncOperation: op}, nil
}

// UpdateNamespaceTags sets and removes tags.
func (n changes) UpdateNamespaceTags(ctx context.Context, req *cloudservice.UpdateNamespaceTagsRequest) (*cloudservice.UpdateNamespaceTagsResponse, error) {
	s, who := n.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, kindTags, req.GetAsyncOperationId(), req)
	if err != nil {
		return nil, err
	}
	if op == nil {
		sp, err := s.find(who, req.GetNamespace())
		if err != nil {
			return nil, err
		}
		op, err = s.begin(who, change{id: req.GetAsyncOperationId(), kind: kindTags, about: "tags of " + sp.ID.String(), req: req,
			apply: func(context.Context) error { return nil },
			ended: func(ok bool) {
				if ok {
					s.book.tag(sp.ID.String(), req.GetTagsToUpsert(), req.GetTagsToRemove())
				}
			}})
		if err != nil {
			return nil, err
		}
	}
	return &cloudservice.UpdateNamespaceTagsResponse{AsyncOperation: op.show()}, nil
}

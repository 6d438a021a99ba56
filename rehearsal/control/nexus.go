package control

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/nexus/v1"
	"go.temporal.io/cloud-sdk/api/resource/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/namespace"
)

// maxEndpoints is how many Nexus endpoints an account has at first (docs.temporal.io/cloud/limits).
const maxEndpoints = 100

// endpoint is a Nexus endpoint of an account. The embedded server knows it by its name; who may call it is kept and shown,
// and nothing enforces it.
type endpoint struct {
	account string
	shown   *nexus.Endpoint
}

// endpoints answers what asks for Nexus endpoints.
type endpoints struct{ s *Server }

// endpointName is what the name of an endpoint may be (the comment of temporal.api.nexus.v1.EndpointSpec.name, with the
// hyphen that the server takes too).
var endpointName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]$`)

// judgeEndpoint judges the spec of an endpoint and returns the namespace that it leads to; s.mu is held.
func judgeEndpoint(s *Server, who caller, spec *nexus.EndpointSpec, own string) (namespace.ID, error) {
	target := spec.GetTargetSpec().GetWorkerTargetSpec()
	sp, err := s.find(who, target.GetNamespaceId())
	switch {
	case !endpointName.MatchString(spec.GetName()):
		return sp.ID, ours(codes.InvalidArgument, "%q is no name of an endpoint", spec.GetName())
	case err != nil:
		return sp.ID, ours(codes.InvalidArgument, "the target names no namespace of this account: %q", target.GetNamespaceId())
	case target.GetTaskQueue() == "":
		return sp.ID, ours(codes.InvalidArgument, "the target names no task queue")
	case !atLeast(who.in(sp.ID.String()), Admin): // docs.temporal.io/cloud/nexus/security: a Developer needs it in the target
		return sp.ID, errUnauthorized
	}
	for _, e := range s.endpoints {
		if e.shown.GetSpec().GetName() == spec.GetName() && e.shown.GetId() != own {
			return sp.ID, ours(codes.AlreadyExists, "an endpoint is named %q already", spec.GetName())
		}
	}
	return sp.ID, nil
}

// CreateNexusEndpoint makes an endpoint.
func (n endpoints) CreateNexusEndpoint(ctx context.Context, req *cloudservice.CreateNexusEndpointRequest) (*cloudservice.CreateNexusEndpointResponse, error) {
	s, who := n.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "CreateNexusEndpoint", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		if _, err = judgeEndpoint(s, who, req.GetSpec(), ""); err == nil && len(s.endpoints) >= maxEndpoints {
			err = ours(codes.ResourceExhausted, "%d endpoints are there, which is the most", len(s.endpoints))
		}
		if err == nil {
			now := timestamppb.New(s.o.Now())
			e := &endpoint{who.account, &nexus.Endpoint{Id: newID(), ResourceVersion: newID(), Spec: proto.CloneOf(req.GetSpec()),
				State: resource.ResourceState_RESOURCE_STATE_ACTIVE, CreatedTime: now, LastModifiedTime: now}}
			op, err = s.begin(who, change{id: req.GetAsyncOperationId(), kind: "CreateNexusEndpoint", about: e.shown.GetId(), req: req,
				apply: func(ctx context.Context) error { return putEndpoint(ctx, s, e.shown.GetSpec(), "") },
				ended: func(ok bool) {
					if ok {
						s.endpoints = append(s.endpoints, e)
					}
				}})
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.CreateNexusEndpointResponse{EndpointId: op.about, AsyncOperation: op.show()}, nil
}

// putEndpoint makes an endpoint in the embedded server, or changes the one that has the name was.
func putEndpoint(ctx context.Context, s *Server, spec *nexus.EndpointSpec, was string) error {
	t := spec.GetTargetSpec().GetWorkerTargetSpec()
	return s.o.Spaces.PutEndpoint(ctx, was, Endpoint{Name: spec.GetName(), Namespace: t.GetNamespaceId(), TaskQueue: t.GetTaskQueue()})
}

// endpointAt is an endpoint of the caller's account, at its present version and of a namespace that the caller is Namespace
// Admin of unless any is given; s.mu is held.
func endpointAt(s *Server, who caller, id, version string, any bool) (*endpoint, error) {
	for _, e := range s.endpoints {
		if e.account == who.account && e.shown.GetId() == id {
			switch target := e.shown.GetSpec().GetTargetSpec().GetWorkerTargetSpec().GetNamespaceId(); {
			case any:
			case !atLeast(who.in(target), Admin):
				return nil, errUnauthorized
			case e.shown.GetResourceVersion() != version:
				return nil, errStale
			}
			return e, nil
		}
	}
	return nil, ours(codes.NotFound, "no Nexus endpoint %q", id)
}

// UpdateNexusEndpoint replaces the spec of an endpoint.
func (n endpoints) UpdateNexusEndpoint(ctx context.Context, req *cloudservice.UpdateNexusEndpointRequest) (*cloudservice.UpdateNexusEndpointResponse, error) {
	s, who := n.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "UpdateNexusEndpoint", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		var e *endpoint
		if e, err = endpointAt(s, who, req.GetEndpointId(), req.GetResourceVersion(), false); err == nil {
			_, err = judgeEndpoint(s, who, req.GetSpec(), e.shown.GetId())
		}
		if err == nil {
			op, err = s.begin(who, change{id: req.GetAsyncOperationId(), kind: "UpdateNexusEndpoint", about: e.shown.GetId(), req: req,
				apply: func(ctx context.Context) error {
					return putEndpoint(ctx, s, req.GetSpec(), e.shown.GetSpec().GetName())
				},
				ended: func(ok bool) {
					if ok {
						e.shown.Spec, e.shown.ResourceVersion, e.shown.LastModifiedTime = proto.CloneOf(req.GetSpec()), newID(), timestamppb.New(s.o.Now())
					}
				}})
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.UpdateNexusEndpointResponse{AsyncOperation: op.show()}, nil
}

// DeleteNexusEndpoint deletes an endpoint.
func (n endpoints) DeleteNexusEndpoint(ctx context.Context, req *cloudservice.DeleteNexusEndpointRequest) (*cloudservice.DeleteNexusEndpointResponse, error) {
	s, who := n.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "DeleteNexusEndpoint", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		var e *endpoint
		if e, err = endpointAt(s, who, req.GetEndpointId(), req.GetResourceVersion(), false); err == nil {
			op, err = s.begin(who, change{id: req.GetAsyncOperationId(), kind: "DeleteNexusEndpoint", about: e.shown.GetId(), req: req,
				apply: func(ctx context.Context) error { return s.o.Spaces.DeleteEndpoint(ctx, e.shown.GetSpec().GetName()) },
				ended: func(ok bool) {
					if ok {
						s.endpoints = slices.DeleteFunc(s.endpoints, func(x *endpoint) bool { return x == e })
					}
				}})
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.DeleteNexusEndpointResponse{AsyncOperation: op.show()}, nil
}

// GetNexusEndpoints lists the endpoints of the account, by name.
func (n endpoints) GetNexusEndpoints(ctx context.Context, req *cloudservice.GetNexusEndpointsRequest) (*cloudservice.GetNexusEndpointsResponse, error) {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	var all []*nexus.Endpoint
	for _, e := range n.s.endpoints {
		t := e.shown.GetSpec().GetTargetSpec().GetWorkerTargetSpec()
		if e.account == callerOf(ctx).account && matches(req.GetName(), e.shown.GetSpec().GetName()) && matches(req.GetTargetNamespaceId(), t.GetNamespaceId()) && matches(req.GetTargetTaskQueue(), t.GetTaskQueue()) {
			all = append(all, proto.CloneOf(e.shown))
		}
	}
	slices.SortFunc(all, func(a, b *nexus.Endpoint) int { return strings.Compare(a.GetSpec().GetName(), b.GetSpec().GetName()) })
	page, next, err := paged(all, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	return &cloudservice.GetNexusEndpointsResponse{Endpoints: page, NextPageToken: next}, nil
}

func matches(want, have string) bool { return want == "" || want == have }

// GetNexusEndpoint is one endpoint.
func (n endpoints) GetNexusEndpoint(ctx context.Context, req *cloudservice.GetNexusEndpointRequest) (*cloudservice.GetNexusEndpointResponse, error) {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	e, err := endpointAt(n.s, callerOf(ctx), req.GetEndpointId(), "", true)
	if err != nil {
		return nil, err
	}
	return &cloudservice.GetNexusEndpointResponse{Endpoint: proto.CloneOf(e.shown)}, nil
}

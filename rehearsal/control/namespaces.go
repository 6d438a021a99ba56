package control

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	"go.temporal.io/cloud-sdk/api/region/v1"
	"go.temporal.io/cloud-sdk/api/resource/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/namespace"
)

// namespaces answers what asks for namespaces and regions.
type namespaces struct{ s *Server }

// actionsLimit is what a namespace may do in a second at first (docs.temporal.io/cloud/limits).
const actionsLimit = 500

// GetNamespaces lists the namespaces of the account by name. What Temporal Cloud hides of it, and how name matches, is not
// documented: here all are shown, and name is the whole name or Namespace ID.
func (n namespaces) GetNamespaces(ctx context.Context, req *cloudservice.GetNamespacesRequest) (*cloudservice.GetNamespacesResponse, error) {
	who := callerOf(ctx)
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	var all []*nspb.Namespace
	for _, sp := range n.s.spaces() {
		if sp.ID.Account == who.account && (req.GetName() == "" || req.GetName() == sp.ID.Name || req.GetName() == sp.ID.String()) {
			all = append(all, n.s.shown(sp))
		}
	}
	slices.SortFunc(all, func(a, b *nspb.Namespace) int { return strings.Compare(a.GetNamespace(), b.GetNamespace()) })
	page, next, err := paged(all, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	return &cloudservice.GetNamespacesResponse{Namespaces: page, NextPageToken: next}, nil
}

// paged cuts one page out of a list: 100 where no size is given, 1000 at most.
func paged[T any](all []T, size int32, token string) (page []T, next string, err error) {
	from := 0
	if token != "" {
		if from, err = strconv.Atoi(token); err != nil || from < 0 || from > len(all) {
			return nil, "", ours(codes.InvalidArgument, "the page token is none of these")
		}
	}
	if size <= 0 {
		size = 100
	}
	to := min(len(all), from+int(min(size, 1000)))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next, nil
}

// GetNamespace is one namespace.
func (n namespaces) GetNamespace(ctx context.Context, req *cloudservice.GetNamespaceRequest) (*cloudservice.GetNamespaceResponse, error) {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	sp, err := n.s.find(callerOf(ctx), req.GetNamespace())
	if err != nil {
		return nil, err
	}
	return &cloudservice.GetNamespaceResponse{Namespace: n.s.shown(sp)}, nil
}

// GetNamespaceCapacityInfo tells the limit on demand; the rehearsal measures nothing.
func (n namespaces) GetNamespaceCapacityInfo(ctx context.Context, req *cloudservice.GetNamespaceCapacityInfoRequest) (*cloudservice.GetNamespaceCapacityInfoResponse, error) {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	sp, err := n.s.find(callerOf(ctx), req.GetNamespace())
	if err != nil {
		return nil, err
	}
	return &cloudservice.GetNamespaceCapacityInfoResponse{CapacityInfo: &nspb.NamespaceCapacityInfo{Namespace: sp.ID.String(),
		ModeOptions: &nspb.NamespaceCapacityInfo_CapacityModeOptions{OnDemand: &nspb.NamespaceCapacityInfo_CapacityModeOptions_OnDemand{ApsLimit: float64(n.s.o.Actions)}}}}, nil
}

// GetRegions are Temporal Cloud's regions.
func (n namespaces) GetRegions(context.Context, *cloudservice.GetRegionsRequest) (*cloudservice.GetRegionsResponse, error) {
	out := &cloudservice.GetRegionsResponse{}
	for _, r := range namespace.Regions() {
		out.Regions = append(out.Regions, regionOf(r))
	}
	return out, nil
}

// GetRegion is one of them.
func (n namespaces) GetRegion(_ context.Context, req *cloudservice.GetRegionRequest) (*cloudservice.GetRegionResponse, error) {
	for _, r := range namespace.Regions() {
		if r.ID == req.GetRegion() {
			return &cloudservice.GetRegionResponse{Region: regionOf(r)}, nil
		}
	}
	return nil, ours(codes.NotFound, "no region %q", req.GetRegion())
}

func regionOf(r namespace.Region) *region.Region {
	provider := map[string]region.Region_CloudProvider{"aws": region.Region_CLOUD_PROVIDER_AWS, "gcp": region.Region_CLOUD_PROVIDER_GCP, "azure": region.Region_CLOUD_PROVIDER_AZURE}[r.Cloud]
	return &region.Region{Id: r.ID, CloudProvider: provider, CloudProviderRegion: r.Name, Location: r.Place}
}

// spaces are the namespaces that are there or being made; s.mu is held.
func (s *Server) spaces() []Space {
	all := s.o.Spaces.All()
	for id, d := range s.drafts {
		if !slices.ContainsFunc(all, func(sp Space) bool { return sp.ID.String() == id }) {
			all = append(all, d)
		}
	}
	return all
}

// find is a namespace of the caller's account; s.mu is held.
func (s *Server) find(who caller, id string) (Space, error) {
	for _, sp := range s.spaces() {
		if sp.ID.String() == id && sp.ID.Account == who.account {
			return sp, nil
		}
	}
	return Space{}, ours(codes.NotFound, "no namespace %q", id)
}

// shown is a namespace as the API shows it; s.mu is held.
func (s *Server) shown(sp Space) *nspb.Namespace {
	id := sp.ID.String()
	spec := specOf(sp)
	n := &nspb.Namespace{Namespace: id, ResourceVersion: sp.Version, Spec: spec, State: resource.ResourceState_RESOURCE_STATE_ACTIVE,
		Limits: &nspb.Limits{ActionsPerSecondLimit: int32(s.o.Actions)}, CreatedTime: timestamppb.New(sp.Created), Endpoints: &nspb.Endpoints{},
		//lint:ignore SA1019 clients of today read it still
		RegionStatus: map[string]*nspb.NamespaceRegionStatus{}, Tags: s.book.tags(id)}
	if sp.Keyed {
		n.Endpoints.GrpcAddress = s.o.KeyAddress
	}
	if sp.certified() {
		n.Endpoints.MtlsGrpcAddress = s.o.Address
	}
	for i, r := range spec.GetReplicas() {
		n.Replicas = append(n.Replicas, &nspb.Replica{Id: r.GetRegion(), IsPrimary: i == 0, State: nspb.Replica_REPLICA_STATE_ACTIVE, Region: r.GetRegion()})
		//lint:ignore SA1019 see above
		n.RegionStatus[r.GetRegion()] = &nspb.NamespaceRegionStatus{State: nspb.NamespaceRegionStatus_STATE_ACTIVE}
		if i == 0 {
			n.ActiveRegion = r.GetRegion()
		}
	}
	for _, ruleID := range spec.GetConnectivityRuleIds() {
		if r := s.rules.of(sp.ID.Account, ruleID); r != nil {
			n.ConnectivityRules = append(n.ConnectivityRules, proto.CloneOf(r.shown))
		}
	}
	_, making := s.drafts[id]
	if op := s.under(sp.ID.Account, id); op != nil {
		n.AsyncOperationId, n.State = op.shown.GetId(), resource.ResourceState_RESOURCE_STATE_UPDATING
		switch op.shown.GetOperationType() {
		case kindCreate:
			n.State = resource.ResourceState_RESOURCE_STATE_ACTIVATING
		case kindDelete:
			n.State = resource.ResourceState_RESOURCE_STATE_DELETING
		}
	} else if making {
		n.State = resource.ResourceState_RESOURCE_STATE_ACTIVATION_FAILED
	} else if s.stuck[id] != "" {
		n.AsyncOperationId, n.State = s.stuck[id], resource.ResourceState_RESOURCE_STATE_UPDATE_FAILED
	}
	return n
}

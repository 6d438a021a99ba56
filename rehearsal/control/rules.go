package control

import (
	"context"
	"slices"
	"strings"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/connectivityrule/v1"
	"go.temporal.io/cloud-sdk/api/resource/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// rules answers what asks for connectivity rules: they are stored, shown and attached, and nothing enforces them.
type rules struct{ s *Server }

// CreateConnectivityRule makes a rule.
func (r rules) CreateConnectivityRule(ctx context.Context, req *cloudservice.CreateConnectivityRuleRequest) (*cloudservice.CreateConnectivityRuleResponse, error) {
	s, who := r.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "CreateConnectivityRule", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		if req.GetSpec().GetConnectionType() == nil {
			return nil, ours(codes.InvalidArgument, "a rule is a public_rule or a private_rule")
		}
		rule := &connectivityrule.ConnectivityRule{Id: newID(), ResourceVersion: newID(), Spec: proto.CloneOf(req.GetSpec()),
			State: resource.ResourceState_RESOURCE_STATE_ACTIVE, CreatedTime: timestamppb.New(s.o.Now())}
		op, err = s.done(who, "CreateConnectivityRule", req.GetAsyncOperationId(), rule.GetId(), req, func() { s.rules[rule.GetId()] = rule })
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.CreateConnectivityRuleResponse{ConnectivityRuleId: op.about, AsyncOperation: op.show()}, nil
}

// GetConnectivityRules lists the rules, or those of a namespace.
func (r rules) GetConnectivityRules(ctx context.Context, req *cloudservice.GetConnectivityRulesRequest) (*cloudservice.GetConnectivityRulesResponse, error) {
	s, who := r.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	var only []string
	if req.GetNamespace() != "" {
		sp, err := s.find(who, req.GetNamespace())
		if err != nil {
			return nil, err
		}
		only = specOf(sp).GetConnectivityRuleIds()
	}
	var all []*connectivityrule.ConnectivityRule
	for id, rule := range s.rules {
		if req.GetNamespace() == "" || slices.Contains(only, id) {
			all = append(all, proto.CloneOf(rule))
		}
	}
	slices.SortFunc(all, func(a, b *connectivityrule.ConnectivityRule) int { return strings.Compare(a.GetId(), b.GetId()) })
	page, next, err := paged(all, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	return &cloudservice.GetConnectivityRulesResponse{ConnectivityRules: page, NextPageToken: next}, nil
}

// GetConnectivityRule is one rule.
func (r rules) GetConnectivityRule(_ context.Context, req *cloudservice.GetConnectivityRuleRequest) (*cloudservice.GetConnectivityRuleResponse, error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	rule := r.s.rules[req.GetConnectivityRuleId()]
	if rule == nil {
		return nil, ours(codes.NotFound, "no connectivity rule %q", req.GetConnectivityRuleId())
	}
	return &cloudservice.GetConnectivityRuleResponse{ConnectivityRule: proto.CloneOf(rule)}, nil
}

// DeleteConnectivityRule deletes a rule that no namespace has.
func (r rules) DeleteConnectivityRule(ctx context.Context, req *cloudservice.DeleteConnectivityRuleRequest) (*cloudservice.DeleteConnectivityRuleResponse, error) {
	s, who := r.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "DeleteConnectivityRule", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		rule := s.rules[req.GetConnectivityRuleId()]
		switch {
		case rule == nil:
			err = ours(codes.NotFound, "no connectivity rule %q", req.GetConnectivityRuleId())
		case rule.GetResourceVersion() != req.GetResourceVersion():
			err = errStale
		case s.attached(rule.GetId()):
			err = ours(codes.FailedPrecondition, "a namespace has the rule %s", rule.GetId())
		default:
			op, err = s.done(who, "DeleteConnectivityRule", req.GetAsyncOperationId(), rule.GetId(), req, func() { delete(s.rules, rule.GetId()) })
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.DeleteConnectivityRuleResponse{AsyncOperation: op.show()}, nil
}

func (s *Server) attached(rule string) bool {
	return slices.ContainsFunc(s.spaces(), func(sp Space) bool { return slices.Contains(specOf(sp).GetConnectivityRuleIds(), rule) })
}

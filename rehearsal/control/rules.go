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

// rule is a connectivity rule of an account: to every other it is not there
// (docs.temporal.io/cloud/connectivity: a rule is made in an account, and set on namespaces of it).
type rule struct {
	account string
	shown   *connectivityrule.ConnectivityRule
}

// allRules are the rules of every account, by ID.
type allRules map[string]*rule

// of is a connectivity rule of an account; nil for none.
func (all allRules) of(account, id string) *rule {
	if r := all[id]; r != nil && r.account == account {
		return r
	}
	return nil
}

// knows refuses a namespace with a rule that its account does not have.
func (all allRules) knows(account string, ids []string) error {
	for _, id := range ids {
		if all.of(account, id) == nil {
			return ours(codes.InvalidArgument, "no connectivity rule %q", id)
		}
	}
	return nil
}

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
		made := &connectivityrule.ConnectivityRule{Id: newID(), ResourceVersion: newID(), Spec: proto.CloneOf(req.GetSpec()),
			State: resource.ResourceState_RESOURCE_STATE_ACTIVE, CreatedTime: timestamppb.New(s.o.Now())}
		op, err = s.done(who, "CreateConnectivityRule", req.GetAsyncOperationId(), made.GetId(), req, func() { s.rules[made.GetId()] = &rule{who.account, made} })
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.CreateConnectivityRuleResponse{ConnectivityRuleId: op.about, AsyncOperation: op.show()}, nil
}

// GetConnectivityRules lists the rules of the account, or those of a namespace.
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
	for id, r := range s.rules {
		if r.account == who.account && (req.GetNamespace() == "" || slices.Contains(only, id)) {
			all = append(all, proto.CloneOf(r.shown))
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
func (r rules) GetConnectivityRule(ctx context.Context, req *cloudservice.GetConnectivityRuleRequest) (*cloudservice.GetConnectivityRuleResponse, error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	have := r.s.rules.of(callerOf(ctx).account, req.GetConnectivityRuleId())
	if have == nil {
		return nil, ours(codes.NotFound, "no connectivity rule %q", req.GetConnectivityRuleId())
	}
	return &cloudservice.GetConnectivityRuleResponse{ConnectivityRule: proto.CloneOf(have.shown)}, nil
}

// DeleteConnectivityRule deletes a rule that no namespace has.
func (r rules) DeleteConnectivityRule(ctx context.Context, req *cloudservice.DeleteConnectivityRuleRequest) (*cloudservice.DeleteConnectivityRuleResponse, error) {
	s, who := r.s, callerOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.again(who, "DeleteConnectivityRule", req.GetAsyncOperationId(), req)
	if err == nil && op == nil {
		have := s.rules.of(who.account, req.GetConnectivityRuleId())
		switch {
		case have == nil:
			err = ours(codes.NotFound, "no connectivity rule %q", req.GetConnectivityRuleId())
		case have.shown.GetResourceVersion() != req.GetResourceVersion():
			err = errStale
		case s.attached(have):
			err = ours(codes.FailedPrecondition, "a namespace has the rule %s", have.shown.GetId())
		default:
			op, err = s.done(who, "DeleteConnectivityRule", req.GetAsyncOperationId(), have.shown.GetId(), req, func() { delete(s.rules, have.shown.GetId()) })
		}
	}
	if err != nil {
		return nil, err
	}
	return &cloudservice.DeleteConnectivityRuleResponse{AsyncOperation: op.show()}, nil
}

// attached reports whether a namespace of its account has a rule; s.mu is held.
func (s *Server) attached(r *rule) bool {
	return slices.ContainsFunc(s.spaces(), func(sp Space) bool {
		return sp.ID.Account == r.account && slices.Contains(specOf(sp).GetConnectivityRuleIds(), r.shown.GetId())
	})
}

package cloudops

import (
	"context"
	"slices"
	"strings"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	rulepb "go.temporal.io/cloud-sdk/api/connectivityrule/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// Rules are the connectivity rules of the key's account.
func Rules(ctx context.Context, c *Client) ([]cloud.Rule, error) {
	out := []cloud.Rule{}
	for token := ""; ; {
		one, cancel := within(ctx)
		page, err := c.api.GetConnectivityRules(one, &cloudservice.GetConnectivityRulesRequest{PageSize: 100, PageToken: token})
		cancel()
		if err != nil {
			return nil, c.refusal(err, "list connectivity rules")
		}
		for _, r := range page.GetConnectivityRules() {
			out = append(out, ruleOf(r))
		}
		next := page.GetNextPageToken()
		if next == "" || next == token {
			return out, nil
		}
		token = next
	}
}

func ruleOf(r *rulepb.ConnectivityRule) cloud.Rule {
	out := cloud.Rule{ID: r.GetId(), Kind: "public", State: strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(r.GetState().String(), "RESOURCE_STATE_")), "_", "-")}
	if p := r.GetSpec().GetPrivateRule(); p != nil {
		out.Kind, out.Connection, out.Region = "private", p.GetConnectionId(), p.GetRegion()
	}
	return out
}

// JudgeRuleID refuses what cannot be the ID of a connectivity rule.
func JudgeRuleID(id string) error {
	if id == "" || len(id) > 100 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return at(cloud.AtBundle, fault.New(fault.Invalid, "This is not the ID of a connectivity rule", "Take it from onramp cloud rules list: a short text of letters and digits.").In("rule"))
	}
	return nil
}

// PlanRules works out which connectivity rules a namespace has. The first one that is attached shuts every other way to the
// namespace at once (docs.temporal.io/cloud/connectivity); the plan says so, and Shuts is set. A rule that the account does not
// have, or that the namespace does not have where it is to be detached, is refused before anything is sent.
func PlanRules(ctx context.Context, c *Client, id namespace.ID, change cloud.RuleChange) (cloud.Plan, error) {
	if len(change.Attach)+len(change.Detach) == 0 {
		return cloud.Plan{}, at(cloud.AtBundle, fault.New(fault.Invalid, "No connectivity rule is named", "Take its ID from onramp cloud rules list.").In("rule"))
	}
	if len(change.Attach) > 0 {
		known, err := Rules(ctx, c)
		if err != nil {
			return cloud.Plan{}, err
		}
		for _, rule := range change.Attach {
			if !slices.ContainsFunc(known, func(r cloud.Rule) bool { return r.ID == rule }) {
				return cloud.Plan{}, at(cloud.AtBundle, fault.New(fault.Invalid, "The account has no connectivity rule with that ID", "Take the ID from onramp cloud rules list. A rule is made in the account first, by an Account Owner or a Global Admin.").In("rule"))
			}
		}
	}
	p, err := c.plan(ctx, id, func(spec *nspb.NamespaceSpec) error {
		for _, rule := range change.Detach {
			if !slices.Contains(spec.GetConnectivityRuleIds(), rule) {
				return at(cloud.AtBundle, fault.New(fault.Invalid, "The namespace has no connectivity rule with that ID", "Its rules are in onramp cloud show "+id.String()+".").In("rule"))
			}
		}
		next := without(spec.GetConnectivityRuleIds(), change.Detach)
		spec.ConnectivityRuleIds = append(next, without(change.Attach, next)...)
		return nil
	})
	p.Shuts = err == nil && len(p.Before.Rules) == 0 && len(p.After.Rules) > 0
	return p, err
}

// without are the texts of all that are not among some, each once.
func without(all, some []string) []string {
	var out []string
	for _, s := range all {
		if !slices.Contains(some, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"onramp/cloud"
	"onramp/cloudops"
	"onramp/fault"
	"onramp/namespace"
)

func cloudRulesList(ctx context.Context, w World, args []string) int {
	f := newCloud("rules list", "list the connectivity rules of the account", "nothing", "", w)
	return f.run(ctx, args, func(ctx context.Context, c *cloudops.Client, _ []string) error {
		all, err := cloudops.Rules(ctx, c)
		if err != nil {
			return err
		}
		if *f.json {
			return inFull(printJSON(f.w, map[string]any{"schema": cloudSchema, "connectivity_rules": all}))
		}
		if len(all) == 0 {
			fmt.Fprintln(w.Stdout, "The account has no connectivity rules: its namespaces are reached over the public Internet.")
			return nil
		}
		out := tabwriter.NewWriter(w.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "ID\tKIND\tCONNECTION\tREGION\tSTATE")
		for _, r := range all {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", inLine(r.ID), r.Kind, inLine(r.Connection), inLine(r.Region), inLine(r.State))
		}
		return out.Flush()
	})
}

func cloudRulesAttach(ctx context.Context, w World, args []string) int {
	f := newCloud("rules attach", "attach connectivity rules to a namespace; the first shuts every other way to it", "a Namespace ID and IDs of connectivity rules", "NS ID …", w).changing()
	f.shut = f.boolean("shut-other-ways", "with --yes: every other way to the namespace may be shut")
	return f.changeRules(ctx, args, func(ids []string) cloud.RuleChange { return cloud.RuleChange{Attach: ids} })
}

func cloudRulesDetach(ctx context.Context, w World, args []string) int {
	f := newCloud("rules detach", "detach connectivity rules from a namespace", "a Namespace ID and IDs of connectivity rules", "NS ID …", w).changing()
	return f.changeRules(ctx, args, func(ids []string) cloud.RuleChange { return cloud.RuleChange{Detach: ids} })
}

func (f *cloudFlags) changeRules(ctx context.Context, args []string, as func(ids []string) cloud.RuleChange) int {
	var change cloud.RuleChange
	return f.change(ctx, args, planned{func(ids []string) error {
		for _, id := range ids {
			if err := cloudops.JudgeRuleID(id); err != nil {
				return err
			}
		}
		change = as(ids)
		return nil
	}, func(ctx context.Context, c *cloudops.Client, id namespace.ID) (cloud.Plan, error) {
		return cloudops.PlanRules(ctx, c, id, change)
	}})
}

// agreeToShut asks for the Namespace ID where a plan shuts every other way to it: a y is typed too easily.
func (ch *change) agreeToShut(p cloud.Plan) (bool, error) {
	if *ch.f.yes {
		if ch.f.shut != nil && *ch.f.shut {
			return true, nil
		}
		return false, &cloud.Fallen{At: cloud.AtBundle, Err: fault.New(fault.Invalid, "This shuts every other way to the namespace, so --yes is not enough", "Read the warning, then add --shut-other-ways.")}
	}
	fmt.Fprintf(ch.f.w.Stderr, "This needs: %s. To shut every other way to the namespace at %s, type its ID: ", ch.needs, inLine(*ch.f.server))
	answer, err := bufio.NewReader(ch.f.w.Stdin).ReadString('\n')
	if answer = strings.TrimSpace(answer); answer == p.Namespace.String() {
		return true, nil
	}
	if answer == "" && err != nil {
		fmt.Fprintln(ch.f.w.Stderr)
		return false, fault.New(fault.Invalid, "Nobody answered, so nothing was changed", "Type the Namespace ID, or give --yes with --shut-other-ways.")
	}
	ch.say("That is not %s. Nothing was changed.\n", p.Namespace)
	return false, nil
}

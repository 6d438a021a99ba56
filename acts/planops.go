package acts

import (
	"context"
	"strings"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
)

// What a plan changes.
const (
	OpsAddCA   = "add-ca"
	OpsFilters = "filters"
)

// PlanOps works out a change of the migration's namespace and keeps it to be shown: nothing is changed. what is OpsAddCA,
// which adds the migration's CA certificate, or OpsFilters, which replaces the certificate filters by text (tcld's JSON;
// blank clears them). It looks anew first.
func (c CloudOps) PlanOps(ctx context.Context, by Actor, id, what, text string) (err error) {
	defer unchanged(&err)
	s, err := c.ops.of(opsKey(by, id))
	if err != nil {
		return err
	}
	if now, _ := c.State(by, id); now.Sending {
		return fault.New(fault.Conflict, "A change is under way", "Wait for its end, then plan the next one.")
	}
	v, err := c.View(ctx, id)
	if err != nil {
		return err
	}
	ns, err := idOf(v)
	if err != nil {
		return err
	}
	if err := c.admit(ctx, by, s.state.Server); err != nil {
		return err
	}
	var plan cloud.Plan
	switch what {
	case OpsAddCA:
		if v.Certificate == nil {
			return fault.New(fault.Conflict, "There is no CA certificate to add yet", "Create certificates first: step 2.")
		}
		plan, err = s.client.PlanCAs(ctx, ns, cloud.CAChange{Add: []byte(v.Certificate.CAPEM)})
	case OpsFilters:
		var filters certsvc.Filters
		if strings.TrimSpace(text) != "" {
			if filters, err = certsvc.ParseFilters([]byte(text)); err != nil {
				return fault.From(err).In("filters")
			}
		}
		plan, err = s.client.PlanFilters(ctx, ns, filters)
	default:
		return fault.New(fault.Invalid, "Onramp does not know this change", "Choose one of the page.")
	}
	if err != nil {
		return err
	}
	if err := c.look(ctx, id, s); err != nil {
		return err
	}
	c.ops.change(s, func(st *OpsState) { st.Plan, st.Applied, st.Failed, st.Progress = &plan, nil, nil, cloud.Operation{} })
	return nil
}

package acts

import (
	"context"

	"onramp/cloud"
	"onramp/fault"
)

// What a plan changes.
const (
	OpsAddCA      = "add-ca"
	OpsRemoveCA   = "remove-ca"
	OpsFilters    = "filters"
	OpsAttributes = "attributes"
	OpsSignIn     = "sign-in"
	OpsKey        = "key"
	OpsDeleteKey  = "delete-key" // the old one of the replacement of an API key
	OpsCreate     = "create"
)

// OpsWish is a change that somebody wants to see. Which fields count hangs on What.
type OpsWish struct {
	What        string
	CAPEM       string   // OpsAddCA, OpsCreate, OpsSignIn: "" is the migration's own, or the new one of its replacement
	Fingerprint string   // OpsRemoveCA: SHA-256
	Filters     string   // OpsFilters: tcld's JSON; blank clears them
	Attributes  []string // OpsAttributes, OpsCreate: NAME=Type
	SignIn      string   // OpsSignIn, OpsCreate: cloud.AuthMTLS, cloud.AuthAPIKey or OpsBoth
	Name        string   // OpsCreate: without the account; OpsKey: of the key and its service account
	Region      string   // OpsCreate
	Days        int      // OpsCreate: the retention; OpsKey: how long it lasts
}

// OpsBoth is both sign-in methods at once.
const OpsBoth = "both"

// kindOf is the kind of plan that a wish makes.
func kindOf(w OpsWish) string {
	switch w.What {
	case OpsCreate:
		return cloud.KindCreate
	case OpsKey:
		return cloud.KindKey
	case OpsDeleteKey:
		return cloud.KindKeyDelete
	}
	return cloud.KindUpdate
}

// PlanOps works out a change and keeps it to be shown: nothing is changed. It looks anew first, and writes down what it saw.
// Faults are at the field of the wish that they are about: ca_pem, fingerprint, filters, attributes, sign_in, key_name, days,
// name, region, retention.
func (c CloudOps) PlanOps(ctx context.Context, by Actor, id string, wish OpsWish) (err error) {
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
	if err := c.admit(ctx, by, s.state.Server); err != nil {
		return err
	}
	if err := c.mayChange(ctx, by, v, kindOf(wish)); err != nil {
		return err
	}
	plan, err := opsWish{c, s, v, wish}.plan(ctx)
	if err != nil {
		return err
	}
	plan.For, plan.From = id, ownNamespace(v)
	if err := c.look(ctx, by, id, s); err != nil {
		return err
	}
	c.ops.change(s, func(st *OpsState) {
		s.from, s.wish = ownNamespace(v), wish
		st.Plan, st.Applied, st.Failed, st.Progress = &plan, nil, nil, cloud.Operation{}
	})
	return nil
}

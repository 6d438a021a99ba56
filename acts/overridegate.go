package acts

import (
	"context"
	"errors"
	"slices"

	"onramp/custody"
	"onramp/cutover"
	"onramp/fault"
	"onramp/migration"
)

// OverrideGate passes a gate of the cut-over by hand, or takes that back.
type OverrideGate struct {
	Gate string
	Why  string // the reason, which is shown with the actor's name
	Open bool   // the override is taken back
}

// Override passes a gate by hand in the looks that follow and on the page of the last one, or takes that back. Faults are
// NotFound for what is no gate, and Invalid at the field why.
func (c Cutovers) Override(ctx context.Context, by Actor, id string, req OverrideGate) (v migration.View, err error) {
	defer unchanged(&err)
	if !slices.ContainsFunc(cutover.GateTexts(), func(g cutover.Gate) bool { return g.ID == req.Gate }) {
		return v, fault.New(fault.NotFound, "There is no such gate", "Open the page of the cut-over again.")
	}
	d := migration.OverriddenData{Gate: req.Gate, Why: req.Why, Open: req.Open}
	verb := custody.GatePassed
	if req.Open {
		verb, d.Why = custody.GateBack, ""
	}
	return c.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.OverrideGate(v.Facts, d)
		err = errors.Join(err, noSecretIn(d.Why))
		return entry{facts: facts, records: []custody.Record{note(id, verb, req.Gate)}}, err
	})
}

// Overrides are the gates that are passed by hand, as a look takes them: by whom and because of what.
func Overrides(v migration.View) map[string]string {
	out := map[string]string{}
	for gate, o := range migration.Overrides(v.Facts) {
		out[gate] = o.By + " because " + o.Why
	}
	return out
}

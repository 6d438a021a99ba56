package acts

import (
	"context"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// secondKey are the facts that a key which was made is the new one of a replacement, or of a change of the sign-in method,
// that waits for it.
func secondKey(v migration.View, made *madeKey) []migration.Fact {
	if ownNamespace(v) != made.plan.Namespace.String() {
		return nil
	}
	set := migration.SetSecondKey
	switch {
	case migration.SwitchOf(v).Open():
		set = migration.SetSwitchKey
	case !migration.RotationOf(v).Open():
		return nil
	}
	facts, err := set(v, migration.KeyByOps, migration.KeyRef{ID: made.ID, Name: made.plan.Key.Name, Ends: made.Ends,
		Print: cloud.KeyPrint(string(made.Secret.Reveal()))})
	if err != nil { // it has one already, or the key has no ID: then a person says which it is
		return nil
	}
	return facts
}

// TakeOpsKey gives out the API key that was just made, this once. A Conflict fault where none waits.
func (c CloudOps) TakeOpsKey(ctx context.Context, by Actor, id string) (key certsvc.Secret, plan cloud.KeyPlan, err error) {
	defer unchanged(&err)
	s, err := c.ops.of(opsKey(by, id))
	if err != nil {
		return key, plan, err
	}
	c.ops.mu.Lock()
	made := s.made
	s.made, s.state.Waits = nil, nil // whoever comes second gets none
	c.ops.mu.Unlock()
	if made == nil {
		return key, plan, fault.New(fault.Conflict, "No API key waits to be shown", "It is shown once. If nobody has it, make another.")
	}
	shown := note(id, custody.KeyMade, made.plan.Namespace.String()+": "+made.plan.Key.Name+", shown once")
	_, err = c.write(ctx, by, id, func(v migration.View) (entry, error) {
		return entry{facts: secondKey(v, made), records: []custody.Record{shown}, done: true}, nil
	})
	if err != nil {
		c.ops.change(s, func(st *OpsState) { s.made, st.Waits = made, made.plan.Key })
		return key, plan, err
	}
	s.client.Delivered(made.plan)
	return made.Secret, *made.plan.Key, nil
}

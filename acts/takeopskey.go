package acts

import (
	"context"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
)

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
	if err := c.record(ctx, by, note(id, custody.KeyMade, made.plan.Namespace.String()+": "+made.plan.Key.Name+", shown once")); err != nil {
		c.ops.change(s, func(st *OpsState) { s.made, st.Waits = made, made.plan.Key })
		return key, plan, err
	}
	s.client.Delivered(made.plan)
	return made.Secret, *made.plan.Key, nil
}

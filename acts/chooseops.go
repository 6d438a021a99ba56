package acts

import (
	"context"
	"slices"

	"onramp/cloud"
	"onramp/fault"
)

// ChooseOps makes a namespace of the list that of the migration, and looks at it.
func (c CloudOps) ChooseOps(ctx context.Context, by Actor, id, name string) error {
	s, err := c.ops.of(opsKey(by, id))
	if err != nil {
		return fault.Unchanged(err)
	}
	st, _ := c.State(by, id)
	i := slices.IndexFunc(st.List, func(n cloud.Listed) bool { return n.Name == name })
	if i < 0 {
		return fault.Unchanged(fault.New(fault.Conflict, "The list does not have this namespace", "Look again, then choose one of the list."))
	}
	if err := c.admit(ctx, by, st.Server); err != nil {
		return fault.Unchanged(err)
	}
	if err := c.settleOn(ctx, by, id, st.List[i].ID, st.List[i].Region); err != nil {
		return fault.Unchanged(err)
	}
	if err := c.look(ctx, by, id, s); err != nil {
		f := *fault.From(err)
		f.Unchanged, f.Left = false, "The namespace was chosen; it could not be looked at."
		return &f
	}
	return nil
}

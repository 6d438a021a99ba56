package acts

import (
	"context"
	"slices"

	"onramp/cloud"
	"onramp/fault"
)

func notListed() error {
	return fault.New(fault.Conflict, "The list does not have this namespace", "Look again, then choose one of the list.")
}

// ChooseOps makes a namespace of the list that of the migration, and looks at it.
func (c CloudOps) ChooseOps(ctx context.Context, by Actor, id, name string) (err error) {
	defer unchanged(&err)
	s, err := c.ops.of(opsKey(by, id))
	if err != nil {
		return err
	}
	st, _ := c.State(by, id)
	i := slices.IndexFunc(st.List, func(n cloud.Listed) bool { return n.Name == name })
	if i < 0 {
		return notListed()
	}
	v, err := c.View(ctx, id)
	if err != nil {
		return err
	}
	list, err := shownTo(ctx, c.Book, by, v, st.List[i:i+1]) // the team may be another since
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return notListed()
	}
	if err := c.admit(ctx, by, st.Server); err != nil {
		return err
	}
	var detail *cloud.Detail
	d, notSeen := s.client.Look(ctx, st.List[i].ID)
	if notSeen == nil {
		detail = &d
	}
	if err := c.settleOn(ctx, by, id, st.List[i].ID, st.List[i].Region); err != nil {
		return err
	}
	c.ops.change(s, func(st *OpsState) { st.Detail, st.NotSeen = detail, notSeen })
	return nil
}

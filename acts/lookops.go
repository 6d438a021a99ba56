package acts

import (
	"context"
)

// LookOps looks anew with the key that is in memory, and writes down what it saw.
func (c CloudOps) LookOps(ctx context.Context, by Actor, id string) (err error) {
	defer unchanged(&err)
	s, err := c.ops.of(opsKey(by, id))
	if err != nil {
		return err
	}
	if err := c.admit(ctx, by, s.state.Server); err != nil {
		return err
	}
	return c.look(ctx, by, id, s)
}

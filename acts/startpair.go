package acts

import (
	"context"

	"onramp/runs"
)

// StartPair starts a check with the old or, fresh, the new client certificate of a replacement.
func (c Checks) StartPair(ctx context.Context, by Actor, id string, fresh bool, creds Credentials) (run runs.Run, err error) {
	defer unchanged(&err)
	v, err := c.View(ctx, id)
	if err != nil {
		return run, err
	}
	t := c.Target(v)
	if err := c.pair(by, v, fresh, creds, &t); err != nil {
		return run, err
	}
	if err := c.Reach(ctx, v); err != nil {
		return run, err
	}
	return c.check(ctx, by, v, t, false)
}

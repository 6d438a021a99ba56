package handlers_test

import (
	"context"
	"maps"
	"slices"

	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// The fake Cloud side keeps which switches are on; what they do is rehearsal's to test.

func (c *fakeCloud) Broken() map[string][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.on)
}

func (c *fakeCloud) SetBreak(_ context.Context, id namespace.ID, breakID string, on bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.spaces[id]; !ok {
		return fault.New(fault.NotFound, "no such namespace", "Create it.")
	}
	if c.on == nil {
		c.on = map[string][]string{}
	}
	had := c.on[id.String()]
	var now []string
	for _, b := range migration.Breaks {
		if b.ID == breakID && on || b.ID != breakID && slices.Contains(had, b.ID) {
			now = append(now, b.ID)
		}
	}
	delete(c.on, id.String())
	if len(now) > 0 {
		c.on[id.String()] = now
	}
	return nil
}

func (c *fakeCloud) Bend(id namespace.ID, s migration.Setup) (migration.Setup, error) {
	for _, b := range c.Broken()[id.String()] {
		s.Address = "127.0.0.1:7300"
		s.TaskQueue = b
	}
	return s, nil
}

func (c *fakeCloud) BreakAddress(namespace.ID, string) string { return "127.0.0.1:7300" }

package storetest

import (
	"context"

	"onramp/migration"
)

// CountRuns is migration.Store's.
func (m *Memory) CountRuns(ctx context.Context) (map[migration.RunCount]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[migration.RunCount]int{}
	for _, r := range m.runs {
		out[migration.RunCount{Kind: r.Kind, State: r.State}]++
	}
	return out, ctx.Err()
}

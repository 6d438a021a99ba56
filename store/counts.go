package store

import (
	"context"

	"onramp/runs"
)

// CountRuns counts every run by kind and state.
func (d *DB) CountRuns(ctx context.Context) (map[runs.Count]int, error) {
	type row struct {
		of runs.Count
		n  int
	}
	rows, err := all(ctx, d, func(s scanner) (r row, err error) {
		err = s.Scan(&r.of.Kind, &r.of.State, &r.n)
		return r, err
	}, "SELECT kind, state, n FROM run_counts WHERE n > 0")
	out := map[runs.Count]int{}
	for _, r := range rows {
		out[r.of] = r.n
	}
	return out, err
}

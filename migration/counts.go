package migration

import "context"

// RunCount is what runs are counted by.
type RunCount struct {
	Kind  RunKind
	State RunState
}

// CountRuns counts every run by kind and state; what there is none of is left out.
func (s *Service) CountRuns(ctx context.Context) (map[RunCount]int, error) {
	return s.o.Store.CountRuns(ctx)
}

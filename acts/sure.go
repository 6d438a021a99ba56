package acts

import (
	"context"

	"onramp/custody"
	"onramp/migration"
	"onramp/runs"
)

// sure is a Store whose writes say what happened in truth: an error that came after the commit is none
// (custody.Surely). So an act that fails has written nothing, or its fault says in Left that this is not known.
type sure struct{ Store }

func (s sure) AddMigration(ctx context.Context, m migration.Migration, rs ...custody.Record) error {
	return custody.Surely(ctx, s.Store, rs, func(rs []custody.Record) error { return s.Store.AddMigration(ctx, m, rs...) })
}

func (s sure) ChangeMigration(ctx context.Context, m migration.Migration, rs ...custody.Record) error {
	return custody.Surely(ctx, s.Store, rs, func(rs []custody.Record) error { return s.Store.ChangeMigration(ctx, m, rs...) })
}

func (s sure) DeleteMigration(ctx context.Context, id string, rs ...custody.Record) error {
	return custody.Surely(ctx, s.Store, rs, func(rs []custody.Record) error { return s.Store.DeleteMigration(ctx, id, rs...) })
}

// Record returns the facts without their IDs where the store did not give them.
func (s sure) Record(ctx context.Context, facts []migration.Fact, rs []custody.Record) ([]migration.Fact, error) {
	out := facts
	err := custody.Surely(ctx, s.Store, rs, func(rs []custody.Record) error {
		added, err := s.Store.Record(ctx, facts, rs)
		if err == nil {
			out = added
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s sure) AddRun(ctx context.Context, r runs.Run, rs ...custody.Record) (runs.Run, error) {
	return s.run(ctx, r, rs, func(rs []custody.Record) (runs.Run, error) { return s.Store.AddRun(ctx, r, rs...) })
}

func (s sure) AddEnded(ctx context.Context, r runs.Run, what func(runs.Run) (runs.Run, []runs.Entry, []migration.Fact), rs ...custody.Record) (runs.Run, error) {
	return s.run(ctx, r, rs, func(rs []custody.Record) (runs.Run, error) { return s.Store.AddEnded(ctx, r, what, rs...) })
}

// run writes a run and reads it where the store did not give it back.
func (s sure) run(ctx context.Context, r runs.Run, rs []custody.Record, write func([]custody.Record) (runs.Run, error)) (runs.Run, error) {
	var made runs.Run
	err := custody.Surely(ctx, s.Store, rs, func(rs []custody.Record) (err error) {
		made, err = write(rs)
		return err
	})
	if err != nil {
		return runs.Run{}, err
	}
	if made.ID == "" {
		if made, err = s.Store.Run(context.WithoutCancel(ctx), r.ID); err != nil {
			return r, nil // it is there, and only its number is not known
		}
	}
	return made, nil
}

// Package storetest holds every migration.Store to its contract, and a Store in memory for tests.
package storetest

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"onramp/fault"
	"onramp/migration"
)

// Memory is a migration.Store that forgets everything with the process. The zero Memory is empty and ready.
type Memory struct {
	mu         sync.Mutex
	migrations []migration.Migration
	facts      []migration.Fact
	runs       []migration.Run
	entries    map[string][]migration.Entry
}

var _ migration.Store = (*Memory)(nil)

func notFound(what string) error {
	return fault.New(fault.NotFound, "There is no such "+what, "Go back to the list.")
}

func conflict(title string) error { return fault.New(fault.Conflict, title, "") }

func utc(t time.Time) time.Time { return t.UTC().Round(0) }

// migration returns the index of a migration; call it with mu held.
func (m *Memory) migration(ctx context.Context, id string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	i := slices.IndexFunc(m.migrations, func(x migration.Migration) bool { return x.ID == id })
	if i < 0 {
		return 0, notFound("migration")
	}
	return i, nil
}

// run returns the index of a run; call it with mu held.
func (m *Memory) run(ctx context.Context, id string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	i := slices.IndexFunc(m.runs, func(x migration.Run) bool { return x.ID == id })
	if i < 0 {
		return 0, notFound("run")
	}
	return i, nil
}

// AddMigration is migration.Store's.
func (m *Memory) AddMigration(ctx context.Context, n migration.Migration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.migration(ctx, n.ID); err == nil {
		return conflict("The ID is taken")
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	n.Created = utc(n.Created)
	m.migrations = append(m.migrations, n)
	return nil
}

// Migration is migration.Store's.
func (m *Memory) Migration(ctx context.Context, id string) (migration.Migration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.migration(ctx, id)
	if err != nil {
		return migration.Migration{}, err
	}
	return m.migrations[i], nil
}

// Migrations is migration.Store's.
func (m *Memory) Migrations(ctx context.Context) ([]migration.Migration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.Clone(m.migrations)
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b migration.Migration) int { return b.Created.Compare(a.Created) })
	return all, ctx.Err()
}

// addFacts appends facts of a migration; call it with mu held.
func (m *Memory) addFacts(i int, facts ...migration.Fact) []migration.Fact {
	for k := range facts {
		facts[k].ID, facts[k].At, facts[k].Data = int64(len(m.facts)+1), utc(facts[k].At), bytes.Clone(facts[k].Data)
		m.facts = append(m.facts, facts[k])
	}
	if len(facts) > 0 {
		m.migrations[i].Version++
	}
	return facts
}

// AddFact is migration.Store's.
func (m *Memory) AddFact(ctx context.Context, f migration.Fact) (migration.Fact, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.migration(ctx, f.MigrationID)
	if err != nil {
		return migration.Fact{}, err
	}
	return m.addFacts(i, f)[0], nil
}

// Facts is migration.Store's.
func (m *Memory) Facts(ctx context.Context, id string) ([]migration.Fact, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.migration(ctx, id); err != nil {
		return nil, err
	}
	var out []migration.Fact
	for _, f := range m.facts {
		if f.MigrationID == id {
			out = append(out, f)
		}
	}
	return out, nil
}

// AddRun is migration.Store's.
func (m *Memory) AddRun(ctx context.Context, r migration.Run) (migration.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.migration(ctx, r.MigrationID); err != nil {
		return migration.Run{}, err
	}
	r.Number = 1
	for _, x := range m.runs {
		same := x.MigrationID == r.MigrationID && x.Kind == r.Kind
		if x.ID == r.ID || same && r.IdempotencyKey != "" && x.IdempotencyKey == r.IdempotencyKey {
			return migration.Run{}, conflict("The run is there already")
		}
		if same {
			r.Number++
		}
	}
	r.Started, r.Ended = utc(r.Started), utc(r.Ended)
	m.runs = append(m.runs, r)
	return r, nil
}

// Run is migration.Store's.
func (m *Memory) Run(ctx context.Context, id string) (migration.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.run(ctx, id)
	if err != nil {
		return migration.Run{}, err
	}
	return m.runs[i], nil
}

// RunByKey is migration.Store's.
func (m *Memory) RunByKey(ctx context.Context, id string, kind migration.RunKind, key string) (migration.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return migration.Run{}, err
	}
	for _, r := range m.runs {
		if r.MigrationID == id && r.Kind == kind && key != "" && r.IdempotencyKey == key {
			return r, nil
		}
	}
	return migration.Run{}, notFound("run")
}

// Runs is migration.Store's.
func (m *Memory) Runs(ctx context.Context, id string, kind migration.RunKind, limit int) ([]migration.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.migration(ctx, id); err != nil {
		return nil, err
	}
	var out []migration.Run
	for _, r := range slices.Backward(m.runs) {
		if r.MigrationID == id && r.Kind == kind && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

// LatestRuns is migration.Store's.
func (m *Memory) LatestRuns(ctx context.Context, id string, kind migration.RunKind, inputHash string) ([]migration.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.migration(ctx, id); err != nil {
		return nil, err
	}
	var out []migration.Run
	var last *migration.Run
	for i, r := range m.runs {
		switch {
		case r.MigrationID != id || r.Kind != kind || r.InputHash != inputHash || r.State == migration.RunInterrupted:
		case r.State == migration.RunRunning:
			out = append(out, r)
		case last == nil || !r.Ended.Before(last.Ended):
			last = &m.runs[i]
		}
	}
	if last != nil {
		out = append(out, *last)
	}
	return out, nil
}

// Unfinished is migration.Store's.
func (m *Memory) Unfinished(ctx context.Context) ([]migration.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []migration.Run
	for _, r := range m.runs {
		if r.State == migration.RunRunning {
			out = append(out, r)
		}
	}
	return out, ctx.Err()
}

// addEntry appends to a run's log; call it with mu held.
func (m *Memory) addEntry(e migration.Entry) migration.Entry {
	if m.entries == nil {
		m.entries = map[string][]migration.Entry{}
	}
	e.Seq, e.At, e.Data = int64(len(m.entries[e.RunID])+1), utc(e.At), bytes.Clone(e.Data)
	m.entries[e.RunID] = append(m.entries[e.RunID], e)
	return e
}

// AddEntry is migration.Store's.
func (m *Memory) AddEntry(ctx context.Context, e migration.Entry) (migration.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.run(ctx, e.RunID)
	if err != nil {
		return migration.Entry{}, err
	}
	if m.runs[i].State != migration.RunRunning {
		return migration.Entry{}, conflict("The run has ended")
	}
	return m.addEntry(e), nil
}

// Entries is migration.Store's.
func (m *Memory) Entries(ctx context.Context, runID string, after int64) ([]migration.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.run(ctx, runID); err != nil {
		return nil, err
	}
	all := m.entries[runID]
	return slices.Clone(all[min(max(after, 0), int64(len(all))):]), nil
}

// EndRun is migration.Store's.
func (m *Memory) EndRun(ctx context.Context, r migration.Run, last migration.Entry, facts []migration.Fact) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.run(ctx, r.ID)
	if err != nil {
		return err
	}
	if m.runs[i].State != migration.RunRunning {
		return conflict("The run has ended")
	}
	have := &m.runs[i]
	have.State, have.Title, have.Code, have.Result, have.Ended = r.State, r.Title, r.Code, bytes.Clone(r.Result), utc(r.Ended)
	last.RunID = r.ID
	m.addEntry(last)
	facts = slices.Clone(facts)
	for k := range facts {
		facts[k].MigrationID = have.MigrationID
	}
	owner, err := m.migration(ctx, have.MigrationID)
	if err != nil {
		return err
	}
	m.addFacts(owner, facts...)
	return nil
}

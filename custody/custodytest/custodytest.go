// Package custodytest holds every custody.Store to its contract, and a Store in memory for tests.
package custodytest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/custody"
	"onramp/fault"
)

// Memory is a custody.Store that forgets everything with the process. The zero Memory is empty and ready.
type Memory struct {
	mu      sync.Mutex
	records []custody.Record
	keys    map[string]custody.Sealed
	Fail    error // when set, every write fails with it
}

var _ custody.Store = (*Memory)(nil)

// Refuse makes every write fail with err, or work again when it is nil.
func (m *Memory) Refuse(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Fail = err
}

// AddRecord is custody.Store's.
func (m *Memory) AddRecord(_ context.Context, r custody.Record) (custody.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.add(r)
}

// AddRecords is custody.Store's.
func (m *Memory) AddRecords(_ context.Context, rs ...custody.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range rs {
		if _, err := m.add(r); err != nil {
			return err
		}
	}
	return nil
}

func (m *Memory) add(r custody.Record) (custody.Record, error) {
	if m.Fail != nil {
		return r, m.Fail
	}
	r.ID, r.At = int64(len(m.records)+1), r.At.UTC().Round(0)
	m.records = append(m.records, r)
	return r, nil
}

// Records is custody.Store's.
func (m *Memory) Records(_ context.Context, q custody.Query) ([]custody.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if q.Limit <= 0 {
		q.Limit = 100
	}
	var out []custody.Record
	for _, r := range slices.Backward(m.records) {
		if (q.Migration == "" || r.Migration == q.Migration) && (q.Verb == "" || r.Verb == q.Verb) && !r.At.Before(q.Since) && (q.Before == 0 || r.ID < q.Before) && len(out) < q.Limit {
			out = append(out, r)
		}
	}
	return out, nil
}

// KeepKey is custody.Store's.
func (m *Memory) KeepKey(_ context.Context, s custody.Sealed, r custody.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.keys[s.Migration]; ok {
		return fault.New(fault.Conflict, "A CA key is kept here already", "")
	}
	if _, err := m.add(r); err != nil {
		return err
	}
	if m.keys == nil {
		m.keys = map[string]custody.Sealed{}
	}
	s.At = s.At.UTC().Round(0)
	m.keys[s.Migration] = s
	return nil
}

// SealedKey is custody.Store's.
func (m *Memory) SealedKey(_ context.Context, id string) (custody.Sealed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.keys[id]
	if !ok {
		return custody.Sealed{}, fault.New(fault.NotFound, "No CA key is kept here", "")
	}
	return s, nil
}

// DropKey is custody.Store's.
func (m *Memory) DropKey(_ context.Context, id string, r custody.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.keys[id]; !ok {
		return fault.New(fault.NotFound, "No CA key is kept here", "")
	}
	if _, err := m.add(r); err != nil {
		return err
	}
	delete(m.keys, id)
	return nil
}

// Run holds a store to the contract. It must know the migrations "payments" and "orders" and be empty else.
func Run(t *testing.T, s custody.Store) {
	ctx := t.Context()
	at := time.Date(2026, 11, 22, 10, 0, 0, 5, time.UTC)
	full := custody.Record{At: at, Migration: "payments", Verb: custody.Signed, Subject: "CN=payments", Fingerprint: "aa", CAFingerprint: "bb", Days: 364, Lane: "browser", Note: "n"}
	second := custody.Record{At: at.Add(time.Minute), Verb: custody.Started}.By(custody.Itself)
	must(t, s.AddRecords(ctx, full, second))
	full.ID, second.ID = 1, 2
	sealed := custody.Sealed{Migration: "payments", CAFingerprint: "bb", CASubject: "CN=ca", CAPEM: "pem", Box: []byte("age-encryption.org/v1\n\x00\xff"), At: at}
	must(t, s.KeepKey(ctx, sealed, custody.Record{At: at.Add(2 * time.Minute), Migration: "payments", Verb: custody.Kept}))
	if err := s.KeepKey(ctx, sealed, custody.Record{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second key for a migration: %v", err)
	}
	got, err := s.SealedKey(ctx, "payments")
	must(t, err)
	if d := cmp.Diff(sealed, got); d != "" {
		t.Error(d)
	}
	if _, err := s.SealedKey(ctx, "orders"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a key nobody keeps: %v", err)
	}
	if err := s.DropKey(ctx, "orders", custody.Record{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("dropping a key nobody keeps: %v", err)
	}
	must(t, s.DropKey(ctx, "payments", custody.Record{At: at.Add(3 * time.Minute), Migration: "payments", Verb: custody.Forgotten}))
	if _, err := s.SealedKey(ctx, "payments"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a dropped key: %v", err)
	}
	verbs := func(q custody.Query) (out []custody.Verb) {
		list, err := s.Records(ctx, q)
		must(t, err)
		for _, r := range list {
			out = append(out, r.Verb)
		}
		return out
	}
	for name, tt := range map[string]struct {
		q    custody.Query
		want []custody.Verb
	}{
		"all, newest first":   {custody.Query{}, []custody.Verb{custody.Forgotten, custody.Kept, custody.Started, custody.Signed}},
		"of a migration":      {custody.Query{Migration: "payments"}, []custody.Verb{custody.Forgotten, custody.Kept, custody.Signed}},
		"of another":          {custody.Query{Migration: "orders"}, nil},
		"of a verb":           {custody.Query{Verb: custody.Kept}, []custody.Verb{custody.Kept}},
		"since":               {custody.Query{Since: at.Add(2 * time.Minute)}, []custody.Verb{custody.Forgotten, custody.Kept}},
		"at most two":         {custody.Query{Limit: 2}, []custody.Verb{custody.Forgotten, custody.Kept}},
		"before the second":   {custody.Query{Before: second.ID}, []custody.Verb{custody.Signed}},
		"of all that, nobody": {custody.Query{Migration: "payments", Verb: custody.Started}, nil},
	} {
		if d := cmp.Diff(tt.want, verbs(tt.q)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	must(t, s.AddRecords(ctx))
	must(t, s.AddRecords(ctx, custody.Record{At: at, Migration: "orders", Verb: custody.Opened}, custody.Record{At: at, Migration: "orders", Verb: custody.Locked}))
	if d := cmp.Diff([]custody.Verb{custody.Locked, custody.Opened}, verbs(custody.Query{Migration: "orders"})); d != "" {
		t.Error(d)
	}
	back, err := s.Records(ctx, custody.Query{Verb: custody.Signed})
	must(t, err)
	if d := cmp.Diff([]custody.Record{full}, back); d != "" {
		t.Error(d)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

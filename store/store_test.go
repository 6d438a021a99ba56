package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

func open(t *testing.T) *DB { return openIn(t, filepath.Join(t.TempDir(), "data")) }

func openIn(t *testing.T, dir string) *DB {
	t.Helper()
	d, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return d
}

// TestContract: the database keeps what acts and runs ask of a store.
func TestContract(t *testing.T) {
	for name, test := range map[string]func(*testing.T, *DB){
		"migrations": listed, "facts": appended, "runs": numbered, "entries": logged, "end": ends, "keys": keyed, "latest runs": latest,
		"unknown ids": unknown, "ended contexts": canceled, "many writers": manyWriters, "leases": leases, "one act": oneAct, "deleted": deleted, "counts": runCounts,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// addFact is a fact alone.
func addFact(ctx context.Context, s *DB, f migration.Fact) (migration.Fact, error) {
	out, err := s.Record(ctx, []migration.Fact{f}, nil)
	if err != nil {
		return migration.Fact{}, err
	}
	return out[0], nil
}

// addEntry is an entry alone.
func addEntry(ctx context.Context, s *DB, e runs.Entry) (runs.Entry, error) {
	out, err := s.AddEntries(ctx, e.RunID, []runs.Entry{e})
	if err != nil {
		return runs.Entry{}, err
	}
	return out[0], nil
}

// newest are all migrations that are not archived, newest first.
func newest(ctx context.Context, s *DB) (out []migration.Migration, err error) {
	cards, err := s.List(ctx, migration.Query{Order: migration.Newest, Limit: 100})
	for _, c := range cards {
		out = append(out, c.Migration)
	}
	return out, err
}

func rowsOf(all []runs.Run) (out []runs.Row) {
	for _, r := range all {
		out = append(out, r.Row)
	}
	return out
}

var start = time.Date(2026, 11, 12, 10, 42, 0, 123456789, time.UTC)

// sample is a migration made n minutes after the start.
func sample(id string, n int) migration.Migration {
	return migration.Migration{ID: id, Name: "Name of " + id, Lang: "python", Mode: migration.Rehearsal, Auth: "mtls", Team: migration.DefaultTeam,
		Created: start.Add(time.Duration(n) * time.Minute), Version: 1}
}

func sampleRun(id, migrationID string, kind migration.RunKind) runs.Run {
	return runs.Run{Row: runs.Row{By: "dana", Outcome: migration.Outcome{ID: id, MigrationID: migrationID, Kind: kind, State: migration.RunRunning, InputHash: "h", Started: start}},
		Request: json.RawMessage(`{"address":"a:1"}`), Owner: "me", Lease: start.Add(time.Minute)}
}

func addAll(t *testing.T, s *DB, ids ...string) {
	t.Helper()
	for i, id := range ids {
		if err := s.AddMigration(t.Context(), sample(id, i)); err != nil {
			t.Fatal(err)
		}
	}
}

func startRun(t *testing.T, s *DB, r runs.Run) runs.Run {
	t.Helper()
	got, err := s.AddRun(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// must returns v; an error ends the test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: got %v, want a %s fault", what, err, kind)
	}
}

func listed(t *testing.T, s *DB) {
	addAll(t, s, "first", "second", "third")
	same(t, "newest first", must(newest(t.Context(), s))(t), []migration.Migration{sample("third", 2), sample("second", 1), sample("first", 0)})
	same(t, "one", must(s.Migration(t.Context(), "second"))(t), sample("second", 1))

	again := sample("second", 9)
	again.Name = "Another"
	wantKind(t, "a taken ID", s.AddMigration(t.Context(), again), fault.Conflict)
	same(t, "the taken one is as it was", must(s.Migration(t.Context(), "second"))(t), sample("second", 1))

	zone := sample("zoned", 0)
	zone.Created = start.In(time.FixedZone("east", 5400))
	if err := s.AddMigration(t.Context(), zone); err != nil {
		t.Fatal(err)
	}
	if got := must(s.Migration(t.Context(), "zoned"))(t).Created; !got.Equal(start) || got.Location() != time.UTC {
		t.Errorf("Created = %v, want %v in UTC", got, start)
	}
}

func appended(t *testing.T, s *DB) {
	addAll(t, s, "a", "b")
	var want []migration.Fact
	for i, kind := range []string{migration.FactNamespace, migration.FactCertificate, migration.FactNamespace} {
		f := migration.Fact{MigrationID: "a", Kind: kind, InputHash: fmt.Sprint(i), Data: json.RawMessage(`{"n":"ü \u0000"}`), At: start, By: "dana"}
		got := must(addFact(t.Context(), s, f))(t)
		if got.ID <= 0 || i > 0 && got.ID <= want[i-1].ID {
			t.Errorf("fact %d has ID %d, want a rising one", i, got.ID)
		}
		f.ID = got.ID
		same(t, "what AddFact returns", got, f)
		want = append(want, f)
		if v := must(s.Migration(t.Context(), "a"))(t).Version; v != int64(2+i) {
			t.Errorf("version after fact %d = %d, want %d", i, v, 2+i)
		}
	}
	same(t, "oldest first", must(s.Facts(t.Context(), "a"))(t), want)
	if got := must(s.Facts(t.Context(), "b"))(t); len(got) != 0 {
		t.Errorf("facts of another migration: %v", got)
	}
	if v := must(s.Migration(t.Context(), "b"))(t).Version; v != 1 {
		t.Errorf("version of another migration = %d, want 1", v)
	}
}

func numbered(t *testing.T, s *DB) {
	addAll(t, s, "a", "b")
	for i, r := range []runs.Run{
		sampleRun("c1", "a", migration.CheckRun), sampleRun("c2", "a", migration.CheckRun),
		sampleRun("t1", "a", migration.TransferRun), sampleRun("c3", "a", migration.CheckRun), sampleRun("o1", "b", migration.CheckRun),
	} {
		got := startRun(t, s, r)
		r.Number = []int{1, 2, 1, 3, 1}[i]
		same(t, "what AddRun returns", got, r)
		same(t, "Run", must(s.Run(t.Context(), r.ID))(t), r)
	}
	ids := func(rows []runs.Row) (out []string) {
		for _, r := range rows {
			out = append(out, r.ID)
		}
		return out
	}
	same(t, "newest first, at most two", ids(must(s.Rows(t.Context(), "a", migration.CheckRun, 2))(t)), []string{"c3", "c2"})
	same(t, "transfers", ids(must(s.Rows(t.Context(), "a", migration.TransferRun, 9))(t)), []string{"t1"})
	same(t, "unfinished, oldest first", ids(rowsOf(must(s.Abandoned(t.Context(), start.Add(time.Hour)))(t))), []string{"c1", "c2", "t1", "c3", "o1"})
	_, err := s.AddRun(t.Context(), sampleRun("c1", "a", migration.CheckRun))
	wantKind(t, "a taken run ID", err, fault.Conflict)
}

func logged(t *testing.T, s *DB) {
	addAll(t, s, "a")
	startRun(t, s, sampleRun("r", "a", migration.CheckRun))
	startRun(t, s, sampleRun("q", "a", migration.CheckRun))
	var want []runs.Entry
	for i := range 5 {
		e := runs.Entry{RunID: "r", At: start.Add(time.Duration(i)), Kind: runs.EntryStage, Data: json.RawMessage(fmt.Sprintf(`{"i":%d}`, i))}
		got := must(addEntry(t.Context(), s, e))(t)
		e.Seq = int64(i + 1)
		same(t, "what AddEntry returns", got, e)
		want = append(want, e)
		must(addEntry(t.Context(), s, runs.Entry{RunID: "q", At: start, Kind: runs.EntryStage, Data: json.RawMessage(`1`)}))(t)
	}
	for after, wantN := range map[int64]int{-1: 5, 0: 5, 3: 2, 5: 0, 99: 0} {
		got := must(s.Entries(t.Context(), "r", after))(t)
		if len(got) != wantN {
			t.Errorf("Entries after %d: %d, want %d", after, len(got), wantN)
		} else if wantN > 0 {
			same(t, fmt.Sprintf("Entries after %d", after), got, want[5-wantN:])
		}
	}
}

func ends(t *testing.T, s *DB) {
	addAll(t, s, "a", "b")
	r := startRun(t, s, sampleRun("r", "a", migration.CheckRun))
	must(addEntry(t.Context(), s, runs.Entry{RunID: "r", At: start, Kind: runs.EntryStage, Data: json.RawMessage(`{}`)}))(t)
	r.State, r.Title, r.Code, r.Result, r.Ended = migration.RunPassed, "All is well", "OK", json.RawMessage(`{"x":1}`), start.Add(time.Second)
	r.TestedFrom, r.TookMS, r.HasResult = "box", 12.5, true
	last := runs.Entry{RunID: "r", At: r.Ended, Kind: runs.EntryEnd, Data: json.RawMessage(`{"state":"passed"}`)}
	follow := []migration.Fact{{Kind: migration.FactCheck, MigrationID: "a", InputHash: "h", Data: json.RawMessage(`{}`), At: r.Ended},
		{Kind: migration.FactCASeen, InputHash: "u", Data: json.RawMessage(`{}`), At: r.Ended}}

	changed := r
	changed.MigrationID, changed.Number, changed.InputHash, changed.Started, changed.Request = "b", 7, "other", start.Add(time.Hour), nil
	if err := s.EndRun(t.Context(), changed, last, follow); err != nil {
		t.Fatal(err)
	}
	same(t, "only the end is written", must(s.Run(t.Context(), "r"))(t), r)
	got := must(s.Entries(t.Context(), "r", 1))(t)
	last.Seq = 2
	same(t, "the last entry", got, []runs.Entry{last})
	var kinds []string
	for _, f := range must(s.Facts(t.Context(), "a"))(t) {
		kinds = append(kinds, f.Kind+" of "+f.MigrationID)
	}
	same(t, "the facts are the run's migration's", kinds, []string{"check.passed of a", "ca.seen of a"})
	if v := must(s.Migration(t.Context(), "a"))(t).Version; v != 4 {
		t.Errorf("version = %d, want 4: the run came, it ended, and facts followed", v)
	}
	if got := must(s.Abandoned(t.Context(), start.Add(time.Hour)))(t); len(got) != 0 {
		t.Errorf("unfinished: %v, want none", got)
	}

	again := r
	again.State, again.Title = migration.RunFailed, "changed"
	wantKind(t, "a second end", s.EndRun(t.Context(), again, last, follow), fault.Conflict)
	_, err := addEntry(t.Context(), s, runs.Entry{RunID: "r", Kind: runs.EntryStage, Data: json.RawMessage(`{}`)})
	wantKind(t, "an entry after the end", err, fault.Conflict)
	same(t, "an ended run stays as it is", must(s.Run(t.Context(), "r"))(t), r)
	if n := len(must(s.Entries(t.Context(), "r", 0))(t)); n != 2 {
		t.Errorf("%d entries after refused writes, want 2", n)
	}
	if n := len(must(s.Facts(t.Context(), "a"))(t)); n != 2 {
		t.Errorf("%d facts after a refused end, want 2", n)
	}
}

func keyed(t *testing.T, s *DB) {
	addAll(t, s, "a", "b")
	r := sampleRun("t1", "a", migration.TransferRun)
	r.IdempotencyKey = "k"
	r = startRun(t, s, r)
	same(t, "by key", must(s.RunByKey(t.Context(), "a", migration.TransferRun, "k"))(t), r)
	twice := sampleRun("t2", "a", migration.TransferRun)
	twice.IdempotencyKey = "k"
	_, err := s.AddRun(t.Context(), twice)
	wantKind(t, "a taken key", err, fault.Conflict)
	twice.MigrationID = "b"
	startRun(t, s, twice) // another migration's keys are its own
	startRun(t, s, sampleRun("t3", "a", migration.TransferRun))
	startRun(t, s, sampleRun("t4", "a", migration.TransferRun)) // no key is no key
	for _, none := range []struct {
		id   string
		kind migration.RunKind
		key  string
	}{{"a", migration.CheckRun, "k"}, {"a", migration.TransferRun, "K"}, {"a", migration.TransferRun, ""}, {"x", migration.TransferRun, "k"}} {
		_, err := s.RunByKey(t.Context(), none.id, none.kind, none.key)
		wantKind(t, fmt.Sprintf("RunByKey(%v)", none), err, fault.NotFound)
	}
}

func latest(t *testing.T, s *DB) {
	addAll(t, s, "a", "b")
	for _, r := range []struct {
		id, of, hash string
		kind         migration.RunKind
		state        migration.RunState // "" leaves it running
		ended        int
	}{
		{"slow", "a", "h", migration.CheckRun, migration.RunFailed, 9},
		{"running1", "a", "h", migration.CheckRun, "", 0},
		{"quick", "a", "h", migration.CheckRun, migration.RunPassed, 2},
		{"cut", "a", "h", migration.CheckRun, migration.RunInterrupted, 10},
		{"other inputs", "a", "i", migration.CheckRun, migration.RunPassed, 11},
		{"transfer", "a", "h", migration.TransferRun, migration.RunPassed, 12},
		{"of b", "b", "h", migration.CheckRun, migration.RunPassed, 13},
		{"tie1", "b", "h", migration.TransferRun, migration.RunPassed, 3},
		{"tie2", "b", "h", migration.TransferRun, migration.RunFailed, 3},
		{"running2", "a", "h", migration.CheckRun, "", 0},
	} {
		run := sampleRun(r.id, r.of, r.kind)
		run.InputHash = r.hash
		run = startRun(t, s, run)
		if r.state == "" {
			continue
		}
		run.State, run.Ended = r.state, start.Add(time.Duration(r.ended)*time.Second)
		if err := s.EndRun(t.Context(), run, runs.Entry{Kind: runs.EntryEnd, Data: json.RawMessage(`{}`)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		of, hash string
		kind     migration.RunKind
		want     []string
	}{
		{"a", "h", migration.CheckRun, []string{"running1", "running2", "slow"}},
		{"a", "h", migration.TransferRun, []string{"transfer"}},
		{"b", "h", migration.TransferRun, []string{"tie2"}},
		{"a", "none", migration.CheckRun, nil},
	} {
		var got []string
		for _, r := range must(s.Outcomes(t.Context(), tt.of, tt.hash))(t) {
			if r.Kind == tt.kind {
				got = append(got, r.ID)
			}
		}
		slices.Sort(got)
		same(t, fmt.Sprintf("latest %s of %s about %s", tt.kind, tt.of, tt.hash), got, tt.want)
	}
}

// every calls each method that can meet an unknown id, with ids that are unknown.
func every(ctx context.Context, s *DB) map[string]error {
	errs := map[string]error{}
	_, errs["Migration"] = s.Migration(ctx, "x")
	_, errs["AddFact"] = addFact(ctx, s, migration.Fact{MigrationID: "x", Kind: "k", Data: json.RawMessage(`{}`)})
	_, errs["Facts"] = s.Facts(ctx, "x")
	_, errs["AddRun"] = s.AddRun(ctx, sampleRun("r", "x", migration.CheckRun))
	_, errs["Run"] = s.Run(ctx, "x")
	_, errs["RunByKey"] = s.RunByKey(ctx, "x", migration.CheckRun, "k")
	_, errs["Rows"] = s.Rows(ctx, "x", migration.CheckRun, 1)
	_, errs["Outcomes"] = s.Outcomes(ctx, "x", "h")
	_, errs["AddEntry"] = addEntry(ctx, s, runs.Entry{RunID: "x", Kind: "k", Data: json.RawMessage(`{}`)})
	_, errs["Entries"] = s.Entries(ctx, "x", 0)
	errs["EndRun"] = s.EndRun(ctx, runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: "x", State: migration.RunPassed}}}, runs.Entry{Kind: "end", Data: json.RawMessage(`{}`)}, nil)
	return errs
}

func unknown(t *testing.T, s *DB) {
	for name, err := range every(t.Context(), s) {
		wantKind(t, name, err, fault.NotFound)
	}
}

func canceled(t *testing.T, s *DB) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	errs := every(ctx, s)
	_, errs["List"] = newest(ctx, s)
	_, errs["Counts"] = s.Counts(ctx, "")
	_, errs["StaleIn"] = s.StaleIn(ctx, migration.Rehearsal, "payments.a2dd6")
	_, errs["Stale"] = s.Stale(ctx, start, 100)
	_, errs["Abandoned"] = s.Abandoned(ctx, start.Add(time.Hour))
	errs["AddMigration"] = s.AddMigration(ctx, sample("a", 0))
	for name, err := range errs {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with an ended context: %v, want context.Canceled", name, err)
		}
	}
}

func manyWriters(t *testing.T, s *DB) {
	addAll(t, s, "a")
	startRun(t, s, sampleRun("r", "a", migration.CheckRun))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 5 {
				_, e1 := addEntry(t.Context(), s, runs.Entry{RunID: "r", At: start, Kind: runs.EntryStage, Data: json.RawMessage(`{}`)})
				_, e2 := addFact(t.Context(), s, migration.Fact{MigrationID: "a", Kind: "k", Data: json.RawMessage(`{}`), At: start})
				_, e3 := s.AddRun(t.Context(), sampleRun(fmt.Sprintf("r%d-%d", i, k), "a", migration.TransferRun))
				_, e4 := s.Facts(t.Context(), "a")
				if err := errors.Join(e1, e2, e3, e4); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i, e := range must(s.Entries(t.Context(), "r", 0))(t) {
		if e.Seq != int64(i+1) {
			t.Fatalf("entry %d has Seq %d: a gap or a double", i, e.Seq)
		}
	}
	if v := must(s.Migration(t.Context(), "a"))(t).Version; v != 82 {
		t.Errorf("version = %d after 40 facts and 41 runs, want 82", v)
	}
	seen := map[int]bool{}
	for _, r := range must(s.Rows(t.Context(), "a", migration.TransferRun, 99))(t) {
		seen[r.Number] = true
	}
	if len(seen) != 40 {
		t.Errorf("%d different numbers of 40 runs", len(seen))
	}
}

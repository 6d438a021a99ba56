package store

import (
	"encoding/json"
	"testing"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// leases: a run is its owner's as long as its lease, and only a running one is abandoned.
func leases(t *testing.T, s *DB) {
	addAll(t, s, "a")
	for _, r := range []struct{ id, owner string }{{"mine", "me"}, {"mine too", "me"}, {"yours", "you"}, {"over", "you"}} {
		run := sampleRun(r.id, "a", migration.CheckRun)
		run.Owner = r.owner
		startRun(t, s, run)
	}
	end := sampleRun("over", "a", migration.CheckRun)
	end.State = migration.RunPassed
	if err := s.EndRun(t.Context(), end, runs.Entry{Kind: runs.EntryEnd, Data: json.RawMessage(`{}`)}, nil); err != nil {
		t.Fatal(err)
	}
	abandoned := func(at time.Duration) (ids []string) {
		for _, r := range must(s.Abandoned(t.Context(), start.Add(at)))(t) {
			ids = append(ids, r.ID)
		}
		return ids
	}
	same(t, "before the leases end", abandoned(time.Minute-1), []string(nil))
	same(t, "as they end", abandoned(time.Minute), []string{"mine", "mine too", "yours"})
	if err := s.Renew(t.Context(), "me", []string{"mine", "mine too", "yours"}, start.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	same(t, "mine were renewed", abandoned(time.Minute), []string{"yours"})
	if got := must(s.Run(t.Context(), "mine"))(t); got.Owner != "me" || !got.Lease.Equal(start.Add(2*time.Minute)) {
		t.Errorf("owner %s until %s", got.Owner, got.Lease)
	}
	same(t, "later", abandoned(2*time.Minute), []string{"mine", "mine too", "yours"})
	if err := s.Renew(t.Context(), "me", []string{"mine"}, start.Add(3*time.Minute)); err != nil {
		t.Fatal(err)
	}
	same(t, "one was not renewed", abandoned(2*time.Minute), []string{"mine too", "yours"})
	cut := func(id string) error {
		r := sampleRun(id, "a", migration.CheckRun)
		r.State, r.Ended = migration.RunInterrupted, start.Add(2*time.Minute)
		return s.EndAbandoned(t.Context(), r, runs.Entry{Kind: runs.EntryEnd, Data: json.RawMessage(`{}`)})
	}
	wantKind(t, "cutting what was renewed", cut("mine"), fault.Conflict)
	wantKind(t, "cutting what there is not", cut("nothing"), fault.NotFound)
	if got := must(s.Run(t.Context(), "mine"))(t); !got.Running() {
		t.Errorf("what was renewed is %s", got.State)
	}
	if err := cut("mine too"); err != nil || must(s.Run(t.Context(), "mine too"))(t).State != migration.RunInterrupted {
		t.Errorf("cutting what is abandoned: %v", err)
	}
}

// oneAct: facts of several migrations and records are written together or not at all, and found by their act.
func oneAct(t *testing.T, s *DB) {
	addAll(t, s, "a", "b")
	fact := func(id string) migration.Fact {
		return migration.Fact{MigrationID: id, Kind: "k", Data: json.RawMessage(`{}`), At: start}
	}
	rec := custody.Record{At: start, Migration: "a", Verb: custody.Noted, Act: "act-1"}.By(custody.Actor{Person: "dana", Name: "Dana", Session: "s", Via: "portal", From: "::1", Request: "r"})
	rec.Act = "act-1"
	got := must(s.Record(t.Context(), []migration.Fact{fact("a"), fact("b")}, []custody.Record{rec}))(t)
	if len(got) != 2 || got[0].ID == 0 || got[1].MigrationID != "b" {
		t.Errorf("Record = %+v", got)
	}
	back := must(s.Records(t.Context(), custody.Query{}))(t)
	rec.ID = 1
	same(t, "the record with its person", back, []custody.Record{rec})
	lost := rec
	lost.Act = "act-2"
	_, err := s.Record(t.Context(), []migration.Fact{fact("a"), fact("nobody")}, []custody.Record{lost})
	wantKind(t, "a fact of no migration", err, fault.NotFound)
	for act, want := range map[string]bool{"act-1": true, "act-2": false, "": false} {
		if there := must(s.Recorded(t.Context(), act))(t); there != want {
			t.Errorf("Recorded(%q) = %v", act, there)
		}
	}
	if n := len(must(s.Facts(t.Context(), "a"))(t)); n != 1 {
		t.Errorf("%d facts after a refused act, want 1", n)
	}
	same(t, "nothing at all", must(s.Record(t.Context(), nil, nil))(t), []migration.Fact{})
	run := must(s.AddEnded(t.Context(), sampleRun("r", "a", migration.CheckRun), func(r runs.Run) (runs.Run, []runs.Entry, []migration.Fact) {
		r.State, r.Ended = migration.RunPassed, start
		return r, []runs.Entry{{Kind: runs.EntryStage, Data: json.RawMessage(`1`)}, {Kind: runs.EntryEnd, Data: json.RawMessage(`2`)}}, []migration.Fact{fact("b")}
	}, rec))(t)
	if es := must(s.Entries(t.Context(), "r", 0))(t); run.Number != 1 || len(es) != 2 || es[1].Seq != 2 {
		t.Errorf("run %d with the log %v", run.Number, es)
	}
	if n := len(must(s.Facts(t.Context(), "a"))(t)); n != 2 {
		t.Errorf("%d facts, want the run's too, of the run's migration", n)
	}
}

// deleted: a migration goes with all that is about it, but for the audit, and not while a run is under way.
func deleted(t *testing.T, s *DB) {
	addAll(t, s, "a", "b")
	must(addFact(t.Context(), s, migration.Fact{MigrationID: "a", Kind: "k", Data: json.RawMessage(`{}`)}))(t)
	r := startRun(t, s, sampleRun("r", "a", migration.CheckRun))
	must(addEntry(t.Context(), s, runs.Entry{RunID: "r", Kind: runs.EntryStage, Data: json.RawMessage(`{}`)}))(t)
	rec := custody.Record{At: start, Migration: "a", Verb: custody.Deleted}
	wantKind(t, "while a run is under way", s.DeleteMigration(t.Context(), "a", rec), fault.Conflict)
	r.State = migration.RunInterrupted
	if err := s.EndRun(t.Context(), r, runs.Entry{Kind: runs.EntryEnd, Data: json.RawMessage(`{}`)}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteMigration(t.Context(), "a", rec); err != nil {
		t.Fatal(err)
	}
	_, err := s.Migration(t.Context(), "a")
	wantKind(t, "the migration", err, fault.NotFound)
	_, err = s.Run(t.Context(), "r")
	wantKind(t, "its run", err, fault.NotFound)
	if n := len(must(s.Records(t.Context(), custody.Query{Migration: "a"}))(t)); n != 1 {
		t.Errorf("%d lines of the audit, want 1", n)
	}
	wantKind(t, "again", s.DeleteMigration(t.Context(), "a", rec), fault.NotFound)
	renamed := sample("b", 1)
	renamed.Name, renamed.Archived = "Other", start
	if err := s.ChangeMigration(t.Context(), renamed, custody.Record{At: start, Migration: "b", Verb: custody.Renamed}); err != nil {
		t.Fatal(err)
	}
	renamed.Version = 2
	same(t, "renamed and put away", must(s.Migration(t.Context(), "b"))(t), renamed)
	wantKind(t, "renaming nobody", s.ChangeMigration(t.Context(), sample("nobody", 0)), fault.NotFound)
}

func runCounts(t *testing.T, s *DB) {
	addAll(t, s, "a", "b")
	startRun(t, s, sampleRun("1", "a", migration.CheckRun))
	startRun(t, s, sampleRun("2", "b", migration.CheckRun))
	startRun(t, s, sampleRun("3", "b", migration.DrillRun))
	same(t, "counts", must(s.CountRuns(t.Context()))(t), map[runs.Count]int{{Kind: migration.CheckRun, State: migration.RunRunning}: 2, {Kind: migration.DrillRun, State: migration.RunRunning}: 1})
}

package store

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"onramp/custody"
	"onramp/migration"
	"onramp/runs"
)

// writerDir makes the test binary the program that TestKill kills.
const writerDir = "ONRAMP_TEST_WRITER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(syncedDir); dir != "" {
		if err := writeSome(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if dir := os.Getenv(writerDir); dir != "" {
		fmt.Println(writeForEver(dir)) // only an error ends it
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// ack is one line of the writer: this was written, by its word.
type ack struct {
	Fact   int64  // a fact's ID
	Record int64  // its record's number
	Run    string // a run
	Seq    int64  // an entry of Run
	Ended  bool   // Run has ended
}

// writeForEver writes facts and runs and says after each what it was told is durable.
func writeForEver(dir string) error {
	ctx := context.Background()
	d, err := Open(ctx, dir, nil)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	_ = d.AddMigration(ctx, migration.Migration{ID: "a", Created: time.Now(), Version: 1}) // is there from the second round on
	for {
		fs, err := d.Record(ctx, []migration.Fact{{MigrationID: "a", Kind: migration.FactNamespace, Data: []byte(`{}`), At: time.Now()}},
			[]custody.Record{{At: time.Now(), Migration: "a", Verb: custody.NamespaceSet}})
		if err != nil {
			return err
		}
		f := fs[0]
		head, err := d.AuditHead(ctx)
		if err != nil {
			return err
		}
		_ = out.Encode(ack{Fact: f.ID, Record: head.Records})
		r, err := d.AddRun(ctx, runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: fmt.Sprintf("r%d", f.ID), MigrationID: "a", Kind: migration.CheckRun, State: migration.RunRunning}}})
		if err != nil {
			return err
		}
		_ = out.Encode(ack{Run: r.ID})
		for range 3 {
			e, err := addEntry(ctx, d, runs.Entry{RunID: r.ID, Kind: runs.EntryStage, Data: []byte(`{}`)})
			if err != nil {
				return err
			}
			_ = out.Encode(ack{Run: r.ID, Seq: e.Seq})
		}
		r.State = migration.RunPassed
		if err := d.EndRun(ctx, r, runs.Entry{Kind: runs.EntryEnd, Data: []byte(`{}`)},
			[]migration.Fact{{Kind: migration.FactCheck, Data: []byte(fmt.Sprintf(`{"run":%q}`, r.ID))}}); err != nil {
			return err
		}
		_ = out.Encode(ack{Run: r.ID, Seq: 4, Ended: true})
	}
}

// TestKill: a process that is killed at any point leaves a whole database with everything it was told
// is written, no run half ended, and no lock.
func TestKill(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	total := 0
	for round := range 100 {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), writerDir+"="+dir)
		cmd.Stderr = os.Stderr
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var acks []ack
		lines := bufio.NewScanner(pipe)
		killAt, pause := rand.IntN(30), time.Duration(rand.IntN(2000))*time.Microsecond
		for lines.Scan() { // to the end of the pipe: what was said before death counts
			var a ack
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				t.Fatalf("the writer says %q", lines.Text())
			}
			if acks = append(acks, a); len(acks) == killAt+1 {
				time.AfterFunc(pause, func() { _ = cmd.Process.Kill() })
			}
		}
		_ = cmd.Wait() // killed
		total += len(acks)
		verify(t, dir, acks)
		if t.Failed() {
			t.Fatalf("in round %d, killed %v after %d acknowledgements", round, pause, killAt+1)
		}
	}
	t.Logf("figure: R11 lost=0 acknowledged=%d kills=100", total) // verify ends the test at the first that is lost
	t.Logf("%d acknowledged writes, none lost in 100 kills", total)
}

func verify(t *testing.T, dir string, acks []ack) {
	t.Helper()
	d, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var whole string
	if err := d.reader.QueryRow("PRAGMA integrity_check").Scan(&whole); err != nil || whole != "ok" {
		t.Errorf("integrity_check: %s, %v", whole, err)
	}
	var table string
	if err := d.reader.QueryRow("SELECT \"table\" FROM pragma_foreign_key_check").Scan(&table); err == nil {
		t.Errorf("foreign_key_check: a row of %s points nowhere", table)
	}
	audit, err := d.VerifyAudit(t.Context())
	if err != nil || !audit.Intact {
		t.Errorf("the audit: %+v, %v", audit, err)
	}
	facts, err := d.Facts(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	there, passed := map[int64]bool{}, map[string]bool{}
	for _, f := range facts {
		there[f.ID] = true
		var of migration.CheckData
		if json.Unmarshal(f.Data, &of) == nil {
			passed[of.Run] = true
		}
	}
	counts, err := d.CountRuns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	changes := len(facts) // and a run changes a migration as it comes and as it ends
	for c, n := range counts {
		if changes += n; c.State != migration.RunRunning {
			changes += n
		}
	}
	if m, err := d.Migration(t.Context(), "a"); err != nil || m.Version != int64(changes)+1 {
		t.Errorf("version %d, %v after %d changes", m.Version, err, changes)
	}
	seen := map[string]bool{}
	for _, a := range acks {
		if a.Fact != 0 {
			if !there[a.Fact] {
				t.Errorf("fact %d is lost", a.Fact)
			}
			if a.Record > audit.Records {
				t.Errorf("record %d is lost: the audit ends with %d", a.Record, audit.Records)
			}
			continue
		}
		r, err := d.Run(t.Context(), a.Run)
		if err != nil {
			t.Errorf("run %s is lost: %v", a.Run, err)
			continue
		}
		if entries, err := d.Entries(t.Context(), a.Run, 0); err != nil || int64(len(entries)) < a.Seq {
			t.Errorf("run %s has %d entries, %v; want %d", a.Run, len(entries), err, a.Seq)
		}
		if a.Ended && r.State != migration.RunPassed {
			t.Errorf("the end of %s is lost", a.Run)
		}
		seen[a.Run] = true
	}
	for id := range seen { // the end, its entry and its fact are one
		r, _ := d.Run(t.Context(), id)
		entries, _ := d.Entries(t.Context(), id, 0)
		last := len(entries) > 0 && entries[len(entries)-1].Kind == runs.EntryEnd
		if ended := r.State == migration.RunPassed; ended != last || ended != passed[id] {
			t.Errorf("run %s is half ended: state %s, end entry %v, fact %v", id, r.State, last, passed[id])
		}
	}
}

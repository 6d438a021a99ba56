package store

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"onramp/custody"
	"onramp/migration"
)

// syncedDir makes the test binary the program whose system calls TestSynced counts.
const syncedDir = "ONRAMP_TEST_SYNCED_DIR"

// synced is how many changes that program makes, each with its record.
const synced = 200

func writeSome(dir string) error {
	ctx := context.Background()
	d, err := Open(ctx, dir, nil)
	if err != nil {
		return err
	}
	if err := d.AddMigration(ctx, migration.Migration{ID: "a", Created: time.Now(), Version: 1}); err != nil {
		return err
	}
	os.Stdout.WriteString("begin\n")
	for range synced {
		if _, err := d.Record(ctx, []migration.Fact{{MigrationID: "a", Kind: migration.FactNamespace, Data: []byte(`{}`), At: time.Now()}},
			[]custody.Record{{At: time.Now(), Migration: "a", Verb: custody.NamespaceSet}}); err != nil {
			return err
		}
		os.Stdout.WriteString("acknowledged\n")
	}
	os.Stdout.WriteString("end\n")
	os.Exit(0) // without Close's syncs
	return nil
}

// TestSynced: between one acknowledged change and the next, the log reaches the disk at least once; and when the power is
// cut, at whatever moment and whatever the disk wrote of what was not synced, no acknowledged change is lost and the
// data directory opens, whole, with an audit that holds. A disk that syncs nothing loses some: the replay can tell.
func TestSynced(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("there is no strace here to see the system calls with")
	}
	self, err := os.Executable()
	check(t, err)
	trace, dir := filepath.Join(t.TempDir(), "trace"), filepath.Join(t.TempDir(), "data")
	cmd := exec.Command(strace, append(diskTrace, "-o", trace, self)...)
	cmd.Env = append(os.Environ(), syncedDir+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("ptrace")) {
			t.Skipf("this system lets nobody trace: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(trace)
	check(t, err)
	calls := diskCalls(t, text, dir)
	syncs, since, acks, begun := 0, 0, 0, false
	for _, c := range calls {
		switch {
		case c.what == "say" && string(c.data) == "begin\n":
			begun = true
		case c.what == "sync" && begun:
			syncs++
			since++
		case c.what == "say" && string(c.data) == "acknowledged\n":
			if acks++; since == 0 {
				t.Errorf("change %d was acknowledged before it reached the disk", acks)
			}
			since = 0
		}
	}
	if acks != synced {
		t.Fatalf("the trace shows %d changes, want %d", acks, synced)
	}
	cuts, lost, broken := cutPower(t, calls, false, *everyCut)
	if lost > 0 || broken > 0 {
		t.Errorf("%d cuts lost %d acknowledged changes and left %d data directories broken", cuts, lost, broken)
	}
	if _, lying, _ := cutPower(t, calls, true, synced/4); lying == 0 {
		t.Error("a disk that syncs nothing loses nothing: the replay proves nothing")
	}
	t.Logf("figure: R12 syncs_per_commit=%.2f commits=%d lost_after_unsynced_writes=%d broken=%d power_cuts=%d", float64(syncs)/float64(acks), acks, lost, broken, cuts)
}

var everyCut = flag.Int("everycut", 20, "TestSynced cuts the power after each `n`th change")

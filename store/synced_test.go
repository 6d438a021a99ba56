package store

import (
	"bytes"
	"context"
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

// TestSynced: between one acknowledged change and the next, the log reaches the disk at least once.
func TestSynced(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("there is no strace here to count the system calls with")
	}
	self, err := os.Executable()
	check(t, err)
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace, "-f", "-qq", "-e", "trace=fdatasync,fsync,write", "-e", "signal=none", "-o", trace, self)
	cmd.Env = append(os.Environ(), syncedDir+"="+filepath.Join(t.TempDir(), "data"))
	if out, err := cmd.CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("ptrace")) {
			t.Skipf("this system lets nobody trace: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(trace)
	check(t, err)
	_, text, begun := bytes.Cut(text, []byte(`write(1, "begin`))
	if !begun {
		t.Fatal("the trace does not show the beginning")
	}
	syncs, since, acks := 0, 0, 0
	for line := range bytes.Lines(text) {
		switch {
		case bytes.Contains(line, []byte("fdatasync(")), bytes.Contains(line, []byte("fsync(")):
			syncs++
			since++
		case bytes.Contains(line, []byte(`write(1, "acknowledged`)):
			if acks++; since == 0 {
				t.Errorf("change %d was acknowledged before it reached the disk", acks)
			}
			since = 0
		}
	}
	if acks != synced {
		t.Fatalf("the trace shows %d changes, want %d", acks, synced)
	}
	t.Logf("figure: R12 syncs_per_commit=%.2f commits=%d lost_after_unsynced_writes=not-measured", float64(syncs)/float64(acks), acks)
	t.Logf("%d syncs for %d acknowledged changes: %.2f each", syncs, acks, float64(syncs)/float64(acks))
}

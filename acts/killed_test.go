package acts

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"onramp/certsvc"
)

// batchDir makes the test binary the program that TestKilledBatch kills.
const batchDir = "ONRAMP_TEST_BATCH_DIR"

func (w *world) batch(n int, to io.Writer) error {
	return w.Certificates.IssueBatch(w.ctx, dana, w.m.ID, IssueBatch{Rows: rowsOf(n), KeyType: certsvc.ECP256, Authority: Authority{From: CAHeld}}, func() io.Writer { return to })
}

// TestKilledBatchWrites is the program: it streams a batch to its third file.
func TestKilledBatchWrites(t *testing.T) {
	dir := os.Getenv(batchDir)
	if dir == "" {
		t.Skip("the program of TestKilledBatch")
	}
	w := worldIn(t, dir)
	w.issued()
	out := os.NewFile(3, "archive")
	if _, err := out.WriteString("begun\n"); err != nil {
		t.Fatal(err)
	}
	t.Error(w.batch(10_000, out)) // only its death ends it
}

// TestKilledBatch: a process that is killed in the middle of a batch has let no key out whose certificate is not among
// the facts and in the audit.
func TestKilledBatch(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	keys, bytesOut := 0, 0
	for round := range 8 {
		dir := quickDir(t)
		from, to, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self, "-test.run=^TestKilledBatchWrites$")
		cmd.Env = append(os.Environ(), batchDir+"="+dir)
		cmd.ExtraFiles = []*os.File{to}
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		to.Close()
		var out bytes.Buffer
		if _, err := io.CopyN(&out, from, int64(1+round*50_000+rand.IntN(50_000))); err != nil {
			t.Fatalf("the program ended by itself: %v\n%s", err, said.String())
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(&out, from) // what was on its way got out too
		_ = cmd.Wait()
		from.Close()
		w := worldIn(t, dir)
		w.m.ID = "payments"
		if n := unrecorded(w, out.Bytes()); n > 0 {
			t.Errorf("round %d: of %d keys that got out, %d are not in the audit and among the facts", round, len(pairsIn(out.Bytes())), n)
		}
		keys, bytesOut = keys+len(pairsIn(out.Bytes())), bytesOut+out.Len()
		w.end()
	}
	if keys == 0 {
		t.Error("no key got out: the test kills too early")
	}
	t.Logf("8 kills, %d bytes and %d keys got out, all recorded", bytesOut, keys)
}

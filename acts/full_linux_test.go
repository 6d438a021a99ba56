package acts

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
)

// fullDisk is a directory on a file system of its own of 3 MB.
func fullDisk(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m,mode=0700"); err != nil {
		t.Skipf("no small file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes what is free of a file system.
func fill(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 16, 1 << 12, 1} {
		for {
			if _, err := f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
}

// TestBatchOnFullDisk: a batch that the disk has no room for lets out no key that is not in the audit.
func TestBatchOnFullDisk(t *testing.T) {
	w := worldIn(t, fullDisk(t))
	w.issued()
	var out bytes.Buffer
	var err error
	had := 0
	for range 40 {
		had = out.Len()
		if err = w.batch(400, &out); err != nil {
			break
		}
	}
	if !fault.Is(err, fault.Unavailable) || fault.NothingChanged(fault.All(err)...) != (out.Len() == had) {
		t.Errorf("the disk did not fill up, or the fault does not say so: %v", err)
	}
	keys := len(pairsIn(out.Bytes()))
	if n := unrecorded(w, out.Bytes()); n > 0 || keys == 0 {
		t.Errorf("%d keys got out, %d of them not in the audit and among the facts", keys, n)
	}
	t.Logf("%d keys got out before the disk was full, all recorded", keys)
	_ = w.db.Close() // the disk is full: nobody asks it for more
}

// TestBatchWithoutRoom: a batch of which nothing could be written down has no archive: its answer can be a page.
func TestBatchWithoutRoom(t *testing.T) {
	w := worldIn(t, fullDisk(t))
	w.issued()
	fill(t, w.dir)
	err := w.Certificates.IssueBatch(w.ctx, dana, w.m.ID, IssueBatch{Rows: rowsOf(400), KeyType: certsvc.ECP256, Authority: Authority{From: CAHeld}}, func() io.Writer {
		t.Error("an archive was begun")
		return io.Discard
	})
	if !fault.Is(err, fault.Unavailable) || !fault.NothingChanged(fault.All(err)...) {
		t.Errorf("the answer is %v", err)
	}
	if err := os.Remove(filepath.Join(w.dir, "filler")); err != nil {
		t.Fatal(err)
	}
	w.end()
}

// TestActsOnFullDisk: each act on a disk without any room fails with nothing changed, or says what is.
func TestActsOnFullDisk(t *testing.T) {
	failed := 0
	for _, a := range all {
		switch a.name {
		case "Transfers.Stop": // its run would have to end on the full disk
			continue
		}
		w := worldIn(t, fullDisk(t))
		if a.setup != nil {
			a.setup(w)
		}
		before := w.dump()
		fill(t, w.dir)
		err := a.do(w)
		if err := os.Remove(filepath.Join(w.dir, "filler")); err != nil {
			t.Fatal(err)
		}
		w.settle()
		r := outcome{err: err, before: before, after: w.dump()}
		r.failed = r.after
		r.shape = r.after.shape(r.before)
		switch half, lie := a.judge(r, r.shape, false); {
		case err != nil:
			failed++
			if half != "" || lie != "" {
				t.Errorf("%s on a full disk: %s %s\n%v\n%s", a.name, half, lie, err, r.shape)
			}
		case !a.several:
			t.Logf("%s found room", a.name)
		}
		w.end()
	}
	if failed < len(all)/2 {
		t.Errorf("only %d of %d acts failed: the disk is not full", failed, len(all))
	}
	t.Logf("%d of %d acts failed on the full disk, none half done", failed, len(all))
}

// TestListsOnFullDisk: lists show what is stored where what they derive finds no room.
func TestListsOnFullDisk(t *testing.T) {
	w := worldIn(t, fullDisk(t))
	w.issued()
	fill(t, w.dir)
	if err := w.Lists.refresh(w.ctx); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("the disk is not full: %v", err)
	}
	_, list := w.Lists.Migrations(w.ctx, migration.Query{Limit: 50})
	_, board := w.Lists.Board(w.ctx, BoardPage{Limit: 50, Marks: 3})
	_, measured := w.Lists.Measure(w.ctx, 100)
	_, found := w.Lists.Find(w.ctx, "orders", 10)
	for what, err := range map[string]error{"the list": list, "the board": board, "the metrics": measured, "the search": found} {
		if err != nil {
			t.Errorf("%s cannot be read: %v", what, err)
		}
	}
	if err := os.Remove(filepath.Join(w.dir, "filler")); err != nil {
		t.Fatal(err)
	}
	w.end()
}

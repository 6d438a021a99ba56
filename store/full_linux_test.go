package store

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"onramp/fault"
)

// TestOpenOnFullDisk: a start on a full disk says that the disk is full, and not to take another directory.
func TestOpenOnFullDisk(t *testing.T) {
	for _, free := range []int{0, 16 << 10, 64 << 10} {
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m,mode=0700"); err != nil {
			t.Skipf("no small file system can be mounted here: %v", err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
		if err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 1<<20-free), 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(t.Context(), dir, nil)
		if err == nil {
			_ = db.Close()
			t.Errorf("%d bytes are enough", free)
			continue
		}
		f := fault.From(err)
		if all := f.Title + " " + f.Cause + " " + f.Fix; f.Kind != fault.Unavailable || !strings.Contains(all, "Free space on") || strings.Contains(all, "another directory") {
			t.Errorf("%d bytes free: %s %s (%v)", free, f.Title, f.Fix, err)
		}
	}
}

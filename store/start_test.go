package store

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"onramp/fault"
)

// TestLinksInTheDirectory: a link where one of Onramp's own files belongs is refused, and what it leads to stays as it is.
func TestLinksInTheDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("links need a right there")
		return
	}
	for _, name := range []string{"lock", File, File + "-wal", KeyFile, AnchorFile, turnFile} {
		for _, leads := range []bool{true, false} {
			dir, mine := newDir(t), filepath.Join(t.TempDir(), "mine")
			if leads {
				rewrite(t, mine, "precious")
			}
			check(t, os.Symlink(mine, filepath.Join(dir, name)))
			refused(t, dir, fault.Conflict, "A file of the data directory is a link")
			text, err := os.ReadFile(mine)
			if leads && string(text) != "precious" || !leads && !os.IsNotExist(err) {
				t.Errorf("%s: what it leads to holds %q, %v", name, text, err)
			}
		}
	}
	// The directory itself may be reached by a link: who gave --data chose it.
	to := filepath.Join(t.TempDir(), "link")
	check(t, os.Symlink(newDir(t), to))
	openIn(t, to)
}

// TestOwner: a directory or file of another user is refused.
func TestOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := newDir(t)
	check(t, os.Chown(dir, 12345, 12345))
	if f := refused(t, dir, fault.Conflict, "The data directory belongs to another user"); !strings.Contains(f.Cause, "12345") {
		t.Errorf("cause = %q", f.Cause)
	}
	for _, name := range []string{File, KeyFile} {
		dir := audited(t, 1)
		check(t, os.Chown(filepath.Join(dir, name), 12345, 12345))
		refused(t, dir, fault.Conflict, "The data directory belongs to another user")
	}
}

// TestDamagedPage: a page of any table that was overwritten is found at the start, and the file stays as it is.
func TestDamagedPage(t *testing.T) {
	whole := audited(t, 400)
	text, err := os.ReadFile(filepath.Join(whole, File))
	check(t, err)
	const page = 4096
	found, pages := 0, len(text)/page
	for n := 1; n < pages; n++ {
		dir := copyDir(t, whole)
		bad := append([]byte(nil), text...)
		for i := range page { // as a disk does that gives another sector
			bad[n*page+i] = 0xa5
		}
		rewrite(t, filepath.Join(dir, File), string(bad))
		d, err := Open(t.Context(), dir, nil)
		if err == nil {
			d.Close()
			t.Errorf("page %d of %d is damaged, and nobody noticed", n+1, pages)
			continue
		}
		f := fault.From(err)
		if f.Title != "The database is damaged, or the file is not a database" || !strings.Contains(f.Fix, "onramp restore") {
			t.Errorf("page %d: %v", n+1, err)
		}
		if after, err := os.ReadFile(filepath.Join(dir, File)); err != nil || string(after) != string(bad) {
			t.Errorf("page %d: the file was changed: %v", n+1, err)
		}
		found++
	}
	t.Logf("a damaged page was found at the start in %d of %d", found, pages-1)
}

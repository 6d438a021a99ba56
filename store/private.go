package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"onramp/fault"
)

// notOwned is the error that another user owns a file or directory.
type notOwned struct {
	path string
	uid  int
}

func (n notOwned) Error() string { return fmt.Sprintf("%s belongs to user %d", n.path, n.uid) }

// ownFiles are the files of the data directory that Onramp trusts.
var ownFiles = []string{File, File + "-wal", File + "-shm", File + "-journal", "lock", turnFile, KeyFile, AnchorFile, restoredFile}

// private makes dir, closes an empty one to others, and refuses one that another user owns, and one with content that
// others can look into: what it holds may have been read or changed already. So are its files.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unusable(dir, err)
	}
	info, err := os.Stat(dir)
	if err == nil {
		err = owned(dir, info)
	}
	if err != nil {
		return notMine(dir, err)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) == 0 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return unusable(dir, err)
		}
	}
	info, err = os.Stat(dir)
	switch {
	case err != nil:
		return unusable(dir, err)
	case runtime.GOOS == "windows": // no such modes there: the user's profile is private by its ACL
	case info.Mode().Perm()&0o077 != 0:
		return &fault.Fault{Kind: fault.Conflict, Field: "data", Title: "The data directory is open to other users",
			Cause: fmt.Sprintf("%s has mode %04o. Onramp keeps there what it knows of your migrations.", dir, info.Mode().Perm()),
			Fix:   "Run: chmod 700 " + dir}
	}
	for _, name := range ownFiles {
		path := filepath.Join(dir, name)
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && (name == File || !info.IsDir()) {
			err = plain(path, info)
		}
		if err != nil {
			return notMine(path, err)
		}
	}
	return nil
}

// notMine says what is wrong with a file that is to be trusted.
func notMine(path string, err error) error {
	var other notOwned
	switch info, e := os.Lstat(path); {
	case errors.As(err, &other):
		f := fault.Wrap(err, fault.Conflict, "The data directory belongs to another user", "Run Onramp as that user, or give a directory of your own with --data.").In("data")
		f.Cause = fmt.Sprintf("%s belongs to user %d, and Onramp runs as user %d: that user could change what Onramp trusts.", other.path, other.uid, os.Geteuid())
		return f
	case e == nil && info.Mode()&fs.ModeSymlink != 0:
		f := fault.Wrap(err, fault.Conflict, "A file of the data directory is a link", "Look where it leads and who made it, then remove it, or give another directory with --data.").In("data")
		f.Cause = path + " is a symbolic link. Onramp follows none there: it could lead to any file of yours."
		return f
	}
	return unusable(path, err)
}

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "directory"
	case m&fs.ModeSymlink != 0:
		return "symbolic link"
	}
	return "device or pipe"
}

// maxPrivate bounds what readPrivate reads.
const maxPrivate = 1 << 20

// readPrivate reads a small file of the data directory.
func readPrivate(path string) ([]byte, error) {
	f, err := openPrivate(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxPrivate))
}

// writeNew makes a file of the data directory that only its owner may read; it is on the disk when it returns.
func writeNew(path string, content []byte) error {
	f, err := openPrivate(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = SyncDir(filepath.Dir(path))
	}
	if err != nil {
		_ = os.Remove(path)
	}
	return err
}

// SyncDir makes the names in a directory last.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" { // no such thing there
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

//go:build !lean && unix

package rehearsal

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"onramp/fault"
)

// lockDir takes the directory for this process until the file is closed or the process ends. Two servers
// on one database would fight over it.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // the first error counts
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fault.Wrap(err, fault.Unavailable, "Another Onramp uses the rehearsal's data",
				"Close the other one, or start this one with another --data directory.")
		}
		return nil, err
	}
	return f, nil
}

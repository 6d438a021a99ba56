//go:build unix && !solaris && !aix

package store

import (
	"errors"
	"os"
	"syscall"
)

// flock takes the lock on f without waiting; false when another process has it. The kernel gives it
// back when the process ends, however it ends.
func flock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

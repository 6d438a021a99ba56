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

// waitTurn waits while another process holds f for its change.
func waitTurn(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		return errors.Join(err, syscall.Flock(int(f.Fd()), syscall.LOCK_UN))
	}
}

// takeTurn holds f until done.
func takeTurn(f *os.File) (done func() error, err error) {
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			return func() error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }, err
		}
	}
}

//go:build unix

package cli

import (
	"errors"
	"os"
	"syscall"
)

// errNoStdout is a standard output that was closed before the program began.
var errNoStdout = errors.New("standard output is closed")

// closedStdout reports a standard output that the shell closed (>&-). Go's runtime puts /dev/null in its place
// before main, so that a write succeeds and nothing tells the caller that the answer is lost. A shell's own
// >/dev/null can be told from it: that is opened for writing only. Some programs (Python's DEVNULL) open theirs
// as the runtime does, so this is asked for machine output alone: who wants JSON gives it a place to go.
func closedStdout(w World) error {
	f, ok := w.Stdout.(*os.File)
	if !ok || f.Fd() != 1 {
		return nil
	}
	null, err := os.Stat(os.DevNull)
	if err != nil {
		return nil
	}
	if st, err := f.Stat(); err != nil {
		return err
	} else if !os.SameFile(st, null) {
		return nil
	}
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_GETFL, 0)
	if errno == 0 && flags&syscall.O_ACCMODE == syscall.O_RDWR {
		return errNoStdout
	}
	return nil
}

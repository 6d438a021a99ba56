package store

import (
	"io"
	"os"
	"strconv"
	"strings"
)

// lock keeps a second Onramp out of a data directory.
type lock struct{ f *os.File }

// heldBy is the error that another process has the lock: its process id, "" when unknown.
type heldBy string

func (h heldBy) Error() string { return "locked by process " + string(h) }

// acquire takes the lock without waiting; heldBy when another has it.
func acquire(path string) (*lock, error) {
	f, err := openPrivate(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return nil, err
	}
	free, err := flock(f)
	if err == nil && !free {
		pid, _ := io.ReadAll(io.LimitReader(f, 20)) // only for the message
		err = heldBy(strings.TrimSpace(string(pid)))
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &lock{f}, nil
}

// release gives the lock back. The file stays: removing it would let two processes lock two files.
func (l *lock) release() error { return l.f.Close() }

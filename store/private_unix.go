//go:build unix

package store

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// openPrivate opens a file of the data directory, and follows no link: another user could have put one there.
func openPrivate(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = plain(path, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// plain is an error where a file is none of the person who runs Onramp, or no file at all.
func plain(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file but a %s", path, kindOf(info.Mode()))
	}
	return owned(path, info)
}

// owned is an error where another user owns what Onramp is to trust.
func owned(path string, info fs.FileInfo) error {
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Geteuid() {
		return notOwned{path, int(s.Uid)}
	}
	return nil
}

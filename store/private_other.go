//go:build !unix

package store

import (
	"fmt"
	"io/fs"
	"os"
)

// openPrivate opens a file of the data directory.
func openPrivate(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag, 0o600)
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

func plain(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file but a %s", path, kindOf(info.Mode()))
	}
	return nil
}

func owned(string, fs.FileInfo) error { return nil }

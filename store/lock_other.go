//go:build !unix || solaris || aix

package store

import "os"

// flock has no kernel lock to take here: SQLite's own locks still keep the data whole, and a second
// Onramp on the directory is noticed only when both write at once.
func flock(*os.File) (bool, error) { return true, nil }

func waitTurn(*os.File) error { return nil }

func takeTurn(*os.File) (done func() error, err error) { return func() error { return nil }, nil }

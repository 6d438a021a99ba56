//go:build !linux

package cli

import "os"

// hideMemory has nothing to do here: what keeps other processes away is the system's own.
func hideMemory() error { return nil }

func thisProgram() (string, error) { return os.Executable() }

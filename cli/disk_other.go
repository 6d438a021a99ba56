//go:build !linux && !darwin

package cli

// diskOf is not known here.
func diskOf(string) (free, all int64) { return -1, -1 }

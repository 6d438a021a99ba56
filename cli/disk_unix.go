//go:build linux || darwin

package cli

import "syscall"

// diskOf is how much of the disk of a directory is free for this user, and how large it is, in bytes; -1 where that is not
// known.
func diskOf(dir string) (free, all int64) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return -1, -1
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize)
}

//go:build !unix

package cli

// closedStdout reports a standard output that was closed before the program began; here the system says so at
// the first write.
func closedStdout(World) error { return nil }

//go:build !race

package doctor

// slower is how much more the processors work here: there is no race detector.
const slower = 1

//go:build race

package doctor

// slower is how much more the processors work under the race detector, which takes five to ten times as long.
const slower = 10

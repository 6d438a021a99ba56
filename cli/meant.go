package cli

import "strings"

// mistyped is how many letters of a command's name may be wrong, missing, doubled or too many.
const mistyped = 2

// meant is the command that somebody who typed this most likely meant: one whose beginning it is, or the one with the
// fewest letters wrong. It is "" where none is near.
func meant(typed string, among []command) string {
	best, least := "", mistyped+1
	for _, c := range among {
		if len(typed) > mistyped && strings.HasPrefix(c.name, typed) {
			return c.name
		}
		if n := lettersWrong(typed, c.name); n < least && n < len(c.name)-1 {
			best, least = c.name, n
		}
	}
	return best
}

// lettersWrong is the edit distance of two words: how many letters are to be put in, taken out or changed.
func lettersWrong(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}

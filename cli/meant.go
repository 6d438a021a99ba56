package cli

import "strings"

// mistyped is how many letters of a command's name may be wrong, missing, doubled or too many.
const mistyped = 2

// otherWords are what people call a command who do not know its name.
var otherWords = map[string]string{
	"explain": "decode", "error": "decode", "why": "decode", "diagnose": "check", "doctor": "check", "test": "check", "verify": "check", "connect": "check",
	"start": "serve", "server": "serve", "ui": "serve", "web": "serve", "portal": "serve", "open": "serve", "env": "code", "environment": "code", "judge": "code",
	"worker": "code", "users": "people", "user": "people", "accounts": "people", "tls": "cert", "ca": "cert", "csr": "cert", "lint": "cert", "demo": "rehearse",
	"run": "transfer", "drill": "transfer", "log": "audit",
	"show": "inspect", "view": "inspect", "print": "inspect", "validate": "lint", "create": "leaf", "client": "leaf", "new": "leaf", "request": "csr",
	"export": "bundle", "convert": "bundle", "p12": "bundle",
}

// meant is the command that somebody who typed this most likely meant: one that goes by this word too, one whose
// beginning it is, or the one with the fewest letters wrong. It is "" where none is near.
func meant(typed string, among []command) string {
	best, least := "", mistyped+1
	for _, c := range among {
		if c.name == otherWords[typed] {
			return c.name
		}
	}
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

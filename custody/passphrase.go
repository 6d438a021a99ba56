package custody

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"onramp/fault"
)

// Bounds of a passphrase.
const (
	MinPassphrase = 12   // characters (ASVS 6.2.1)
	MaxPassphrase = 1024 // bytes
	minUnguessed  = 9    // characters that are left when what everybody tries first is taken out
	minDistinct   = 6    // different characters
)

// common are what people build passwords from and what is tried first.
var common = []string{
	"password", "passphrase", "passwort", "passw0rd", "p@ssw0rd", "p@ssword", "letmein", "welcome", "iloveyou", "qwertyuiop", "qwerty", "qwertz", "azerty", "asdfghjkl", "asdf", "zxcvbnm", "zxcv",
	"administrator", "admin", "secret", "changeme", "trustno", "monkey", "dragon", "football", "baseball", "sunshine", "princess", "superman", "batman", "master", "hello", "test", "login", "root", "guest",
	"temporal", "onramp", "certificate", "private", "cloud", "namespace", "correcthorsebatterystaple", "correct horse battery staple",
}

// CheckPassphrase refuses a passphrase that somebody with a copy of the data would guess soon, with the
// reason: an Invalid fault in the field passphrase. about are names that belong to the key.
func CheckPassphrase(p string, about ...string) error {
	bad := func(title, cause string) error {
		f := fault.New(fault.Invalid, title, fmt.Sprintf("Use at least %d characters that nobody would guess: four or five random words, or what a password manager makes.", MinPassphrase)).In("passphrase")
		f.Cause = cause
		return f
	}
	n := utf8.RuneCountInString(p)
	switch {
	case !utf8.ValidString(p) || strings.ContainsFunc(p, unicode.IsControl):
		return bad("The passphrase holds a character that cannot be typed", "You could not type it again.")
	case n < MinPassphrase:
		return bad("The passphrase is too short", fmt.Sprintf("It has %d characters. Whoever copies the data directory can try millions of short ones.", n))
	case len(p) > MaxPassphrase:
		return bad("The passphrase is too long", fmt.Sprintf("At most %d bytes are taken.", MaxPassphrase))
	}
	distinct := map[rune]bool{}
	for _, r := range p {
		distinct[unicode.ToLower(r)] = true
	}
	if len(distinct) < minDistinct {
		return bad("The passphrase repeats itself", fmt.Sprintf("It is made of %d different characters only.", len(distinct)))
	}
	rest := strings.ToLower(p)
	var found []string
	for _, name := range about {
		for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(word) >= 3 && strings.Contains(rest, word) {
				found, rest = append(found, "the name of the CA or migration"), strings.ReplaceAll(rest, word, "\x00")
			}
		}
	}
	for _, word := range common {
		if strings.Contains(rest, word) {
			found, rest = append(found, "a word that is tried first"), strings.ReplaceAll(rest, word, "\x00")
		}
	}
	left, runs := withoutRuns(rest)
	if runs {
		found = append(found, "a row of characters such as 1234 or aaaa")
	}
	if left < minUnguessed && len(found) > 0 {
		return bad("The passphrase is easy to guess", fmt.Sprintf("Most of it is %s; %d characters are left.", strings.Join(unique(found), " and "), left))
	}
	return nil
}

// withoutRuns counts the characters that do not continue a row: the same again, or one up or down. It
// reports whether there was a row of four or more. Places where a word was taken out do not count.
func withoutRuns(s string) (left int, runs bool) {
	var last rune
	step, length := rune(2), 1
	for _, r := range s {
		if r == 0 {
			last, step, length = 0, 2, 1
			continue
		}
		d := r - last
		if last != 0 && d >= -1 && d <= 1 && (d == step || length == 1) {
			step, length = d, length+1
			if length >= 3 {
				if length == 3 {
					left -= 2 // the two that began the row
				}
				runs = runs || length >= 4
				last = r
				continue
			}
		} else {
			step, length = 2, 1
		}
		left++
		last = r
	}
	return left, runs
}

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if len(out) == 0 || out[len(out)-1] != s {
			out = append(out, s)
		}
	}
	return out
}

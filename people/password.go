package people

import (
	"context"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/trustelem/zxcvbn/frequency"

	"onramp/fault"
)

// Lengths of a password, in characters. There are no other rules of composition (NIST SP 800-63B).
const (
	ShortestPassword = 12
	LongestPassword  = 256
)

// hashParams are the second of OWASP's choices for argon2id: 19 MiB and two passes, so that hashesAtOnce of them stay
// within the memory of a small machine.
var hashParams = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashesAtOnce is how many passwords are hashed at the same time.
const hashesAtOnce = 10

func mustHash(password string) string {
	h, err := argon2id.CreateHash(password, hashParams)
	if err != nil {
		panic(err) // the system's random numbers failed
	}
	return h
}

// hashed runs work in one of the places for hashing; a TooMany fault when all are taken and the caller leaves.
func (s *core) hashed(ctx context.Context, work func()) error {
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.TooMany, "Too many people sign in at once", "Wait a moment, then try again.")
	}
	defer func() { <-s.hashing }()
	work()
	return nil
}

// checkPassword says what is wrong with a new password: an Invalid fault of field password. own are words that others
// would try first: the person's address and name.
func checkPassword(password string, own ...string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return fault.New(fault.Invalid, "The password has characters that no keyboard makes", "Type it, or let a password manager make it.").In("password")
	case n < ShortestPassword:
		return fault.New(fault.Invalid, "The password is too short", "Use at least 12 characters: four random words are easy to keep.").In("password")
	case n > LongestPassword:
		return fault.New(fault.Invalid, "The password is too long", "Use at most 256 characters.").In("password")
	case guessable(password, own):
		return fault.New(fault.Invalid, "The password is easy to guess", "It is among those that attackers try first, or is made of your name or address. Use four random words, or let a password manager make it.").In("password")
	}
	return nil
}

// common are the passwords that people use most, from the list of the zxcvbn project.
var common = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{"onramp": true, "temporal": true, "temporalcloud": true}
	for _, p := range frequency.FrequencyLists["passwords"] {
		out[p] = true
	}
	return out
})

// unleet undoes the replacements that people make in a word.
var unleet = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// guessable reports a password that is tried early: a common one, also repeated, with digits and signs around it or in
// place of letters; letters or digits in their order; few different characters; the person's own words.
func guessable(password string, own []string) bool {
	p := strings.ToLower(password)
	different := map[rune]bool{}
	steps, runes := 0, []rune(p)
	for i, r := range runes {
		different[r] = true
		if i > 0 && (r-runes[i-1] == 1 || r-runes[i-1] == -1 || r == '0' && runes[i-1] == '9') {
			steps++
		}
	}
	if len(different) < 5 || steps >= len(runes)-3 {
		return true
	}
	bare := func(s string) string { return strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) }
	for _, word := range []string{p, bare(p), unleet.Replace(p), bare(unleet.Replace(p)), unleet.Replace(bare(p))} {
		word = once(word)
		if common()[word] && utf8.RuneCountInString(word) >= 4 {
			return true
		}
	}
	for _, text := range own {
		for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(word) >= 4 && strings.Contains(p, word) && utf8.RuneCountInString(strings.ReplaceAll(p, word, "")) < 8 {
				return true
			}
		}
	}
	return false
}

// once is the part of a text that all of it repeats; the text itself when nothing does.
func once(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}

// matches compares a password with a stored hash. It takes as long for an empty hash.
func (s *core) matches(ctx context.Context, password, hash string) (ok bool, err error) {
	known := hash != ""
	if !known {
		hash = s.dummy
	}
	var compared error
	err = s.hashed(ctx, func() { ok, compared = argon2id.ComparePasswordAndHash(password, hash) })
	if err == nil {
		err = compared
	}
	return ok && known, err
}

// newHash hashes a new password.
func (s *core) newHash(ctx context.Context, password string) (hash string, err error) {
	err = s.hashed(ctx, func() { hash = mustHash(password) })
	return hash, err
}

package migration

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"onramp/cloud"
	"onramp/fault"
)

// MaxName is how long a migration's name may be, in characters.
const MaxName = 80

// Slug makes the ID of a migration from its name: lower-case Latin letters without their marks,
// digits, and single hyphens between them. A name without any (another script) gives "app-" and the
// start of its hash. The same name always gives the same slug; different names may share one: whoever adds a migration
// then puts a number behind it.
func Slug(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(norm.NFKD.String(name)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case r == 'ß':
			b.WriteString("ss")
		case unicode.Is(unicode.Mn, r): // the mark of a letter: ü is u and a mark
		default:
			gap = true
		}
	}
	if b.Len() == 0 {
		sum := sha256.Sum256([]byte(name))
		return "app-" + hex.EncodeToString(sum[:4])
	}
	return b.String()
}

// SameName reports whether two names count as one: two migrations may not share a name. Case does not tell them apart,
// nor how an accent is encoded, nor spaces around the name and between its words, as none of that shows in a list.
func SameName(a, b string) bool { return NameKey(a) == NameKey(b) }

// NameKey is a name as SameName compares it.
func NameKey(name string) string {
	return cases.Fold().String(norm.NFC.String(strings.Join(strings.Fields(name), " ")))
}

// checkNew says what is wrong with a new migration: Invalid faults with their fields, joined.
func checkNew(m Migration) error {
	var errs []error
	invalid := func(field, title, fix string) {
		errs = append(errs, fault.New(fault.Invalid, title, fix).In(field))
	}
	switch {
	case m.Name == "":
		invalid("name", "The migration needs a name", "Enter the name of the application, such as Payments.")
	case !utf8.ValidString(m.Name) || strings.ContainsFunc(m.Name, hidden):
		invalid("name", "The name contains an invisible character", "Retype the name without line breaks, tabs or control characters.")
	case utf8.RuneCountInString(m.Name) > MaxName:
		invalid("name", "The name is too long", "Use at most 80 characters.")
	}
	if !oneOf(m.Lang, Langs) {
		invalid("lang", "Onramp does not support this language", "Choose one of "+strings.Join(Langs, ", ")+".")
	}
	if m.Mode != Rehearsal && m.Mode != Cloud {
		invalid("mode", "The migration has no destination yet", "Choose rehearsal or cloud.")
	}
	if m.Auth != cloud.AuthMTLS && m.Auth != cloud.AuthAPIKey {
		invalid("auth", "No sign-in method is chosen", "Choose mtls or api-key.")
	}
	return errors.Join(errs...)
}

// hidden reports characters that change how a line reads without being seen.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029'
}

func oneOf(s string, list []string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

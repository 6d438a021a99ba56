package doctor

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
)

// The texts that stand for what was taken out.
const (
	keyRemoved         = "[private key removed]"
	certificateRemoved = "[certificate removed]"
)

// secret is a form of secrets: how it is found, and what stands in its place. A text without sign, where one is
// given, has none.
type secret struct {
	find *regexp.Regexp
	with string
	sign string
	is   func(string) bool // what is found is one; nil: always
}

// without is a text without this kind of secret.
func (m secret) without(s string) string {
	if m.is == nil {
		return m.find.ReplaceAllString(s, m.with)
	}
	return m.find.ReplaceAllStringFunc(s, func(found string) string {
		if m.is(found) {
			return m.with
		}
		return found
	})
}

func (m secret) may(s string) bool { return m.sign == "" || strings.Contains(s, m.sign) }

// The places in masks of the secrets that have a form of their own.
const (
	maskKey   = 0
	maskToken = 2
)

// masks are the secrets that people paste together with an error.
var masks = []secret{
	// Chats and word processors change the dashes, and the secret stays one (KP-25).
	{regexp.MustCompile(`(?s)[\p{Pd}−]*[ \t]*BEGIN [A-Z0-9 ]*PRIVATE KEY.*?(?:END [A-Z0-9 ]*PRIVATE KEY[ \t]*[\p{Pd}−]*|\z)`), keyRemoved, "PRIVATE KEY", bearsKey},
	{regexp.MustCompile(`(?s)-----BEGIN CERTIFICATE-----.*?(?:-----END CERTIFICATE-----|\z)`), certificateRemoved, "-----BEGIN", nil},
	{regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,2}(?:\r?\n[A-Za-z0-9_.-]{20,}(?m:$))*`), "[token removed]", "eyJ", beginsAsJSON},
	{regexp.MustCompile(`(?i)(bearer)\s+[^\s"',;]+`), "$1 [removed]", "", nil},
	{regexp.MustCompile(`(?i)((?:api[_-]?key|passwo?r?d|passphrase|secret|token|authorization|cookie)(?:[_-][a-z0-9_-]{1,20})?["']?\s*[=:]\s*)(?:"[^"\n]*"?|'[^'\n]*'?|(?:basic\s+)?[^\s"',;]+)`), "${1}[removed]", "", nil},
	{regexp.MustCompile(`(--api-key)(?:\s+|=)(?:"[^"\n]*"?|'[^'\n]*'?|\S+)`), "$1 [removed]", "--api-key", nil},
	// What stands before the last @ of a URL's host; and a password with a slash, which no URL may hold and people
	// paste all the same. A host with its port is none.
	{regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://)[^\s/"'<>]+@`), "${1}[removed]@", "://", nil},
	{regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://)[^\s/:@"'<>]+:[^\s/@"'<>]*[^\s/@"'<>0-9][^\s/@"'<>]*/[^\s@"'<>]*@`), "${1}[removed]@", "://", nil},
}

// Long base64 without BEGIN line: a key or certificate whose PEM was encoded once more, as Kubernetes does, or
// whose first and last line were lost (KP-22, KP-23).
var (
	twice = regexp.MustCompile(`LS0tLS1CRUdJTi[A-Za-z0-9+/=]*(?:\r?\n[A-Za-z0-9+/=]{20,})*`)
	bare  = regexp.MustCompile(`\bM[A-Za-z0-9+/]{39,}={0,2}(?:(?:\r?\n|\\n|[ \t])[A-Za-z0-9+/]{40,}={0,2})*(?:(?:\r?\n|\\n)[A-Za-z0-9+/]+={0,2}[ \t\r]*(?m:$))?`)
)

// HoldsSecret reports whether a text holds a private key or an API key, whatever form it was pasted in. A secret that
// is known by the words around it alone, such as a password, is not seen.
func HoldsSecret(s string) bool {
	_, found := maskShaped(s)
	return found
}

// WithoutSecrets is a text without the private keys and API keys in it.
func WithoutSecrets(s string) string {
	s, _ = maskShaped(s)
	return s
}

// telling reports whether a text has what every secret has that is known by its own form: what has not is not
// searched.
func telling(s string) bool {
	return len(s) >= 40 && strings.Contains(s, "M") || slices.ContainsFunc([]string{"PRIVATE KEY", "eyJ", "LS0tLS1CRUdJTi"},
		func(t string) bool { return strings.Contains(s, t) })
}

// maskShaped takes out what is a secret by its own form: no text of ours, no path and no address looks like it.
func maskShaped(s string) (masked string, found bool) {
	if !telling(s) {
		return s, false
	}
	for _, m := range []int{maskKey, maskToken} {
		without := masks[m].without(s)
		found, s = found || without != s, without
	}
	return maskBase64(s, found)
}

// mask takes the secrets out of a text; found says whether there was one (a certificate is none).
func mask(s string) (masked string, found bool) {
	for _, m := range masks {
		if !m.may(s) {
			continue
		}
		without := m.without(s)
		found = found || m.with != certificateRemoved && without != s
		s = without
	}
	return maskBase64(s, found)
}

func maskBase64(s string, found bool) (string, bool) {
	s = twice.ReplaceAllStringFunc(s, func(b string) string {
		if strings.HasPrefix(b, "LS0tLS1CRUdJTiBDRVJU") { // -----BEGIN CERT
			return certificateRemoved
		}
		found = true
		return keyRemoved
	})
	s = bare.ReplaceAllStringFunc(s, func(b string) string {
		if !beginsAsKey(b) {
			return b
		}
		found = true
		return keyRemoved
	})
	return s, found
}

// keyPiece is a piece of a key's base64; no sentence has a word of that length.
var keyPiece = regexp.MustCompile(`[A-Za-z0-9+/_=-]{16}`)

// bearsKey reports whether what begins with a key's label is a key: it has the dashes of one, or something of a key after
// it. A sentence that names the label ("from BEGIN PRIVATE KEY to END PRIVATE KEY") has neither.
func bearsKey(found string) bool {
	if !strings.HasPrefix(strings.TrimSpace(found), "BEGIN") {
		return true
	}
	_, after, _ := strings.Cut(found, "PRIVATE KEY")
	return keyPiece.MatchString(after)
}

// beginsAsJSON reports whether base64 begins as the JSON of a token's header: where it does not, the letters stand in a
// name or path by chance.
func beginsAsJSON(token string) bool {
	head := []byte(token[:8]) // six bytes of JSON
	text := make([]byte, base64.RawURLEncoding.DecodedLen(len(head)))
	n, err := base64.RawURLEncoding.Decode(text, head)
	return err == nil && !slices.ContainsFunc(text[:n], func(b byte) bool { return b < ' ' || b > '~' })
}

// beginsAsKey reports whether base64 begins as the DER of a private key or of a key store: a sequence whose first
// element is a version, where a certificate's is another sequence.
func beginsAsKey(b64 string) bool {
	der, err := base64.StdEncoding.DecodeString(b64[:16])
	if err != nil || der[0] != 0x30 {
		return false
	}
	first := 2
	if der[1] > 0x80 {
		first += int(der[1] - 0x80) // the length takes more bytes
	}
	return first+1 < len(der) && der[first] == 2 && der[first+1] == 1
}

package namespace

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"onramp/fault"
)

// trail is a text on its way to a value, with what was changed so far.
type trail struct {
	field   string
	text    string
	repairs []Repair
}

// to changes the text and records it as a repair; without a change it records nothing.
func (t *trail) to(code, text, why string) {
	if text == t.text {
		return
	}
	t.repairs = join(t.repairs, Repair{Field: t.field, From: visible(t.text), To: visible(text), Code: code, Text: why})
	t.text = text
}

// join appends repairs; one that goes on where the last of the same code ended becomes part of it.
func join(to []Repair, more ...Repair) []Repair {
	for _, r := range more {
		if n := len(to) - 1; n >= 0 && to[n].Code == r.Code && to[n].Field == r.Field && to[n].To == r.From {
			to[n].To = r.To
			if !strings.Contains(to[n].Text, r.Text) {
				to[n].Text += " " + r.Text
			}
			continue
		}
		to = append(to, r)
	}
	return to
}

// escapes are terminal control sequences: colours, and the marks of bracketed paste.
var escapes = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`)

// isHidden reports whether a rune is invisible and means nothing in a name: controls, format
// characters, variation selectors and the blanks that are letters to Unicode.
func isHidden(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u2800', '\u3164', '\uffa0', '\u034f':
		return true
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r) && !unicode.IsSpace(r) || unicode.Is(unicode.Variation_Selector, r)
}

// unhide removes what cannot be seen: hidden characters anywhere, blanks at the ends (IN-04).
// Blanks inside stay: only a person knows what they mean.
func (t *trail) unhide() {
	s := escapes.ReplaceAllString(t.text, "")
	if strings.HasPrefix(s, "\xff\xfe") || strings.HasPrefix(s, "\xfe\xff") {
		s = s[2:] // byte order mark of UTF-16
	}
	if !utf8.ValidString(s) {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "\x00"), "\x00", nonBreaking(s))
	}
	s = strings.Map(func(r rune) rune {
		if isHidden(r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimFunc(s, unicode.IsSpace)
	if s != t.text {
		t.to("IN-04", s, "Removed what cannot be seen: "+hiddenList(t.text)+".")
	}
}

// nonBreaking is what stands for bytes that are no UTF-8: nothing when each is the no-break space of
// Latin-1, else the replacement character, which is then refused.
func nonBreaking(s string) string {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 && s[i] != 0xa0 {
			return "\ufffd"
		}
		i += n
	}
	return ""
}

// hiddenList names the hidden characters of a text with their places, counted from 0.
func hiddenList(s string) string {
	var out []string
	runes := []rune(s)
	first, last := -1, -1
	for i, r := range runes {
		if !unicode.IsSpace(r) && !isHidden(r) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	more := 0
	for i, r := range runes {
		if isHidden(r) || r == utf8.RuneError || unicode.IsSpace(r) && (first < 0 || i < first || i > last) {
			if len(out) == 4 {
				more++
				continue
			}
			out = append(out, fmt.Sprintf("%s at position %d", codePoint(r), i))
		}
	}
	if len(out) == 0 {
		return "a byte order mark"
	}
	list := strings.Join(out, ", ")
	if more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

var names = map[rune]string{' ': "blank", '\t': "tab", '\n': "new line", '\r': "carriage return", '\u00a0': "no-break space",
	'\u200b': "zero-width space", '\ufeff': "byte order mark", '\u00ad': "soft hyphen", '\x1b': "escape"}

func codePoint(r rune) string {
	if n := names[r]; n != "" {
		return fmt.Sprintf("%s (U+%04X)", n, r)
	}
	return fmt.Sprintf("U+%04X", r)
}

// show names a rune for people: quoted when it prints, else by code point.
func show(r rune) string {
	if r == ' ' || !unicode.IsPrint(r) {
		return codePoint(r)
	}
	if r > unicode.MaxASCII {
		return fmt.Sprintf("“%c” (U+%04X)", r, r)
	}
	return fmt.Sprintf("“%c”", r)
}

// userinfo is the user and password of a URL.
var userinfo = regexp.MustCompile(`(://|^)[^/?#@\s]*@`)

// WithoutUser is an address, or a text that should be one, without the user and password before its host: they are
// nobody's to see.
func WithoutUser(s string) string { return userinfo.ReplaceAllString(s, "$1…@") }

// visible makes a text fit to be shown: hidden characters and blanks other than U+0020 as escapes,
// no password of a URL, and no more than 200 characters.
func visible(s string) string {
	s = WithoutUser(s)
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > 200 {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r != ' ' && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// short is visible for a sentence: at most 60 characters.
func short(s string) string {
	s = visible(s)
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

const quotes = "\"'`“”‘’„«»"

// unwrap removes what often surrounds a value: quotes, angle brackets, a comma or full stop after
// it, an assignment before it (IN-21).
func (t *trail) unwrap() {
	for before := ""; before != t.text; {
		before = t.text
		if _, v, ok := assignment(t.text); ok {
			t.to(codeWrapped, v, "Took the value out of the assignment.")
		}
		s := strings.Trim(t.text, quotes)
		if len(s) > 2 && s[0] == '<' && s[len(s)-1] == '>' && strings.Count(s, "<") == 1 && strings.Contains(s, "://") {
			s = s[1 : len(s)-1]
		}
		if len(s) > 2 && s[0] == '(' && s[len(s)-1] == ')' {
			s = s[1 : len(s)-1]
		}
		s = strings.TrimPrefix(s, "$'") // bash's quoting with escapes
		s = strings.TrimRight(s, ".,;")
		t.to(codeWrapped, strings.TrimFunc(s, unicode.IsSpace), "Removed the text around the value.")
	}
}

// keys are the names under which a namespace or an address stands in environments, files and pages,
// upper case with underscores; true: it is a Namespace ID.
var keys = map[string]bool{
	"NAMESPACE": true, "NAMESPACE_ID": true, "NAMESPACE_NAME": true, "CLOUD_NAMESPACE": true, "CLOUD_NAMESPACE_ID": true,
	"TEMPORAL_NAMESPACE": true, "TEMPORAL_CLOUD_NAMESPACE": true, "TEMPORAL_NAMESPACE_ID": true, "TEMPORAL_CLI_NAMESPACE": true,
	"ADDRESS": false, "TEMPORAL_ADDRESS": false, "TEMPORAL_CLOUD_ADDRESS": false, "TEMPORAL_HOST_URL": false, "HOST_URL": false,
	"TEMPORAL_HOST": false, "TEMPORAL_HOSTPORT": false, "TEMPORAL_HOST_PORT": false, "TEMPORAL_CLI_ADDRESS": false,
	"TEMPORAL_GRPC_ENDPOINT": false, "TEMPORAL_ENDPOINT": false, "TEMPORAL_TARGET_HOST": false, "TEMPORAL_CLOUD_HOST": false,
	"HOST": false, "HOSTPORT": false, "HOST_PORT": false, "TARGET": false, "TARGET_HOST": false, "TARGETHOST": false, "ENDPOINT": false, "GRPC_ENDPOINT": false,
	"NAMESPACE_ENDPOINT": false, "GRPC_ADDRESS": false, "MTLS_GRPC_ADDRESS": false, "SERVER_NAME": false, "SERVERNAME": false,
	"TEMPORAL_TLS_SERVER_NAME": false, "TEMPORAL_SERVER_NAME_OVERRIDE": false, "URL": false,
}

// knownKey returns the kind of a key as people write it ("Namespace ID", "host-port").
func knownKey(k string) (isNamespace, ok bool) {
	k = strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_", ".", "_").Replace(strings.TrimSpace(k)))
	isNamespace, ok = keys[k]
	return isNamespace, ok
}

var (
	// export X=v, set X=v, set "X=v", $env:X = "v", ENV X=v, -e X=v, X = "v", "x": "v", x: v
	equals = regexp.MustCompile(`(?is)^(?:(?:export|setx?|env|declare\s+-x|-e|--env)\s+)?["']?(?:\$env:)?([a-z_][a-z0-9_]*)["']?\s*:?=\s*([^=]*)$`)
	colon  = regexp.MustCompile(`(?is)^(?:[-*•]\s+)?["']?([a-z_][a-z0-9_ -]*?)["']?\s*:\s*(.*)$`)
	// set -gx X v (fish), setx X v, ENV X v
	spaced = regexp.MustCompile(`(?is)^(?:set\s+(?:-{1,2}[a-z-]+\s+)+|setx\s+|env\s+)([a-z_][a-z0-9_]*)\s+(.*?)(?:\s+/m)?$`)
)

// assignment splits "export TEMPORAL_NAMESPACE=orders.a1b2c" and its like into key and value.
func assignment(s string) (key, value string, ok bool) {
	if len(s) > maxValue {
		return "", "", false
	}
	if m := equals.FindStringSubmatch(s); m != nil {
		return m[1], uncomment(m[2]), true
	}
	if m := spaced.FindStringSubmatch(s); m != nil {
		return m[1], uncomment(m[2]), true
	}
	if m := colon.FindStringSubmatch(s); m != nil {
		if _, known := knownKey(m[1]); known && m[2] != "" && !isDigit(rune(m[2][0])) && m[2][0] != ':' && m[2][0] != '/' {
			return m[1], uncomment(m[2]), true
		}
	}
	return "", "", false
}

// uncomment drops a comment behind a value.
func uncomment(s string) string {
	if i := strings.Index(s, " #"); i >= 0 {
		s = s[:i]
	}
	return strings.TrimFunc(s, unicode.IsSpace)
}

// twins are letters and signs that look like those of a name.
var twins = strings.NewReplacer(
	"а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "х", "x", "у", "y", "і", "i", "ј", "j", "ѕ", "s", "ԁ", "d", "һ", "h", "ԛ", "q", "ԝ", "w",
	"к", "k", "м", "m", "т", "t", "в", "b", "н", "h", "ο", "o", "α", "a", "ν", "v", "ρ", "p", "ι", "i", "κ", "k", "τ", "t", "ɑ", "a", "ı", "i", "ł", "l",
	"‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-", "－", "-", "﹣", "-",
	"。", ".", "．", ".", "｡", ".", "․", ".", "·", ".", "：", ":")

// lookalike refuses letters outside ASCII with their code point and, where it is known, what they
// look like (IN-15).
func lookalike(field, s string) *fault.Fault {
	for i, r := range []rune(s) {
		if r <= unicode.MaxASCII {
			continue
		}
		cause := fmt.Sprintf("Character %d of “%s” is %s, which is not a letter of a name or host.", i+1, short(s), codePoint(r))
		fix := "Type the name by hand, or copy it from the Cloud UI."
		if plain := plainASCII(s); plain != "" {
			cause = fmt.Sprintf("Character %d of “%s” is %s. It looks like “%s” and is another character.", i+1, short(s), codePoint(r), plainASCII(string(r)))
			fix = "Use “" + short(plain) + "” if that is what you mean, or copy the name from the Cloud UI."
		}
		return refuse(field, "IN-15", "There is a look-alike letter in the name", cause, fix)
	}
	return nil
}

// plainASCII returns the text with every look-alike replaced, or "" when one is not known.
func plainASCII(s string) string {
	s = strings.Map(func(r rune) rune {
		if 0xff01 <= r && r <= 0xff5e { // full-width forms
			return r - 0xfee0
		}
		return r
	}, twins.Replace(strings.ToLower(s)))
	s = lower(s)
	for _, r := range s {
		if r > unicode.MaxASCII {
			return ""
		}
	}
	return s
}

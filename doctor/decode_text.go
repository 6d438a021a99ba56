package doctor

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// errorText is a pasted text as the decoder reads it: on one line, without colours, escapes undone, so that a text
// that a terminal wrapped, a logger quoted or a chat made pretty reads like the original.
type errorText struct {
	flat string // as it was written
	low  string // the same in small letters, byte for byte
}

// prettied are characters that chats and word processors put in the place of plain ones.
var prettied = map[rune]byte{'“': '"', '”': '"', '„': '"', '‘': '\'', '’': '\'', '–': '-', '—': '-', '\u00a0': ' ', '\u2028': ' ', '\u2029': ' '}

// readError makes a text that can be looked through. It takes time and memory in proportion to the text's length.
func readError(s string) errorText {
	quoted := strings.Contains(s, `\"`) || strings.Contains(s, `":`) // a string inside JSON or of a logger
	var b strings.Builder
	b.Grow(len(s))
	blank := true
	put := func(c byte) {
		if c == ' ' {
			if !blank {
				b.WriteByte(' ')
			}
			blank = true
			return
		}
		b.WriteByte(c)
		blank = false
	}
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == 0x1b:
			i += escapeLength(s[i:])
		case c == '\\' && quoted && i+1 < len(s):
			n, as := undo(s[i:])
			if n == 0 {
				put(c)
				i++
				break
			}
			put(as)
			i += n
		case c == ' ', c == '\n', c == '\t', c == '\r', c == '\v', c == '\f':
			put(' ')
			i++
		case c < utf8.RuneSelf:
			if c >= ' ' && c != 0x7f {
				put(c)
			}
			i++
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			if p, ok := prettied[r]; ok {
				put(p)
			} else if !unicode.Is(unicode.Cf, r) {
				b.WriteString(s[i : i+n])
				blank = false
			}
			i += n
		}
	}
	flat := b.String()
	return errorText{flat, strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, flat)}
}

// escapeLength is how many bytes a terminal's escape sequence has.
func escapeLength(s string) int {
	if len(s) < 2 || s[1] != '[' {
		return 1
	}
	for i := 2; i < len(s) && i < 32; i++ {
		if s[i] >= '@' && s[i] <= '~' {
			return i + 1
		}
	}
	return 2
}

// undo reads one escape of a quoted string: how many bytes it has, and what it stands for; 0 for none of those that
// hide words. \x15 stays: it is how a program shows bytes.
func undo(s string) (n int, as byte) {
	switch s[1] {
	case '"', '\'', '\\', '/':
		return 2, s[1]
	case 'n', 't', 'r':
		return 2, ' '
	case 'u':
		if len(s) >= 6 && s[2] == '0' && s[3] == '0' {
			hi, lo := unhex(s[4]), unhex(s[5])
			if c := hi<<4 | lo; hi >= 0 && lo >= 0 && c >= ' ' && c < 0x7f {
				return 6, byte(c)
			}
		}
	}
	return 0, 0
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// A phrase is what a tool prints, in small letters, in pieces: … between two pieces stands for up to gap bytes of
// anything, | at either end of a piece for the edge of a word.
type phrase string

// gap is how far apart two pieces of a phrase may stand, and tries how often its first piece is looked at: a text
// that repeats it without end must not take time without end.
const (
	gap   = 160
	tries = 2000
)

// grams are the runs of three bytes that a text has, so that most phrases need not be looked for in a long one: a
// bit for each run of seven-bit characters; others share theirs.
type grams []uint64

// shortText is how long a text is that is looked through without grams, in bytes.
const shortText = 4 << 10

func gramsOf(low string) grams {
	if len(low) < shortText {
		return nil
	}
	g := make(grams, 1<<21/64)
	for i := 0; i+3 <= len(low); i++ {
		n := gram(low[i:])
		g[n/64] |= 1 << (n % 64)
	}
	return g
}

func gram(s string) uint32 { return uint32(s[0]&0x7f)<<14 | uint32(s[1]&0x7f)<<7 | uint32(s[2]&0x7f) }

// may reports whether a text with these grams can have a phrase.
func (g grams) may(p phrase) bool {
	if g == nil {
		return true
	}
	for piece := range strings.SplitSeq(string(p), "…") {
		piece = strings.Trim(piece, "|")
		for i := 0; i+3 <= len(piece); i++ {
			if n := gram(piece[i:]); g[n/64]&(1<<(n%64)) == 0 {
				return false
			}
		}
	}
	return true
}

// find returns where a phrase stands in a text in small letters.
func (p phrase) find(low string) (from, to int, ok bool) {
	first, rest, more := strings.Cut(string(p), "…")
	at := 0
	for range tries {
		start, end, ok := findPiece(low, first, at, len(low))
		if !ok {
			return 0, 0, false
		}
		if !more {
			return start, end, true
		}
		if end, ok := findRest(low, rest, end); ok {
			return start, end, true
		}
		at = start + 1
	}
	return 0, 0, false
}

func findRest(low, rest string, end int) (int, bool) {
	for more := true; more; {
		var piece string
		piece, rest, more = strings.Cut(rest, "…")
		_, to, ok := findPiece(low, piece, end, min(len(low), end+gap+len(piece)))
		if !ok {
			return 0, false
		}
		end = to
	}
	return end, true
}

// findPiece finds one piece between two places.
func findPiece(low, piece string, from, to int) (start, end int, ok bool) {
	left, right := strings.HasPrefix(piece, "|"), strings.HasSuffix(piece, "|")
	piece = strings.Trim(piece, "|")
	for range tries {
		if from > to {
			return 0, 0, false
		}
		i := strings.Index(low[from:to], piece)
		if i < 0 {
			return 0, 0, false
		}
		start, end = from+i, from+i+len(piece)
		if (!left || start == 0 || !wordByte(low[start-1])) && (!right || end == len(low) || !wordByte(low[end])) {
			return start, end, true
		}
		from = start + 1
	}
	return 0, 0, false
}

func wordByte(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' }

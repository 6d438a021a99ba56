package config

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// Clean undoes what copying does to a text: UTF-16 of PowerShell's >, byte order marks, Windows line ends.
func Clean(text string) string {
	text = narrow(text)
	text = strings.TrimPrefix(text, "\ufeff")
	return strings.ReplaceAll(text, "\r\n", "\n")
}

// narrow turns UTF-16 with a byte order mark into UTF-8.
func narrow(s string) string {
	var order binary.ByteOrder
	switch {
	case strings.HasPrefix(s, "\xff\xfe"):
		order = binary.LittleEndian
	case strings.HasPrefix(s, "\xfe\xff"):
		order = binary.BigEndian
	default:
		return s
	}
	b := []byte(s[2:])
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// deep reports whether brackets stand within each other more than maxDepth times. It knows strings, and comments that
// begin with one of marks, as JSON, TOML and their like have them.
func deep(text string, single bool, marks ...string) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '[', '{', '(':
			if depth++; depth > maxDepth {
				return true
			}
		case ']', '}', ')':
			depth = max(0, depth-1)
		case '"', '\'':
			if c == '\'' && !single {
				continue
			}
			i = past(text, i, c)
		default:
			for _, m := range marks {
				if strings.HasPrefix(text[i:], m) {
					end := "\n"
					if m == "/*" {
						end = "*/"
					}
					n := strings.Index(text[i+len(m):], end)
					if n < 0 {
						return false
					}
					i += len(m) + n + len(end) - 1
					break
				}
			}
		}
	}
	return false
}

// past returns the place of a string's last byte. A single-quoted string knows no backslash.
func past(text string, at int, quote byte) int {
	if three := strings.Repeat(string(quote), 3); strings.HasPrefix(text[at:], three) {
		if n := strings.Index(text[at+3:], three); n >= 0 {
			return at + 3 + n + 2
		}
		return len(text)
	}
	for i := at + 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote:
			return i
		}
	}
	return len(text)
}

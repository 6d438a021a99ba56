package views

import (
	"sort"
	"strings"
	"sync"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
)

// token is a piece of code in one look: k keyword, s string, c comment, n number, f function,
// v a value of the reader's own, or "" for plain text.
type token struct{ class, text string }

// maxHighlight is the longest text that is coloured; a longer one is a log, not code.
const maxHighlight = 8 << 10

// highlight cuts text into tokens. Joined, their texts are text again. values are marked wherever
// they stand, whatever the language says there.
func highlight(lang, text string, values []string) []token {
	return cut(lex(lang, text), marks(text, values))
}

// lex gives the language's view of text.
func lex(lang, text string) []token {
	if lang == "" || len(text) > maxHighlight {
		return []token{{"", text}}
	}
	key := [2]string{lang, text}
	if ts, ok := lexed.get(key); ok {
		return ts
	}
	lexer := lexers.Get(lang)
	if lexer == nil {
		return []token{{"", text}}
	}
	tokens, err := chroma.Tokenise(chroma.Coalesce(lexer), &chroma.TokeniseOptions{State: "root"}, text)
	if err != nil {
		return []token{{"", text}}
	}
	var ts []token
	var all strings.Builder
	for _, t := range tokens {
		ts = append(ts, token{class(t.Type), t.Value})
		all.WriteString(t.Value)
	}
	if all.String() != text { // a lexer that changed the text must not decide what is copied
		return []token{{"", text}}
	}
	lexed.put(key, ts)
	return ts
}

// class maps chroma's hundred token types to our five looks.
func class(t chroma.TokenType) string {
	switch {
	case t.InCategory(chroma.Comment):
		return "c"
	case t.InSubCategory(chroma.LiteralString):
		return "s"
	case t.InSubCategory(chroma.LiteralNumber):
		return "n"
	case t.InCategory(chroma.Keyword):
		return "k"
	case t == chroma.NameFunction, t == chroma.NameBuiltin, t == chroma.NameTag:
		return "f"
	}
	return ""
}

// span is a range of bytes.
type span struct{ from, to int }

// marks finds every place of every value in text, in order and without overlaps.
func marks(text string, values []string) []span {
	var all []span
	for _, v := range values {
		if v == "" {
			continue
		}
		for at := 0; ; {
			i := strings.Index(text[at:], v)
			if i < 0 {
				break
			}
			all = append(all, span{at + i, at + i + len(v)})
			at += i + len(v)
		}
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].from != all[j].from {
			return all[i].from < all[j].from
		}
		return all[i].to > all[j].to
	})
	var out []span
	for _, s := range all {
		if len(out) == 0 || s.from >= out[len(out)-1].to {
			out = append(out, s)
		}
	}
	return out
}

// cut cuts tokens at the marks and gives what lies inside them the class v.
func cut(ts []token, marks []span) []token {
	if len(marks) == 0 {
		return ts
	}
	var out []token
	at := 0
	for _, t := range ts {
		text := t.text
		for text != "" {
			for len(marks) > 0 && marks[0].to <= at {
				marks = marks[1:]
			}
			n, class := len(text), t.class
			if len(marks) > 0 {
				if m := marks[0]; at >= m.from {
					n, class = min(n, m.to-at), "v"
				} else {
					n = min(n, m.from-at)
				}
			}
			out = append(out, token{class, text[:n]})
			text, at = text[n:], at+n
		}
	}
	return out
}

// lexCache keeps what was cut, so that a page of ten blocks costs once. It is emptied when full.
type lexCache struct {
	mu sync.Mutex
	m  map[[2]string][]token
}

var lexed lexCache

func (c *lexCache) get(key [2]string) ([]token, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ts, ok := c.m[key]
	return ts, ok
}

func (c *lexCache) put(key [2]string, ts []token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= 256 {
		c.m = map[[2]string][]token{}
	}
	c.m[key] = ts
}

package doctor

import (
	"regexp"
	"strings"
	"testing"
)

// stumbles are what a reader stumbles over where a value is not known: a filler that says nothing, twice the same, or
// in the place of a name.
var stumbles = regexp.MustCompile(`\{[a-z_|]+\}|\[\[|\]\]|\ba proxy,? a proxy\b|\b(?:on|of|For|for|in|namespace is) of that (?:name|ID)\b|^of that|\bits (?:last|first) day\b|(?:says|clock,) another time\b|\bother names\b|\bstatus an error\b|\bwas issued by its issuer\b|  |: an error\b|\bthe name that was asked for was\b`)

// TestGeneralSentences: an entry reads as sentences whatever is known, without a value as with one.
func TestGeneralSentences(t *testing.T) {
	known := map[string]string{}
	for name := range defaults {
		known[name] = "v-" + strings.ReplaceAll(name, "_", "-")
	}
	for _, e := range Catalogue() {
		g, _ := e.General()
		texts := []string{g.Title, g.Cause, g.NotWrong, g.Unseen}
		for _, f := range g.Fix {
			texts = append(texts, f.Text)
		}
		for _, text := range texts {
			if at := stumbles.FindString(text); at != "" {
				t.Errorf("%s: %q in %q", e.Code, at, text)
			}
			if strings.HasPrefix(text, "the ") || strings.HasPrefix(text, "a ") || strings.Contains(text, ". the ") {
				t.Errorf("%s begins with a small letter: %q", e.Code, text)
			}
		}
		if text := fill(e.Cause, known); strings.Contains(text, "[[") || strings.Contains(text, "|") {
			t.Errorf("%s with its values: %q", e.Code, text)
		}
	}
}

func TestFillLeavesOutWhatIsNotKnown(t *testing.T) {
	for _, tt := range []struct{ text, proxy, want string }{
		{"It names a proxy[[, {proxy},]] that is away.", "", "It names a proxy that is away."},
		{"It names a proxy[[, {proxy},]] that is away.", "p:3128", "It names a proxy, p:3128, that is away."},
		{"{proxy|The proxy} is away. {address} too.", "", "The proxy is away. The server too."},
		{"{proxy|The proxy} is away.", "p:3128", "p:3128 is away."},
		{"An open [[ is kept: {proxy}", "p", "An open [[ is kept: p"},
	} {
		if got := fill(tt.text, spoken(map[string]string{"proxy": tt.proxy})); got != tt.want {
			t.Errorf("%q, %q: %q, want %q", tt.text, tt.proxy, got, tt.want)
		}
	}
}

package doctor

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest texts that leave a report, in runes.
const (
	maxValue    = 300
	maxSentence = 900
)

// defaults stand for values that the user did not give.
var defaults = map[string]string{
	"address":     "<namespace>.<account>.tmprl.cloud:7233",
	"host":        "<namespace>.<account>.tmprl.cloud",
	"port":        "7233",
	"namespace":   "<namespace>.<account>",
	"account":     "<account>",
	"server_name": "<namespace>.<account>.tmprl.cloud",
	"endpoint":    "<namespace>.<account>.tmprl.cloud:7233",
	"task_queue":  "<task-queue>",
	"api_key":     "<key>",
	"cert_path":   "client.pem",
	"key_path":    "client.key",
	"ca_path":     "ca.pem",
	"issuer":      "its issuer",
	"subject":     "the client certificate",
	"not_after":   "its last day",
	"not_before":  "its first day",
	"server":      "another server",
	"names":       "other names",
	"proxy":       "the proxy",

	"wanted":        "<namespace>.<account>",
	"variable":      "HTTPS_PROXY",
	"status":        "an error",
	"server_issuer": "a CA of somebody's own",
	"clock":         "another time",
	"speaks":        "something else",
	"character":     "a character",
	"near":          "<other-task-queue>",
	"identity":      "a worker",
	"failure":       "an error that the events show",
	"workflow_type": "<workflow-type>",
	"workflow_id":   "<workflow-id>",
	"deployment":    "<deployment>",
	"build":         "<build-id>",
	"endpoint_name": "<endpoint>",

	"other_namespace": "of another application",
	"file":            "client.pem",

	"detail": "A file of the certificate, the key or the CA is not there, or may not be read.",
}

// fill puts values into the {placeholders} of a catalogue text. Values come from strangers
// (certificates, servers, DNS) and are made harmless; a placeholder without a value gets its default.
// Where the value is not known, {name|words} gets those words, and [[…]] is left out if something in it is not
// known: a sentence reads well with and without what it tells of.
func fill(text string, values map[string]string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "[[")
		part, after, ended := strings.Cut(rest, "]]")
		if !found || !ended {
			break
		}
		fillInto(&b, before, values)
		var inner strings.Builder
		if fillInto(&inner, part, values) {
			b.WriteString(inner.String())
		}
		text = after
	}
	fillInto(&b, text, values)
	return strings.TrimSpace(b.String())
}

// fillInto fills a text without optional parts; all reports whether every value was known.
func fillInto(b *strings.Builder, text string, values map[string]string) (all bool) {
	all = true
	for text != "" {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			break
		}
		b.WriteString(text[:open])
		name, words, general := strings.Cut(text[open+1:open+end], "|")
		v := values[name]
		known := v != "" && v != spokenDefaults[name]
		all = all && known
		switch {
		case known:
			b.WriteString(clean(v, maxValue))
		case general:
			b.WriteString(words)
		case v != "":
			b.WriteString(opening(b.String(), v))
		case defaults[name] != "":
			b.WriteString(opening(b.String(), defaults[name]))
		default:
			b.WriteString(text[open : open+end+1])
		}
		text = text[open+end+1:]
	}
	b.WriteString(text)
	return all
}

// opening is a filler with a capital letter where it begins a sentence. A value that is known keeps its own letters.
func opening(before, word string) string {
	before = strings.TrimRight(before, " ")
	if before != "" && !strings.HasSuffix(before, ".") {
		return word
	}
	r, n := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(r)) + word[n:]
}

// shellSafe quotes values that a shell would not take as one plain word, for use in commands.
func shellSafe(values map[string]string) map[string]string {
	out := make(map[string]string, len(values))
	for k, v := range values {
		v = clean(v, maxValue)
		if v != "" && strings.ContainsFunc(v, func(r rune) bool {
			return !(r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))) && !strings.ContainsRune("._-:/@%+=,[]", r)
		}) {
			v = "'" + strings.ReplaceAll(v, "'", `'\''`) + "'"
		}
		out[k] = v
	}
	return out
}

// clean makes a text of a stranger safe to print: no control characters, terminal escapes,
// invisible or direction-changing characters, valid UTF-8, one line, at most limit runes, no private or API key.
func clean(s string, limit int) string {
	s = WithoutSecrets(s)
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n >= limit {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n', r == '\t', r == '\r':
			r = ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r),
			r == '\u2028', r == '\u2029':
			r = '�'
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// safe makes evidence small and harmless: strings are cleaned, lists are cut at 16.
func safe(ev map[string]any) map[string]any {
	out := make(map[string]any, len(ev))
	for k, v := range ev {
		switch v := v.(type) {
		case nil:
		case string:
			if v != "" {
				out[k] = clean(v, maxValue)
			}
		case error:
			out[k] = clean(v.Error(), maxValue)
		case []string:
			if len(v) == 0 {
				continue
			}
			list := make([]string, 0, min(len(v), 16))
			for _, s := range v[:min(len(v), 16)] {
				list = append(list, clean(s, maxValue))
			}
			out[k] = list
		case fmt.Stringer:
			out[k] = clean(v.String(), maxValue)
		default:
			out[k] = v
		}
	}
	return out
}

package snippet

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"regexp"
	"slices"
	"strings"

	"onramp/snippet/config"
)

// What was given comes back, to be changed where it stands: without its secrets. Too much is hidden rather than too
// little: what looks like a secret by its name, by its words, or by what Temporal takes it for.

// maxSecrets are the secrets of a text that are looked for. A text with more does not come back.
const maxSecrets = 200

var (
	// secretWord is in the names of secrets.
	secretWord = regexp.MustCompile(`(?i)api[-_]?key|secret|token|passw|passphrase|private[-_]?key|credential|key[-_]?data|access[-_]?key|signing|encrypt|\bdsn\b|webhook|\bkey\b|_key$|\bauth`)
	// noSecretWord ends the names of what only names a secret.
	noSecretWord = regexp.MustCompile(`(?i)(?:path|file|name|ref|arn|version|dir|id|url|uri|host|region|queue|provider|mode|type|enabled|method|audience|issuer|ttl|expir\w*|store|key_?vault|count|length|algorithm|username)$`)
	// namedSecret is a name, and what it is given on the same line.
	namedSecret = regexp.MustCompile(`(?m)(["']?)([A-Za-z_][\w.:-]{0,80})(["']?[ \t]*(?:[:=]+>?|[ \t]--?v(?:alue)?[ \t])[ \t]*)("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,;"'{}\[\]()<>|&]+)`)
	pemBlock    = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]{1,40}-----.*?(?:-----END [A-Z0-9 ]{1,40}-----|\z)`)
	userInfo    = regexp.MustCompile(`://[^/\s"'@]{1,200}@`)
	runs        = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}[A-Za-z0-9_.-]*|[A-Za-z0-9+/]{60,}={0,2}(?:\s+[A-Za-z0-9+/]{60,80}={0,2})*(?:\s+[A-Za-z0-9+/]{2,78}={0,2}(?:\s|$))?|[A-Za-z0-9+_-]{40,}={0,2}`)
	issued      = regexp.MustCompile(`\b(?:sk|pk|rk|api)[-_](?:live|test|proj|ant|svcacct)?[-_A-Za-z0-9]{16,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bxox[a-z]-[\w-]{10,}|\bAKIA[0-9A-Z]{16}\b|\bglpat-[\w-]{16,}|\bAIza[\w-]{30,}|\bhvs\.[\w-]{20,}|\bdop_v1_\w{20,}`)
)

// indexed is what follows the name of a program's map: ENV["…"].
var indexed = regexp.MustCompile(`^\[["']`)

// bareUser is a user and a password before a host, without a scheme before them.
var bareUser = regexp.MustCompile(`(?:^|[\s"'=])([^\s/:@"'=]{1,100}:[^\s/@"']{1,200})@[\w.-]+`)

// bareUsers are such pieces of a text. The digest of an image stands like a host, and its tag like a password.
func bareUsers(text string) (out []span) {
	for _, m := range bareUser.FindAllStringSubmatchIndex(text, -1) {
		if !strings.HasPrefix(text[m[3]+1:], "sha256:") && !strings.ContainsAny(text[m[2]:m[3]], "$<{(") {
			out = append(out, span{m[2], m[3]})
		}
	}
	return out
}

// expression is a name of a program that holds the value.
var expression = regexp.MustCompile(`^(?:var|local|data|module|each|self|process|os|env|config|settings|secrets|aws_\w+|google_\w+|azurerm_\w+|random_\w+)\.\w`)

// everydayName are names of secrets that are also names of names: the key of a ConfigMap, a Secret's name.
var everydayName = map[string]bool{"key": true, "secret": true, "auth": true, "credentials": true, "credential": true}

// span is a piece of a text.
type span struct{ from, to int }

// secretsIn are the pieces of a text that are secrets; ok is false where there are too many to tell.
func secretsIn(text string, r *reading) (out []span, ok bool) {
	var open []span // certificates: everybody may see them
	for _, m := range pemBlock.FindAllStringIndex(text, -1) {
		if certificate(text[m[0]:m[1]]) {
			open = append(open, span{m[0], m[1]})
		} else {
			out = append(out, span{m[0], m[1]})
		}
	}
	add := func(from, to int) {
		if !slices.ContainsFunc(open, func(s span) bool { return from >= s.from && to <= s.to }) && from < to {
			out = append(out, span{from, to})
		}
	}
	for _, m := range userInfo.FindAllStringIndex(text, -1) {
		if inner := text[m[0]+3 : m[1]-1]; (strings.Contains(inner, ":") || len(inner) > 8) && !strings.ContainsAny(inner, "$<{(") { // git@ is none
			add(m[0]+3, m[1]-1)
		}
	}
	for _, one := range bareUsers(text) {
		add(one.from, one.to)
	}
	for _, m := range runs.FindAllStringIndex(text, -1) {
		if run := text[m[0]:m[1]]; random(run) && !certificate(run) && !strings.HasSuffix(text[:m[0]], "sha256:") {
			end := m[0] + len(strings.TrimRight(text[m[0]:m[1]], " \t\r\n"))
			add(m[0], end)
		}
	}
	for _, m := range issued.FindAllStringIndex(text, -1) {
		add(m[0], m[1])
	}
	elsewhere := map[string]string{} // what names are given that is only a reference
	for _, s := range r.Settings {
		if v := s.Value.String(); !s.Value.Whole() && len(elsewhere[s.Name]) < 1000 {
			elsewhere[s.Name] += v + "\n"
		}
	}
	for _, m := range namedSecret.FindAllStringSubmatchIndex(text, -1) {
		name, value := text[m[4]:m[5]], text[m[8]:m[9]]
		from, to := m[8], m[9]
		if len(value) > 1 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
			from, to = from+1, to-1
		}
		if from == m[8] && (expression.MatchString(value) || to < len(text) && text[to] == '(' || len(value) < 20 && indexed.MatchString(text[to:min(len(text), to+2)])) {
			continue // a program's words, not text
		}
		if v := text[from:to]; hides(name) && !strings.Contains(elsewhere[name], v) && !plain(v) && (!everydayName[strings.ToLower(name)] || len(v) > 15 && strings.ContainsAny(v, "0123456789")) {
			add(from, to)
		}
	}
	count := 0
	for _, s := range r.Settings {
		k, _ := r.of(s)
		value := s.Value.String()
		if !k.what.secret() && (!hides(s.Name) || everydayName[strings.ToLower(s.Name)]) && !looksSecret(userInfo.ReplaceAllString(value, "")) || !s.Value.Whole() || strings.TrimSpace(value) == "" || certificate(value) || !k.what.secret() && plain(value) {
			continue
		}
		if count++; count > maxSecrets {
			return nil, false
		}
		spans := written(text, s, value)
		for _, one := range spans {
			add(one.from, one.to)
		}
		if len(spans) == 0 && s.Line > 0 { // it is written in a way that is not known here: the line goes
			from, to := lineSpan(text, s.Line)
			if at := strings.Index(text[from:to], s.Name); at >= 0 {
				from += at + len(s.Name)
			}
			from += len(beforeValue.FindString(text[from:to]))
			add(from, from+len(strings.TrimRight(text[from:to], "\"',; \t")))
		}
	}
	return out, true
}

// written are the places where a secret stands: its line, and everywhere if it is long enough to be no other word.
func written(text string, s config.Setting, value string) (out []span) {
	forms := []string{value, strings.TrimSpace(value), base64.StdEncoding.EncodeToString([]byte(value)), strings.ReplaceAll(value, "\n", `\n`), strings.ReplaceAll(value, "'", "''")}
	if b, err := json.Marshal(value); err == nil {
		forms = append(forms, string(b[1:len(b)-1]))
	}
	if strings.Contains(value, "\n") {
		for _, l := range strings.Split(value, "\n") {
			forms = append(forms, strings.TrimSpace(l))
		}
	}
	for _, f := range forms {
		if len(f) < 6 || len(f) < 16 && letters.MatchString(f) {
			continue // it may be a word that stands elsewhere too
		}
		for at := 0; len(out) < 100; {
			n := strings.Index(text[at:], f)
			if n < 0 {
				break
			}
			out = append(out, span{at + n, at + n + len(f)})
			at += n + len(f)
		}
	}
	if len(out) > 0 || s.Line == 0 {
		return out
	}
	_, end := lineSpan(text, s.Line+2)
	from, _ := lineSpan(text, s.Line)
	if n := strings.Index(text[from:end], s.Name); n >= 0 {
		from += n + len(s.Name)
	}
	if n := strings.Index(text[from:end], strings.TrimSpace(value)); n >= 0 {
		out = append(out, span{from + n, from + n + len(strings.TrimSpace(value))})
	}
	return out
}

// constant is a name that a program gave a value before.
var constant = regexp.MustCompile(`^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+,?$`)

// beforeValue is what stands between a name and its value.
var beforeValue = regexp.MustCompile(`^["']?[ \t]*[=:]*>?[ \t]*["']?`)

var letters = regexp.MustCompile(`^[A-Za-z]+$`)

// lineSpan is a line of a text, without its end.
func lineSpan(text string, line int) (from, to int) {
	for ; line > 1; line-- {
		n := strings.IndexByte(text[from:], '\n')
		if n < 0 {
			return len(text), len(text)
		}
		from += n + 1
	}
	if n := strings.IndexByte(text[from:], '\n'); n >= 0 {
		return from, from + n
	}
	return from, len(text)
}

// hides reports whether a name is one of a secret.
func hides(name string) bool {
	name = strings.Trim(name, `"'`)
	return secretWord.MatchString(name) && !noSecretWord.MatchString(name)
}

// refersTo reports whether a value only names a variable or a place.
func refersTo(v string) bool {
	return strings.ContainsAny(v, "$<{(!%@") || strings.Contains(v, "secretref:") || strings.HasPrefix(v, "arn:") || strings.Contains(v, "://")
}

// pathText is the path of a file: from a root, a folder or a drive, or with the ending of a certificate's or key's file.
var pathText = regexp.MustCompile(`^(?:/|~[/\\]|\.\.?[/\\]|[A-Za-z]:[/\\]|\\\\)|^[\w./\\ -]{1,200}\.(?:pem|key|crt|cer|p12|pfx|jks)$`)

// plain reports whether a value that has the name of a secret is none: a reference, a switch, a number, a path, a word
// of a template.
func plain(v string) bool {
	t := strings.TrimSpace(v)
	return t == "" || refersTo(t) && !userInfo.MatchString(t) || boolean(t) || len(t) < 12 && strings.Trim(t, "0123456789") == "" || pathText.MatchString(t) || strings.HasPrefix(t, "#") ||
		placeholderText(t) || constant.MatchString(t) && secretWord.MatchString(t) || t == "|" || t == ">" || t == "|-" || t == ">-" || t == "null" || strings.Contains(t, hidden)
}

// random reports whether a run of letters is one that no person writes.
func random(s string) bool {
	if strings.HasPrefix(s, "eyJ") {
		return true
	}
	first := strings.Fields(s)[0]
	if strings.Trim(first, "0123456789abcdefABCDEF") == "" || strings.HasPrefix(opened(s), "-----BEGIN") {
		return true
	}
	upper, digit := 0, 0
	for _, c := range first {
		switch {
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= '0' && c <= '9':
			digit++
		}
	}
	return upper*8 > len(first) && digit*16 > len(first) && strings.ToUpper(first) != first
}

// certificate reports whether a text is certificates and nothing else, as PEM or as base64 of PEM.
func certificate(s string) bool {
	rest, n := []byte(strings.ReplaceAll(opened(s), `\n`, "\n")), 0
	for len(bytes.TrimSpace(rest)) > 0 {
		var b *pem.Block
		before := len(rest)
		start := bytes.Index(rest, []byte("-----BEGIN"))
		b, rest = pem.Decode(rest)
		if b == nil || b.Type != "CERTIFICATE" || start < 0 || len(bytes.TrimSpace([]byte(s))) == 0 || before == len(rest) {
			return false
		}
		if _, err := x509.ParseCertificate(b.Bytes); err != nil {
			return false
		}
		n++
	}
	return n > 0
}

// patch is a piece of a text and what replaces it.
type patch struct {
	span
	with string
}

// edited writes edits into a text; of two that overlap the first in the list counts.
func edited(text string, edits []patch) string {
	list := slices.Clone(edits)
	slices.SortStableFunc(list, func(a, b patch) int { return a.from - b.from })
	var b strings.Builder
	at := 0
	for _, e := range list {
		if e.from < at {
			continue
		}
		b.WriteString(text[at:e.from])
		b.WriteString(e.with)
		at = e.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// united are spans without overlaps.
func united(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var out []span
	for _, s := range spans {
		if n := len(out) - 1; n >= 0 && s.from <= out[n].to {
			out[n].to = max(out[n].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

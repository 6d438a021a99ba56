package doctor

import (
	"regexp"
	"strings"
)

// DecodeSchema is the schema name of Decoded's JSON (contract.md).
const DecodeSchema = "onramp.decode/1"

// MaxDecode is how much of a pasted text is read, in bytes: an error with the log around it.
const MaxDecode = 1 << 20

// Decoded is what a pasted error text means.
type Decoded struct {
	Schema     string      `json:"schema"`
	Code       string      `json:"code"` // of the catalogue, or "unknown"
	Level      Level       `json:"level"`
	Title      string      `json:"title"`
	Cause      string      `json:"cause"`
	NotWrong   string      `json:"not_wrong,omitempty"`
	Fix        []Fix       `json:"fix"`
	Candidates []Candidate `json:"candidates"`
	Confirm    string      `json:"confirm,omitempty"`
	Matched    string      `json:"matched,omitempty"` // the part of the text that was recognised
	Text       string      `json:"text,omitempty"`    // the text with secrets masked, cut to what is worth showing
	Masked     bool        `json:"masked,omitempty"`  // a secret was in it
}

// Decode says what an error text of any SDK or of the CLI means. It is sure only where one cause has
// that text; a text that it does not know is unknown, never a guess. Secrets in the text are masked,
// and nothing is kept.
func Decode(text string) Decoded {
	if len(text) > MaxDecode {
		text = text[:MaxDecode]
	}
	text, masked := mask(strings.ToValidUTF8(text, "�"))
	shown := clean(strings.TrimSpace(text), 2000)
	for _, r := range decodings {
		at := r.match.FindString(text)
		if at == "" || r.unless != nil && r.unless.MatchString(text) {
			continue
		}
		v := Explain(r.code, r.level, quoted(text))
		d := Decoded{Schema: DecodeSchema, Code: v.Code, Level: v.Level, Title: v.Title, Cause: v.Cause, NotWrong: v.NotWrong,
			Fix: v.Fix, Candidates: []Candidate{}, Confirm: v.Confirm, Matched: clean(at, maxValue), Text: shown, Masked: masked}
		for _, code := range r.also {
			if e, ok := Lookup(code); ok {
				d.Candidates = append(d.Candidates, candidate(code, e.Title+"."))
			}
		}
		return d
	}
	return Decoded{Schema: DecodeSchema, Code: UnknownCode, Level: Unknown, Title: "Not a text that Onramp knows", Text: shown, Masked: masked,
		Cause: "The same words can have many causes, or nobody has described this one yet.", Candidates: []Candidate{},
		Fix: []Fix{{Who: "developer", Text: "Let the connection be checked instead: that looks at the cause, not at the words.",
			Command: fill("onramp check --address {address} --namespace {namespace}", quoted(text))}}}
}

// The parts of a text that fill the catalogue's placeholders.
var (
	quotedHost      = regexp.MustCompile(`[a-z][a-z0-9-]*\.[a-z0-9]+\.tmprl\.cloud`)
	quotedNamespace = regexp.MustCompile(`(?i)namespace:? ['"]?([a-z][a-z0-9-]*\.[a-z0-9]+)\b`)
	quotedType      = regexp.MustCompile(`(?:workflow type|activityType)[=: ]+['"]?(\w+)`)
)

func quoted(text string) map[string]string {
	values := map[string]string{}
	if h := quotedHost.FindString(text); h != "" {
		values["host"], values["server_name"] = h, h
		values["address"], values["endpoint"] = h+":7233", h+":7233"
		values["namespace"] = strings.TrimSuffix(h, ".tmprl.cloud")
		values["wanted"] = values["namespace"]
	}
	if m := quotedNamespace.FindStringSubmatch(text); m != nil {
		values["namespace"] = m[1]
	}
	if m := quotedType.FindStringSubmatch(text); m != nil {
		values["workflow_type"] = m[1]
	}
	if m := httpStatus.FindStringSubmatch(text); m != nil {
		values["status"] = m[1]
	}
	return values
}

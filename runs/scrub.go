package runs

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"onramp/doctor"
)

// Scrubber takes a target's secrets out of what is about to be stored. The rooms that make reports leave
// secrets out themselves; this is the second lock.
type Scrubber struct{ secrets [][]byte }

// A line shorter than minSecret is not searched for: it could stand anywhere by chance.
const minSecret = 12

// NewScrubber knows the API key, every line of the key, and every line of a private key that was put
// into another field by mistake.
func NewScrubber(t doctor.Target) Scrubber {
	var s Scrubber
	s.add(t.APIKey)
	s.addLines(string(t.KeyPEM))
	for _, text := range []string{string(t.CertPEM), string(t.RootsPEM), string(t.UploadedCA), string(t.ExtraRootsPEM),
		string(t.Filters), t.Address, t.Namespace, t.ServerName, t.TaskQueue, t.WorkflowType, t.LocalAddress, t.LocalNamespace} {
		s.addLines(privateParts(text))
	}
	return s
}

// And knows the secrets of another target too.
func (s Scrubber) And(t doctor.Target) Scrubber {
	return Scrubber{slices.Concat(s.secrets, NewScrubber(t).secrets)}
}

// privateParts returns what stands between BEGIN … PRIVATE KEY and the next END.
func privateParts(text string) string {
	var out strings.Builder
	for {
		_, after, found := strings.Cut(text, "PRIVATE KEY")
		if !found {
			return out.String()
		}
		part, rest, _ := strings.Cut(after, "-----END")
		out.WriteString(part + "\n")
		_, text, _ = strings.Cut(rest, "\n")
	}
}

func (s *Scrubber) addLines(text string) {
	for line := range strings.FieldsSeq(strings.ReplaceAll(text, `\n`, "\n")) {
		if !strings.HasPrefix(line, "-----") {
			s.add(line)
		}
	}
}

func (s *Scrubber) add(secret string) {
	secret = strings.TrimSpace(secret)
	if len(secret) < minSecret {
		return
	}
	s.secrets = append(s.secrets, []byte(secret))
	if quoted, err := json.Marshal(secret); err == nil { // as it stands in JSON
		if inner := quoted[1 : len(quoted)-1]; string(inner) != secret {
			s.secrets = append(s.secrets, inner)
		}
	}
}

func (s Scrubber) clean(b []byte) []byte {
	for _, secret := range s.secrets {
		b = bytes.ReplaceAll(b, secret, []byte("[redacted]"))
	}
	return b
}

// Text is clean for a text.
func (s Scrubber) Text(t string) string { return string(s.clean([]byte(t))) }

// JSON marshals v without secrets; v that does not marshal becomes null.
func (s Scrubber) JSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return s.clean(text)
}

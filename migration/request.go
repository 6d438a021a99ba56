package migration

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"

	"onramp/doctor"
	"onramp/transfer"
)

// CheckRequest is Run.Request of a check: what was asked, without secrets.
type CheckRequest struct {
	Address      string `json:"address"`
	Namespace    string `json:"namespace"`
	ServerName   string `json:"server_name,omitempty"`
	Auth         string `json:"auth"` // mtls, api-key, none
	Leaf         string `json:"leaf_sha256,omitempty"`
	TaskQueue    string `json:"task_queue,omitempty"`
	WorkflowType string `json:"workflow_type,omitempty"`
	// The server that the worker used before, where it was given.
	LocalAddress   string `json:"local_address,omitempty"`
	LocalNamespace string `json:"local_namespace,omitempty"`
	// Reported is set where the check was made elsewhere.
	Reported *Reported `json:"reported,omitempty"`
}

// TransferRequest is Run.Request of a transfer: what was asked, without secrets and without custom
// input. The workflow id is there from the start, so that FollowAgain finds the workflow.
type TransferRequest struct {
	CheckRequest
	Template    string            `json:"template,omitempty"`
	Worker      string            `json:"worker,omitempty"`
	Scenario    transfer.Scenario `json:"scenario,omitempty"`
	Details     transfer.Details  `json:"details"`
	CustomInput bool              `json:"custom_input,omitempty"`
	WorkflowID  string            `json:"workflow_id"`
	RunID       string            `json:"run_id,omitempty"`
	FollowOnly  bool              `json:"follow_only,omitempty"`
	// The server without TLS where the worker might still be.
	LocalAddress   string `json:"local_address,omitempty"`
	LocalNamespace string `json:"local_namespace,omitempty"`
}

// maxText is how many bytes of one typed text are kept in a stored request.
const maxText = 512

func checkRequest(t doctor.Target, leaf string) CheckRequest {
	auth := "none"
	switch {
	case len(t.CertPEM) > 0:
		auth = AuthMTLS
	case t.APIKey != "":
		auth = AuthAPIKey
	}
	return CheckRequest{Address: clip(t.Address), Namespace: clip(t.Namespace), ServerName: clip(t.ServerName),
		Auth: auth, Leaf: leaf, TaskQueue: clip(t.TaskQueue), WorkflowType: clip(t.WorkflowType),
		LocalAddress: clip(t.LocalAddress), LocalNamespace: clip(t.LocalNamespace)}
}

func transferRequest(req transfer.Request, leaf string) TransferRequest {
	out := TransferRequest{CheckRequest: checkRequest(req.Target, leaf), Template: clip(req.Template), Worker: clip(req.Worker),
		Scenario: req.Scenario, Details: req.Details, CustomInput: len(req.Input) > 0,
		WorkflowID: req.WorkflowID, RunID: req.RunID, FollowOnly: req.FollowOnly}
	out.TaskQueue, out.WorkflowType = clip(req.TaskQueue), clip(req.WorkflowType)
	for _, t := range req.Elsewhere {
		if t.Plaintext && out.LocalAddress == "" {
			out.LocalAddress, out.LocalNamespace = clip(t.Address), clip(t.Namespace)
		}
	}
	return out
}

// elsewhere is where else the worker might be, as far as it was kept.
func (r TransferRequest) elsewhere() []doctor.Target {
	if r.LocalAddress == "" {
		return nil
	}
	return []doctor.Target{{Address: r.LocalAddress, Namespace: r.LocalNamespace, Plaintext: true}}
}

func clip(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// leafFingerprint returns the SHA-256 of the leaf in a target's certificates, "" when none can be read.
// When known is among them it is known: the chain may stand upside down and is repaired later.
func leafFingerprint(certs []byte, known string) string {
	var all []string
	for rest := certs; ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		if b.Type == "CERTIFICATE" {
			all = append(all, sum(b.Bytes))
		}
	}
	if len(all) == 0 {
		if c, err := x509.ParseCertificate(certs); err == nil { // DER
			all = append(all, sum(c.Raw))
		}
	}
	switch {
	case slices.Contains(all, known):
		return known
	case len(all) > 0:
		return all[0]
	}
	return ""
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// scrubber takes a target's secrets out of what is about to be stored. The rooms that make reports leave
// secrets out themselves; this is the second lock.
type scrubber struct{ secrets [][]byte }

// A line shorter than minSecret is not searched for: it could stand anywhere by chance.
const minSecret = 12

// newScrubber knows the API key, every line of the key, and every line of a private key that was put
// into another field by mistake.
func newScrubber(t doctor.Target) scrubber {
	var s scrubber
	s.add(t.APIKey)
	s.addLines(string(t.KeyPEM))
	for _, text := range []string{string(t.CertPEM), string(t.RootsPEM), string(t.UploadedCA), string(t.ExtraRootsPEM),
		string(t.Filters), t.Address, t.Namespace, t.ServerName, t.TaskQueue, t.WorkflowType, t.LocalAddress, t.LocalNamespace} {
		s.addLines(privateParts(text))
	}
	return s
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

func (s *scrubber) addLines(text string) {
	for line := range strings.FieldsSeq(strings.ReplaceAll(text, `\n`, "\n")) {
		if !strings.HasPrefix(line, "-----") {
			s.add(line)
		}
	}
}

func (s *scrubber) add(secret string) {
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

func (s scrubber) clean(b []byte) []byte {
	for _, secret := range s.secrets {
		b = bytes.ReplaceAll(b, secret, []byte("[redacted]"))
	}
	return b
}

// text is clean for a text.
func (s scrubber) text(t string) string { return string(s.clean([]byte(t))) }

// json marshals v without secrets; v that does not marshal becomes null.
func (s scrubber) json(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return s.clean(text)
}

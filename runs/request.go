package runs

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"onramp/cloud"
	"onramp/doctor"
	"onramp/migration"
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

// Reported says where a check came from that Onramp did not make itself: somebody ran `onramp check` where the
// worker runs, and brought the result. It is part of the run's request, so it never changes.
type Reported struct {
	Host   string    `json:"host"`         // as the report says; nobody proved it
	By     string    `json:"by,omitempty"` // as typed
	Via    string    `json:"via"`          // ViaPost or ViaPaste
	At     time.Time `json:"at"`           // when it came here
	Counts bool      `json:"counts"`       // for step test; see migration.View.Discounts
	Why    string    `json:"why,omitempty"`
}

// How a report came here.
const (
	ViaPost  = "post"  // to a one-time address: onramp check --post
	ViaPaste = "paste" // into the page
)

// CheckRequest is what a check, a transfer or a drill was asked; a request that cannot be read says nothing.
func (r Run) CheckRequest() CheckRequest {
	var asked CheckRequest
	_ = json.Unmarshal(r.Request, &asked)
	return asked
}

// TransferRequest is what a transfer was asked; a request that cannot be read says nothing.
func (r Run) TransferRequest() TransferRequest {
	var asked TransferRequest
	_ = json.Unmarshal(r.Request, &asked)
	return asked
}

// DrillRequest is what a drill was asked; a request that cannot be read says nothing.
func (r Run) DrillRequest() DrillRequest {
	var asked DrillRequest
	_ = json.Unmarshal(r.Request, &asked)
	return asked
}

// Reported returns where a check came from; nil for one that Onramp made itself.
func (r Run) Reported() *Reported {
	if r.Kind != migration.CheckRun {
		return nil
	}
	return r.CheckRequest().Reported
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

// NewCheckRequest is what is kept of a target; leaf is the fingerprint of its client certificate.
func NewCheckRequest(t doctor.Target, leaf string) CheckRequest {
	auth := "none"
	switch {
	case len(t.CertPEM) > 0:
		auth = cloud.AuthMTLS
	case t.APIKey != "":
		auth = cloud.AuthAPIKey
	}
	return CheckRequest{Address: clip(t.Address), Namespace: clip(t.Namespace), ServerName: clip(t.ServerName),
		Auth: auth, Leaf: leaf, TaskQueue: clip(t.TaskQueue), WorkflowType: clip(t.WorkflowType),
		LocalAddress: clip(t.LocalAddress), LocalNamespace: clip(t.LocalNamespace)}
}

// NewTransferRequest is what is kept of a transfer's request.
func NewTransferRequest(req transfer.Request, leaf string) TransferRequest {
	out := TransferRequest{CheckRequest: NewCheckRequest(req.Target, leaf), Template: clip(req.Template), Worker: clip(req.Worker),
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

// Elsewhere is where else the worker might be, as far as it was kept.
func (r TransferRequest) Elsewhere() []doctor.Target {
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

// LeafFingerprint returns the SHA-256 of the leaf in a target's certificates, "" when none can be read.
// When known is among them it is known: the chain may stand upside down and is repaired later.
func LeafFingerprint(certs []byte, known string) string {
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

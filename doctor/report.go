// Package doctor asks a real endpoint "would a worker connect?", stage by stage, and explains
// the answer: one verdict of the fault catalogue, its evidence, what is not wrong and the fix.
package doctor

import (
	"time"

	"onramp/namespace"
)

// Schema is the schema name of Report's JSON, which only grows: scripts read it.
const Schema = "onramp.check/1"

// RulesDate is the month of the rule set; every report prints it.
const RulesDate = "2026-11"

// Target is what to check. Texts are as the person gave them; Run normalises them.
// It holds private keys: it is never printed, logged or stored (see LogValue).
type Target struct {
	Address    string // host:port as typed
	Namespace  string // Namespace ID as typed
	ServerName string // TLS server name override; "" is Address's host
	CertPEM    []byte // client certificate, then intermediates; nil for none
	KeyPEM     []byte `json:"-"`
	RootsPEM   []byte // server roots; nil is the system's
	APIKey     string `json:"-"` // sent only after the server proved who it is
	OpsKeySet  bool   // TEMPORAL_CLOUD_API_KEY, which only tcld and Terraform read, is set where the worker's environment is (AK-06)
	Plaintext  bool   // connect without TLS (a local server); only transfer uses it

	TaskQueue    string // "" skips the stage task-queue
	WorkflowType string
	UploadedCA   []byte // the CA bundle that the namespace holds, when known
	Filters      []byte // certificate filters in tcld's JSON, when known

	// ExtraRootsPEM are trusted besides the system's roots: the rehearsal's own root.
	ExtraRootsPEM []byte
	// CertPath and KeyPath are named in fixes and commands when known; CAPath is the file of RootsPEM.
	CertPath, KeyPath, CAPath string
	// LocalAddress is the host:port of a local server without TLS, such as localhost:7233. Its namespace's
	// retention and search attributes are held against this one's (NS-12), and when nobody polls
	// the task queue, it is asked for the worker that did not move (TQ-07). LocalNamespace is the namespace
	// there; "" is "default".
	LocalAddress, LocalNamespace string
	// InputFaults are problems met before Run, such as a file that cannot be read (KP-35).
	InputFaults []Finding
}

// Status is how a stage ended.
type Status string

// The statuses of a stage in a report, and Running which only streams.
const (
	Pass       Status = "pass"
	Warn       Status = "warn"
	Fail       Status = "fail"
	Skip       Status = "skip"
	NotReached Status = "not-reached"
	Running    Status = "running"
)

// StageIDs are the ten stages in the order a worker meets them.
var StageIDs = []string{"input", "pair", "chain", "dns", "tcp", "tls", "client-cert", "grpc", "namespace", "task-queue"}

// Stage is one rung of the ladder.
type Stage struct {
	ID       string         `json:"id"`
	Status   Status         `json:"status"`
	MS       float64        `json:"ms"`
	Summary  string         `json:"summary"`
	Evidence map[string]any `json:"evidence"`
	Findings []string       `json:"findings"` // catalogue ids, never nil in JSON
}

// Level says how sure a verdict is.
type Level string

// The levels. A wrong Certain is the worst defect this package can have.
const (
	Certain Level = "certain"
	Likely  Level = "likely"
	Unknown Level = "unknown"
)

// Fix is one thing to do and who can do it.
type Fix struct {
	Who     string `json:"who"` // developer, cloud-admin, network, platform
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

// Candidate is another fault that looks the same from here.
type Candidate struct {
	Code string `json:"code"`
	Why  string `json:"why"`
}

// Verdict is the answer. Code is "OK", an id of the catalogue, or "unknown".
type Verdict struct {
	Code       string      `json:"code"`
	Level      Level       `json:"level"`
	Stage      string      `json:"stage"`
	Title      string      `json:"title"`
	Cause      string      `json:"cause"`
	NotWrong   string      `json:"not_wrong"`
	Fix        []Fix       `json:"fix"`
	Candidates []Candidate `json:"candidates"`
	Confirm    string      `json:"confirm,omitempty"` // how to see it yourself
	Unseen     string      `json:"unseen,omitempty"`  // what this test cannot see
}

// ReportTarget is the target as it was used, without secrets.
type ReportTarget struct {
	Address    string             `json:"address"`
	Namespace  string             `json:"namespace"`
	ServerName string             `json:"server_name"`
	Auth       string             `json:"auth"`                  // mtls, api-key, none
	Leaf       string             `json:"leaf_sha256,omitempty"` // fingerprint of the client certificate, lower-case hex
	Normalised []namespace.Repair `json:"normalised"`
}

// Report is one run. It never changes once made and holds no secret.
type Report struct {
	Schema     string       `json:"schema"`
	Target     ReportTarget `json:"target"`
	Verdict    Verdict      `json:"verdict"`
	Stages     []Stage      `json:"stages"` // always the ten, in order
	TestedFrom string       `json:"tested_from"`
	Rules      string       `json:"rules"`
	At         time.Time    `json:"at,omitzero"` // when it was made
	NotChecked []string     `json:"not_checked"` // what nobody should draw conclusions about; never nil
	TookMS     float64      `json:"took_ms"`
}

// Finding is something seen in a stage: an id of the catalogue with its evidence.
type Finding struct {
	Code     string
	Stage    string
	Text     string // one sentence with the user's values
	Fatal    bool   // stops the ladder
	Evidence map[string]any
}

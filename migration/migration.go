// Package migration is one application's move to Temporal Cloud: its facts, its six steps, whose turn
// it is, what went stale, and the log of its runs. A step is done because a fact was observed.
package migration

import (
	"encoding/json"
	"time"
)

// Step ids, in order.
const (
	StepNamespace    = "namespace"
	StepCertificates = "certificates"
	StepUpload       = "upload"
	StepTest         = "test"
	StepCode         = "code"
	StepTransfer     = "transfer"
)

// Steps are the six in order.
var Steps = []string{StepNamespace, StepCertificates, StepUpload, StepTest, StepCode, StepTransfer}

// Mode says which cloud a migration talks to.
type Mode string

// The modes.
const (
	Rehearsal Mode = "rehearsal"
	Cloud     Mode = "cloud"
)

// How workers sign in: the values of Migration.Auth.
const (
	AuthMTLS   = "mtls"
	AuthAPIKey = "api-key"
)

// Langs are the values of Migration.Lang: the languages that have an official money-transfer template.
var Langs = []string{"python", "go", "typescript", "java", "dotnet", "ruby", "php"}

// Migration is one application's move.
type Migration struct {
	ID      string // slug, in URLs: "payments"
	Name    string // as typed: "Payments"
	Lang    string // one of Langs
	Mode    Mode
	Auth    string // AuthMTLS or AuthAPIKey
	Created time.Time
	Version int64 // rises with every change
}

// Fact kinds.
const (
	FactNamespace   = "namespace.set"
	FactCertificate = "certificate.issued"
	FactLeaf        = "leaf.issued" // a further client certificate: LeafData
	FactBatch       = "leaf.batch"  // further client certificates made in one go: BatchData
	FactUpload      = "ca.uploaded" // saved on the Cloud side of a rehearsal
	FactCASeen      = "ca.seen"     // a check saw the CA accepted
	FactCheck       = "check.passed"
	FactPoller      = "poller.seen"
	FactTransfer    = "transfer.done"
	FactNote        = "step.noted" // "done outside", with a reason; shown as such
)

// Fact is something observed. InputHash is the hash of what it was observed about; when the present
// inputs hash to something else the fact is stale. Data never holds a private key.
type Fact struct {
	ID          int64
	MigrationID string
	Kind        string
	InputHash   string
	Data        json.RawMessage // one of the …Data types of this package
	At          time.Time
	By          string
}

// NamespaceData is the data of FactNamespace.
type NamespaceData struct {
	Namespace string `json:"namespace"`
	Address   string `json:"address"`     // host:port that programs dial
	Server    string `json:"server_name"` // "" unless it differs from Address's host
	Region    string `json:"region,omitempty"`
}

// CertificateData is the data of FactCertificate: public things only.
type CertificateData struct {
	Lane            string    `json:"lane"` // browser, server, own-ca, csr, import
	CAPEM           string    `json:"ca_pem"`
	LeafPEM         string    `json:"leaf_pem"`
	CAFingerprint   string    `json:"ca_sha256"`
	LeafFingerprint string    `json:"leaf_sha256"`
	CASubject       string    `json:"ca_subject"`
	LeafSubject     string    `json:"leaf_subject"`
	KeyType         string    `json:"key_type"`
	CANotAfter      time.Time `json:"ca_not_after"`
	LeafNotAfter    time.Time `json:"leaf_not_after"`
}

// UploadData is the data of FactUpload and FactCASeen.
type UploadData struct {
	Namespace     string `json:"namespace,omitempty"` // set by the Service
	CAFingerprint string `json:"ca_sha256"`
	Run           string `json:"run,omitempty"`
	RunNumber     int    `json:"run_number,omitempty"`
}

// CheckData is the data of FactCheck.
type CheckData struct {
	Run       string `json:"run"`
	RunNumber int    `json:"run_number,omitempty"`
	Code      string `json:"code"`
	Reported  string `json:"reported,omitempty"`    // the host that reported it; "" where Onramp saw it itself
	Leaf      string `json:"leaf_sha256,omitempty"` // the client certificate that was presented
}

// PollerData is the data of FactPoller.
type PollerData struct {
	TaskQueue string `json:"task_queue"`
	Identity  string `json:"identity"`
	BuiltIn   bool   `json:"built_in"`
}

// TransferData is the data of FactTransfer.
type TransferData struct {
	Run        string `json:"run"`
	RunNumber  int    `json:"run_number,omitempty"`
	WorkflowID string `json:"workflow_id"`
	Status     string `json:"status"`
}

// NoteData is the data of FactNote.
type NoteData struct {
	Step string `json:"step"`
	Why  string `json:"why"`
}

// RunKind says what a run did.
type RunKind string

// The run kinds.
const (
	CheckRun    RunKind = "check"
	TransferRun RunKind = "transfer"
	DrillRun    RunKind = "drill"
)

// RunState is where a run is.
type RunState string

// The run states. A run that has ended never changes.
const (
	RunRunning     RunState = "running"
	RunPassed      RunState = "passed"
	RunFailed      RunState = "failed"
	RunInterrupted RunState = "interrupted" // Onramp stopped in the middle
)

// Run is one check, transfer or drill with a permalink.
type Run struct {
	ID          string // random, in URLs
	MigrationID string
	Number      int // 1, 2, … per migration and kind
	Kind        RunKind
	State       RunState
	Title       string // one line once it ended: the verdict or the result
	Code        string // verdict code
	InputHash   string
	Request     json.RawMessage // what was asked, without secrets
	Result      json.RawMessage // doctor.Report, transfer.Result or DrillResult once it ended
	Started     time.Time
	Ended       time.Time
	// IdempotencyKey is what the caller gave to StartTransferOnce, "" otherwise. A migration has one
	// run of a kind with a key.
	IdempotencyKey string
}

// Entry is one line of a run's log. Seq starts at 1 and has no gap.
type Entry struct {
	RunID string
	Seq   int64
	At    time.Time
	Kind  string          // one of the Entry… kinds
	Data  json.RawMessage // doctor.Stage, transfer.Event, DrillProgress or EndData
	// Behind is how many later entries Follow has already; stored nowhere.
	Behind int
}

// Entry kinds. The last entry of a run is EntryEnd and no other is.
const (
	EntryStage = "stage" // a doctor.Stage, once Running and once as it ended
	EntryEvent = "event" // a transfer.Event
	EntryDrill = "drill" // a DrillProgress
	EntryEnd   = "end"   // EndData
)

// EndData is the data of a run's last entry.
type EndData struct {
	State RunState `json:"state"`
	Title string   `json:"title"`
	Code  string   `json:"code,omitempty"`
}

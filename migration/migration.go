// Package migration is one application's move to Temporal Cloud: its facts, its six steps, whose turn it is,
// what went stale, and the replacement of its certificates. A step is done because a fact was observed. All of
// it is pure: rules look at a View and say which facts follow, or why not; acts write them down.
package migration

import (
	"encoding/json"
	"time"

	"onramp/cloud"
	"onramp/fault"
	"onramp/sdk"
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

// Mode says which cloud a migration talks to. Rules ask for its abilities, never for the mode itself.
type Mode string

// The modes.
const (
	Rehearsal Mode = "rehearsal"
	Cloud     Mode = "cloud"
)

// Can is what Onramp can see and do where migrations of this mode go.
func (m Mode) Can() cloud.Abilities {
	if m == Rehearsal {
		return cloud.Abilities{Bundle: true, Callers: true, Built: true, OneDoor: true, Practice: true}
	}
	return cloud.Abilities{}
}

// Langs are the values of Migration.Lang: the languages that have an official money-transfer template.
var Langs = sdk.IDs()

// Migration is one application's move.
type Migration struct {
	ID      string // slug, in URLs: "payments"
	Name    string // as typed: "Payments"
	Lang    string // one of Langs
	Mode    Mode
	Auth    string // cloud.AuthMTLS or cloud.AuthAPIKey
	Created time.Time
	Version int64 // rises with every change
	// Archived is when it was put away: lists leave it out unless they are asked for it. Zero: it is not.
	Archived time.Time
	Team     string // ID of the team that owns it
}

// Made is a new migration with what is known of it from the start.
type Made struct {
	Migration Migration
	Facts     []Fact // without migration
}

// UsesKeys reports whether its workers sign in with an API key. Then it has no certificates.
func (m Migration) UsesKeys() bool { return m.Auth == cloud.AuthAPIKey }

// TakesCertificates says why a migration has no certificates, nil when its workers sign in with one, or are on the way to: a
// Conflict fault.
func TakesCertificates(v View) error {
	if !v.Migration.UsesKeys() || takesCertificates(SwitchOf(v)) {
		return nil
	}
	return fault.New(fault.Conflict, "This migration has no certificates", "Its workers sign in with an API key. To move them to client certificates, change the sign-in method of the namespace.")
}

// Fact kinds.
const (
	FactNamespace   = "namespace.set"
	FactCertificate = "certificate.issued"
	FactLeaf        = "leaf.issued" // a further client certificate: LeafData
	FactBatch       = "leaf.batch"  // further client certificates made in one go: BatchData
	FactUpload      = "ca.uploaded" // saved in the rehearsal cloud
	FactCASeen      = "ca.seen"     // a check saw the CA accepted
	FactCheck       = "check.passed"
	FactPoller      = "poller.seen"
	FactTransfer    = "transfer.done"
	FactNote        = "step.noted" // "done outside", with a reason; shown as such
	FactSource      = "source.set" // where the application runs today, as a list said: SourceData
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

// SourceData is the data of FactSource: the self-hosted namespace that an application comes from. No step asks for it.
type SourceData struct {
	Cluster   string `json:"cluster,omitempty"`
	Namespace string `json:"namespace"`
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
	Namespace     string `json:"namespace,omitempty"` // set by View.SetUpload
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
	BuiltIn   bool   `json:"built_in"` // Onramp's own: it changes no code of the reader's
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

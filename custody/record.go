package custody

import (
	"crypto/x509"
	"math"
	"time"

	"onramp/certsvc"
)

// Actor is who does something: a person, by which session or command, and from where. It stands behind every act and
// in every record.
type Actor struct {
	Person  string // stable: Local, or an account's ID
	Name    string // as pages show it
	Session string // which sign-in; "" on one machine
	Via     string // "portal", "command", "post" to a one-time address, or "onramp" for what happens by itself
	From    string // the address that the request came from; "" for none
	Request string // the request's ID in the log; "" for none

	Role     Role
	Teams    []string  // IDs of the teams that it belongs to
	Team     string    // the one that gets what it makes; "": the first of Teams
	SignedIn time.Time // the last time that it proved who it is; zero on one machine, and where a provider does not tell
}

// Local is the Person of whoever uses a portal for one person.
const Local = "local"

// Itself is the Actor of what Onramp does by itself: locking after the idle time, starting, stopping.
var Itself = Actor{Person: "onramp", Name: "Onramp", Via: "onramp"}

// Holds names what is held for the actor in a migration.
func (a Actor) Holds(migrationID, what string) Held { return Held{a.Person, migrationID, what} }

// Verb says what a Record is about.
type Verb string

// The verbs.
const (
	Started   Verb = "onramp-started"
	Chained   Verb = "audit-chained"   // a chain over all records there are was begun (Chain)
	BackedUp  Verb = "backup-made"     // of the whole database
	Recovered Verb = "backup-restored" // the database came from a backup
	Signed    Verb = "signed"          // a certificate
	Kept      Verb = "key-kept"        // a CA key was encrypted and stored
	Opened    Verb = "key-opened"      // with its passphrase
	Refused   Verb = "key-refused"     // a wrong passphrase
	Locked    Verb = "key-locked"      // by a person, after the idle time, or at the stop
	Forgotten Verb = "key-forgotten"   // deleted for good

	Imported   Verb = "certificates-imported"
	Downloaded Verb = "key-downloaded" // a key made here left
	Dropped    Verb = "keys-dropped"   // what was lent or waited was wiped
	Lending    Verb = "key-lent"       // for tests, in memory
	TakenBack  Verb = "key-taken-back"

	Created      Verb = "migration-created"
	Renamed      Verb = "migration-renamed"
	Archived     Verb = "migration-archived"
	Restored     Verb = "migration-restored" // from the archive
	Deleted      Verb = "migration-deleted"
	NamespaceSet Verb = "namespace-set"
	Noted        Verb = "step-noted"
	WorkerSeen   Verb = "worker-seen"

	Checked     Verb = "check-started"
	CheckedMany Verb = "checks-started" // of many migrations, asked for together
	Reported    Verb = "check-reported"
	Invited     Verb = "report-invited"
	Transferred Verb = "transfer-started"
	Drilled     Verb = "drill-started"
	Assessed    Verb = "assessment-started"
	CrossLooked Verb = "cutover-looked"
	Reviewed    Verb = "finding-reviewed" // of an assessment, by a person
	Reopened    Verb = "finding-reopened" // that mark was taken back
	GatePassed  Verb = "gate-overridden"  // of a cut-over, by a person
	GateBack    Verb = "gate-judged"      // that was taken back: the gate is what Onramp sees
	Followed    Verb = "workflow-followed"
	Canceled    Verb = "workflow-canceled"
	Terminated  Verb = "workflow-terminated"
	NotDone     Verb = "not-done" // what an earlier record asks for was refused, or failed
	Stopped     Verb = "run-stopped"

	ReplaceBegun   Verb = "replacement-started"
	ReplaceMoved   Verb = "replacement-moved"
	ReplaceRemoved Verb = "replacement-finished"
	ReplaceBack    Verb = "replacement-rolled-back"
	PollersSeen    Verb = "pollers-seen" // somebody looked who polls a task queue

	NamespaceMade Verb = "namespace-created"
	CAsSaved      Verb = "ca-bundle-saved"
	CASeen        Verb = "ca-seen" // somebody looked, and the namespace holds what it should
	FiltersSaved  Verb = "filters-saved"
	FiltersSeen   Verb = "filters-seen" // somebody looked, and the namespace has the filters that were asked for

	NamespaceSeen   Verb = "namespace-seen"  // as Temporal Cloud's control plane shows it
	OpsKeyGiven     Verb = "cloud-key-given" // of the Cloud Ops API, in memory
	OpsKeyForgotten Verb = "cloud-key-forgotten"
	CloudAsked      Verb = "cloud-change-sent"
	CloudEnded      Verb = "cloud-change-ended"

	AuthSaved  Verb = "sign-in-saved"
	Strictness Verb = "rehearsal-strictness-saved"
	MethodsSet Verb = "rehearsal-methods-saved" // whether its account has both sign-in methods at once
	KeyMade    Verb = "api-key-created"
	KeyDeleted Verb = "api-key-deleted"
	Reset      Verb = "rehearsal-reset"
	Broken     Verb = "switch-on"
	Mended     Verb = "switch-off"

	SignedIn       Verb = "signed-in"
	SignInRefused  Verb = "sign-in-refused"
	SignedOut      Verb = "signed-out" // here, or a sign-in elsewhere by its person
	AccountAdded   Verb = "account-added"
	AccountChanged Verb = "account-changed" // its role or its teams
	AccountOff     Verb = "account-disabled"
	AccountOn      Verb = "account-enabled"
	LinkMade       Verb = "link-made" // for a first password or a new one
	PasswordSet    Verb = "password-set"
	TeamAdded      Verb = "team-added"
	TeamGiven      Verb = "migration-given" // to another team
	DigestSet      Verb = "mails-set"       // how often a person gets mails
	CalendarMade   Verb = "calendar-made"   // an address for a person's calendar
	CalendarEnded  Verb = "calendar-ended"

	HandoffMade    Verb = "hand-off-made"    // a link for one task and one person without an account
	HandoffOpened  Verb = "hand-off-opened"  // a browser showed its page
	HandoffDone    Verb = "hand-off-done"    // says that person
	HandoffNotMe   Verb = "hand-off-not-me"  // says that person
	HandoffRevoked Verb = "hand-off-revoked" // by whoever works on the migration
	HandoffLapsed  Verb = "hand-off-lapsed"  // who made it may not work on the migration any more
)

// Verbs are those that a Record of a portal for one person can have.
var Verbs = []Verb{Signed, Kept, Opened, Refused, Locked, Forgotten, Started, Chained, BackedUp, Recovered,
	Imported, Downloaded, Dropped, Lending, TakenBack,
	Created, Renamed, Archived, Restored, Deleted, NamespaceSet, Noted, WorkerSeen,
	Checked, CheckedMany, Reported, Invited, Transferred, Drilled, Assessed, Reviewed, Reopened, CrossLooked, GatePassed, GateBack, Followed, Canceled, Terminated, Stopped, NotDone,
	ReplaceBegun, ReplaceMoved, ReplaceRemoved, ReplaceBack, PollersSeen,
	NamespaceSeen, OpsKeyGiven, OpsKeyForgotten, CloudAsked, CloudEnded,
	NamespaceMade, CAsSaved, CASeen, FiltersSaved, FiltersSeen, AuthSaved, Strictness, MethodsSet, KeyMade, KeyDeleted, Reset, Broken, Mended}

// PeopleVerbs are the others, where several people share a portal.
var PeopleVerbs = []Verb{SignedIn, SignInRefused, SignedOut, AccountAdded, AccountChanged, AccountOff, AccountOn, LinkMade, PasswordSet, TeamAdded, TeamGiven,
	DigestSet, CalendarMade, CalendarEnded,
	HandoffMade, HandoffOpened, HandoffDone, HandoffNotMe, HandoffRevoked, HandoffLapsed}

// Record is one line of the audit. It holds public things only.
type Record struct {
	ID            int64     `json:"id"`
	At            time.Time `json:"at"`
	Migration     string    `json:"migration,omitempty"`
	Verb          Verb      `json:"verb"`
	Subject       string    `json:"subject,omitempty"` // of the certificate, or of the CA whose key it is about
	Fingerprint   string    `json:"sha256,omitempty"`  // of the certificate that was signed
	CAFingerprint string    `json:"ca_sha256,omitempty"`
	Days          int       `json:"days,omitempty"` // how long the certificate lasts
	Lane          string    `json:"lane,omitempty"` // who made the key: browser, server, csr, …
	Note          string    `json:"note,omitempty"`
	// Who did it; empty in records of versions that knew one person only.
	Person  string `json:"person,omitempty"`
	Name    string `json:"name,omitempty"`
	Session string `json:"session,omitempty"`
	Via     string `json:"via,omitempty"`
	From    string `json:"from,omitempty"`
	Request string `json:"request,omitempty"`
	Act     string `json:"-"` // random, the same for what was written together: Surely finds the records by it
}

// By returns the record with the actor who stands behind it.
func (r Record) By(a Actor) Record {
	r.Person, r.Name, r.Session, r.Via, r.From, r.Request = a.Person, a.Name, a.Session, a.Via, a.From, a.Request
	return r
}

// Query chooses records; the zero Query is the newest of all.
type Query struct {
	Migration string
	Verb      Verb
	Since     time.Time
	Before    int64  // only records with a smaller ID; 0 for all
	Self      string // the person who asks, where they see the migrations of some teams alone (migration.Within)
	Limit     int    // at most; 0 for 100
}

// SignedRecords are the audit's lines of certificates that were signed in a lane under a CA.
func SignedRecords(at time.Time, migrationID, lane, caFingerprint string, made ...*x509.Certificate) []Record {
	out := make([]Record, 0, len(made))
	for _, c := range made {
		out = append(out, Record{At: at, Migration: migrationID, Verb: Signed, Lane: lane, CAFingerprint: caFingerprint,
			Subject: certsvc.SubjectOf(c), Fingerprint: certsvc.Fingerprint(c), Days: int(math.Round(c.NotAfter.Sub(c.NotBefore).Hours() / 24))})
	}
	return out
}

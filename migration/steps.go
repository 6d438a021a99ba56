package migration

import "time"

// Status of a step: the six status words of the pages.
type Status string

// The statuses.
const (
	NotStarted Status = "not-started"
	Blocked    Status = "blocked" // can't start yet: Reason
	YourTurn   Status = "your-turn"
	Waiting    Status = "waiting"    // for Who, since Since
	Done       Status = "done"       // Evidence
	LookAgain  Status = "look-again" // Reason says what changed
	Failing    Status = "failing"    // the last run failed: Evidence, Run
)

// StepView is one step as it stands now.
type StepView struct {
	ID       string
	Number   int // 1 to 6
	Title    string
	Status   Status
	Evidence string // one line: "payments.a1b2c", "leaf until 12 Nov 2027", "run 3 passed"
	Reason   string // for Blocked and LookAgain
	Who      string // whose turn: developer, cloud-admin, ""
	Since    time.Time
	Run      string // id of the run that is the evidence
	Noted    bool   // done by a note, not by an observed fact
}

// View is a migration as it stands now: derived, never stored.
type View struct {
	Migration   Migration
	Steps       []StepView // the six in order
	Next        string     // id of the step to continue with; "" when all are done
	DoneCount   int
	Namespace   *NamespaceData // present facts, nil when none
	Certificate *CertificateData
	Upload      *UploadData
	Facts       []Fact // every fact, oldest first: the activity list
}

// CheckHash is the hash of what a check is about: namespace, address and leaf certificate.
func (v View) CheckHash() string { panic("unwritten") }

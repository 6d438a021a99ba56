package views

import "onramp/fault"

// OpsProps is where Onramp changes Temporal Cloud with a Cloud Ops API key that somebody gave. Forms: POST
// /m/{m}/ops (ops_key), /ops/plan (what, and the fields of OpsForm), /ops/apply (operation), /ops/look, /ops/choose
// (namespace), /ops/key (takes the API key that was made, once), /ops/forget.
type OpsProps struct {
	Migration string
	Step      string // "Step 1 of 6"
	Namespace string // Namespace ID, "" when step 1 is missing
	Server    string // where the key is sent, host:port
	Minutes   string // how long it stays in memory
	Rehearsal bool   // the rehearsal cloud makes a key of its own
	Absent    string // why there is nothing to ask; "" where there is
	Rights    []OpsRight

	Given   bool // a key is in memory
	Who     []Pair
	Until   string
	Account string
	Spaces  []OpsSpace
	Regions []Choice
	Detail  []Pair
	Read    string // when the namespace was read
	CAs     []CACard
	Other   []Pair       // custom search attributes
	Notes   []string     // what a person should know of the namespace before changing it
	NotSeen *fault.Fault // why the namespace cannot be seen

	Ready   *Link // what to do before a CA certificate can be added; nil where one can be
	HasCA   bool  // the namespace holds the migration's CA certificate already
	MTLS    bool  // the namespace takes client certificates
	Keyed   bool  // the namespace takes API keys
	Form    OpsForm
	Plan    *OpsPlan
	Sending string // the operation that is under way; "" for none
	Done    string // what came of the last change that ended well
	Failed  *fault.Fault
	OldKey  *OpsOldKey     // the old API key of a replacement, to delete; nil for none
	Waits   string         // the name of an API key that was made and that nobody has yet; "" for none
	New     CodeBlockProps // the API key itself, this once

	Problems Problems
	Ways     []OpsWay // every change of the page, made without a key given to Onramp
	Next     *Link
	Twin     CodeBlockProps
}

// OpsWay is a change as other tools make it.
type OpsWay struct {
	ID, Title string
	Codes     []CodeBlockProps
	Notes     []string
}

// OpsForm is what the forms of the page hold; What says which of them was refused.
type OpsForm struct {
	What                    string
	Name, Retention         string // create
	NewSignIn               []Choice
	NeedsCA                 bool // create: the migration has no CA certificate yet
	CAPEM, Filters          string
	Attributes              string
	KeyName, KeyDays        string
	SignIn                  []Choice
	OpenCreate, OpenSignIns bool
}

// at are the problems of one form of the page.
func (p OpsProps) at(what string) Problems {
	if p.Form.What == what {
		return p.Problems
	}
	return nil
}

// OpsRight is what a kind of act takes, and whether the key in memory has it.
type OpsRight struct {
	Act, Needs string
	Tag        Tag // the zero Tag before a key is given
}

// OpsSpace is a namespace of the account.
type OpsSpace struct {
	Name, State, Region, SignIn string
	Chosen                      bool
}

// CACard is a CA certificate that the namespace holds.
type CACard struct {
	Subject, Until, Fingerprint, SHA1 string
	Tag                               Tag
}

// OpsPlan is a change that was worked out and not made.
type OpsPlan struct {
	Lines     []OpsLine
	Warnings  []string
	Operation string
	Needs     string
	Nothing   bool
	Way       OpsWay // the same without Onramp; without codes where there is none
}

// OpsOldKey is the old API key of a replacement whose end is near. Form: POST /m/{m}/ops/plan (what=delete-key). Test id:
// plan-delete-key.
type OpsOldKey struct {
	Said string       // "worker (ID …)"
	Back string       // the page of the replacement
	Not  *fault.Fault // why it is not deleted yet; nil when it may be
}

// OpsLine is one difference: its sign is +, - or ~.
type OpsLine struct{ Sign, Said, Text string }

package views

import "onramp/fault"

// OpsProps is where Onramp changes Temporal Cloud with a Cloud Ops API key that somebody gave. Forms: POST
// /m/{m}/ops (ops_key), /ops/plan (what, filters), /ops/apply (operation), /ops/forget, and /m/{m}/namespace (namespace).
type OpsProps struct {
	Migration string
	Namespace string // Namespace ID, "" when step 1 is missing
	Server    string // where the key is sent, host:port
	Minutes   string // how long it stays in memory
	Rehearsal bool   // the rehearsal cloud makes a key of its own
	Absent    string // why there is nothing to ask; "" where there is

	Given   bool // a key is in memory
	Who     []Pair
	Until   string
	Spaces  []OpsSpace
	Detail  []Pair
	CAs     []CACard
	NotSeen *fault.Fault // why the namespace cannot be seen

	Ready   *Link // what to do before a CA certificate can be added; nil where one can be
	HasCA   bool  // the namespace holds the migration's CA certificate already
	Filters string
	Plan    *OpsPlan
	Sending string // the operation that is under way; "" for none
	Done    string // what came of the last change that ended well
	Failed  *fault.Fault

	Problems Problems
	Commands []CodeBlockProps
	Next     *Link
	Twin     CodeBlockProps
}

// OpsSpace is a namespace of the account.
type OpsSpace struct {
	Name, State, Region, SignIn string
	Chosen                      bool
}

// CACard is a CA certificate that the namespace holds.
type CACard struct {
	Subject, Until, Fingerprint string
	Tag                         Tag
}

// OpsPlan is a change that was worked out and not made.
type OpsPlan struct {
	Lines     []OpsLine
	Operation string
	Needs     string
	Nothing   bool
}

// OpsLine is one difference: its sign is +, - or ~.
type OpsLine struct{ Sign, Said, Text string }

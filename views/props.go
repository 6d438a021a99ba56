package views

import "onramp/fault"

// State is how a thing looks: its colour and the shape of its icon. The word beside it is always given.
type State string

// The states, with the words they usually stand beside.
const (
	Idle State = "idle" // Not started, Not run, Can't start yet
	Busy State = "run"  // Checking, Running, Your turn
	Wait State = "wait" // Waiting for …
	Good State = "ok"   // Done, Passed
	Warn State = "warn" // Look again, Expires in … days
	Bad  State = "fail" // Failed, Expired
)

// Frame is what surrounds every page.
type Frame struct {
	Title   string // of the page alone: "Test the connection"; prefix and suffix are added
	Version string // "0.1.0"
	DataDir string // where data lives, for the footer
	Theme   string // "light", "dark", "auto" or "" (auto)
	Path    string // path and query of this page; POST /theme (fields theme, return) comes back to it
	Nav     string // the current entry of the bar: "migrations", "expiry", "audit", "rehearsal", "help" or ""

	// Rehearsal: the page talks to the rehearsal cloud: banner, title prefix.
	Rehearsal bool
	Broken    BrokenProps // that rehearsal is broken on purpose
	// CloudSide: the page stands for Temporal Cloud's own console in a rehearsal: other colours, other bar.
	CloudSide bool

	Rail *RailProps // nil: a page outside a migration
	// Feed is the address of the page's one event stream, Follow that of the same page streamed without
	// JavaScript; "" for none.
	Feed, Follow string
	Toast        string // one sentence shown once after a redirect: "Namespace saved"
}

// Tag is a state with its word.
type Tag struct {
	State State
	Word  string
}

// Link is an address with its words. Current marks the one that is shown now.
type Link struct {
	Text    string
	URL     string
	Current bool
	Away    bool   // leaves Onramp: shown with an arrow, opened with rel=noreferrer
	TestID  string // data-testid, "" for none
}

// Choice is one of several: a radio button, an option of a select, or a link where URL is set.
type Choice struct {
	Value    string
	Label    string
	Hint     string // one line under the label
	Selected bool
	Disabled bool
	Reason   string // why it is disabled, shown in place of Hint
}

// Pair is a name with its value. Mono shows the value as an identifier; Copy adds a copy button.
type Pair struct {
	Name  string
	Value string
	URL   string // makes the value a link
	Away  bool   // that leaves Onramp
	Mono  bool
	Copy  bool
}

// CodeProps is a block of text to read, copy or download. The zero value is shown nowhere.
type CodeProps struct {
	ID       string   // unique on the page; its <pre> has it
	Name     string   // heading: "ca.pem", "bash", "Fix"
	Label    string   // accessible name when Name alone does not say it: "CA certificate"
	Lang     string   // for the colours: python, go, bash, yaml … ; "" for plain text
	Text     string   // exactly what Copy copies
	Values   []string // the user's own values inside Text, marked so that the eye finds them
	Raw      string   // address of the same as text/plain, "" for none
	Download string   // address of the same as a file, "" for none
	TestID   string   // data-testid of the <pre>
}

// DiffProps is one change of a file, shown line by line with + and − signs.
type DiffProps struct {
	ID     string // unique on the page
	File   string // "run_worker.py"
	Lang   string
	Before string // "" for a new file
	After  string // "" for a removal
	Values []string
}

// Problems are what is wrong with a sent form, as fault.All gives them. Those with a Field are shown
// at the field of that name; all are listed at the top. Err is never shown.
type Problems []*fault.Fault

// RailProps is the route beside every page of a migration.
type RailProps struct {
	Migration string // id
	Name      string // "Payments"
	Done      string // "3 of 6 done"
	Steps     []StepProps
}

// StepProps is one step of the six as it stands now.
type StepProps struct {
	ID      string // namespace, certificates, upload, test, code, transfer
	Number  string // "1" to "6"
	Title   string // "Choose the namespace"
	State   State
	Word    string // one of the status words: "Done", "Your turn", "Can't start yet" …
	Detail  string // one line: evidence, reason or who is waited for
	When    string // "Dana, 12 Nov", "" for none; overview only
	Current bool   // this is the page being shown
	Noted   bool   // done by a note, not by an observed fact
	CanNote bool   // offer "Done outside Onramp"; overview only
	Run     *Link  // the run that is the evidence; overview only
}

// CrossingProps is the map from this machine to Cloud. id=crossing.
type CrossingProps struct {
	Marks []MarkProps // the seven: This machine, Name, Network, Server, Certificate, Namespace, Task queue
	Label string      // what the map shows: "Run 3", "Last run", "Not tested yet"
}

// MarkProps is one mark of the map; the line before it has its state.
type MarkProps struct {
	Label string
	State State
	Word  string // "passed", "failed", "not reached"
	URL   string // where a reader finds out more, "" for none
}

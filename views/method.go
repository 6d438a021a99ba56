package views

// MethodProps is /m/{m}/switch: the sign-in method of the namespace changed in three steps on one page.
// Forms (all POST, below that address): "" ; both; account; once; new (as those of RotateProps); check (which: old, new, with
// the fields of KeySourceProps); pollers (task_queue, and api_key where the old method is that); note (why); off (said); back
// (gate).
// Test ids: start-switch, let-both, have-both, change-once, make-key, use-key, check-old, check-new, look-pollers, note-workers,
// turn-off, back-<gate>, callers, gate-<id>.
type MethodProps struct {
	Migration string
	Rehearsal bool
	Blocked   *NeedProps // nothing to change yet
	Problems  Problems
	Saw       string // as in Frame: the steps are swapped while they are open
	OpsURL    string // where Onramp changes it in Temporal Cloud with a Cloud Ops key; "" for nowhere

	Title, Lead string
	Start       *MethodStart // when none goes on
	Last        *ReplaceLast // what the one before came to, nil for none
	After       *MethodProof // checks with both methods after the end, nil where there are none

	Summary []Pair         // what is changed
	New     CodeBlockProps // the API key itself, in the answer to the form that made it: this once
	Gates   []GateProps
	Both    MethodBoth
	Key     *RotateKeyProps // of the new method, where it is an API key
	Cert    []Pair          // of the new method, where it is a client certificate
	Proof   *MethodProof    // nil where no check can be made yet
	Workers MethodWorkers
	Program CodeBlockProps // what a program is given; empty before the credential is there
	Moves   []string       // what to know of that
	Code    Link           // the worker code that signs in with the new method
}

// MethodStart is what to begin with.
type MethodStart struct {
	Button string
	Facts  []Pair
	Notes  []string
}

// MethodBoth is gate 1.
type MethodBoth struct {
	Done     bool
	Cert     *Link  // the certificates, where they must be made first
	Lacks    string // what Temporal Cloud says where the account does not have both methods; "" where it does, or may have
	CanHave  bool   // the rehearsal can practise with an account that has them
	Button   string
	Notes    []string
	Commands []CodeBlockProps
	Hints    []string // of the commands
	Once     string   // what the change in one step means
}

// MethodProof is what checks made of both methods, and the forms for more.
type MethodProof struct {
	Rows  []ProofRow
	Said  string // what a key says of itself and does not fit; "" for nothing
	Sides []MethodCheck
}

// MethodCheck is the form of a check with one method.
type MethodCheck struct {
	Which, Title, Address, Button string
	Key                           KeySourceProps
	Open                          bool // it was sent, or is the next one to make
}

// MethodWorkers is gate 3.
type MethodWorkers struct {
	Seen     bool // who signs in how can be seen: the table, and the change by Onramp
	Callers  []KeyCallerRow
	Figures  []Figure
	Blocked  bool
	Rule     string
	Warn     string
	Window   string
	AsOf     string
	Button   string
	Known    []string // what is and is not evidence, where nobody can see it
	Facts    []Pair   // of task queues
	Queue    string
	KeyField bool // looking needs an API key
	NoKey    bool // looking needs a client key that Onramp may use, and it may use none
	Why      string
	Noted    string
	Finish   string
	Commands []CodeBlockProps
	Hints    []string // of the commands
	Said     string   // what the tick at the end says
}

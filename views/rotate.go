package views

// RotateProps is /m/{m}/keys: an API key replaced in three steps on one page.
// Forms (all POST, below that address): "" (old_id; in Temporal Cloud also old_name, old_ends); new (do: make with key_name
// and key_days, or outside with new_id, new_name, new_ends); check (which: old, new; api_key); pollers (task_queue,
// api_key); note (why); delete (said); back (gate).
// Test ids: start-rotation, make-key, new-key, use-key, run-check, look-pollers, note-workers, delete-old, back-<gate>,
// callers, gate-<id>.
type RotateProps struct {
	Migration string
	Rehearsal bool
	Blocked   *NeedProps // nothing to replace yet
	Problems  Problems
	Saw       string // as in Frame: the steps are swapped while they are open
	OpsURL    string // where Onramp makes a key in Temporal Cloud with a Cloud Ops key; "" for nowhere
	At        string // the wizard's address below the migration; "" is keys

	Lead  string
	Start *RotateStart // when none goes on
	Last  *ReplaceLast // what the one before came to, nil for none

	Summary []Pair         // what is replaced
	New     CodeBlockProps // the new key itself, in the answer to the form that made it: this once
	Gates   []GateProps
	Key     RotateKeyProps
	Proof   RotateProofProps
	Workers RotateWorkersProps
}

func (p RotateProps) at() string {
	if p.At == "" {
		return "keys"
	}
	return p.At
}

// RotateStart is what to begin with.
type RotateStart struct {
	Keys           []Choice // those that the namespace has, where they can be seen
	None           bool     // they can be seen, and there is none
	CloudURL       string   // the namespace in the rehearsal cloud
	ID, Name, Ends string   // of the key, where a person says it
}

// RotateKeyProps is gate 1: the second key.
type RotateKeyProps struct {
	Made           bool
	Facts          []Pair
	Name, Days     string // of a key that Onramp makes
	Button         string // that makes it, where it is not checked at once; "" where it is
	ID, Said, Ends string // of a key that a person made
	Commands       []CodeBlockProps
	Notes          []string
}

// RotateProofProps is gate 2.
type RotateProofProps struct {
	Rows  []ProofRow
	Which []Choice
	Said  string // what the keys say of themselves and does not fit; "" for nothing
}

// RotateWorkersProps is gate 3.
type RotateWorkersProps struct {
	Seen     bool // who uses which key can be seen: the table, and deletion by Onramp
	Callers  []KeyCallerRow
	Figures  []Figure // how many still use the old one, beside the button they decide
	Blocked  bool     // it cannot be deleted now
	Rule     string   // why not, or that it can
	Warn     string   // what to think of before that; "" for nothing
	Window   string   // when a program counts as gone
	AsOf     string
	Known    []string // what is and is not evidence, where nobody can see it
	Facts    []Pair   // of task queues
	Queue    string
	Why      string
	Noted    string
	Commands []CodeBlockProps
	Finish   string
	Reloads  []Pair // how programs of each SDK take the new key
}

// KeyCallerRow is one program with one API key, or one client certificate.
type KeyCallerRow struct {
	Tag                                      Tag // Old, New or Another; on the page of the sign-in method, the method
	Identity, Queues, Key, Last, Calls, Open string
}

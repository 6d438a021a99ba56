package views

// ReplaceProps is /m/{m}/certificates/replace: a CA or a client certificate replaced in four steps on one page.
// Forms (all POST, below that address): "" (what: ca, leaf); ca (lane: make with ca_common_name, organization,
// key_type, ca_days; import with ca_pem); bundle (do: save, look); leaf (lane: make with maker, common_name,
// organization, key_type, leaf_days, csr, lent_key, lend; csr; import with leaf_pem; ca_key or ca_key_file,
// ca_passphrase); check (which: old, new and the fields of KeySourceProps, or both); pollers (task_queue); note (why);
// remove; back (gate); bundle.zip and ca-key.zip answer a file once, 410 after.
// Test ids: replace-ca, replace-leaf, make-ca, use-ca, save-bundle, look-bundle, make-leaf, sign-leaf, use-leaf, run-check,
// remove-old, note-workers, look-pollers, back-<gate>, download-bundle, download-ca-key, callers, gate-<id>.
type ReplaceProps struct {
	Migration string
	Rehearsal bool
	Blocked   *NeedProps // nothing to replace yet
	Problems  Problems
	Saw       string // as in Frame: the steps are swapped while they are open
	OpsURL    string // where Onramp changes Temporal Cloud with a Cloud Ops key; "" for nowhere

	Lead    string
	Choices []ReplaceChoice // when none goes on
	Last    *ReplaceLast    // what the one before came to, nil for none

	Summary []Pair // what is replaced by what
	Gates   []GateProps
	CA      ReplaceCAProps
	Leaf    ReplaceLeafProps
	Proof   ReplaceProofProps
	Workers ReplaceWorkersProps
	Reloads []ReloadProps
}

// ReplaceChoice is one way to begin.
type ReplaceChoice struct{ What, Title, Text, Button string }

// ReplaceLast is the end of the replacement before.
type ReplaceLast struct {
	Tag   Tag
	Text  string
	Facts []Pair
	Back  *BackProps // put the old one back, nil when that is over
}

// GateProps is one gate. ID is ca, leaf, proof or workers.
type GateProps struct {
	ID, Number, Title string
	Tag               Tag
	Text              string // its evidence, or what is missing
	Now               bool   // it is worked on: its parts are shown. One is
	Open              bool   // its parts can be unfolded
	Back              *BackProps
}

// BackProps rolls a gate back.
type BackProps struct{ Gate, Button, Text string }

// ReplaceCAProps is gate 1.
type ReplaceCAProps struct {
	Made     bool // the new CA is there; else the form is shown
	Form     CertificateForm
	Card     CertProps
	Key      bool           // ca-key.zip waits
	Bundle   CodeBlockProps // both CAs
	Size     string
	Lines    []BundleLine
	CloudURL string        // the namespace in the rehearsal cloud
	Handoff  *HandoffOffer // in Temporal Cloud, where a Namespace Admin adds the new CA
	Next     *Link         // and the step after, which does not wait for that
	Commands []CodeBlockProps
	Unseen   string // what cannot be seen, as a sentence
	Trouble  string // why there is no bundle to upload
}

// BundleLine is one certificate of a change: "+" comes, "=" stays, "-" goes, with the reason.
type BundleLine struct{ Sign, Subject, Fingerprint, Why string }

// ReplaceLeafProps is gate 2.
type ReplaceLeafProps struct {
	Made      bool
	Form      CertificateForm
	Held      bool // Onramp still holds the CA's key, made at gate 1
	CASubject string
	Card      CertProps
	Bundle    bool   // it waits to be downloaded
	File      string // the name of bundle.zip, which the old one does not have
	Browser   bool   // the key was made in a browser: shown in the one that holds it
}

// ReplaceProofProps is gate 3.
type ReplaceProofProps struct {
	Rows   []ProofRow
	Both   bool // one button is enough: Onramp may use the keys of what is not proven
	Button string
	Which  []Choice
	Key    KeySourceProps
}

// ProofRow is one check that has to pass, or after the end to be refused.
type ProofRow struct {
	Tag  Tag
	Text string
	Run  *Link
}

// ReplaceWorkersProps is gate 4.
type ReplaceWorkersProps struct {
	Seen     bool // leaves can be seen: the table, and removal by Onramp
	Callers  []CallerRow
	Figures  []Figure          // how many still use the old one, beside the button they decide
	Blocked  bool              // it cannot be removed now
	Ask      *HandoffListProps // nil: nobody can be asked to remove it
	Rule     string            // why not, or that it can
	Warn     string            // what to think of before that; "" for nothing
	Window   string            // when a program counts as gone
	AsOf     string
	Remove   string // the button
	Facts    []Pair // of task queues, where leaves cannot be seen
	Queue    string
	CanLook  bool
	Known    []string // what is and is not evidence
	Why      string
	Noted    string
	Commands []CodeBlockProps
	Finish   string // what has to be seen after the removal
}

// Figure is a number with its name.
type Figure struct {
	Name, Value string
	State       State
}

// CallerRow is one program with one client certificate.
type CallerRow struct {
	Tag                                                        Tag // Old, New or Other
	Identity, Queues, Leaf, Fingerprint, CA, Last, Calls, Open string
}

// ReloadProps says how programs of one SDK come to the new certificate.
type ReloadProps struct {
	ID, Name, How, Text, Unverified string
	Own                             bool
	Code                            CodeBlockProps
	Source                          Link
}

func lineTag(sign string) Tag {
	switch sign {
	case "+":
		return Tag{Good, "Added"}
	case "-":
		return Tag{Warn, "Dropped"}
	}
	return Tag{Idle, "Stays"}
}

// checkTestID: the form is the step's first action, or another way.
func checkTestID(first bool) string {
	if first {
		return "run-check"
	}
	return "run-other-check"
}

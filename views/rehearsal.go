package views

// RehearsalProps is the control panel of the rehearsal cloud.
// Forms: POST /rehearsal/reset (no field), POST /rehearsal/strictness (strictness: strict or lenient), POST
// /rehearsal/methods (methods: one or both). Test ids: reset-rehearsal, save-strictness, save-methods, show-me, show-me-key, rehearse-now.
type RehearsalProps struct {
	Once       string       // as in HomeProps
	Absent     *AbsentProps // nil when it is ready
	Tag        Tag
	Text       string   // "ready in 0.36 s"
	Facts      []Pair   // address, root fingerprint
	Moved      bool     // the address is another than at the start before
	Strictness []Choice // how client certificates are judged; none where that cannot be chosen
	Methods    []Choice // whether the account has both sign-in methods at once; none where that cannot be chosen
	Trust      []EnvRow
	TrustCode  CodeBlockProps
	Namespaces []CloudRow
	Migrations []CardProps // the newest
	Tally      string      // how many there are
	More       *Link       // to the rest; nil when all are shown
	Break      BreakProps
}

// BreakProps is "Break it on purpose" on the rehearsal's page. id=break.
// Forms: POST /rehearsal/practice (m: the migration that gets fresh certificates, "" for a new practice
// migration); POST /rehearsal/break (m, namespace, switch, state on or off, return).
// Test ids: make-practice, fresh-key, break-<switch>, mend-<switch>.
type BreakProps struct {
	Choices   []Link // the rehearsals to practise on; Current is the chosen one
	Instead   string // why the one that was asked for cannot be broken; "" where it can, or none was asked for
	Migration string // id of the chosen one, "" for none
	Namespace string
	NoKey     bool // no client key of it is lent
	Groups    []BreakGroup
}

// BreakGroup is the switches of one part of the way.
type BreakGroup struct {
	ID       string
	Title    string
	Lead     string
	Switches []SwitchProps
}

// SwitchProps is one switch.
type SwitchProps struct {
	ID, Title, Does, Sees string
	Code, CodeTitle, URL  string // what the check must say, and its help page
	On                    bool
	Address               string // where a worker meets it, "" where that is not an address of its own
}

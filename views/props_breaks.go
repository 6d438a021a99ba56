package views

// BreakProps is "Break it on purpose" on the rehearsal's page. id=break.
// Forms: POST /rehearsal/practice (m: the migration that gets fresh certificates, "" for a new practice
// migration); POST /rehearsal/break (m, namespace, switch, state on or off, return).
// Test ids: make-practice, fresh-key, break-<switch>, mend-<switch>.
type BreakProps struct {
	Choices   []Link // the rehearsals to practise on; Current is the chosen one
	Migration string // id of the chosen one, "" for none
	Namespace string
	NoKey     bool // no client key of it is lent
	CanRenew  bool // fresh certificates can be made for it
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

// BrokenProps are the switches that are on in the rehearsal that a page is about; none: no banner.
// Form: POST /rehearsal/break (namespace, switch "" for all, state off, return). Test id: mend.
type BrokenProps struct {
	Namespace string
	Titles    []string
	Return    string // the page to come back to
}

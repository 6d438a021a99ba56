package views

// HelpProps is the index of the fault catalogue and the page of contacts.
type HelpProps struct {
	Groups []HelpGroup
}

// HelpGroup is one group of the catalogue.
type HelpGroup struct {
	ID    string // "IN"
	Title string // "Endpoint, namespace and other typed input"
	Rows  []HelpRow
}

// HelpRow is one fault.
type HelpRow struct {
	Code, Title, URL, Stage string
}

// HelpEntryProps is one fault explained.
type HelpEntryProps struct {
	Code     string
	Title    string
	Stage    string // "falls at check 7, client certificate"
	Cause    string
	NotWrong string
	Fixes    []FixProps
	Symptoms []string // what tools print
	Confirm  string
	Unseen   string
	Related  []Link
	Sources  []Link
}

// RehearsalProps is the control panel of the rehearsal cloud.
// Form: POST /rehearsal/reset (no field). Test ids: reset-rehearsal, rehearse-now.
type RehearsalProps struct {
	Absent     *AbsentProps // nil when it is ready
	Tag        Tag
	Text       string // "ready in 0.36 s"
	Facts      []Pair // address, root fingerprint
	Trust      []EnvRow
	TrustCode  CodeProps
	Namespaces []CloudRow
	Migrations []CardProps // the newest
	Tally      string      // how many there are
	More       *Link       // to the rest; nil when all are shown
	Break      BreakProps
}

// ErrorProps is a page-level failure.
type ErrorProps struct {
	Status    string // "404"
	Title     string
	Cause     string
	NotWrong  string
	Fix       string
	Who       string
	Outcome   string // "Nothing was changed." or "This was saved."
	RequestID string
	Links     []Link // next steps; the first is the primary
}

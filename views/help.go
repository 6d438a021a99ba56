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

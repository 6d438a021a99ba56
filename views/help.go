package views

// HelpProps is the index of the fault catalogue, with what a search has found in it.
// Form: GET /help, field q. Test ids: find-help, find-help-go, help-found.
type HelpProps struct {
	Query  string // "" for no search
	Found  []FoundProps
	Groups []HelpGroup
}

// FoundProps is one page that a search has found.
type FoundProps struct {
	Code  string // of a fault, "" for none
	Title string
	URL   string
	Tag   Tag
	Text  string // one line more
	Mono  bool   // Text is an identifier
}

// helpFound is the heading of what was found.
func helpFound(p HelpProps) string {
	if len(p.Found) == 0 {
		return "Nothing found"
	}
	return count(len(p.Found), "page found", "pages found")
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

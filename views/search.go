package views

// SearchProps is what a search over everything has found.
// Form: GET /search, field q; it stands in the bar. Test ids: find, find-go, found-<group>.
type SearchProps struct {
	Query  string // "" before anything was asked
	Groups []SearchGroup
}

// SearchGroup is what was found of one kind, the best first.
type SearchGroup struct {
	ID    string // migrations, runs, certificates, faults
	Title string
	Found []FoundProps
	More  *Link // where there is more than is shown
}

package views

// HomeProps is the first page. With neither sections nor filters it is the page of an empty install.
// Forms: POST /rehearse-now (fields once, how=show, auth); GET / with fields show, q, mode, sort.
// Test ids: show-me, show-me-key, rehearse-now, new-migration, card-<id>, show-<group>, search, search-go, page-previous, page-next.
type HomeProps struct {
	Once     string // of this page's forms: a double click makes one rehearsal
	Sections []CardSection
	Ending   *EndingProps // certificates that end soon; nil for none
	List     *ListProps   // nil while the sections show every migration
	// NoRehearsal says why "Rehearse it now" cannot work (built without it, switched off, failed); "" when it can.
	NoRehearsal string
	DataDir     string
}

// EndingProps warns of certificates that end soon, or have ended. Test id: ending-soon.
type EndingProps struct {
	State State
	Title string // "2 client certificates expire in the next 15 days"
	Rows  []EndingRow
	More  string // "and 3 more", "" where the rows are all
}

// EndingRow is one of them.
type EndingRow struct {
	Name    string // "Payments", "Payments: eu-west"
	Text    string // "in 5 days, on 4 Dec 2026"
	Replace Link
}

// ListProps are the filters of a list that is longer than a glance, and its pages.
type ListProps struct {
	Groups []Link // "Your turn 12", …
	Group  string // the present one, as the address says it
	Text   string
	Modes  []Choice
	Sorts  []Choice
	Clear  *Link  // back to everything; nil when nothing is chosen
	Shown  string // "26 to 50 of 1,234", "" when all are shown
	Pages  []Link
}

// empty reports an install that has no migration yet.
func (p HomeProps) empty() bool { return len(p.Sections) == 0 && p.List == nil }

package views

// AssessReport is a report, the worst rows first.
type AssessReport struct {
	State              State
	Headline           string
	About              []Pair
	Incomplete         string
	Levels, Namespaces []Link      // filters
	Reviewed           []Link      // a filter: what is marked as reviewed, and what is not
	Rows               []AssessRow // what asks for something
	Others             []AssessRow // INFO and PASS
	Shown, More        int         // More rows are not on the page
	Needs              []FixProps  // whatever was found
	Drain              string
	Types              []AssessType
	Actions, NotIn     string
	Storage, Prices    string
	Files              []Link
}

// Add puts a row where it belongs.
func (r *AssessReport) Add(row AssessRow) {
	if row.Group == "INFO" || row.Group == "PASS" {
		r.Others = append(r.Others, row)
		return
	}
	r.Rows = append(r.Rows, row)
}

// AssessRow is one check's answer.
type AssessRow struct {
	ID, Subject, Title, Group string
	Tag                       Tag
	Ways                      string // where the two ways to migrate differ
	Fixes                     []FixProps
	Seen, Rule, Wrong         string
	Source, SourceURL         string

	Finding  string // its name in every report of the server
	MarkAt   string // POST with fields finding, why, open; "" where rows are not marked
	Reviewed string // "by Dana on 2 Nov 2026 as WARNING: accepted"; "" where nobody did
	Again    string // why it is to be looked at again
	Typed    string // a note that was refused, and why
	Problems Problems
}

// AssessType is the drain of one workflow type.
type AssessType struct{ Namespace, Type, Open, When string }

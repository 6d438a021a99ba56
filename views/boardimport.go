package views

import "strings"

// BoardImportProps is a list of namespaces before it is imported.
// Form: POST /migrations/import, fields list_file (upload), list, account, lang, auth, team, confirm=yes. Test ids: list,
// list-file, plan-import, confirm-import.
type BoardImportProps struct {
	List     string // as it was sent
	Account  string
	Langs    []Choice
	Auths    []Choice
	Teams    []Choice // nil at a portal without teams
	Limits   string   // "500 rows, 256 kB"
	Rows     []ImportRow
	More     int // rows that are not shown
	New      int // rows that would be made
	Known    int // rows that are here already
	Ignored  string
	Planned  bool // the list was read: Rows say what an import would do
	Problems Problems
}

// ImportRow is a row of the list, and what an import would do with it.
type ImportRow struct {
	Line      string
	Name      string
	Source    string
	Namespace string
	Region    string
	Team      string
	Here      *Link // it is here already
	Why       string
}

// importSummary says what an import would do.
func importSummary(p BoardImportProps) string {
	switch {
	case len(p.Problems) > 0:
		return "Nothing would be made: correct the errors above first"
	case p.New == 0:
		return "Everything on this list is here already"
	case p.Known > 0:
		return count(p.New, "migration", "migrations") + " would be made, " + count(p.Known, "row is", "rows are") + " here already"
	}
	return count(p.New, "migration", "migrations") + " would be made"
}

// refusal is what is wrong with a row, by the problem that names it ("Row 4: …"); else that the list is not imported as
// long as another row is wrong. It is "" where an import would make the row.
func (p BoardImportProps) refusal(r ImportRow) string {
	var all []string
	for _, x := range p.Problems {
		if what, ok := strings.CutPrefix(x.Title, "Row "+r.Line+": "); ok {
			all = append(all, what)
		}
	}
	if len(all) > 0 {
		return "Error: " + strings.Join(all, "; ")
	}
	if len(p.Problems) > 0 {
		return "Not made while the list has errors"
	}
	return ""
}

// chosenOf is the value of the choice that is selected.
func chosenOf(cs []Choice) string {
	for _, c := range cs {
		if c.Selected {
			return c.Value
		}
	}
	return ""
}

package views

import "github.com/a-h/templ"

// BoardProps is the board of migrations.
// Forms: GET /migrations with fields show, team, q, sort; POST /migrations/checks/plan with fields m (IDs), shown (IDs of
// the page) and all. Test ids: board-show-<part>, board-team-<id>, board-row-<id>, board-search, board-go, pick-<id>,
// check-picked, check-shown, board-import, board-export, page-previous, page-next.
type BoardProps struct {
	Summary string // "6 wait for a Cloud admin, 2 failing, 3 expire in 30 days"
	Shows   []Link // "Failing 2", …
	Show    string // the present one, as the address says it
	Teams   []Choice
	ByTeam  []BoardTeam // how many each team has; nil where there is one
	More    int         // teams that have migrations and are not among them
	Text    string
	Order   string
	Sorts   []Choice
	Clear   *Link // back to everything; nil when nothing is chosen
	Columns []BoardColumn
	Rows    []BoardRow
	Shown   string // "51 to 100 of 1,234", "" when all are shown
	Pages   []Link
	Export  string // address of the CSV of all that match
	Last    *Link  // the reader's last check of many; nil for none
	Empty   bool   // there is no migration at all
	CanWork bool   // the reader may check and import
}

// BoardTeam is how many migrations a team has.
type BoardTeam struct {
	Name  Link
	Cells []Link // all, own turn, …, in the order of TeamColumns
}

// TeamColumns are what BoardTeam counts.
var TeamColumns = []string{"All", "Developer", "Cloud admin", "Failing", "Expiring", "Done"}

// BoardColumn is a head of the board's table.
type BoardColumn struct {
	Name string
	Sort *Link  // sorts by it; nil: it cannot be sorted by
	Dir  string // "ascending", "descending" where the table is sorted by it
}

// BoardRow is one migration.
type BoardRow struct {
	ID        string
	Name      string
	Namespace string
	Rehearsal bool
	Team      string // "" at a portal without teams
	State     Tag
	Count     string // "3 of 6"
	Meter     []State
	Next      *Link
	Turn      Tag
	Since     string
	Stamp     string
	Besides   []string // what was handed to people besides the steps
	Check     *Tag     // nil: it was not checked
	CheckLink Link
	CheckAt   string
	CheckTime string
	Expires   *Tag
	ExpiresAt string
}

// sortAttrs say of a column how the table is sorted by it.
func sortAttrs(c BoardColumn) templ.Attributes {
	if c.Dir == "" {
		return nil
	}
	return templ.Attributes{"aria-sort": c.Dir}
}

// migrations is where all migrations are listed: on the board where several share the portal.
func (f Frame) migrations() string {
	if f.Account != nil {
		return "/migrations"
	}
	return "/"
}

// checkShown is what the button of all rows of the page says.
func checkShown(n int) string {
	if n == 1 {
		return "Check the one shown"
	}
	return "Check all " + itoa(n) + " shown"
}

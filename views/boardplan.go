package views

// BoardPlanProps is what checks of many migrations would dial.
// Form: POST /migrations/checks, fields m (IDs). Test ids: start-many, plan-<id>.
type BoardPlanProps struct {
	Summary string
	Rows    []PlanRow
	IDs     []string // that would be checked
	Note    string   // on the pace of checks
	Back    Link
}

// PlanRow is a check that would begin.
type PlanRow struct {
	ID      string
	Name    string
	Key     string // how it signs in
	Dial    DialProps
	Nothing string // why there is nothing to check; "" else
}

// DialProps is what a check would dial, before it does. Test id: dial.
type DialProps struct {
	Address string
	Rule    string   // what allows it; "" at a portal for one person
	To      []string // the addresses
	Not     []string // addresses of the name that would not be dialled, and why
	Refused string   // why nothing would be; "" where something is
	Fix     string   // who can add it
}

package views

// BoardChecksProps are checks of many migrations.
// Form: POST /migrations/checks/{bulk}/cancel. Test ids: many-status, cancel-many, many-row-<nr>.
type BoardChecksProps struct {
	ID      string
	Tag     Tag
	Text    string // "12 of 40 done"
	Parts   []Tag  // "8 passed", …
	When    string
	Stamp   string
	By      string
	Rows    []ManyRow
	Running bool
	CanStop bool
}

// ManyRow is one of them.
type ManyRow struct {
	Nr    string
	Name  string
	URL   string
	Tag   Tag
	Title string
	Run   string // address of its run; "" for none
}

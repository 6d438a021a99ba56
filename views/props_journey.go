package views

// HomeProps is the first page. With neither sections nor filters it is the page of an empty install.
// Forms: POST /rehearse-now (no field); GET / with fields show, q, mode, sort.
// Test ids: rehearse-now, new-migration, card-<id>, show-<group>, search, search-go, page-previous, page-next.
type HomeProps struct {
	Sections []CardSection
	List     *ListProps // nil while the sections show every migration
	// NoRehearsal says why "Rehearse it now" cannot work (built without it, switched off, failed); "" when it can.
	NoRehearsal string
	DataDir     string
}

// CardSection is some migrations under a heading.
type CardSection struct {
	Title string
	None  string // said where there is no card
	Tally string // how many there are, of which Cards may be a page
	Cards []CardProps
	Lead  bool // its first action stands out
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

// CardProps is one migration on the first page.
type CardProps struct {
	ID        string
	Name      string
	Rehearsal bool
	Turn      Tag
	Meter     []State // one a step
	Count     string  // "3 of 6"
	Next      *Link   // "Continue: Test the connection"
	Detail    string  // "Python · run 3 failed at Certificate · 2 h ago"
}

// NewProps is the form of a new migration.
// Form: POST /new, fields name, lang, mode, auth. Test ids: name, create-migration.
type NewProps struct {
	Name     string
	Langs    []Choice // select
	Modes    []Choice // radio: rehearsal, cloud
	Auths    []Choice // radio: mtls, api-key
	Problems Problems
}

// OverviewProps is the hub of a migration.
// Form: POST /m/{m}/note, fields step, why. Test ids: continue, step-<id>, record-note, why.
type OverviewProps struct {
	Migration string
	Name      string
	Summary   string // "Python · mTLS · started 12 Nov 2026"
	Turn      TurnProps
	Crossing  CrossingProps
	Steps     StepsProps
	Activity  ActivityProps
	Twin      CodeProps // terminal twin
	Links     []Link    // "All runs", "Report"
}

// TurnProps says whose turn it is and what comes next. id=turn.
type TurnProps struct {
	Tag      Tag
	Text     string // "4 of 6 done"
	Continue *Link  // nil when all is done
}

// StepsProps is the task list of the overview. id=steps. NoteStep is the step chosen in the note form when a
// note was refused ("" leaves the form closed), NoteWhy what was typed.
type StepsProps struct {
	Migration string
	Steps     []StepProps
	NoteStep  string
	NoteWhy   string
	Problems  Problems // Fields "step", "why"
}

// ActivityProps is the list of what was observed, newest first. id=activity.
type ActivityProps struct {
	Rows []ActivityRow
}

// ActivityRow is one observed fact.
type ActivityRow struct {
	When  string // "12 Nov 2026, 10:42"
	Stamp string // RFC 3339, for <time>
	Who   string
	Text  string
	Stale string // "no longer counts: the namespace changed", "" while it counts
}

// SettingsProps is where a migration is renamed, archived and deleted.
// Forms: POST /m/{m}/settings/name with field name, /archive with field away, /delete with field name.
// Test ids: rename, archive, delete, delete-name.
type SettingsProps struct {
	Migration      string
	Name           string
	NewName        string   // in the field
	Archived       string   // "archived 12 Nov 2026"; "" for one that is not
	Goes           []string // what a deletion takes along
	Typed          string   // what was typed to confirm it; never the name by itself
	Open           bool     // the deletion was refused: its form stays open
	NameProblems   Problems // Field "name"
	DeleteProblems Problems // Field "confirm"
}

// NamespaceProps is step 1.
// Form: POST /m/{m}/namespace, fields namespace, region. While typing, the script posts field namespace to
// POST /preview/namespace, which answers NamespacePreview.
// Test ids: namespace, save-namespace, continue.
type NamespaceProps struct {
	Migration string
	Value     string   // in the field: as typed, as saved, or the suggestion of a rehearsal
	Regions   []Choice // select; none: no select
	Preview   NamespacePreviewProps
	Saved     string // "Saved 12 Nov, 10:42 by Dana"; "" before
	Next      *Link  // the next step once saved
	Rehearsal bool   // a made-up name is fine: says so
	Problems  Problems
	Twin      CodeProps
}

// NamespacePreviewProps is what follows from a pasted text. id=ns-preview. The zero value is the state
// before anything was typed.
type NamespacePreviewProps struct {
	Tag     Tag // Good "Valid", Bad "Not a Namespace ID"
	Parts   []PartProps
	Repairs []RepairProps // what was changed, in order
	Derived []Pair        // Namespace ID, endpoint, server name, UI link, environment
	Notes   []string      // harmless remarks
	// Problems, when the text cannot be understood; shown without field links.
	Problems Problems
}

// PartProps is one part of the endpoint with its name: "payments-prod" is the name, "a1b2c" the account.
type PartProps struct {
	Text  string
	Name  string
	State State  // Bad for the part that breaks a rule
	Sep   string // what stands before it: "", ".", ":"
}

// RepairProps is one thing changed in what was pasted.
type RepairProps struct {
	From, To, Text string
	Code           string // IN-01
}

// RunRow is one run in a list.
type RunRow struct {
	Number string // "3"
	URL    string
	State  State
	Word   string
	Title  string // the verdict or the result
	Code   string // CL-01, "" when it passed
	When   string
	Stamp  string // RFC 3339
	Took   string // "155 ms"
}

// RunsProps is the list of a migration's runs.
type RunsProps struct {
	Migration string
	Name      string
	Spark     SparkProps
	Checks    []CheckRow
	Transfers []RunRow
	Drills    []RunRow
}

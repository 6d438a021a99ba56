package views

// SettingsProps is where a migration is renamed, archived and deleted.
// Forms: POST /m/{m}/settings/name with field name, /archive with field away, /delete with field name.
// Test ids: rename, archive, delete, delete-name.
type SettingsProps struct {
	Migration      string
	Name           string
	NewName        string   // in the field
	Archived       string   // "archived 12 Nov 2026"; "" for one that is not
	Goes           []string // what a deletion takes along
	DeleteSaw      string   // the edition of that, as in Frame
	Typed          string   // what was typed to confirm it; never the name by itself
	Open           bool     // the deletion was refused: its form stays open
	Teams          []Choice // it may be given to; fewer than two: no form
	TeamProblems   Problems // Field "team"
	TeamSaw        string   // the edition of the team that it has
	NameProblems   Problems // Field "name"
	DeleteProblems Problems // Field "confirm"

	Switch *Link // to the change of the sign-in method; nil without a namespace

	Place     string // where the namespace is: "Temporal Cloud", "the rehearsal cloud"
	Namespace []Pair // the namespace as it was read there; none: nobody has read it
	CAs       []Pair // its CA certificates, and when they expire
	Read      string // when
	OpsURL    string // where it is read again; "" for nowhere
}

// problems are those of every form of the page.
func (p SettingsProps) problems() Problems {
	return append(append(p.NameProblems[:len(p.NameProblems):len(p.NameProblems)], p.TeamProblems...), p.DeleteProblems...)
}

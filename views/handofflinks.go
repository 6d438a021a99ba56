package views

// HandoffListProps are the links of a migration by which somebody without an account does one task: how to make one, and
// what became of those there are. id=handoff-list is the list. Form: POST /m/{m}/upload/links, fields for, task, filters, saw; POST below
// it: /{number}/revoke. Test ids: handoff-for, handoff-make, handoff-state-<number>, handoff-revoke-<number>.
type HandoffListProps struct {
	Migration string
	Edition   string
	Task      string // which the form is for (migration.Tasks)
	Filters   string // that it asks for
	Lead      string // what the link is for
	Cannot    string // why none can be made now, as a sentence; "" where one can
	For       string // as typed
	Problems  Problems
	Go        bool // making one is the page's first action
	Links     []HandoffLinkProps
}

// HandoffLinkProps is one link of the list.
type HandoffLinkProps struct {
	Number  string
	For     string
	Tag     Tag
	Text    string // "made by Dana on 29 Nov 2026, expires on 13 Dec 2026"
	Words   string // of the person; "" for none
	Revoked bool   // or otherwise over: nothing is left to revoke
	Ended   bool   // it works no longer; revoking it says that nobody is to be asked any more
}

// HandoffLinksProps is the page of the list, with the link that was made just now.
type HandoffLinksProps struct {
	Links HandoffListProps
	Made  *HandoffMadeProps // nil: none was
	Back  Link
}

// HandoffMadeProps is a link that was made just now: it is shown this once. Test ids: handoff-link, handoff-message,
// handoff-mail.
type HandoffMadeProps struct {
	For, Until string
	Link       CodeBlockProps
	Message    CodeBlockProps // with the link, for chat
	Mail       string         // mailto:, "" where the text would not fit into one
}

package views

// HandoffTaskProps is the page behind a hand-off link, for a Cloud admin who has three minutes and no account. id=handoff-task
// is the part that updates by itself. Forms: POST below Path: /opened, /upload, /done and /not-me (field words), /look. Test
// ids: handoff-status, upload-here, done, words, not-me, not-me-words, look-again, ca-pem, download-ca.
type HandoffTaskProps struct {
	Path    string // /h/{token}
	Task    string // "Add one CA certificate to payments-prod.a1b2c"
	From    string // "A request for Omar"
	Ask     string
	Needs   string
	Until   string
	Opened  bool // that it was opened is known
	Status  HandoffStatusProps
	Closed  bool // superseded: nothing is shown of what was asked for
	PEM     CodeBlockProps
	Facts   []Pair
	Compare string
	Title   string // of what it is about: "The CA certificate"
	Copy    string // of the button that copies PEM, at the second step; "" for none
	Here    string // a rehearsal: the button of this page that does it; "" elsewhere
	Link    *Link
	Steps   []string

	Commands       []HandoffCommand
	Changes, Stays []string
	Unverified     []string
	DoneText       string
	Answer         bool // an answer can be given
	Done, NotMe    bool // the answer that was given
	Words          string
	WordsFor       string // which answer the words were typed for: "done" or "not-me"
	Problems       Problems
}

// HandoffStatusProps says where the request is.
type HandoffStatusProps struct {
	Tag  Tag
	Text string
	Saw  string // what the last look saw; "" for none
	Look bool   // Onramp can look again
}

func wordsOf(p HandoffTaskProps, answer string) string {
	if p.WordsFor == answer {
		return p.Words
	}
	return ""
}

func problemsOf(p HandoffTaskProps, answer string) Problems {
	if p.WordsFor == answer {
		return p.Problems
	}
	return nil
}

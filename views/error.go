package views

// ErrorProps is a page-level failure.
type ErrorProps struct {
	Status    string // "404"
	Title     string
	Cause     string
	NotWrong  string
	Fix       string
	Who       string
	Outcome   string // "Nothing was changed." or "This was saved."
	RequestID string
	Links     []Link // next steps; the first is the primary
}

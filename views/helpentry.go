package views

// HelpEntryProps is one fault explained.
type HelpEntryProps struct {
	Code     string
	Title    string
	Stage    string // "falls at check 7, client certificate"
	Cause    string
	NotWrong string
	Fixes    []FixProps
	Symptoms []string // what tools print
	Confirm  string
	Unseen   string
	Related  []Link
	Sources  []Link
}

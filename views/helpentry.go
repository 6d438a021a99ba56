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
	Confirm  string   // a sentence
	// ConfirmCommand is what shows it in a terminal; StandIns say what stands in the commands for the reader's own values.
	ConfirmCommand CodeBlockProps
	StandIns       []Pair
	Unseen         string
	Related        []Link
	Sources        []Link
}

package views

// InspectProps is the page that reads whatever is dropped on it. Form: POST /certificates/inspect, multipart,
// fields files (several), text, passphrase. The answer is the page with Result; nothing is stored.
// Test ids: inspect, inspect-files, inspect-text, ca-key-warning.
type InspectProps struct {
	Problems Problems
	Result   *InspectResult
	Twin     CodeBlockProps
}

// InspectResult is what was found, with no key in it.
type InspectResult struct {
	Summary string // "2 certificates and 1 private key in 3 files"
	CAKey   string // the file that holds a CA's private key, "" for none
	Chains  []ChainProps
	Items   []ItemRow
	Repairs []RuleRow
	Report  *ReportProps // nil when there is no certificate
	More    []DetailProps
}

// ItemRow is one thing found in a file.
type ItemRow struct {
	File   string
	What   string // "Private key of the client certificate"
	Detail string
	Tag    Tag    // "read", "locked", "not usable"
	Code   string // of a help page
	Fix    string
}

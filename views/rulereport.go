package views

// ReportProps is the outcome of the certificate rules.
type ReportProps struct {
	Tag  Tag    // "14 rules passed", "1 warning"
	Text string // one sentence
	Rows []RuleRow
}

// RuleRow is one rule.
type RuleRow struct {
	State  State
	Word   string // "passed", "warning", "note", "error"
	Code   string // CH-09
	Rule   string
	Text   string
	Fix    string
	Source string // where the rule is published
}

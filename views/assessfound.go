package views

// AssessFoundProps are what an assessment of the server of today found that concerns a step; the zero value is nothing. id=found.
type AssessFoundProps struct {
	From     Link // "Assessment 2"
	When     string
	Findings []AssessFoundRow
}

// AssessFoundRow is one finding.
type AssessFoundRow struct {
	Tag   Tag
	ID    string
	Title string
	Fix   string
	Code  CodeBlockProps
}

// AssessLead leads to the assessment: what it is, or what the last one said. The zero value is nothing.
type AssessLead struct {
	Text string
	Link Link
}

package views

// AssessRunProps is one assessment: Progress while it reads, then Report, or Verdict where nothing could be read.
// Test ids: stop-assessment, assess-again, assess-json and the like.
type AssessRunProps struct {
	Migration, Run, Number string
	Tag                    Tag
	Title                  string
	Progress               AssessProgress
	Report                 *AssessReport
	Verdict                VerdictProps // with a Title where nothing could be read
	History                []RunRow
	Others                 []Link // assessments to compare with
	ComparedWith           string // "" for none
	Changes                []AssessChange
	Again                  string
}

// AssessProgress is how far an assessment is. Calls is at most Budget.
type AssessProgress struct {
	Phase         string
	Calls, Budget int
}

// AssessChange is a row whose verdict has changed; "" is a row that one of the two has not.
type AssessChange struct{ What, Before, After, Title string }

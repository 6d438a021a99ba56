package views

// AssessRunProps is one assessment: Status while it reads, then Report, or Verdict where nothing could be read.
// Test ids: stop-assessment, assess-again, assess-json and the like.
type AssessRunProps struct {
	Migration, Run, Number string
	Status                 AssessStatusProps
	Title                  string
	Report                 *AssessReport
	Verdict                VerdictProps // with a Title where nothing could be read
	History                []RunRow
	Others                 []Link // assessments to compare with
	ComparedWith           string // "" for none
	Changes                []AssessChange
	Again                  string
}

// AssessStatusProps is how far an assessment is: id=assess-status. Calls is at most Budget.
type AssessStatusProps struct {
	Migration, Run string
	Tag            Tag
	Phase          string
	Calls, Budget  int
	CanStop        bool
}

// AssessChange is a row whose verdict has changed; "" is a row that one of the two has not.
type AssessChange struct{ What, Before, After, Title string }

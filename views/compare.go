package views

// CompareProps is two checks side by side. Test ids: compare-summary.
type CompareProps struct {
	Migration string
	Run       Link // the run that the page is about
	Before    *Link
	After     *Link // nil: there is nothing to compare with
	Summary   string
	Inputs    []ChangeProps
	Stages    []StageChangeProps
	Same      string // "8 checks ended as before"
	Others    []Link // what it can be compared with
	JSON      string
}

// ChangeProps is a named value before and after.
type ChangeProps struct {
	Name, Before, After string
}

// StageChangeProps is one check before and after.
type StageChangeProps struct {
	ID, Number, Title string
	Changed           bool
	Before, After     Tag
	BeforeTime        string
	AfterTime         string
	Evidence          []ChangeProps
	New, Gone         []FindingProps
}

func compareTitle(p CompareProps) string {
	if p.Before == nil || p.After == nil {
		return p.Run.Text + " compared"
	}
	return p.Before.Text + " and " + lowerFirst(p.After.Text) + " compared"
}

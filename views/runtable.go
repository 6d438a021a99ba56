package views

// RunRow is one run in a list.
type RunRow struct {
	Name  string // "Test transfer 3"
	URL   string
	State State
	Word  string
	Title string // the verdict or the result
	Code  string // CL-01, "" when it passed
	When  string
	Stamp string // RFC 3339
	Took  string // "155 ms"
}

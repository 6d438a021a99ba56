package views

// VerdictProps is the answer of a check or transfer. id=verdict. Pending reserves its place.
type VerdictProps struct {
	Pending    bool
	SinceMS    int64 // > 0 while pending: what Cause says goes on since so long; counted on by the script
	State      State
	Word       string // "Connected", "Stopped at Certificate"
	Title      string
	Cause      string
	NotWrong   string
	Level      string // "certain", "likely", "unknown"
	Code       string // CL-01; "" or "OK" shows no link
	HelpURL    string
	Evidence   []Pair // what was seen, in words
	Fixes      []FixProps
	Actions    []Link // the first is the primary: it opens the place where the fault is repaired
	Candidates []CandidateProps
	Confirm    string
	Unseen     string
	NotChecked []string // sentences: what nobody should draw conclusions about
	Made       string   // "Tested from worker-1, by the rules of 2026-11."
	Raw        CodeBlockProps
}

// FixProps is one thing to do and who can.
type FixProps struct {
	Who     string // "Namespace Admin"
	Text    string
	Command CodeBlockProps
}

// CandidateProps is another fault that looks the same from here.
type CandidateProps struct {
	Code, Title, Why, URL string
}

// whoLabel names the person that a fix asks for.
func whoLabel(who string) string {
	switch who {
	case "developer":
		return "Developer"
	case "cloud-admin":
		return "Namespace Admin in Temporal Cloud"
	case "rehearsal":
		return "You, in the rehearsal cloud"
	case "network":
		return "Network team"
	case "platform":
		return "Platform team"
	}
	return who
}

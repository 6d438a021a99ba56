package views

// CutoverRunProps is one look: how far it is, then its report, or Verdict where the source could not be read.
// Test ids: stop-look, look-again, cutover-progress, cutover-json.
type CutoverRunProps struct {
	Migration, Run, Number string
	Tag                    Tag
	Title, Phase           string
	Report                 *CutoverReport
	Verdict                VerdictProps // with a Title where nothing could be read
	History                []RunRow
	Again                  string
}

// CutoverReport is what one look saw.
type CutoverReport struct {
	State                State
	Headline, Incomplete string
	Gates                []CutoverGate
	Sides                []CutoverSide
	Drain, Change, Stuck string
	Types                []CutoverType
	Twins                []CutoverTwin
	Stragglers           []CutoverStraggler
	Within               string // the time that stragglers were looked for in
	Back, Read           string
	Files                []Link
}

// CutoverGate is one gate as it stands. Back is how its step is taken back.
type CutoverGate struct {
	ID, Name, Title               string
	Tag                           Tag
	Fixes                         []FixProps
	Seen, Rule, Wrong, Back, Hash string
	Source, SourceURL             string

	ByHand   bool   // a person passes it by hand
	ByHandAt string // POST with fields gate, why, open; "" where it is not passed by hand
	Typed    string // a reason that was refused, and why
	Problems Problems
}

// CutoverSide is one thing of both sides next to each other.
type CutoverSide struct{ Name, Source, Target string }

// CutoverType is the drain of one workflow type. Red is what keeps it from draining at all.
type CutoverType struct{ Type, Open, First, Closed, Oldest, When, Red string }

// CutoverTwin is a workflow ID that is open on both sides.
type CutoverTwin struct{ ID, Source, Target, StartedBy, Note string }

// CutoverStraggler is who still starts work at the source.
type CutoverStraggler struct{ Identity, Starts, Types, Latest string }

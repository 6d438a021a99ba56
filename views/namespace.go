package views

// NamespaceProps is step 1.
// Form: POST /m/{m}/namespace, fields namespace, region. While typing, the script posts field namespace to
// POST /preview/namespace, which answers NamespacePreview.
// Test ids: namespace, save-namespace.
type NamespaceProps struct {
	OpsURL    string // where the namespace is chosen from a list; "" for nowhere
	Migration string
	Value     string   // in the field: as typed, as saved, or the suggestion of a rehearsal
	Regions   []Choice // select; none: no select
	Preview   NamespacePreviewProps
	Saved     string // "Saved 12 Nov, 10:42 by Dana"; "" before
	Rehearsal bool   // a made-up name is fine: says so
	Assess    AssessLead
	Found     AssessFoundProps
	Problems  Problems
	Create    CodeBlockProps // the command that creates a namespace
	Twin      CodeBlockProps
}

// NamespacePreviewProps is what follows from a pasted text. id=ns-preview. The zero value is the state
// before anything was typed.
type NamespacePreviewProps struct {
	Tag     Tag // Good "Valid", Bad "Not a Namespace ID"
	Parts   []PartProps
	Repairs []RepairProps // what was changed, in order
	Derived []Pair        // Namespace ID, endpoint, server name, UI link, environment
	Notes   []string      // harmless remarks
	// Problems, when the text cannot be understood; shown without field links.
	Problems Problems
}

// PartProps is one part of the endpoint with its name: "payments-prod" is the name, "a1b2c" the account.
type PartProps struct {
	Text  string
	Name  string
	State State  // Bad for the part that breaks a rule
	Sep   string // what stands before it: "", ".", ":"
}

// RepairProps is one thing changed in what was pasted.
type RepairProps struct {
	From, To, Text string
	Code           string // IN-01
}

func namespaceHint(rehearsal bool) string {
	if rehearsal {
		return "In a rehearsal any valid ID does; this one is filled in for you"
	}
	return "For example payments-prod.a1b2c"
}

// preview is the preview of what was refused without the sentences that stand under its field already.
func (p NamespaceProps) preview() NamespacePreviewProps {
	if len(p.Problems.in("namespace")) > 0 {
		p.Preview.Problems = nil
	}
	return p.Preview
}

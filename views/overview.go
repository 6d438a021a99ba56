package views

// OverviewProps is the hub of a migration.
// Form: POST /m/{m}/note, fields step, why. Test ids: continue, step-<id>, record-note, why.
type OverviewProps struct {
	Migration string
	Name      string
	Summary   string // "Python · mTLS · started 12 Nov 2026"
	Turn      TurnProps
	Crossing  CrossingProps
	Assess    AssessLead
	Steps     StepsProps
	Checks    SparkProps // how long the newest took
	Activity  ActivityProps
	Twin      CodeBlockProps // terminal twin
	Message   *MessageProps  // whose turn it is, to send; nil at a portal for one person
	Links     []Link         // "All runs", "Report"
}

// TurnProps says whose turn it is and what comes next. id=turn.
type TurnProps struct {
	Tag      Tag
	Text     string   // "4 of 6 done"
	Since    string   // "waiting since 14 Nov 2026"; "" for nobody's turn
	Besides  []string // "Omar is asked to set the certificate filters.": what was handed to people besides the steps
	Continue *Link    // nil when all is done
}

// MessageProps is a text to send by mail or chat. Test ids: turn-mail, turn-message.
type MessageProps struct {
	Text CodeBlockProps
	Mail string // mailto:, "" where it would not fit into one
}

// StepsProps is the task list of the overview. id=steps. NoteStep is the step chosen in the note form when a
// note was refused ("" leaves the form closed), NoteWhy what was typed.
type StepsProps struct {
	Migration string
	Steps     []StepProps
	NoteStep  string
	NoteWhy   string
	Problems  Problems // Fields "step", "why"
}

// ActivityProps is the list of what was observed, newest first. id=activity.
type ActivityProps struct {
	Rows []ActivityRow
}

// ActivityRow is one observed fact.
type ActivityRow struct {
	When  string // "12 Nov 2026, 10:42"
	Stamp string // RFC 3339, for <time>
	Who   string
	Text  string
	Stale string // "no longer counts: the namespace changed", "" while it counts
}

// noteChoices are the steps that may be noted as done outside.
func noteChoices(p StepsProps) []Choice {
	var cs []Choice
	for _, s := range p.Steps {
		if s.CanNote {
			cs = append(cs, Choice{Value: s.ID, Label: s.Number + ". " + s.Title, Selected: s.ID == p.NoteStep})
		}
	}
	return cs
}

package migration

import (
	"slices"
	"time"
)

// WhoCheck stands for a check, or a test transfer, that has to show how it is: it runs, or somebody said that their part
// is done and nobody has looked since.
const WhoCheck = "check"

// Whose says who acts next, so that a migration goes on.
type Whose struct {
	Who     string    `json:"who,omitempty"`     // WhoDeveloper, WhoCloudAdmin or WhoCheck; "" when nothing is left to do
	Name    string    `json:"name,omitempty"`    // of the person who was asked by a link; "" for nobody in particular
	Step    string    `json:"step,omitempty"`    // what has to be done; "" when all are done
	Since   time.Time `json:"since,omitzero"`    // since when it is theirs
	Run     string    `json:"run,omitempty"`     // that is waited for
	Handoff int       `json:"handoff,omitempty"` // the hand-off that says so; 0 for none
}

// Others reports whether the reader who works on the migration waits for somebody else.
func (w Whose) Others() bool { return w.Who == WhoCloudAdmin }

// WhoseTurn says whose turn a migration is. The rules:
//
//   - The step to continue with decides; with none left it is nobody's, as with a rehearsal that has shown all it can.
//   - A step that waits is the turn of whom it waits for, since then: of a Cloud admin from the moment at which what
//     they need was there, or by name from the moment at which a link was made for them.
//   - While a run about the step is under way, it is that run's.
//   - Anything else is the developer's: since the step failed or went stale, since an answer came, and otherwise since
//     the newest step before it was done, or the migration was begun.
func WhoseTurn(v View) Whose {
	s := v.Step(v.Next)
	w := Whose{Who: s.Who, Name: s.Name, Step: s.ID, Since: s.Since, Handoff: s.Handoff}
	switch s.Status {
	case "", Rehearsed:
		return Whose{}
	case Waiting:
		return w
	case LookAgain, Failing:
		w.Who = WhoDeveloper
	default:
		w.Who = WhoDeveloper
		if s.Run != "" && s.Evidence != "" && !s.Since.IsZero() && slices.Contains([]string{StepTest, StepTransfer}, s.ID) {
			w.Who, w.Run = WhoCheck, s.Run
		}
	}
	if w.Since.IsZero() {
		w.Since = v.Migration.Created
		for _, step := range v.Steps {
			if step.Status == Done && step.Since.After(w.Since) {
				w.Since = step.Since
			}
		}
	}
	return w
}

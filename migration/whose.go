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
	// Task is what a person was asked for besides the steps (TaskFilters, TaskRemoveCA), and Back why it came back from
	// them, as a clause; "" where it is about Step, and where it did not.
	Task string `json:"task,omitempty"`
	Back string `json:"back,omitempty"`
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
//   - Where the steps wait for nobody, what was handed to a person besides them decides (Besides).
func WhoseTurn(v View) Whose {
	if w := stepTurn(v); w.Who != "" {
		return w
	}
	if asked := Besides(v); len(asked) > 0 {
		return asked[0]
	}
	return Whose{}
}

// Besides are the turns of what was handed to a person besides the steps, and is not seen to be done: certificate filters to
// be set, an old CA certificate to be removed. The steps go on meanwhile. The rules:
//
//   - It is the turn of the person, by name, from the moment at which the link was made until they answer.
//   - Once they say that it is done, it is a check's, which has to show it; but where Onramp cannot see it, filters in
//     Temporal Cloud, it stays their word, and nobody is waited for.
//   - When it is not theirs, or the link has ended without an answer, it is the developer's, until they take the link back.
func Besides(v View) []Whose {
	var out []Whose
	for _, task := range []string{TaskFilters, TaskRemoveCA} {
		h := v.Handoffs.Asked(task)
		if h != nil && h.State == HandoffDone && task == TaskFilters && !v.Migration.Mode.Can().Bundle {
			h = v.Handoffs.openSince(task, h.Done)
		}
		if h == nil {
			continue
		}
		w := Whose{Who: WhoDeveloper, Task: task, Since: h.Since, Handoff: h.Number, Back: h.cameBack()}
		switch h.State {
		case HandoffMade, HandoffOpened:
			w.Who, w.Name, w.Since = WhoCloudAdmin, h.For, h.Made
		case HandoffDone:
			w.Who, w.Name = WhoCheck, h.For
		}
		out = append(out, w)
	}
	return out
}

// openSince is the newest hand-off of a task that is open and was made after a moment; nil for none.
func (hs Handoffs) openSince(task string, at time.Time) *Handoff {
	for i := range slices.Backward(hs) {
		if h := &hs[i]; h.Task == task && h.Open() && h.Made.After(at) {
			return h
		}
	}
	return nil
}

// Path is where the turn is taken, below the migration's address: "upload", "certificates/filters"; "" for nobody's.
func (w Whose) Path() string {
	switch w.Task {
	case TaskFilters:
		return "certificates/filters"
	case TaskRemoveCA:
		return "certificates/replace"
	}
	return w.Step
}

// stepTurn is whose turn the steps are; the zero Whose for nobody's.
func stepTurn(v View) Whose {
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

package web

import (
	"fmt"
	"strings"

	"onramp/migration"
	"onramp/views"
)

// CardsPerPage bounds the list of migrations; atAGlance is how many need no filters.
const (
	CardsPerPage = 25
	AtAGlance    = 9
)

// TurnOf says how a migration stands as a whole: the step to continue with decides, the zero step for none; what was handed
// to a person besides where that says whose turn it is.
func TurnOf(next migration.StepView, w migration.Whose) views.Tag {
	switch {
	case w.Task == "":
	case w.Who == migration.WhoDeveloper:
		return views.Tag{State: views.Busy, Word: "Your turn"}
	default:
		return views.Tag{State: views.Wait, Word: StepWord(migration.StepView{Status: migration.Waiting, Who: w.Who, Name: w.Name})}
	}
	switch next.Status {
	case "":
		return views.Tag{State: views.Good, Word: "Done"}
	case migration.Rehearsed:
		return views.Tag{State: views.Good, Word: "Rehearsed"}
	case migration.NotStarted:
		return views.Tag{State: views.Busy, Word: "Your turn"}
	}
	return views.Tag{State: StepState(next.Status), Word: StepWord(next)}
}

// CardProps is a migration as a card of the list.
func CardProps(m migration.Card) views.CardProps {
	c := views.CardProps{ID: m.ID, Name: m.Name, Rehearsal: m.Mode.Can().Practice,
		Turn: TurnOf(m.Next, m.Whose), Count: fmt.Sprintf("%d of %d", m.Done, len(m.Steps)), Next: ContinueLink(m.ID, m.Next, m.Whose)}
	c.ReplacingURL = MovePath(m.ID, "certificates", "replace")
	switch m.Replacing {
	case migration.ReplaceCA:
		c.Replacing = "Replacing the CA certificate"
	case migration.ReplaceLeaf:
		c.Replacing = "Replacing the client certificate"
	case migration.ReplaceKey:
		c.Replacing, c.ReplacingURL = "Replacing the API key", MovePath(m.ID, "keys")
	case migration.ReplaceAuth:
		c.Replacing, c.ReplacingURL = "Changing the sign-in method", MovePath(m.ID, "switch")
	}
	for _, s := range m.Steps {
		c.Meter = append(c.Meter, StepState(s))
	}
	c.Detail = LangName(m.Lang) + " · started " + Day(m.Created)
	if text := stepDetail(m.Next); text != "" {
		c.Detail = LangName(m.Lang) + " · " + text
	}
	for _, b := range m.Besides {
		c.Detail += " · " + b.Asked()
	}
	if since := Since(m.Whose); since != "" && !m.Whose.Since.Equal(m.Created) {
		c.Detail += " · " + since
	}
	if !m.Archived.IsZero() {
		c.Detail += " · archived " + Day(m.Archived)
	}
	return c
}

// ContinueLink leads to the step to continue with, or to what was handed to a person besides where that says whose turn it
// is; nil when all is done.
func ContinueLink(m string, next migration.StepView, w migration.Whose) *views.Link {
	if w.Task != "" {
		return &views.Link{Text: "Continue: " + migration.TaskTitle(w.Task), URL: MovePath(m, strings.Split(w.Path(), "/")...)}
	}
	if next.ID == "" {
		return nil
	}
	if next.Status == migration.Rehearsed {
		return &views.Link{Text: "Next: your own worker", URL: MovePath(m, next.ID)}
	}
	return &views.Link{Text: "Continue: " + next.Title, URL: MovePath(m, next.ID)}
}

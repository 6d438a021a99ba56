package migration

import (
	"fmt"
	"strings"
	"time"
)

// onDay is a moment's date for people who may be anywhere.
func onDay(t time.Time) string { return t.UTC().Format("2 January 2006") }

// TurnLink is the address where the turn is taken: of the step, or of what was handed to a person; of the migration where
// none is left.
func TurnLink(v View, base string) string {
	at := base + "/m/" + v.Migration.ID
	if path := WhoseTurn(v).Path(); path != "" {
		at += "/" + path
	}
	return at
}

// Asked says what became of a task that was handed to a person besides the steps, in one sentence without a full stop.
func (w Whose) Asked() string {
	what := lowerFirst(TaskTitle(w.Task))
	switch w.Who {
	case WhoCloudAdmin:
		return w.Name + " is asked to " + what
	case WhoCheck:
		return w.Name + " says that " + doneText(w.Task) + "; no check has seen it yet"
	}
	return "Somebody else has to " + what + ": " + w.Back
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// TurnText says whose turn a migration is, to send by mail or chat: a subject and the lines below it, with the link to
// the step. base is the portal's address without a slash at its end. Nothing of it is secret, and what it links to asks
// for a sign-in. Of a migration that waits for nobody it says that it is done.
func TurnText(v View, base string) (subject string, lines []string) {
	w, name := WhoseTurn(v), v.Migration.Name
	at := TurnLink(v, base)
	done := fmt.Sprintf("%d of %d steps are done.", v.DoneCount, len(v.Steps))
	if w.Who == "" {
		return name + ": nothing is left to do", []string{fmt.Sprintf("The migration of “%s” waits for nobody.", name), done, "", at}
	}
	what, step := lowerFirst(TaskTitle(w.Task)), ""
	s := v.Step(w.Step)
	if w.Task == "" {
		what, step = lowerFirst(s.Title), fmt.Sprintf(" (step %d of %d)", s.Number, len(v.Steps))
	}
	waits := func(whom string) string {
		if w.Since.IsZero() {
			return fmt.Sprintf("The migration of “%s” is waiting for %s: %s%s.", name, whom, what, step)
		}
		return fmt.Sprintf("The migration of “%s” has been waiting for %s since %s: %s%s.", name, whom, onDay(w.Since), what, step)
	}
	switch who := w.Name; {
	case w.Who == WhoCloudAdmin && who != "":
		subject = fmt.Sprintf("%s: waiting for %s to %s", name, who, what)
		lines = append(lines, waits(who), who+" has a link of their own for it, which needs no account.")
	case w.Who == WhoCloudAdmin:
		subject = fmt.Sprintf("%s: waiting for a Namespace Admin to %s", name, what)
		lines = append(lines, waits("a Namespace Admin"))
		if v.Namespace != nil {
			lines = append(lines, "It is about the namespace "+v.Namespace.Namespace+".")
		}
	case w.Who == WhoCheck:
		subject = fmt.Sprintf("%s: waiting for a check", name)
		lines = append(lines, waits("a check"))
		if who != "" {
			lines = append(lines, who+" says that it is done.")
		}
	default:
		subject = fmt.Sprintf("%s: your turn to %s", name, what)
		lines = append(lines, waits("its developers"))
		if s.Status == Failing && s.Evidence != "" {
			lines = append(lines, strings.ToUpper(s.Evidence[:1])+s.Evidence[1:]+".")
		}
		if w.Back != "" {
			lines = append(lines, strings.ToUpper(w.Back[:1])+w.Back[1:]+".")
		}
	}
	for _, b := range Besides(v) {
		if b != w {
			lines = append(lines, "Besides, "+lowerUnlessName(b)+".")
		}
	}
	return subject, append(lines, done, "", at)
}

// lowerUnlessName is Asked within a sentence.
func lowerUnlessName(w Whose) string {
	if w.Name != "" {
		return w.Asked()
	}
	return lowerFirst(w.Asked())
}

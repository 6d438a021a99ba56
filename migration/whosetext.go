package migration

import (
	"fmt"
	"strings"
	"time"
)

// onDay is a moment's date for people who may be anywhere.
func onDay(t time.Time) string { return t.UTC().Format("2 January 2006") }

// TurnLink is the address of the step whose turn it is, or of the migration where none is left.
func TurnLink(v View, base string) string {
	at := base + "/m/" + v.Migration.ID
	if step := WhoseTurn(v).Step; step != "" {
		at += "/" + step
	}
	return at
}

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
	s := v.Step(w.Step)
	what := strings.ToLower(s.Title[:1]) + s.Title[1:]
	since := ""
	if !w.Since.IsZero() {
		since = " since " + onDay(w.Since)
	}
	switch who := w.Name; {
	case w.Who == WhoCloudAdmin && who != "":
		subject = fmt.Sprintf("%s: waiting for %s to %s", name, who, what)
		lines = append(lines, fmt.Sprintf("The migration of “%s” waits for %s%s: %s (step %d of %d).", name, who, since, what, s.Number, len(v.Steps)),
			who+" has a link of their own for it, which needs no account.")
	case w.Who == WhoCloudAdmin:
		subject = fmt.Sprintf("%s: waiting for a Namespace Admin to %s", name, what)
		lines = append(lines, fmt.Sprintf("The migration of “%s” waits for a Namespace Admin%s: %s (step %d of %d).", name, since, what, s.Number, len(v.Steps)))
		if v.Namespace != nil {
			lines = append(lines, "It is about the namespace "+v.Namespace.Namespace+".")
		}
	case w.Who == WhoCheck:
		subject = fmt.Sprintf("%s: waiting for a check", name)
		lines = append(lines, fmt.Sprintf("The migration of “%s” waits for a check%s: %s (step %d of %d).", name, since, what, s.Number, len(v.Steps)))
		if who != "" {
			lines = append(lines, who+" says that it is done.")
		}
	default:
		subject = fmt.Sprintf("%s: your turn to %s", name, what)
		lines = append(lines, fmt.Sprintf("The migration of “%s” waits for its developers%s: %s (step %d of %d).", name, since, what, s.Number, len(v.Steps)))
		if s.Status == Failing && s.Evidence != "" {
			lines = append(lines, strings.ToUpper(s.Evidence[:1])+s.Evidence[1:]+".")
		}
	}
	return subject, append(lines, done, "", at)
}

package web

import (
	"fmt"

	"onramp/migration"
	"onramp/views"
)

// AssessFound is what the newest assessment found that concerns a step.
func AssessFound(v Visit, step string) (p views.AssessFoundProps) {
	a := migration.LastAssessed(v.Facts)
	for i, f := range a.For(v.View, step) {
		state := views.Warn
		if f.Verdict == "BLOCKER" {
			state = views.Bad
		}
		row := views.AssessFoundRow{Tag: views.Tag{State: state, Word: f.Verdict}, ID: f.Check, Title: f.Title + ".", Fix: f.Fix}
		if f.Command != "" {
			row.Code = views.CodeBlockProps{ID: fmt.Sprintf("found-%d", i+1), Name: "Terminal", Lang: "bash", Text: f.Command}
		}
		p.Findings = append(p.Findings, row)
	}
	if len(p.Findings) > 0 {
		p.From, p.When = views.Link{Text: fmt.Sprintf("Assessment %d", a.Number), URL: MovePath(v.Migration.ID, "assess", a.Run), TestID: "found-from"}, Moment(a.At)
	}
	return p
}

// AssessLead leads from what stands before step 1 to the assessment, and to the last one where there is one.
func AssessLead(v Visit) views.AssessLead {
	if a := migration.LastAssessed(v.Facts); a != nil {
		return views.AssessLead{Text: fmt.Sprintf("The server you use today, %s: grade %s. %s", a.Server, a.Grade, a.Headline),
			Link: views.Link{Text: fmt.Sprintf("Assessment %d", a.Number), URL: MovePath(v.Migration.ID, "assess", a.Run), TestID: "assess-last"}}
	}
	if v.Step(migration.StepNamespace).Status == migration.Done {
		return views.AssessLead{}
	}
	return views.AssessLead{Text: "Before step 1, see what must change:", Link: views.Link{Text: "Assess the server you use today", URL: MovePath(v.Migration.ID, "assess"), TestID: "look-at-it"}}
}

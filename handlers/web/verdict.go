package web

import (
	"fmt"

	"onramp/doctor"
	"onramp/migration"
	"onramp/views"
)

// Candidates are other faults that look the same.
func Candidates(cs []doctor.Candidate) []views.CandidateProps {
	var out []views.CandidateProps
	for _, c := range cs {
		cp := views.CandidateProps{Code: c.Code, Title: c.Code, Why: c.Why}
		if e, ok := doctor.Lookup(c.Code); ok {
			said, _ := e.General()
			cp.Title, cp.URL = said.Title, HelpPath(c.Code)
		}
		out = append(out, cp)
	}
	return out
}

// VerdictProps is a verdict as the pages show it. id begins the ids of its code blocks; ev is the evidence
// of the stage where it fell.
func VerdictProps(v doctor.Verdict, ev []views.Pair, m migration.View) views.VerdictProps {
	p := views.VerdictProps{State: views.Bad, Title: v.Title, Cause: v.Cause, NotWrong: v.NotWrong, Level: string(v.Level),
		Code: v.Code, Evidence: ev, Confirm: v.Confirm, Unseen: v.Unseen}
	switch v.Code {
	case doctor.OK:
		p.State, p.Word = views.Good, "All is well"
	case doctor.UnknownCode, "":
		p.State, p.Word = views.Warn, "Stopped at "+MarkOf(v.Stage)
	default:
		p.Word = "Stopped at " + MarkOf(v.Stage)
		p.HelpURL = HelpPath(v.Code)
	}
	for i, f := range v.Fix {
		p.Fixes = append(p.Fixes, FixProps(f, fmt.Sprintf("fix-%d", i+1)))
	}
	p.Candidates = Candidates(v.Candidates)
	p.Actions = verdictActions(v, m)
	return p
}

// FixProps is a fix and who can do it; id is that of its command on the page.
func FixProps(f doctor.Fix, id string) views.FixProps {
	p := views.FixProps{Who: f.Who, Text: f.Text}
	if f.Command != "" {
		p.Command = views.CodeBlockProps{ID: id, Name: "Command", Lang: "bash", Text: f.Command}
	}
	return p
}

// stepOfStage is the step whose page repairs what a stage found.
var stepOfStage = map[string]string{
	"input": migration.StepNamespace, "pair": migration.StepCertificates, "chain": migration.StepCertificates,
	"client-cert": migration.StepUpload, "namespace": migration.StepNamespace,
	"task-queue": migration.StepCode, "workflow": migration.StepCode,
}

// verdictActions are the next steps, at most three.
func verdictActions(v doctor.Verdict, m migration.View) []views.Link {
	var out []views.Link
	if v.Code == doctor.OK {
		if l := NextLink(m, migration.StepTest); l != nil {
			out = append(out, *l)
		}
		return out
	}
	if step, ok := stepOfStage[v.Stage]; ok {
		s := m.Step(step)
		out = append(out, views.Link{Text: fmt.Sprintf("Open step %d: %s", s.Number, s.Title), URL: MovePath(m.Migration.ID, step)})
	}
	if _, ok := doctor.Lookup(v.Code); ok {
		out = append(out, views.Link{Text: "Explain " + v.Code, URL: HelpPath(v.Code)})
	} else {
		out = append(out, views.Link{Text: "Explain an error text", URL: "/decode"})
	}
	return out
}

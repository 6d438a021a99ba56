package web

import (
	"fmt"
	"strings"

	"onramp/cloud"
	"onramp/doctor"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// Candidates are other faults that look the same; asked is the run's request.
func Candidates(cs []doctor.Candidate, asked runs.CheckRequest) []views.CandidateProps {
	var out []views.CandidateProps
	for _, c := range cs {
		cp := views.CandidateProps{Code: c.Code, Title: c.Code, Why: c.Why}
		if title, ok := titleOf(c.Code, asked); ok {
			cp.Title, cp.URL = title, HelpPath(c.Code)
		}
		out = append(out, cp)
	}
	return out
}

// VerdictProps is a verdict of a run as the pages show it; ev is the evidence of the stage where it fell, asked the run's
// request.
func VerdictProps(v doctor.Verdict, ev []views.Pair, m migration.View, asked runs.CheckRequest) views.VerdictProps {
	p := views.VerdictProps{State: views.Bad, Title: v.Title, Cause: v.Cause, NotWrong: v.NotWrong, Level: string(v.Level),
		Code: v.Code, Evidence: ev, Confirm: v.Confirm, Unseen: v.Unseen}
	stopped := "Stopped at " + MarkOf(v.Stage)
	if v.Stage == "client-cert" && asked.Auth == cloud.AuthAPIKey {
		stopped = "Stopped at " + signIn
	}
	switch v.Code {
	case doctor.OK:
		p.State, p.Word = views.Good, "Connected"
	case doctor.UnknownCode, "":
		p.State, p.Word = views.Warn, stopped
	default:
		p.Word = stopped
		p.HelpURL = HelpPath(v.Code)
	}
	for i, f := range v.Fix {
		if m.Migration.Mode.Can().Practice { // no admin is to be asked, and Temporal Cloud's tool knows nothing of the namespace
			if f.Who == "cloud-admin" {
				f.Who = "rehearsal"
			}
			if strings.HasPrefix(f.Command, "tcld ") {
				f.Command = ""
			}
		}
		p.Fixes = append(p.Fixes, FixProps(f, fmt.Sprintf("fix-%d", i+1)))
	}
	p.Candidates = Candidates(v.Candidates, asked)
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

// remedy is where a fault is repaired: a page of the migration, and the part of it.
type remedy struct {
	text   string
	path   []string // below the migration
	anchor string
}

// The places. The anchors are ids of those pages.
var (
	namespacePage = remedy{"Open step 1: change the namespace", []string{migration.StepNamespace}, "namespace"}
	makeNew       = remedy{"Open step 2: make new certificates", []string{migration.StepCertificates}, "again"}
	filtersPage   = remedy{"Open the certificate filters", []string{migration.StepCertificates, "filters"}, "filters"}
	uploadPage    = remedy{"Open step 3: upload the CA certificate", []string{migration.StepUpload}, "guided"}
	giveKey       = remedy{"Open step 4: give the key and the certificate again", []string{migration.StepTest}, "key_source"}
	giveAPIKey    = remedy{"Open step 4: give the API key again", []string{migration.StepTest}, "api_key"}
	checkAgain    = remedy{"Check again", []string{migration.StepTest}, ""}
	variablesPage = remedy{"Open step 5: set the variables", []string{migration.StepCode}, "step-env"}
	runWorker     = remedy{"Open step 5: run the worker", []string{migration.StepCode}, "step-run"}
	changeWorker  = remedy{"Open step 5: change the worker", []string{migration.StepCode}, "step-worker"}
	startAgain    = remedy{"Start another transfer", []string{migration.StepTransfer}, ""}
)

// repaired are the places where faults are repaired, by their code or by its group. What is repaired outside Onramp, in
// the network or by Temporal, is checked again.
var repaired = map[string]remedy{
	"IN": namespacePage, "IN-16": giveKey, "IN-17": giveKey, "IN-20": giveAPIKey,
	"KP": giveKey, "KP-10": makeNew, "KP-33": makeNew, "KP-41": makeNew,
	"CH": makeNew, "CH-10": checkAgain, "CH-26": filtersPage, "CH-27": filtersPage, "CH-01": uploadPage, "CH-02": uploadPage, "CH-03": uploadPage, "CH-04": uploadPage,
	"CH-05": uploadPage, "CH-06": uploadPage, "CH-07": uploadPage, "CH-11": uploadPage, "CH-23": uploadPage, "CH-28": uploadPage, "CH-29": uploadPage, "CH-30": uploadPage, "CH-31": uploadPage,
	"CL-01": giveKey, "CL-02": uploadPage, "CL-03": uploadPage, "CL-04": makeNew, "CL-05": uploadPage, "CL-06": makeNew, "CL-07": giveKey, "CL-09": makeNew,
	"DN-01": namespacePage, "DN-04": namespacePage,
	"NS-01": namespacePage, "NS-02": filtersPage, "NS-04": namespacePage, "NS-05": namespacePage, "NS-06": namespacePage, "NS-09": namespacePage, "NS-10": filtersPage, "NS-11": namespacePage,
	"AK": giveAPIKey, "AK-08": namespacePage,
	"TQ": runWorker, "TQ-02": variablesPage, "TQ-03": variablesPage, "TQ-07": variablesPage, "TQ-05": changeWorker, "TQ-10": changeWorker,
	"WF": changeWorker, "WF-13": startAgain, "WF-14": startAgain, "WF-16": startAgain, "WF-17": startAgain, "WF-19": startAgain, "WF-20": startAgain,
	"WK": changeWorker,
}

// remedyOf is where a verdict's fault is repaired in a migration that signs in by auth.
func remedyOf(v doctor.Verdict, auth string) remedy {
	group, _, _ := strings.Cut(v.Code, "-")
	p, ok := repaired[v.Code]
	if !ok {
		p, ok = repaired[group]
	}
	if !ok {
		return checkAgain
	}
	if auth != cloud.AuthAPIKey && p.anchor == giveAPIKey.anchor {
		return giveKey
	}
	if first := p.path[0]; auth == cloud.AuthAPIKey && (p.anchor == giveKey.anchor || first == migration.StepCertificates || first == migration.StepUpload) {
		return giveAPIKey
	}
	return p
}

// verdictActions are the next steps: the place where the fault is repaired, and what explains it.
func verdictActions(v doctor.Verdict, m migration.View) []views.Link {
	if v.Code == doctor.OK {
		if l := NextLink(m, migration.StepTest); l != nil {
			return []views.Link{*l}
		}
		return nil
	}
	p := remedyOf(v, m.Migration.Auth)
	first := views.Link{Text: p.text, URL: MovePath(m.Migration.ID, p.path...), TestID: "repair"}
	if p.anchor != "" {
		first.URL += "#" + p.anchor
	}
	if (v.Code == "AK-01" || v.Code == "AK-02") && m.Migration.Mode.Can().Bundle && m.Namespace != nil { // there it can be changed
		first.Text, first.URL = "Open the rehearsal cloud: change how workers sign in", CloudPath(m.Namespace.Namespace)+"?m="+m.Migration.ID+"#sign-in"
	}
	if _, ok := doctor.Lookup(v.Code); ok {
		return []views.Link{first, {Text: "Explain " + v.Code, URL: HelpPath(v.Code)}}
	}
	return []views.Link{first, {Text: "Explain an error text", URL: "/decode"}}
}

// BeforeUpload is where a fault that a look for the CA certificate met is repaired, if an upload does not mend it: no
// admin can help then. nil where the upload may be what is missing.
func BeforeUpload(code string, m migration.View) *views.Link {
	if code == "" || code == doctor.OK || !migration.StopsBeforeCA(code) {
		return nil
	}
	l := verdictActions(doctor.Verdict{Code: code}, m)[0]
	l.TestID = "before-upload"
	return &l
}

// Evidence is what a stage saw, in words.
func Evidence(ev map[string]any) (out []views.Pair) {
	for _, x := range doctor.EvidenceWords(ev) {
		out = append(out, views.Pair{Name: x.Name, Value: x.Value, Mono: x.Exact})
	}
	return out
}

package web

import (
	"fmt"
	"slices"
	"strings"

	"onramp/cloud"
	"onramp/doctor"
	"onramp/namespace"
	"onramp/runs"
	"onramp/views"
)

// StageTitles are the ten stages in words, by stage id.
var StageTitles = map[string]string{
	"input":       "Your input is valid",
	"pair":        "Key and certificate belong together",
	"chain":       "The certificate meets Temporal Cloud's rules",
	"dns":         "The name resolves",
	"tcp":         "The port answers",
	"tls":         "The server proves who it is",
	"client-cert": "The server accepts your certificate",
	"grpc":        "Temporal answers",
	"namespace":   "The namespace answers",
	"task-queue":  "A worker polls the task queue",
}

// keyTitles are those of a check that signs in with an API key: nothing of a certificate is asked for.
var keyTitles = map[string]string{
	"pair":        "No key pair is needed",
	"chain":       "No certificate is needed",
	"client-cert": "The server asks for no certificate",
	"namespace":   "The namespace accepts the API key",
}

// StageTitle is a stage in words; auth is how it signs in.
func StageTitle(id, auth string) string {
	if t := keyTitles[id]; t != "" && auth == cloud.AuthAPIKey {
		return t
	}
	return StageTitles[id]
}

// waits are what a check that is under way waits for.
var waits = map[string]string{
	"input":       "Reading your input",
	"pair":        "Reading key and certificate",
	"chain":       "Reading the certificate",
	"dns":         "Waiting for the DNS server’s answer",
	"tcp":         "Waiting for the server to accept the connection",
	"tls":         "Waiting for the server’s certificate",
	"client-cert": "Waiting for the server to accept or refuse",
	"grpc":        "Waiting for Temporal’s answer",
	"namespace":   "Waiting for the namespace’s answer",
	"task-queue":  "Waiting for the list of workers",
}

// NotChecked is what a report did not look at, as sentences that name its stages as the rows do.
func NotChecked(list []string) []string {
	var out []string
	for _, s := range list {
		if id, why, ok := strings.Cut(s, ": "); ok && StageTitles[id] != "" {
			s = fmt.Sprintf("Stage %d (%s): %s", StageNumber(id), StageTitles[id], why)
		}
		out = append(out, UpperFirst(s)+".")
	}
	return out
}

// StageNumber is a stage's place on the ladder, from 1; 0 for none.
func StageNumber(id string) int { return slices.Index(doctor.StageIDs, id) + 1 }

// StageTag is the status of a check with its word.
func StageTag(s doctor.Status) views.Tag {
	switch s {
	case doctor.Pass:
		return views.Tag{State: views.Good, Word: "Passed"}
	case doctor.Warn:
		return views.Tag{State: views.Warn, Word: "Warning"}
	case doctor.Fail:
		return views.Tag{State: views.Bad, Word: "Failed"}
	case doctor.Skip:
		return views.Tag{State: views.Idle, Word: "Skipped"}
	case doctor.Running:
		return views.Tag{State: views.Busy, Word: "Checking"}
	}
	return views.Tag{State: views.Idle, Word: "Not reached"}
}

// StageProps is one check of a run as a row. live rows keep one height; a failed row of an ended run stands open.
func StageProps(id string, s doctor.Stage, known, live bool, asked runs.CheckRequest) views.StageProps {
	p := views.StageProps{ID: id, Number: fmt.Sprint(StageNumber(id)), Title: StageTitle(id, asked.Auth), State: views.Idle, Word: "Waiting", Live: live}
	if !live {
		p.Word = "Not reached"
	}
	if !known {
		return p
	}
	tag := StageTag(s.Status)
	p.State, p.Word, p.Summary = tag.State, tag.Word, s.Summary
	if s.Status != doctor.Running && s.Status != doctor.NotReached && s.Status != doctor.Skip {
		p.Time = Millis(s.MS)
	}
	if s.Status == doctor.Running {
		p.Summary = waits[id]
	}
	p.Open = !live && s.Status == doctor.Fail
	p.Evidence = Evidence(s.Evidence)
	for _, code := range s.Findings {
		p.Findings = append(p.Findings, FindingProps(code, asked))
	}
	return p
}

// FindingProps is a fault by its code, with the run's values in its title and its help page where the catalogue has it.
func FindingProps(code string, asked runs.CheckRequest) views.FindingProps {
	p := views.FindingProps{Code: code, Title: code}
	if title, ok := titleOf(code, asked); ok {
		p.Title, p.URL = title, HelpPath(code)
	}
	return p
}

// titleOf is the title of a fault on a run's page, with the run's values.
func titleOf(code string, asked runs.CheckRequest) (string, bool) {
	if _, ok := doctor.Lookup(code); !ok {
		return "", false
	}
	values := map[string]string{"address": asked.Address, "namespace": asked.Namespace, "task_queue": Either(asked.TaskQueue, "the task queue")}
	if a, _, err := namespace.ParseAddress(asked.Address); err == nil {
		values["host"], values["port"] = a.Host, fmt.Sprint(a.Port)
	}
	return doctor.Explain(code, doctor.Likely, values).Title, true
}

// LowerFirst is a text inside a sentence: its first byte in lower case.
func LowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

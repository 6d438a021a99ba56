package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"onramp/doctor"
	"onramp/views"
)

// StageTitles are the ten checks in words, by stage id.
var StageTitles = map[string]string{
	"input":       "What was given can be read",
	"pair":        "Key and certificate belong together",
	"chain":       "The certificate keeps Cloud's rules",
	"dns":         "The name resolves",
	"tcp":         "The port answers",
	"tls":         "The server proves who it is",
	"client-cert": "The server accepts your certificate",
	"grpc":        "Temporal answers",
	"namespace":   "The namespace answers",
	"task-queue":  "A worker polls the task queue",
}

// NotChecked is what a report did not look at, as sentences that name its checks as the rows do.
func NotChecked(list []string) []string {
	var out []string
	for _, s := range list {
		if id, why, ok := strings.Cut(s, ": "); ok && StageTitles[id] != "" {
			s = fmt.Sprintf("Check %d (%s): %s", StageNumber(id), StageTitles[id], why)
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

// StageProps is one check as a row. live rows keep one height; a failed row of an ended run stands open.
func StageProps(id string, s doctor.Stage, known, live bool) views.StageProps {
	p := views.StageProps{ID: id, Number: fmt.Sprint(StageNumber(id)), Title: StageTitles[id], State: views.Idle, Word: "Waiting", Live: live}
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
	p.Open = !live && s.Status == doctor.Fail
	p.Evidence = Evidence(s.Evidence)
	for _, code := range s.Findings {
		p.Findings = append(p.Findings, FindingProps(code))
	}
	return p
}

// FindingProps is a fault by its code, with title and help page where the catalogue has it.
func FindingProps(code string) views.FindingProps {
	p := views.FindingProps{Code: code, Title: code}
	if e, ok := doctor.Lookup(code); ok {
		said, _ := e.General()
		p.Title, p.URL = said.Title, HelpPath(code)
	}
	return p
}

// Evidence are names and values in a steady order: what was wanted and seen first.
func Evidence(ev map[string]any) []views.Pair {
	names := make([]string, 0, len(ev))
	for n := range ev {
		names = append(names, n)
	}
	first := func(n string) int {
		if i := slices.Index([]string{"wanted", "seen"}, n); i >= 0 {
			return i
		}
		return 2
	}
	sort.Slice(names, func(i, j int) bool {
		if a, b := first(names[i]), first(names[j]); a != b {
			return a < b
		}
		return names[i] < names[j]
	})
	var out []views.Pair
	for _, n := range names {
		out = append(out, views.Pair{Name: strings.ReplaceAll(n, "_", " "), Value: EvidenceText(ev[n]), Mono: true})
	}
	return out
}

// EvidenceText is a value of the evidence as text: lists separated by commas, the rest as JSON.
func EvidenceText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = EvidenceText(x)
		}
		return strings.Join(parts, ", ")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// LowerFirst is a text inside a sentence: its first byte in lower case.
func LowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

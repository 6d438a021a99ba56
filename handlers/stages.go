package handlers

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"onramp/doctor"
	"onramp/views"
)

// stageTitles are the ten checks in words, by stage id.
var stageTitles = map[string]string{
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

// notChecked is what a report did not look at, as sentences that name its checks as the rows do.
func notChecked(list []string) []string {
	var out []string
	for _, s := range list {
		if id, why, ok := strings.Cut(s, ": "); ok && stageTitles[id] != "" {
			s = fmt.Sprintf("Check %d (%s): %s", stageNumber(id), stageTitles[id], why)
		}
		out = append(out, upperFirst(s)+".")
	}
	return out
}

// stageNumber is a stage's place on the ladder, from 1; 0 for none.
func stageNumber(id string) int { return slices.Index(doctor.StageIDs, id) + 1 }

func stageTag(s doctor.Status) views.Tag {
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

// stageProps is one check as a row. live rows keep one height; a failed row of an ended run stands open.
func stageProps(id string, s doctor.Stage, known, live bool) views.StageProps {
	p := views.StageProps{ID: id, Number: fmt.Sprint(stageNumber(id)), Title: stageTitles[id], State: views.Idle, Word: "Waiting", Live: live}
	if !live {
		p.Word = "Not reached"
	}
	if !known {
		return p
	}
	tag := stageTag(s.Status)
	p.State, p.Word, p.Summary = tag.State, tag.Word, s.Summary
	if s.Status != doctor.Running && s.Status != doctor.NotReached && s.Status != doctor.Skip {
		p.Time = millis(s.MS)
	}
	p.Open = !live && s.Status == doctor.Fail
	p.Evidence = evidence(s.Evidence)
	for _, code := range s.Findings {
		p.Findings = append(p.Findings, findingProps(code))
	}
	return p
}

func findingProps(code string) views.FindingProps {
	p := views.FindingProps{Code: code, Title: code}
	if e, ok := doctor.Lookup(code); ok {
		p.Title, p.URL = plain(e.Title), helpPath(code)
	}
	return p
}

// evidence are names and values in a steady order: what was wanted and seen first.
func evidence(ev map[string]any) []views.Pair {
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
		out = append(out, views.Pair{Name: strings.ReplaceAll(n, "_", " "), Value: evidenceText(ev[n]), Mono: true})
	}
	return out
}

// evidenceText is a value of the evidence as text: lists separated by commas, the rest as JSON.
func evidenceText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = evidenceText(x)
		}
		return strings.Join(parts, ", ")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// plain is a catalogue text without values: {host} becomes "host" in angle brackets.
func plain(s string) string {
	return strings.NewReplacer("{", "<", "}", ">", "_", " ").Replace(s)
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

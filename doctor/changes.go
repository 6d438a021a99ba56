package doctor

import (
	"encoding/json"
	"fmt"
	"slices"
)

// DiffSchema is the schema name of Diff's JSON.
const DiffSchema = "onramp.compare/1"

// Diff is what changed from one report to a later one.
type Diff struct {
	Schema  string      `json:"schema"`
	Summary string      `json:"summary"` // one sentence
	Inputs  []Change    `json:"inputs"`  // what was asked, where it differs
	Stages  []StageDiff `json:"stages"`  // the ten, in order
}

// Change is a named value before and after; "" is none.
type Change struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// StageDiff is one stage before and after.
type StageDiff struct {
	ID       string   `json:"id"`
	Changed  bool     `json:"changed"` // its status, findings or evidence; time alone does not count
	Before   Status   `json:"before"`
	After    Status   `json:"after"`
	BeforeMS float64  `json:"before_ms"`
	AfterMS  float64  `json:"after_ms"`
	Evidence []Change `json:"evidence"` // where it differs
	New      []string `json:"new"`      // findings that came
	Gone     []string `json:"gone"`     // findings that went
}

// Compare says what changed between two reports. place puts a stage's id into words.
func Compare(before, after Report, place func(stage string) string) Diff {
	d := Diff{Schema: DiffSchema, Summary: summary(before.Verdict, after.Verdict, place), Inputs: inputChanges(before, after)}
	was := map[string]Stage{}
	for _, s := range before.Stages {
		was[s.ID] = s
	}
	now := map[string]Stage{}
	for _, s := range after.Stages {
		now[s.ID] = s
	}
	for _, id := range StageIDs {
		d.Stages = append(d.Stages, stageDiff(id, was[id], now[id]))
	}
	return d
}

func stageDiff(id string, a, b Stage) StageDiff {
	d := StageDiff{ID: id, Before: statusOr(a.Status), After: statusOr(b.Status), BeforeMS: a.MS, AfterMS: b.MS,
		Evidence: []Change{}, New: without(b.Findings, a.Findings), Gone: without(a.Findings, b.Findings)}
	names := map[string]bool{}
	for n := range a.Evidence {
		names[n] = true
	}
	for n := range b.Evidence {
		names[n] = true
	}
	for n := range names {
		if x, y := valueText(a.Evidence[n]), valueText(b.Evidence[n]); x != y {
			d.Evidence = append(d.Evidence, Change{n, x, y})
		}
	}
	slices.SortFunc(d.Evidence, func(x, y Change) int {
		if x.Name < y.Name {
			return -1
		}
		return 1
	})
	d.Changed = d.Before != d.After || len(d.Evidence)+len(d.New)+len(d.Gone) > 0
	return d
}

// statusOr is a stage's status; one that is missing was not reached.
func statusOr(s Status) Status {
	if s == "" {
		return NotReached
	}
	return s
}

func without(all, gone []string) []string {
	out := []string{}
	for _, s := range all {
		if !slices.Contains(gone, s) {
			out = append(out, s)
		}
	}
	return out
}

// valueText is a value of the evidence as text, "" for none.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return clean(v, maxValue)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return clean(fmt.Sprint(v), maxValue)
	}
	return clean(string(b), maxSentence)
}

// inputChanges are the differences of what was asked, in the order in which people give it.
func inputChanges(a, b Report) []Change {
	out := []Change{}
	for _, c := range []Change{
		{"address", a.Target.Address, b.Target.Address},
		{"namespace", a.Target.Namespace, b.Target.Namespace},
		{"server_name", a.Target.ServerName, b.Target.ServerName},
		{"auth", a.Target.Auth, b.Target.Auth},
		{"leaf_sha256", a.Target.Leaf, b.Target.Leaf},
		{"tested_from", a.TestedFrom, b.TestedFrom},
		{"rules", a.Rules, b.Rules},
	} {
		if c.Before != c.After {
			out = append(out, c)
		}
	}
	return out
}

// summary is the change in one sentence.
func summary(a, b Verdict, place func(string) string) string {
	was, is := slices.Index(StageIDs, a.Stage), slices.Index(StageIDs, b.Stage)
	switch {
	case a.Code == OK && b.Code == OK:
		return "Both passed."
	case b.Code == OK:
		return fmt.Sprintf("Now passes at %s; before: %s.", place(a.Stage), a.Code)
	case a.Code == OK:
		return fmt.Sprintf("Now fails at %s with %s; before, all passed.", place(b.Stage), b.Code)
	case a.Code == b.Code && a.Stage == b.Stage:
		return fmt.Sprintf("Still stops at %s: %s.", place(b.Stage), b.Code)
	case is > was:
		return fmt.Sprintf("Now passes at %s and stops later, at %s: %s; before: %s.", place(a.Stage), place(b.Stage), b.Code, a.Code)
	case is < was:
		return fmt.Sprintf("Now stops earlier, at %s: %s; before: %s at %s.", place(b.Stage), b.Code, a.Code, place(a.Stage))
	}
	return fmt.Sprintf("Still stops at %s, now with %s; before: %s.", place(b.Stage), b.Code, a.Code)
}

package migration

import (
	"strings"
	"time"
	"unicode/utf8"

	"onramp/fault"
)

// Fact kinds of assessments. No step rests on them.
const (
	FactAssessed = "assess.done"     // AssessedData
	FactReviewed = "assess.reviewed" // ReviewedData; InputHash is that of the finding
)

// AssessedData is the data of FactAssessed: what an assessment of the server of today found that concerns a step.
type AssessedData struct {
	Run      string    `json:"run"`
	Number   int       `json:"number"`
	Server   string    `json:"server"`
	Grade    string    `json:"grade"`
	Headline string    `json:"headline"`
	Findings []Finding `json:"findings"`
}

// Finding is one of them.
type Finding struct {
	Step      string `json:"step"`
	Check     string `json:"check"`     // S1
	Namespace string `json:"namespace"` // at the source; "" is the whole server
	Verdict   string `json:"verdict"`
	Title     string `json:"title"`
	Fix       string `json:"fix,omitempty"`
	Command   string `json:"command,omitempty"`
	Proposed  string `json:"proposed,omitempty"` // what stands in Command for the Namespace ID
}

// Assessed is the newest assessment of a migration that read something; nil for none. At is when it ended.
type Assessed struct {
	AssessedData
	At time.Time
}

// maxFindings bounds what is kept of an assessment beside its run.
const maxFindings = 40

// Assess is the fact that follows from an assessment.
func Assess(d AssessedData) []Fact {
	d.Findings = d.Findings[:min(len(d.Findings), maxFindings)]
	return []Fact{newFact(FactAssessed, hash(FactAssessed, d.Server), d)}
}

// LastAssessed returns the newest assessment that read something, nil for none. facts are oldest first, here and below.
func LastAssessed(facts []Fact) *Assessed {
	f, d := latest[AssessedData](facts, FactAssessed)
	if f == nil {
		return nil
	}
	return &Assessed{*d, f.At}
}

// For are the findings that concern a step. Of a migration whose source namespace is known, only those of that namespace;
// a command that was made for a proposed name has the migration's own namespace instead, once that is chosen.
func (a *Assessed) For(v View, step string) (out []Finding) {
	if a == nil {
		return nil
	}
	for _, f := range a.Findings {
		if f.Step != step || v.Source != nil && f.Namespace != "" && f.Namespace != v.Source.Namespace {
			continue
		}
		if v.Namespace != nil && f.Proposed != "" {
			f.Command = strings.ReplaceAll(f.Command, f.Proposed, v.Namespace.Namespace)
		}
		out = append(out, f)
	}
	return out
}

// ReviewedData is the data of FactReviewed: a person looked at a finding, or takes that back.
type ReviewedData struct {
	Finding string `json:"finding"` // its name, the same in every assessment of the server
	Check   string `json:"check"`
	As      string `json:"as"` // its verdict at that time
	Why     string `json:"why,omitempty"`
	Open    bool   `json:"open,omitempty"` // the mark is taken back
}

// Review is a mark that stands.
type Review struct {
	ReviewedData
	By string
	At time.Time
}

// Reviews are the marks that stand, by the names of findings.
func Reviews(facts []Fact) map[string]Review {
	out := map[string]Review{}
	for _, f := range facts {
		if f.Kind != FactReviewed {
			continue
		}
		d, ok := decode[ReviewedData](f)
		switch {
		case !ok:
		case d.Open:
			delete(out, d.Finding)
		default:
			out[d.Finding] = Review{d, f.By, f.At}
		}
	}
	return out
}

// ReviewFinding marks a finding as reviewed, or takes the mark back; what is so already adds no fact. The Invalid fault is of
// field why.
func ReviewFinding(facts []Fact, d ReviewedData) ([]Fact, error) {
	d.Why = strings.TrimSpace(d.Why)
	switch {
	case utf8.RuneCountInString(d.Why) > MaxWhy:
		return nil, fault.New(fault.Invalid, "The note is too long", "Use at most 500 characters.").In("why")
	case !utf8.ValidString(d.Why):
		return nil, fault.New(fault.Invalid, "The note is not plain text", "Write what you found, without binary text.").In("why")
	}
	was, marked := Reviews(facts)[d.Finding]
	if d.Open && !marked || marked && was.ReviewedData == d {
		return nil, nil
	}
	return []Fact{newFact(FactReviewed, hash(FactReviewed, d.Finding), d)}, nil
}

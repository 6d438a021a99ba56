package migration

import (
	"strings"
	"unicode/utf8"

	"onramp/fault"
)

// FactOverridden is the fact kind of a gate of the cut-over that a person passes by hand, or no longer does; InputHash is that of
// the gate. No step rests on it.
const FactOverridden = "cutover.overridden" // OverriddenData

// OverriddenData is the data of FactOverridden.
type OverriddenData struct {
	Gate string `json:"gate"` // G4
	Why  string `json:"why,omitempty"`
	Open bool   `json:"open,omitempty"` // the override is taken back
}

// Override is one that stands. At is when it was made.
type Override struct {
	OverriddenData
	Fact
}

// Overrides are those that stand, by gate. facts are oldest first, here and below.
func Overrides(facts []Fact) map[string]Override {
	out := map[string]Override{}
	for _, f := range facts {
		if f.Kind != FactOverridden {
			continue
		}
		d, ok := decode[OverriddenData](f)
		switch {
		case !ok:
		case d.Open:
			delete(out, d.Gate)
		default:
			out[d.Gate] = Override{d, f}
		}
	}
	return out
}

// OverrideGate passes a gate by hand, for a reason, or takes that back; what is so already adds no fact. The Invalid fault is of
// field why.
func OverrideGate(facts []Fact, d OverriddenData) ([]Fact, error) {
	d.Why = strings.TrimSpace(d.Why)
	switch {
	case !d.Open && d.Why == "":
		return nil, fault.New(fault.Invalid, "The reason is missing", "Say why this gate may pass although Onramp does not see it pass.").In("why")
	case utf8.RuneCountInString(d.Why) > MaxWhy:
		return nil, fault.New(fault.Invalid, "The reason is too long", "Use at most 500 characters.").In("why")
	case !utf8.ValidString(d.Why):
		return nil, fault.New(fault.Invalid, "The reason is not plain text", "Write it without binary text.").In("why")
	}
	was, stands := Overrides(facts)[d.Gate]
	if d.Open && !stands || stands && was.OverriddenData == d {
		return nil, nil
	}
	return []Fact{newFact(FactOverridden, hash(FactOverridden, d.Gate), d)}, nil
}

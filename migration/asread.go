package migration

import (
	"encoding/json"
	"time"

	"onramp/cloud"
)

// FactAsRead is the namespace as the control plane showed it to a key that somebody gave: AsReadData. No step asks for it.
const FactAsRead = "namespace.read"

// AsReadData is the data of FactAsRead.
type AsReadData struct {
	cloud.Detail
}

// staleReading is how old a reading that says the same may be before another is written down.
const staleReading = time.Hour

// ReadFacts records what was read of the migration's namespace; nothing follows from a reading of another one, nor from one
// that says the same as the last within the hour.
func ReadFacts(v View, d cloud.Detail, now time.Time) []Fact {
	if v.Namespace == nil || v.Namespace.Namespace != d.Name {
		return nil
	}
	f := newFact(FactAsRead, "", AsReadData{d})
	if last, _ := latest[AsReadData](v.Facts, FactAsRead); last != nil && sameJSON(last.Data, f.Data) && now.Sub(last.At) < staleReading {
		return nil
	}
	return []Fact{f}
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y AsReadData
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	x1, _ := json.Marshal(x) // both came from JSON
	y1, _ := json.Marshal(y)
	return string(x1) == string(y1)
}

// AsRead is the present namespace as it was last read, and when; nil where nobody has read it.
func AsRead(v View) (*cloud.Detail, time.Time) {
	f, d := latest[AsReadData](v.Facts, FactAsRead)
	if f == nil || v.Namespace == nil || d.Name != v.Namespace.Namespace {
		return nil, time.Time{}
	}
	return &d.Detail, f.At
}

package cutover

import (
	"time"

	"onramp/assess"
)

// Meter is the drain of the source as it stands, by type. Times are seconds. A date is such that by then what it says has
// come true in nine of ten cases; one that cannot be given is null, and why says why.
type Meter struct {
	Known   bool        `json:"known"` // open could be counted
	Open    int64       `json:"open"`
	First   int64       `json:"open_at_first"` // in the first look of this command
	Closed1 int64       `json:"closed_1h"`
	ClosedD int64       `json:"closed_24h"`
	Change  *Change     `json:"change,omitempty"` // since the look before
	Half    *time.Time  `json:"half"`
	Nine    *time.Time  `json:"nine_in_ten"`
	Last    *time.Time  `json:"last"`
	Why     string      `json:"why,omitempty"`
	Stuck   []string    `json:"stuck"`
	Types   []MeterType `json:"types"`
}

// Change is what happened since the look before. Disagree is by how much the counts do not add up; they are approximate.
type Change struct {
	Seconds  float64 `json:"seconds"`
	Starts   int64   `json:"starts"`
	Closes   int64   `json:"closes"`
	Disagree int64   `json:"disagree"`
}

// MeterType is the drain of one type.
type MeterType struct {
	Type     string     `json:"type"`
	Open     int64      `json:"open"`
	First    int64      `json:"open_at_first"`
	Closed1  int        `json:"closed_1h"`
	ClosedD  int        `json:"closed_24h"`
	AtLeast  bool       `json:"closed_at_least"` // more may have closed than were listed
	Oldest   string     `json:"oldest_workflow_id,omitempty"`
	Age      float64    `json:"oldest_age_seconds,omitempty"`
	Activity string     `json:"oldest_pending_activity,omitempty"`
	Attempt  int32      `json:"oldest_attempt,omitempty"`
	Endless  string     `json:"endless,omitempty"` // why it never drains by itself
	Unpolled []string   `json:"queues_without_pollers"`
	Half     *time.Time `json:"half"`
	Nine     *time.Time `json:"nine_in_ten"`
	Last     *time.Time `json:"last"`
	Why      string     `json:"why,omitempty"`
}

// stuckAfter is how many attempts of an activity say that it is stuck.
const stuckAfter = 10

// meterOf makes the meter of facts.
func meterOf(f *Facts) Meter {
	m := Meter{Known: f.Source.Open.Known(), Open: f.Source.Open.N, Closed1: f.Source.ClosedHour.N, ClosedD: f.Source.ClosedDay.N, Types: []MeterType{}, Stuck: []string{}}
	for _, id := range f.Stuck {
		m.Stuck = append(m.Stuck, assess.Clean(id))
	}
	if b := f.Before; b != nil && b.Starts.Known() && b.Closes.Known() && b.Open.Known() && m.Known {
		m.Change = &Change{Seconds: f.At.Sub(b.At).Seconds(), Starts: b.Starts.N, Closes: b.Closes.N}
		if d := b.Open.N + b.Starts.N - b.Closes.N - f.Source.Open.N; d < -1 || d > 1 { // a second's starts may count twice
			m.Change.Disagree = d
		}
	}
	byType := map[string]assess.TypeDrain{}
	for _, d := range f.Drain.Types {
		byType[d.Type] = d
	}
	arriving := ""
	if f.Starts.External > 0 {
		arriving = "work still starts at the source"
	} else if len(f.Starts.Schedules) > 0 {
		arriving = "schedules still start work at the source"
	}
	for _, t := range f.Types {
		name := assess.Clean(t.Name)
		d := byType[name]
		x := MeterType{Type: name, Open: t.Open.N, First: t.First, Closed1: t.Closed1, ClosedD: t.Closed24, AtLeast: t.Partial, Endless: t.Endless, Unpolled: []string{}, Half: d.Half, Nine: d.Nine, Last: d.Last, Why: d.Why}
		m.First += t.First
		for _, q := range t.Unpolled {
			x.Unpolled = append(x.Unpolled, assess.Clean(q))
		}
		if o := t.Oldest; o != nil {
			x.Oldest, x.Age, x.Activity, x.Attempt = assess.Clean(o.WorkflowID), max(f.At.Sub(o.Start), 0).Seconds(), assess.Clean(o.Activity), o.Attempt
			if o.Attempt > stuckAfter && !contains(m.Stuck, x.Oldest) {
				m.Stuck = append(m.Stuck, x.Oldest)
			}
		}
		if n := f.Starts.ByType[t.Name]; n > 0 {
			x.Half, x.Nine, x.Last, x.Why = nil, nil, nil, plural(n, "new one")+" started within the last "+last(f.Window)
		} else if len(x.Unpolled) > 0 && x.Open > 0 {
			x.Half, x.Nine, x.Last, x.Why = nil, nil, nil, "nobody polls "+few(x.Unpolled, 3)
		}
		if x.Open == 0 {
			x.Why = ""
		}
		m.Types = append(m.Types, x)
	}
	switch {
	case !m.Known:
		m.Why = "what is open could not be read: " + f.Source.Open.Read.Because()
	case m.Open == 0:
	case arriving != "":
		m.Why = arriving
	default:
		m.Half, m.Nine, m.Last, m.Why = f.Drain.Half, f.Drain.Nine, f.Drain.Last, assess.Clean(f.Drain.Why)
		for _, t := range m.Types {
			if len(t.Unpolled) > 0 && t.Open > 0 {
				m.Half, m.Nine, m.Last, m.Why = nil, nil, nil, t.Why
			}
		}
	}
	return m
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Sentence says when the source will have drained, or why nobody knows.
func (m Meter) Sentence(now time.Time) string {
	switch {
	case !m.Known:
		return "Not known: " + m.Why + "."
	case m.Open == 0:
		return "Nothing is open at the source."
	}
	s := plural(m.Open, "workflow") + " open"
	if m.Nine == nil {
		return s + "; no date can be given: " + m.Why + "."
	}
	s += ": nine in ten of each type have ended by " + moment(*m.Nine, now)
	if m.Last != nil {
		return s + ", the last by " + moment(*m.Last, now) + "."
	}
	return s + "; the last: not known."
}

// When says it of one type.
func (t MeterType) When(now time.Time) string {
	switch {
	case t.Open == 0:
		return "drained"
	case t.Nine == nil:
		return "not known: " + t.Why
	}
	s := ""
	if t.Half != nil {
		s = "half by " + moment(*t.Half, now) + ", "
	}
	s += "nine in ten by " + moment(*t.Nine, now)
	if t.Last != nil {
		return s + ", the last by " + moment(*t.Last, now)
	}
	return s + "; the last: not known"
}

// moment is a time as a person reads it beside now, in UTC.
func moment(t, now time.Time) string {
	switch d := t.Sub(now); {
	case d < 20*time.Hour:
		return t.UTC().Format("15:04") + " UTC"
	case d < 6*24*time.Hour:
		return t.UTC().Format("Mon 15:04") + " UTC"
	}
	return t.UTC().Format("2 January 2006")
}

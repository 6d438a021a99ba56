package assess

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const secondsOfMonth = 30 * 24 * 3600.0

// Actions estimates the billable actions of a month of 30 days in Temporal Cloud. A number that is not known is null.
type Actions struct {
	Low     *float64 `json:"low"`
	Likely  *float64 `json:"likely"`
	High    *float64 `json:"high"`
	Per     string   `json:"per"`           // "30 days"
	Basis   string   `json:"basis"`         // metrics, samples, none
	Why     string   `json:"why,omitempty"` // why a number is not known
	Now     *float64 `json:"now_a_second"`  // by the server's own counter
	Storage Storage  `json:"storage"`
	Prices  string   `json:"prices"`  // where the present ones are
	Unknown []string `json:"unknown"` // what no number here holds
}

// Storage estimates the storage of a month, in gibibyte-hours. That Temporal Cloud measures the same bytes is not known.
type Storage struct {
	Active   *float64 `json:"active_gib_hours"`
	Retained *float64 `json:"retained_gib_hours"`
}

// actionsOf estimates, by type: the runs that started in the last week, times the actions of sampled closed histories.
func actionsOf(f *Facts) Actions {
	a := Actions{Per: "30 days", Basis: "none", Prices: "https://docs.temporal.io/cloud/pricing",
		Unknown: []string{"queries", "heartbeats", "rejected updates", "runs made by cron or a retry", "exports and high availability"}}
	var low, likely, high float64
	starts, sampled := 0.0, 0
	for i := range f.Namespaces {
		n := &f.Namespaces[i]
		per, any := actionsByType(n)
		sampled += any
		window := min(7*day, max(n.Retention, 0)).Seconds()
		if n.Retention <= 0 {
			window = (7 * day).Seconds()
		}
		for _, t := range n.Types {
			if !t.Started.known() || t.Started.N == 0 {
				continue
			}
			month := float64(t.Started.N) / window * secondsOfMonth
			starts += month
			p := per[t.Name]
			low, likely, high = low+month*p.low, likely+month*p.likely, high+month*p.high
		}
	}
	switch {
	case sampled > 0 && starts > 0:
		a.Basis = "samples"
		a.Low, a.Likely, a.High = &low, &likely, &high
	case sampled > 0:
		a.Why = "no workflow started in the last seven days, or their number could not be read"
	default:
		a.Why = "no closed history was read to its end"
	}
	if m := f.Metrics; m != nil && m.Read == Read && len(m.Rate) > 0 {
		now := 0.0
		for _, r := range m.Rate {
			now += r
		}
		month := now * secondsOfMonth
		a.Now, a.Basis, a.Why, a.Likely = &now, "metrics", "", &month
		if a.Low == nil {
			a.Why = "lowest and highest are not known from two looks at a counter"
		} else {
			l, h := math.Min(low, month), math.Max(high, month)
			a.Low, a.High = &l, &h
		}
	}
	a.Storage = storageOf(f)
	return a
}

type span struct{ low, likely, high float64 }

// actionsByType are the actions of a run of each type by sampled closed histories; a type without one is taken for between
// one action and the most that any type was seen to use.
func actionsByType(n *Namespace) (per map[string]span, sampled int) {
	type sum struct {
		n             int
		total, lo, hi float64
	}
	of := map[string]*sum{}
	all := sum{lo: math.Inf(1)}
	for _, s := range n.Samples {
		h := s.History
		if h == nil || s.Open || h.Read != Read || !h.Whole || s.Largest && n.another(s) {
			continue
		}
		k := of[s.Type]
		if k == nil {
			k = &sum{lo: math.Inf(1)}
			of[s.Type] = k
		}
		for _, x := range []*sum{k, &all} {
			x.n++
			x.total += h.Actions + h.Unsure/2
			x.lo, x.hi = math.Min(x.lo, h.Actions), math.Max(x.hi, h.Actions+h.Unsure)
		}
	}
	per = map[string]span{}
	if all.n == 0 {
		return per, 0
	}
	for _, t := range n.Types {
		if k := of[t.Name]; k != nil {
			per[t.Name] = span{k.lo, k.total / float64(k.n), k.hi}
		} else {
			per[t.Name] = span{math.Min(1, all.hi), all.total / float64(all.n), all.hi}
		}
	}
	return per, all.n
}

// another reports a sample of the same type that was not chosen for its size.
func (n *Namespace) another(of Sample) bool {
	return slices.ContainsFunc(n.Samples, func(s Sample) bool {
		return s.Type == of.Type && !s.Open && !s.Largest && s.History != nil && s.History.Read == Read && s.History.Whole
	})
}

// storageOf estimates what open histories and those in retention take, all the time.
func storageOf(f *Facts) (s Storage) {
	const gib = 1 << 30
	var active, retained float64
	haveActive, haveRetained := true, true
	for _, n := range f.Namespaces {
		var bytes, runs float64
		for _, x := range n.Samples {
			if x.Open && x.Described == Read {
				bytes, runs = bytes+float64(x.HistorySize), runs+1
			}
		}
		switch {
		case !n.Open.known():
			haveActive = false
		case n.Open.N > 0 && runs == 0:
			haveActive = false
		case n.Open.N > 0:
			active += float64(n.Open.N) * bytes / runs
		}
		bytes, runs = 0, 0
		for _, t := range n.Types {
			for _, c := range t.Closed {
				bytes, runs = bytes+float64(c.Bytes), runs+1
			}
		}
		switch {
		case !n.Closed.known() || n.Closed.N > 0 && runs == 0:
			haveRetained = false
		case n.Closed.N > 0:
			retained += float64(n.Closed.N) * bytes / runs
		}
	}
	hours := secondsOfMonth / 3600
	if haveActive && len(f.Namespaces) > 0 {
		v := active / gib * hours
		s.Active = &v
	}
	if haveRetained && len(f.Namespaces) > 0 {
		v := retained / gib * hours
		s.Retained = &v
	}
	return s
}

// Sentence says the estimate for people.
func (a Actions) Sentence() string {
	switch {
	case a.Likely == nil:
		return "Not known: " + a.Why + "."
	case a.Low == nil || a.High == nil:
		return fmt.Sprintf("About %s actions in 30 days at the present rate; %s.", human(*a.Likely), a.Why)
	}
	return fmt.Sprintf("%s to %s actions in 30 days, most likely about %s, if the next 30 days are like the last seven.", human(*a.Low), human(*a.High), human(*a.Likely))
}

// when says a moment as a day and, within three days, the hour.
func when(t, now time.Time) string {
	if t.Sub(now) < 72*time.Hour {
		return t.UTC().Format("Mon 2 Jan 15:04 UTC")
	}
	return t.UTC().Format("Mon 2 Jan 2006")
}

package assess

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Drain says how long the open workflows of a source take to end by themselves once no new one starts there. Each date is
// such that by then what it says has come true in nine of ten cases; one that cannot be given is null, and why says why.
type Drain struct {
	Open  int64       `json:"open"`
	Half  *time.Time  `json:"half"`          // half of each type has ended
	Nine  *time.Time  `json:"nine_in_ten"`   // nine in ten of each type have ended
	Last  *time.Time  `json:"last"`          // the last has ended
	Why   string      `json:"why,omitempty"` // why a date is missing
	Types []TypeDrain `json:"types"`
}

// TypeDrain is the drain of one type.
type TypeDrain struct {
	Namespace string     `json:"namespace"`
	Type      string     `json:"type"`
	Open      int64      `json:"open"`
	Half      *time.Time `json:"half"`
	Nine      *time.Time `json:"nine_in_ten"`
	Last      *time.Time `json:"last"`
	Bound     *time.Time `json:"bound"` // the server ends every one of them by then
	Why       string     `json:"why,omitempty"`
}

const (
	fewSamples = 20  // completed runs, below which nothing is said
	draws      = 400 // futures that are drawn of each type
	sure       = 0.9 // how often a date must hold
	mostDrawn  = 500 // open runs whose future is drawn; of more, as many that stand for all
)

// DrainOf estimates the drain of all types of the facts.
func DrainOf(f *Facts) Drain {
	d := Drain{Types: []TypeDrain{}}
	for i := range f.Namespaces {
		n := &f.Namespaces[i]
		if !n.Open.known() || n.TypesRead != Read {
			d.Why = "the open workflows of " + clean(n.Name) + " could not be read"
		}
		listed := int64(0)
		for j := range n.Types {
			t := &n.Types[j]
			open := max(t.Open.N, int64(len(t.Ages)))
			if open == 0 {
				continue
			}
			listed += open
			d.Types = append(d.Types, drainOfType(f, n, t))
		}
		if listed == 0 && n.Open.N > 0 && d.Why == "" { // a count and a list a moment apart may differ, but not so far
			d.Why = "the open workflows of " + clean(n.Name) + " are counted and not listed"
		}
		d.Open += max(listed, n.Open.N)
	}
	for _, t := range d.Types {
		if t.Nine == nil && d.Why == "" {
			d.Why = "of " + t.Type + ": " + t.Why
		}
	}
	if d.Why != "" || len(d.Types) == 0 {
		return d
	}
	half, nine, last := f.At, f.At, f.At
	lastKnown := true
	for _, t := range d.Types {
		if t.Half != nil {
			half = later(half, *t.Half)
		}
		nine = later(nine, *t.Nine)
		if t.Last == nil {
			lastKnown = false
			d.Why = "the last of " + t.Type + ": " + t.Why
			continue
		}
		last = later(last, *t.Last)
	}
	d.Half, d.Nine = &half, &nine
	if lastKnown {
		d.Last = &last
	}
	return d
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// completed counts the closed runs of a type that ended by themselves.
func completed(t Type) (n int) {
	for _, c := range t.Closed {
		if natural(c.Status) {
			n++
		}
	}
	return n
}

// natural reports an end that the workflow came to itself: a person's end says nothing of how long others live.
func natural(status string) bool {
	return status == "Completed" || status == "Failed" || status == "TimedOut"
}

func drainOfType(f *Facts, n *Namespace, t *Type) TypeDrain {
	d := TypeDrain{Namespace: clean(n.Name), Type: clean(t.Name), Open: max(t.Open.N, int64(len(t.Ages)))}
	d.Bound = boundOf(n, t)
	if d.Bound != nil {
		d.Half, d.Nine, d.Last = d.Bound, d.Bound, d.Bound
	}
	life, why := lifeOf(n, t)
	if why != "" {
		if d.Bound == nil {
			d.Why = why
		}
		return d
	}
	est := life.predict(t.Ages, seedOf(n.Name+"\x00"+t.Name))
	at := func(seconds float64) *time.Time {
		if math.IsInf(seconds, 1) || seconds > 20*365*day.Seconds() {
			return nil
		}
		x := f.At.Add(time.Duration(seconds * float64(time.Second))).UTC().Truncate(time.Second)
		if d.Bound != nil && d.Bound.Before(x) {
			x = *d.Bound
		}
		return &x
	}
	for _, p := range []struct {
		to **time.Time
		s  float64
	}{{&d.Half, est.half}, {&d.Nine, est.nine}, {&d.Last, est.last}} {
		if x := at(p.s); x != nil {
			*p.to = x
		}
	}
	switch {
	case d.Nine == nil:
		d.Why = "some open runs may live longer than any closed run that was seen"
	case d.Last == nil:
		d.Why = "not known: no open run has a time limit, and too few closed runs were seen to say when the last of " + plural(d.Open, "run") + " ends"
	}
	return d
}

// boundOf is when the server ends the last open run of a type by its execution timeout: known only where every one of them
// was described.
func boundOf(n *Namespace, t *Type) (bound *time.Time) {
	described := int64(0)
	for _, s := range n.Samples {
		if !s.Open || s.Type != t.Name {
			continue
		}
		if s.Described != Read || s.Expires == nil {
			return nil
		}
		described++
		if bound == nil || s.Expires.After(*bound) {
			bound = s.Expires
		}
	}
	if described == 0 || described < max(t.Open.N, int64(len(t.Ages))) {
		return nil
	}
	return bound
}

// life is what closed and open runs of a type say of how long they live: entry and exit ages, and whether the exit was an
// end. It is the life table of a window in time, so that long runs are not missed for having begun early.
type life struct{ runs []lived }

type lived struct {
	from, to float64 // ages in seconds between which the run was watched
	ended    bool
}

// lifeOf builds it, or says why nothing may be said.
func lifeOf(n *Namespace, t *Type) (l life, why string) {
	oldest := 0.0
	for _, a := range t.Ages {
		oldest = max(oldest, a)
	}
	switch {
	case n.neverEnds(t):
		return l, "it starts its own next run (cron, or continue as new)"
	case !n.TypesWhole || t.dropped > 0 || int64(len(t.Ages)) < t.Open.N:
		return l, "not every open run was listed"
	case t.ClosedR != Read:
		return l, "its closed runs could not be read"
	case completed(*t) < fewSamples:
		return l, fmt.Sprintf("%d of its runs were seen to end by themselves; at least %d are needed", completed(*t), fewSamples)
	case n.Retention > 0 && oldest > n.Retention.Seconds():
		return l, "closed runs are kept for less time than the oldest open run has lived, so long ones may never have been seen"
	case t.Window <= 0:
		return l, "its closed runs are not listed in the order of their end"
	}
	longest := 0.0
	for _, c := range t.Closed {
		if c.Before > t.Window {
			continue
		}
		if from := max(0, c.Before+c.Lived-t.Window); from < c.Lived { // else it closed the moment the window opened
			l.runs = append(l.runs, lived{from: from, to: c.Lived, ended: natural(c.Status)})
		}
		if natural(c.Status) {
			longest = max(longest, c.Lived)
		}
	}
	if oldest > longest {
		return l, "the oldest open run has lived longer than any closed run that was seen"
	}
	for _, a := range t.Ages {
		if a > 0 {
			l.runs = append(l.runs, lived{from: max(0, a-t.Window), to: a})
		}
	}
	return l, ""
}

// neverEnds reports a type that was seen to start its own next run: what ends then is the run, and the workflow goes on.
func (n *Namespace) neverEnds(t *Type) bool {
	return t.continues() || slices.ContainsFunc(n.Samples, func(s Sample) bool {
		return s.Type == t.Name && (s.Open && s.Chained || s.History != nil && (s.History.Cron || s.History.Continued))
	})
}

// continues reports a type of which closed runs went on in a next one.
func (t *Type) continues() bool {
	return slices.ContainsFunc(t.Closed, func(c Closed) bool { return c.Status == "ContinuedAsNew" })
}

// prediction is in seconds from now; +Inf where nothing may be said.
type prediction struct{ half, nine, last float64 }

// predict draws futures of the open runs, of the ages given, and returns the times by which half, nine in ten and all of
// them have ended in nine of ten futures. Each future first draws how much the seen runs weigh (a Bayesian bootstrap), with
// one run more that was never seen to end: what lies beyond all that was seen stays possible, and is then “not known”.
func (l life) predict(ages []float64, seed uint64) prediction {
	rnd := rand.New(rand.NewPCG(seed, 0x6f6e72616d70))
	standing := ages
	if len(ages) > mostDrawn {
		byAge := slices.Sorted(slices.Values(ages))
		standing = make([]float64, mostDrawn)
		for i := range standing {
			standing[i] = byAge[i*len(byAge)/mostDrawn]
		}
	}
	byExit := slices.Clone(l.runs)
	slices.SortFunc(byExit, func(a, b lived) int { return cmp.Compare(a.to, b.to) })
	byEntry := make([]int, len(byExit))
	for i := range byEntry {
		byEntry[i] = i
	}
	slices.SortFunc(byEntry, func(a, b int) int { return cmp.Compare(byExit[a].from, byExit[b].from) })

	var half, nine, last []float64
	weight := make([]float64, len(byExit))
	left := make([]float64, len(standing))
	for range draws {
		for i := range weight {
			weight[i] = rnd.ExpFloat64()
		}
		curve := survival(byExit, byEntry, weight, rnd.ExpFloat64())
		for i, a := range standing {
			left[i] = curve.residual(a, rnd.Float64(), rnd.Float64())
		}
		slices.Sort(left)
		half = append(half, left[(len(left)+1)/2-1])
		nine = append(nine, left[int(math.Ceil(0.9*float64(len(left))))-1])
		last = append(last, left[len(left)-1])
	}
	p := prediction{quantile(half), quantile(nine), quantile(last)}
	if len(standing) < len(ages) { // the last of many is not the last of those that stand for them
		p.last = math.Inf(1)
	}
	return p
}

// quantile is the time by which a thing came true in `sure` of the futures.
func quantile(x []float64) float64 {
	slices.Sort(x)
	return x[int(math.Ceil(sure*float64(len(x))))-1]
}

// curve is the share that is still alive just after each age.
type curve struct{ age, alive []float64 }

// survival is the product-limit estimate with entry ages and weights. unseen is the weight of the run that never ends.
func survival(byExit []lived, byEntry []int, weight []float64, unseen float64) curve {
	c := curve{age: make([]float64, 0, len(byExit)), alive: make([]float64, 0, len(byExit))}
	risk, alive, entered := unseen, 1.0, 0
	for i, r := range byExit {
		for entered < len(byEntry) && byExit[byEntry[entered]].from < r.to {
			risk += weight[byEntry[entered]]
			entered++
		}
		if r.ended {
			alive *= 1 - weight[i]/risk
			c.age, c.alive = append(c.age, r.to), append(c.alive, alive)
		}
		risk -= weight[i]
	}
	return c
}

// residual draws how long a run of an age still lives; u chooses the interval, v the place within it.
func (c curve) residual(age, u, v float64) float64 {
	k, _ := slices.BinarySearch(c.age, age)
	now := 1.0
	if k > 0 {
		now = c.alive[k-1]
	}
	want := now * u // alive falls to it
	j := k + sortSearch(c.alive[k:], want)
	if j >= len(c.age) {
		return math.Inf(1)
	}
	from := age
	if j > 0 {
		from = max(from, c.age[j-1])
	}
	return from + (c.age[j]-from)*v - age
}

// sortSearch is the first place in a falling list whose value is at most want.
func sortSearch(falling []float64, want float64) int {
	lo, hi := 0, len(falling)
	for lo < hi {
		m := (lo + hi) / 2
		if falling[m] <= want {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}

func seedOf(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

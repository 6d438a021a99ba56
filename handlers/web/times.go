package web

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// timesKept is how many of the last times of a name count.
const timesKept = 256

// timesNames bounds the names that are kept: there are as many as routes, or queries.
const timesNames = 1000

// Times is how long things of a name took: of each the last ones. The zero Times is ready. It is safe for concurrent use.
type Times struct {
	mu    sync.Mutex
	since time.Time
	of    map[string]*lastTimes
}

type lastTimes struct {
	n    int // in all
	most time.Duration
	last [timesKept]time.Duration
}

// Add notes that something took so long.
func (t *Times) Add(name string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of, t.since = map[string]*lastTimes{}, time.Now()
	}
	x := t.of[name]
	if x == nil {
		if len(t.of) >= timesNames {
			return
		}
		x = &lastTimes{}
		t.of[name] = x
	}
	x.last[x.n%timesKept] = took
	x.n++
	x.most = max(x.most, took)
}

// Timed is how long things of a name took.
type Timed struct {
	Name     string
	Count    int           // since the first
	P50, P95 time.Duration // of the last timesKept
	Most     time.Duration // since the first
}

// Slowest are at most limit names, the one of the greatest P95 first.
func (t *Times) Slowest(limit int) []Timed {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Timed, 0, len(t.of))
	for name, x := range t.of {
		last := slices.Clone(x.last[:min(x.n, timesKept)])
		slices.Sort(last)
		out = append(out, Timed{Name: name, Count: x.n, P50: rank(last, 50), P95: rank(last, 95), Most: x.most})
	}
	slices.SortFunc(out, func(a, b Timed) int {
		if a.P95 != b.P95 {
			return int(b.P95 - a.P95)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out[:min(limit, len(out))]
}

// rank is the smallest of sorted times that so many of a hundred are not above.
func rank(sorted []time.Duration, percent int) time.Duration {
	return sorted[max((len(sorted)*percent+99)/100-1, 0)]
}

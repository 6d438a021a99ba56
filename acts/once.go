package acts

import (
	"context"
	"sync"
	"time"

	"onramp/fault"
	"onramp/migration"
)

const (
	pressAgain = 10 * time.Second // within which a second press of one button is the same press
	maxPresses = 1000             // that are remembered
)

// presses are the newest presses of buttons that make a migration: a double click makes one.
type presses struct {
	sync.Mutex
	of map[string]*press
}

// press is one of them. It is held while it is carried out, so that the second waits for what the first makes.
type press struct {
	users int // who have taken it and not left it; guarded by the table's lock

	sync.Mutex
	made string    // the migration's ID; "" while nothing is made
	at   time.Time // when it was
}

// once carries out do for a press of a button, and answers a second press of the same person on the same form within
// seconds with what the first made. key is the form's own, as Transfer.Once is; "" presses for itself. Where do fails
// the next press tries again. The error is do's, or Invalid for a key that is none.
func (r Rehearsal) once(ctx context.Context, by Actor, key string, do func() (migration.View, error)) (migration.View, error) {
	if key == "" {
		return do()
	}
	if len(key) > maxKey {
		return migration.View{}, fault.Unchanged(badKey())
	}
	p, leave := r.presses.take(by.Person+" "+key, r.o.Now())
	defer leave()
	p.Lock()
	defer p.Unlock()
	if p.made != "" && r.o.Now().Sub(p.at) < pressAgain {
		return r.View(ctx, p.made)
	}
	v, err := do()
	if err == nil {
		p.made, p.at = v.Migration.ID, r.o.Now()
	}
	return v, err
}

// take is the press with a key, a new one where it is the first; what is too old goes. Nobody's goes that somebody has taken,
// until they leave it.
func (ps *presses) take(key string, now time.Time) (p *press, leave func()) {
	ps.Lock()
	defer ps.Unlock()
	if p = ps.of[key]; p == nil {
		ps.sweep(now)
		p = &press{}
		ps.of[key] = p
	}
	p.users++
	return p, func() {
		ps.Lock()
		defer ps.Unlock()
		p.users--
	}
}

// sweep forgets presses that nobody has taken: what is too old, and more where there are too many. What a press made was
// written before it was left.
func (ps *presses) sweep(now time.Time) {
	for k, p := range ps.of {
		if p.users > 0 { // who has taken it may be writing it now
			continue
		}
		if p.made == "" || now.Sub(p.at) >= pressAgain || len(ps.of) >= maxPresses {
			delete(ps.of, k)
		}
	}
	if ps.of == nil {
		ps.of = map[string]*press{}
	}
}

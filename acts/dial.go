package acts

import (
	"context"
	"sync"
	"time"

	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// Dial is what a check would dial, before it does.
type Dial struct {
	Address string
	Rule    string   // what allows it; "" where nothing judges, at a portal for one person
	To      []string // the addresses that would be dialled
	Not     []string // addresses of the name that would not be, and why
	Refused *fault.Fault
}

// How a check of a migration signs in.
const (
	KeyLent = "lent" // with the key that the reader lent
	KeyNone = "none" // as far as the server's TLS: nobody lent a key, or it takes an API key
)

// PlannedCheck is a check of a migration among many, before it begins.
type PlannedCheck struct {
	Migration migration.Migration
	Dial      Dial   // the zero Dial without a namespace
	Key       string // KeyLent, KeyNone
}

// The bounds of a plan: how many names are looked up at once, and how long for in all.
const (
	planWide = 16
	planTime = 4 * time.Second
)

// Dial says what a check of a migration would dial, and dials nothing; the zero Dial where nothing judges that, or there is
// no namespace.
func (p *Places) Dial(ctx context.Context, v migration.View) Dial {
	g := p.o.Gate
	if g == nil || g.Alone() || v.Namespace == nil {
		return Dial{}
	}
	d := Dial{Address: p.Target(v).Address}
	if a, _, err := namespace.ParseAddress(d.Address); err == nil {
		d.Address = a.String()
	}
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	plan, err := g.Plan(ctx, d.Address)
	if err != nil {
		d.Refused = fault.From(err)
	}
	d.Rule = plan.Rule
	for _, at := range plan.Dials {
		d.To = append(d.To, at.String())
	}
	for _, no := range plan.Not {
		d.Not = append(d.Not, no.Address.String()+": "+no.Why)
	}
	return d
}

// PlanMany says what checks of many migrations would dial, and how they would sign in. A migration that who asks does not
// see is left out.
func (l Lists) PlanMany(ctx context.Context, places *Places, lent func(migration string) bool, ids []string) ([]PlannedCheck, error) {
	list, err := l.boards.ByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	views, err := l.Views(ctx, list)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	out := make([]PlannedCheck, len(views))
	asked := map[string]*sync.Once{}
	dials := make([]*Dial, len(views))
	known := map[string]*Dial{}
	for i, v := range views { // each address is looked up once
		at := places.Target(v).Address
		if known[at] == nil {
			known[at], asked[at] = &Dial{}, &sync.Once{}
		}
		dials[i] = known[at]
	}
	var work sync.WaitGroup
	room := make(chan struct{}, planWide)
	for i, v := range views {
		at := places.Target(v).Address
		once, dial := asked[at], dials[i]
		room <- struct{}{}
		work.Go(func() {
			once.Do(func() { *dial = places.Dial(ctx, v) })
			<-room
		})
	}
	work.Wait()
	for i, v := range views {
		out[i] = PlannedCheck{Migration: v.Migration, Dial: *dials[i], Key: KeyNone}
		if v.Namespace == nil {
			out[i].Dial = Dial{}
		} else if out[i].Dial.Address == "" {
			out[i].Dial.Address = places.Target(v).Address
		}
		if v.Migration.Auth != cloud.AuthAPIKey && lent(v.Migration.ID) {
			out[i].Key = KeyLent
		}
	}
	return out, nil
}

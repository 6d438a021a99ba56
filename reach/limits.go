package reach

import (
	"context"
	"fmt"
	"math"
	"net"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"onramp/fault"
)

// In any minute a person begins ten checks and the like at most, and all together six of one target: what
// may come at once, and what is added over a minute.
const (
	personAtOnce, personAMinute = 4, 6
	targetAtOnce, targetAMinute = 3, 3
)

// Of checks that were asked for together a person begins one a second, after these at once.
const manyAtOnce, manyAMinute = 10, 60

// maxKept bounds how many persons and targets are remembered; those who have not asked for long are forgotten first.
const maxKept = 10_000

// limits counts what persons ask for, and of which target.
type limits struct {
	mu      sync.Mutex
	persons map[string]*rate.Limiter
	targets map[string]*rate.Limiter
	many    map[string]*rate.Limiter // by person
}

// Admit says whether a person may begin a check, transfer or look at host:port now. Faults are Plan's, and TooMany.
func (g *Gate) Admit(ctx context.Context, person, address string) error {
	if g.o.Alone {
		return nil
	}
	if err := g.limits.person(g.o.Now(), person); err != nil { // before a name is looked up
		return err
	}
	p, err := g.Plan(ctx, address)
	if err != nil || p.Rule == here { // all rehearse at one address, which is nobody else's
		return err
	}
	return g.limits.target(g.o.Now(), net.JoinHostPort(p.Host, strconv.Itoa(p.Port)))
}

// AdmitPerson says whether a person may begin something that dials now, as Admit does before it looks at the address.
func (g *Gate) AdmitPerson(person string) error {
	if g.o.Alone {
		return nil
	}
	return g.limits.person(g.o.Now(), person)
}

// Wait waits until a person may begin the next of many checks that were asked for together: of host:port, in turn with the
// others and with whoever else checks that target. Faults are Plan's; ctx's error when it ends before.
func (g *Gate) Wait(ctx context.Context, person, address string) error {
	if g.o.Alone {
		return ctx.Err()
	}
	if err := g.await(ctx, &g.limits.many, person, manyAMinute, manyAtOnce); err != nil {
		return err
	}
	p, err := g.Plan(ctx, address)
	if err != nil || p.Rule == here {
		return err
	}
	return g.await(ctx, &g.limits.targets, net.JoinHostPort(p.Host, strconv.Itoa(p.Port)), targetAMinute, targetAtOnce)
}

// await waits until key may have another.
func (g *Gate) await(ctx context.Context, all *map[string]*rate.Limiter, key string, aMinute, atOnce int) error {
	for {
		g.limits.mu.Lock()
		wait := take(all, key, g.o.Now(), aMinute, atOnce)
		g.limits.mu.Unlock()
		if wait == 0 {
			return ctx.Err()
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}

// Alone reports whether one person uses Onramp at this machine: nothing is judged then.
func (g *Gate) Alone() bool { return g.o.Alone }

func (l *limits) person(now time.Time, person string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := take(&l.persons, person, now, personAMinute, personAtOnce); wait > 0 {
		return tooMany("You have started many checks within a minute", wait)
	}
	return nil
}

func (l *limits) target(now time.Time, target string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := take(&l.targets, target, now, targetAMinute, targetAtOnce); wait > 0 {
		return tooMany("This address was checked many times within a minute", wait)
	}
	return nil
}

// take takes one of what key may have; else it returns how long until there is one.
func take(all *map[string]*rate.Limiter, key string, now time.Time, aMinute, atOnce int) time.Duration {
	if *all == nil {
		*all = map[string]*rate.Limiter{}
	}
	l := (*all)[key]
	if l == nil {
		if len(*all) >= maxKept {
			forget(*all, now, atOnce)
		}
		l = rate.NewLimiter(rate.Every(time.Minute/time.Duration(aMinute)), atOnce)
		(*all)[key] = l
	}
	if l.AllowN(now, 1) {
		return 0
	}
	missing := 1 - l.TokensAt(now)
	return max(time.Second, time.Duration(math.Ceil(missing*60/float64(aMinute)))*time.Second)
}

// forget drops who has all again that may come at once: nothing is lost with them. Where nobody has, all go, so that
// memory stays bounded.
func forget(all map[string]*rate.Limiter, now time.Time, atOnce int) {
	for key, l := range all {
		if l.TokensAt(now) >= float64(atOnce) {
			delete(all, key)
		}
	}
	if len(all) >= maxKept {
		clear(all)
	}
}

func tooMany(title string, wait time.Duration) error {
	return fault.New(fault.TooMany, title, fmt.Sprintf("Wait %d seconds, then try again.", int(wait.Seconds())))
}

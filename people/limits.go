package people

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"onramp/fault"
	"onramp/limit"
)

// Wrong passwords for one account: after freeGuesses within guessWindow each further one has to wait, twice as long as
// the one before, an hour at most. So many are forgotten when a day passes without one, and when the right one is given.
const (
	freeGuesses = 5
	guessWindow = 15 * time.Minute
	longestWait = time.Hour
	forgetAfter = 24 * time.Hour
)

// waits is how long after the last guess the next is refused.
func (g Guesses) waits() time.Duration {
	if g.Wrong < freeGuesses {
		return 0
	}
	return min(guessWindow<<min(g.Wrong-freeGuesses, 8), longestWait)
}

// at are the guesses that still count.
func (g Guesses) at(now time.Time) Guesses {
	switch quiet := now.Sub(g.Last); {
	case g.Wrong == 0 || quiet < 0: // a clock that was set back locks nobody out
		return Guesses{}
	case g.Wrong < freeGuesses && now.Sub(g.First) > guessWindow, quiet > forgetAfter:
		return Guesses{}
	}
	return g
}

// wrong counts one more.
func (g Guesses) wrong(now time.Time) Guesses {
	if g.Wrong == 0 {
		g.First = now
	}
	g.Wrong, g.Last = g.Wrong+1, now
	return g
}

// mayTry is a TooMany fault while the next guess has to wait.
func (g Guesses) mayTry(now time.Time) error {
	left := g.waits() - now.Sub(g.Last)
	if left <= 0 || g.Wrong == 0 {
		return nil
	}
	return tooOften(left)
}

const tooMany = "Too many sign-ins were tried"

func tooOften(left time.Duration) error {
	minutes := int((left + time.Minute - 1) / time.Minute)
	when := "in a minute"
	if minutes > 1 {
		when = fmt.Sprintf("in %d minutes", minutes)
	}
	f := fault.New(fault.TooMany, tooMany, "Try again "+when+", or ask an owner for a new sign-in link.")
	f.Cause = "Onramp waits after wrong passwords, whoever sends them."
	return f
}

// guessKey is what wrong passwords for an address are counted under; the address itself may be a mistyped password.
func guessKey(email string) string { return "account:" + hashOf(strings.ToLower(email)) }

// queues let one caller at a time through for each key: what is read there is still so when it is written.
type queues struct {
	mu sync.Mutex
	at map[string]*queue
}

type queue struct {
	turn  chan struct{}
	there int // who waits or has the turn; the last one takes the queue away
}

// enter waits for the turn at a key; leave gives it back. The error is that of ctx.
func (q *queues) enter(ctx context.Context, key string) (leave func(), err error) {
	q.mu.Lock()
	if q.at == nil {
		q.at = map[string]*queue{}
	}
	at := q.at[key]
	if at == nil {
		at = &queue{turn: make(chan struct{}, 1)}
		q.at[key] = at
	}
	at.there++
	q.mu.Unlock()
	gone := func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if at.there--; at.there == 0 {
			delete(q.at, key)
		}
	}
	select {
	case at.turn <- struct{}{}:
		return func() { <-at.turn; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, context.Cause(ctx)
	}
}

// Sign-ins tried from one address: so many a minute, whether right or wrong.
const (
	perMinute     = 20
	mostAddresses = 50_000 // that are remembered; all are forgotten beyond
)

// addresses counts sign-ins by the network that they come from.
type addresses struct {
	mu     sync.Mutex
	minute time.Time
	tried  map[string]int
}

// take counts one from an address; a TooMany fault when there were too many in this minute.
func (a *addresses) take(address string, now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := now.Truncate(time.Minute); !m.Equal(a.minute) || len(a.tried) >= mostAddresses {
		a.minute, a.tried = m, map[string]int{}
	}
	key := limit.Network(address)
	if a.tried[key]++; a.tried[key] > perMinute {
		f := fault.New(fault.TooMany, tooMany, "Try again in a minute.")
		f.Cause = fmt.Sprintf("Onramp takes %d a minute from one network.", perMinute)
		return f
	}
	return nil
}

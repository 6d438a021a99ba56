package acts

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/runs"
)

// InviteAge is how long a one-time address for a report is good.
const InviteAge = 30 * time.Minute

// The most addresses that are good at a time, for one migration and for all. The oldest make room.
const (
	maxInvites    = 20
	maxAllInvites = 500
)

// invite is a one-time address: who may bring what. Only the hash of its token is kept, in memory: after a stop
// of Onramp a new one is made.
type invite struct {
	migration, who string
	until          time.Time
	by             Actor // who made it: that person stands behind what is posted
}

// invites are those that are good. The zero invites are ready.
type invites struct {
	mu  sync.Mutex
	all map[[sha256.Size]byte]invite
}

// Invite makes the token of a one-time address where one report about the migration may be posted, by whoever
// has it, until then. who is the name of the person who takes it along, "" for none.
func (c Checks) Invite(ctx context.Context, by Actor, id, who string) (token string, until time.Time, err error) {
	defer unchanged(&err)
	who, err = reporter(who)
	if err != nil {
		return "", time.Time{}, err
	}
	v, err := c.View(ctx, id)
	if err != nil {
		return "", time.Time{}, err
	}
	if v.Namespace == nil {
		return "", time.Time{}, fault.New(fault.Conflict, "There is no namespace to check yet", "Choose the namespace first: step 1.")
	}
	now := c.now()
	token, until = runs.NewID()+runs.NewID()[:6], now.Add(InviteAge)
	if err := c.record(ctx, by, note(id, custody.Invited, who)); err != nil {
		return "", time.Time{}, err
	}
	c.invites.mu.Lock()
	defer c.invites.mu.Unlock()
	if c.invites.all == nil {
		c.invites.all = map[[sha256.Size]byte]invite{}
	}
	c.invites.makeRoom(id, now)
	c.invites.all[sha256.Sum256([]byte(token))] = invite{id, who, until, by}
	return token, until, nil
}

// makeRoom forgets what is over, and the oldest where there are too many.
func (g *invites) makeRoom(id string, now time.Time) {
	mine, oldest, oldestOfAll := 0, [sha256.Size]byte{}, [sha256.Size]byte{}
	for h, v := range g.all {
		if !now.Before(v.until) {
			delete(g.all, h)
			continue
		}
		if v.migration == id {
			if mine++; mine == 1 || v.until.Before(g.all[oldest].until) {
				oldest = h
			}
		}
		if o, ok := g.all[oldestOfAll]; !ok || v.until.Before(o.until) {
			oldestOfAll = h
		}
	}
	switch {
	case mine >= maxInvites:
		delete(g.all, oldest)
	case len(g.all) >= maxAllInvites:
		delete(g.all, oldestOfAll)
	}
}

// take takes an address away, so that of two who post at once one is refused.
func (g *invites) take(h [sha256.Size]byte, now time.Time) (invite, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v, ok := g.all[h]
	delete(g.all, h)
	return v, ok && now.Before(v.until)
}

func (g *invites) giveBack(h [sha256.Size]byte, v invite) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all[h] = v
}

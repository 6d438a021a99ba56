//go:build !lean

package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// is reports whether a switch of the namespace is on.
func (s *space) is(breakID string) bool { return slices.Contains(s.broken, breakID) }

// breaking is the namespace with exactly these switches on, in the order of cloud.Breaks; ids that are
// not there are left out. What was saved in it stays as it is, so none on is as it was before.
func (s *space) breaking(p *practice, ids []string) *space {
	n := newSpace(s.id, s.created, s.bundle, s.cas, s.filters).like(s)
	n.broken, n.version = nil, s.version
	for _, b := range cloud.Breaks {
		if slices.Contains(ids, b.ID) {
			n.broken = append(n.broken, b.ID)
		}
	}
	if p != nil && len(n.broken) > 0 {
		n.trust(n.trusted(p))
		if n.is("filters") {
			n.admits = strangersFilter
		}
		if n.is("wrong-ca") {
			n.shownBundle = string(p.stranger.CertPEM)
		}
	}
	return n
}

// mended are the switches of a namespace without one that was repaired in the rehearsal cloud.
func (s *space) mended(breakID string) []string {
	return slices.DeleteFunc(slices.Clone(s.broken), func(id string) bool { return id == breakID })
}

// Broken lists the ids of the switches that are on by Namespace ID. It never waits.
func (c *Cloud) Broken() map[string][]string {
	out := map[string][]string{}
	for name, s := range c.realm.Load().byName {
		if len(s.broken) > 0 {
			out[name] = slices.Clone(s.broken)
		}
	}
	return out
}

// SetBreak turns one switch of a namespace on or off (cloud.Breaker).
func (c *Cloud) SetBreak(ctx context.Context, id namespace.ID, breakID string, on bool) error {
	b, ok := cloud.LookupBreak(breakID)
	if !ok {
		return fault.New(fault.NotFound, "There is no switch of that name", "Choose one of the page.").In("switch")
	}
	return c.change(ctx, func(s *server) error {
		old, err := c.space(id)
		if err != nil || old.is(b.ID) == on {
			return err
		}
		ids := append(old.mended(b.ID), b.ID)
		if !on {
			ids = old.mended(b.ID)
		}
		if on {
			if err := c.rig(ctx, s, id, b); err != nil {
				return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("%q cannot be set up here", b.Title), "Choose another switch. The log has the reason.")
			}
		}
		err = c.commit(c.realm.Load().with(old.breaking(c.practice, ids)))
		if err != nil == on {
			c.unrig(id, b.ID)
		}
		return err
	})
}

// rigKey names a rig.
type rigKey struct{ namespace, breakID string }

// rig is what a switch needs beside a changed namespace: an entrance of its own, or a worker.
type rig struct {
	address string // of an entrance
	stop    func()
}

// rig sets up what a switch needs; most need nothing. c.work is held.
func (c *Cloud) rig(ctx context.Context, s *server, id namespace.ID, b cloud.Break) error {
	var r rig
	var err error
	switch {
	case b.Part == cloud.PartNetwork:
		r, err = c.openEntrance(b.ID)
	case b.ID == "wrong-queue":
		r.stop, err = s.startPoller(ctx, id.String())
	default:
		return nil
	}
	if err != nil {
		c.o.Log.Warn("a switch cannot be set up", "switch", b.ID, "namespace", id, "cause", err)
		return err
	}
	c.rigMu.Lock()
	defer c.rigMu.Unlock()
	c.rigs[rigKey{id.String(), b.ID}] = r
	return nil
}

// unrig takes down what rig set up.
func (c *Cloud) unrig(id namespace.ID, breakID string) {
	key := rigKey{id.String(), breakID}
	c.rigMu.Lock()
	r, ok := c.rigs[key]
	delete(c.rigs, key)
	c.rigMu.Unlock()
	if ok {
		r.stop()
	}
}

// rigAll sets up every switch that was on when the state was saved, for a server that just started. One
// that cannot be set up stays on, and Bend says so.
func rigAll(ctx context.Context, c *Cloud, s *server, r *realm) {
	for _, sp := range r.spaces() {
		for _, id := range sp.broken {
			if b, ok := cloud.LookupBreak(id); ok {
				_ = c.rig(ctx, s, sp.id, b) // the log has it
			}
		}
	}
}

// unrigAll takes everything down; c.work is held.
func unrigAll(c *Cloud) {
	c.rigMu.Lock()
	rigs := c.rigs
	c.rigs = map[rigKey]rig{}
	c.rigMu.Unlock()
	for _, r := range rigs {
		r.stop()
	}
}

// BreakAddress is where a worker meets a switch on the way that is on, host:port; "" for any other.
func (c *Cloud) BreakAddress(id namespace.ID, breakID string) string {
	c.rigMu.Lock()
	defer c.rigMu.Unlock()
	return c.rigs[rigKey{id.String(), breakID}].address
}

// Bend returns what a worker of the namespace would have been given under the switches that are on
// (cloud.Breaker). Of several that touch the same, the first on a connection's way counts.
func (c *Cloud) Bend(id namespace.ID, s cloud.Setup) (cloud.Setup, error) {
	sp := c.realm.Load().byName[id.String()]
	if sp == nil {
		return s, nil
	}
	for _, breakID := range slices.Backward(sp.broken) {
		b, _ := cloud.LookupBreak(breakID) // breaking keeps only those that are there
		switch {
		case b.Part == cloud.PartNetwork:
			address := c.BreakAddress(id, breakID)
			if address == "" {
				return s, fault.New(fault.Unavailable, fmt.Sprintf("%q is on, but could not be set up again", b.Title),
					"Turn it off. The log has the reason.")
			}
			s.Address, s.ServerName = address, "localhost" // the entrance is an address; its certificates have the name
		case b.Part == cloud.PartWorker:
			if err := c.practice.hand(breakID, id, c.o.Now(), &s); err != nil {
				return s, fault.From(err)
			}
		}
	}
	return s, nil
}

// hand gives the worker the wrong thing.
func (p *practice) hand(breakID string, id namespace.ID, now time.Time, s *cloud.Setup) error {
	switch breakID {
	case "endpoint-typo":
		s.Address, s.ServerName, s.Namespace = typo(id).Endpoint(), "", id.String()
	case "ca-key", "other-key", "expired-leaf", "clock":
		begin := map[string]time.Duration{"expired-leaf": -91 * practiceDay, "clock": practiceDay}
		l, err := p.leaf(now.Add(begin[breakID]))
		if err != nil {
			return err
		}
		key := l.Key
		switch breakID {
		case "ca-key":
			key = p.ca.Key
		case "other-key":
			other, err := p.leaf(now)
			if err != nil {
				return err
			}
			key = other.Key
		}
		s.CertPEM, s.KeyPEM = l.CertPEM, slices.Clone(key.Reveal())
	case "no-certificate":
		s.CertPEM, s.KeyPEM = nil, nil
	case "account-left-out":
		s.Namespace = id.Name
	case "wrong-queue":
		s.TaskQueue = cloud.PracticeQueue
	}
	return nil
}

// typo is the Namespace ID with two neighbouring letters of its name in each other's place, as fingers do.
// Where that makes no other name that Cloud could have, a letter is typed twice or another ends it.
func typo(id namespace.ID) namespace.ID {
	var tries []string
	for i := len(id.Name) - 2; i > 0; i-- {
		tries = append(tries, id.Name[:i]+string(id.Name[i+1])+string(id.Name[i])+id.Name[i+2:])
	}
	tries = append(tries, id.Name+id.Name[max(0, len(id.Name)-1):], strings.TrimRight(id.Name, "x")+"x", "x"+id.Name[min(1, len(id.Name)):])
	for _, name := range tries {
		other := namespace.ID{Name: name, Account: id.Account}
		if p, _, err := namespace.ParseID(other.String()); err == nil && p == other && other != id {
			return other
		}
	}
	return namespace.ID{Name: "practice-typo", Account: id.Account}
}

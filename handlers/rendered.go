package handlers

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/a-h/templ"

	"onramp/migration"
)

// rendered keeps what an entry of a run changes on the page, for a moment: a thousand readers of one transfer
// are sent the same text, worked out and rendered once.
type rendered struct {
	mu  sync.Mutex
	all map[string]*pushed
}

// pushed is what one entry of a run sends to who follows it.
type pushed struct {
	once   sync.Once
	at     time.Time
	frames []byte // shared: not to be changed
	err    error
}

const (
	// renderedLife is how long a text is given to others: it counts down to the next retry.
	renderedLife = 2 * time.Second
	maxRendered  = 256
)

// entry is what an entry of a run sends; make is asked for it, once for all who ask at about the same time.
func (c *rendered) entry(ctx context.Context, e migration.Entry, make func(context.Context) (parts []templ.Component, say, alarm string, err error)) *pushed {
	key, now := e.RunID+"/"+strconv.FormatInt(e.Seq, 10), time.Now()
	if e.Behind > 0 { // it changes less then
		key += "+"
	}
	c.mu.Lock()
	p := c.all[key]
	if p == nil || now.Sub(p.at) > renderedLife {
		if c.all == nil || len(c.all) >= maxRendered {
			c.all = map[string]*pushed{}
		}
		p = &pushed{at: now}
		c.all[key] = p
	}
	c.mu.Unlock()
	p.once.Do(func() {
		ctx, text := context.WithoutCancel(ctx), ""
		parts, say, alarm, err := make(ctx)
		if err == nil && len(parts) > 0 {
			text, err = renderParts(ctx, parts...)
		}
		p.frames, p.err = frames(seqID(e.Seq), text, say, alarm), err
	})
	return p
}

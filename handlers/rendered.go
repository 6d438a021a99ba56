package handlers

import (
	"onramp/runs"
	"strings"

	"context"
	"sync"
	"time"

	"github.com/a-h/templ"
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

// entries is what entries of a run send to a person; make is asked for it, once for all of whom the same are sent at
// about the same time.
func (c *rendered) entries(ctx context.Context, es []runs.Entry, person string, make func(context.Context) (parts []templ.Component, say, alarm string, err error)) *pushed {
	first, last := es[0], es[len(es)-1]
	key, now := strings.Join([]string{first.RunID, seqID(first.Seq), seqID(last.Seq), person}, "/"), time.Now()
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
		p.frames, p.err = frames(seqID(last.Seq), text, say, alarm), err
	})
	return p
}

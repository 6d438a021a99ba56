package handlers

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/a-h/templ"
)

// rendered keeps what an entry of a run changes on the page, for a moment: a thousand readers of one transfer
// are sent the same text, rendered once.
type rendered struct {
	mu  sync.Mutex
	all map[string]*renderedEntry
}

type renderedEntry struct {
	once sync.Once
	at   time.Time
	text string
	err  error
}

const (
	// renderedLife is how long a text is given to others: it counts down to the next retry.
	renderedLife = 2 * time.Second
	maxRendered  = 256
)

// text is what the parts of an entry of a run look like.
func (c *rendered) text(ctx context.Context, run string, seq int64, parts []templ.Component) (string, error) {
	key, now := run+"/"+strconv.FormatInt(seq, 10), time.Now()
	c.mu.Lock()
	e := c.all[key]
	if e == nil || now.Sub(e.at) > renderedLife {
		if c.all == nil || len(c.all) >= maxRendered {
			c.all = map[string]*renderedEntry{}
		}
		e = &renderedEntry{at: now}
		c.all[key] = e
	}
	c.mu.Unlock()
	e.once.Do(func() { e.text, e.err = renderParts(context.WithoutCancel(ctx), parts...) })
	return e.text, e.err
}

package custody

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// anchorEvery is how often the head of the chain is written down elsewhere when it has moved on.
const anchorEvery = 5 * time.Minute

// Anchors write the head of the audit's chain where whoever changes the database cannot change it. They are safe for
// concurrent use; a nil one does nothing.
type Anchors struct {
	// Head is the last record as a line (ChainKey.Anchor).
	Head func(context.Context) ([]byte, Head, error)
	// Put keeps a line for good.
	Put func(line []byte) error
	Log *slog.Logger

	mu   sync.Mutex
	last Head
}

// Now writes the head unless it is the one that was written last.
func (a *Anchors) Now(ctx context.Context) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	line, head, err := a.Head(ctx)
	if err != nil || head == a.last {
		return err
	}
	if err := a.Put(line); err != nil {
		return err
	}
	a.last = head
	return nil
}

// Run writes the head every five minutes, and once more when ctx ends.
func (a *Anchors) Run(ctx context.Context) {
	if a == nil {
		return
	}
	beat := time.NewTicker(anchorEvery)
	defer beat.Stop()
	for {
		if err := a.Now(context.WithoutCancel(ctx)); err != nil {
			a.Log.Error("the head of the audit was not written to --audit-anchor", "err", err)
		}
		select {
		case <-beat.C:
		case <-ctx.Done():
			if err := a.Now(context.WithoutCancel(ctx)); err != nil {
				a.Log.Error("the head of the audit was not written to --audit-anchor", "err", err)
			}
			return
		}
	}
}

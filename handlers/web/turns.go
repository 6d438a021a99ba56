package web

import (
	"context"
	"net/http"
	"runtime"
	"sync"
)

// turns bounds how many answers are made at once. More would be no faster, for they share the processors, and each
// holds its page, its rows and its packer meanwhile: without a bound a burst of 12,000 requests took 900 MB.
type turns chan struct{}

func newTurns() turns { return make(turns, max(16, 4*runtime.GOMAXPROCS(0))) }

// turn is a request's: while it has one its answer is made. A nil turn bounds nothing.
type turn struct {
	of   turns
	mu   sync.Mutex
	held bool
}

// take waits for the turn. The error is that of ctx.
func (t *turn) take(ctx context.Context) error {
	select {
	case t.of <- struct{}{}:
		t.mu.Lock()
		t.held = true
		t.mu.Unlock()
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave gives the turn back, if the request has it, and reports whether it had.
func (t *turn) leave() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	had := t.held
	if had {
		t.held = false
		<-t.of
	}
	return had
}

// made says that the answer to a request is made and is sent from now on, which may take as long as its reader likes.
func made(r *http.Request) { RecordOf(r).turn.leave() }

// Aside lets others have a request's turn while wait waits for a network or for a server that starts, and then waits
// for a turn again. It returns the error of wait, or that of ctx, which is the request's.
func Aside(ctx context.Context, wait func() error) error {
	t := recordIn(ctx).turn
	had := t.leave()
	err := wait()
	if had {
		if e := t.take(ctx); e != nil {
			return e
		}
	}
	return err
}

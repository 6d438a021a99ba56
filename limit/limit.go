// Package limit keeps work that a stranger can ask for within a share of the machine: reading a pasted file, deriving
// a key from a passphrase, expanding a configuration. It bounds memory, time, how much runs at once and how much waits.
package limit

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// What Do ends with when the work was not begun. Callers turn them into a fault of kind TooMany or TooLarge.
var (
	ErrBusy    = errors.New("limit: too much work of this kind at once")
	ErrTooMuch = errors.New("limit: the work asks for more memory than all of it may have")
)

// Options of a Limiter; every field has a default.
type Options struct {
	Memory int64         // bytes that all running work may hold together; default 192 MB
	Slots  int           // pieces of work at once; default all processors but one, so that pages are still answered
	Queue  int           // pieces that may wait; default 32
	Wait   time.Duration // how long one may wait; default 1 s
	Time   time.Duration // how long one may run: its context ends then; default 5 s
}

// Limiter admits work. It is safe for concurrent use and starts no goroutine.
type Limiter struct {
	o       Options
	memory  *semaphore.Weighted
	waiting atomic.Int64
}

// New returns a Limiter.
func New(o Options) *Limiter {
	if o.Memory <= 0 {
		o.Memory = 192 << 20
	}
	if o.Slots <= 0 {
		o.Slots = max(1, runtime.GOMAXPROCS(0)-1)
	}
	if o.Queue <= 0 {
		o.Queue = 32
	}
	if o.Wait <= 0 {
		o.Wait = time.Second
	}
	if o.Time <= 0 {
		o.Time = 5 * time.Second
	}
	return &Limiter{o: o, memory: semaphore.NewWeighted(o.Memory)}
}

// Shared is the one of this process: what runs behind it takes one share of the machine, whoever asks.
var Shared = New(Options{})

// inside marks a context whose work a Limiter has admitted already.
type inside struct{ l *Limiter }

// Do runs work, which holds at most memory bytes (0 for little), in the caller's goroutine once it is admitted.
// It returns work's error; or, when work was not begun, ctx's error where the caller left, ErrBusy where too much
// waits or the wait was too long, ErrTooMuch where memory is more than all work may have. The context that work is
// given ends with ctx or with the Limiter's Time: work has to look at it, and to know beforehand how much it is going
// to do between two looks. A Do inside of admitted work runs at once, on what its outer one was given.
func (l *Limiter) Do(ctx context.Context, memory int64, work func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if memory > l.o.Memory {
		return ErrTooMuch
	}
	if ctx.Value(inside{l}) != nil {
		return work(ctx)
	}
	share := max(memory, l.o.Memory/int64(l.o.Slots)) // one semaphore bounds both memory and the pieces at once
	if err := l.admit(ctx, share); err != nil {
		return err
	}
	defer l.memory.Release(share)
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, inside{l}, true), l.o.Time)
	defer cancel()
	return work(ctx)
}

// admit waits for a share, within the bounds of the queue.
func (l *Limiter) admit(ctx context.Context, share int64) error {
	if l.memory.TryAcquire(share) {
		return nil
	}
	if l.waiting.Add(1) > int64(l.o.Queue) {
		l.waiting.Add(-1)
		return ErrBusy
	}
	defer l.waiting.Add(-1)
	patience, cancel := context.WithTimeout(ctx, l.o.Wait)
	defer cancel()
	if err := l.memory.Acquire(patience, share); err != nil {
		if gone := ctx.Err(); gone != nil {
			return gone
		}
		return ErrBusy
	}
	return nil
}

// Waiting is how many pieces of work wait now. Only tests ask: none may be left waiting.
func (l *Limiter) Waiting() int { return int(l.waiting.Load()) }

package migration

import (
	"context"
	"iter"
	"sync"
	"time"

	"onramp/transfer"
)

// beat is how often a stream that has nothing to say says so, to keep proxies awake.
const beat = 15 * time.Second

// signals are the wake-ups of whoever waits for one thing. Each is a channel of capacity one that
// carries nothing: it says "look again", and two of them say no more than one.
type signals map[chan struct{}]struct{}

func (g signals) add() chan struct{} {
	c := make(chan struct{}, 1)
	g[c] = struct{}{}
	return c
}

func (g signals) wake() {
	for c := range g {
		select {
		case c <- struct{}{}:
		default: // it has not looked since the last one
		}
	}
}

// topics are signals by name. A topic lives as long as somebody listens.
type topics map[string]signals

// listen registers for a topic and returns how to leave it.
func (t topics) listen(mu *sync.Mutex, name string) (<-chan struct{}, func()) {
	mu.Lock()
	defer mu.Unlock()
	if t[name] == nil {
		t[name] = signals{}
	}
	c := t[name].add()
	return c, func() {
		mu.Lock()
		defer mu.Unlock()
		delete(t[name], c)
		if len(t[name]) == 0 {
			delete(t, name)
		}
	}
}

func (t topics) wake(mu *sync.Mutex, name string) {
	mu.Lock()
	defer mu.Unlock()
	t[name].wake()
}

// liveRun is a run under way in this process. It holds what the Store has acknowledged of its log, so
// that a thousand followers cost one write and no read; only this process writes to the log.
type liveRun struct {
	run        Run
	workflowID string           // of a transfer
	req        transfer.Request // of a transfer, with its keys
	ctx        context.Context
	cancel     context.CancelFunc

	mu        sync.Mutex
	stopped   bool // somebody asked for its end
	entries   []Entry
	ended     bool
	followers signals
}

// onlyFollows reports whether the run does no work of its own: somebody else started it and does it.
func (l *liveRun) onlyFollows() bool { return l.req.FollowOnly && l.req.Worker == "own" }

// append adds entries that the Store has; wakes everybody.
func (l *liveRun) append(e ...Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e...)
	l.followers.wake()
}

// end says that nothing will follow.
func (l *liveRun) end(last ...Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries, l.ended = append(l.entries, last...), true
	l.followers.wake()
}

// after returns the entries after a Seq and whether these are all there will be. Seq starts at 1 and
// has no gap, so it is the index. The entries are shared: read only.
func (l *liveRun) after(seq int64) ([]Entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := int64(len(l.entries))
	return l.entries[min(seq, n):n:n], l.ended
}

func (l *liveRun) wasStopped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}

func (l *liveRun) listen() (<-chan struct{}, func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.followers.add()
	return c, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.followers, c)
	}
}

// Follow yields the entries of a run after Seq after, first those in the log, then live ones, and ends
// when the run has ended, ctx ends or the Service closes. An Entry with Seq 0 is a beat: it carries nothing and comes
// every 15 s. No entry is missed or given twice. Entries are shared between followers: do not change Data.
func (s *Service) Follow(ctx context.Context, runID string, after int64) iter.Seq2[Entry, error] {
	after = max(after, 0)
	return func(yield func(Entry, error) bool) {
		s.mu.Lock()
		l := s.live[runID]
		s.mu.Unlock()
		if l == nil {
			s.replay(ctx, runID, after, yield)
			return
		}
		wake, leave := l.listen() // before the first look, or an entry between the two is missed
		defer leave()
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			entries, ended := l.after(after)
			for i, e := range entries {
				e.Behind = len(entries) - 1 - i
				if ctx.Err() != nil || !yield(e, nil) {
					return
				}
				after = e.Seq
			}
			if ended {
				return
			}
			select {
			case <-wake:
			case <-tick.C:
				if !yield(Entry{RunID: runID, At: s.now()}, nil) {
					return
				}
			case <-ctx.Done():
				return
			case <-s.ctx.Done():
				return
			}
		}
	}
}

// replay yields the log of a run that is not under way.
func (s *Service) replay(ctx context.Context, runID string, after int64, yield func(Entry, error) bool) {
	entries, err := s.o.Store.Entries(ctx, runID, after)
	if err != nil {
		if ctx.Err() == nil {
			yield(Entry{}, err)
		}
		return
	}
	for i, e := range entries {
		e.Behind = len(entries) - 1 - i
		if ctx.Err() != nil || !yield(e, nil) {
			return
		}
	}
}

// Watch yields a value whenever the migration changes (a fact or a run), and at once; for the overview
// and the pages that tick themselves. Every 15 s it yields although nothing changed: a beat, which also
// shows what time alone changes. It ends as Follow does.
func (s *Service) Watch(ctx context.Context, migrationID string) iter.Seq2[View, error] {
	return func(yield func(View, error) bool) {
		wake, leave := s.watches.listen(&s.mu, migrationID)
		defer leave()
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			v, err := s.View(ctx, migrationID)
			if ctx.Err() != nil || s.ctx.Err() != nil {
				return
			}
			if !yield(v, err) || err != nil {
				return
			}
			select {
			case <-wake:
			case <-tick.C:
			case <-ctx.Done():
				return
			case <-s.ctx.Done():
				return
			}
		}
	}
}
